import type { AwsConfig, RollbackConfiguration } from './osls.ts';

/** One of the alarms that can take a change back, as it stands before the deployment. */
export interface StandingAlarm {
  arn: string;
  logicalId: string;
  /** It rings already: it would take back whatever is deployed, also what is to mend it. */
  rings: boolean;
}

/** The alarms' own names in CloudWatch, by their names in the template; none of a stack that there is not yet. */
async function namesInStack(
  stackName: string,
  logicalIds: readonly string[],
  config: AwsConfig,
): Promise<Map<string, string>> {
  // Loaded where it is needed: `package` has to do without.
  const { CloudFormationClient, paginateListStackResources } = await import('@aws-sdk/client-cloudformation');
  const names = new Map<string, string>();
  const pages = paginateListStackResources(
    { client: new CloudFormationClient(config) },
    { StackName: stackName },
  );
  try {
    for await (const { StackResourceSummaries = [] } of pages) {
      for (const {
        LogicalResourceId = '',
        PhysicalResourceId,
        ResourceStatus = '',
      } of StackResourceSummaries) {
        if (!logicalIds.includes(LogicalResourceId) || PhysicalResourceId === undefined) continue;
        if (!ResourceStatus.startsWith('DELETE')) names.set(PhysicalResourceId, LogicalResourceId);
      }
    }
  } catch (error) {
    // CloudFormation has no error of its own for it.
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      return names;
    throw error;
  }
  return names;
}

/**
 * Which of the alarms a stack has now. CloudFormation takes a change back at once if a trigger's alarm is missing, so an
 * alarm that this very deployment makes can be none of its triggers.
 */
export async function standingAlarms(
  stackName: string,
  logicalIds: readonly string[],
  config: AwsConfig,
): Promise<StandingAlarm[]> {
  const names = await namesInStack(stackName, logicalIds, config);
  if (names.size === 0) return [];
  const { CloudWatchClient, DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch');
  const { MetricAlarms = [] } = await new CloudWatchClient(config).send(
    new DescribeAlarmsCommand({ AlarmNames: [...names.keys()], AlarmTypes: ['MetricAlarm'] }),
  );
  return MetricAlarms.flatMap(({ AlarmArn, AlarmName = '', StateValue }) => {
    const logicalId = names.get(AlarmName);
    if (AlarmArn === undefined || logicalId === undefined) return [];
    return [{ arn: AlarmArn, logicalId, rings: StateValue === 'ALARM' }];
  });
}

/** Nothing takes the change back. */
export const NO_TRIGGERS: RollbackConfiguration = { RollbackTriggers: [], MonitoringTimeInMinutes: 0 };

/** Each of these takes the change back, while it is made and for some minutes after. */
export function triggersOf(alarms: readonly StandingAlarm[], minutes: number): RollbackConfiguration {
  const quiet = alarms.filter(({ rings }) => !rings);
  if (quiet.length === 0) return NO_TRIGGERS;
  return {
    RollbackTriggers: quiet.map(({ arn }) => ({ Arn: arn, Type: 'AWS::CloudWatch::Alarm' })),
    MonitoringTimeInMinutes: minutes,
  };
}
