import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { personTag } from '../../lib/person.ts';
import { LOCAL_STAGE } from '../../ops/aws/local-stage.ts';
import { makeDeadLetters } from '../../sandbox/dead-letters.ts';
import { internalError, tenSecondlyLimit } from '../../sandbox/hubspot/answers.ts';
import { signUpConfirmed } from '../../sandbox/sign-up.ts';
import { DEV_LOG_KEY } from '../../sandbox/stack.ts';
import { run, until } from './ops-command.ts';
import { startNight } from './ops-dead-letters.ts';
import { describedReport } from './ops-report-schema.ts';
import { outputsOf, poolOutputsOf, startStackApi } from './ops-stack.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';
import { LONG_AGO } from './support/card.ts';
import { POOL_ID, PUBLISHER, poolUser, startCognito } from './support/cognito.ts';
import { known, person } from './support/people.ts';
import { startSsm } from './support/ssm.ts';

/* trace: one person's story, in each state that they can be in. */

vi.setConfig({ testTimeout: 120_000 });

type Night = Awaited<ReturnType<typeof startNight>>;

async function trace(night: Night, ...args: string[]) {
  const { code, report, stderr } = await night.report(['trace', ...args]);
  return { code, stderr, report: describedReport(JSON.stringify(report)) };
}

const signUp = (night: Night, someone: { email: string; username: string }) =>
  night.publishVerification.invoke(signUpConfirmed(someone));

