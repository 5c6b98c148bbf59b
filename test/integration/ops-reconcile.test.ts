import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { internalError } from '../../sandbox/hubspot/answers.ts';
import { run, startGate, startStubSqs, until } from './ops-command.ts';
import { startNight } from './ops-dead-letters.ts';
import { describedReport } from './ops-report-schema.ts';
import { outputsOf, startStackApi } from './ops-stack.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';
import { POOL_ID, poolUser, startCognito } from './support/cognito.ts';
import { startSsm } from './support/ssm.ts';

vi.setConfig({ testTimeout: 120_000 });

let night: Awaited<ReturnType<typeof startNight>>;
let cognito: Awaited<ReturnType<typeof startCognito>>;

beforeAll(async () => {
  night = await startNight();
  cognito = await startCognito();
});
beforeEach(async () => {
  night.hubspot.reset();
  Object.assign(cognito.world, {
    users: [],
    pageSize: 60,
    calls: [],
    epoch: 1,
    refusal: () => undefined,
    hold: () => undefined,
  });
  for (const file of stateFiles()) rmSync(join(night.cwd, file));
  const { sqs, queueUrl } = night.queues;
  await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
});
afterAll(async () => {
  cognito.stop();
  await night.stop();
});

const SINCE = '2026-11-20';
const CREATED = new Date('2026-11-21T08:00:00.000Z');
const FAST = ['--send', '--yes', '--rate', '100000'];

const someone = (number: number) => ({
  email: `Person.${number}@example.org`,
  username: `Person ${number}`,
});
const user = (number: number, changed = {}) => poolUser(someone(number), { createdAt: CREATED, ...changed });
const people = (count: number) => Array.from({ length: count }, (_, n) => user(n));
const card = (number: number, properties = {}) =>
  night.hubspot.portal.createContact({ ...someone(number), ...properties });

const words = (args: readonly string[]) => [
  'reconcile',
  '--since',
  SINCE,
  '--user-pool-id',
  POOL_ID,
  ...args,
];
const start = (args: readonly string[] = [], more = {}) =>
  night.start(words([...args, '--json']), { ...cognito.environment, ...more });
async function reconcile(args: readonly string[] = [], more = {}) {
  const { code, stdout, stderr } = await start(args, more).ended;
  return { code, stderr, stdout, report: describedReport(stdout) };
}

const stateFiles = () => readdirSync(night.cwd).filter((file) => file.includes('.state'));
const onQueue = (): { email: string; username: string; verifiedAt: string }[] =>
  night.bodies().queue.map((body) => JSON.parse(body));
const addresses = () => onQueue().map(({ email }) => email);
const addressesOf = (numbers: readonly number[]) => numbers.map((n) => someone(n).email).toSorted();
const listed = () => cognito.world.calls.filter((call) => call === 'ListUsers').length;

