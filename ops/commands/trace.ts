import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { once, reportsAs, runReporting } from '../program.ts';
import { helpText } from '../terminal/text.ts';
import { emptyTrace } from '../trace/reports.ts';
import { runTrace, type TraceOptions } from '../trace/run.ts';

const help = `
Examples:
  $ wme-hubspot-sync trace --stage prod --email ada@example.org
  $ wme-hubspot-sync trace --stage prod --contact-id 90000000001 --reveal

Reads only. Until when a message backs off is told by the log, not by SQS: without the
right to read the log it cannot be known.
Exit codes: ${EXIT.ok} told; ${EXIT.notDone} nothing is known of them, or HubSpot could not be asked;
${EXIT.badInput} wrong use or settings; ${EXIT.interrupted} interrupted.`;

/** Adds `trace`: one person's story, for support. */
export function addTrace(program: Command): void {
  const command = program
    .command('trace')
    .summary("tell one person's story: log lines, message, card")
    .description("Tells one person's story: log lines, where their message is, the card in HubSpot.")
    .addOption(once('--email <address>', 'the address that was verified'))
    .addOption(once('--message-id <id>', 'of a message: correlation_id in the logs'))
    .addOption(once('--contact-id <id>', 'of a contact in HubSpot'))
    .addOption(once('--days <number>', 'how far back the logs are searched (default: 15)'))
    .option('--reveal', 'show address and username as they are')
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyTrace);
  command.action((_options: unknown, self: Command) =>
    runReporting<TraceOptions>(self, emptyTrace, runTrace),
  );
}
