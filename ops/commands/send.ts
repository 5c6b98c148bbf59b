import { type Command, Option } from 'commander';
import { sendFileCommand } from '../backfill/command.ts';
import { sendOne } from '../backfill/send-one.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { type GlobalOptions, once, runCommand } from '../program.ts';
import { helpText } from '../terminal/text.ts';

/** The options of `send`, as commander hands them over. */
export interface SendOptions extends GlobalOptions {
  email?: string;
  username?: string;
  verifiedAt?: string;
  file?: string;
  journal?: string;
  again?: boolean;
  dryRun?: boolean;
  rate?: string;
  yes?: boolean;
}

const help = `
Examples:
  $ wme-hubspot-sync send --stage prod --email ada@example.org --username AdaL \\
      --verified-at 2026-11-23T18:00:00Z
  $ wme-hubspot-sync send --stage prod --file users.csv

users.csv begins with the header email,username or email,username,verifiedAt; users.jsonl
holds one JSON object a line. Both in UTF-8. If a line is wrong, nothing is sent.
What went out is noted in users.csv.sent. After an interruption give the same command
again, without --again. verifiedAt is when the address was verified: without it, now.

Exit codes: ${EXIT.ok} all is on the queue (or could be); ${EXIT.notDone} not all; ${EXIT.badInput} wrong use or settings,
nothing was sent; ${EXIT.interrupted} interrupted. More: docs/publishing.md, "Backfill".`;

/** Adds `send`: puts verified people on the queue, one or a file of them. */
export function addSend(program: Command): void {
  const command = program
    .command('send')
    .summary('put verified people on the queue: one, or a file of them')
    .description(
      'Puts verified people on the queue, as their sign-up would have done. The sync looks into\nHubSpot first, and adds only what is missing.',
    )
    .addOption(once('--email <address>', 'the verified address of one person'))
    .addOption(once('--username <name>', 'their username'))
    .addOption(once('--verified-at <time>', 'when the address was verified, in ISO 8601 with a time zone'))
    .addOption(
      once('--file <path>', 'many people: a .csv or .jsonl file, or - for standard input').conflicts([
        'email',
        'username',
        'verifiedAt',
      ]),
    )
    .option('--dry-run', 'check and count, send nothing')
    .addOption(once('--rate <number>', "how many people a second (default: half of HubSpot's limit)"))
    .option('--yes', 'send a file without asking')
    .addOption(new Option('--again', 'send all of the file, whatever was sent before').conflicts('dryRun'))
    .addOption(
      once('--journal <path>', 'where to note what has been sent (default: the file\'s name and ".sent")'),
    )
    .addHelpText('after', helpText(help));
  command.action((_options: unknown, self: Command) =>
    runCommand(self, async (options: SendOptions) => {
      if (options.file !== undefined) return sendFileCommand({ ...options, file: options.file });
      if (options.again || options.journal !== undefined || options.rate !== undefined) {
        throw new OperatorError('--again, --journal and --rate go with --file.');
      }
      if (options.email === undefined && options.username === undefined) {
        throw new OperatorError('Who? Give --email and --username for one person, or --file for many.');
      }
      if (options.email === undefined || options.username === undefined) {
        const missing = options.email === undefined ? '--email' : '--username';
        throw new OperatorError(
          `${missing} is missing: one person needs --email and --username. Nothing was sent.`,
        );
      }
      return sendOne({ ...options, email: options.email, username: options.username });
    }),
  );
}
