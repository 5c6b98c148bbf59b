import * as z from 'zod/mini';
import { EXIT } from '../exit.ts';
import { reportShape } from '../terminal/report.ts';

/*
 * What `dlq` prints with --json. docs/reports.schema.json is made of these; scripts rely on them: fields are added, and
 * none is taken away.
 */

const count = z.int().check(z.nonnegative());
const time = z.iso.datetime();
const nullableText = z.nullable(z.string());

const group = z.object({
  errorCode: nullableText,
  reason: z.string(),
  count,
  oldest: time,
  newest: time,
  daysLeft: z.number(),
  meaning: z.string(),
  action: z.string(),
  mover: z.string(),
  redrive: z.enum(['helps', 'helps-afterwards', 'does-not-help']),
});

const detail = z.object({
  id: z.string(),
  errorCode: nullableText,
  reason: z.string(),
  deliveries: z.nullable(z.int()),
  sentAt: time,
});

export const listReport = z.object({
  command: z.literal('dlq list'),
  outcome: z.enum(['listed', 'interrupted', 'error']),
  ...reportShape,
  letters: count,
  groups: z.array(group),
  details: z.optional(z.array(detail)),
  /** Letters that somebody else has in hand, or that wait behind others of the same person. */
  notShown: count,
});

const plan = z.enum(['create', 'nothing', 'superseded', 'username', 'username-and-note', 'dead']);

export const showReport = z.object({
  command: z.literal('dlq show'),
  outcome: z.enum(['shown', 'not-found', 'interrupted', 'error']),
  ...reportShape,
  letter: z.nullable(
    z.object({
      ...detail.shape,
      errorMessage: nullableText,
      requestId: nullableText,
      hubSpotCorrelationId: nullableText,
      meaning: z.string(),
      action: z.string(),
      mover: z.string(),
      redrive: z.enum(['helps', 'helps-afterwards', 'does-not-help']),
      daysLeft: z.number(),
      /** Masked, without --reveal. Null where the body tells none. */
      email: nullableText,
      username: nullableText,
      verifiedAt: nullableText,
    }),
  ),
  /** What HubSpot holds for the address; null where it was not asked. */
  hubspot: z.nullable(
    z.object({
      contactId: nullableText,
      username: nullableText,
      leadSourceType: nullableText,
      createdAt: z.nullable(time),
      notes: z.nullable(count),
    }),
  ),
  /** What a redrive would do; null where HubSpot was not asked. */
  plan: z.nullable(plan),
  logs: z.object({ state: z.enum(['read', 'skipped']), reason: nullableText, lines: z.array(z.string()) }),
});

const outcomes = z.object({
  created: count,
  updated: count,
  'username-only': count,
  unchanged: count,
  dead: count,
  waiting: count,
});

export const redriveReport = z.object({
  command: z.literal('dlq redrive'),
  outcome: z.enum(['moved', 'nothing-to-do', 'dry-run', 'declined', 'incomplete', 'interrupted', 'error']),
  ...reportShape,
  matched: count,
  moved: count,
  failed: count,
  /** With --dry-run what would happen, with --follow what has. */
  outcomes: z.optional(outcomes),
  name: nullableText,
  auditFile: nullableText,
});

export const dropReport = z.object({
  command: z.literal('dlq drop'),
  outcome: z.enum(['dropped', 'nothing-to-do', 'declined', 'incomplete', 'interrupted', 'error']),
  ...reportShape,
  matched: count,
  dropped: count,
  file: nullableText,
  auditFile: nullableText,
});

export const saveReport = z.object({
  command: z.literal('dlq save'),
  outcome: z.enum(['saved', 'nothing-to-do', 'incomplete', 'interrupted', 'error']),
  ...reportShape,
  matched: count,
  saved: count,
  file: nullableText,
});

export const loadReport = z.object({
  command: z.literal('dlq load'),
  outcome: z.enum(['loaded', 'already-loaded', 'declined', 'incomplete', 'interrupted', 'error']),
  ...reportShape,
  letters: count,
  loaded: count,
  loadedBefore: count,
  auditFile: nullableText,
});

export type ListReport = z.infer<typeof listReport>;
export type ShowReport = z.infer<typeof showReport>;
export type RedriveReport = z.infer<typeof redriveReport>;
export type DropReport = z.infer<typeof dropReport>;
export type SaveReport = z.infer<typeof saveReport>;
export type LoadReport = z.infer<typeof loadReport>;
export type Outcomes = z.infer<typeof outcomes>;

/** A document but for its end. */
type Empty<Report> = Omit<Report, 'outcome' | 'message'>;

const nothing = { exitCode: EXIT.ok, problems: [], queue: null };

/** Each document before anything has happened. */
export const emptyList: Empty<ListReport> = {
  command: 'dlq list',
  ...nothing,
  letters: 0,
  groups: [],
  notShown: 0,
};
export const emptyShow: Empty<ShowReport> = {
  command: 'dlq show',
  ...nothing,
  letter: null,
  hubspot: null,
  plan: null,
  logs: { state: 'skipped', reason: null, lines: [] },
};
export const emptyRedrive: Empty<RedriveReport> = {
  command: 'dlq redrive',
  ...nothing,
  matched: 0,
  moved: 0,
  failed: 0,
  name: null,
  auditFile: null,
};
export const emptyDrop: Empty<DropReport> = {
  command: 'dlq drop',
  ...nothing,
  matched: 0,
  dropped: 0,
  file: null,
  auditFile: null,
};
export const emptySave: Empty<SaveReport> = {
  command: 'dlq save',
  ...nothing,
  matched: 0,
  saved: 0,
  file: null,
};
export const emptyLoad: Empty<LoadReport> = {
  command: 'dlq load',
  ...nothing,
  letters: 0,
  loaded: 0,
  loadedBefore: 0,
  auditFile: null,
};

export const noOutcomes: Outcomes = {
  created: 0,
  updated: 0,
  'username-only': 0,
  unchanged: 0,
  dead: 0,
  waiting: 0,
};