describe('reconcile', () => {
  it('ends with 0 where everybody is in HubSpot, and leaves nothing behind', async () => {
    cognito.world.users = people(3);
    for (const n of [0, 1, 2]) card(n);
    const { code, report } = await reconcile();
    expect(code).toBe(0);
    expect(report).toMatchObject({
      outcome: 'in-order',
      userPoolId: POOL_ID,
      since: '2026-11-20T00:00:00.000Z',
      queue: null,
      checked: 3,
      missing: 0,
      withoutUsername: 0,
      sent: 0,
      message: 'Checked 3 people: all are in HubSpot.',
    });
    expect(stateFiles()).toEqual([]);
    expect(cognito.world.unsigned).toBe(0);
  });

  it('ends with 1 where somebody is missing, tells how many, names nobody, and sends nobody', async () => {
    cognito.world.users = [
      ...people(4),
      user(4, { UserStatus: 'UNCONFIRMED' }),
      user(5, { createdAt: new Date('2026-11-19T23:59:59Z') }),
      poolUser({ email: 'none', username: 'x' }, { createdAt: CREATED }),
    ];
    card(0);
    card(1, { username: '' });
    const { code, report, stdout, stderr } = await reconcile();
    expect(code).toBe(1);
    expect(report).toMatchObject({
      outcome: 'missing',
      checked: 4,
      missing: 2,
      withoutUsername: 1,
      sent: 0,
      unusable: 1,
      stateFile: null,
      message: expect.stringContaining('--send does it'),
    });
    expect(stdout + stderr).not.toMatch(/person\.\d|Person \d/i);
    expect(onQueue()).toEqual([]);
  });

  it('--send puts exactly those on the queue, as replays, and ends with 0', async () => {
    cognito.world.users = people(30);
    for (let n = 0; n < 28; n += 1) card(n, n === 7 ? { username: '' } : {});
    const { code, report, stderr } = await reconcile(FAST);
    expect(code).toBe(0);
    expect(report).toMatchObject({ outcome: 'sent', checked: 30, missing: 2, withoutUsername: 1, sent: 3 });
    expect(report.queue).toContain('verified-users.fifo (stage local');
    expect(stderr).toContain('Whoever is missing goes to verified-users.fifo');
    expect(addresses()).toEqual(addressesOf([7, 28, 29]));
    expect(onQueue()[0]).toEqual({ ...someone(28), verifiedAt: CREATED.toISOString() });
    for (const { messageAttributes } of night.queues.waiting().ready) {
      expect(messageAttributes.Replay?.StringValue).toBe('true');
    }
    expect(stateFiles()).toEqual([]);
  });

  it('finds pool, queue, token and region of a deployed stage by its outputs', async () => {
    const stack = await startStackApi();
    const ssm = await startSsm();
    try {
      const outputs: Record<string, string> = {
        ...outputsOf(night.queues.endpoint),
        Region: 'us-east-1',
        UserPoolId: POOL_ID,
      };
      stack.world.stacks.set('wme-hubspot-sync-prod', outputs);
      ssm.answer = { values: { [outputs.HubSpotTokenParameter ?? '']: night.hubspot.settings.accessToken } };
      cognito.world.users = people(1);
      const { code, stdout } = await run(
        ['reconcile', '--stage', 'prod', '--since', SINCE, '--json', ...FAST],
        { ...night.environment, ...stack.environment, ...cognito.environment, AWS_ENDPOINT_URL_SSM: ssm.url },
        [],
        { cwd: night.cwd },
      );
      expect(code).toBe(0);
      expect(describedReport(stdout)).toMatchObject({ userPoolId: POOL_ID, sent: 1 });
      expect(addresses()).toEqual(addressesOf([0]));
    } finally {
      stack.stop();
      await ssm.stop();
    }
  });

  it.each([
    ['2026-11-21T08:00:00Z', 1],
    ['2026-11-21T09:00:00+01:00', 1],
    ['2026-11-21T08:00:01Z', 0],
    ['2026-11-21', 1],
    ['2026-11-22', 0],
  ])('--since %s means %i of one', async (since, checked) => {
    cognito.world.users = people(1);
    const { ended } = night.start(
      ['reconcile', '--since', since, '--user-pool-id', POOL_ID, '--json'],
      cognito.environment,
    );
    expect(JSON.parse((await ended).stdout)).toMatchObject({ checked });
  });
});

