import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { newContact } from './new-contact.ts';
import { post } from './post.ts';
import { signed } from './signed.ts';

/* The same requests by node:http, bodies to the letter, and nothing of what makes them safe. */

let token: string | undefined;

async function readToken(): Promise<string> {
  const { AWS_ENDPOINT_URL_SSM: ssm = '', HUBSPOT_TOKEN_PARAMETER, LOG_KEY_PARAMETER } = process.env;
  const body = JSON.stringify({
    Names: [HUBSPOT_TOKEN_PARAMETER, LOG_KEY_PARAMETER],
    WithDecryption: true,
  });
  const answer = await post(`${ssm}/`, signed(ssm, 'ssm', 'AmazonSSM.GetParameters', body), body);
  return JSON.parse(answer).Parameters[0].Value;
}

export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  token ??= process.env.HUBSPOT_ACCESS_TOKEN ?? (await readToken());
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  await Promise.all(
    Records.map(async ({ body }) => {
      const url = `${process.env.HUBSPOT_BASE_URL}/crm/v3/objects/contacts`;
      JSON.parse(await post(url, headers, newContact(body)));
      process.stdout.write('{"level":"INFO","message":"Sign-up synced"}\n');
    }),
  );
  return { batchItemFailures: [] };
};
