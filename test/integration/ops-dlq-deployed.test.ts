import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { run } from './ops-command.ts';
import { startNight } from './ops-dead-letters.ts';
import { describedReport } from './ops-report-schema.ts';
import { outputsOf, startStackApi } from './ops-stack.ts';
import { startSsm } from './support/ssm.ts';

/* Dead letters of a deployed stage: what its stack, SSM, STS and CloudWatch Logs are asked. */

vi.setConfig({ testTimeout: 120_000 });

let night: Awaited<ReturnType<typeof startNight>>;
let stack: Awaited<ReturnType<typeof startStackApi>>;
let ssm: Awaited<ReturnType<typeof startSsm>>;

beforeAll(async () => {
  night = await startNight({ letters: 6 });
  stack = await startStackApi();
  ssm = await startSsm();
  stack.world.stacks.set('wme-hubspot-sync-prod', outputsOf(night.queues.endpoint));
});
beforeEach(() => {
  const name = '/wme-hubspot-sync/prod/hubspot-access-token';
  ssm.answer = { values: { [name]: night.hubspot.settings.accessToken } };
  stack.world.queries.length = 0;
  stack.world.logsRefusal = undefined;
});
afterAll(async () => {
  stack.stop();
  await ssm.stop();
  await night.stop();
});

async function dlq(...args: string[]) {
  const environment = {
    ...night.environment,
    ...stack.environment,
    AWS_ENDPOINT_URL_SSM: ssm.url,
  };
  const { code, stdout, stderr } = await run(['dlq', ...args, '--stage', 'prod', '--json'], environment, [], {
    cwd: night.cwd,
  });
  return { code, stderr, report: describedReport(stdout) };
}

const exhausted = async (): Promise<string> => {
  const { report } = await dlq('list', '--detail');
  return report.details.find(({ errorCode }: { errorCode: string }) => errorCode === 'DeliveriesExhausted')
    .id;
};

it('the log lines of a letter are asked for by its RequestID, and the token is the stage’s own', async () => {
  stack.world.logLines = [
    '{"level":"ERROR","message":"Sign-up became a dead letter"}',
    'REPORT RequestId: x',
  ];
  const { code, report } = await dlq('show', await exhausted());
  expect(code).toBe(0);
  expect(report.plan).toMatch(/^(create|username-and-note)$/);
  expect(report.logs).toEqual({ state: 'read', reason: null, lines: stack.world.logLines });
  const [query] = stack.world.queries;
  expect(query).toMatchObject({
    logGroupName: '/aws/lambda/wme-hubspot-sync-prod-syncContact',
    queryString: expect.stringContaining(`function_request_id = "${report.letter.requestId}"`),
  });
  const sentAt = Date.parse(report.letter.sentAt) / 1_000;
  expect(query?.startTime).toBeLessThan(sentAt);
  expect(query?.endTime).toBeGreaterThan(sentAt);
});

it('without the right to read logs, the letter is shown, and the right is named', async () => {
  stack.world.logsRefusal = 'AccessDeniedException';
  const { code, report } = await dlq('show', await exhausted());
  expect(code).toBe(0);
  expect(report.logs).toMatchObject({
    state: 'skipped',
    reason: expect.stringMatching(
      /AccessDeniedException\): it takes logs:StartQuery and logs:GetQueryResults/,
    ),
  });
});

it('without a token in SSM, HubSpot is not asked, and the letter is shown', async () => {
  ssm.answer = { values: {} };
  const { code, report } = await dlq('show', await exhausted());
  expect(code).toBe(1);
  expect(report).toMatchObject({ outcome: 'shown', hubspot: null, plan: null });
  expect(report.message).toContain('ParameterNotFound');
});

it('the audit file says who it was, as AWS knows them', async () => {
  const { code } = await dlq('redrive', '--yes', '--rate', '1000', '--error-code', 'DeliveriesExhausted');
  expect(code).toBe(0);
  const lines = (await readFile(join(night.cwd, 'wme-hubspot-sync-audit.jsonl'), 'utf8')).trim().split('\n');
  expect(lines).toHaveLength(4);
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({
      who: 'arn:aws:sts::000000000000:assumed-role/on-call/night',
      queue: expect.stringContaining('stage prod'),
    });
  }
});
