import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { internalError } from '../../sandbox/hubspot/answers.ts';
import { person } from './support/people.ts';
import { message, type Sync, startSync } from './support/sync.ts';

/*
 * AWS services that take connections and never answer. Both tests wait for the function's own limits, so they wait
 * together.
 */

/** The time that the deadline of an invocation leaves for them. */
const RESERVE_MS = 5_000;

const silent = createServer((socket) => socket.on('error', () => {}));
/** One for each: they would take each other's messages. */
let syncs: [Sync, Sync];
let url: string;

beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  syncs = [await startSync(), await startSync()];
});
afterAll(async () => {
  await Promise.all(syncs.map((sync) => sync.stop()));
  silent.close();
});

describe.concurrent('the batch is answered in time', () => {
  it('when SQS is silent: every message that failed is reported, and nothing else', async () => {
    const [sync] = syncs;
    const someone = person();
    sync.hubspot.faults.add({ email: someone.email, do: { type: 'status', ...internalError } });
    const delivered = await sync
      .instance({ AWS_ENDPOINT_URL_SQS: url })
      .deliverAll([message(someone), { body: '{}' }, message(person())]);

    expect(delivered.map(({ failed }) => failed)).toEqual([true, true, false]);
    for (const { line } of delivered) expect(line.durationMs).toBeLessThan(RESERVE_MS);
    expect(delivered[0]?.line.problem).toMatchObject({ name: 'TimeoutError' });
  });

  it('when SSM is silent: no call is made without a token, and the message waits', async () => {
    const [, sync] = syncs;
    const someone = person();
    const { failed, hiddenSeconds, line } = await sync
      .instance({ HUBSPOT_ACCESS_TOKEN: '', HUBSPOT_TOKEN_PARAMETER: '/silent', AWS_ENDPOINT_URL_SSM: url })
      .deliver(message(someone));

    expect(failed).toBe(true);
    expect(hiddenSeconds).toBeGreaterThanOrEqual(8);
    expect(hiddenSeconds).toBeLessThanOrEqual(15);
    expect(line).toMatchObject({
      failure: 'transient',
      detail: 'The HubSpot token could not be read from SSM (TimeoutError).',
      hubspotRequests: 0,
    });
    expect(line.durationMs).toBeLessThan(RESERVE_MS);
    expect(sync.hubspot.journal.forEmail(someone.email)).toEqual([]);
  });
});
