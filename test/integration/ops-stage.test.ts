import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOCAL_STAGE } from '../../ops/aws/local-stage.ts';
import { regionOfQueueUrl, resolveStage } from '../../ops/aws/stage.ts';
import { defaultSettings } from '../../sandbox/hubspot/settings.ts';
import { type Queues, SANDBOX_AWS_ENVIRONMENT, startQueues } from '../../sandbox/queues.ts';
import { DEV_PORTS } from '../../sandbox/stack.ts';
import { run } from './ops-command.ts';
import { outputsOf, startStackApi } from './ops-stack.ts';

vi.setConfig({ testTimeout: 60_000 });

let queues: Queues;
let stack: Awaited<ReturnType<typeof startStackApi>>;
let environment: Record<string, string>;

beforeAll(async () => {
  queues = await startQueues();
  stack = await startStackApi();
  environment = { ...stack.environment, AWS_ENDPOINT_URL_SQS: queues.endpoint };
});
beforeEach(() => {
  stack.world.stacks.clear();
  stack.world.stacks.set('wme-hubspot-sync-prod', outputsOf(queues.endpoint));
  stack.world.asked.length = 0;
  stack.world.regions.length = 0;
  stack.world.refusal = undefined;
});
afterAll(async () => {
  stack.stop();
  await queues.stop();
});

const list = (args: string[], more: Record<string, string> = {}) =>
  run(['dlq', 'list', ...args, '--json'], { ...environment, ...more });

describe('--stage', () => {
  it('finds the queues by the outputs of the stack that osls names so', async () => {
    const { code, stdout } = await list(['--stage', 'prod']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      letters: 0,
      queue: expect.stringContaining('verified-users-dlq.fifo (stage prod, account 000000000000, eu-west-1'),
    });
    expect(stack.world.asked).toEqual(['wme-hubspot-sync-prod']);
    expect(stack.world.regions).toEqual(['eu-west-1']);
  });

  it('is looked for where serverless.yml deploys to, if nobody says where', async () => {
    const { code } = await list(['--stage', 'prod'], { AWS_REGION: '', AWS_CONFIG_FILE: '/none' });
    expect(code).toBe(0);
    expect(stack.world.regions).toEqual(['us-east-1']);
  });

  it('gives way to an address of its own, and to none in the environment', async () => {
    const elsewhere = `${queues.endpoint}/000000000000/verified-users-dlq.fifo`;
    stack.world.stacks.set('wme-hubspot-sync-prod', {
      ...outputsOf(queues.endpoint),
      DeadLetterQueueUrl: `${queues.endpoint}/000000000000/not-there-dlq.fifo`,
    });
    expect((await list(['--stage', 'prod', '--dlq-url', elsewhere])).code).toBe(0);
    const refused = await list(['--stage', 'prod'], { DLQ_URL: elsewhere });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('there is no such queue');
  });

  it.each([
    ['nowhere', /There is no stack of that stage in this account and region/],
    ['not a stage', /--stage is not the name of a stage/],
    ['ada@example.org', /--stage is not the name of a stage/],
  ])('%s ends with 2, and is not quoted', async (stage, message) => {
    const { code, stdout, stderr } = await list(['--stage', stage]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stdout + stderr).not.toContain(stage);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'dlq list',
      outcome: 'error',
      exitCode: 2,
      letters: 0,
    });
  });

  it('that may not be asked for names what does without it, and nobody', async () => {
    stack.world.refusal = { status: 403, code: 'AccessDenied' };
    const { code, stderr } = await list(['--stage', 'prod']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/CloudFormation refuses .*AccessDenied.*--queue-url and --dlq-url do without it/);
    expect(stderr).not.toContain('night@');
  });

  it('without stage and address says what to give', async () => {
    const { code, stderr } = await list([]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Which dead-letter queue\? Give the stage \(--stage prod, .*--dlq-url/);
  });
});

describe('the stage local', () => {
  it('is where npm run dev puts everything', async () => {
    const sandbox = (url: string) => url.replace(queues.endpoint, `http://127.0.0.1:${DEV_PORTS.sqs}`);
    const stage = await resolveStage({ stage: 'local' }, {});
    expect(stage).toMatchObject({
      queueUrl: sandbox(queues.queueUrl),
      dlqUrl: sandbox(queues.dlqUrl),
      aws: { region: SANDBOX_AWS_ENVIRONMENT.AWS_REGION, sqsEndpoint: `http://127.0.0.1:${DEV_PORTS.sqs}` },
      hubspot: {
        baseUrl: `http://127.0.0.1:${DEV_PORTS.hubspot}`,
        accessToken: defaultSettings().accessToken,
      },
    });
    expect(LOCAL_STAGE.credentials).toEqual({
      accessKeyId: SANDBOX_AWS_ENVIRONMENT.AWS_ACCESS_KEY_ID,
      secretAccessKey: SANDBOX_AWS_ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
    });
  });

  it('needs nothing of AWS, and goes where the variables of the AWS SDKs and of HubSpot say', async () => {
    const none = {
      AWS_REGION: '',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_CONFIG_FILE: '/none',
    };
    const { code } = await list(['--stage', 'local'], none);
    expect(code).toBe(0);
    const stage = await resolveStage(
      { stage: 'local' },
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', HUBSPOT_BASE_URL: '', HUBSPOT_ACCESS_TOKEN: 'mine' },
    );
    expect(stage).toMatchObject({
      queueUrl: 'http://127.0.0.1:9/000000000000/verified-users.fifo',
      hubspot: { baseUrl: LOCAL_STAGE.hubspotBaseUrl, accessToken: 'mine' },
    });
  });
});

it.each([
  ['https://sqs.eu-west-1.amazonaws.com/123456789012/q.fifo', 'eu-west-1'],
  ['https://eu-central-1.queue.amazonaws.com/123456789012/q.fifo', 'eu-central-1'],
  ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q.fifo', 'cn-north-1'],
  ['https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/q.fifo', 'us-gov-west-1'],
  ['http://127.0.0.1:4566/000000000000/q.fifo', undefined],
  ['https://sqs.eu-west-1.amazonaws.com.example.org/1/q.fifo', undefined],
  ['no URL', undefined],
])('the region of %s is %s', (url, region) => {
  expect(regionOfQueueUrl(url)).toBe(region);
});
