import { expect, test } from 'vitest';
import { invalidEmail } from '../../sandbox/hubspot/answers.ts';
import { inBrowser, row, signUp } from './support/browser.ts';

inBrowser('by hand', ({ open, world }) => {
  test('an outage: sign-ups wait and say why, and are synced when HubSpot is back', async () => {
    const { page } = await open();
    await page.getByRole('radio', { name: 'Down' }).check({ force: true });
    await page.getByText('Every call is answered with 503.').waitFor();
    await signUp(page, 'ada@example.org', 'AdaL');
    const ada = row(page, 'ada@example.org');
    await ada.getByText(/back-off ends (now|in \d+ s)/).waitFor();
    await ada.getByText(/Put back for .+ answered 503/).waitFor();

    // Whoever looks at what was sent finds the ticket's words there.
    await ada.getByText('What was sent').first().click();
    await ada.getByText('"lead_source_type": "WME Dashboard"').waitFor();

    await page.getByRole('radio', { name: 'Well' }).check({ force: true });
    await page.getByRole('button', { name: /Jump over back-offs/ }).click();
    await ada.getByText('new card', { exact: true }).waitFor();
    await ada.getByRole('link', { name: 'The card, as support sees it' }).click();
    await page.locator('#support .card').getByText('AdaL').waitFor();
    expect(world().stack.hubspot.portal.contacts()).toHaveLength(1);
  });

  test('a dead letter says what to do, is redriven, and dropped, by the operators’ command', async () => {
    const { page } = await open();
    await signUp(page, 'ada@example.invalid', 'AdaL');
    const ada = row(page, 'ada@example.invalid');
    await ada.getByText('EmailRefused', { exact: true }).waitFor();
    await ada.getByText('If the person is wanted in HubSpot, have them added there by hand.').waitFor();
    // Pressed twice, it is done once.
    await ada.getByRole('button', { name: 'Redrive' }).dblclick();
    // HubSpot has not changed its mind.
    await ada.getByText('Redriven: on the queue again').waitFor();
    await ada.getByText('dlq redrive: Moved 1 letter to the queue.').waitFor();
    await ada.getByText('EmailRefused', { exact: true }).waitFor();
    expect(await page.locator('.message.problem').count()).toBe(0);
    await ada.getByRole('button', { name: 'Drop' }).click();
    await ada.getByText('Dropped', { exact: true }).waitFor();
    // There is no letter any more.
    expect(await ada.getByRole('button').count()).toBe(0);
    await ada.getByText(/dlq drop: Dropped 1 of 1 letter/).waitFor();
    expect(world().stack.queues.deadLetters()).toEqual([]);
  });

  test('all dead letters are redriven at once, when what was wrong is mended', async () => {
    const { page } = await open();
    const { queues, hubspot } = world().stack;
    const refusal = hubspot.faults.add({
      times: Number.POSITIVE_INFINITY,
      do: { type: 'status', ...invalidEmail },
    });
    await page.getByRole('button', { name: 'Ten people' }).click();
    await expect.poll(() => queues.deadLetters().length, { timeout: 30_000 }).toBe(10);
    await page.getByRole('button', { name: '10 dead' }).waitFor();
    refusal.remove();
    await page.getByRole('button', { name: /Redrive all dead letters/ }).click();
    await page.getByRole('status').filter({ hasText: 'Moved 10 letters to the queue.' }).waitFor();
    await page.getByRole('button', { name: '10 synced' }).waitFor();
    expect(queues.deadLetters()).toEqual([]);
  });

  test('every button of the sign-ups does what it says', async () => {
    const { page } = await open();
    const { portal } = world().stack.hubspot;
    await page.getByRole('button', { name: 'Somebody known to support' }).click();
    await page.getByText('updated, with a note', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'The same person twice' }).click();
    await page.getByRole('button', { name: '3 synced' }).waitFor();
    await page.getByRole('button', { name: 'A malformed message', exact: true }).click();
    await page.getByRole('button', { name: '1 dead' }).click();
    await expect.poll(() => page.locator('.rows > li').count()).toBe(1);
    // What the trigger does not publish is no dead letter.
    await signUp(page, 'ada at example.org', 'AdaL');
    await page.getByRole('button', { name: '1 not on the queue' }).waitFor();
    await page.getByRole('button', { name: '1 dead' }).waitFor();
    const [known, twice] = portal.contacts();
    expect(portal.contacts()).toHaveLength(2);
    expect(portal.notesOf(known?.id ?? '')).toHaveLength(1);
    expect(portal.notesOf(twice?.id ?? '')).toHaveLength(0);
  });

  test('what an administrator breaks makes everybody wait, and heals', async () => {
    const { page } = await open();
    const owner = page.getByRole('switch', { name: /Owner removed/ });
    await owner.check();
    await signUp(page, 'ada@example.org', 'AdaL');
    const ada = row(page, 'ada@example.org');
    await ada.getByText(/Put back for .+hubspot_owner_id: INVALID_OPTION/).waitFor();
    await owner.uncheck();
    await page.getByRole('button', { name: /Jump over back-offs/ }).click();
    await ada.getByText('new card', { exact: true }).waitFor();
  });

  test('answers that are lost after the write leave one card, and no note that is not true', async () => {
    const { page } = await open();
    await page.getByRole('radio', { name: 'Answers lost' }).check({ force: true });
    await signUp(page, 'ada@example.org', 'AdaL');
    const ada = row(page, 'ada@example.org');
    await ada.getByText('no answer').waitFor();
    await page.getByRole('radio', { name: 'Well' }).check({ force: true });
    await page.getByRole('button', { name: /Jump over back-offs/ }).click();
    await ada.getByText('nothing was due', { exact: true }).waitFor();
    const [card] = world().stack.hubspot.portal.contacts();
    expect(world().stack.hubspot.portal.notesOf(card?.id ?? '')).toEqual([]);
  });

  test('messages stay on the queue while the event source is paused; an instance is killed, and told of', async () => {
    const { page, complaints } = await open();
    const paused = page.getByRole('switch', { name: /Event source paused/ });
    await paused.check();
    await signUp(page, 'ada@example.org', 'AdaL');
    await row(page, 'ada@example.org').getByText('the event source is paused').waitFor();
    await page.getByRole('button', { name: 'Kill instance 1' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: 'Instance 1 is not running: the next message starts it.' })
      .waitFor();
    // The browser tells of every answer that is a refusal.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('409 (Conflict)')]);
    await paused.uncheck();
    await row(page, 'ada@example.org').getByText('new card', { exact: true }).waitFor();
    const up = page.locator('.instances > li').filter({ hasText: 'idle' }).first();
    await up.getByRole('button').click();
    await page
      .getByRole('status')
      .filter({ hasText: /Instance [12] is dead\./ })
      .waitFor();
  });
});
