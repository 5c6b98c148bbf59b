import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTrigger } from '../../lib/publish-trigger.ts';
import { triggerEvent } from '../integration/publish-invocation.ts';

const now = new Date('2026-11-23T18:00:00.000Z');
const sub = '9b2f8f5e-70b1-4a3a-9df1-0c3a5e1d2b34';

describe('a verified sign-up', () => {
  it('becomes a verification, its values exactly as Cognito has them', () => {
    expect(readTrigger(triggerEvent(), now)).toEqual({
      kind: 'verified',
      verification: {
        email: 'Ada.Lovelace+wme@Example.org',
        username: 'AdaL',
        verifiedAt: '2026-11-23T18:00:00.000Z',
      },
      sub,
    });
  });

  it.each([{ 'custom:username': undefined }, { 'custom:username': '' }])(
    'takes the account name where no username was chosen: %o',
    (changed) => {
      expect(readTrigger(triggerEvent(changed), now)).toMatchObject({
        verification: { username: 'countess-of-lovelace' },
      });
    },
  );

  it('has an empty username where Cognito names none, for the check to refuse', () => {
    const { userName: _, ...nameless } = triggerEvent({ 'custom:username': undefined });
    expect(readTrigger(nameless, now)).toMatchObject({ kind: 'verified', verification: { username: '' } });
  });

  it('is also one where a hand-made event says so with a boolean', () => {
    expect(readTrigger(triggerEvent({ email_verified: true }), now)).toEqual(
      readTrigger(triggerEvent(), now),
    );
  });

  it('does not need a sub, and takes none that could not be a deduplication ID', () => {
    for (const strange of [undefined, '', 'ada@example.org', 'x'.repeat(129)]) {
      expect(readTrigger(triggerEvent({ sub: strange }), now)).toMatchObject({
        kind: 'verified',
        sub: undefined,
      });
    }
  });
});

describe('what else comes through the trigger', () => {
  it.each([
    ['a password reset', triggerEvent({}, 'PostConfirmation_ConfirmForgotPassword')],
    ['a trigger that Cognito may invent yet', triggerEvent({}, 'PostConfirmation_Something')],
    ['another trigger', triggerEvent({}, 'PreSignUp_SignUp')],
  ])('is ignored: %s', (_, event) => {
    expect(readTrigger(event, now)).toMatchObject({ kind: 'ignored' });
  });

  it.each([
    ['an address that is not verified', triggerEvent({ email_verified: 'false' })],
    ['an address that is not verified, as a boolean', triggerEvent({ email_verified: false })],
    ['an address whose verification was cleared', triggerEvent({ email_verified: '' })],
    [
      'an account without an address, confirmed by an administrator',
      triggerEvent({ email: undefined, email_verified: undefined }),
    ],
  ])('is a sign-up without a verified address, told apart: %s', (_, event) => {
    expect(readTrigger(event, now)).toEqual({ kind: 'unverified', sub });
  });

  it('is reported with its sub where a verified sign-up cannot be read', () => {
    expect(readTrigger(triggerEvent({ email: undefined }), now)).toMatchObject({ kind: 'unreadable', sub });
  });

  it.each([
    [{}, 'no triggerSource'],
    [{ ...triggerEvent(), request: {} }, 'no userAttributes'],
    [{ ...triggerEvent(), request: undefined }, 'no userAttributes'],
    [{ ...triggerEvent(), request: { userAttributes: 'none' } }, 'no userAttributes'],
    [triggerEvent({ email_verified: 1 }), 'email_verified is neither true nor false'],
    [triggerEvent({ email_verified: null }), 'email_verified is neither true nor false'],
    [triggerEvent({ email_verified: 'ada@example.org' }), 'email_verified is neither true nor false'],
    [triggerEvent({ email: undefined }), 'no email, or a user name that is not text'],
    [{ ...triggerEvent(), userName: 7 }, 'no email, or a user name that is not text'],
  ])('says what is wrong where a verified sign-up cannot be read (%#)', (event, because) => {
    expect(readTrigger(event, now)).toMatchObject({ kind: 'unreadable', because });
  });

  it('says why it ignored a password reset', () => {
    const event = triggerEvent({}, 'PostConfirmation_ConfirmForgotPassword');
    expect(readTrigger(event, now)).toEqual({ kind: 'ignored', because: 'not a sign-up' });
  });

  it('never throws and never calls anything verified that is not', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (event) => {
        expect(readTrigger(event, now).kind).toBe('unreadable');
      }),
    );
  });
});
