import * as z from 'zod/mini';
import { sendReport } from './backfill/report.ts';
import { doctorReport } from './checks/reports.ts';
import {
  dropReport,
  listReport,
  loadReport,
  redriveReport,
  saveReport,
  showReport,
} from './dead-letters/reports.ts';
import { reconcileReport } from './reconcile/report.ts';
import { statusReport } from './status/reports.ts';
import { traceReport } from './trace/reports.ts';
import { triggerReport } from './user-pool/report.ts';

/** Prints the JSON Schema of what commands print with --json: `npm run schema` keeps docs/reports.schema.json current. */
const reports = z.discriminatedUnion('command', [
  sendReport,
  listReport,
  showReport,
  redriveReport,
  dropReport,
  saveReport,
  loadReport,
  reconcileReport,
  doctorReport,
  statusReport,
  traceReport,
  triggerReport,
]);
const { $schema, ...union } = z.toJSONSchema(reports, {
  target: 'draft-2020-12',
  // Fields may be added: whoever reads a document takes those that it knows.
  io: 'input',
});
const schema = {
  $schema,
  title: 'Reports',
  description: 'The document that a command of wme-hubspot-sync prints with --json, told apart by `command`.',
  ...union,
};

process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
