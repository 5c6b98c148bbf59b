import { usableKey } from '../../lib/person.ts';
import { type Check, failed, ok } from './check.ts';

export const tokenParameter: Check = {
  title: 'The HubSpot token can be read from SSM',
  advice:
    'Store it: `aws ssm put-parameter --type SecureString --name NAME --value "$TOKEN"` (README, Deploy).',
  right: 'ssm:GetParameters on it',
  skip: ({ stage }) =>
    stage.parameters.hubspotToken === undefined
      ? stage.name === 'local'
        ? 'npm run dev has a token of its own'
        : 'only --stage tells where it is'
      : undefined,
  async run(of) {
    const name = of.stage.parameters.hubspotToken ?? '';
    const token = (await of.parameters()).get(name);
    if (token === undefined) return failed(`There is no parameter ${name}`);
    return /^[\x21-\x7e]+$/.test(token.trim())
      ? ok()
      : failed(`${name} is empty, or holds characters that no token has`);
  },
};

export const logKeyParameter: Check = {
  title: 'The key of the logs can be read from SSM',
  advice:
    'Store one: `aws ssm put-parameter --type SecureString --name NAME --value "$(openssl rand -base64 32)"` (README, Deploy). Until then, no log line can be found by a person.',
  right: 'ssm:GetParameters on it',
  skip: ({ stage }) =>
    stage.parameters.logKey === undefined
      ? stage.name === 'local'
        ? 'npm run dev has a key of its own'
        : 'only --stage tells where it is'
      : undefined,
  async run(of) {
    const name = of.stage.parameters.logKey ?? '';
    const stored = (await of.parameters()).get(name);
    if (stored === undefined) return failed(`There is no parameter ${name}`);
    return usableKey(stored) === undefined ? failed(`${name} has fewer than 32 characters`) : ok();
  },
};
