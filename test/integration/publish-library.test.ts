import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
import { publishVerification } from 'wme-hubspot-sync';
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const queueUrl = process.env.QUEUE_URL;
const verification = { email: 'Ada@Example.org', username: 'AdaL', verifiedAt: '2026-11-23T18:00:00.000Z' };
const { messageId } = await publishVerification(verification, { sqs, queueUrl });
await publishVerification(verification, { sqs, queueUrl });
const refused = await publishVerification({ email: 'ada', username: 'AdaL' }, { sqs, queueUrl }).catch((error) => error);
console.log(JSON.stringify({ messageId, refused: { name: refused.name, message: refused.message } }));
`;

it('a Node.js back end publishes by importing the package, and twice is once', async () => {
  const sqs = await startFauxqs({ port: 0, logger: false });
  sqs.createQueue('verified-users.fifo', { attributes: { FifoQueue: 'true' } });
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: backEnd,
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_SQS: sqs.address,
      QUEUE_URL: `${sqs.address}/000000000000/verified-users.fifo`,
    },
  });
  const messages = sqs.inspectQueue('verified-users.fifo')?.messages.ready ?? [];
  await sqs.stop();

  expect(messages).toMatchObject([
    {
      messageId: JSON.parse(stdout).messageId,
      body: '{"email":"Ada@Example.org","username":"AdaL","verifiedAt":"2026-11-23T18:00:00.000Z"}',
      messageGroupId: personHash('ada@example.org'),
      messageAttributes: {},
    },
  ]);
  expect(JSON.parse(stdout).refused).toEqual({
    name: 'DeliveryError',
    message: 'Not a verification message. email: needs one @ with something on both sides.',
  });
});

it('its example in the documentation is TypeScript that compiles, strictly', async () => {
  const documentation = await readFile('docs/publishing.md', 'utf8');
  const example = /```ts\n(.*?)```/s.exec(documentation)?.[1];
  await writeFile(join(backEnd, 'example.mts'), String(example));
  const strictly = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node'];
  const compiler = resolve('node_modules/.bin/tsc');
  const { stdout } = await run(compiler, [...strictly, 'example.mts'], { cwd: backEnd }).catch(
    ({ stdout }) => ({
      stdout,
    }),
  );
  expect(stdout).toBe('');
});
