import type {
  Card,
  Change,
  Gauges,
  HubSpotView,
  MachineView,
  Row,
  State,
  Story,
  TourStepView,
} from '../view.ts';

/** All that the page knows. */
export interface Store {
  /** Undefined until the server has answered for the first time. */
  server: string | undefined;
  connected: boolean;
  rows: Map<string, Row>;
  cards: Map<string, Card>;
  gauges: Gauges;
  hubspot: HubSpotView;
  machine: MachineView;
  tour: TourStepView[];
  /** Of the sign-up that is open. */
  story: Story | undefined;
  /** What was said last, and whether it was a problem. */
  message: { text: string; isProblem: boolean } | undefined;
  rowsShown: number;
  cardsShown: number;
  /** The step of the tour that was started on this page. */
  ownStep: number | undefined;
}

export const SHOWN_AT_FIRST = 40;

const none = Array.from({ length: 60 }, () => 0);

export const store: Store = {
  server: undefined,
  connected: false,
  rows: new Map(),
  cards: new Map(),
  gauges: {
    queue: { waiting: 0, inFlight: 0, dead: 0, deadInHand: 0 },
    rate: { used: 0, limit: null },
    minute: { synced: none, calls: none, slowestMs: none },
  },
  hubspot: { mood: 'well', tokenRevoked: false, ownerRemoved: false, v3Off: false },
  machine: { paused: false, instances: [] },
  tour: [],
  story: undefined,
  message: undefined,
  rowsShown: SHOWN_AT_FIRST,
  cardsShown: SHOWN_AT_FIRST,
  ownStep: undefined,
};

/** Everything anew. */
export function applyState({ server, rows, cards, ...others }: State): void {
  Object.assign(store, others, { server, connected: true, story: undefined });
  store.rows = new Map(rows.map((row) => [row.id, row]));
  store.cards = new Map(cards.map((card) => [card.id, card]));
}

/** What is new. */
export function applyChange({
  rows = [],
  cards = [],
  goneRows = [],
  goneCards = [],
  ...others
}: Change): void {
  for (const row of rows) store.rows.set(row.id, row);
  for (const card of cards) store.cards.set(card.id, card);
  for (const id of goneRows) store.rows.delete(id);
  for (const id of goneCards) store.cards.delete(id);
  Object.assign(store, others);
}
