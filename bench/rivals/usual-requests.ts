import * as z from 'zod/mini';

/* The usual ways to bring a sign-up into HubSpot, request by request. A failure is thrown, and the message comes again. */

interface Person {
  email: string;
  username: string;
}

/** Takes one message. */
export type UsualWay = (url: string, person: Person) => Promise<void>;

const contact = z.object({ id: z.string(), updatedAt: z.string() });
const found = z.object({ results: z.array(z.object({ id: z.string() })) });
const refusal = z.object({ message: z.string() });

async function ask(url: string, method: string, path: string, body: object) {
  const response = await fetch(`${url}/crm/v3/objects/${path}`, {
    method,
    headers: { authorization: 'Bearer sandbox-token', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: unknown = JSON.parse(await response.text());
  if (response.status >= 500) throw new Error(`${method} ${path} answered ${response.status}`);
  return { status: response.status, answer };
}

const asNew = (person: Person) => ({
  properties: { ...person, lead_source_type: 'WME Dashboard', team_ownership: 'Enterprise' },
});
const asKnown = ({ username }: Person) => ({ properties: { username, team_ownership: 'Enterprise' } });
const noteOn = (id: string, updatedAt: string) => ({
  properties: { hs_timestamp: updatedAt, hs_note_body: 'This contact already existed.' },
  associations: [{ to: { id }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] }],
});

async function updateAndNote(url: string, id: string, person: Person): Promise<void> {
  const { answer } = await ask(url, 'PATCH', `contacts/${id}`, asKnown(person));
  await ask(url, 'POST', 'notes', noteOn(id, contact.parse(answer).updatedAt));
}

export const USUAL_WAYS: Readonly<Record<string, UsualWay>> = {
  async 'search first'(url, person) {
    const filters = [{ propertyName: 'email', operator: 'EQ', value: person.email }];
    const { answer } = await ask(url, 'POST', 'contacts/search', { filterGroups: [{ filters }] });
    const [known] = found.parse(answer).results;
    if (known === undefined) await ask(url, 'POST', 'contacts', asNew(person));
    else await updateAndNote(url, known.id, person);
  },

  async 'PATCH by email, then POST on 404'(url, person) {
    const path = `contacts/${encodeURIComponent(person.email)}?idProperty=email`;
    const { status, answer } = await ask(url, 'PATCH', path, asKnown(person));
    if (status === 404) {
      await ask(url, 'POST', 'contacts', asNew(person));
      return;
    }
    const { id, updatedAt } = contact.parse(answer);
    await ask(url, 'POST', 'notes', noteOn(id, updatedAt));
  },

  async 'POST, then PATCH on 409'(url, person) {
    const { status, answer } = await ask(url, 'POST', 'contacts', asNew(person));
    if (status !== 409) return;
    const [, id = ''] = /Existing ID: (\d+)/.exec(refusal.parse(answer).message) ?? [];
    await updateAndNote(url, id, person);
  },
};
