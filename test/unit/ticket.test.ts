import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newContact, updateNote, usernameUpdate } from '../../lib/hubspot/ticket.ts';

const anyText = fc.oneof(
  fc.string(),
  fc.constantFrom(' Ada ', 'ADA@x', '艾达', '🧮', '\uFEFF', '\u0000', '__proto__', ''),
);

it('only the address and the username vary in a new contact, and go in as they came', () => {
  fc.assert(
    fc.property(anyText, anyText, (email, username) => {
      expect(newContact({ email, username })).toStrictEqual({
        properties: {
          email,
          username,
          hubspot_owner_id: '823648202',
          lifecyclestage: 'lead',
          hs_lead_status: 'NEW',
          lead_source_type: 'WME Dashboard',
          team_ownership: 'Enterprise',
        },
      });
      expect(usernameUpdate({ username })).toStrictEqual({
        properties: { username, team_ownership: 'Enterprise' },
      });
    }),
  );
});

it('a note is dated to the millisecond, and stands on the contact whose ID is text', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 20n }),
      fc.date({ noInvalidDate: true }),
      (id, updatedAt) => {
        const { properties, associations } = updateNote(String(id), updatedAt);
        expect(new Date(properties.hs_timestamp).getTime()).toBe(updatedAt.getTime());
        expect(associations).toStrictEqual([
          {
            to: { id: String(id) },
            types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }],
          },
        ]);
      },
    ),
  );
});
