import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { internalError } from '../../sandbox/hubspot/answers.ts';
import { signUpConfirmed } from '../../sandbox/sign-up.ts';
import { DEV_LOG_KEY } from '../../sandbox/stack.ts';
import { startAws } from './ops-aws.ts';
import { run, until } from './ops-command.ts';
import { putLetter, startNight } from './ops-dead-letters.ts';
import { describedReport } from './ops-report-schema.ts';
import { outputsOf, startStackApi } from './ops-stack.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';
import { person } from './support/people.ts';

/* status: both queues, why letters are dead, the event source, the last hour. */

vi.setConfig({ testTimeout: 120_000 });

let night: Awaited<ReturnType<typeof startNight>>;
beforeEach(async () => {
  night = await startNight({ letters: 6, instances: 1, logKey: DEV_LOG_KEY });
});
afterEach(() => night.stop());

const send = ({ email, username }: { email: string; username: string }) =>
  night.run(['send', '--email', email, '--username', username, '--verified-at', '2026-11-23T18:00:00Z']);

/** Lets the functions work until a message has been put back. */
const putBack = () => until(() => night.queues.waiting().inflight.length > 0);

describe('of npm run dev', () => {
  it('tells what is on both queues, why, and what the last hour brought', async () => {
    const [wanted, failing] = [person(), person()];
    night.hubspot.faults.add({
      email: failing.email,
      times: Number.POSITIVE_INFINITY,
      do: { type: 'status', ...internalError },
    });
    await night.publishVerification.invoke(signUpConfirmed(wanted));
    await until(() =>
      night.hubspot.portal.contacts().some(({ properties }) => properties.username === wanted.username),
    );
    await send(failing);
    await putBack();
    const { code, report } = await night.report(['status']);
    expect(code).toBe(0);
    expect(describedReport(JSON.stringify(report))).toMatchObject({
      outcome: 'told',
      where: expect.stringContaining('verified-users.fifo (stage local'),
      queue: { waiting: 0, inFlight: 1, oldestSeconds: null },
      deadLetters: { waiting: 6, inFlight: 0, oldestSeconds: expect.any(Number) },
      reasons: expect.arrayContaining([
        { errorCode: 'HubSpotRejected', reason: 'EmailRefused', count: 2 },
        { errorCode: 'DeliveriesExhausted', reason: 'HubSpotTrouble', count: 2 },
      ]),
      eventSource: null,
      lastHour: { published: 1, created: 1, retried: 1, deadLetters: 6, medianSeconds: expect.any(Number) },
      notTold: [expect.stringContaining('npm run dev has neither')],
    });
    expect(night.queues.deadLettersInFlight()).toBe(0);
  });

  it('--watch looks again and again, and Ctrl-C ends it', async () => {
    const { child, ended } = night.start(['status', '--watch', '0.1']);
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    await until(() => (seen.match(/Dead letters: 6 waiting/g) ?? []).length >= 2);
    await putLetter(night.queues, '{}', { ErrorCode: 'InvalidMessage', Reason: 'BadFields' });
    await until(() => /Dead letters: 7 waiting[^\0]*1 × InvalidMessage, BadFields/.test(seen));
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 130, stderr: 'Stopped.' });
    expect(night.queues.deadLettersInFlight()).toBe(0);
  });

  it('says what is wrong with --watch', async () => {
    expect((await night.report(['status', '--watch', '5'])).report.message).toContain('--json');
    const { code, stderr } = await night.run(['status', '--watch', 'often']);
    expect({ code, stderr: stderr.trim() }).toEqual({
      code: 2,
      stderr: '--watch is how many seconds lie between two looks, such as 5.',
    });
  });

  it.runIf(HAS_TERMINAL).each([80, 40])('fits a terminal of %i columns', async (columns) => {
    const { ended } = onTerminal(['status', '--stage', 'local'], columns, night.environment);
    const { code, lines } = await ended;
    expect(code).toBe(0);
    expect(lines.filter(({ wrapped }) => wrapped)).toEqual([]);
    expect(lines.some(({ text }) => text.startsWith('Dead letters: 6 waiting'))).toBe(true);
  });
});

describe('of a deployed stage', () => {
  let stack: Awaited<ReturnType<typeof startStackApi>>;
  let aws: Awaited<ReturnType<typeof startAws>>;
  beforeEach(async () => {
    [stack, aws] = await Promise.all([startStackApi(), startAws()]);
    stack.world.stacks.set('wme-hubspot-sync-prod', outputsOf(night.queues.endpoint));
  });
  afterEach(() => {
    stack.stop();
    aws.stop();
  });

  async function status() {
    const environment = { ...night.environment, ...stack.environment, ...aws.environment };
    const { code, stdout } = await run(['status', '--stage', 'prod', '--json'], environment);
    return { code, report: describedReport(stdout) };
  }

  it('asks the metrics, the age and the mapping', async () => {
    await putLetter(night.queues, '{}');
    await send(person());
    night.hubspot.faults.add({ times: Number.POSITIVE_INFINITY, do: { type: 'hang', when: 'before' } });
    aws.world.metrics = {
      ContactCreated: 812,
      ContactUpdated: 4,
      NoteCreated: 3,
      'DeliveryRetried transient': 5,
      'DeliveryRetried throttled': 2,
      'DeadLetter HubSpotRejected': 1,
      'DeadLetter InvalidMessage': 2,
      VerificationPublished: 816,
      VerificationToCard: 2_140,
      ApproximateAgeOfOldestMessage: 300,
    };
    const { code, report } = await status();
    expect(code).toBe(0);
    expect(report).toMatchObject({
      eventSource: 'Enabled',
      lastHour: {
        created: 812,
        updated: 4,
        notes: 3,
        superseded: 0,
        retried: 7,
        deadLetters: 3,
        published: 816,
        notPublished: 0,
        medianSeconds: 2.1,
      },
      notTold: [],
    });
    const stats = aws.world.metricQueries?.map(({ MetricStat }) => [
      MetricStat?.Metric?.Namespace,
      MetricStat?.Metric?.MetricName,
      MetricStat?.Stat,
    ]);
    expect(stats).toContainEqual(['WmeHubSpotSync/prod', 'VerificationToCard', 'p50']);
  });

  it('tells the rest where it may not ask, and names the rights', async () => {
    aws.world.refusals = { GetMetricData: 'AccessDenied', ListEventSourceMappings: 'AccessDeniedException' };
    const { code, report } = await status();
    expect(code).toBe(0);
    expect(report).toMatchObject({ eventSource: null, lastHour: null, deadLetters: { waiting: 6 } });
    expect(report.notTold).toEqual([
      'the event source (AccessDeniedException: it takes lambda:ListEventSourceMappings)',
      'the last hour (AccessDenied: it takes cloudwatch:GetMetricData)',
    ]);
  });
});
