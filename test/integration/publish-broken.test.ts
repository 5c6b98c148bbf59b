import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { countIn } from './support/metrics.ts';

/** Lambda hands over a context that cannot be read, so that the instrumentation itself fails. */
const invoke = `
  const { handler } = await import('./dist/publish-verification/index.mjs');
  const context = { get functionName() { throw new RangeError('ada@example.org'); } };
  console.log('RETURNED ' + JSON.stringify(await handler({ email: 'ada@example.org' }, context)).length);
`;

it('a fault of the publisher itself costs no sign-up, is counted, and names nobody', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', invoke],
    { env: { AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: 'publish-verification' } },
  );
  expect(stdout).toContain('RETURNED 27');
  expect(stdout + stderr).toContain('The publisher itself failed');
  expect(countIn(stdout.split('\n'), 'PublishFailure')).toBe(1);
  expect(stdout + stderr).not.toContain('ada@');
});
