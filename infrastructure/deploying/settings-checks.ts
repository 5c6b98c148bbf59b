import { isTimeZone } from './weekend.ts';

/** What is about to be packaged or deployed: `custom.settings` of serverless.yml, for one stage. */
export interface Settings {
  stage: string;
  /** The stages that serverless.yml has params for and that are deployed. */
  stages: readonly string[];
  /** A value as it was resolved for this stage, as a text; empty if it is not set. */
  value(name: string): string;
}

/** One thing that can be wrong with the settings of a stage. */
interface SettingsCheck {
  /** `refused`: neither packaged nor deployed. `warned`: said, and nothing more. */
  consequence: 'refused' | 'warned';
  /** What is wrong and what to do, in whole sentences; nothing if all is well. */
  problem(settings: Settings): string | undefined;
}

/** Looked at before anything is packaged or deployed, all of them, so that one run names all that is wrong. */
export const SETTINGS_CHECKS: readonly SettingsCheck[] = [
  {
    consequence: 'refused',
    problem: ({ stage, stages }) =>
      stages.includes(stage)
        ? undefined
        : `There is no stage "${stage}" to deploy. The stages are ${stages.join(', ')}; a new one gets an entry under params in serverless.yml.`,
  },
  {
    consequence: 'refused',
    problem: ({ stage, value }) =>
      stage === 'prod' && !/^arn:aws[a-z-]*:sns:\S+$/.test(value('alarmTopicArn'))
        ? 'Stage prod names no SNS topic: its alarms would ring for nobody. Set alarmTopicArn under params in serverless.yml to its ARN.'
        : undefined,
  },
  {
    consequence: 'refused',
    problem: ({ stage, value }) =>
      stage === 'prod' && !/^https:\/\/\S+$/.test(value('runbookUrl'))
        ? 'The alarms of stage prod would lead nobody to the runbook. Set runbookUrl under params in serverless.yml to where docs/runbook.md is read in a browser, as https://….'
        : undefined,
  },
  // Roles name the parameter by an ARN that ends in `parameter` and the name: without the slash in between, the right is
  // given on a parameter that does not exist, and each read is refused.
  ...['tokenParameter', 'logKeyParameter'].map(
    (name): SettingsCheck => ({
      consequence: 'refused',
      problem: ({ value }) =>
        /^\/[\w./-]+$/.test(value(name))
          ? undefined
          : `${name} is "${value(name)}", which is no name of an SSM parameter that begins with a slash, such as /wme-hubspot-sync/prod/token. Change it under params in serverless.yml.`,
    }),
  ),
  {
    consequence: 'refused',
    problem: ({ value }) =>
      isTimeZone(value('timeZone'))
        ? undefined
        : `timeZone is "${value('timeZone')}", which is no time zone. It is the name of one in the IANA database, such as Europe/Berlin.`,
  },
  {
    consequence: 'refused',
    problem: ({ value }) =>
      /^\d{1,3}$/.test(value('rollbackMinutes')) && Number(value('rollbackMinutes')) <= 180
        ? undefined
        : `rollbackMinutes is "${value('rollbackMinutes')}". CloudFormation takes whole minutes, 0 to 180.`,
  },
  {
    consequence: 'warned',
    problem: ({ stage, value }) =>
      stage === 'prod' && value('userPoolId') === ''
        ? 'Stage prod names no user pool: nobody will publish, and no sign-up reaches HubSpot. Set userPoolId under params in serverless.yml.'
        : undefined,
  },
];
