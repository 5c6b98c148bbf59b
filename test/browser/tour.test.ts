import { expect, test } from 'vitest';
import { inBrowser, row, tourStep } from './support/browser.ts';

inBrowser('the tour', ({ open, world }) => {
  test('shows all six cases, each by a button and in sentences that are true', async () => {
    const { page } = await open();
    const { hubspot, queues } = world().stack;

    const newUser = await tourStep(page, 1);
    expect(newUser.at(-1)).toBe(
      'Done: 1 request, and support has a new card. No note: there is nothing to explain.',
    );
    const [first] = hubspot.portal.contacts();
    // The page that started the step shows its story, and the card as support sees it.
    await page
      .locator('#support .card')
      .getByText(first?.properties.email ?? 'nobody')
      .first()
      .waitFor();
    await page.locator('.row.open .story').getByText('Synced: a new card was created.').waitFor();

    const existing = await tourStep(page, 2);
    expect(existing.at(-1)).toContain('Done: 3 requests.');
    const note = page.locator('.timeline .note');
    expect(await note.innerText()).toContain('This contact created an account on Enterprise dashboard');
    expect(await page.locator('.timeline > li').count()).toBe(3);

    const outage = await tourStep(page, 3);
    expect(outage[0]).toBe('HubSpot is down: every call is answered with 503.');
    expect(outage[1]).toMatch(/signs up\. The message goes back to the queue and waits for \d+ s|\d+\.\d s/);
    expect(outage.at(-1)).toBe('Done: delivery 3 made the card. Nothing was lost.');

    const malformed = await tourStep(page, 4);
    expect(malformed.at(-1)).toContain(
      'a dead letter after one delivery, and no request. Its reason is BadFields',
    );
    expect(queues.deadLetters()).toHaveLength(1);
    await row(page, 'Malformed message').getByText('Mend the publisher').waitFor();

    const dead = await tourStep(page, 5);
    expect(dead[1]).toBe(
      'After 40 deliveries, which is more than a day, it is a dead letter: HubSpotTrouble.',
    );
    expect(dead[2]).toContain('See status.hubspot.com. When HubSpot is well again, redrive');
    expect(dead.at(-1)).toBe('Done: the redriven message made the card, as if nothing had happened.');
    await page.locator('.row.open .story').getByText('dlq redrive: Moved 1 letter to the queue.').waitFor();
    expect(queues.deadLetters()).toHaveLength(1);

    const twice = await tourStep(page, 6);
    expect(twice.at(-1)).toBe(
      'Done: delivery 2 met the card, asked HubSpot whose it is, and left it alone. One card, no note.',
    );
    await page
      .locator('.row.open .story')
      .getByText(/Instance [12] died\./)
      .waitFor();
    await page
      .locator('.row.open .story')
      .getByText("Cognito's trigger again, for the same sign-up.")
      .waitFor();

    const cards = hubspot.portal.contacts();
    expect(cards).toHaveLength(5);
    expect(cards.map(({ id }) => hubspot.portal.notesOf(id).length)).toEqual([0, 1, 0, 0, 0]);
    expect(await page.locator('.step.done').count()).toBe(6);
  });

  test('makes HubSpot well before it begins, whatever somebody has switched', async () => {
    const { page } = await open();
    await page.getByRole('switch', { name: /Version v3 switched off/ }).check();
    await page.getByRole('switch', { name: /Event source paused/ }).check();
    await page.getByRole('radio', { name: 'Throttled' }).check({ force: true });
    expect((await tourStep(page, 1)).at(-1)).toContain('Done: 1 request');
    await expect.poll(() => page.getByRole('radio', { name: 'Well' }).isChecked()).toBe(true);
  });
});
