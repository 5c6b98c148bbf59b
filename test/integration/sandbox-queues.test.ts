import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startQueues } from '../../sandbox/queues.ts';

test('the queues listen on this machine only', async () => {
  const queues = await startQueues();
  try {
    const { hostname, port } = new URL(queues.endpoint);
    expect(hostname).toBe('127.0.0.1');
    // Any other address of the machine would do: this one is there without a network.
    const socket = connect({ host: '127.0.0.2', port: Number(port) });
    try {
      await expect(once(socket, 'connect', { signal: AbortSignal.timeout(2_000) })).rejects.toThrow();
    } finally {
      socket.destroy();
    }
  } finally {
    await queues.stop();
  }
});
