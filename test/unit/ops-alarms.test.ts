import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { ALARMS } from '../../ops/checks/alarms.ts';

/* The registry of alarms: what infrastructure/ deploys, doctor looks for, and the runbook has a section about. */

const template = z.object({
  Resources: z.optional(
    z.record(z.string(), z.object({ Type: z.string(), Condition: z.optional(z.string()) })),
  ),
});

/** CloudFormation's tags, such as `!Ref`, mean nothing here. */
const files = readdirSync('infrastructure').filter((file) => file.endsWith('.yml'));
const deployed = files.flatMap((file) => {
  const { Resources = {} } = template.parse(
    parse(readFileSync(`infrastructure/${file}`, 'utf8'), { logLevel: 'error' }),
  );
  return Object.entries(Resources).filter(([, { Type }]) =>
    /^AWS::CloudWatch::(Composite)?Alarm$/.test(Type),
  );
});

const runbook = readFileSync('docs/runbook.md', 'utf8');

describe('the registry of alarms', () => {
  it('knows every alarm that is deployed, and no other', () => {
    expect(deployed.length).toBeGreaterThan(10);
    expect(ALARMS.map(({ name }) => name).toSorted()).toEqual(deployed.map(([name]) => name).toSorted());
  });

  it('knows which are deployed only with a user pool', () => {
    for (const [name, { Condition }] of deployed) {
      const known = ALARMS.find((alarm) => alarm.name === name);
      expect([name, known?.onlyWithPool ? 'HasUserPool' : undefined]).toEqual([name, Condition]);
    }
  });

  it.each(ALARMS)('$name has a section of the runbook', ({ name, section }) => {
    const headings = runbook
      .split('\n')
      .filter((line) => line.startsWith('## ') && line.includes(`\`${name}\``));
    expect(headings).toEqual([expect.stringMatching(new RegExp(`^## ${section} \\(`))]);
  });

  it('the runbook names no alarm that there is not', () => {
    const named = [...runbook.matchAll(/\b\w+Alarm\b/g)].map(([name]) => name);
    const known = ALARMS.map(({ name }) => name);
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
  });
});
