import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
const isDescribed = ajv.compile(JSON.parse(readFileSync('docs/reports.schema.json', 'utf8')));

/** What a command has printed with --json: one document and no more, as docs/reports.schema.json describes it. */
export function describedReport(stdout: string) {
  const report = JSON.parse(stdout);
  isDescribed(report);
  expect(isDescribed.errors ?? []).toEqual([]);
  return report;
}
