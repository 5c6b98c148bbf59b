/** What the plugin uses of osls, which publishes no types for plugins. */
export interface Osls {
  processedInput: {
    /** The words of the command: `['deploy', 'function']`. */
    commands: readonly string[];
    options: { readonly param?: readonly string[] };
  };
  /** serverless.yml before its variables are resolved. */
  configurationInput: { params?: Record<string, unknown> };
  service: {
    /** With its variables resolved. */
    custom: { settings: Record<string, unknown> };
  };
  getProvider(name: 'aws'): { getStage(): string };
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
