import * as z from 'zod/mini';
import type { Portal } from './portal.ts';
import { partsOf } from './versions.ts';

const id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));

/** As much of a body as tells whom it is about; the rest may be as wrong as it likes. */
const bodySchema = z.object({
  properties: z.catch(z.object({ email: z.catch(z.string(), '') }), { email: '' }),
  associations: z.catch(z.array(z.object({ to: z.object({ id }) })), []),
  inputs: z.catch(z.array(z.object({ id })), []),
});

function parse(body: string) {
  try {
    return bodySchema.parse(JSON.parse(body));
  } catch {
    return { properties: { email: '' }, associations: [], inputs: [] };
  }
}

/** The addresses, in lower case, of the people a request concerns, as far as the account knows at this moment. */
export function peopleConcerned(portal: Portal, path: string, body: string): string[] {
  const { properties, associations, inputs } = parse(body);
  const { family, rest = '' } = partsOf(path) ?? {};
  const [type = '', object = ''] = rest.split('/');
  const named = [object, ...inputs.map((input) => input.id)];
  // A batch read of associations asks for those of contacts, and a contact can be asked for by its address.
  const areNotes = family === 'objects' && type === 'notes';
  const contactIds = [
    ...associations.map(({ to }) => to.id),
    ...(areNotes ? named.flatMap((id) => portal.note(id)?.contactIds ?? []) : named),
  ];
  const emails = [
    properties.email,
    ...(areNotes ? [] : named.filter((id) => id.includes('@'))),
    ...contactIds.flatMap((contactId) => portal.emailsOf(contactId)),
  ];
  return [...new Set(emails.map((email) => email.toLowerCase()))].filter((email) => email !== '');
}
