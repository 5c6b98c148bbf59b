import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fixedToken, parameterToken } from '../../lib/hubspot/token.ts';
import type { ParameterStore } from '../../lib/parameters.ts';
import { failureOfCall } from './support/hubspot.ts';

const UNUSABLE = 'The HubSpot token is empty or holds characters that no token has.';

describe('a token from the environment', () => {
  it('is used as it is, also after a refusal', async () => {
    const fixed = fixedToken('pat-na1-x');
    expect(await fixed.current()).toBe('pat-na1-x');
    expect(await fixed.reread()).toBe('pat-na1-x');
  });

  it.each(['pat\n', ' pat', '\tpat\r\n', '!~'])(
    'loses the space that secrets are stored with: %j',
    async (stored) => {
      expect(await fixedToken(stored).current()).toBe(stored.trim());
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
        expect(() => fixedToken(stored)).toThrow(
          expect.objectContaining({
            failure: { class: 'misconfigured', what: 'token', reason: 'TokenMissing', detail: UNUSABLE },
          }),
        );
      }),
    );
  });
});

describe('a token from a parameter', () => {
  let memory: string | undefined;
  let stored: string | undefined;
  const mapped = (value: string | undefined) => new Map(value === undefined ? [] : [['/token', value]]);
  const store = {
    current: vi.fn(async () => mapped(memory)),
    reread: vi.fn(async () => mapped(stored)),
    known: () => undefined,
  } satisfies ParameterStore;
  const token = parameterToken('/token', store);
  beforeEach(() => {
    vi.clearAllMocks();
    memory = 'pat-1\n';
    stored = 'pat-2\n';
  });

  it('is the one in memory, or read anew', async () => {
    expect(await token.current()).toBe('pat-1');
    expect(store.reread).not.toHaveBeenCalled();
    expect(await token.reread()).toBe('pat-2');
  });

  it.each(['', ' ', 'two words', undefined])(
    'is read anew at once when it is of no use: %j',
    async (useless) => {
      memory = useless;
      expect(await token.current()).toBe('pat-2');
      expect(store.reread).toHaveBeenCalledTimes(1);
    },
  );

  it.each([
    ['', UNUSABLE],
    ['two words', UNUSABLE],
    [undefined, 'The HubSpot token could not be read from SSM (ParameterNotFound).'],
  ])('waits for an operator when it is %j', async (useless, detail) => {
    memory = useless;
    stored = useless;
    for (const reading of [token.current(), token.reread()]) {
      expect(await failureOfCall(reading)).toEqual({
        class: 'misconfigured',
        what: 'token',
        reason: 'TokenMissing',
        detail,
      });
    }
  });
});
