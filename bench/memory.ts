import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import * as z from 'zod/mini';
import { startLambda } from '../sandbox/lambda.ts';
import { signUpConfirmed } from '../sandbox/sign-up.ts';
import { startStack } from '../sandbox/stack.ts';
import { atMost, type Bound } from './bound.ts';
import { people } from './fill.ts';
import { firstInvocationsBySize } from './first-invocation.ts';
import { say } from './say.ts';

const BENCH = 'memory';
/** SQS takes no larger message into the queue (MaximumMessageSize). */
const MESSAGE_MAX_BYTES = 262_144;
const NOTES = 5_000;
/** HubSpot hands over as many at once. */
const NOTES_PER_READ = 100;
const POOL_PEOPLE = 100_000;
/** Of them, those whom the comparison looks at. */
const RECENT_PEOPLE = 150;
const HOUR_MS = 3_600_000;
/** Half of the functions' memory: the rest is Lambda's, and room. */
const MOST_MB = 256;
const SIZES_MB = [128, 256, 512, 1_024, 1_769];

/** Tells again and again how much memory the process has had at most, in KB. */
const tellMemory = `data:text/javascript,${encodeURIComponent(
  "setInterval(() => console.log('KB ' + process.resourceUsage().maxRSS), 20).unref()",
)}`;

type Stack = Awaited<ReturnType<typeof startStack>>;

/** Invokes a function once, in a fresh process. @returns what it had of memory at most, in MB */
async function peakOf(
  functionName: string,
  event: unknown,
  environment: Record<string, string>,
): Promise<number> {
  let peakKb = 0;
  const lambda = startLambda({
    functionName,
    bundle: new URL(`../dist/${functionName}/index.mjs`, import.meta.url).pathname,
    environment: { ...environment, NODE_OPTIONS: `--import=${tellMemory}` },
    timeoutMs: 900_000,
    onLog(line) {
      peakKb = Math.max(peakKb, Number(/^KB (\d+)$/.exec(line)?.[1] ?? 0));
    },
  });
  try {
    const answer = await lambda.invoke(event);
    if (JSON.stringify(answer)?.includes('itemIdentifier')) throw new Error(`${functionName} failed`);
    // Until it has told once more.
    await sleep(200);
    return peakKb / 1_024;
  } finally {
    await lambda.stop();
  }
}

const record = (body: object, changed: object = {}) => ({
  messageId: crypto.randomUUID(),
  receiptHandle: 'handle',
  body: JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: String(Date.now()),
    MessageGroupId: 'group',
    ...changed,
  },
  messageAttributes: {},
});

/** Ten messages as large as the queue takes them: what is not known in them is ignored. */
function largestMessages() {
  const Records = people(10, 'large').map((person) => {
    const bare = JSON.stringify({ ...person, more: '' }).length;
    return record({ ...person, more: 'x'.repeat(MESSAGE_MAX_BYTES - bare) });
  });
  return { Records };
}

/** Somebody with thousands of notes, whose first delivery died after the update: so all of them are read. */
function manyNotes({ hubspot }: Stack) {
  const [person] = people(1, 'noted');
  const { id } = hubspot.portal.createContact(
    { email: person?.email ?? '', username: 'before' },
    { createdAt: Date.now() - 48 * HOUR_MS },
  );
  hubspot.portal.updateContact(id, { username: person?.username ?? '' }, { by: 'INTEGRATION' });
  for (let note = 0; note < NOTES; note += 1) {
    const hs_timestamp = new Date(Date.now() - note).toISOString();
    hubspot.portal.addNote(id, { hs_note_body: `Called, and talked about number ${note}.`, hs_timestamp });
  }
  const verifiedAt = new Date(Date.now() - HOUR_MS).toISOString();
  return { Records: [record({ ...person, verifiedAt }, { ApproximateReceiveCount: '2' })] };
}

const listUsers = z.object({ Limit: z.optional(z.number()), PaginationToken: z.optional(z.string()) });

