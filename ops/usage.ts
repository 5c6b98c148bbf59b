import type { Command, CommanderError } from 'commander';

/** Commander's errors whose texts quote our own names, and nothing that was typed. */
const QUOTE_NAMES_ONLY: ReadonlySet<string> = new Set([
  'commander.conflictingOption',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]);

const NOT_SHOWN = '(not shown: it may hold an address)';

const PROBLEMS = new Map([
  ['commander.unknownOption', `There is an unknown option ${NOT_SHOWN}.`],
  ['commander.unknownCommand', `There is an unknown command ${NOT_SHOWN}.`],
  [
    'commander.excessArguments',
    `There is a word too many ${NOT_SHOWN}. A value with a space in it needs quotation marks.`,
  ],
]);

/** The options and commands that there are, a command's own and those of the commands below it. */
const namesOf = (command: Command): string[] => {
  const help = command.createHelp();
  return [
    ...help.visibleOptions(command).flatMap(({ long }) => long ?? []),
    ...help.visibleCommands(command).flatMap((each) => [each.name(), ...namesOf(each)]),
  ];
};

/**
 * Says what is wrong with a command line. Of what was typed it shows nothing, whatever it looks like: a space that is
 * missing or a hyphen that is another one, and an address stands where an option should.
 */
export function usageProblem({ code, message }: CommanderError, program: Command): string {
  if (QUOTE_NAMES_ONLY.has(code)) return message.replace(/^error: /, '');
  const problem = PROBLEMS.get(code) ?? `An option or a word is not as it should be ${NOT_SHOWN}.`;
  const names = [...new Set(namesOf(program))];
  const misplaced = names.find((name) => message === `error: unknown option '${name}'`);
  if (misplaced !== undefined) return `${misplaced} is not an option here. It may belong after its command.`;
  const begun = names.find(
    (name) => name.startsWith('--') && message.startsWith(`error: unknown option '${name}`),
  );
  if (begun !== undefined) return `${problem} Did you mean ${begun}, with a space before its value?`;
  // What was typed stands in the message too, and may look like a suggestion: ours are names that we know.
  const [, suggested = ''] = /\n\(Did you mean (?:one of )?(.*)\?\)$/.exec(message) ?? [];
  const known = suggested.split(', ').filter((name) => names.includes(name));
  return known.length === 0 ? problem : `${problem} Did you mean ${known.join(' or ')}?`;
}
