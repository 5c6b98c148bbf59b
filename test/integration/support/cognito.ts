import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type {
  DescribeUserPoolCommandInput,
  DescribeUserPoolCommandOutput,
  ListUsersCommandInput,
  ListUsersCommandOutput,
  UserType,
} from '@aws-sdk/client-cognito-identity-provider';
import * as z from 'zod';

export const POOL_ID = 'us-east-1_Ab12Cd34E';
export const PUBLISHER = 'arn:aws:lambda:us-east-1:000000000000:function:publisher';

/** As Cognito's API reference has them, and nothing besides. */
const listUsers = z.strictObject({
  UserPoolId: z.string(),
  Limit: z.optional(z.int().min(0).max(60)),
  PaginationToken: z.optional(z.string().min(1)),
  AttributesToGet: z.optional(z.array(z.string())),
  Filter: z.optional(z.string()),
}) satisfies z.ZodType<ListUsersCommandInput>;
const describeUserPool = z.strictObject({
  UserPoolId: z.string(),
}) satisfies z.ZodType<DescribeUserPoolCommandInput>;

/** What goes over the wire: times in seconds since 1970. */
const onTheWire = (value: unknown): unknown =>
  value instanceof Date
    ? value.getTime() / 1_000
    : Array.isArray(value)
      ? value.map(onTheWire)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, onTheWire(each)]))
        : value;

/** Somebody whose code was right. */
export const poolUser = (
  { email, username }: { email: string; username: string },
  { createdAt = new Date(), ...changed }: { createdAt?: Date } & Partial<UserType> = {},
): UserType => ({
  Username: crypto.randomUUID(),
  Enabled: true,
  UserStatus: 'CONFIRMED',
  UserCreateDate: createdAt,
  UserLastModifiedDate: createdAt,
  Attributes: [
    { Name: 'sub', Value: crypto.randomUUID() },
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
    { Name: 'custom:username', Value: username },
  ],
  ...changed,
});

/** A user pool over Cognito's wire protocol (AWS JSON 1.1), as far as it is read. */
export async function startCognito() {
  const world = {
    users: [] as UserType[],
    pageSize: 60,
    postConfirmation: PUBLISHER as string | undefined,
    /** An answer to ListUsers that says nothing at all. */
    listsNobody: false,
    /** The names of all calls, in their order. */
    calls: [] as string[],
    unsigned: 0,
    /** Asked for every call, with how many have come, from 1: an error's code, or nothing. */
    refusal: (_call: string, _count: number): { status: number; code: string } | undefined => undefined,
    /** Changed: tokens from before are not known any more. */
    epoch: 1,
    /** Waited for before each answer. */
    hold: (_call: string): Promise<unknown> | undefined => undefined,
  };

  /** `email = "ada@example.org"`, the one kind that is asked; a backslash keeps what follows as it is. */
  function filtered(Filter: string | undefined): UserType[] | string {
    if (Filter === undefined) return world.users;
    const [, quoted] = /^email = "((?:[^"\\]|\\.)*)"$/.exec(Filter) ?? [];
    if (quoted === undefined) return 'Error while parsing filter.';
    const email = quoted.replaceAll(/\\(.)/g, '$1');
    return world.users.filter(({ Attributes = [] }) =>
      Attributes.some(({ Name, Value }) => Name === 'email' && Value === email),
    );
  }

  function list(input: ListUsersCommandInput): Omit<ListUsersCommandOutput, '$metadata'> | string {
    const { Limit = 60, PaginationToken, AttributesToGet = [], Filter } = input;
    const users = filtered(Filter);
    if (typeof users === 'string') return users;
    const told = ({ Attributes = [], ...user }: UserType): UserType => ({
      ...user,
      Attributes: Attributes.filter(
        ({ Name = '' }) => AttributesToGet.length === 0 || AttributesToGet.includes(Name),
      ),
    });
    const lacks = (name: string) =>
      users.some(({ Attributes = [] }) => !Attributes.some(({ Name }) => Name === name));
    // "Amazon Cognito returns an error if not all users in the results have set a value for the attribute".
    if (AttributesToGet.some(lacks)) return 'One or more requested attributes do not exist.';
    const [epoch, from] =
      PaginationToken === undefined
        ? [world.epoch, 0]
        : Buffer.from(PaginationToken, 'base64').toString().split('.').map(Number);
    if (epoch !== world.epoch || from === undefined) return `Paging marker ${PaginationToken} is invalid`;
    const to = from + Math.min(Limit, world.pageSize);
    return {
      Users: users.slice(from, to).map(told),
      ...(to < users.length && {
        PaginationToken: Buffer.from(`${world.epoch}.${to}`).toString('base64'),
      }),
    };
  }

  function answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }
  const refuse = (response: ServerResponse, status: number, code: string, message: string) =>
    answer(response, status, { __type: code, message });

  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse(await text(request));
    const [, call = ''] = String(request.headers['x-amz-target']).split('.');
    if (!/Credential=\w+\/\d+\/us-east-1\/cognito-idp\//.test(request.headers.authorization ?? '')) {
      world.unsigned += 1;
    }
    world.calls.push(call);
    await world.hold(call);
    const refusal = world.refusal(call, world.calls.length);
    // Cognito's messages may name who asks, and what was asked for.
    if (refusal !== undefined)
      return refuse(response, refusal.status, refusal.code, 'User: night@example.org may not');
    const schema = { ListUsers: listUsers, DescribeUserPool: describeUserPool }[call];
    if (schema === undefined) return refuse(response, 400, 'UnknownOperationException', '');
    const input = schema.safeParse(body);
    if (!input.success) return refuse(response, 400, 'SerializationException', '');
    if (input.data.UserPoolId !== POOL_ID) {
      return refuse(response, 400, 'ResourceNotFoundException', 'User pool does not exist.');
    }
    if (call === 'DescribeUserPool') {
      return answer(response, 200, {
        UserPool: {
          Id: POOL_ID,
          EstimatedNumberOfUsers: world.users.length,
          LambdaConfig:
            world.postConfirmation === undefined ? {} : { PostConfirmation: world.postConfirmation },
        },
      } satisfies Omit<DescribeUserPoolCommandOutput, '$metadata'>);
    }
    if (world.listsNobody) return answer(response, 200, {});
    const listed = list(input.data);
    if (typeof listed === 'string') return refuse(response, 400, 'InvalidParameterException', listed);
    return answer(response, 200, onTheWire(listed));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    world,
    environment: { AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: `http://127.0.0.1:${port}` },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
