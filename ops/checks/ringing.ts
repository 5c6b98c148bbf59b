import { AwsFailure } from '../aws/aws-call.ts';
import type { Alarm } from '../aws/cloudwatch.ts';
import { subscribersOf } from '../aws/topic.ts';
import { ALARMS, type KnownAlarm } from './alarms.ts';
import { type Check, failed, ok, skipped } from './check.ts';
import { DEPLOY, deployedOnly } from './deployed.ts';
import type { Examined } from './examined.ts';

/** CloudFormation names an alarm after the stack, the resource, and something of its own. */
const isNamed = (name: string, stage: string | undefined, logical: string): boolean =>
  name === `wme-hubspot-sync-${stage}-${logical}` || name.startsWith(`wme-hubspot-sync-${stage}-${logical}-`);

/** The alarms that the stage has to have, each as it is deployed. */
async function knownAlarms(of: Examined): Promise<{ known: KnownAlarm; deployed: Alarm | undefined }[]> {
  const found = await of.alarms();
  return ALARMS.filter(({ onlyWithPool }) => !onlyWithPool || of.stage.userPoolId !== undefined).map(
    (known) => ({
      known,
      deployed: found.find(({ AlarmName }) => isNamed(AlarmName, of.stage.name, known.name)),
    }),
  );
}

export const alarms: Check = {
  title: 'All alarms are there and switched on',
  advice: DEPLOY,
  right: 'cloudwatch:DescribeAlarms',
  skip: deployedOnly('alarms'),
  async run(of) {
    const all = await knownAlarms(of);
    const those = (isMeant: (deployed: Alarm | undefined) => boolean) =>
      all.filter(({ deployed }) => isMeant(deployed)).map(({ known }) => known);
    const names = (some: readonly KnownAlarm[], between = ', ') => some.map(({ name }) => name).join(between);
    const missing = those((deployed) => deployed === undefined);
    if (missing.length > 0) return failed(`There is no ${names(missing, ', no ')}`);
    const silent = those((deployed) => deployed?.ActionsEnabled === false);
    if (silent.length > 0) {
      return failed(
        `Switched off: ${names(silent)}`,
        'Switch them on: `aws cloudwatch enable-alarm-actions --alarm-names …`',
      );
    }
    const ringing = those((deployed) => deployed?.StateValue === 'ALARM').map(
      ({ name, section }) => `${name} (runbook: “${section}”)`,
    );
    return ok(`${all.length} alarms${ringing.length > 0 ? `; ringing now: ${ringing.join(', ')}` : ''}`);
  },
};

export const subscribers: Check = {
  title: 'Somebody hears the alarms',
  advice:
    'Subscribe somebody to the topic: `aws sns subscribe --topic-arn ARN --protocol email --notification-endpoint …`, and have them confirm it.',
  right: 'cloudwatch:DescribeAlarms and sns:ListSubscriptionsByTopic',
  skip: deployedOnly('alarms'),
  async run(of) {
    const ours = (await knownAlarms(of)).flatMap(({ deployed }) => deployed ?? []);
    if (ours.length === 0) return skipped('there are no alarms');
    const mute = ours.filter(({ AlarmActions = [] }) => AlarmActions.length === 0);
    if (mute.length > 0) {
      return failed(
        `${mute.length} of ${ours.length} alarms tell nobody`,
        'Name an SNS topic in serverless.yml (alarmTopicArn), and deploy.',
      );
    }
    const actions = [...new Set(ours.flatMap(({ AlarmActions = [] }) => AlarmActions))];
    const topics = actions.filter((arn) => /^arn:aws[a-z-]*:sns:/.test(arn));
    const others = actions.length - topics.length;
    let confirmed = 0;
    for (const topic of topics) {
      try {
        const found = await subscribersOf(topic);
        if (found.confirmed === 0) {
          return failed(
            found.pending > 0
              ? `${found.pending} were asked to subscribe to ${topic}, and nobody has confirmed`
              : `Nobody is subscribed to ${topic}`,
          );
        }
        confirmed += found.confirmed;
      } catch (error) {
        if (!(error instanceof AwsFailure) || !/^NotFound/.test(error.code)) throw error;
        return failed(`The topic ${topic} does not exist`, 'Make it, or name another in serverless.yml.');
      }
    }
    if (topics.length === 0) return skipped('the alarms call something else than an SNS topic');
    return ok(`${confirmed} subscribed${others > 0 ? `; ${others} other actions` : ''}`);
  },
};