describe('interrupted', () => {
  const COUNT = 600;
  const everybody = Array.from({ length: COUNT }, (_, n) => n);
  const state = () => JSON.parse(readFileSync(join(night.cwd, stateFiles()[0] ?? 'none'), 'utf8'));

  beforeEach(() => {
    cognito.world.users = people(COUNT);
  });

  it('by Ctrl-C, it stops after what is under way, and the same command goes on', async () => {
    // Until it is told to stop, it gets no more than five pages.
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    cognito.world.hold = (call) => (call === 'ListUsers' && listed() > 5 ? released : undefined);
    const { child, ended } = start(FAST);
    await until(() => listed() > 5 && onQueue().length >= 200);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.kill('SIGINT');
    await until(() => said.includes('Stopping after the question under way'));
    release();
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    const report = describedReport(stdout);
    expect(report).toMatchObject({ outcome: 'interrupted', stateFile: stateFiles()[0] });
    expect(report.sent).toBe(onQueue().length);

    const before = listed();
    const { code: second, report: after, stderr } = await reconcile(FAST);
    expect(second).toBe(0);
    expect(stderr).toMatch(/Going on after \d{3} accounts of the pool/);
    expect(after).toMatchObject({ outcome: 'sent', checked: COUNT, missing: COUNT, sent: COUNT });
    expect(listed() - before).toBeLessThan(10);
    expect(addresses()).toEqual(addressesOf(everybody));
    expect(stateFiles()).toEqual([]);
  });

  it('by Ctrl-C while a hundred are being sent, it knows to ten how many were, and goes on after them', async () => {
    const { child, ended } = start(['--send', '--yes', '--rate', '200']);
    await until(() => onQueue().length >= 30);
    child.kill('SIGINT');
    const report = describedReport((await ended).stdout);
    expect(report).toMatchObject({ outcome: 'interrupted', sent: onQueue().length });
    expect(report.sent).toBeLessThan(100);
    expect(state()).toMatchObject({ position: { skip: report.sent }, counts: { checked: report.sent } });
    expect((await reconcile(FAST)).report).toMatchObject({ checked: COUNT, sent: COUNT });
    expect(addresses()).toEqual(addressesOf(everybody));
  });

  it('by a kill, time and again, it loses nobody and doubles nobody', async () => {
    for (const atLeast of [1, 150, 320]) {
      const { child, ended } = start(FAST);
      await until(() => onQueue().length >= atLeast);
      child.kill('SIGKILL');
      await ended;
    }
    expect((await reconcile(FAST)).code).toBe(0);
    expect(addresses()).toEqual(addressesOf(everybody));
  });

  it('by a kill between the answer of SQS and its state file, it sends nobody twice', async () => {
    const args = [...FAST, '--queue-url', night.queues.queueUrl];
    const gate = await startGate(night.queues.endpoint, 0);
    const { child, ended } = start(args, { AWS_ENDPOINT_URL_SQS: gate.address });
    await until(() => gate.kept() > 0);
    child.kill('SIGKILL');
    await ended;
    gate.stop();
    expect(onQueue()).toHaveLength(10);
    expect(state().counts.sent).toBe(0);
    expect((await reconcile(args)).report).toMatchObject({ outcome: 'sent', sent: COUNT });
    expect(addresses()).toEqual(addressesOf(everybody));
  });

  it('its state file is for its owner only, and holds no address', async () => {
    cognito.world.refusal = (_call, count) =>
      count > 5 ? { status: 400, code: 'AccessDeniedException' } : undefined;
    const { code, report } = await reconcile();
    expect(code).toBe(1);
    expect(report).toMatchObject({
      outcome: 'incomplete',
      message: expect.stringMatching(
        /these credentials need cognito-idp:ListUsers.*The same command goes on/,
      ),
    });
    const [file = ''] = stateFiles();
    expect(statSync(join(night.cwd, file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(night.cwd, file), 'utf8')).not.toMatch(/person|example|@/i);
    expect(state().counts.checked).toBe(report.checked);
    cognito.world.refusal = () => undefined;
    expect((await reconcile()).report).toMatchObject({ outcome: 'missing', checked: COUNT, missing: COUNT });
  });

  it('begins anew where Cognito has forgotten the place, and still sends nobody twice', async () => {
    cognito.world.refusal = (_call, count) =>
      count > 5 ? { status: 400, code: 'NotAuthorizedException' } : undefined;
    const { report } = await reconcile(FAST);
    expect(report.sent).toBe(onQueue().length);
    cognito.world.refusal = () => undefined;
    cognito.world.epoch = 2;
    const { code, report: after, stderr } = await reconcile(FAST);
    expect(code).toBe(0);
    expect(stderr).toContain('beginning anew');
    expect(after).toMatchObject({ checked: COUNT, missing: COUNT });
    expect(addresses()).toEqual(addressesOf(everybody));
  });

  it('after SQS has refused somebody, the next run does not forget them', async () => {
    // The third of all, for good; and Cognito fails after the first hundred and twenty.
    const sqs = await startStubSqs(({ MessageBody }) =>
      JSON.parse(MessageBody).email === someone(2).email
        ? { code: 'InvalidMessageContents', senderFault: true }
        : undefined,
    );
    try {
      const args = [...FAST, '--queue-url', sqs.environment.QUEUE_URL];
      cognito.world.refusal = (_call, count) =>
        count > 3 ? { status: 400, code: 'NotAuthorizedException' } : undefined;
      const first = await reconcile(args, { AWS_ENDPOINT_URL_SQS: sqs.environment.AWS_ENDPOINT_URL_SQS });
      expect(first.report).toMatchObject({ outcome: 'incomplete', missing: 100, sent: 99 });
      expect(state().counts.sent).toBe(99);
      expect(JSON.stringify(first.report.problems)).toContain('InvalidMessageContents');
      cognito.world.refusal = () => undefined;
      const { code, report } = await reconcile(args, {
        AWS_ENDPOINT_URL_SQS: sqs.environment.AWS_ENDPOINT_URL_SQS,
      });
      expect(code).toBe(1);
      expect(report).toMatchObject({ outcome: 'incomplete', missing: COUNT, sent: COUNT - 1 });
      expect(report.problems).toEqual([
        { field: 'line', reason: 'SQS did not take 1 person: InvalidMessageContents' },
      ]);
    } finally {
      sqs.stop();
    }
  });

  it('--again begins anew by itself', async () => {
    cognito.world.refusal = (_call, count) =>
      count > 5 ? { status: 400, code: 'NotAuthorizedException' } : undefined;
    await reconcile();
    cognito.world.refusal = () => undefined;
    const { stderr, report } = await reconcile(['--again']);
    expect(stderr).not.toContain('Going on');
    expect(report).toMatchObject({ checked: COUNT });
  });
});

describe('in trouble', () => {
  it('HubSpot that stumbles is asked again', async () => {
    cognito.world.users = people(1);
    card(0);
    night.hubspot.faults.add({ do: { type: 'status', ...internalError, headers: { 'retry-after': '0' } } });
    expect((await reconcile()).code).toBe(0);
  });

  it('HubSpot that refuses the token ends it, and says that nothing was done', async () => {
    cognito.world.users = people(1);
    const { code, report } = await reconcile(FAST, { HUBSPOT_ACCESS_TOKEN: 'another' });
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'error', checked: 0 });
    expect(report.message).toMatch(/HubSpot could not be asked: POST .* answered 401/);
    expect(stateFiles()).toEqual([]);
  });

  it('a queue that is not there ends it, and the same command goes on', async () => {
    cognito.world.users = people(1);
    const elsewhere = `${night.queues.endpoint}/000000000000/elsewhere.fifo`;
    const { code, report } = await reconcile([...FAST, '--queue-url', elsewhere]);
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'incomplete', sent: 0 });
    expect(report.message).toMatch(/Stopped: there is no such queue/);
    expect(stateFiles()).toHaveLength(1);
  });

  it.each([
    ['AccessDeniedException', /these credentials need cognito-idp:ListUsers/],
    ['ResourceNotFoundException', /there is no such pool/],
    ['ExpiredTokenException', /sign in again/],
    ['InternalErrorException', /InternalErrorException/],
  ])('Cognito says %s', async (code, message) => {
    cognito.world.refusal = () => ({ status: 400, code });
    const { code: exitCode, report, stderr } = await reconcile();
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ outcome: 'error', message: expect.stringMatching(message) });
    expect(stderr).not.toContain('night@');
    expect(stateFiles()).toEqual([]);
  });

  it.each([
    [['--since', 'ada@example.org'], /--since is a date such as 2026-11-20/],
    [['--since', '2026-11-20T18:00:00'], /with a time zone/],
    [['--since', '2026-02-30'], /--since is a date/],
    [['--since', '2126-01-01'], /lies in the future/],
    [['--since', SINCE, '--user-pool-id', 'ada@example.org'], /--user-pool-id is not the ID/],
    [['--since', SINCE], /The stage local has no user pool/],
    [['--since', SINCE, '--user-pool-id', POOL_ID, '--rate', '5'], /--rate goes with --send/],
    [['--since', SINCE, '--user-pool-id', POOL_ID, ...FAST.slice(0, 3), 'fast'], /--rate is how many/],
    [['--user-pool-id', POOL_ID], /required option '--since <date>'/],
    [
      ['--since', SINCE, '--user-pool-id', POOL_ID, '--state', '/no/such/file'],
      /state file cannot be written/,
    ],
  ])('%j ends with 2, and nothing was done', async (args, message) => {
    const { ended } = night.start(['reconcile', ...args, '--json'], cognito.environment);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(2);
    expect(describedReport(stdout)).toMatchObject({ command: 'reconcile', outcome: 'error', checked: 0 });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('ada@');
    expect(listed()).toBe(0);
    expect(stateFiles()).toEqual([]);
  });

  it('refuses a dead-letter queue, and the state of another run', async () => {
    expect((await reconcile([...FAST, '--queue-url', night.queues.dlqUrl])).stderr).toMatch(
      /dead-letter queue/,
    );
    cognito.world.users = people(200);
    cognito.world.refusal = (_call, count) =>
      count > 3 ? { status: 400, code: 'NotAuthorized' } : undefined;
    await reconcile(['--state', 'mine.state']);
    const { code, stderr } = await reconcile([...FAST, '--state', 'mine.state']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/of a run with another pool, another --since or another queue/);
  });
});

