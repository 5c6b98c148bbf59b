import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { makeDeadLetters } from './dead-letters.ts';
import { DEV_LOG_KEY, DEV_PORTS, startStack } from './stack.ts';

/*
 * npm run dev: everything that is deployed, on this machine, until Ctrl-C. With --dead-letters 40, there are so many to
 * practise on.
 */

function readArguments(): number {
  const { values } = parseArgs({ options: { 'dead-letters': { type: 'string', default: '0' } } });
  const count = Number(values['dead-letters']);
  if (!Number.isInteger(count) || count < 0) throw new Error('--dead-letters is a whole number.');
  return count;
}

let deadLetters = 0;
try {
  deadLetters = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\nnpm run dev -- [--dead-letters 40]`);
  process.exit(2);
}

const stack = await startStack({
  hubspot: { port: DEV_PORTS.hubspot },
  queues: { port: DEV_PORTS.sqs },
  logKey: DEV_LOG_KEY,
  onLog: (line) => console.log(line),
  onFailure: (error) => console.error(error),
}).catch((error: unknown) => {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (!taken) throw error;
  console.error(`Port ${DEV_PORTS.hubspot} or ${DEV_PORTS.sqs} is in use: is another "npm run dev" running?`);
  process.exit(1);
});

await makeDeadLetters(stack, deadLetters);

console.log(`
HubSpot, as support sees it   ${stack.hubspot.url}
SQS endpoint                  ${stack.queues.endpoint}
Queue                         ${stack.queues.queueUrl}
Dead-letter queue             ${stack.queues.dlqUrl}

Sign somebody up (Cognito's trigger, then the queue, then HubSpot):

  npx serverless invoke local -f publishVerification --stage local -p test/events/sign-up-confirmed.json

Hand one message to the function, without the queue:

  npx serverless invoke local -f syncContact --stage local -p test/events/new-user.json

See dead letters (npm run dev -- --dead-letters 40 makes some to practise on):

  npx wme-hubspot-sync dlq list --stage local

How things stand, whether all is as it should be, and one person's story:

  npx wme-hubspot-sync status --stage local
  npx wme-hubspot-sync doctor --stage local
  npx wme-hubspot-sync trace --stage local --email ada@example.org

Ctrl-C ends it.
`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await stack.stop();
