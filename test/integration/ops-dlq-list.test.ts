import { afterEach, describe, expect, it, vi } from 'vitest';
import { listReport, showReport } from '../../ops/dead-letters/reports.ts';
import { DEV_LOG_KEY } from '../../sandbox/stack.ts';
import { until } from './ops-command.ts';
import { putLetter, startNight } from './ops-dead-letters.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';

vi.setConfig({ testTimeout: 120_000 });

let night: Awaited<ReturnType<typeof startNight>>;
afterEach(() => night.stop());

/** Nothing is in anybody's hands: another operator sees all of it. */
const allVisible = () => night.queues.deadLettersInFlight() === 0;

describe('dlq list', () => {
  it('groups a thousand letters by reason, sees each once, and takes none', async () => {
    night = await startNight({ letters: 1_000 });
    const { code, report } = await night.report(['dlq', 'list', '--detail']);
    expect(code).toBe(0);
    const { letters, groups, details = [], notShown } = listReport.parse(report);
    expect({ letters, notShown }).toEqual({ letters: 1_000, notShown: 0 });
    expect(groups.map(({ errorCode, reason, count }) => [errorCode, reason, count])).toEqual(
      [
        ['InvalidMessage', 'NotJson', 112],
        ['InvalidMessage', 'BadFields', 111],
        ['InvalidMessage', 'UsernameUnusable', 111],
      ].toSpliced(
        0,
        0,
        ['HubSpotRejected', 'EmailRefused', 333],
        ['DeliveriesExhausted', 'HubSpotTrouble', 333],
      ),
    );
    expect(new Set(details.map(({ id }) => id)).size).toBe(1_000);
    for (const { daysLeft, action, oldest, newest } of groups) {
      expect(daysLeft).toBeGreaterThan(13.8);
      expect(daysLeft).toBeLessThanOrEqual(14);
      expect(action).not.toBe('');
      expect(Date.parse(oldest)).toBeLessThanOrEqual(Date.parse(newest));
    }
    expect(JSON.stringify(report)).not.toMatch(/person\.\d|Person \d/);
    expect(night.bodies().deadLetters).toHaveLength(1_000);
    expect(allVisible()).toBe(true);
  });

  it('sees letters of one person that a receive has cut in two, and those that SQS has moved by itself', async () => {
    night = await startNight();
    for (let letter = 0; letter < 24; letter += 1) {
      await putLetter(night.queues, `{"n":${letter}}`, {}, `person ${Math.floor(letter / 4)}`);
    }
    await putLetter(night.queues, '{}', { ErrorCode: 'Novelty' });
    const { report } = await night.report(['dlq', 'list']);
    expect(report).toMatchObject({ letters: 25, notShown: 0 });
    expect(report.groups).toMatchObject([
      { errorCode: null, reason: 'ProcessDied', count: 24, mover: 'developer' },
      { errorCode: 'Novelty', reason: 'Unknown', count: 1 },
    ]);
    expect(allVisible()).toBe(true);
  });

  it('says how many it cannot see, because a person has more than SQS hands over at once', async () => {
    night = await startNight();
    for (let letter = 0; letter < 13; letter += 1)
      await putLetter(night.queues, `{"n":${letter}}`, {}, 'one');
    const { report } = await night.report(['dlq', 'list']);
    expect(report).toMatchObject({ letters: 10, notShown: 3 });
    expect(allVisible()).toBe(true);
  });

  it('says that there is nothing', async () => {
    night = await startNight();
    const { code, stdout } = await night.run(['dlq', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^0 dead letters in verified-users-dlq\.fifo \(stage local, .*\)\.\n$/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s in the middle: all is visible again at once',
    async (signal) => {
      night = await startNight({ letters: 300 });
      const { child, ended } = night.start(['dlq', 'list', '--json']);
      await until(() => night.queues.deadLettersInFlight() > 20);
      child.kill(signal);
      const { code, stdout } = await ended;
      expect(code).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({
        command: 'dlq list',
        outcome: 'interrupted',
        exitCode: 130,
      });
      expect(allVisible()).toBe(true);
      expect(night.bodies().deadLetters).toHaveLength(300);
    },
  );

  it('killed in the middle, it has taken nothing', async () => {
    night = await startNight({ letters: 300 });
    const { child, ended } = night.start(['dlq', 'list']);
    await until(() => night.queues.deadLettersInFlight() > 20);
    child.kill('SIGKILL');
    await ended;
    expect(night.bodies().deadLetters).toHaveLength(300);
  });

  it.runIf(HAS_TERMINAL).each([80, 40])('fits a terminal of %i columns', async (columns) => {
    night = await startNight({ letters: 12 });
    const { ended } = onTerminal(['dlq', 'list', '--detail', '--stage', 'local'], columns, night.environment);
    const { code, lines } = await ended;
    expect(code).toBe(0);
    // The name of the queue, with its address, is one word that may be longer.
    expect(lines.filter(({ wrapped }) => wrapped)).toEqual([]);
    const text = lines.map((line) => line.text).join('\n');
    expect(text).toContain('4 × DeliveriesExhausted, HubSpotTrouble');
    expect(text).toContain('What to do:');
    expect(text).toMatch(/^ {2}[\da-f-]{36}( {2}|$)/m);
  });

  it.runIf(HAS_TERMINAL)('has colours on a terminal, and none with NO_COLOR or in a pipe', async () => {
    night = await startNight({ letters: 3 });
    const args = ['dlq', 'list', '--stage', 'local'];
    const bold = '\x1B[1m';
    const coloured = onTerminal(args, 80, night.environment);
    await coloured.ended;
    expect(coloured.raw()).toContain(bold);
    const plain = onTerminal(args, 80, { ...night.environment, NO_COLOR: '1' });
    await plain.ended;
    expect(plain.raw()).not.toContain(bold);
    expect((await night.run(['dlq', 'list'])).stdout).not.toContain('\x1B');
  });
});

describe('dlq show', () => {
  const idOf = async (errorCode: string, index = 0): Promise<string> => {
    const { report } = await night.report(['dlq', 'list', '--detail']);
    const found = listReport.parse(report).details?.filter((detail) => detail.errorCode === errorCode) ?? [];
    return found[index]?.id ?? 'none';
  };

  it('shows no address that another program has written into its reason', async () => {
    night = await startNight();
    await putLetter(night.queues, '{"email":"ada@example.org","username":"AdaL"}', {
      ErrorCode: '500',
      ErrorMessage: 'No card for AdaL, ada@example.org or bob@example.org',
    });
    const { report } = await night.report(['dlq', 'list', '--detail']);
    const id = report.details[0].id;
    const { stdout } = await night.run(['dlq', 'show', id]);
    expect(stdout).toContain('It says: No card for A…, a…@e….org or b…@e….org');
    expect(stdout).not.toMatch(/AdaL|ada@|bob@/);
    expect((await night.run(['dlq', 'show', id, '--reveal'])).stdout).toContain('bob@example.org');
  });

  it('tells the letter, masked, what HubSpot holds, and what a redrive would do: and writes nothing', async () => {
    night = await startNight({ letters: 6, logKey: DEV_LOG_KEY });
    const plans = new Map<string, number>();
    for (const index of [0, 1]) {
      const { code, report } = await night.report(['dlq', 'show', await idOf('DeliveriesExhausted', index)]);
      expect(code).toBe(0);
      const { letter, hubspot, plan, logs } = showReport.parse(report);
      expect(letter).toMatchObject({
        errorCode: 'DeliveriesExhausted',
        reason: 'HubSpotTrouble',
        deliveries: 40,
        email: 'p…@e….org',
        username: 'P…',
        errorMessage:
          'Gave up after 40 deliveries. At last: POST /crm/v3/objects/contacts answered 500 INTERNAL_ERROR.',
        requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(hubspot?.contactId === null).toBe(plan === 'create');
      // Those of its invocation, and of the six letters in it no other's.
      const lines = logs.lines.map((line) => JSON.parse(line));
      expect({ state: logs.state, lines }).toEqual({
        state: 'read',
        lines: [expect.objectContaining({ function_request_id: letter?.requestId, outcome: 'dead-letter' })],
      });
      plans.set(String(plan), (plans.get(String(plan)) ?? 0) + 1);
    }
    expect(Object.fromEntries(plans)).toEqual({ create: 1, 'username-and-note': 1 });
    const methods = new Set(
      night.hubspot.journal.entries().map(({ method, path }) => `${method} ${path.split('?')[0]}`),
    );
    for (const name of methods) expect(name).toMatch(/^GET |\/batch\/read$/);
    expect(JSON.stringify(night.hubspot.journal.entries().map(({ path }) => path))).not.toMatch(/%40|@/);
    expect(night.bodies().deadLetters).toHaveLength(6);
    expect(allVisible()).toBe(true);
  });

  it.each([
    ['HubSpotRejected', 'most likely: HubSpot has refused it'],
    ['InvalidMessage', 'it is no verification'],
  ])('says of %s what a redrive would come to', async (errorCode, said) => {
    night = await startNight({ letters: 3 });
    const { code, stdout } = await night.run(['dlq', 'show', await idOf(errorCode)]);
    expect(code).toBe(0);
    expect(stdout).toContain(`A redrive would: nothing`);
    expect(stdout).toContain(said);
    expect(stdout).toContain('What to do:');
    expect(stdout).not.toMatch(/person\.\d|Person \d/);
  });

  it('--reveal shows address and username, and nothing that a terminal would obey', async () => {
    night = await startNight();
    const body = JSON.stringify({ email: 'ada@example.org', username: 'Ada\u001B[2J\u202E' });
    await putLetter(night.queues, body, { ErrorCode: 'HubSpotRejected', Reason: 'UsernameRefused' });
    const { stdout } = await night.run(['dlq', 'show', await idOf('HubSpotRejected'), '--reveal']);
    expect(stdout).toContain('Address: ada@example.org');
    expect(stdout).toContain('Username: Ada\uFFFD[2J\uFFFD');
    expect(stdout).not.toContain('\u001B');
  });

  it('shows the letter all the same when HubSpot does not answer, and ends with 1', async () => {
    night = await startNight({ letters: 3 });
    const id = await idOf('DeliveriesExhausted');
    const { code, report } = await night.report(['dlq', 'show', id], { HUBSPOT_ACCESS_TOKEN: 'revoked' });
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'shown', letter: { id }, hubspot: null, plan: null });
    expect(report.message).toMatch(/HubSpot could not be asked: .*401/);
  });

  it('of no letter ends with 1, and says where the IDs are', async () => {
    night = await startNight({ letters: 3 });
    const { code, report } = await night.report(['dlq', 'show', 'none']);
    expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'not-found' });
    expect(report.message).toContain('dlq list --detail');
    expect(allVisible()).toBe(true);
  });
});
