/** The floor: a handler that does nothing. */
export const handler = async (): Promise<object> => ({ batchItemFailures: [] });
