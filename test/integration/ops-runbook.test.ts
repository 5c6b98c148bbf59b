import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { explain, REASONS } from '../../lib/reasons.ts';
import { run } from './ops-command.ts';
import { startNight } from './ops-dead-letters.ts';
import { outputsOf, poolOutputsOf, startStackApi } from './ops-stack.ts';
import { OURS, POOL_ID, startUserPool } from './ops-user-pool.ts';
import { poolUser, startCognito } from './support/cognito.ts';
import { startSsm } from './support/ssm.ts';

/* The runbook is followed as it stands: its commands, one after another, from forty dead letters to none. */

vi.setConfig({ testTimeout: 240_000 });

const DAY_MS = 24 * 60 * 60_000;
const runbook = readFileSync('docs/runbook.md', 'utf8');

/** Every command of ours that stands in a block of a part of the runbook, in its order. */
const commandsIn = (part: string): string[] =>
  [...part.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => line.startsWith('npx wme-hubspot-sync '))
    .map((line) => line.replace(/\s+#.*$/, '').replace('npx wme-hubspot-sync ', ''));

const [, inShort = ''] = /^### In short\n(.*?)^### /ms.exec(runbook) ?? [];

/** Words as a shell makes them, as far as the runbook needs it. */
const wordsOf = (command: string, variables: Record<string, string>): string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) =>
    (quoted ?? plain ?? '').replaceAll(/\$(\w+)/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`The runbook does not say what $${name} is`);
      return value;
    }),
  );

/** A night with forty letters: the stage is both local and, with a user pool besides, a deployed one. */
async function startPractice() {
  const night = await startNight({ letters: 40, instances: 2 });
  const [stack, pool, cognito, ssm] = await Promise.all([
    startStackApi(),
    startUserPool(),
    startCognito(),
    startSsm(),
  ]);
  stack.world.stacks.set('wme-hubspot-sync-prod', {
    ...outputsOf(night.queues.endpoint),
    ...poolOutputsOf(POOL_ID, OURS),
  });
  pool.world.pool = { ...pool.world.pool, LambdaConfig: { PostConfirmation: OURS } };
  ssm.answer = {
    values: { '/wme-hubspot-sync/prod/hubspot-access-token': night.hubspot.settings.accessToken },
  };
  const deployed = {
    ...stack.environment,
    ...cognito.environment,
    AWS_ENDPOINT_URL_SSM: ssm.url,
  };
  const trigger = {
    ...stack.environment,
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: pool.environment.AWS_ENDPOINT_URL,
    AWS_ENDPOINT_URL_LAMBDA: pool.environment.AWS_ENDPOINT_URL,
  };
  return {
    ...night,
    pool,
    cognito,
    /** Gives a command of the runbook. Nobody is there to answer its question. */
    follow(command: string, stage: string, variables: Record<string, string> = {}) {
      const SINCE = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
      const words = wordsOf(command, { STAGE: stage, SINCE, ...variables });
      const asks =
        /^(dlq (redrive|drop|load)|trigger detach|reconcile .*--send)/.test(command) &&
        !command.includes('--dry-run');
      return run(
        [...words, ...(asks ? ['--yes'] : [])],
        { ...night.environment, ...(command.startsWith('trigger') ? trigger : deployed) },
        [],
        { cwd: night.cwd },
      );
    },
    async stop() {
      for (const server of [stack, pool, cognito]) server.stop();
      await ssm.stop();
      await night.stop();
    },
  };
}

/** What is right with those whom HubSpot was away for: the username, and a note if they were there before. */
function expectRightCards({ hubspot, messages }: Awaited<ReturnType<typeof startPractice>>): void {
  const exhausted = messages.filter(({ kind }) => kind === 'exhausted');
  expect(exhausted.length).toBeGreaterThan(10);
  for (const [index, { email, body }] of exhausted.entries()) {
    const card = hubspot.portal.contactByEmail(email);
    expect(card?.properties.username).toBe(JSON.parse(body).username);
    expect(hubspot.portal.notesOf(card?.id ?? '')).toHaveLength(index % 2);
  }
}

describe('every command in the runbook', () => {
  const commands = commandsIn(runbook.replace(inShort, ''));
  let night: Awaited<ReturnType<typeof startPractice>>;
  beforeAll(async () => {
    night = await startPractice();
  });
  afterAll(() => night.stop());

  async function malformedId(): Promise<string> {
    const { report } = await night.report(['dlq', 'list', '--detail']);
    const malformed = report.details.filter(
      ({ errorCode }: { errorCode: string }) => errorCode === 'InvalidMessage',
    );
    return malformed[0]?.id ?? 'none';
  }

  it('there are as many as the sections need', () => {
    for (const needed of [
      'status',
      'doctor',
      'dlq list',
      'dlq show',
      'dlq redrive',
      'dlq drop',
      'dlq save',
      'dlq load',
      'trigger status',
      'trigger detach',
      'reconcile',
      'send',
      'trace',
    ]) {
      expect(commands.some((command) => command.startsWith(needed))).toBe(true);
    }
  });

  it.each(commands)('%s', async (command) => {
    // A pool is what npm run dev has not.
    const stage = /^(trigger|reconcile)/.test(command) ? 'prod' : 'local';
    const { code, stdout, stderr } = await night.follow(command, stage, {
      ID: command.includes('$ID') ? await malformedId() : '',
      EMAIL: 'person.0@example.org',
      NAME: 'Person 0',
      WHEN: '2026-11-23T18:00:00Z',
    });
    expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' });
    if (!command.includes('--reveal')) expect(stdout).not.toMatch(/person\.\d|Person \d/);
  });
});

