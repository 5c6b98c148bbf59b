import { expect, test } from 'vitest';
import { inBrowser, live, row, signUp, tourStep } from './support/browser.ts';

inBrowser('windows', ({ open, world, restart }) => {
  test('two at once show the same, and each keeps what it has open', async () => {
    const { page: first } = await open();
    const { page: second } = await open({ colorScheme: 'dark' });
    await signUp(second, 'ada@example.org', 'AdaL');
    await row(second, 'ada@example.org').locator('.story').getByText('Synced').first().waitFor();
    await row(first, 'ada@example.org').getByText('new card', { exact: true }).waitFor();
    expect(await first.locator('.row.open').count()).toBe(0);

    const opened = second.url();
    await tourStep(first, 2);
    await second.locator('.steps > li:nth-child(2) .step.done').waitFor();
    expect(second.url()).toBe(opened);
    expect(await row(second, 'ada@example.org').locator('.story').count()).toBe(1);

    await second.getByRole('radio', { name: 'Slow' }).check({ force: true });
    await expect.poll(() => first.getByRole('radio', { name: 'Slow' }).isChecked()).toBe(true);
    await first.getByRole('radio', { name: 'Well' }).check({ force: true });
    await expect.poll(() => second.getByRole('radio', { name: 'Well' }).isChecked()).toBe(true);
  });

  test('a card, a sign-up and a search are kept by the address, over a reload and back again', async () => {
    const { page } = await open();
    await signUp(page, 'ada@example.org', 'AdaL');
    await row(page, 'ada@example.org').getByRole('link', { name: 'The card, as support sees it' }).click();
    await page.locator('#support .card').waitFor();
    await page.reload();
    await page.locator('#support .card').getByText('ada@example.org').first().waitFor();
    await row(page, 'ada@example.org').locator('.story').getByText('Cognito confirms').waitFor();
    await page.goBack();
    await page.locator('#support .cards').waitFor();
    await page.getByLabel('Search cards by address').fill('nobody');
    await page.getByText('No card has this address.').waitFor();
    await page.reload();
    await page.getByText('No card has this address.').waitFor();
    expect(await page.getByLabel('Search cards by address').inputValue()).toBe('nobody');
  });

  test('a server that goes away is told of; when it is back, all goes on, with what is there now', async () => {
    const opened = await open();
    const { page, complaints } = opened;
    await signUp(page, 'ada@example.org', 'AdaL');
    await row(page, 'ada@example.org').getByText('new card', { exact: true }).waitFor();
    const { url } = world();
    await world().stop();
    await page.getByRole('status').filter({ hasText: 'The server is away' }).waitFor();
    await page.getByRole('button', { name: 'Ten people' }).click();
    await page.getByRole('status').filter({ hasText: 'The server does not answer.' }).waitFor();
    await restart();
    expect(world().url).toBe(url);
    await live(page).waitFor();
    // Another server, which knows nothing of Ada, and has another token.
    await expect.poll(() => row(page, 'ada@example.org').count()).toBe(0);
    await page.getByText('The sign-up that this address names is not here.').waitFor();
    await signUp(page, 'grace@example.org', 'GraceH');
    await row(page, 'grace@example.org').getByText('new card', { exact: true }).waitFor();
    // That the server did not answer is all that the browser complained of.
    expect(
      complaints.filter(
        (complaint) =>
          !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY|ERR_CONNECTION_RESET/.test(complaint),
      ),
    ).toEqual([]);
    complaints.length = 0;
  });

  test('many changes between two frames are drawn once', async () => {
    const { page } = await open();
    const { frames, drawings } = await page.evaluate<{ frames: number; drawings: number }>(`(async () => {
      const seen = { frames: 0, drawings: 0 };
      const frame = () => { seen.frames += 1; requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      // Called once for all that a drawing has changed: the links, at least, which hold what is searched for.
      new MutationObserver(() => { seen.drawings += 1; }).observe(document.body, { childList: true, subtree: true, attributes: true });
      const search = document.querySelector('.search');
      // Each in a task of its own.
      const { port1, port2 } = new MessageChannel();
      port2.start();
      for (let times = 0; times < 150; times += 1) {
        const next = new Promise((resolve) => port2.addEventListener('message', resolve, { once: true }));
        search.value = 'ada' + times;
        search.dispatchEvent(new InputEvent('input', { bubbles: true }));
        port1.postMessage('');
        await next;
      }
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return seen;
    })()`);
    expect(drawings).toBeGreaterThan(0);
    expect(drawings).toBeLessThanOrEqual(frames);
    expect(drawings).toBeLessThan(150);
  });

  test('two hundred at once are drawn once a frame at most, and all of them end well', async () => {
    const { page } = await open();
    await page.evaluate(`(() => {
      window.seen = { frames: 0, drawings: 0 };
      const frame = () => { window.seen.frames += 1; requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      // Called once for all that a drawing has changed.
      new MutationObserver(() => { window.seen.drawings += 1; }).observe(document.querySelector('.rows'), { childList: true, subtree: true, characterData: true, attributes: true });
    })()`);
    await page.getByRole('button', { name: 'Two hundred' }).click();
    await page.getByRole('button', { name: '200 synced' }).waitFor({ timeout: 90_000 });
    const { frames, drawings } = await page.evaluate<{ frames: number; drawings: number }>('window.seen');
    expect(drawings).toBeGreaterThan(5);
    expect(drawings).toBeLessThanOrEqual(frames);
    // However many there are, the page has a length that can be read.
    expect(await page.locator('.rows > li').count()).toBe(40);
    await page.getByRole('button', { name: /Show older ones/ }).click();
    await expect.poll(() => page.locator('.rows > li').count()).toBe(80);
    expect(world().stack.hubspot.portal.contacts()).toHaveLength(200);
  });
});
