import { type Command, Option } from 'commander';
import { sendFileCommand } from '../backfill/command.ts';
import { sendOne } from '../backfill/send-one.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { type GlobalOptions, once, runCommand } from '../program.ts';

/** The options of `send`, as commander hands them over. */
export interface SendOptions extends GlobalOptions {
  email?: string;
  username?: string;
  verifiedAt?: string;
  file?: string;
  journal?: string;
  again?: boolean;
  dryRun?: boolean;
}

const help = `
One person:
  $ wme-hubspot-sync send --email ada@example.org --username AdaL --verified-at 2026-11-23T18:00:00Z

Many people (a backfill), from a file in UTF-8:
  $ wme-hubspot-sync send --file users.csv --dry-run
  $ wme-hubspot-sync send --file users.csv

  users.csv      begins with the header email,username or email,username,verifiedAt
  users.jsonl    holds one JSON object a line: {"email": "…", "username": "…", "verifiedAt": "…"}

  Every line is checked first. If one is wrong, nothing is sent and the line's number is named.

  What has been sent is noted in users.csv.sent, which holds line numbers and no addresses. After an
  interruption (Ctrl-C, a crash, no network) give the same command again: it goes on where it was.
  If that was with --again, give it without: --again begins anew.

verifiedAt is when the address was verified, in ISO 8601 with a time zone. Without it the verification counts
as new: whoever got into HubSpot by an earlier sign-up then gets the note that they were there before.
With the same verifiedAt as before, sending somebody again is harmless. SQS never drops it as a repeat.

Exit codes:
  ${EXIT.ok}    everything is on the queue (or, with --dry-run, could be)
  ${EXIT.notSent}    something could not be sent, or was not confirmed
  ${EXIT.badInput}    wrong options, a wrong file, wrong settings, or another run is at work: nothing was sent
  ${EXIT.interrupted}  interrupted by Ctrl-C`;

/** Adds `send`: puts verified people on the queue, one or a file of them. */
export function addSend(program: Command): void {
  const command = program
    .command('send')
    .summary('put verified people on the queue: one, or a file of them')
    .description(
      'Puts verified people on the queue, as their sign-up would have done. The sync takes them to HubSpot.\n' +
        'The sync looks into HubSpot first, and adds only what is missing.',
    )
    .addOption(once('--email <address>', 'the verified address of one person'))
    .addOption(once('--username <name>', 'their username'))
    .addOption(once('--verified-at <time>', 'when the address was verified, in ISO 8601 with a time zone'))
    .addOption(
      once('--file <path>', 'many people: a .csv or .jsonl file').conflicts([
        'email',
        'username',
        'verifiedAt',
      ]),
    )
    .option('--dry-run', 'check and count, send nothing')
    .addOption(new Option('--again', 'send all of the file, whatever was sent before').conflicts('dryRun'))
    .addOption(
      once('--journal <path>', 'where to note what has been sent (default: the file\'s name and ".sent")'),
    )
    .addHelpText('after', help);
  command.action((_options: unknown, self: Command) =>
    runCommand(self, async (options: SendOptions) => {
      if (options.file !== undefined) return sendFileCommand({ ...options, file: options.file });
      if (options.again || options.journal !== undefined) {
        throw new OperatorError('--again and --journal go with --file.');
      }
      if (options.email === undefined || options.username === undefined) {
        throw new OperatorError('Who? Give --email and --username for one person, or --file for many.');
      }
      return sendOne({ ...options, email: options.email, username: options.username });
    }),
  );
}
