import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ParameterStore, parameterStore } from '../../lib/parameters.ts';
import { failureOfCall } from './support/hubspot.ts';
import { ssmEndpoint } from './support/ssm.ts';

const ssm = ssmEndpoint();
const names = ['/stage/token', '/stage/key'];
let now: number;
let stale: string[];
let store: ParameterStore;
beforeEach(() => {
  now = 0;
  stale = [];
  store = parameterStore({ names, onStale: (reason) => stale.push(reason), now: () => now });
});
afterEach(() => vi.restoreAllMocks());

const values = (token: string) => ({ values: { '/stage/token': token, '/stage/key': 'k' } });
const token = async (reading: ReturnType<ParameterStore['current']>) => (await reading).get('/stage/token');

describe('parameters', () => {
  it('are read decrypted, all in one call, and once for all who ask at the same time', async () => {
    ssm.answer = values('one');
    expect(
      await Promise.all([token(store.current()), token(store.current()), token(store.reread())]),
    ).toEqual(Array(3).fill('one'));
    expect(ssm.asked).toEqual([{ Names: names, WithDecryption: true }]);
  });

  it('that do not exist are not among the values, and keep nothing from the others', async () => {
    ssm.answer = { values: { '/stage/token': 'one' } };
    expect(await store.current()).toEqual(new Map([['/stage/token', 'one']]));
  });

  it('are known once they have been read, and nothing is read for that', async () => {
    expect(store.known()).toBeUndefined();
    ssm.answer = values('one');
    await store.current();
    now = 1_000_000;
    expect(store.known()?.get('/stage/token')).toBe('one');
    expect(ssm.asked).toHaveLength(1);
  });

  it('are kept for five minutes, and no longer', async () => {
    ssm.answer = values('one');
    await store.current();
    ssm.answer = values('two');

    now = 299_999;
    expect(await token(store.current())).toBe('one');
    now = 300_000;
    expect(await token(store.current())).toBe('two');
    expect(ssm.asked).toHaveLength(2);
  });

  it('without a name or a value are none', async () => {
    for (const words of [{}, { Parameters: [{ Name: '/stage/token' }, { Value: 'x' }, {}] }]) {
      ssm.answer = { words };
      expect(await store.reread()).toEqual(new Map());
    }
  });

  it('are kept by a clock of their own where none is given', async () => {
    ssm.answer = values('one');
    const usual = parameterStore({ names });
    await usual.current();
    await usual.current();
    expect(ssm.asked).toHaveLength(1);
  });

  it('are read anew when that is wanted, and kept from then on', async () => {
    ssm.answer = values('one');
    await store.current();
    ssm.answer = values('two');
    now = 200_000;

    expect(await token(store.reread())).toBe('two');
    now = 499_999;
    expect(await token(store.current())).toBe('two');
    expect(ssm.asked).toHaveLength(2);
  });
});

describe('while SSM is away', () => {
  it('is not said where nothing is in memory: then it fails', async () => {
    ssm.answer = { error: 'InternalServerError', status: 500 };
    await failureOfCall(store.current());
    expect(stale).toEqual([]);
  });

  it('the values in memory stay in use, which is said, and SSM is asked once a minute', async () => {
    ssm.answer = values('one');
    await store.current();
    ssm.answer = { error: 'AccessDeniedException' };

    now = 300_000;
    expect(await token(store.current())).toBe('one');
    expect(await token(store.current())).toBe('one');
    expect(ssm.asked).toHaveLength(2);
    expect(stale).toEqual(['The HubSpot token could not be read from SSM (AccessDeniedException).']);

    now = 359_999;
    await store.current();
    expect(ssm.asked).toHaveLength(2);
    ssm.answer = values('two');
    now = 360_000;
    expect(await token(store.current())).toBe('two');
    expect(stale).toHaveLength(1);
  });

  it('reading anew fails all the same: what is in memory is what HubSpot has refused', async () => {
    ssm.answer = values('one');
    await store.current();
    ssm.answer = { error: 'InternalServerError', status: 500 };
    expect(await failureOfCall(store.reread())).toMatchObject({ class: 'transient' });
    expect(store.known()?.get('/stage/token')).toBe('one');
  });
});

