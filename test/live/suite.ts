import { randomBytes } from 'node:crypto';
import { DeliveryError } from '../../lib/failure.ts';
import { openCrm } from '../../lib/hubspot/crm.ts';
import type { RateShare } from '../../lib/hubspot/rate-share.ts';
import { type ApiVersion, pathOf } from '../../sandbox/hubspot/versions.ts';
import { expectAccount, missingIn } from './account.ts';
import { createMade, type Made } from './made.ts';
import type { Question, Stage } from './question.ts';
import { lookUp, refusedAddress } from './questions/addresses.ts';
import { conflict } from './questions/conflict.ts';
import { limits } from './questions/limits.ts';
import { deleted, merged } from './questions/lost-contacts.ts';
import { associationPages } from './questions/notes.ts';
import { deliveredTwice, existingContact, newUser } from './questions/sign-up.ts';
import { createDate, history, unchangedUpdate } from './questions/updates.ts';
import { recordingOf, saveRecording } from './recordings.ts';
import { scrubber } from './scrub.ts';
import type { LiveSettings } from './settings.ts';
import { connect, type Exchange, type Wire } from './wire.ts';

/** In the order in which they are asked. Each makes contacts of its own. */
const QUESTIONS: readonly Question[] = [
  newUser,
  existingContact,
  conflict,
  deliveredTwice,
  unchangedUpdate,
  createDate,
  history,
  associationPages,
  lookUp,
  refusedAddress,
  merged,
  deleted,
  limits,
];

/** How a run ends: 0 all well, 1 something fails or is left behind, 2 refused before anything was written, 130 stopped. */
export type ExitCode = 0 | 1 | 2 | 130;

/** What a run needs of whoever starts it. */
export interface RunOptions {
  share: RateShare;
  /** Aborted to stop: what was made is removed all the same. */
  stop: AbortSignal;
  /** For a person. No address, no username, no token. */
  out(line: string): void;
}

/** Asks an account everything, under each version, and leaves it as it was. */
export async function runLive(settings: LiveSettings, { share, stop, out }: RunOptions): Promise<ExitCode> {
  const runId = randomBytes(5).toString('hex');
  const made = createMade(runId, settings.domain);
  const under = connect(settings, share, made.heard);
  const mayStart = new AbortController();
  const stopped = new DeliveryError({ class: 'not-started', detail: 'The run was stopped.' });
  stop.addEventListener('abort', () => mayStart.abort(stopped));
  if (stop.aborted) mayStart.abort(stopped);
  const wire = under(mayStart.signal);
  const [first = 'v3'] = settings.versions;

  if (!(await isReady(wire, settings, out))) return stop.aborted ? 130 : 2;

  let failed = 0;
  try {
    for (const version of settings.versions) {
      out(`\n${version}, contacts wme-live-${runId}-…`);
      const stage = stageOf(settings, version, { wire, made, runId, mayStart: mayStart.signal });
      for (const question of QUESTIONS) {
        if (stop.aborted) break;
        failed += (await answered(question, stage, made, settings, out)) ? 0 : 1;
      }
    }
  } finally {
    out(stop.aborted ? '\nStopped. Removing what was made …' : '\nRemoving what was made …');
    const left = await made.remove(under(new AbortController().signal), first);
    for (const what of left) out(`  still there: ${what}`);
    if (left.length > 0) out(`  Remove by hand what a search for "wme-live-${runId}" finds.`);
    failed += left.length;
  }
  if (stop.aborted) return 130;
  out(failed === 0 ? '\nAll well.' : `\n${failed} not well.`);
  return failed === 0 ? 0 : 1;
}

/** Whether it is the account, and has all it takes. Only reads. */
async function isReady(wire: Wire, settings: LiveSettings, out: RunOptions['out']): Promise<boolean> {
  try {
    out(`It is ${await expectAccount(wire, settings)}.`);
    const { missing, unknown } = await missingIn(wire, settings.versions[0] ?? 'v3', settings);
    for (const what of unknown) out(`Not checked: ${what}.`);
    for (const what of missing) out(`The account lacks ${what}.`);
    if (missing.length > 0) out('Nothing was written.');
    return missing.length === 0;
  } catch (error) {
    out(`${error instanceof Error ? error.message : String(error)} Nothing was written.`);
    return false;
  }
}

const scrubberFor = (settings: LiveSettings, { people }: Made, runId = '') =>
  scrubber({
    ...settings,
    words: [...people.flatMap(({ email, username }) => [email, username]), ...(runId ? [runId] : [])],
  });

async function answered(
  { title, ask }: Question,
  stage: Stage,
  made: Made,
  settings: LiveSettings,
  out: RunOptions['out'],
): Promise<boolean> {
  const safe = (text: string) => scrubberFor(settings, made).text(text);
  try {
    out(`  ok      ${title}: ${safe(await ask(stage))}`);
    return true;
  } catch (error) {
    out(`  FAILED  ${title}: ${safe(error instanceof Error ? error.message : String(error))}`);
    return false;
  }
}

function stageOf(
  settings: LiveSettings,
  version: ApiVersion,
  { wire, made, runId, mayStart }: { wire: Wire; made: Made; runId: string; mayStart: AbortSignal },
): Stage {
  const record = (name: string, exchange: Exchange | undefined) => {
    if (exchange === undefined) return;
    const scrub = scrubberFor(settings, made, runId);
    saveRecording(settings.recordings, version, name, recordingOf(exchange, scrub));
  };

  return {
    version,
    crm: openCrm({ baseUrl: settings.baseUrl, apiVersion: version, send: wire.send })({
      mayStart,
      onRequest: () => {},
    }),
    call: (method, rest, body) => wire.call(method, pathOf(version, 'objects', rest), body),
    callPath: wire.call,
    async watch(names, action) {
      const before = wire.exchanges.length;
      try {
        const result = await action();
        return { result, exchanges: wire.exchanges.slice(before) };
      } finally {
        for (const [index, name] of names.entries()) record(name, wire.exchanges[before + index]);
      }
    },
    person: made.person,
    exchanges: wire.exchanges,
    record,
  };
}
