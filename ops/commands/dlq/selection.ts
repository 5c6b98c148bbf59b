import type { Command } from 'commander';
import { once, several } from '../../program.ts';

/** Adds the options that say which letters are meant. */
export const withSelection = (command: Command): Command =>
  command
    .addOption(several('--error-code <code>', 'of this ErrorCode; none for letters that SQS moved by itself'))
    .addOption(several('--reason <reason>', 'of this reason, as dlq list names it'))
    .addOption(once('--older-than <age>', 'dead for longer than 90m, 12h or 3d'));
