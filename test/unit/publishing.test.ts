import { describe, expect, it } from 'vitest';
import { verificationMessage } from '../../lib/publishing.ts';

describe('the message of a verification', () => {
  const ada = { email: 'Ada@Example.org', username: 'AdaL', verifiedAt: '2026-11-23T18:00:00.000Z' };
  const message = verificationMessage;

  it('holds the three fields as they are', () => {
    expect(JSON.parse(message(ada).MessageBody)).toEqual(ada);
  });

  it("is of the person's group, whatever the case of the address", () => {
    expect(message(ada).MessageGroupId).toBe(message({ ...ada, email: 'ADA@example.ORG' }).MessageGroupId);
    expect(message(ada).MessageGroupId).not.toBe(
      message({ ...ada, email: 'eda@example.org' }).MessageGroupId,
    );
    expect(message(ada).MessageGroupId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is one for all repeats of one trigger: by sub, or by address and name', () => {
    const later = { ...ada, verifiedAt: '2026-11-23T18:00:07.000Z' };
    expect(message(ada, { sub: 'sub-1' }).MessageDeduplicationId).toBe('sub-1');
    expect(message(ada).MessageDeduplicationId).toBe(message(later).MessageDeduplicationId);
    expect(message(ada).MessageDeduplicationId).not.toBe(
      message({ ...ada, username: 'x' }).MessageDeduplicationId,
    );
    expect(message({ ...ada, email: 'a@b', username: 'c' }).MessageDeduplicationId).not.toBe(
      message({ ...ada, email: 'a@bc', username: '' }).MessageDeduplicationId,
    );
    expect(message(ada)).not.toHaveProperty('MessageAttributes');
  });

  it("is marked as an operator's, and never taken for the sign-up's own", () => {
    const replayed = message(ada, { sub: 'sub-1', replay: true });
    expect(replayed.MessageAttributes).toEqual({ Replay: { DataType: 'String', StringValue: 'true' } });
    const ids = [
      replayed,
      message(ada, { sub: 'sub-1' }),
      message(ada),
      message({ ...ada, verifiedAt: undefined }, { replay: true }),
    ];
    expect(new Set(ids.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).size).toBe(4);
  });
});
