import { personTag, usableKey } from '../../lib/person.ts';
import { queryLogs } from '../aws/insights.ts';
import { localLog } from '../aws/local-log.ts';
import { type LogLine, readLogLine } from '../aws/log-line.ts';
import { readParameters } from '../aws/parameters.ts';
import type { Stage } from '../aws/stage.ts';
import { OperatorError } from '../exit.ts';
import type { Sought } from './sought.ts';

const LINES_MAX = 1_000;

/** The key under which a stage's logs know people, or why it cannot be had. */
export async function logKeyOf(stage: Stage, region: string): Promise<{ key: string } | { lack: string }> {
  if (stage.local !== undefined) return { key: stage.local.logKey };
  const { logKey: name } = stage.parameters;
  if (name === undefined) return { lack: 'only --stage tells where the key of the logs is' };
  try {
    const key = usableKey((await readParameters([name], region)).get(name));
    return key === undefined ? { lack: 'the stage has no key of the logs that can be used' } : { key };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { lack: 'the key of the logs cannot be read from SSM: it takes ssm:GetParameters on it' };
  }
}

/** Adds what the logs call somebody. */
export function nameIn(sought: Sought, key: string): void {
  if (sought.email !== undefined) sought.persons.add(personTag(sought.email, key));
}

/** The lines of all functions about somebody, or why they cannot be had. */
export type LinesAbout = { state: 'read'; lines: LogLine[] } | { state: 'skipped'; reason: string };

const list = (values: Iterable<string>): string =>
  [...values]
    .filter((value) => /^[\w-]{1,128}$/.test(value))
    .map((value) => `"${value}"`)
    .join(', ');

const isAbout = ({ persons, messageIds, subs, contactId }: Sought, line: LogLine): boolean =>
  (line.person !== undefined && persons.has(line.person)) ||
  (line.correlation_id !== undefined && messageIds.has(line.correlation_id)) ||
  (line.sub !== undefined && subs.has(line.sub)) ||
  (line.contactId !== undefined && line.contactId === contactId);

async function ask(
  sought: Sought,
  stage: Stage,
  { region, fromMs, toMs }: { region: string; fromMs: number; toMs: number },
): Promise<LinesAbout> {
  const read = (lines: readonly string[]): LinesAbout => ({
    state: 'read',
    lines: lines
      .map(readLogLine)
      .filter((line) => line !== undefined)
      .filter((line) => isAbout(sought, line) && line.atMs >= fromMs),
  });
  if (stage.local !== undefined) {
    const log = await localLog(stage.local);
    return log.state === 'read' ? read(log.lines) : log;
  }
  const groups = Object.values(stage.logGroups).filter((name) => name !== undefined);
  if (groups.length === 0) {
    return { state: 'skipped', reason: 'only a deployed stage, given with --stage, has log groups' };
  }
  const { persons, messageIds, subs, contactId } = sought;
  const conditions = [
    persons.size > 0 && `person in [${list(persons)}]`,
    messageIds.size > 0 && `correlation_id in [${list(messageIds)}]`,
    subs.size > 0 && `sub in [${list(subs)}]`,
    contactId !== undefined && `contactId = "${contactId}"`,
  ].filter((condition) => condition !== false);
  if (conditions.length === 0) return { state: 'read', lines: [] };
  const answer = await queryLogs(region, {
    logGroupNames: groups,
    fromMs,
    toMs,
    query: `filter ${conditions.join(' or ')} | sort @timestamp asc | limit ${LINES_MAX}`,
  });
  return answer.state === 'read' ? read(answer.lines) : answer;
}

/**
 * Asks for the lines about somebody, and again for as long as they tell of more to look for: a message has its ID in the
 * publisher's line too, and a line names the person of whom only a message was known.
 */
export async function linesAbout(
  sought: Sought,
  stage: Stage,
  where: { region: string; fromMs: number; toMs: number },
): Promise<LinesAbout> {
  for (let round = 1; ; round += 1) {
    const found = await ask(sought, stage, where);
    if (found.state === 'skipped') return found;
    const before = sought.persons.size + sought.messageIds.size + sought.subs.size;
    for (const { person, correlation_id: messageId, sub } of found.lines) {
      if (person !== undefined) sought.persons.add(person);
      if (messageId !== undefined) sought.messageIds.add(messageId);
      if (sub !== undefined) sought.subs.add(sub);
    }
    const grown = sought.persons.size + sought.messageIds.size + sought.subs.size > before;
    if (!grown || round === ROUNDS_MAX) {
      return { state: 'read', lines: found.lines.toSorted((a, b) => a.atMs - b.atMs) };
    }
  }
}

const ROUNDS_MAX = 4;