describe.runIf(HAS_TERMINAL)('on a terminal', () => {
  const terminal = (args: readonly string[], columns: number) =>
    onTerminal([...words(args), '--stage', 'local', '--state', join(night.cwd, 'a.state')], columns, {
      ...night.environment,
      ...cognito.environment,
    });

  it.each([
    ['n', 1, 0],
    ['y', 0, 2],
  ])('it asks before it sends: %s', async (answer, code, sent) => {
    cognito.world.users = people(2);
    const { ended, type, raw } = terminal(['--send'], 80);
    await until(() => raw().includes('Send them? [y/N]'));
    type(`${answer}\n`);
    expect((await ended).code).toBe(code);
    expect(onQueue()).toHaveLength(sent);
  });

  it.each([80, 40])(
    'its bar keeps its figures in %i columns, and Ctrl-C does not print into it',
    async (columns) => {
      cognito.world.users = people(600);
      cognito.world.hold = () =>
        listed() > 5 ? new Promise((resolve) => setTimeout(resolve, 300)) : undefined;
      const { ended, type, lines } = terminal([], columns);
      await until(() => lines().some(({ text }) => /(^|\s)[1-9]\d\d of 600 accounts/.test(text)));
      type('\u0003');
      const { code, lines: after } = await ended;
      expect(code).toBe(130);
      const stopping = after.filter(({ text }) => text.includes('Stopping after'));
      expect(stopping.map(({ text }) => text.slice(0, 14))).toEqual(['Stopping after']);
    },
  );
});
