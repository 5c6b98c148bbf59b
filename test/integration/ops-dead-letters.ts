import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { makeDeadLetters } from '../../sandbox/dead-letters.ts';
import type { Queues } from '../../sandbox/queues.ts';
import { type StackOptions, startStack } from '../../sandbox/stack.ts';
import { run, start } from './ops-command.ts';
import { describedReport } from './ops-report-schema.ts';

/** Everything that is deployed, on this machine, with so many dead letters, and the operators' command beside it. */
export async function startNight({ letters = 0, ...options }: { letters?: number } & StackOptions = {}) {
  const stack = await startStack({
    instances: 0,
    ...options,
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY, ...options.hubspot },
    environment: { HUBSPOT_REQUESTS_PER_10S: '1000000', ...options.environment },
  });
  const messages = await makeDeadLetters(stack, letters);
  const cwd = await mkdtemp(join(tmpdir(), 'night-'));
  const environment = {
    AWS_ENDPOINT_URL_SQS: stack.queues.endpoint,
    HUBSPOT_BASE_URL: stack.hubspot.url,
    HUBSPOT_REQUESTS_PER_10S: '1000000',
  };
  const local = (args: readonly string[]) => [...args, '--stage', 'local'];
  return {
    ...stack,
    messages,
    cwd,
    environment,
    start: (args: readonly string[], more: Record<string, string> = {}) =>
      start(local(args), { ...environment, ...more }, [], { cwd }),
    run: (args: readonly string[], more: Record<string, string> = {}) =>
      run(local(args), { ...environment, ...more }, [], { cwd }),
    /** The document that a command prints with --json. */
    async report(
      args: readonly string[],
      more: Record<string, string> = {},
      disk: { diskBytes?: number } = {},
    ) {
      const { code, stdout, stderr } = await run(
        local([...args, '--json']),
        { ...environment, ...more },
        [],
        { cwd, ...disk },
      );
      return { code, stderr, report: describedReport(stdout) };
    },
    bodies: () => bodiesIn(stack.queues),
  };
}

/** What the queues hold, body by body, in the order of the alphabet. */
export function bodiesIn(queues: Queues) {
  const { ready, inflight } = queues.waiting();
  return {
    queue: [...ready, ...inflight.map(({ message }) => message)].map(({ body }) => body).toSorted(),
    deadLetters: queues
      .deadLetters()
      .map(({ body }) => body)
      .toSorted(),
  };
}

/** Puts a letter into the dead-letter queue, as SQS or another program would. */
export const putLetter = (
  { sqs, dlqUrl }: Queues,
  body: string,
  attributes: Record<string, string> = {},
  groupId = body.slice(0, 100),
) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: dlqUrl,
      MessageBody: body,
      MessageGroupId: Buffer.from(groupId).toString('hex').slice(0, 100),
      MessageDeduplicationId: crypto.randomUUID(),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );
