import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addSend } from './commands/send.ts';
import { addTrigger } from './commands/trigger.ts';
import { endWithError, once } from './program.ts';
import { type EmptyReport, emptyReport } from './terminal/report.ts';
import { emptyTriggerReport } from './user-pool/report.ts';

// Whoever reads the output may have seen enough (`| head`). That is no reason to stop, least of all a backfill.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const program = new Command('wme-hubspot-sync')
  .description("Operates the sync that takes verified Wikimedia Enterprise sign-ups to HubSpot's CRM.")
  .version(manifest.version)
  .addOption(once('--queue-url <url>', 'the queue of verified users (.fifo)').env('QUEUE_URL'))
  .option('--json', 'print one JSON document on standard output; text goes to standard error')
  .addHelpText(
    'after',
    `
AWS access is set up as for the AWS CLI and the AWS SDKs: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_SQS and so on.

More on a command:
  $ wme-hubspot-sync send --help
  $ wme-hubspot-sync trigger --help`,
  )
  .configureHelp({ showGlobalOptions: true })
  // Commander quotes what was typed: what is wrong is said at the end, in words of our own.
  .configureOutput({ outputError: () => undefined })
  .exitOverride();

addSend(program);
addTrigger(program);

// Before the command reads its options, so that what is wrong with them comes in its own document.
let empty: EmptyReport = emptyReport;
program.hook('preSubcommand', (_program, command) => {
  if (command.name() === emptyTriggerReport.command) empty = emptyTriggerReport;
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander's own errors come before it knows its options.
  endWithError(error, { json: process.argv.includes('--json'), empty, program });
}
