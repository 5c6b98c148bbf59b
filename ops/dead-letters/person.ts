import * as z from 'zod/mini';

const text = z.catch(z.optional(z.string()), undefined);
const loose = z.object({ email: text, username: text, verifiedAt: text });

/** As much of a body as can be read, however malformed it is. */
export function contentOf(body: string): Partial<z.infer<typeof loose>> {
  try {
    return loose.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    return {};
  }
}
