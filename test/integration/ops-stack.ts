import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { DescribeStacksCommandInput, DescribeStacksCommandOutput } from '@aws-sdk/client-cloudformation';
import type {
  GetQueryResultsCommandOutput,
  StartQueryCommandInput,
  StartQueryCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod/mini';

/** The outputs of a stage's stack, as infrastructure/ names them. */
export const outputsOf = (sqs: string, stage = 'prod'): Record<string, string> => ({
  Region: 'eu-west-1',
  QueueUrl: `${sqs}/000000000000/verified-users.fifo`,
  DeadLetterQueueUrl: `${sqs}/000000000000/verified-users-dlq.fifo`,
  SyncContactFunctionName: `wme-hubspot-sync-${stage}-syncContact`,
  SyncContactLogGroupName: `/aws/lambda/wme-hubspot-sync-${stage}-syncContact`,
  PublishVerificationFunctionName: `wme-hubspot-sync-${stage}-publishVerification`,
  PublishVerificationLogGroupName: `/aws/lambda/wme-hubspot-sync-${stage}-publishVerification`,
  HubSpotTokenParameter: `/wme-hubspot-sync/${stage}/hubspot-access-token`,
  LogKeyParameter: `/wme-hubspot-sync/${stage}/log-key`,
  HubSpotApiVersion: 'v3',
  HubSpotRequestsPer10s: '190 requests',
});

/** What a stage has besides that names a user pool. */
export const poolOutputsOf = (
  UserPoolId: string,
  TriggerFunctionArn: string,
  stage = 'prod',
): Record<string, string> => ({
  UserPoolId,
  TriggerFunctionArn,
  ReconcileFunctionName: `wme-hubspot-sync-${stage}-reconcile`,
  ReconcileLogGroupName: `/aws/lambda/wme-hubspot-sync-${stage}-reconcile`,
});

const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** CloudFormation's answer over the wire: the Query protocol, in XML. */
function xmlOf({ Stacks = [] }: Pick<DescribeStacksCommandOutput, 'Stacks'>): string {
  const stacks = Stacks.map(({ StackName = '', Outputs = [] }) => {
    const outputs = Outputs.map(
      ({ OutputKey = '', OutputValue = '' }) =>
        `<member><OutputKey>${escaped(OutputKey)}</OutputKey><OutputValue>${escaped(OutputValue)}</OutputValue></member>`,
    );
    return `<member><StackName>${StackName}</StackName><Outputs>${outputs.join('\n')}</Outputs></member>`;
  });
  return `<?xml version="1.0"?>\n<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>${stacks.join('')}</Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

const errorXml = (code: string, message: string): string =>
  `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;

const startQuery = z.strictObject({
  logGroupName: z.optional(z.string()),
  logGroupNames: z.optional(z.array(z.string())),
  startTime: z.int(),
  endTime: z.int(),
  queryString: z.string(),
});

/** CloudFormation, STS and CloudWatch Logs, as far as they are asked which stack it is, and who asks. */
export async function startStackApi() {
  const world = {
    stacks: new Map<string, Record<string, string>>(),
    /** The names of the stacks that were asked for. */
    asked: [] as DescribeStacksCommandInput['StackName'][],
    regions: [] as string[],
    /** What Logs Insights was asked, and the lines that it finds; a code where it refuses. */
    queries: [] as StartQueryCommandInput[],
    logLines: [] as string[],
    logsRefusal: undefined as string | undefined,
    refusal: undefined as { status: number; code: string } | undefined,
  };
  let polls = 0;
  function logsAnswer(operation: string, body: string): object {
    if (world.logsRefusal !== undefined) return { __type: world.logsRefusal, message: 'may not' };
    if (operation === 'StartQuery') {
      world.queries.push(startQuery.parse(JSON.parse(body)));
      return { queryId: 'query-1' } satisfies Partial<StartQueryCommandOutput>;
    }
    polls += 1;
    const results = world.logLines.map((value) => [{ field: '@message', value }]);
    // Insights needs a moment.
    const status = polls % 2 === 1 ? 'Running' : 'Complete';
    return { status, results } satisfies Partial<GetQueryResultsCommandOutput>;
  }

  const server = createServer(async (request, response) => {
    const body = await text(request);
    const [, operation] = /^Logs_20140328\.(\w+)$/.exec(String(request.headers['x-amz-target'])) ?? [];
    if (operation !== undefined) {
      const said = logsAnswer(operation, body);
      const status = '__type' in said ? 400 : 200;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(said));
      return;
    }
    const form = new URLSearchParams(body);
    const answer = (status: number, body: string) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    const [, region = ''] = /Credential=\w+\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? '') ?? [];
    world.regions.push(region);
    if (form.get('Action') === 'GetCallerIdentity' && form.get('Version') === '2011-06-15') {
      const arn = 'arn:aws:sts::000000000000:assumed-role/on-call/night';
      return answer(
        200,
        `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      );
    }
    if (form.get('Action') !== 'DescribeStacks' || form.get('Version') !== '2010-05-15') {
      return answer(400, errorXml('InvalidAction', 'No such action'));
    }
    const StackName = form.get('StackName') ?? '';
    world.asked.push(StackName);
    if (world.refusal !== undefined) {
      return answer(world.refusal.status, errorXml(world.refusal.code, 'User: night@example.org may not'));
    }
    const outputs = world.stacks.get(StackName);
    if (outputs === undefined) {
      return answer(400, errorXml('ValidationError', `Stack with id ${StackName} does not exist`));
    }
    const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
    const stack = { StackName, Outputs, CreationTime: new Date(), StackStatus: 'UPDATE_COMPLETE' } as const;
    return answer(200, xmlOf({ Stacks: [stack] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  return {
    world,
    environment: {
      AWS_ENDPOINT_URL_CLOUDFORMATION: address,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: address,
      AWS_ENDPOINT_URL_STS: address,
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
