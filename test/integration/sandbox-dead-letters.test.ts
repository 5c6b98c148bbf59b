import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { makeDeadLetters } from '../../sandbox/dead-letters.ts';
import { startStack } from '../../sandbox/stack.ts';

test('dead letters to practise on are made by the function itself, and leave HubSpot well', async () => {
  const stack = await startStack({ instances: 0 });
  try {
    const made = await makeDeadLetters(stack, 40);
    const letters = stack.queues.deadLetters();
    expect(letters).toHaveLength(40);
    const count = new Map<string, number>();
    for (const { body, messageAttributes } of letters) {
      const kind = made.find((message) => message.body === body)?.kind;
      const key = `${kind} ${messageAttributes.ErrorCode?.StringValue} ${messageAttributes.Reason?.StringValue}`;
      count.set(key, (count.get(key) ?? 0) + 1);
      expect(messageAttributes.Deliveries?.StringValue).toBe('40');
    }
    expect(Object.fromEntries(count)).toEqual({
      'malformed InvalidMessage NotJson': 5,
      'malformed InvalidMessage UsernameUnusable': 5,
      'malformed InvalidMessage BadFields': 4,
      'refused HubSpotRejected EmailRefused': 13,
      'exhausted DeliveriesExhausted HubSpotTrouble': 13,
    });
    expect(stack.hubspot.portal.contacts()).toHaveLength(6);
    expect(stack.hubspot.settings.requestsPer10s).toBe(190);
    expect(stack.hubspot.journal.entries()).toEqual([]);
    const { accessToken } = stack.hubspot.settings;
    const answer = await fetch(`${stack.hubspot.url}/crm/v3/objects/contacts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ properties: { email: 'person.2@example.org' } }),
    });
    expect(answer.status).toBe(201);
  } finally {
    await stack.stop();
  }
});

test.each([
  ['--dead-letters', 'many'],
  ['--dead-letters', '-1'],
  ['--dead-letter', '4'],
])('npm run dev %s %s ends, and says how it is called', (...args) => {
  const { status, stderr } = spawnSync(process.execPath, ['sandbox/dev.ts', ...args], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('npm run dev -- [--dead-letters 40]');
});
