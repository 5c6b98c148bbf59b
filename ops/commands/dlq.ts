import type { Command } from 'commander';
import { emptyList } from '../dead-letters/reports.ts';
import { reportsAs } from '../program.ts';
import { helpText } from '../terminal/text.ts';
import { addDrop } from './dlq/drop.ts';
import { addList } from './dlq/list.ts';
import { addLoad } from './dlq/load.ts';
import { addRedrive } from './dlq/redrive.ts';
import { addSave } from './dlq/save.ts';
import { addShow } from './dlq/show.ts';

const help = `
Examples:
  $ wme-hubspot-sync dlq list --stage prod
  $ wme-hubspot-sync dlq redrive --stage prod --reason NoAnswer --name INC-123`;

/** Adds `dlq`: the dead letters, what they mean, and what can be done about them. */
export function addDlq(program: Command): void {
  const dlq = program
    .command('dlq')
    .summary('see dead letters, send them back, or close them')
    .description('Sees dead letters, says what to do about them, sends them back, or closes them.')
    .addHelpText('after', helpText(help));
  reportsAs(dlq, emptyList);
  addList(dlq);
  addShow(dlq);
  addRedrive(dlq);
  addDrop(dlq);
  addSave(dlq);
  addLoad(dlq);
}
