import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { StackEvent, StackResourceSummary } from '@aws-sdk/client-cloudformation';
import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import * as z from 'zod/mini';

const ACCOUNT = '000000000000';
const BUCKET = 'artefacts';
export const STACK = 'wme-hubspot-sync-prod';
const STACK_ID = `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/${STACK}/1`;

export const alarmArn = (logicalId: string) =>
  `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:${STACK}-${logicalId}-1ABC`;

type Node = string | number | undefined | Node[] | { [name: string]: Node };

function xml(node: Node): string {
  if (Array.isArray(node)) return node.map((item) => `<member>${xml(item)}</member>`).join('');
  if (typeof node !== 'object')
    return String(node ?? '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;');
  return Object.entries(node)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${xml(value)}</${name}>`))
    .join('');
}

const alarmsInput = z.object({ AlarmNames: z.array(z.string()) });

/** CloudFormation, S3, Lambda, CloudWatch and STS, as far as a deployment calls them, with a stack that there is. */
export async function startDeployAws() {
  const world = {
    /** The operations that were called, in order. */
    calls: [] as string[],
    /** What each change set was made of. */
    changeSets: [] as URLSearchParams[],
    /** The alarms that the stack has, with their states. */
    alarms: {} as Record<string, NonNullable<MetricAlarm['StateValue']>>,
    stackExists: true,
    /** How the update ends; `watch` keeps it waiting until both functions have been called. */
    ending: 'UPDATE_COMPLETE' as 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE',
    watch: false,
    /** What was called on Lambda: the name, and the event. */
    invocations: [] as { name: string; event: unknown }[],
    functionError: undefined as string | undefined,
    /** An operation that is refused. */
    refused: undefined as string | undefined,
    objects: new Map<string, Buffer>(),
  };
  let action: 'CREATE' | 'UPDATE' = 'UPDATE';

  const events = (): StackEvent[] => {
    const event = (ResourceStatus: StackEvent['ResourceStatus'], reason?: string): StackEvent => ({
      StackId: STACK_ID,
      EventId: `${world.changeSets.length}-${ResourceStatus}`,
      StackName: STACK,
      LogicalResourceId: STACK,
      ResourceType: 'AWS::CloudFormation::Stack',
      ResourceStatus,
      ResourceStatusReason: reason,
      Timestamp: new Date(),
    });
    const begun = [event(`${action}_IN_PROGRESS`)];
    const called = new Set(world.invocations.map(({ name }) => name));
    if (world.watch && called.size < 2) return begun;
    if (action === 'CREATE') return [event('CREATE_COMPLETE'), ...begun];
    if (world.ending === 'UPDATE_COMPLETE') return [event('UPDATE_COMPLETE'), ...begun];
    const why = 'The following CloudWatch alarms went to ALARM';
    return [event('UPDATE_ROLLBACK_COMPLETE'), event('UPDATE_ROLLBACK_IN_PROGRESS', why), ...begun];
  };

  const resources = (): StackResourceSummary[] =>
    Object.keys(world.alarms).map((LogicalResourceId) => ({
      LogicalResourceId,
      PhysicalResourceId: `${STACK}-${LogicalResourceId}-1ABC`,
      ResourceType: 'AWS::CloudWatch::Alarm',
      ResourceStatus: 'CREATE_COMPLETE',
      LastUpdatedTimestamp: new Date(),
    }));

  const plain = (value: object): Node => JSON.parse(JSON.stringify(value));

  function query(form: URLSearchParams): Node | undefined {
    switch (form.get('Action')) {
      case 'AssumeRoleWithWebIdentity':
        if (form.get('WebIdentityToken') !== 'of-gitlab') return undefined;
        return {
          Credentials: {
            AccessKeyId: 'test',
            SecretAccessKey: 'test',
            SessionToken: 'test',
            Expiration: new Date(Date.now() + 7 * 24 * 3_600_000).toISOString(),
          },
        };
      case 'GetCallerIdentity':
        return { Account: ACCOUNT, Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`, UserId: 'ci' };
      case 'DescribeStacks':
        if (!world.stackExists) return undefined;
        return {
          Stacks: [{ StackId: STACK_ID, StackName: STACK, StackStatus: 'UPDATE_COMPLETE', Outputs: [] }],
        };
      case 'ListStackResources':
        if (!world.stackExists) return undefined;
        return { StackResourceSummaries: plain(resources()) };
      case 'DescribeStackResource':
        return { StackResourceDetail: { PhysicalResourceId: BUCKET, LogicalResourceId: 'bucket' } };
      case 'CreateChangeSet':
        world.changeSets.push(form);
        action = form.get('ChangeSetType') === 'CREATE' ? 'CREATE' : 'UPDATE';
        return { Id: 'change-set', StackId: STACK_ID };
      case 'DescribeChangeSet':
        return {
          Status: 'CREATE_COMPLETE',
          StackId: STACK_ID,
          Changes: [{ Type: 'Resource', ResourceChange: { Action: 'Modify', LogicalResourceId: 'x' } }],
        };
      case 'ExecuteChangeSet':
        world.stackExists = true;
        return {};
      case 'DescribeStackEvents':
        return { StackEvents: plain(events()) };
      default:
        return {}; // their answers are not read
    }
  }

  function s3(request: IncomingMessage, body: Buffer, response: ServerResponse): unknown {
    const { pathname, searchParams } = new URL(String(request.url), 'http://s3');
    const key = decodeURIComponent(pathname.slice(`/${BUCKET}/`.length));
    world.calls.push(`S3 ${request.method}`);
    if (request.method === 'PUT') {
      world.objects.set(key, body);
      return response.setHeader('etag', '"1"').end();
    }
    if (searchParams.has('list-type')) {
      const found = [...world.objects.keys()]
        .filter((name) => name.startsWith(searchParams.get('prefix') ?? ''))
        .map(
          (Key) =>
            `<Contents>${xml({ Key, LastModified: '2026-01-01T00:00:00.000Z', ETag: '"1"', Size: 1 })}</Contents>`,
        );
      return response
        .setHeader('content-type', 'application/xml')
        .end(`<ListBucketResult><IsTruncated>false</IsTruncated>${found.join('')}</ListBucketResult>`);
    }
    const object = world.objects.get(key);
    if (key !== '' && object === undefined) return response.writeHead(404).end();
    return response.setHeader('x-amz-bucket-region', 'us-east-1').end(object);
  }

  function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): unknown {
    const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(String(request.url));
    if (invoked !== null) {
      world.invocations.push({ name: String(invoked[1]), event: JSON.parse(String(body)) });
      if (world.functionError !== undefined) response.setHeader('x-amz-function-error', world.functionError);
      return response.end('{}');
    }
    const form = new URLSearchParams(String(body));
    const operation =
      form.get('Action') ??
      String(request.headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1) ??
      '';
    if (operation === '' || request.method !== 'POST') return s3(request, body, response);
    world.calls.push(operation);
    const xmlError = (code: string, message: string) =>
      response
        .writeHead(400, { 'content-type': 'text/xml' })
        .end(
          `<ErrorResponse><Error>${xml({ Type: 'Sender', Code: code, Message: message })}</Error></ErrorResponse>`,
        );
    if (operation === world.refused) {
      if (operation !== 'DescribeAlarms') return xmlError('AccessDenied', 'User may not');
      return response.writeHead(400).end(JSON.stringify({ __type: 'AccessDenied', message: 'User may not' }));
    }
    if (operation === 'DescribeAlarms') {
      const { AlarmNames } = alarmsInput.parse(JSON.parse(String(body)));
      const MetricAlarms = Object.entries(world.alarms)
        .map(([logicalId, StateValue]) => ({
          AlarmName: `${STACK}-${logicalId}-1ABC`,
          AlarmArn: alarmArn(logicalId),
          StateValue,
        }))
        .filter(({ AlarmName }) => AlarmNames.includes(AlarmName));
      return response
        .setHeader('content-type', 'application/x-amz-json-1.0')
        .end(JSON.stringify({ MetricAlarms }));
    }
    const result = query(form);
    if (result === undefined) return xmlError('ValidationError', `Stack with id ${STACK} does not exist`);
    return response
      .setHeader('content-type', 'text/xml')
      .end(
        `<${operation}Response><${operation}Result>${xml(result)}</${operation}Result></${operation}Response>`,
      );
  }

  const server = createServer(async (request, response) => {
    answer(request, await buffer(request), response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    world,
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      SLS_AWS_MONITORING_FREQUENCY: '20',
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
