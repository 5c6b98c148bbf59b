import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import type { Queues } from '../../sandbox/queues.ts';
import { inBrowser, row, signUp } from './support/browser.ts';

const HOSTILE = `<img src=x onerror="document.title='bad'"><script>document.title='bad'</script>"'>\${7*7}{{7*7}}`;
/** Without white space, as an address has to be. */
const HOSTILE_ADDRESS = `<img/src=x/onerror=document.title='bad'>@example.org`;

/** Any program can put anything on the queue. */
const sendTo = ({ sqs, queueUrl }: Queues, body: string) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageGroupId: 'hostile',
      MessageDeduplicationId: 'hostile',
    }),
  );

inBrowser('text that is meant as markup', ({ open, world }) => {
  test('is shown as it is, wherever it stands, and runs nowhere', async () => {
    const { portal } = world().stack.hubspot;
    const { id } = portal.createContact({
      email: 'grace@example.org',
      firstname: HOSTILE,
      company: HOSTILE,
      username: HOSTILE,
    });
    portal.addNote(id, { hs_note_body: HOSTILE, hs_timestamp: new Date().toISOString() });
    const { page } = await open({
      hash: `#card=${encodeURIComponent(HOSTILE)}&sign-up=${encodeURIComponent(HOSTILE)}&show=${encodeURIComponent(HOSTILE)}`,
    });
    const support = page.locator('#support');
    await support.getByText('The card that this address names is not here.').waitFor();
    await page.getByText('The sign-up that this address names is not here.').waitFor();

    await page.getByLabel('Search cards by address').fill(HOSTILE);
    await support.getByText(HOSTILE).first().click();
    await expect
      .poll(() => support.locator('.card').getByText(HOSTILE, { exact: true }).count())
      .toBeGreaterThan(3);
    await support.locator('.timeline .note').getByText(HOSTILE).waitFor();

    await signUp(page, 'ada@example.org', HOSTILE);
    await row(page, 'ada@example.org').getByText('new card', { exact: true }).waitFor();
    await row(page, 'ada@example.org').getByText('What was sent').click();
    expect(await row(page, 'ada@example.org').locator('.who small').innerText()).toBe(HOSTILE);

    await signUp(page, HOSTILE_ADDRESS, 'AdaL');
    await row(page, HOSTILE_ADDRESS).getByText('EmailRefused', { exact: true }).waitFor();

    await sendTo(world().stack.queues, HOSTILE);
    await row(page, 'Malformed message').getByText(HOSTILE).waitFor();

    expect(await page.title()).toBe('From sign-up to contact card');
    expect(await page.locator('img, body script, iframe, object, embed').count()).toBe(0);
  });

  test('and control characters, long words and text from right to left break nothing', async () => {
    const { page } = await open({ viewport: { width: 390, height: 844 }, hash: '#show=hands' });
    const names = [`${'very'.repeat(60)}long`, 'مستخدم جديد', '\u202egnorw', '用户👩‍💻', 'a\tb'];
    for (const name of names) await signUp(page, 'ada@example.org', name);
    await page.getByRole('link', { name: 'Pipeline', exact: true }).click();
    await page.getByRole('button', { name: `${names.length} synced` }).waitFor();
    for (const name of names) await row(page, name).first().waitFor();
    const { scroll, room } = await page.evaluate<{ scroll: number; room: number }>(
      '({ scroll: document.documentElement.scrollWidth, room: innerWidth })',
    );
    expect(scroll).toBeLessThanOrEqual(room);
  });
});
