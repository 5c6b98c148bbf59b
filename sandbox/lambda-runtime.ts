/*
 * Lambda's side inside the child process of lambda.ts: imports a built bundle, then answers one invocation after
 * another over the channel to its parent.
 */
const [, , bundle = '', functionName = ''] = process.argv;

process.once('disconnect', () => process.exit());

const { handler } = await import(bundle);

process.on(
  'message',
  async ({ event, requestId, deadline }: { event: unknown; requestId: string; deadline: number }) => {
    const context = {
      awsRequestId: requestId,
      functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
      memoryLimitInMB: '256',
      logGroupName: `/aws/lambda/${functionName}`,
      logStreamName: 'sandbox',
      callbackWaitsForEmptyEventLoop: false,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    };
    try {
      process.send?.({ result: await handler(event, context) });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
  },
);

process.send?.({ ready: true });

export {};
