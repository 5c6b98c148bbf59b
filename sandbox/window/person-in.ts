import * as z from 'zod/mini';

const BODY_MAX = 300;
const person = z.object({ email: z.string(), username: z.catch(z.string(), '') });

/** Whom a message is about; of one that is malformed, what stands in it. */
export function personIn(body: string): { email?: string; username?: string; body?: string } {
  const malformed = { body: body.length > BODY_MAX ? `${body.slice(0, BODY_MAX)}…` : body };
  try {
    const { email, username } = person.parse(JSON.parse(body));
    return username === '' || !email.includes('@') ? malformed : { email, username };
  } catch {
    return malformed;
  }
}
