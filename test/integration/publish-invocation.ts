import { spawn } from 'node:child_process';
import { archiveLine, keepOutOfLogs } from './support/log-archive.ts';

keepOutOfLogs('@example.org', 'AdaL');

const bundle = new URL('../../dist/publish-verification/index.mjs', import.meta.url).href;

/** Runs in a process of its own: only there can everything that reaches the log be seen, SDK warnings included. */
const program = `
process.once('message', async ({ events, context }) => {
  const began = performance.now();
  const { handler } = await import(${JSON.stringify(bundle)});
  const returned = [];
  let slowestMs = 0;
  for (const event of events) {
    const start = performance.now();
    returned.push(await handler(event, context));
    slowestMs = Math.max(slowestMs, performance.now() - start);
  }
  process.send({ returned, slowestMs, coldMs: performance.now() - began }, () => process.exit());
});`;

const context = {
  functionName: 'publish-verification',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:publish-verification',
  memoryLimitInMB: '256',
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
};

export interface Invocation {
  returned: unknown[];
  slowestMs: number;
  coldMs: number;
  /** Everything that the process wrote, on both streams. */
  output: string;
  /** How often each metric was counted, by its name. */
  metrics: Record<string, number>;
}

const sum = (output: string, name: string): number =>
  [...output.matchAll(new RegExp(`"${name}":(\\d+)`, 'g'))].reduce((total, [, n]) => total + Number(n), 0);

/** Hands `events` one after another to the built bundle in a fresh process, the first one cold. */
export function invoke(
  events: readonly unknown[],
  environment: Record<string, string>,
  invocationContext: object | undefined = context,
): Promise<Invocation> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  let answer: Pick<Invocation, 'returned' | 'slowestMs' | 'coldMs'> | undefined;
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.on('message', (message: typeof answer) => (answer = message));
  child.send({ events, context: invocationContext });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (answer === undefined)
        return reject(new Error(`The handler threw, or exited with ${code}: ${output}`));
      const metrics = Object.fromEntries(
        ['PublishFailure', 'VerificationPublished', 'TriggerIgnored', 'ConfirmedUnverified'].map((name) => [
          name,
          sum(output, name),
        ]),
      );
      for (const line of output.split('\n')) archiveLine(line);
      resolve({ ...answer, output, metrics });
    });
  });
}

const attributes = {
  sub: '9b2f8f5e-70b1-4a3a-9df1-0c3a5e1d2b34',
  email: 'Ada.Lovelace+wme@Example.org',
  email_verified: 'true',
  'cognito:user_status': 'CONFIRMED',
  'custom:username': 'AdaL',
};

/** A PostConfirmation event as Cognito sends it, with single attributes replaced (or, by `undefined`, left out). */
export const triggerEvent = (
  changed: Record<string, unknown> = {},
  triggerSource = 'PostConfirmation_ConfirmSignUp',
) => ({
  version: '1',
  region: 'eu-west-1',
  userPoolId: 'eu-west-1_aBcDeFgHi',
  userName: 'countess-of-lovelace',
  callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: '1example23456789' },
  triggerSource,
  request: {
    userAttributes: { ...attributes, ...changed },
    clientMetadata: { campaign: 'ada.from.metadata@example.org' },
  },
  response: {},
});
