import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import * as z from 'zod/mini';

const bin = new URL('../../ops/bin.mjs', import.meta.url).pathname;

/** Of a backfill that nothing is to slow down: HubSpot does not take part in these tests. */
export const AT_FULL_SPEED = ['--rate', '100000'];

/** How a command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the operators' command in a process of its own, without any setting of the person who runs the tests. */
export function start(
  args: readonly string[],
  environment: Record<string, string>,
  node: readonly string[] = [],
  { cwd, stdin = 'ignore', diskBytes }: { cwd?: string; stdin?: 'ignore' | 'pipe'; diskBytes?: number } = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  // No file grows beyond so much: what a full disk does, to this process alone. `ulimit -f` counts in 512 bytes (POSIX).
  const limited = ['-c', `ulimit -f ${Math.ceil((diskBytes ?? 0) / 512)}; exec "$0" "$@"`, process.execPath];
  const [program, before] = diskBytes === undefined ? [process.execPath, []] : ['sh', limited];
  const child = spawn(program, [...before, ...node, bin, ...args], {
    cwd,
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...environment,
    },
    stdio: [stdin, 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return { child, ended: once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr })) };
}

export const run = (...args: Parameters<typeof start>): Promise<Ended> => start(...args).ended;

const request = z.object({
  Entries: z.array(
    z.object({
      Id: z.string(),
      MessageBody: z.string(),
      MessageGroupId: z.string(),
      MessageDeduplicationId: z.string(),
      MessageAttributes: z.optional(z.unknown()),
    }),
  ),
});

/** One entry of a SendMessageBatch. */
export type SentEntry = z.infer<typeof request>['Entries'][number];

/** Why the stub does not take an entry. */
export interface Refusal {
  code: string;
  senderFault: boolean;
}

/** How a whole call fails. */
export interface CallFailure {
  status: number;
  code: string;
}

/**
 * An SQS that takes SendMessageBatch and can be told to refuse entries or calls: what fauxqs, like SQS itself, does not
 * do on request.
 *
 * @param refuse is asked for every entry, with the number of times that its message has come, from 1
 * @param fail is asked for every call, with the number of calls so far, from 1
 */
export async function startStubSqs(
  refuse: (entry: SentEntry, delivery: number) => Refusal | undefined = () => undefined,
  fail: (call: number) => CallFailure | undefined = () => undefined,
) {
  const batches: SentEntry[][] = [];
  const taken: SentEntry[] = [];
  const deliveries = new Map<string, number>();
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => {
      const { Entries } = request.parse(JSON.parse(body));
      batches.push(Entries);
      const failure = fail(batches.length);
      if (failure !== undefined) {
        response.writeHead(failure.status, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${failure.code}`, message: body }));
        return;
      }
      const answer = { Successful: [] as object[], Failed: [] as object[] };
      for (const entry of Entries) {
        const delivery = (deliveries.get(entry.MessageBody) ?? 0) + 1;
        deliveries.set(entry.MessageBody, delivery);
        const refusal = refuse(entry, delivery);
        if (refusal === undefined) {
          taken.push(entry);
          const MD5OfMessageBody = createHash('md5').update(entry.MessageBody).digest('hex');
          answer.Successful.push({ Id: entry.Id, MessageId: `message-${entry.Id}`, MD5OfMessageBody });
        } else {
          const { code, senderFault } = refusal;
          answer.Failed.push({
            Id: entry.Id,
            Code: code,
            SenderFault: senderFault,
            Message: entry.MessageBody,
          });
        }
      }
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  return {
    batches,
    taken,
    environment: { AWS_ENDPOINT_URL_SQS: address, QUEUE_URL: `${address}/000000000000/verified-users.fifo` },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A server that takes connections and never answers. */
export async function startSilence(): Promise<{
  address: string;
  asked: Promise<unknown>;
  stop: () => void;
}> {
  const sockets: Socket[] = [];
  const server = createSocketServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  const asked = once(server, 'connection');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    asked,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/**
 * Passes calls on to an SQS, and their answers back until `answers` of them have come: the others it keeps until it is
 * opened. So a command stays at work, with some batches taken and not confirmed, for as long as a test needs it there.
 */
export async function startGate(upstream: string, answers: number) {
  let left = answers;
  const kept: (() => void)[] = [];
  let isKept = (_target: string) => false;
  const server = createServer(async (incoming, response) => {
    const { 'content-type': type = '', 'x-amz-target': target = '' } = incoming.headers;
    const answer = await fetch(upstream, {
      method: 'POST',
      headers: { 'content-type': type, 'x-amz-target': String(target) },
      body: await text(incoming),
    });
    const body = await answer.text();
    left -= 1;
    if (left < 0 || isKept(String(target))) await new Promise<void>((resolve) => kept.push(resolve));
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    /** How many answers are waiting. */
    kept: () => kept.length,
    /** Keeps the answers to these calls, too. */
    closeWhen(isMeant: (target: string) => boolean): void {
      isKept = isMeant;
    },
    open: () => {
      left = Number.POSITIVE_INFINITY;
      for (const release of kept.splice(0)) release();
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Waits for what another process does. The test's own limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Makes a named pipe: opened, it waits for its other end. */
export const makePipe = (path: string): unknown => execFileSync('sh', ['-c', 'mkfifo "$0"', path]);

/** A CSV file of `count` people, the first of them in line 2. */
export const csvOf = (count: number): string =>
  ['email,username,verifiedAt', ...Array.from({ length: count }, (_, i) => personRow(i))].join('\n');

const personRow = (i: number): string =>
  `person.${i}@example.org,"user ${i}, the ""${i}th""",2026-11-23T18:00:00Z`;