describe('in short, from forty dead letters', () => {
  const commands = commandsIn(inShort);

  it('there are six commands at most', () => {
    expect(commands.length).toBeGreaterThan(3);
    expect(commands.length).toBeLessThanOrEqual(6);
  });

  it('of npm run dev: they lead to an empty dead-letter queue and right cards', async () => {
    const night = await startPractice();
    try {
      for (const command of commands) {
        const { code } = await night.follow(command, 'local');
        // The one that wants a user pool says so.
        expect([command, code]).toEqual([command, command.startsWith('reconcile') ? 2 : 0]);
      }
      expect(night.bodies()).toEqual({ queue: [], deadLetters: [] });
      expectRightCards(night);
    } finally {
      await night.stop();
    }
  });

  it('of a stage with a user pool: also for those whose letters are malformed', async () => {
    const night = await startPractice();
    try {
      const malformed = night.messages
        .filter(({ kind }) => kind === 'malformed')
        .map(({ email }, index) => ({ email, username: `Malformed ${index}` }));
      const refused = night.messages
        .filter(({ kind }) => kind === 'refused')
        .map(({ email, body }) => ({ email, username: String(JSON.parse(body).username) }));
      night.cognito.world.users = [...malformed, ...refused].map((someone) => poolUser(someone));
      for (const command of commands) {
        const { code, stderr } = await night.follow(command, 'prod');
        expect([command, code, code === 0 ? '' : stderr]).toEqual([command, 0, '']);
        if (command.startsWith('reconcile')) await night.drained();
      }
      expect(night.bodies()).toEqual({ queue: [], deadLetters: [] });
      expectRightCards(night);
      for (const { email, username } of malformed) {
        expect(night.hubspot.portal.contactByEmail(email)?.properties.username).toBe(username);
      }
      expect(night.hubspot.portal.contacts()).toHaveLength(
        malformed.length + night.messages.filter(({ kind }) => kind === 'exhausted').length,
      );
    } finally {
      await night.stop();
    }
  });
});

describe('what to do is said in one place', () => {
  it('its tables are what npm run schema writes', () => {
    execFileSync(process.execPath, ['ops/write-runbook.ts', '--check']);
  });

  it('every link within the runbook leads to a heading, and none is missing that an anchor is for', () => {
    const anchors = runbook
      .split('\n')
      .flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? [])
      .map((heading) =>
        heading
          .toLowerCase()
          .replaceAll(/[^a-z0-9 _-]/g, '')
          .replaceAll(' ', '-'),
      );
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((link) => !anchors.includes(link ?? ''))).toEqual([]);
  });

  it('the alarms say what the registry of reasons says', async () => {
    const alarms = await readFile('infrastructure/alarms.yml', 'utf8');
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

const rights: (string | undefined)[] = JSON.parse(
  readFileSync('docs/on-call-policy.json', 'utf8'),
).Statement.flatMap(({ Action }: { Action: string | string[] }) => Action);

it('the policy for somebody on call has what the AWS CLI’s lines in the runbook and in the alarms take', () => {
  const NAMES: Readonly<Record<string, string>> = { Invoke: 'InvokeFunction', Tail: 'FilterLogEvents' };
  const alarms = ['alarms', 'reconcile'].map((file) => readFileSync(`infrastructure/${file}.yml`, 'utf8'));
  const taken = [...[runbook, ...alarms].join('\n').matchAll(/\baws ([a-z-]+) ([a-z-]+)/g)].map(
    ([, service, operation = '']) => {
      const name = operation.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
      return `${service}:${NAMES[name] ?? name}`;
    },
  );
  expect(taken.length).toBeGreaterThan(3);
  expect(rights).toEqual(expect.arrayContaining(taken));
});

it('the policy for somebody on call has the rights that the commands name, and each once', async () => {
  expect(new Set(rights).size).toBe(
    rights.filter((right) => !/^sqs:(SendMessage|GetQueueAttributes)$/.test(String(right))).length + 2,
  );
  const code = await Promise.all(
    [
      'dead-letters/box.ts',
      'aws/insights.ts',
      'aws/parameters.ts',
      'aws/stack-outputs.ts',
      'aws/lambda.ts',
      'aws/cloudwatch.ts',
      'aws/topic.ts',
      ...readdirSync('ops/checks').map((file) => `checks/${file}`),
      'status/look.ts',
      'trace/account.ts',
      'reconcile/pool.ts',
    ].map((file) => readFile(`ops/${file}`, 'utf8')),
  );
  const named = [
    ...code.join('').matchAll(/\b(sqs|ssm|logs|cloudformation|lambda|cloudwatch|sns|cognito-idp):[A-Z]\w+/g),
  ].map(([right]) => right);
  expect(new Set(named).size).toBeGreaterThan(15);
  // What `trigger detach` does with the pool that it has read.
  named.push('cognito-idp:UpdateUserPool', 'cognito-idp:GetUserPoolMfaConfig', 'lambda:GetPolicy');
  expect(rights).toEqual(expect.arrayContaining([...new Set(named)]));
});
