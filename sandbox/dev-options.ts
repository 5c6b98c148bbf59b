import { parseArgs } from 'node:util';
import { DEV_PORTS } from './stack.ts';

const USAGE = `npm run dev -- [--dead-letters 40] [--json]
              [--window-port ${DEV_PORTS.window}] [--hubspot-port ${DEV_PORTS.hubspot}] [--sqs-port ${DEV_PORTS.sqs}]

--dead-letters  so many dead letters to practise on
--json          the functions' log lines as they are, in the place of a readable line for each thing that happens
--…-port        another port, 0 for any that is free: the stage "local" then has to be told (AWS_ENDPOINT_URL_SQS,
                HUBSPOT_BASE_URL)`;

function wholeNumber(name: string, value: string, max: number): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < 0 || number > max) {
    throw new Error(`--${name} is a whole number from 0 to ${max}.`);
  }
  return number;
}

/** @throws Error which says what is wrong, and how the command is called */
export function devOptions(args?: string[]) {
  try {
    const { values } = parseArgs({
      ...(args && { args }),
      options: {
        'dead-letters': { type: 'string', default: '0' },
        'window-port': { type: 'string', default: String(DEV_PORTS.window) },
        'hubspot-port': { type: 'string', default: String(DEV_PORTS.hubspot) },
        'sqs-port': { type: 'string', default: String(DEV_PORTS.sqs) },
        json: { type: 'boolean', default: false },
      },
    });
    const port = (name: 'window-port' | 'hubspot-port' | 'sqs-port') =>
      wholeNumber(name, values[name], 65_535);
    return {
      deadLetters: wholeNumber('dead-letters', values['dead-letters'], 10_000),
      json: values.json,
      ports: { window: port('window-port'), hubspot: port('hubspot-port'), sqs: port('sqs-port') },
    };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}