describe('of npm run dev', () => {
  let night: Night;
  beforeEach(async () => {
    night = await startNight({ letters: 3, instances: 1, logKey: DEV_LOG_KEY });
  });
  afterEach(() => night.stop());

  const always = { times: Number.POSITIVE_INFINITY } as const;
  const lines = (outcome: string) => () =>
    night.logLines().filter((line) => line.includes(`"outcome":"${outcome}"`)).length > 0;

  it('created: from the publisher to the card, by address, message or contact', async () => {
    const someone = person();
    await signUp(night, someone);
    await night.drained();
    const { code, report } = await trace(night, '--email', someone.email.toUpperCase());
    const [contact] = night.hubspot.portal.contacts().slice(-1);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      outcome: 'found',
      state: 'created',
      waitsUntil: null,
      contact: { id: contact?.id, username: 'O…', leadSourceType: 'WME Dashboard', notes: 0 },
      notTold: [],
    });
    expect(report.summary).toMatch(
      new RegExp(`^Created on \\d{4}-\\d\\d-\\d\\d [\\d:]+ UTC: contact ${contact?.id}\\.$`),
    );
    const sources = report.events.map(({ source }: { source: string }) => source);
    expect(sources[0]).toBe('publish-verification');
    expect(sources).toEqual(expect.arrayContaining(['sync-contact', 'hubspot']));
    expect(JSON.stringify(report)).not.toContain(someone.username);

    const byContact = await trace(night, '--contact-id', contact?.id ?? '');
    expect(byContact.report).toEqual(report);

    const byMessage = await trace(night, '--message-id', report.events[0].messageId);
    expect(byMessage.report.state).toBe('created');
    expect(byMessage.report.events).toEqual(
      report.events.filter(({ source }: { source: string }) => source !== 'hubspot'),
    );
    expect(byMessage.report.notTold).toEqual([expect.stringMatching(/^the card \(.*--email/)]);
  });

  it('updated: with the note that says so', async () => {
    const someone = person();
    night.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
    await signUp(night, someone);
    await night.drained();
    const { code, report } = await trace(night, '--email', someone.email, '--reveal');
    expect(code).toBe(0);
    expect(report).toMatchObject({ state: 'updated', contact: { username: someone.username, notes: 1 } });
    const texts = report.events.map(({ text }: { text: string }) => text);
    expect(texts[0]).toMatch(/^Contact \d+ was created\.$/);
    expect(texts).toEqual(
      expect.arrayContaining([
        'Our note was written.',
        expect.stringMatching(/^Delivery 1: updated with note \d+ \(3 requests, \d+ ms\)$/),
        `The username became ${someone.username}, by a program.`,
      ]),
    );
  });

  it('unchanged: sent once more, and HubSpot had everything', async () => {
    const someone = person();
    await signUp(night, someone);
    await night.drained();
    await night.run(['send', '--email', someone.email, '--username', someone.username]);
    await night.drained();
    const { code, report } = await trace(night, '--email', someone.email);
    expect({ code, state: report.state }).toEqual({ code: 0, state: 'unchanged' });
    expect(report.summary).toMatch(
      /^Looked at on .* UTC, and HubSpot had everything already: contact \d+\.$/,
    );
  });

  it('superseded: a newer username stood on the card', async () => {
    const someone = person();
    await signUp(night, someone);
    await night.drained();
    const [contact] = night.hubspot.portal.contacts();
    night.hubspot.portal.updateContact(contact?.id ?? '', { username: 'another' });
    const longBefore = '2026-01-01T00:00:00Z';
    await night.run([
      'send',
      '--email',
      someone.email,
      '--username',
      someone.username,
      '--verified-at',
      longBefore,
    ]);
    await night.drained();
    const { code, report } = await trace(night, '--email', someone.email);
    expect({ code, state: report.state }).toEqual({ code: 0, state: 'superseded' });
  });

  it('waiting in a back-off: until when, by the line that the function wrote', async () => {
    const someone = person();
    const soon = { 'retry-after': '600' };
    night.hubspot.faults.add({
      email: someone.email,
      do: { type: 'status', ...tenSecondlyLimit, headers: soon },
    });
    await signUp(night, someone);
    await until(lines('retry'));
    const { code, report } = await trace(night, '--email', someone.email);
    expect(code).toBe(0);
    expect(report.state).toBe('waiting');
    expect(report.summary).toMatch(/^Waits for HubSpot until .* UTC\. Last: POST .* answered 429/);
    // SQS itself, which the command cannot ask, agrees.
    const [hidden] = night.queues.waiting().inflight;
    expect(Math.abs(Date.parse(report.waitsUntil) - (hidden?.visibilityDeadline ?? 0))).toBeLessThan(2_000);
  });

  it('waiting, and HubSpot does not answer: told all the same, with 1', async () => {
    const someone = person();
    night.hubspot.faults.add({ ...always, do: { type: 'status', ...internalError } });
    await signUp(night, someone);
    await until(lines('retry'));
    const { code, report } = await trace(night, '--email', someone.email);
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'found', state: 'waiting', contact: null });
    expect(report.notTold).toEqual([expect.stringMatching(/^the card \(POST .* answered 500/)]);
  });

  it('dead letter: since when, why, and what to do', async () => {
    const { email } = known({ email: 'person.1@example.invalid', username: 'Person 1' });
    const { code, report } = await trace(night, '--email', email);
    expect(code).toBe(0);
    expect(report.state).toBe('dead-letter');
    expect(report.summary).toMatch(
      /^Dead letter since .* UTC: HubSpotRejected, EmailRefused\. HubSpot does not take this person's address\. What to do: /,
    );
    expect(night.queues.deadLettersInFlight()).toBe(0);
    // By the ID that the message had on the queue, which only the log and the letter's deduplication ID know.
    const messageId = report.events.find(
      ({ source }: { source: string }) => source === 'sync-contact',
    ).messageId;
    expect((await trace(night, '--message-id', messageId)).report.summary).toBe(report.summary);
  });

  it('was a dead letter, and is on the queue again', async () => {
    const email = 'person.2@example.org';
    await night.run([
      'dlq',
      'drop',
      '--error-code',
      'DeliveriesExhausted',
      '--because',
      'practice',
      '--yes',
      '--file',
      'gone',
    ]);
    const { report } = await trace(night, '--email', email);
    expect(report.state).toBe('was-dead-letter');
    expect(report.summary).toMatch(/lies in the dead-letter queue no more/);
  });

  it('unknown: nothing is made up, and it ends with 1', async () => {
    const { code, report } = await trace(night, '--email', person().email);
    expect({ code, outcome: report.outcome, state: report.state }).toEqual({
      code: 1,
      outcome: 'unknown',
      state: 'unknown',
    });
    expect(report.summary).toBe(
      'Nothing is known of them: HubSpot holds no card, no dead letter is theirs, the log has no line about them, and no message waits on the queue.',
    );
    expect(report.events).toEqual([]);
  });

  it('in HubSpot, and never here', async () => {
    const someone = person();
    night.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
    const { code, report } = await trace(night, '--email', someone.email);
    expect({ code, state: report.state }).toEqual({ code: 0, state: 'in-hubspot' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s while it reads the letters: all is visible again',
    async (signal) => {
      await makeDeadLetters(night, 300);
      const { child, ended } = night.start(['trace', '--email', 'nobody@example.org', '--json']);
      await until(() => night.queues.deadLettersInFlight() > 20);
      child.kill(signal);
      const { code, stdout } = await ended;
      expect({ code, outcome: describedReport(stdout).outcome }).toEqual({
        code: 130,
        outcome: 'interrupted',
      });
      expect(night.queues.deadLettersInFlight()).toBe(0);
      expect(night.queues.deadLetters()).toHaveLength(303);
    },
  );

  it('Ctrl-C while HubSpot does not answer: twice ends it at once', async () => {
    const hanging = night.hubspot.faults.add({ do: { type: 'hang', when: 'before' } });
    const { child, ended } = night.start(['trace', '--email', person().email, '--json']);
    await until(() => hanging.struck > 0);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.kill('SIGINT');
    await until(() => said.includes('Press Ctrl-C again'));
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect({ code, outcome: describedReport(stdout).outcome }).toEqual({ code: 130, outcome: 'interrupted' });
    expect(night.queues.deadLettersInFlight()).toBe(0);
  });

  it.each([
    [[], 'Give one of'],
    [['--email', 'a@example.org', '--contact-id', '1'], 'Give one of'],
    [['--email', 'nobody'], '--email is not an address'],
    [['--contact-id', 'ada@example.org'], '--contact-id is not'],
    [['--message-id', 'ada@example.org'], '--message-id is not'],
    [['--email', 'a@example.org', '--days', 'many'], '--days is'],
  ])('%j is wrong use', async (args, said) => {
    const { code, report, stderr } = await trace(night, ...args);
    expect({ code, message: report.message }).toEqual({ code: 2, message: expect.stringContaining(said) });
    expect(stderr).not.toMatch(/nobody|example\.org/);
  });

  it.runIf(HAS_TERMINAL).each([80, 40])('fits a terminal of %i columns', async (columns) => {
    const someone = person();
    await signUp(night, someone);
    await night.drained();
    const { ended } = onTerminal(
      ['trace', '--stage', 'local', '--email', someone.email],
      columns,
      night.environment,
    );
    const { code, lines: shown } = await ended;
    expect(code).toBe(0);
    expect(shown.filter(({ wrapped }) => wrapped)).toEqual([]);
    const text = shown.map((line) => line.text).join('\n');
    expect(text).toContain('Person: O…@e….org');
    expect(text).toMatch(/Created on/);
  });
});

it('the key of the local logs is the sandbox’s own', () => {
  expect(LOCAL_STAGE.logKey).toBe(DEV_LOG_KEY);
});

describe('of a deployed stage', () => {
  const LOG_KEY = 'k'.repeat(44);
  const NAMES = {
    token: '/wme-hubspot-sync/prod/hubspot-access-token',
    key: '/wme-hubspot-sync/prod/log-key',
  };
  let night: Night;
  let stack: Awaited<ReturnType<typeof startStackApi>>;
  let ssm: Awaited<ReturnType<typeof startSsm>>;
  beforeAll(async () => {
    night = await startNight();
    [stack, ssm] = await Promise.all([startStackApi(), startSsm()]);
    stack.world.stacks.set('wme-hubspot-sync-prod', outputsOf(night.queues.endpoint));
  });
  beforeEach(() => {
    ssm.answer = { values: { [NAMES.token]: night.hubspot.settings.accessToken, [NAMES.key]: LOG_KEY } };
    stack.world.queries.length = 0;
    stack.world.logLines = [];
    stack.world.logsRefusal = undefined;
  });
  afterAll(async () => {
    stack.stop();
    await ssm.stop();
    await night.stop();
  });

  async function traced(args: string[], more: Record<string, string> = {}) {
    const environment = {
      ...night.environment,
      ...stack.environment,
      AWS_ENDPOINT_URL_SSM: ssm.url,
      ...more,
    };
    const { code, stdout } = await run(['trace', '--stage', 'prod', '--json', ...args], environment);
    return { code, report: describedReport(stdout) };
  }

  it('asks both log groups for the person as the stage’s key has them, and for what these lines name', async () => {
    const someone = person();
    const at = new Date(Date.now() - 5_000).toISOString();
    const tag = personTag(someone.email, LOG_KEY);
    stack.world.logLines = [
      JSON.stringify({
        timestamp: at,
        service: 'sync-contact',
        message: 'Sign-up will be delivered again',
        correlation_id: 'message-1',
        person: tag,
        outcome: 'retry',
        failure: 'transient',
        detail: 'POST /crm/v3/objects/contacts answered 502.',
        deliveries: 4,
        delaySeconds: 3_600,
      }),
      'REPORT RequestId: x',
    ];
    const { code, report } = await traced(['--email', someone.email]);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      state: 'waiting',
      waitsUntil: new Date(Date.parse(at) + 3_600_000).toISOString(),
    });
    const queries = stack.world.queries.map(({ queryString, logGroupNames }) => ({
      queryString,
      logGroupNames,
    }));
    expect(queries[0]).toEqual({
      queryString: `fields @timestamp, @message | filter person in ["${tag}"] | sort @timestamp asc | limit 1000`,
      logGroupNames: [
        '/aws/lambda/wme-hubspot-sync-prod-syncContact',
        '/aws/lambda/wme-hubspot-sync-prod-publishVerification',
      ],
    });
    expect(queries[1]?.queryString).toContain('correlation_id in ["message-1"]');
    expect(JSON.stringify(queries)).not.toContain(someone.email);
  });

  it('without the right to read the log, it says that a back-off cannot be known', async () => {
    stack.world.logsRefusal = 'AccessDeniedException';
    const { code, report } = await traced(['--email', person().email]);
    expect({ code, state: report.state, waitsUntil: report.waitsUntil }).toEqual({
      code: 1,
      state: 'unknown',
      waitsUntil: null,
    });
    expect(report.summary).toMatch(
      /whether a message of theirs waits on the queue cannot be known: the logs cannot be read \(AccessDeniedException\)/,
    );
  });

  it('a line without a time: SQS alone knows until when', async () => {
    const someone = person();
    stack.world.logLines = [
      JSON.stringify({
        timestamp: new Date().toISOString(),
        service: 'sync-contact',
        message: 'The dead-letter queue could not be reached',
        correlation_id: 'message-2',
        person: personTag(someone.email, LOG_KEY),
        outcome: 'retry',
        detail: 'x',
      }),
    ];
    const { report } = await traced(['--email', someone.email]);
    expect(report).toMatchObject({ state: 'waiting', waitsUntil: null });
    expect(report.summary).toContain('cannot be known');
  });

  describe('that names a user pool', () => {
    let cognito: Awaited<ReturnType<typeof startCognito>>;
    beforeEach(async () => {
      cognito = await startCognito();
      stack.world.stacks.set('wme-hubspot-sync-prod', {
        ...outputsOf(night.queues.endpoint),
        ...poolOutputsOf(POOL_ID, PUBLISHER),
      });
    });
    afterEach(() => {
      cognito.stop();
      stack.world.stacks.set('wme-hubspot-sync-prod', outputsOf(night.queues.endpoint));
    });

    const tracedIn = (email: string) => traced(['--email', email], cognito.environment);
    /** A line of the publisher's or the comparison's, which know an account by its `sub` alone. */
    const line = (sub: string | undefined, service: string, message: string, more: object = {}) =>
      JSON.stringify({ timestamp: new Date().toISOString(), service, message, sub, ...more });
    const subOf = ({ Attributes = [] }: ReturnType<typeof poolUser>) =>
      Attributes.find(({ Name }) => Name === 'sub')?.Value;

    it('on the queue: published, and not delivered yet', async () => {
      const someone = { ...person(), email: `quoted"\\${person().email}` };
      const [theirs, others] = [poolUser(someone), poolUser(person())];
      cognito.world.users = [others, theirs];
      stack.world.logLines = [
        line(subOf(others), 'publish-verification', 'A verified sign-up is on the queue', {
          correlation_id: 'message-8',
        }),
        line(subOf(theirs), 'publish-verification', 'A verified sign-up is on the queue', {
          correlation_id: 'message-9',
        }),
      ];
      const { code, report } = await tracedIn(someone.email);
      expect({ code, state: report.state }).toEqual({ code: 0, state: 'on-the-queue' });
      expect(report.summary).toMatch(/^On the queue since .* UTC; it was not delivered yet\.$/);
      expect(report.events).toMatchObject([{ source: 'publish-verification', messageId: 'message-9' }]);
      const [asked] = stack.world.queries;
      expect(asked?.queryString).toContain(`sub in ["${subOf(theirs)}"]`);
      expect(asked?.queryString).not.toContain(subOf(others));
      expect(asked?.logGroupNames).toContain('/aws/lambda/wme-hubspot-sync-prod-reconcile');
      expect(cognito.world.calls).toEqual(['ListUsers']);
      expect(cognito.world.unsigned).toBe(0);
    });

    it('never on the queue: why, and what to do', async () => {
      const someone = person();
      const theirs = poolUser(someone);
      cognito.world.users = [theirs];
      stack.world.logLines = [
        line(subOf(theirs), 'publish-verification', 'A sign-up is not on the queue', {
          reason: 'TimeoutError',
        }),
      ];
      const { code, report } = await tracedIn(someone.email);
      expect({ code, state: report.state }).toEqual({ code: 0, state: 'not-published' });
      expect(report.summary).toMatch(/never put on the queue: TimeoutError\. What to do: send them again/);
    });

    it('sent by the daily comparison', async () => {
      const someone = person();
      const theirs = poolUser(someone);
      cognito.world.users = [theirs];
      stack.world.logLines = [line(subOf(theirs), 'reconcile', 'A sign-up that was missing is on the queue')];
      const { code, report } = await tracedIn(someone.email);
      expect({ code, state: report.state }).toEqual({ code: 0, state: 'on-the-queue' });
      expect(report.events).toMatchObject([{ source: 'reconcile' }]);
    });

    it('without the right to list users, it says that the publisher’s lines are lacking, and names nobody', async () => {
      cognito.world.refusal = () => ({ status: 400, code: 'AccessDeniedException' });
      const { code, report } = await tracedIn(person().email);
      expect({ code, state: report.state }).toEqual({ code: 1, state: 'unknown' });
      expect(report.notTold).toEqual([
        "the publisher's lines (the user pool cannot be asked (AccessDeniedException): it takes cognito-idp:ListUsers)",
      ]);
      expect(JSON.stringify(report)).not.toContain('night@');
    });
  });

  it('due: the back-off is over, and there was no delivery since', async () => {
    const someone = person();
    stack.world.logLines = [
      JSON.stringify({
        timestamp: new Date(Date.now() - 120_000).toISOString(),
        service: 'sync-contact',
        correlation_id: 'message-3',
        person: personTag(someone.email, LOG_KEY),
        outcome: 'retry',
        detail: 'x',
        delaySeconds: 60,
      }),
    ];
    const { code, report } = await traced(['--email', someone.email]);
    expect({ code, state: report.state, waitsUntil: report.waitsUntil }).toEqual({
      code: 0,
      state: 'due',
      waitsUntil: null,
    });
  });

  it('without the key of the logs, it says so', async () => {
    ssm.answer = { values: { [NAMES.token]: night.hubspot.settings.accessToken } };
    const { report } = await traced(['--email', person().email]);
    expect(report.notTold).toEqual(['the log lines (the stage has no key of the logs that can be used)']);
    expect(report.summary).toContain('cannot be known');
  });
});
