import * as z from 'zod/mini';
import { sendRead } from './aws-call.ts';

const configuration = z.object({
  FunctionArn: z.string(),
  State: z.optional(z.string()),
  LastUpdateStatus: z.optional(z.string()),
  Timeout: z.optional(z.number()),
  Environment: z.optional(z.object({ Variables: z.optional(z.record(z.string(), z.string())) })),
});
export type FunctionConfiguration = z.infer<typeof configuration>;

/** A function as it is deployed. It takes `lambda:GetFunctionConfiguration`. */
export const functionConfiguration = async (region: string, name: string): Promise<FunctionConfiguration> =>
  configuration.parse(
    await sendRead({
      service: 'lambda',
      region,
      method: 'GET',
      path: `/2015-03-31/functions/${encodeURIComponent(name)}/configuration`,
    }),
  );

const mapping = z.object({
  UUID: z.string(),
  State: z.string(),
  BatchSize: z.optional(z.number()),
  EventSourceArn: z.optional(z.string()),
  FunctionResponseTypes: z.optional(z.nullable(z.array(z.string()))),
  ScalingConfig: z.optional(z.nullable(z.object({ MaximumConcurrency: z.optional(z.number()) }))),
});
export type EventSourceMapping = z.infer<typeof mapping>;

const mappings = z.object({ EventSourceMappings: z.array(mapping) });

/** What hands messages to a function, each as it is deployed. It takes `lambda:ListEventSourceMappings`. */
export const eventSourceMappings = async (
  region: string,
  functionName: string,
): Promise<EventSourceMapping[]> =>
  mappings.parse(
    await sendRead({
      service: 'lambda',
      region,
      method: 'GET',
      path: `/2015-03-31/event-source-mappings/?FunctionName=${encodeURIComponent(functionName)}`,
    }),
  ).EventSourceMappings;
