import { expect, it } from 'vitest';
import { accessToken } from '../../lib/hubspot/token.ts';
import { failureOfCall } from './support/hubspot.ts';
import { parameterStore } from './support/ssm.ts';

const ssm = parameterStore();

it('a parameter store that does not answer is given up on in time to put the message back', async () => {
  ssm.answer = 'hang';
  const startedAt = performance.now();

  const reading = accessToken({ parameter: '/hubspot/token' }).current();

  expect(await failureOfCall(reading)).toEqual({
    class: 'transient',
    detail: 'The HubSpot token could not be read from SSM (TimeoutError).',
  });
  expect(performance.now() - startedAt).toBeLessThan(6_500);
  expect(ssm.asked).toHaveLength(2);
}, 8_000);
