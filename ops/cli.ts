import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { emptySend } from './backfill/report.ts';
import { addDlq } from './commands/dlq.ts';
import { addDoctor } from './commands/doctor.ts';
import { addReconcile } from './commands/reconcile.ts';
import { addSend } from './commands/send.ts';
import { addStatus } from './commands/status.ts';
import { addTrace } from './commands/trace.ts';
import { addTrigger } from './commands/trigger.ts';
import { endWithError, once, watchDocuments } from './program.ts';
import type { EmptyReport } from './terminal/report.ts';
import { helpText } from './terminal/text.ts';

// Whoever reads the output may have seen enough (`| head`). That is no reason to stop, least of all a backfill.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const program = new Command('wme-hubspot-sync')
  .description("Operates the sync that takes verified Wikimedia Enterprise sign-ups to HubSpot's CRM.")
  .version(manifest.version)
  .addOption(once('--stage <name>', 'the deployed stage, such as prod; local for npm run dev'))
  .addOption(once('--queue-url <url>', "the queue, in the stage's place (or $QUEUE_URL)"))
  .addOption(once('--dlq-url <url>', 'the dead-letter queue, in the same way (or $DLQ_URL)'))
  .option('--json', 'print one JSON document on standard output; text goes to standard error')
  .addHelpText(
    'after',
    helpText(`
AWS access is set up as for the AWS CLI and the AWS SDKs: AWS_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_SQS and so on.

Examples:
  $ wme-hubspot-sync dlq list --stage prod
  $ wme-hubspot-sync send --help`),
  )
  .configureHelp({ showGlobalOptions: true })
  // Commander quotes what was typed: what is wrong is said at the end, in words of our own.
  .configureOutput({ outputError: () => undefined })
  .exitOverride();

addSend(program);
addDlq(program);
addReconcile(program);
addDoctor(program);
addStatus(program);
addTrace(program);
addTrigger(program);

// Before the command reads its options, so that what is wrong with them comes in its own document.
let empty: EmptyReport = emptySend;
watchDocuments(program, (ofCommand) => {
  empty = ofCommand;
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander's own errors come before it knows its options.
  endWithError(error, { json: process.argv.includes('--json'), empty, program });
}
