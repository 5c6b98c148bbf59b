import type { Row, Story, StoryEntry } from './view.ts';

/** Of more sign-ups than these, the oldest that are at their end are forgotten. */
const ROWS_MAX = 2_000;

/** A sign-up, and what has been told of it. */
export interface Told extends Story {
  /** Of the latest delivery. */
  receiptHandle?: string;
}

/** Told of every change, with what has happened if it is worth a line. */
export type Listener = (row: Row, entry: StoryEntry | undefined) => void;

type Happened = Omit<StoryEntry, 'number' | 'at' | 'details' | 'tone'> & Partial<StoryEntry>;

/** Every sign-up and its story, in memory only. */
export function openBook(now: () => number) {
  const all = new Map<string, Told>();
  /** By the ID of each message that it has been, letters included. */
  const byMessage = new Map<string, Told>();
  const listeners = new Set<Listener>();
  const forgotten = new Set<(id: string) => void>();
  let counter = 0;

  /** A row says something else than before. */
  function changed({ row }: Told, entry?: StoryEntry): void {
    row.changedAt = now();
    for (const listener of listeners) listener(row, entry);
  }

  function tell(told: Told, entry: Happened): StoryEntry {
    const whole: StoryEntry = {
      at: now(),
      tone: 'plain',
      details: [],
      ...entry,
      number: told.entries.length + 1,
    };
    told.entries.push(whole);
    changed(told, whole);
    return whole;
  }

  function forgetTheOldest(): void {
    if (all.size <= ROWS_MAX) return;
    const atTheirEnd = ['synced', 'closed', 'not-published'];
    for (const [id, told] of all) {
      if (!atTheirEnd.includes(told.row.phase)) continue;
      all.delete(id);
      for (const [messageId, other] of byMessage) if (other === told) byMessage.delete(messageId);
      for (const listener of forgotten) listener(id);
      return;
    }
  }

  function begin(id: string, about: Partial<Row>): Told {
    counter += 1;
    const at = now();
    const row: Row = {
      id,
      number: counter,
      at,
      changedAt: at,
      phase: 'ready',
      deliveries: 0,
      requests: 0,
      ...about,
    };
    const told: Told = { row, entries: [] };
    all.set(id, told);
    forgetTheOldest();
    return told;
  }

  return {
    all: all as ReadonlyMap<string, Told>,
    byMessage,
    begin,
    tell,
    changed,
    subscribe(listener: Listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onForgotten: (listener: (id: string) => void) => void forgotten.add(listener),
  };
}