/** A user pool that makes up its people page by page. The first ones are recent, and in HubSpot already. */
async function startLargePool({ hubspot }: Stack, poolId: string, trigger: string) {
  const now = Date.now();
  const recent = people(RECENT_PEOPLE, 'pool');
  for (const person of recent) hubspot.portal.createContact({ ...person });
  const userOf = (n: number) => {
    const at = (n < RECENT_PEOPLE ? now - HOUR_MS : now - 400 * 24 * HOUR_MS) / 1_000;
    const name = `pool-${n}`;
    return {
      Username: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      Enabled: true,
      UserStatus: 'CONFIRMED',
      UserCreateDate: at,
      UserLastModifiedDate: at,
      Attributes: [
        { Name: 'sub', Value: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` },
        { Name: 'email', Value: `${name}@example.org` },
        { Name: 'email_verified', Value: 'true' },
        { Name: 'custom:username', Value: name },
      ],
    };
  };
  let listed = 0;
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse(await text(request));
    const answer = (given: object) =>
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(given));
    if (String(request.headers['x-amz-target']).endsWith('.DescribeUserPool')) {
      answer({
        UserPool: {
          Id: poolId,
          EstimatedNumberOfUsers: POOL_PEOPLE,
          LambdaConfig: { PostConfirmation: trigger },
        },
      });
      return;
    }
    const { Limit = 60, PaginationToken = '0' } = listUsers.parse(body);
    const from = Number(PaginationToken);
    const to = Math.min(from + Limit, POOL_PEOPLE);
    listed += to - from;
    answer({
      Users: Array.from({ length: to - from }, (_, index) => userOf(from + index)),
      ...(to < POOL_PEOPLE && { PaginationToken: String(to) }),
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The pool has no port');
  return {
    environment: {
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: `http://127.0.0.1:${address.port}`,
      USER_POOL_ID: poolId,
      TRIGGER_FUNCTION_ARN: trigger,
    },
    /** How many people were told of. */
    listed: () => listed,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The most memory that each function takes, where it has most to hold; and cold starts by the memory that brings them processor. */
export async function measureMemory(runs: number): Promise<Bound[]> {
  const stack = await startStack({
    instances: 0,
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY },
    environment: { HUBSPOT_REQUESTS_PER_10S: '20000' },
  });
  const peaks = new Map<string, number>();
  try {
    const { syncEnvironment } = stack;
    const { DLQ_URL, MAX_RECEIVE_COUNT, MAX_CONCURRENCY, ...shared } = syncEnvironment as Record<
      string,
      string
    >;
    const [lone] = people(1, 'lone');
    peaks.set(
      'publish-verification, one sign-up',
      await peakOf('publish-verification', signUpConfirmed(lone ?? { email: '', username: '' }), shared),
    );
    peaks.set(
      'sync-contact, one message',
      await peakOf('sync-contact', { Records: [record({ ...lone })] }, syncEnvironment),
    );
    peaks.set(
      'sync-contact, ten of the largest messages',
      await peakOf('sync-contact', largestMessages(), syncEnvironment),
    );
    peaks.set(
      `sync-contact, a contact with ${NOTES} notes`,
      await peakOf('sync-contact', manyNotes(stack), syncEnvironment),
    );
    const reads = stack.hubspot.journal.entries().filter(({ path }) => path.endsWith('/notes/batch/read'));
    if (reads.length < NOTES / NOTES_PER_READ)
      throw new Error(`Only ${reads.length} pages of notes were read`);
    const trigger = 'arn:aws:lambda:us-east-1:000000000000:function:publisher';
    const pool = await startLargePool(stack, 'us-east-1_Ab12Cd34E', trigger);
    try {
      peaks.set(
        `reconcile, ${POOL_PEOPLE} people`,
        await peakOf('reconcile', {}, { ...shared, ...pool.environment }),
      );
      if (pool.listed() !== POOL_PEOPLE) throw new Error(`${pool.listed()} people were listed`);
    } finally {
      pool.stop();
    }
  } finally {
    await stack.stop();
  }

  const table = new Table({
    head: ['', 'memory at most, MB'],
    colAligns: ['left', 'right'],
    style: { head: [], border: [] },
  });
  for (const [name, megabytes] of peaks) table.push([name, megabytes.toFixed(0)]);
  say(`${table.toString()}\n`);
  await showSizes(runs);
  const inMb = (value: number): string => `${value.toFixed(0)} MB`;
  return [...peaks].map(([name, megabytes]) => atMost(BENCH, name, megabytes, MOST_MB, inMb));
}

async function showSizes(runs: number): Promise<void> {
  const bySize = await firstInvocationsBySize(SIZES_MB, runs);
  if (bySize === undefined) {
    say('Cold starts by memory size: this machine does not allow control groups to be made.\n');
    return;
  }
  const table = new Table({
    head: ['with the processor of', 'sync, first answer', 'publish, first answer'],
    colAligns: ['right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [sizeMb, { sync, publish }] of bySize)
    table.push([`${sizeMb} MB`, `${sync.toFixed(0)} ms`, `${publish.toFixed(0)} ms`]);
  say('From the start of the process, all of it with that part of a core, over HTTPS:');
  say(`${table.toString()}\n`);
}
