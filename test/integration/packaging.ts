import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import * as z from 'zod';

export const HOST_TOKEN = 'token-of-the-machine-that-packages';

export const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:alarms';
export const RUNBOOK_URL = 'https://git.example/wme/-/blob/main/docs/runbook.md';

/** What a team writes into serverless.yml, and `prod` is not packaged without. */
const WRITTEN_BY_THE_TEAM = `
  prod:
    alarmTopicArn: ${TOPIC_ARN}
    runbookUrl: ${RUNBOOK_URL}
`;

/**
 * A copy of what osls reads: it works in `.serverless` of the service's own folder, where two runs would meet, and would
 * read a developer's `.env`. As a team has it that deploys `prod`.
 */
export async function copyService(folder: string): Promise<void> {
  const paths = ['serverless.yml', 'infrastructure', 'dist', 'package.json', 'test/events'];
  await Promise.all(paths.map((path) => cp(path, join(folder, path), { recursive: true })));
  const serverlessYml = join(folder, 'serverless.yml');
  const asIs = await readFile(serverlessYml, 'utf8');
  await writeFile(serverlessYml, asIs.replace('\n  prod:\n', WRITTEN_BY_THE_TEAM));
}

/** osls in a folder of {@link copyService}, on a machine that knows no AWS account, but has a token for HubSpot. */
export async function serverless(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {
    HUBSPOT_ACCESS_TOKEN: HOST_TOKEN,
    HUBSPOT_BASE_URL: 'http://127.0.0.1:9',
  },
): Promise<string> {
  const cli = resolve('node_modules/osls/bin/serverless.js');
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
  });
  return stdout;
}

/** osls where it may fail: how it ended, and all that it said. */
export async function tryServerless(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [resolve('node_modules/osls/bin/serverless.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], ...said] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code: Number(code), said: said.join('') };
}

const conditionSchema = z.object({
  'Fn::Not': z.tuple([z.object({ 'Fn::Equals': z.tuple([z.object({ Ref: z.string() }), z.string()]) })]),
});
const templateSchema = z.object({
  Parameters: z.record(z.string(), z.object({ Type: z.literal('String'), Default: z.string() })),
  Conditions: z.record(z.string(), conditionSchema),
  Resources: z.record(z.string(), z.unknown()),
  Outputs: z.record(z.string(), z.unknown()),
});
const resourcesSchema = z.record(
  z.string(),
  z.object({
    Type: z.string(),
    Condition: z.optional(z.string()),
    DeletionPolicy: z.optional(z.string()),
    UpdateReplacePolicy: z.optional(z.string()),
    Properties: z.record(z.string(), z.unknown()),
  }),
);
const ifSchema = z.object({ 'Fn::If': z.tuple([z.string(), z.unknown(), z.unknown()]) });
const refSchema = z.strictObject({ Ref: z.string() });
const subSchema = z.strictObject({ 'Fn::Sub': z.string() });
const noValueSchema = z.object({ Ref: z.literal('AWS::NoValue') });
const statementSchema = z.looseObject({ Effect: z.enum(['Allow', 'Deny']) });

/** The template as CloudFormation takes it in: its parameters put in, its conditions decided, and what they leave out gone. */
function decide(json: string) {
  const template = templateSchema.parse(JSON.parse(json));
  const parameter = (name: string): string | undefined => template.Parameters[name]?.Default;
  const holds = (name: string): boolean => {
    const [{ Ref }, text] = conditionSchema.parse(template.Conditions[name])['Fn::Not'][0]['Fn::Equals'];
    return parameter(Ref) !== text;
  };
  const decided = (node: unknown): unknown => {
    const choice = ifSchema.safeParse(node);
    if (choice.success) {
      const [condition, then, otherwise] = choice.data['Fn::If'];
      return decided(holds(condition) ? then : otherwise);
    }
    if (Array.isArray(node))
      return node.map(decided).filter((item) => !noValueSchema.safeParse(item).success);
    const reference = refSchema.safeParse(node).data?.Ref;
    if (reference !== undefined && parameter(reference) !== undefined) return parameter(reference);
    const text = subSchema.safeParse(node).data?.['Fn::Sub'];
    if (text !== undefined) {
      return { 'Fn::Sub': text.replace(/\$\{(\w+)\}/g, (whole, name) => parameter(name) ?? whole) };
    }
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, decided(value)]));
  };
  const resources = Object.fromEntries(
    Object.entries(resourcesSchema.parse(decided(template.Resources))).filter(
      ([, { Condition }]) => Condition === undefined || holds(Condition),
    ),
  );
  return { resources, outputs: template.Outputs };
}

/** Every policy statement below a node, wherever it stands. */
export function statements(node: unknown): z.infer<typeof statementSchema>[] {
  if (typeof node !== 'object' || node === null) return [];
  const statement = statementSchema.safeParse(node);
  return statement.success ? [statement.data] : Object.values(node).flatMap(statements);
}

/** The names in a zip's central directory. */
function filesInZip(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf('PK\x01\x02'); at !== -1; at = zip.indexOf('PK\x01\x02', at + 46)) {
    names.push(zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28)));
  }
  return names;
}

/** Packages one stage in a folder of its own, and says what would be deployed. */
export async function packageStage(folder: string, stage: string, params: readonly string[] = []) {
  await copyService(folder);
  await serverless(folder, ['package', '--stage', stage, ...params.flatMap((param) => ['--param', param])]);
  const output = (file: string) => readFile(join(folder, '.serverless', file));
  const files = async (functionKey: string) => filesInZip(await output(`${functionKey}.zip`));
  const file = 'cloudformation-template-update-stack.json';
  const { resources, outputs } = decide(String(await output(file)));
  const properties = (logicalId: string) => resources[logicalId]?.Properties;
  return {
    templateFile: join(folder, '.serverless', file),
    resources,
    outputs,
    properties,
    ofType: (type: string) =>
      Object.values(resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : [])),
    variables: (logicalId: string) =>
      z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(properties(logicalId)?.Environment)
        .Variables,
    zips: {
      syncContact: await files('syncContact'),
      publishVerification: await files('publishVerification'),
      reconcile: await files('reconcile'),
    },
  };
}
