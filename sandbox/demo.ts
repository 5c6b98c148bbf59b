import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import Table from 'cli-table3';
import { tenSecondlyLimit } from './hubspot/answers.ts';
import { signUpConfirmed } from './sign-up.ts';
import { startStack } from './stack.ts';
import { existingContactDifferences, newUserDifferences } from './ticket-check.ts';

/*
 * npm run demo: three sign-ups and a malformed message through everything that is deployed, on this machine. The exit
 * code is 0 only if HubSpot received and holds what the ticket says, to the letter.
 */

const ada = { email: 'Ada.Lovelace@example.org', username: 'AdaL' };
const grace = { email: 'grace.hopper@example.org', username: 'GraceH' };
const alan = { email: 'alan.turing@example.org', username: 'AlanT' };
const malformed = '{"email":"nobody at example.org"}';

const A_YEAR_MS = 365 * 24 * 60 * 60 * 1_000;

/** The log lines of deliveries that were put back. */
const putBack: { detail: string; delaySeconds: number }[] = [];

const stack = await startStack({
  onLog(line) {
    if (!line.includes('"outcome":"retry"')) return;
    putBack.push(JSON.parse(line));
  },
});
const { hubspot, queues } = stack;

/** Waits until something has happened that is only a matter of moments. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await sleep(10);
}

function card(email: string): string {
  const contact = hubspot.portal.contactByEmail(email);
  if (contact === undefined) return 'none';
  const { username, team_ownership, lead_source_type } = contact.properties;
  return [
    `ID ${contact.id}`,
    `username ${username}`,
    `team ${team_ownership}`,
    `lead source ${lead_source_type}`,
  ].join('\n');
}

function note(email: string): string {
  const contact = hubspot.portal.contactByEmail(email);
  const notes = contact === undefined ? [] : hubspot.portal.notesOf(contact.id);
  return (
    notes.map(({ properties }) => `${properties.hs_timestamp}\n${properties.hs_note_body}`).join('\n') ||
    'none'
  );
}

const requests = (email: string): string =>
  hubspot.journal
    .forEmail(email)
    .map(({ method, path, status }) => `${method} ${path} → ${status}`)
    .join('\n');

const differences: string[] = [];

try {
  // Grace has been a contact for a year. HubSpot throttles the first call for Alan.
  hubspot.portal.createContact(
    { email: grace.email, firstname: 'Grace', lastname: 'Hopper', lead_source_type: 'Webinar' },
    { createdAt: Date.now() - A_YEAR_MS },
  );
  hubspot.faults.add({ email: alan.email, do: { type: 'status', ...tenSecondlyLimit } });

  await stack.publishVerification.invoke(signUpConfirmed(ada));
  await stack.publishVerification.invoke(signUpConfirmed(grace));
  await stack.drained();
  await stack.publishVerification.invoke(signUpConfirmed(alan));
  await until(() => putBack.length > 0);
  await queues.sqs.send(
    new SendMessageCommand({
      QueueUrl: queues.queueUrl,
      MessageBody: malformed,
      MessageGroupId: 'malformed',
      MessageDeduplicationId: 'malformed',
    }),
  );
  await stack.drained();

  const [letter] = queues.deadLetters();
  const reason = (name: string): string => letter?.messageAttributes[name]?.StringValue ?? 'none';

  const table = new Table({
    head: ['sent', 'HubSpot requests', 'card', 'note'],
    colWidths: [26, 50, 30, 40],
    wordWrap: true,
  });
  table.push(
    [`A new user\n${ada.username}`, requests(ada.email), card(ada.email), note(ada.email)],
    [`An existing contact\n${grace.username}`, requests(grace.email), card(grace.email), note(grace.email)],
    [
      `A new user while HubSpot throttles\n${alan.username}`,
      `${requests(alan.email)}\n(put back for ${putBack.map(({ delaySeconds }) => `${delaySeconds} s`).join(', ')}: the demo does not wait)`,
      card(alan.email),
      note(alan.email),
    ],
    [
      `A malformed message\n${malformed}`,
      'none',
      'none',
      `Dead letter: ${reason('ErrorCode')}\n${reason('ErrorMessage')}\nDeliveries: ${reason('Deliveries')}`,
    ],
  );
  console.log(table.toString());

  differences.push(
    ...newUserDifferences(hubspot, ada.email, ada.username).map((wrong) => `New user: ${wrong}.`),
    ...existingContactDifferences(hubspot, grace.email, grace.username).map(
      (wrong) => `Existing contact: ${wrong}.`,
    ),
    ...newUserDifferences(hubspot, alan.email, alan.username).map((wrong) => `Throttled user: ${wrong}.`),
  );
  if (hubspot.portal.contacts().length !== 3) differences.push('HubSpot does not hold exactly three cards.');
  if (
    queues.deadLetters().length !== 1 ||
    letter?.body !== malformed ||
    reason('ErrorCode') !== 'InvalidMessage'
  ) {
    differences.push('The malformed message is not the only dead letter, or not as it was sent.');
  }
} finally {
  await stack.stop();
}

for (const difference of differences) console.error(`✗ ${difference}`);
console.log(differences.length === 0 ? '✓ All is as the ticket says.' : '✗ Not as the ticket says.');
process.exitCode = differences.length === 0 ? 0 : 1;
