import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startFauxqs } from 'fauxqs';
import { expect, it } from 'vitest';
import { personHash } from '../../lib/person.ts';

/** As a back end would write it: the package by its name, the AWS SDK beside it. */
const backEnd = `
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
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', backEnd], {
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
