import { beforeEach, describe, expect, it, vi } from 'vitest';
import { personTag } from '../../lib/person.ts';
import { openSecrets } from '../../lib/secrets.ts';
import { ssmEndpoint } from './support/ssm.ts';

const ssm = ssmEndpoint();
const key = 'k'.repeat(32);
const logger = { info: vi.fn(), warn: vi.fn() };
beforeEach(() => vi.clearAllMocks());

const location = { parameter: '/token', logKeyParameter: '/key' };
const NAMELESS = 'Log lines name nobody, not even by a hash';

describe('the token and the key of the logs', () => {
  it('come from SSM with one call', async () => {
    ssm.answer = { values: { '/token': 'pat-1', '/key': `${key}\n` } };
    const { token, tagOf } = openSecrets(location, logger);

    expect(tagOf('ada@example.org')).toBeUndefined();
    expect(await token.current()).toBe('pat-1');
    expect(tagOf('Ada@example.org')).toBe(personTag('ada@example.org', key));
    expect(ssm.asked).toEqual([{ Names: ['/token', '/key'], WithDecryption: true }]);
    expect(logger.info).not.toHaveBeenCalled();
  });

  it.each<[string, Record<string, string>]>([
    ['there is none', { '/token': 'pat-1' }],
    ['it is short', { '/token': 'pat-1', '/key': 'secret' }],
  ])('people are not named at all where %s, which is said once', async (_, values) => {
    ssm.answer = { values };
    const { token, tagOf } = openSecrets(location, logger);
    await token.current();

    expect([tagOf('ada@example.org'), tagOf('bob@example.org')]).toEqual([undefined, undefined]);
    expect(logger.info.mock.calls).toEqual([
      [NAMELESS, { reason: 'the parameter of LOG_KEY_PARAMETER holds no key of 32 characters or more' }],
    ]);
  });

  it('the token alone is read where no key is wanted', async () => {
    ssm.answer = { values: { '/token': 'pat-1' } };
    const { token, tagOf } = openSecrets({ parameter: '/token', logKeyParameter: undefined }, logger);
    await token.current();

    expect(ssm.asked).toEqual([{ Names: ['/token'], WithDecryption: true }]);
    expect(tagOf('ada@example.org')).toBeUndefined();
    expect(logger.info.mock.calls).toEqual([[NAMELESS, { reason: 'LOG_KEY_PARAMETER is not set' }]]);
  });

  it('a token from the environment has no key beside it', async () => {
    const { token, tagOf } = openSecrets({ accessToken: 'pat-1' }, logger);
    expect(await token.current()).toBe('pat-1');
    expect([tagOf('ada@example.org'), tagOf('ada@example.org')]).toEqual([undefined, undefined]);
    expect(logger.info.mock.calls).toEqual([[NAMELESS, { reason: 'LOG_KEY_PARAMETER is not set' }]]);
    expect(ssm.asked).toEqual([]);
  });

  it('that SSM is away is said where both stay in use', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      ssm.answer = { values: { '/token': 'pat-1', '/key': key } };
      const { token } = openSecrets(location, logger);
      await token.current();
      ssm.answer = { error: 'InternalServerError', status: 400 };
      vi.advanceTimersByTime(300_001);
      expect(await token.current()).toBe('pat-1');
      expect(logger.warn.mock.calls).toEqual([
        [
          'The values in memory stay in use',
          { reason: 'The HubSpot token could not be read from SSM (InternalServerError).' },
        ],
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});
