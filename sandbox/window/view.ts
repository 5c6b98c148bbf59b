/*
 * What the server tells the page. Types only: both sides read them.
 */

/** Where a sign-up is, between the trigger and its card. */
export type Phase =
  /** The trigger is at work. */
  | 'signing-up'
  /** On the queue, to be delivered. */
  | 'ready'
  | 'working'
  /** Put back: SQS hides it until `until`. */
  | 'waiting'
  | 'synced'
  | 'dead'
  /** It was a dead letter, and an operator has dropped it. */
  | 'closed'
  /** The trigger put nothing on the queue. */
  | 'not-published';

export type SyncOutcome = 'created' | 'updated' | 'username-only' | 'unchanged' | 'superseded';

/** A dead letter, in the words of lib/reasons.ts. */
export interface LetterView {
  id: string;
  /** Left out where SQS moved it by itself. */
  errorCode?: string;
  reason: string;
  meaning: string;
  action: string;
  mover: string;
  redrive: 'helps' | 'helps-afterwards' | 'does-not-help';
  /** What happened at last. */
  message: string;
}

/** One sign-up, or one message that came to the queue in another way. Times are in milliseconds since 1970. */
export interface Row {
  id: string;
  /** Rises with every new one. */
  number: number;
  at: number;
  /** When something last happened to it. */
  changedAt: number;
  email?: string;
  username?: string;
  /** What stands in a message from which nobody can be told. */
  body?: string;
  phase: Phase;
  /** While it waits. */
  until?: number;
  /** Why it waits, or was not published. */
  why?: string;
  outcome?: SyncOutcome;
  letter?: LetterView;
  contactId?: string;
  deliveries: number;
  requests: number;
  /** Counted from 1, while it is being worked on. */
  instance?: number;
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad';

/** One thing that happened to a sign-up. */
export interface StoryEntry {
  number: number;
  at: number;
  kind: 'trigger' | 'queue' | 'delivery' | 'call' | 'synced' | 'log' | 'died' | 'dead-letter' | 'operator';
  title: string;
  tone: Tone;
  /** Of a call: its status, or that there was none. */
  status?: string;
  durationMs?: number;
  /** What can be looked at: bodies, and log lines as they were printed. */
  details: { label: string; text: string }[];
}

export interface Story {
  row: Row;
  entries: StoryEntry[];
}

/** Something on a card's timeline. */
export interface CardEvent {
  id: string;
  at: number;
  kind: 'note' | 'created' | 'username';
  text: string;
  by: 'people' | 'sync';
}

/** A contact card, as support sees it. */
export interface Card {
  id: string;
  name: string;
  email: string;
  otherEmails: string[];
  username: string;
  properties: { name: string; value: string }[];
  createdAt: number;
  updatedAt: number;
  /** Latest first. */
  timeline: CardEvent[];
}

export interface Gauges {
  queue: { waiting: number; inFlight: number; dead: number; deadInHand: number };
  /** Of HubSpot's limit for ten seconds. */
  rate: { used: number; limit: number | null };
  /** One number for each of the last sixty seconds, the newest last. */
  minute: {
    synced: number[];
    calls: number[];
    /** From the sign-up to its card: the slowest of that second, in milliseconds; 0 where there was none. */
    slowestMs: number[];
  };
}

export type Mood = 'well' | 'slow' | 'throttled' | 'down' | 'answers-lost';

export interface HubSpotView {
  mood: Mood;
  tokenRevoked: boolean;
  ownerRemoved: boolean;
  v3Off: boolean;
}

export interface MachineView {
  /** Event source mapping: whether it hands out messages. */
  paused: boolean;
  instances: { number: number; running: boolean; busyWith: number }[];
}

export interface TourStepView {
  state: 'open' | 'running' | 'done' | 'failed';
  /** What has happened so far, in sentences. */
  said: string[];
  /** The sign-up to look at. */
  rowId?: string;
}

/** Everything that the page shows, but for the stories. */
export interface State {
  /** Another one after every start of the server. */
  server: string;
  rows: Row[];
  cards: Card[];
  gauges: Gauges;
  hubspot: HubSpotView;
  machine: MachineView;
  tour: TourStepView[];
}

/** What is new since the last time. Rows and cards are whole, each in the place of its older self. */
export interface Change extends Partial<Omit<State, 'server'>> {
  goneRows?: string[];
  goneCards?: string[];
}
