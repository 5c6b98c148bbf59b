import { makeDeadLetters } from './dead-letters.ts';
import { devOptions } from './dev-options.ts';
import { DEV_LOG_KEY, type Stack, startStack } from './stack.ts';
import { createChronicle } from './window/chronicle.ts';
import { readableLine } from './window/lines.ts';
import { openWindow } from './window/server.ts';

/*
 * npm run dev: everything that is deployed, on this machine, until Ctrl-C, with a window on it.
 */

function options() {
  try {
    return devOptions();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

const { deadLetters, json, ports } = options();

/** Ends at the first Ctrl-C in order, at the second at once. */
const ended = Promise.withResolvers<void>();
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (isEnding) process.exit(1);
    isEnding = true;
    ended.resolve();
  });
}

let started: Stack | undefined;
const running = (): Stack => {
  if (started === undefined) throw new Error('The stack is not up yet');
  return started;
};
const chronicle = createChronicle({
  hubspot: () => running().hubspot,
  hiddenMs: (receiptHandle) => running().queues.hiddenMs(receiptHandle),
});

const portIsTaken = (error: unknown): never => {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (!taken) throw error;
  const { window, hubspot, sqs } = ports;
  console.error(
    `Port ${window}, ${hubspot} or ${sqs} is in use: is another "npm run dev" running? --window-port and the others change them.`,
  );
  process.exit(1);
};

const stack = await startStack({
  hubspot: { port: ports.hubspot },
  queues: { port: ports.sqs },
  logKey: DEV_LOG_KEY,
  watch: chronicle.watch,
  onLog(line) {
    if (json && !isEnding) console.log(line);
    chronicle.log(line);
  },
  onFailure(error) {
    if (!isEnding) console.error(error instanceof Error ? error.message : error);
  },
}).catch(portIsTaken);
started = stack;

await makeDeadLetters(stack, deadLetters);
const window = await openWindow({ stack, chronicle, port: ports.window }).catch(portIsTaken);

const note = `
Watch it, and do everything to it:   ${window.url}

Sign somebody up (Cognito's trigger, then the queue, then HubSpot):

  npm run sign-up -- ada@example.org AdaL

How things stand, whether all is as it should be, one person's story, and dead letters:

  npx wme-hubspot-sync status --stage local
  npx wme-hubspot-sync doctor --stage local
  npx wme-hubspot-sync trace --stage local --email ada@example.org
  npx wme-hubspot-sync dlq list --stage local

Hand one event to a function, without the queue:

  npx serverless invoke local -f syncContact --stage local -p test/events/new-user.json

HubSpot                       ${stack.hubspot.url}   (its control API: docs/sandbox.md)
SQS                           ${stack.queues.endpoint}
Queue                         ${stack.queues.queueUrl}
Dead-letter queue             ${stack.queues.dlqUrl}

Ctrl-C ends it.
`;
// With --json, standard output is for the log lines alone.
(json ? console.error : console.log)(note);
if (!json) {
  chronicle.subscribe((row, entry) => {
    // A call is told of when it is answered.
    if (entry === undefined || entry.status === 'under way' || isEnding) return;
    console.log(readableLine(row, entry));
  });
}

await ended.promise;
await window.close();
await stack.stop();
if (!json) console.log('\nEnded. Nothing is kept.');
process.exit(0);
