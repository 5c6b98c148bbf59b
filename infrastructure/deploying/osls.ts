/** Region and credentials for a client of the AWS SDK. */
export type AwsConfig = Readonly<{ region: string }>;

/** What CloudFormation is told. Always something: told nothing, it keeps the triggers of the deployment before. */
export interface RollbackConfiguration {
  RollbackTriggers: { Arn: string; Type: 'AWS::CloudWatch::Alarm' }[];
  MonitoringTimeInMinutes: number;
}

/** What the plugin uses of osls, which publishes no types for plugins. */
export interface Osls {
  processedInput: {
    /** The words of the command: `['deploy', 'function']`. */
    commands: readonly string[];
    options: { readonly param?: readonly string[] };
  };
  /** serverless.yml before its variables are resolved. */
  configurationInput: { params?: Record<string, unknown> };
  /** serverless.yml with its variables resolved. */
  service: {
    custom: { settings: Record<string, unknown> };
    provider: { stackTags: Record<string, string>; rollbackConfiguration?: RollbackConfiguration };
    getFunction(key: string): { name: string };
  };
  getProvider(name: 'aws'): {
    getStage(): string;
    naming: { getStackName(): string };
    getAwsSdkV3Config(): Promise<AwsConfig>;
  };
  classes: {
    /** Printed as a sentence, without a stack trace. */
    Error: new (
      message: string,
      code: string,
    ) => Error;
  };
}

/** How a plugin speaks to the person at the terminal. */
export interface Writers {
  log: { notice(text: string): void; warning(text: string): void };
}
