import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DeliveryError, type Failure, reasonOf } from '../../lib/failure.ts';
import { failureOf } from '../../lib/hubspot/answers.ts';
import { nextStep } from '../../lib/queue/next-step.ts';
import { allReasons, explain, REASONS } from '../../lib/reasons.ts';
import { parseVerification } from '../../lib/verification.ts';
import {
  conflict,
  invalidEmail,
  invalidProperties,
  tenSecondlyLimit,
  uniquePropertyConflict,
} from '../../sandbox/hubspot/answers.ts';

const runbook = readFileSync('docs/runbook.md', 'utf8');

/** As the runbook's last column has it. */
const REDRIVE = { helps: 'yes', 'helps-afterwards': 'yes, once that is done', 'does-not-help': 'no' };

const policy = { maxReceiveCount: 1, retryBaseSeconds: 1, retryMaxSeconds: 1 };

/** What the dead letter of a last delivery that fails so would say. */
function letterOf(failure: Failure) {
  const next = nextStep(failure, { deliveries: 1, ageSeconds: 0 }, policy, 0);
  if (next.step !== 'dead-letter') throw new Error('There is no dead letter');
  return { errorCode: next.errorCode, reason: reasonOf(failure) };
}

/** Every failure that the types allow, as far as a reason hangs on it. */
const failures: Failure[] = [
  ...([undefined, 'NotJson', 'UsernameUnusable'] as const).map(
    (reason): Failure => ({ class: 'invalid', detail: '', ...(reason && { reason }) }),
  ),
  ...([undefined, 'EmailRefused', 'UsernameRefused'] as const).map(
    (reason): Failure => ({ class: 'rejected', detail: '', ...(reason && { reason }) }),
  ),
  ...(
    [undefined, 'NoAnswer', 'UnreadableAnswer', 'ContactGone', 'SsmTrouble', 'UnexpectedError'] as const
  ).map((reason): Failure => ({ class: 'transient', detail: '', ...(reason && { reason }) })),
  { class: 'throttled', limit: 'daily', detail: '' },
  { class: 'throttled', limit: 'ten-secondly', detail: '' },
  { class: 'misconfigured', what: 'token', detail: '' },
  { class: 'misconfigured', what: 'token', reason: 'TokenMissing', detail: '' },
  { class: 'misconfigured', what: 'request', detail: '' },
  { class: 'not-started', detail: '' },
];

describe('the registry of reasons', () => {
  it('knows every code and reason that a dead letter can have, and none that it cannot', () => {
    const possible = failures.map(letterOf);
    for (const stated of possible) {
      const { reason, action, meaning } = explain(stated);
      expect(reason).toBe(stated.reason);
      expect(meaning.length * action.length).toBeGreaterThan(0);
    }
    const listed = Object.entries(REASONS).flatMap(([errorCode, reasons]) =>
      Object.keys(reasons).map((reason) => `${errorCode} ${reason}`),
    );
    const expected = [
      ...possible.map(({ errorCode, reason }) => `${errorCode} ${reason}`),
      ...Object.keys(REASONS).map((errorCode) => `${errorCode} Unstated`),
    ];
    expect(listed.toSorted()).toEqual([...new Set(expected)].toSorted());
  });

  it('knows letters that SQS has moved by itself, those of before there were reasons, and strangers', () => {
    expect(explain({ errorCode: undefined, reason: undefined })).toMatchObject({ reason: 'ProcessDied' });
    expect(explain({ errorCode: 'HubSpotRejected', reason: undefined })).toMatchObject({
      reason: 'Unstated',
      mover: 'operator',
    });
    for (const reason of ['NewReason', 'constructor', '__proto__', 'NotJson'])
      expect(explain({ errorCode: 'HubSpotRejected', reason })).toMatchObject({ reason: 'Unstated' });
    for (const errorCode of ['Throttled', 'constructor', '__proto__', ''])
      expect(explain({ errorCode, reason: 'NotJson' })).toMatchObject({ reason: 'Unknown' });
  });

  it('the runbook has each reason as the registry has it', () => {
    for (const { reason, explanation } of allReasons()) {
      if (reason === 'Unstated') continue;
      expect(runbook).toContain(
        `| \`${reason}\` | ${explanation.meaning} | ${explanation.action} | ${explanation.mover} | ${REDRIVE[explanation.redrive]} |`,
      );
    }
    expect(runbook.match(/^\| (`\w+`|none|another) \| `\w+` \|/gm)).toHaveLength(
      allReasons().filter(({ reason }) => reason !== 'Unstated').length,
    );
  });

  it('lists each once', () => {
    const names = allReasons().map(({ errorCode, reason }) => `${errorCode} ${reason}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('undefined ProcessDied');
  });
});

describe('a reason is told from what happened', () => {
  const refused = (answer: { status: number; body?: unknown }, addressesContact = false) =>
    reasonOf(
      failureOf(
        { status: answer.status, headers: new Headers(), body: JSON.stringify(answer.body ?? {}) },
        'POST /crm/v3/objects/contacts',
        addressesContact,
      ),
    );

  it.each([
    ['EmailRefused', invalidEmail],
    ['UsernameRefused', invalidProperties([{ name: 'username', code: 'TOO_LONG', message: '' }])],
    [
      'EmailRefused',
      invalidProperties([
        { name: 'username', code: 'TOO_LONG', message: '' },
        { name: 'email', code: 'INVALID_EMAIL', message: '' },
      ]),
    ],
    ['UsernameRefused', uniquePropertyConflict],
    ['ValueTaken', conflict('1')],
    ['BurstLimit', tenSecondlyLimit],
    ['TokenRefused', { status: 401 }],
    ['RequestRefused', { status: 400 }],
    ['HubSpotTrouble', { status: 503 }],
  ])('%s', (reason, answer) => {
    expect(refused(answer)).toBe(reason);
  });

  it('ContactGone', () => {
    expect(refused({ status: 404 }, true)).toBe('ContactGone');
    expect(refused({ status: 400, body: { subCategory: 'x.INVALID_OBJECT_IDS' } })).toBe('ContactGone');
  });

  it.each([
    ['NotJson', '{'],
    ['NotJson', '\uFEFF{}'],
    ['UsernameUnusable', '{"email":"a@b"}'],
    ['UsernameUnusable', '{"email":"a@b","username":""}'],
    ['BadFields', '{"username":"x"}'],
    ['BadFields', '{}'],
    ['BadFields', '{"email":"a","username":""}'],
    ['BadFields', '[]'],
  ])('%s: %s', (reason, body) => {
    expect(() => parseVerification(body)).toThrow(
      expect.toSatisfy((error) => error instanceof DeliveryError && reasonOf(error.failure) === reason),
    );
  });
});
