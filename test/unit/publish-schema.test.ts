import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { verificationSchema } from '../../lib/verification.ts';

const schema: { properties: { email: { pattern: string } }; required: string[] } = JSON.parse(
  readFileSync('docs/verification.schema.json', 'utf8'),
);

it('docs/verification.schema.json is what npm run schema writes', () => {
  expect(schema).toEqual(
    JSON.parse(execFileSync(process.execPath, ['ops/write-schema.ts'], { encoding: 'utf8' })),
  );
});

it('describes each field, for publishers who read nothing else', () => {
  expect(schema.properties).toEqual(z.toJSONSchema(verificationSchema, { io: 'input' }).properties);
});

it('lets fields through that it does not name, as the sync does', () => {
  expect(schema).not.toHaveProperty('additionalProperties');
  expect(schema.required).toEqual(['email', 'username']);
});

it('its pattern for addresses compiles with and without the u flag', () => {
  for (const pattern of [
    new RegExp(schema.properties.email.pattern),
    new RegExp(schema.properties.email.pattern, 'u'),
  ]) {
    for (const good of ['a@b', 'Ada.Lovelace+wme@Example.org', 'ö@例え.jp']) expect(good).toMatch(pattern);
    for (const bad of ['', '@', 'a@', '@b', 'a@b@c', 'a b@c', 'a@b\n', 'a\u0000@b', 'a@b\u0085']) {
      expect(bad).not.toMatch(pattern);
    }
  }
});
