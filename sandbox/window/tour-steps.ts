/** One step of the tour, as the page shows it before anything happens. */
export interface TourStep {
  title: string;
  /** What will happen, in a sentence or two. */
  sentence: string;
}

/** The ticket in six steps. */
export const TOUR_STEPS: readonly TourStep[] = [
  {
    title: 'A new user',
    sentence: 'Somebody new signs up. One request to HubSpot makes their card.',
  },
  {
    title: 'An existing contact',
    sentence: 'Support knows the address already. The username goes on the card, with a note that says why.',
  },
  {
    title: 'Outage and recovery',
    sentence: 'HubSpot is down. The sign-up waits on the queue and is tried again until HubSpot is back.',
  },
  {
    title: 'A malformed message',
    sentence: 'Trying again cannot mend a broken message. It is put aside at once, and HubSpot is not asked.',
  },
  {
    title: 'Dead letter and redrive',
    sentence:
      'HubSpot is down for more than a day. The message becomes a dead letter; a person sends it back later.',
  },
  {
    title: 'Twice, and dead in between',
    sentence:
      'The trigger fires twice, and an instance dies right after the card was made. Still one card, no wrong note.',
  },
];
