import { followSteppedClock, stepClock } from './stepped-clock.ts';

/*
 * Lambda's side inside the child process of lambda.ts: imports a built bundle, then answers one invocation after
 * another over the channel to its parent.
 */
const [, , bundle = '', functionName = ''] = process.argv;

process.once('disconnect', () => process.exit());
// Ctrl-C reaches every process of a terminal: the parent decides when this one ends.
process.on('SIGINT', () => {});

// Before the bundle is there: it may keep what it finds.
followSteppedClock();

const { handler } = await import(bundle);

type Message =
  | { stepClockMs: number }
  | { event: unknown; requestId: string; timeoutMs: number; stepClockMs?: never };

process.on('message', async (message: Message) => {
  if (message.stepClockMs !== undefined) {
    stepClock(message.stepClockMs);
    return;
  }
  const { event, requestId, timeoutMs } = message;
  const deadline = performance.now() + timeoutMs;
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '256',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'sandbox',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.round(deadline - performance.now()),
  };
  try {
    process.send?.({ result: await handler(event, context) });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
});

process.send?.({ ready: true });
