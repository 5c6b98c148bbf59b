import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { newContact } from './new-contact.ts';
import { signed } from './signed.ts';

/* The same requests by fetch, and nothing of what makes them safe. */

export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const { AWS_ENDPOINT_URL_SSM: ssm = '', HUBSPOT_TOKEN_PARAMETER, LOG_KEY_PARAMETER } = process.env;
  const asked = JSON.stringify({
    Names: [HUBSPOT_TOKEN_PARAMETER, LOG_KEY_PARAMETER],
    WithDecryption: true,
  });
  const { host, ...headers } = signed(ssm, 'ssm', 'AmazonSSM.GetParameters', asked);
  const answer = await fetch(`${ssm}/`, { method: 'POST', headers, body: asked });
  const { Parameters } = JSON.parse(await answer.text());
  await Promise.all(
    Records.map(async ({ body }) => {
      const made = await fetch(`${process.env.HUBSPOT_BASE_URL}/crm/v3/objects/contacts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${Parameters[0].Value}`, 'content-type': 'application/json' },
        body: newContact(body),
      });
      JSON.parse(await made.text());
      process.stdout.write('{"level":"INFO","message":"Sign-up synced"}\n');
    }),
  );
  return { batchItemFailures: [] };
};
