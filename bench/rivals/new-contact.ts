/** The body that the ticket asks for, of a message's. */
export function newContact(message: string): string {
  const { email, username } = JSON.parse(message);
  return JSON.stringify({
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
}
