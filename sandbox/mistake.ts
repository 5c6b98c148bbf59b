import * as z from 'zod/mini';

/** Somebody asked for what cannot be. The message is a sentence for them. */
export class Mistake extends Error {
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

const { localeError } = z.locales.en();

/** `times: expected number, received string`, one after another. */
function problems(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .map(({ path, message }) => `${path.length === 0 ? 'the body' : path.join('.')}: ${message}`)
    .join('; ');
}

/** The body of a request, as a schema has it. @throws Mistake which names all that is wrong */
export function readJsonBody<T extends z.ZodMiniType>(body: unknown, schema: T): z.output<T> {
  let json: unknown;
  try {
    json = JSON.parse(typeof body === 'string' && body !== '' ? body : '{}');
  } catch {
    throw new Mistake('The body of the request is not JSON. Nothing was changed.');
  }
  try {
    return schema.parse(json, { error: localeError });
  } catch (error) {
    if (!(error instanceof z.core.$ZodError)) throw error;
    throw new Mistake(`${problems(error.issues)}. Nothing was changed.`);
  }
}

/** What goes back to whoever made a mistake, or met one of ours. */
export function answerTo(error: unknown): { status: number; body: { error: string } } {
  if (error instanceof Mistake) return { status: error.status, body: { error: error.message } };
  // What Fastify refuses by itself, such as a body that is too large.
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  const message = error instanceof Error ? error.message : String(error);
  return { status: status >= 400 ? status : 500, body: { error: message } };
}
