import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { type Clock, machineClock } from '../../lib/clock.ts';
import { DeliveryError } from '../../lib/failure.ts';
import type { Http } from '../../lib/http.ts';
import type { RateShare } from '../../lib/hubspot/rate-share.ts';
import { type Answer, type Call, callName, transport } from '../../lib/hubspot/transport.ts';
import { failureOfCall, hubSpot, noShare } from './support/hubspot.ts';

const hub = hubSpot();

const call = (changed: Partial<Call> = {}): Call => ({
  method: 'GET',
  url: `${hub.sandbox.url}/crm/v3/objects/contacts/1?properties=username`,
  headers: {},
  body: undefined,
  ...changed,
});

function sender({
  timeoutMs = 5_000,
  share = noShare,
  clock,
  http,
}: {
  timeoutMs?: number;
  share?: RateShare;
  clock?: Pick<Clock, 'now' | 'after'>;
  http?: Http;
} = {}) {
  const requests: { durationMs: number; answer: Answer | undefined }[] = [];
  const stop = new AbortController();
  const caller = {
    mayStart: stop.signal,
    onRequest: (request: { durationMs: number; answer: Answer | undefined }) => requests.push(request),
  };
  const send = transport({ share, timeoutMs, clock, http });
  return {
    send: (changed?: Partial<Call>) => send(call(changed), 'sandbox-token', caller),
    requests,
    stop,
  };
}

const outOfTime = new DeliveryError({ class: 'not-started', detail: 'No time was left for another call.' });
const statuses = () => hub.sandbox.journal.entries().map(({ status }) => status);

describe('an answer', () => {
  it('comes back as it is, with the query sent, and the name of the call without it', async () => {
    const { send, requests } = sender();
    const answer = await send();

    expect(answer).toMatchObject({ status: 404, body: expect.stringContaining('not found') });
    expect(answer.headers.get('x-hubspot-ratelimit-max')).toBe('190');
    expect(requests).toEqual([{ durationMs: expect.any(Number), answer }]);
    expect(hub.sandbox.journal.entries()[0]?.path).toBe('/crm/v3/objects/contacts/1?properties=username');
    expect(callName(call())).toBe('GET /crm/v3/objects/contacts/1');
  });

  it('leaves nothing behind with whoever may stop the calls: a command makes thousands of them', async () => {
    const { send, stop } = sender();
    for (let i = 0; i < 3; i += 1) await send();
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it.each([301, 302, 307, 308])('that sends us elsewhere is not followed: %i', async (status) => {
    const headers = { location: `${hub.sandbox.url}/crm/v3/objects/contacts/2` };
    hub.sandbox.faults.add({ do: { type: 'status', status, headers } });
    const { send } = sender();

    expect((await send()).status).toBe(status);
    expect(hub.sandbox.journal.entries()).toHaveLength(1);
  });

  it("goes to the call's own headers, which cannot replace token and name", async () => {
    await sender().send({
      headers: { 'x-own': 'kept', authorization: 'Bearer other', 'user-agent': 'other' },
    });
    expect(hub.sandbox.journal.entries()[0]?.headers).toMatchObject({
      'x-own': 'kept',
      authorization: 'right',
      'user-agent': expect.stringMatching(/^wme-hubspot-sync\/\d+\.\d+\.\d+$/),
    });
  });
});

describe('no answer', () => {
  it.each(['before', 'after'] as const)(
    'is waited for no longer than the limit: %s the write',
    async (when) => {
      hub.sandbox.faults.add({ do: { type: 'hang', when } });
      const { send, requests } = sender({ timeoutMs: 80 });
      const startedAt = performance.now();

      expect(await failureOfCall(send())).toEqual({
        class: 'transient',
        reason: 'NoAnswer',
        detail: 'GET /crm/v3/objects/contacts/1 had no complete answer within 80 ms.',
      });
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(requests).toEqual([{ durationMs: expect.any(Number), answer: undefined }]);
      expect(requests[0]?.durationMs).toBeGreaterThan(70);
      expect(requests[0]?.durationMs).toBeLessThan(2_000);
    },
  );

  it("names the network's code: a connection refused", async () => {
    expect(await failureOfCall(sender().send({ url: 'http://127.0.0.1:9/crm/v3/objects/contacts' }))).toEqual(
      {
        class: 'transient',
        reason: 'NoAnswer',
        detail: expect.stringMatching(
          /^GET \/crm\/v3\/objects\/contacts lost its connection( \(ECONNREFUSED\))?\.$/,
        ),
      },
    );
  });

  it("names the network's code: a connection broken off", async () => {
    hub.sandbox.faults.add({ do: { type: 'reset', when: 'after' } });
    expect((await failureOfCall(sender().send())).detail).toMatch(/ lost its connection \([A-Z_]+\)\.$/);
  });

  it.each([
    ['no code', new Error('quotes ada@example.org')],
    ['a code that is a number', Object.assign(new Error(), { code: 7 })],
    ['a code that quotes', Object.assign(new Error(), { code: 'E ada@example.org' })],
    ['a code that ends in a quote', Object.assign(new Error(), { code: 'E ada' })],
    ['a code that begins with one', Object.assign(new Error(), { code: 'ada E' })],
    ['a cause only', new Error('ada', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })],
    ['no error at all', { name: 'TimeoutError', code: 'ECONNRESET' }],
    ['nothing', undefined],
  ])('quotes nothing where there is %s', async (_, thrown) => {
    const { send } = sender({ http: () => Promise.reject(thrown) });
    expect(await failureOfCall(send())).toEqual({
      class: 'transient',
      reason: 'NoAnswer',
      detail: 'GET /crm/v3/objects/contacts/1 lost its connection.',
    });
  });
});

describe('when no call may start any more', () => {
  it('none does', async () => {
    const { send, stop, requests } = sender();
    stop.abort(outOfTime);

    await expect(send()).rejects.toBe(outOfTime);
    expect(requests).toEqual([]);
    expect(statuses()).toEqual([]);
  });

  it('nothing is sent whose wait for its turn has been ended', async () => {
    const { send, requests } = sender({ share: { ...noShare, turn: () => Promise.reject(outOfTime) } });

    await expect(send()).rejects.toBe(outOfTime);
    expect(requests).toEqual([]);
    expect(statuses()).toEqual([]);
  });

  it('the one under way is finished', async () => {
    const { send, stop } = sender();
    hub.sandbox.onCall = () => stop.abort(outOfTime);

    expect((await send()).status).toBe(404);
  });
});

describe('the rate share', () => {
  it('is asked before every request, with what may stop the wait, and hears every answer and when it was asked for', async () => {
    const share = { turn: vi.fn(async () => {}), heard: vi.fn() };
    const { send, stop } = sender({ share, clock: { ...machineClock, now: () => 5 } });
    const answer = await send();
    hub.sandbox.faults.add({ do: { type: 'reset', when: 'before' } });
    await failureOfCall(send());

    expect(share.turn.mock.calls).toEqual([[stop.signal], [stop.signal]]);
    expect(share.heard.mock.calls).toEqual([[answer, 5]]);
  });
});
