import { randomUUID } from 'node:crypto';
import { SSMProvider } from '@aws-lambda-powertools/parameters/ssm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AccessToken, accessToken } from '../../lib/hubspot/token.ts';
import { failureOfCall } from './support/hubspot.ts';
import { parameterStore } from './support/ssm.ts';

const ssm = parameterStore();
let name: string;
let token: AccessToken;
beforeEach(() => {
  name = `/hubspot/${randomUUID()}`;
  token = accessToken({ parameter: name });
});
afterEach(() => vi.useRealTimers());

const UNUSABLE = 'The HubSpot token is empty or holds characters that no token has.';

describe('a token from the environment', () => {
  it('is used as it is, also after a refusal', async () => {
    const fixed = accessToken({ accessToken: 'pat-na1-x' });
    expect(await fixed.current()).toBe('pat-na1-x');
    expect(await fixed.reloaded('pat-na1-x')).toBe('pat-na1-x');
  });

  it.each(['pat\n', ' pat', '\tpat\r\n', '!~'])(
    'loses the space that secrets are stored with: %j',
    async (stored) => {
      expect(await accessToken({ accessToken: stored }).current()).toBe(stored.trim());
    },
  );

  it('stops the start, and is not quoted, where no header could carry it', () => {
    const bad = fc.oneof(
      fc.constantFrom('', ' ', 'two words', 'line\nbreak', 'pät', 'emoji 🧮', 'nul\u0000', 'del\u007F'),
      fc
        .string()
        .map((text) => `${text}ä`)
        .filter((text) => !/^[\x21-\x7e]+$/.test(text.trim())),
    );
    fc.assert(
      fc.property(bad, (stored) => {
        expect(() => accessToken({ accessToken: stored })).toThrow(
          expect.objectContaining({ failure: { class: 'misconfigured', detail: UNUSABLE } }),
        );
      }),
    );
  });
});

describe('a token from SSM', () => {
  it('is read decrypted, by its name, and once for all who ask at the same time', async () => {
    ssm.answer = { value: 'pat-1\n' };
    expect(await Promise.all([token.current(), token.current(), token.current()])).toEqual(
      Array(3).fill('pat-1'),
    );
    expect(ssm.asked).toEqual([{ Name: name, WithDecryption: true }]);
  });

  it('is kept for five minutes, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    ssm.answer = { value: 'pat-1' };
    await token.current();
    ssm.answer = { value: 'pat-2' };

    vi.setSystemTime(Date.now() + 299_000);
    expect(await token.current()).toBe('pat-1');
    vi.setSystemTime(Date.now() + 2_000);
    expect(await token.current()).toBe('pat-2');
    expect(ssm.asked).toHaveLength(2);
  });

  it('is read again when HubSpot refused it', async () => {
    ssm.answer = { value: 'pat-1' };
    await token.current();
    ssm.answer = { value: 'pat-2' };

    expect(await token.reloaded('pat-1')).toBe('pat-2');
    expect(await token.current()).toBe('pat-2');
    expect(ssm.asked).toHaveLength(2);
  });

  it('is not read again when somebody else has read it since', async () => {
    ssm.answer = { value: 'pat-2' };
    await token.current();

    expect(await token.reloaded('pat-1')).toBe('pat-2');
    expect(ssm.asked).toHaveLength(1);
  });

  it('is read once for all whose call was refused at the same time', async () => {
    ssm.answer = { value: 'pat-1' };
    await token.current();
    ssm.answer = { value: 'pat-2' };

    expect(await Promise.all([token.reloaded('pat-1'), token.reloaded('pat-1')])).toEqual(['pat-2', 'pat-2']);
    expect(ssm.asked).toHaveLength(2);
  });

  it.each(['', ' ', 'two words', undefined])('is of no use when it is %j', async (value) => {
    ssm.answer = { value };
    const { class: kind, detail } = await failureOfCall(token.current());
    expect(kind).toBe('misconfigured');
    expect(detail).toBe(UNUSABLE);
  });

  it.each([
    'ParameterNotFound',
    'AccessDeniedException',
    'InvalidKeyId',
    'ParameterVersionNotFound',
    'ValidationException',
  ])('waits for an operator: %s', async (error) => {
    ssm.answer = { error };
    expect(await failureOfCall(token.current())).toEqual({
      class: 'misconfigured',
      detail: `The HubSpot token could not be read from SSM (${error}).`,
    });
  });

  it.each(['InternalServerError', 'NotParameterNotFound', 'UnrecognizedClientException'])(
    'may come back by itself: %s',
    async (error) => {
      ssm.answer = { error };
      expect(await failureOfCall(token.current())).toEqual({
        class: 'transient',
        detail: `The HubSpot token could not be read from SSM (${error}).`,
      });
    },
  );

  it.each([new Error('quotes a secret'), new Error('', { cause: 'a secret' }), 'a secret'])(
    'may come back by itself after an error that nobody knows, which is not quoted: %s',
    async (thrown) => {
      vi.spyOn(SSMProvider.prototype, 'get').mockRejectedValueOnce(thrown);
      expect(await failureOfCall(token.current())).toEqual({
        class: 'transient',
        detail: 'The HubSpot token could not be read from SSM (unknown error).',
      });
    },
  );

  it('is not kept when it is of no use: it can be mended at once', async () => {
    ssm.answer = { value: 'two words' };
    await failureOfCall(token.current());
    ssm.answer = { value: 'pat-1' };
    expect(await token.current()).toBe('pat-1');
  });

  it('is asked for again after a failure', async () => {
    ssm.answer = { error: 'ParameterNotFound' };
    await failureOfCall(token.current());
    ssm.answer = { value: 'pat-1' };
    expect(await token.current()).toBe('pat-1');
  });
});
