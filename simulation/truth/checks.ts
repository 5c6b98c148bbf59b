/** What is checked, of every person, letter, alarm and line: names for reports and for docs/promises.md. */
export const CHECKS = {
  'one card':
    'Whoever verified their address has one card, new or their own from before, with the values of the ticket.',
  'the latest username': 'The card has the username of the latest verification.',
  'true notes':
    'A note was written for each verification that met a contact of somebody else, and for no other.',
  'note of its update': 'A note is dated as an update of its card.',
  'nobody verified': 'Whoever did not verify their address has no card.',
  'nobody is lost':
    'Every verification is in HubSpot, on the queue or in the dead-letter queue, or an operator has closed it; one that never came to the queue is found by the daily comparison, unless its account was deleted before.',
  'true letters': 'Every dead letter has a reason that is true, and names nobody.',
  'somebody is called': 'Where a person is needed, an alarm goes off.',
  'no false alarm': 'No alarm goes off without a reason.',
  'within a minute': 'On a calm day, half of the people have their card within a minute.',
  "the limit's pace":
    'A backlog drains at nine tenths of the limit or more, and on a calm day HubSpot refuses no call for the limit.',
  'a day is outlasted':
    'Whoever is given up for having been delivered too often has waited for a day or more.',
  'names in no log': 'No log line holds an address or a username.',
} as const;

export type Check = keyof typeof CHECKS;
