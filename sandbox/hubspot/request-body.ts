import * as z from 'zod/mini';
import { type Answer, validationError } from './answers.ts';

// Jackson, which HubSpot reads JSON with, makes strings of numbers and booleans.
const value = z.pipe(
  z.nullable(z.union([z.string(), z.number(), z.boolean()])),
  z.transform((given) => (given === null ? null : String(given))),
);
const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const properties = z.record(z.string(), value);

const association = z.strictObject({
  to: z.strictObject({ id }),
  types: z.array(z.strictObject({ associationCategory: z.string(), associationTypeId: z.number() })),
});

/** Body of a create: properties, and what to associate the new object with. */
export const createBody = z.strictObject({
  properties,
  associations: z.optional(z.array(association)),
  objectWriteTraceId: z.optional(z.string()),
});

/** Body of an update. */
export const updateBody = z.strictObject({ properties, objectWriteTraceId: z.optional(z.string()) });

/** Body of a merge. */
export const mergeBody = z.strictObject({ primaryObjectId: id, objectIdToMerge: id });

/** Body of a search for one address. */
export const searchBody = z.strictObject({
  filterGroups: z.tuple([
    z.strictObject({
      filters: z.tuple([
        z.strictObject({ propertyName: z.literal('email'), operator: z.literal('EQ'), value: z.string() }),
      ]),
    }),
  ]),
});

/** Body of a batch read. */
export const batchReadBody = z.strictObject({
  inputs: z.array(z.strictObject({ id })),
  properties: z.optional(z.array(z.string())),
  propertiesWithHistory: z.optional(z.array(z.string())),
  idProperty: z.optional(z.string()),
});

/** Body of a batch read of associations. Under `v3`, `after` is not documented, and ignored. */
export const associationsReadBody = z.strictObject({
  inputs: z.array(z.strictObject({ id, after: z.optional(z.string()) })),
});

/** What HubSpot says of a batch that is empty or too large. */
export function batchSizeProblem(inputs: readonly unknown[], max = 100): Answer | undefined {
  if (inputs.length === 0) return validationError('Some required fields were not set: [inputs]');
  if (inputs.length <= max) return undefined;
  return validationError(`Maximum number of inputs in a batch is ${max}, but was ${inputs.length}`);
}

/** One association of a create. */
export type Association = z.infer<typeof association>;

function invalidJson(problem: string): { refusal: Answer } {
  return { refusal: validationError(`Invalid input JSON on line 1, column 1: ${problem}`) };
}

/** The body as the schema has it, or HubSpot's answer to what it cannot read. */
export function readBody<T extends z.ZodMiniType>(
  text: string,
  schema: T,
): { data: z.output<T> } | { refusal: Answer } {
  if (text === '') return { refusal: validationError('Invalid input JSON: No content (empty input stream)') };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return invalidJson('Unexpected character');
  }
  const { success, data, error } = schema.safeParse(json);
  if (success) return { data };
  const missing = error.issues.filter(({ code, input }) => code === 'invalid_type' && input === undefined);
  const unknown = error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  if (unknown.length > 0) return invalidJson(`Unrecognized field "${unknown[0]}", not marked as ignorable`);
  if (missing.length > 0) {
    const fields = missing.map(({ path }) => path.join('.'));
    return invalidJson(`Some required fields were not set: [${fields.join(', ')}]`);
  }
  return invalidJson(`Cannot deserialize value at "${error.issues[0]?.path.join('.') ?? ''}"`);
}