describe('nothing in memory, and nothing to be had', () => {
  it.each(['AccessDeniedException', 'InvalidKeyId', 'ValidationException'])(
    'waits for an operator: %s',
    async (error) => {
      ssm.answer = { error };
      expect(await failureOfCall(store.current())).toEqual({
        class: 'misconfigured',
        what: 'token',
        reason: 'TokenMissing',
        detail: `The HubSpot token could not be read from SSM (${error}).`,
      });
    },
  );

  it.each(['InternalServerError', 'NotAccessDenied', 'UnrecognizedClientException'])(
    'may mend itself: %s',
    async (error) => {
      ssm.answer = { error };
      expect(await failureOfCall(store.current())).toEqual({
        class: 'transient',
        reason: 'SsmTrouble',
        detail: `The HubSpot token could not be read from SSM (${error}).`,
      });
    },
  );

  it.each([
    new Error('quotes a secret'),
    Object.assign(new Error(), { name: 'a secret' }),
    Object.assign(new Error(), { name: 'a'.repeat(65) }),
    'a secret',
  ])('may mend itself after an error that nobody knows, which is not quoted: %s', async (thrown) => {
    ssm.answer = { error: 'InternalServerError', status: 500 };
    vi.spyOn(SSMClient.prototype, 'send').mockImplementationOnce(() => Promise.reject(thrown));
    const { detail } = await failureOfCall(store.current());
    expect(detail).toBe(
      `The HubSpot token could not be read from SSM (${thrown instanceof Error && thrown.name === 'Error' ? 'Error' : 'unknown error'}).`,
    );
  });

  it('is asked for again by the next one', async () => {
    ssm.answer = { error: 'InternalServerError', status: 500 };
    await failureOfCall(store.current());
    ssm.answer = values('one');
    expect(await token(store.current())).toBe('one');
  });
});

describe('reading takes two attempts, the second one by the SDK', () => {
  const reading = () => token(store.reread());

  it('and the first is enough where all goes well', async () => {
    const send = vi.spyOn(SSMClient.prototype, 'send');
    ssm.answer = values('one');
    expect(await reading()).toBe('one');
    expect(send).not.toHaveBeenCalled();
  });

  it('where SSM has trouble, or an answer is none', async () => {
    for (const answer of [
      { error: 'InternalServerError', status: 500 },
      { error: 'ThrottlingException' },
      { words: { Parameters: [{ Name: 7 }] } },
      { words: 'nothing' },
    ]) {
      ssm.answer = answer;
      await reading().catch(() => undefined);
      expect(ssm.asked.splice(0)).toHaveLength(2);
    }
  });

  it('and leaves no connection of the SDK behind, however long SSM has trouble', async () => {
    ssm.answer = { error: 'InternalServerError', status: 500 };
    for (let message = 0; message < 5; message += 1) await failureOfCall(store.current());
    expect(ssm.asked).toHaveLength(10);
    await vi.waitFor(async () => expect(await ssm.connections()).toBeLessThanOrEqual(1));
  });

  it('but one where only an operator can mend it', async () => {
    ssm.answer = { error: 'AccessDeniedException' };
    await failureOfCall(store.reread());
    expect(ssm.asked).toHaveLength(1);
  });

  it('with the time of day as SSM has it, where this clock is wrong', async () => {
    const ahead = new Date(Date.now() + 3 * 3_600_000);
    ssm.answer = { error: 'InvalidSignatureException', date: ahead.toUTCString() };
    await failureOfCall(store.reread());
    const [first, second] = ssm.headers.map(({ 'x-amz-date': date }) =>
      Date.parse(String(date).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')),
    );
    expect(Number(second) - Number(first)).toBeGreaterThan(3 * 3_600_000 - 5_000);
    expect(Math.abs(Number(second) - ahead.getTime())).toBeLessThan(60_000);
  });
});
