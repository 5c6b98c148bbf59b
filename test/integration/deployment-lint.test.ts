import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { packageStage } from './packaging.ts';

/*
 * cfn-lint, AWS's own check of CloudFormation templates, on what `serverless package` makes. It is a Python program: .ci/run
 * puts it into .cfn-lint/, and whoever has it by another way is taken at their word. Without it this file is skipped.
 */

const cfnLint = [
  resolve('.cfn-lint/bin/cfn-lint'),
  ...(process.env.PATH ?? '').split(delimiter).map((path) => join(path, 'cfn-lint')),
].find(existsSync);

/** What cfn-lint says, and why it may stay so. Of a rule that is not here, one finding fails the test. */
const EXPLAINED: Readonly<Record<string, RegExp>> = {
  // osls writes that a function waits for its role, which CloudFormation knows from the reference.
  W3005:
    /^'\w+Role' dependency already enforced by a 'GetAtt' at 'Resources\/\w+LambdaFunction\/Properties\/Role'$/,
};

const findingSchema = z.array(
  z.object({
    Rule: z.object({ Id: z.string() }),
    Message: z.string(),
    Location: z.object({ Path: z.optional(z.nullable(z.array(z.unknown()))) }),
  }),
);

/** @returns what it has to say, explained or not */
async function findingsIn(template: string) {
  // It ends with a code of its own where it has found something.
  const { stdout } = await promisify(execFile)(cfnLint ?? '', ['--format', 'json', template]).catch(
    (error: { stdout?: string; stderr?: string }) => {
      if (error.stderr) throw new Error(error.stderr);
      return { stdout: error.stdout ?? '' };
    },
  );
  return findingSchema.parse(JSON.parse(stdout || '[]')).map(({ Rule, Message, Location }) => ({
    rule: Rule.Id,
    message: Message,
    at: Location.Path?.join('/'),
  }));
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-lint-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(cfnLint === undefined).each([
  ['dev', []],
  ['prod', []],
  ['prod', ['userPoolId=us-east-1_Ab12Cd34E', 'tokenKeyArn=arn:aws:kms:us-east-1:000000000000:key/token']],
])(
  'cfn-lint finds nothing in stage %s with %j that is not explained',
  async (stage, params) => {
    const { templateFile } = await packageStage(join(folder, `${stage}-${params.length}`), stage, params);
    const findings = await findingsIn(templateFile);
    expect(findings.filter(({ rule, message }) => !EXPLAINED[rule]?.test(message))).toEqual([]);
    // What is explained is still there, or the explanation should go.
    expect([...new Set(findings.map(({ rule }) => rule))]).toEqual(Object.keys(EXPLAINED));
  },
  180_000,
);
