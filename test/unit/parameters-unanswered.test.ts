import { expect, it } from 'vitest';
import { parameterStore } from '../../lib/parameters.ts';
import { failureOfCall } from './support/hubspot.ts';
import { ssmEndpoint } from './support/ssm.ts';

const ssm = ssmEndpoint();

/** Alone in its file: the client is made with the first call of a process. */
it('SSM that does not answer is given up on in time to put the message back', async () => {
  ssm.answer = 'hang';
  const startedAt = performance.now();

  expect(await failureOfCall(parameterStore({ names: ['/stage/token'] }).current())).toEqual({
    class: 'transient',
    reason: 'SsmTrouble',
    detail: 'The HubSpot token could not be read from SSM (TimeoutError).',
  });
  expect(performance.now() - startedAt).toBeLessThan(6_500);
  expect(ssm.asked).toHaveLength(2);
}, 8_000);
