import { AssociationSpecAssociationCategoryEnum } from '@hubspot/api-client/lib/codegen/crm/objects/models/AssociationSpec.js';

/*
 * The request bodies that the CRM's owners asked for. "Static metadata to stay EXACTLY as is": change nothing here
 * without them. {{wme_user_email}}, {{wme_username}}, {{contactId}} and {{updatedAt}} are the only variables.
 */

/** Marks a contact that this service created; the update below never sets it. */
export const LEAD_SOURCE_TYPE = 'WME Dashboard';

const TEAM_OWNERSHIP = 'Enterprise';

/** What a note says to the people who read the contact card. */
export const NOTE_BODY =
  'This contact created an account on Enterprise dashboard and already existed in Hubspot. Their Enterprise username has been added.';

/** Step 1: `POST /crm/v3/objects/contacts`. */
export const newContact = ({ email, username }: { email: string; username: string }) => ({
  properties: {
    email,
    username,
    hubspot_owner_id: '823648202',
    lifecyclestage: 'lead',
    hs_lead_status: 'NEW',
    lead_source_type: LEAD_SOURCE_TYPE,
    team_ownership: TEAM_OWNERSHIP,
  },
});

/** Step 2, on a conflict: `PATCH /crm/v3/objects/contacts/{{contactId}}`. */
export const usernameUpdate = ({ username }: { username: string }) => ({
  properties: {
    username,
    team_ownership: TEAM_OWNERSHIP,
  },
});

/** The SDK's name for the string `HUBSPOT_DEFINED`. */
const HUBSPOT_DEFINED = AssociationSpecAssociationCategoryEnum.HubspotDefined;

/** Step 3, after step 2: `POST /crm/v3/objects/notes`. Association type 202 is HubSpot's "note to contact". */
export const updateNote = (contactId: string, updatedAt: Date) => ({
  properties: {
    hubspot_owner_id: '1245777529',
    hs_timestamp: updatedAt.toISOString(),
    hs_note_body: NOTE_BODY,
  },
  associations: [
    {
      to: { id: contactId },
      types: [{ associationCategory: HUBSPOT_DEFINED, associationTypeId: 202 }],
    },
  ],
});
