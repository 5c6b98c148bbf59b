import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { explain, REASONS } from '../../lib/reasons.ts';
import { run } from './ops-command.ts';
import { startNight } from './ops-dead-letters.ts';
import { FUNCTION, POOL_ID, startUserPool } from './ops-user-pool.ts';
import { startCognito } from './support/cognito.ts';

/* The runbook is followed as it stands: its commands, one after another, from forty dead letters to none. */

vi.setConfig({ testTimeout: 240_000 });

const runbook = readFileSync('docs/runbook.md', 'utf8');

/** Every command of ours that stands in a block of the runbook, in its order. */
const commands = [...runbook.matchAll(/```sh\n(.*?)```/gs)]
  .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line.startsWith('npx wme-hubspot-sync '))
  .map((line) => line.replace(/\s+#.*$/, '').replace('npx wme-hubspot-sync ', ''));

/** Words as a shell makes them, as far as the runbook needs it. */
const wordsOf = (command: string, variables: Record<string, string>): string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) =>
    (quoted ?? plain ?? '').replaceAll(/\$(\w+)/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`The runbook does not say what $${name} is`);
      return value;
    }),
  );

describe('every command in the runbook', () => {
  let night: Awaited<ReturnType<typeof startNight>>;
  let pool: Awaited<ReturnType<typeof startUserPool>>;
  let cognito: Awaited<ReturnType<typeof startCognito>>;
  beforeAll(async () => {
    night = await startNight({ letters: 40, instances: 2 });
    pool = await startUserPool();
    cognito = await startCognito();
    pool.world.pool = {
      ...pool.world.pool,
      LambdaConfig: { PostConfirmation: `arn:aws:lambda:us-east-1:000000000000:function:${FUNCTION}` },
    };
  });
  afterAll(async () => {
    pool.stop();
    cognito.stop();
    await night.stop();
  });

  async function malformedId(): Promise<string> {
    const { report } = await night.report(['dlq', 'list', '--detail']);
    const malformed = report.details.filter(
      ({ errorCode }: { errorCode: string }) => errorCode === 'InvalidMessage',
    );
    return malformed[0]?.id ?? 'none';
  }

  async function follow(command: string) {
    const detaches = command.startsWith('trigger detach');
    const words = wordsOf(command, {
      STAGE: detaches ? 'prod' : 'local',
      POOL: POOL_ID,
      ID: command.includes('$ID') ? await malformedId() : '',
      EMAIL: 'person.0@example.org',
      NAME: 'Person 0',
      WHEN: '2026-11-23T18:00:00Z',
      SINCE: '2026-11-20',
    });
    // Nobody is there to answer, and nothing is to be slow.
    const asks = /^(dlq (redrive|drop|load)|trigger detach)/.test(command) && !command.includes('--dry-run');
    const fast = command.startsWith('dlq redrive') ? ['--rate', '1000'] : [];
    return run(
      [...words, ...(asks ? ['--yes'] : []), ...fast],
      { ...night.environment, ...(detaches ? pool.environment : cognito.environment) },
      [],
      { cwd: night.cwd },
    );
  }

  it('there are as many as the sections need', () => {
    expect(commands.length).toBeGreaterThanOrEqual(11);
    for (const needed of [
      'dlq list',
      'dlq show',
      'dlq redrive',
      'dlq drop',
      'dlq save',
      'dlq load',
      'send',
      'reconcile',
    ]) {
      expect(commands.some((command) => command.startsWith(needed))).toBe(true);
    }
  });

  it.each(commands)('%s', async (command) => {
    const { code, stdout, stderr } = await follow(command);
    expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' });
    if (!command.includes('--reveal')) expect(stdout).not.toMatch(/person\.\d|Person \d/);
  });
});

describe('from npm run dev -- --dead-letters 40', () => {
  it('four commands lead to an empty dead-letter queue and right cards', async () => {
    const night = await startNight({ letters: 40, instances: 2 });
    try {
      expect((await night.run(['dlq', 'list'])).code).toBe(0);
      const because = ['--yes', '--because', 'practice'];
      const redrive = [
        'dlq',
        'redrive',
        '--error-code',
        'DeliveriesExhausted',
        '--yes',
        '--rate',
        '1000',
        '--follow',
      ];
      expect((await night.run(redrive)).code).toBe(0);
      expect(
        (await night.run(['dlq', 'drop', '--error-code', 'HubSpotRejected', ...because, '--file', 'a'])).code,
      ).toBe(0);
      expect(
        (await night.run(['dlq', 'drop', '--error-code', 'InvalidMessage', ...because, '--file', 'b'])).code,
      ).toBe(0);
      expect(night.bodies()).toEqual({ queue: [], deadLetters: [] });
      const exhausted = night.messages.filter(({ kind }) => kind === 'exhausted');
      for (const [index, { email, body }] of exhausted.entries()) {
        const card = night.hubspot.portal.contactByEmail(email);
        expect(card?.properties.username).toBe(JSON.parse(body).username);
        expect(night.hubspot.portal.notesOf(card?.id ?? '')).toHaveLength(index % 2);
      }
    } finally {
      await night.stop();
    }
  });
});

describe('what to do is said in one place', () => {
  it('each alarm has a section of the runbook, and says what the registry says', async () => {
    const files = ['alarms.yml', 'reconcile.yml'].map((file) => readFile(`infrastructure/${file}`, 'utf8'));
    const alarms = (await Promise.all(files)).join('\n');
    const names = [...alarms.matchAll(/^ {2}(\w+Alarm):$/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(8);
    const headings = runbook.split('\n').filter((line) => line.startsWith('## '));
    for (const name of names)
      expect(headings.filter((heading) => heading.includes(`\`${name}\``))).toHaveLength(1);

    const text = alarms.replaceAll(/\s+/g, ' ');
    const remedy = (reason: string) =>
      explain({ errorCode: 'DeliveriesExhausted', reason }).action.replace(/ Then redrive.*$/, '');
    expect(text).toContain(remedy('TokenRefused'));
    expect(text).toContain(remedy('RequestRefused'));
    expect(text).toContain('npx wme-hubspot-sync dlq list --stage $');
  });

  it('the runbook names every code', () => {
    for (const errorCode of Object.keys(REASONS)) expect(runbook).toContain(`\`${errorCode}\``);
  });
});

it('the policy for somebody on call has the rights that the commands name', async () => {
  const policy = await readFile('docs/on-call-policy.json', 'utf8');
  const rights = [
    ...policy.matchAll(/"((?:sqs|ssm|logs|cloudformation|lambda|cloudwatch|sns|cognito-idp):\w+)"/g),
  ].map(([, right]) => right);
  const code = await Promise.all(
    [
      'dead-letters/box.ts',
      'aws/insights.ts',
      'aws/parameters.ts',
      'aws/stack-outputs.ts',
      'aws/lambda.ts',
      'aws/cloudwatch.ts',
      'aws/topic.ts',
      'checks/aws.ts',
      'status/look.ts',
      'trace/account.ts',
      'reconcile/pool.ts',
    ].map((file) => readFile(`ops/${file}`, 'utf8')),
  );
  const named = [
    ...code.join('').matchAll(/\b(sqs|ssm|logs|cloudformation|lambda|cloudwatch|sns|cognito-idp):[A-Z]\w+/g),
  ].map(([right]) => right);
  expect(new Set(named).size).toBeGreaterThan(15);
  expect(rights).toEqual(expect.arrayContaining([...new Set(named)]));
});
