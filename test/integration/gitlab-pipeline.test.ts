import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

// .gitlab-ci.yml, read by gitlab-ci-local, which holds it against the schema that GitLab publishes and decides its rules.

vi.setConfig({ testTimeout: 60_000 });

const TOKEN = 'pat-na1-0123abcd-of-nobody';
/** Predefined in GitLab, and given here. */
const GIVEN = 'CI_DEFAULT_BRANCH,CI_COMMIT_BRANCH,CI_PIPELINE_SOURCE';
const TOKEN_VARIABLE = 'VITE_HUBSPOT_API_AUTH';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitlab-'));
  await copyFile('.gitlab-ci.yml', join(folder, '.gitlab-ci.yml'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function gitlab(args: readonly string[], path = process.env.PATH ?? '') {
  const cli = resolve('node_modules/gitlab-ci-local/dist/index.js');
  const child = spawn(process.execPath, [cli, '--variable', 'CI_DEFAULT_BRANCH=main', ...args], {
    cwd: folder,
    env: { PATH: path, HOME: folder, NO_COLOR: '1', GCL_IGNORE_PREDEFINED_VARS: GIVEN },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code: Number(code), out, all: `${out}${err}` };
}

const onBranch = (name: string) => ['--variable', `CI_COMMIT_BRANCH=${name}`];

const jobSchema = z.looseObject({
  before_script: z.optional(z.array(z.string())),
  script: z.array(z.string()),
  id_tokens: z.optional(z.record(z.string(), z.object({ aud: z.string() }))),
  variables: z.optional(z.record(z.string(), z.string())),
  environment: z.optional(z.unknown()),
});

/** Every job as GitLab runs it, with what it extends written out. */
async function jobs() {
  const { out } = await gitlab(['--preview', ...onBranch('main')]);
  const all = z.record(z.string(), z.unknown()).parse(parse(out));
  const names = Object.keys(all).filter(
    (name) => !/^(stages|workflow|default|variables|image|cache)$/.test(name),
  );
  return new Map(
    names.filter((name) => !name.startsWith('.')).map((name) => [name, jobSchema.parse(all[name])]),
  );
}

test('the pipeline is what the schema of GitLab takes', async () => {
  const { code, all } = await gitlab(['--list', ...onBranch('main')]);
  expect(all).toContain('json schema validated');
  expect(code).toBe(0);
  await writeFile(
    join(folder, '.gitlab-ci.yml'),
    (await readFile('.gitlab-ci.yml', 'utf8')).replace('id_tokens:', 'id_token:'),
  );
  const wrong = await gitlab(['--list', ...onBranch('main')]);
  expect(wrong.all).toContain("'id_token' property is not expected to be here");
  expect(wrong.code).not.toBe(0);
});

const listed = z.array(z.looseObject({ name: z.string(), when: z.string() }));

test('only dev is deployed by itself, from main, after all tests', async () => {
  const { out } = await gitlab(['--list-json', ...onBranch('main')]);
  expect(listed.parse(JSON.parse(out)).map(({ name, when }) => `${name}: ${when}`)).toEqual([
    'check: on_success',
    'test: on_success',
    'browser test: on_success',
    'package: on_success',
    'deploy to dev: on_success',
    'deploy to prod: manual',
    'go back on prod: manual',
    'hubspot token to dev: manual',
    'hubspot token to prod: manual',
  ]);
});

test('another branch reaches no AWS', async () => {
  const { out } = await gitlab([
    '--list-json',
    ...onBranch('change'),
    '--variable',
    'CI_PIPELINE_SOURCE=merge_request_event',
  ]);
  const run = listed.parse(JSON.parse(out)).filter(({ when }) => when !== 'never');
  expect(run.map(({ name }) => name)).toEqual(['check', 'test', 'browser test', 'package']);
});

test('a job reaches AWS by a token of GitLab for it alone, and no key is kept', async () => {
  const all = await jobs();
  const reaching = [...all].filter(([, job]) => /\baws |(deploy|rollback) --stage/.test(JSON.stringify(job)));
  expect(reaching.map(([name]) => name)).toEqual([
    'deploy to dev',
    'deploy to prod',
    'go back on prod',
    'hubspot token to dev',
    'hubspot token to prod',
  ]);
  for (const [, { id_tokens, variables }] of reaching) {
    expect(id_tokens).toHaveProperty('AWS_ID_TOKEN');
    expect(variables).toMatchObject({
      AWS_ROLE_ARN: expect.stringMatching(/^\$AWS_(DEPLOY|TOKEN)_ROLE_ARN$/),
      AWS_WEB_IDENTITY_TOKEN_FILE: expect.any(String),
    });
  }
  for (const [name, { id_tokens }] of all) {
    if (!reaching.some(([other]) => other === name)) expect(id_tokens).toBeUndefined();
  }
  expect(await readFile('.gitlab-ci.yml', 'utf8')).not.toMatch(/ACCESS_KEY|SECRET/);
});

/** Programs of our own in front of the real ones: each writes its words and its input to `calls`. */
async function standIns(...names: string[]): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const name of names) {
    await writeFile(
      join(bin, name),
      `#!/bin/sh\n{ printf '<%s>' ${name} "$@"; echo; case " $* " in *stdin*) cat; echo ;; esac; } >> '${folder}/calls'\n`,
    );
    await chmod(join(bin, name), 0o755);
  }
  return [bin, process.env.PATH].join(delimiter);
}
const calls = () => readFile(join(folder, 'calls'), 'utf8').catch(() => '');

/** What a job's shell does, as GitLab's runner has it: line after line, to the first that fails. */
async function runJob(name: string, PATH: string, given: Record<string, string>) {
  const { before_script = [], script, variables = {} } = jobSchema.parse((await jobs()).get(name));
  const idToken = join(folder, 'id-token');
  const child = spawn('sh', ['-e'], {
    cwd: folder,
    env: { PATH, ...variables, AWS_ID_TOKEN: 'of-gitlab', AWS_WEB_IDENTITY_TOKEN_FILE: idToken, ...given },
  });
  child.stdin.end([...before_script, ...script].join('\n'));
  const [[code], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  expect(await readFile(idToken, 'utf8')).toBe('of-gitlab');
  expect((await stat(idToken)).mode & 0o777).toBe(0o600);
  return { code: Number(code), all: `${out}${err}` };
}

test("HubSpot's token goes into SSM, and is neither a word of a command nor in the log", async () => {
  const path = await standIns('aws');
  const { code, all } = await runJob('hubspot token to prod', path, { [TOKEN_VARIABLE]: TOKEN });
  expect(code).toBe(0);
  expect(all).not.toContain(TOKEN);
  const [command, input] = (await calls()).split('\n');
  expect(command).toBe('<aws><ssm><put-parameter><--cli-input-json><file:///dev/stdin>');
  expect(JSON.parse(input ?? '')).toEqual({
    Name: '/wme-hubspot-sync/prod/hubspot-access-token',
    Type: 'SecureString',
    Overwrite: true,
    Value: TOKEN,
  });
});

test.each([
  ['', 'was not given VITE_HUBSPOT_API_AUTH'],
  [`Bearer ${TOKEN}`, 'is not a token alone'],
])('what is no token is not stored: %j', async (value, because) => {
  const path = await standIns('aws');
  const { code, all } = await runJob('hubspot token to prod', path, { [TOKEN_VARIABLE]: value });
  expect(code).not.toBe(0);
  expect(all).toContain(because);
  expect(all).not.toContain(TOKEN);
  expect(await calls()).toBe('');
});

test("only those two jobs read HubSpot's token, each in an environment of its own", async () => {
  const reading = [...(await jobs())].filter(([, job]) => JSON.stringify(job).includes(TOKEN_VARIABLE));
  expect(reading.map(([name, { environment }]) => ({ name, environment }))).toMatchObject([
    { name: 'hubspot token to dev', environment: { name: 'hubspot-token/dev' } },
    { name: 'hubspot token to prod', environment: { name: 'hubspot-token/prod' } },
  ]);
});

test.each([
  [{}, ''],
  [{ FRIDAY: 'Sign-ups fail' }, '<--param><friday=Sign-ups fail>'],
])(
  'prod is deployed as it was packaged, with the reason that the job was given: %j',
  async (variables, reason) => {
    const path = await standIns('npm', 'npx');
    expect((await runJob('deploy to prod', path, variables)).code).toBe(0);
    expect((await calls()).trim().split('\n')).toEqual([
      '<npm><ci>',
      `<npx><serverless><deploy><--stage><prod><--package><packaged/prod>${reason}`,
    ]);
  },
);
