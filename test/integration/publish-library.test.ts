import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { personHash } from '../../lib/person.ts';

const run = promisify(execFile);
/** A back end that has installed the package, as `npm pack` makes it, and the AWS SDK. */
let backEnd: string;

beforeAll(async () => {
  backEnd = await mkdtemp(join(tmpdir(), 'back-end-'));
  const installed = join(backEnd, 'node_modules', 'wme-hubspot-sync');
  await mkdir(installed, { recursive: true });
  // The build is there already: without its scripts, because another one would take it from under the other tests.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', backEnd]);
  const packed = join(backEnd, 'wme-hubspot-sync-1.0.0.tgz');
  await run('tar', ['-xzf', packed, '-C', installed, '--strip-components', '1']);
  for (const dependency of ['@aws-sdk', '@types', 'zod']) {
    await symlink(resolve('node_modules', dependency), join(backEnd, 'node_modules', dependency));
  }
}, 120_000);
afterAll(() => rm(backEnd, { recursive: true }));

const program = `
import { SQSClient } from '@aws-sdk/client-sqs';
import { DeliveryError, publishVerification } from 'wme-hubspot-sync';
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const queueUrl = process.env.QUEUE_URL;
const verification = { email: 'Ada@Example.org', username: 'AdaL', verifiedAt: '2026-11-23T18:00:00.000Z' };
const { messageId } = await publishVerification(verification, { sqs, queueUrl });
await publishVerification(verification, { sqs, queueUrl });
const refused = await publishVerification({ email: 'ada', username: 'AdaL' }, { sqs, queueUrl }).catch((error) => error);
console.log(JSON.stringify({ messageId, isDeliveryError: refused instanceof DeliveryError, failure: refused.failure }));
`;

const replays = `
import { SQSClient } from '@aws-sdk/client-sqs';
import { publishVerification } from 'wme-hubspot-sync';
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
for (const again of [{}, { replay: true }, { replay: true }, { replay: true, run: 'one' }, { replay: true, run: 'one' }]) {
  await publishVerification({ email: 'a@b', username: 'x' }, { sqs, queueUrl: process.env.QUEUE_URL, ...again });
}
`;

let sqs: FauxqsServer;
let environment: Record<string, string>;
beforeEach(async () => {
  sqs = await startFauxqs({ port: 0, logger: false });
  sqs.createQueue('verified-users.fifo', { attributes: { FifoQueue: 'true' } });
  environment = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SQS: sqs.address,
    QUEUE_URL: `${sqs.address}/000000000000/verified-users.fifo`,
  };
});
afterEach(() => sqs.stop());

const onQueue = () => sqs.inspectQueue('verified-users.fifo')?.messages.ready ?? [];
const runInBackEnd = (code: string) =>
  run(process.execPath, ['--input-type=module', '-e', code], { cwd: backEnd, env: environment });

it('a Node.js back end publishes by importing the package, and twice is once', async () => {
  const { stdout } = await runInBackEnd(program);

  expect(onQueue()).toMatchObject([
    {
      messageId: JSON.parse(stdout).messageId,
      body: '{"email":"Ada@Example.org","username":"AdaL","verifiedAt":"2026-11-23T18:00:00.000Z"}',
      messageGroupId: personHash('ada@example.org'),
      messageAttributes: {},
    },
  ]);
  expect(JSON.parse(stdout)).toMatchObject({
    isDeliveryError: true,
    failure: {
      class: 'invalid',
      detail: 'Not a verification message. email: needs one @ with something on both sides.',
    },
  });
});

it('every replay is a message of its own, but for those of one attempt', async () => {
  await runInBackEnd(replays);
  expect(onQueue().map(({ messageAttributes }) => Object.keys(messageAttributes))).toEqual([
    [],
    ['Replay'],
    ['Replay'],
    ['Replay'],
  ]);
});

const example = async (): Promise<string> =>
  String(/```ts\n(.*?)```/s.exec(await readFile('docs/publishing.md', 'utf8'))?.[1]);

it('its example in the documentation is TypeScript that compiles, strictly', async () => {
  await writeFile(join(backEnd, 'example.mts'), await example());
  const strictly = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node'];
  const compiler = resolve('node_modules/.bin/tsc');
  const { stdout } = await run(compiler, [...strictly, 'example.mts'], { cwd: backEnd }).catch(
    ({ stdout }) => ({
      stdout,
    }),
  );
  expect(stdout).toBe('');
});

it('its example in the documentation publishes, and says of a DeliveryError why without naming anybody', async () => {
  await writeFile(join(backEnd, 'example.mts'), await example());
  const { stderr } = await runInBackEnd(`
import { verified } from './example.mts';
await verified({ id: 'account-1', email: 'ada@example.org', username: 'AdaL' }, process.env.QUEUE_URL);
await verified({ id: 'account-2', email: 'ada@example.org', username: '' }, process.env.QUEUE_URL);
`);
  expect(onQueue()).toMatchObject([{ messageDeduplicationId: 'account-1' }]);
  expect(stderr).toBe(
    'The sign-up of account account-2 is not on the queue: Not a verification message. username: is empty.\n',
  );
});
