import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { Client } from '@hubspot/api-client';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

/* The usual way: the SDKs' own clients by their main entries. Nothing else that sync-contact does is in it. */

const ssm = new SSMClient({});
let client: Client | undefined;

async function hubspot(): Promise<Client> {
  if (client !== undefined) return client;
  const { HUBSPOT_TOKEN_PARAMETER: token = '', LOG_KEY_PARAMETER: logKey = '' } = process.env;
  const { Parameters = [] } = await ssm.send(
    new GetParametersCommand({ Names: [token, logKey], WithDecryption: true }),
  );
  const accessToken = Parameters.find(({ Name }) => Name === token)?.Value ?? '';
  client = new Client({ accessToken, basePath: process.env.HUBSPOT_BASE_URL ?? '' });
  return client;
}

export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const { crm } = await hubspot();
  await Promise.all(
    Records.map(async ({ body, messageId }) => {
      const { email, username } = JSON.parse(body);
      const { id } = await crm.contacts.basicApi.create({ properties: { email, username } });
      process.stdout.write(`${JSON.stringify({ messageId, id })}\n`);
    }),
  );
  return { batchItemFailures: [] };
};
