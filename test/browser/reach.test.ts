import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { axeProblems, inBrowser, row, signUp, tourStep } from './support/browser.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(
    '(document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.closest("label")?.innerText ?? document.activeElement?.innerText ?? "").trim()',
  );

/** Goes on with the Tab key, as somebody without a mouse does. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 150; presses += 1) {
    await page.keyboard.press(key);
    if (!name.test(await focused(page))) continue;
    const outline = await page.evaluate<string>(
      '(() => { const e = document.activeElement; const at = e.matches(".pill input") ? e.nextElementSibling : e; return getComputedStyle(at).outlineStyle })()',
    );
    expect(outline, `${name} shows that it has the focus`).toBe('solid');
    return;
  }
  throw new Error(`The Tab key does not come to ${name}`);
}

/** Where there is room for one part only, goes to it. */
async function show(page: Page, part: string): Promise<void> {
  const link = page.getByRole('link', { name: part, exact: true });
  if (await link.isVisible()) await link.click();
  await page.locator(`[data-panel="${part.toLowerCase()}"]`).waitFor();
}

inBrowser('whoever has', ({ open, world }) => {
  test('a keyboard alone can do everything', async () => {
    const { page } = await open();
    await tabTo(page, /^Show me: step 1/);
    await page.keyboard.press('Enter');
    await page.locator('.steps > li:nth-child(1) .step.done').waitFor({ timeout: 60_000 });
    // What is drawn anew does not take the focus away.
    expect(await focused(page)).toMatch(/^Once more: step 1/);

    await tabTo(page, /^Address/);
    await page.keyboard.type('ada@example.org');
    await tabTo(page, /^Username/);
    await page.keyboard.type('AdaL');
    await page.keyboard.press('Enter');
    await row(page, 'ada@example.org').getByText('new card', { exact: true }).waitFor();

    await tabTo(page, /^Well/);
    await page.keyboard.press('ArrowRight');
    await page.getByText('Every answer takes two and a half seconds.').waitFor();
    expect(await focused(page)).toBe('Slow');
    await page.keyboard.press('ArrowLeft');
    await page.getByText('HubSpot answers as it should.').waitFor();

    await tabTo(page, /^Event source paused/);
    await page.keyboard.press('Space');
    await expect.poll(() => world().stack.queues.isPaused()).toBe(true);
    await page.keyboard.press('Space');
    await expect.poll(() => world().stack.queues.isPaused()).toBe(false);

    await tabTo(page, /^ada@example\.org/);
    await page.keyboard.press('Enter');
    await row(page, 'ada@example.org').locator('.story').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await tabTo(page, /^The message/);
    await page.keyboard.press('Enter');
    await row(page, 'ada@example.org').locator('pre').first().waitFor();

    await tabTo(page, /^Search cards/);
    await page.keyboard.type('ada@');
    await tabTo(page, /ada@example\.org/);
    await page.keyboard.press('Enter');
    await page.locator('#support .card').waitFor();
    await tabTo(page, /^All cards/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator('#support .cards').waitFor();
  });

  test('a phone sees one part at a time, and nothing beside the screen', async () => {
    const { page } = await open(PHONE);
    for (const part of ['Tour', 'Hands', 'Pipeline', 'Support']) {
      await page.getByRole('link', { name: part, exact: true }).tap();
      await page.locator(`[data-panel="${part.toLowerCase()}"]`).waitFor();
      expect(await page.locator('[data-panel]:visible').count()).toBe(1);
      const { scroll, room } = await page.evaluate<{ scroll: number; room: number }>(
        '({ scroll: document.documentElement.scrollWidth, room: innerWidth })',
      );
      expect(scroll, part).toBeLessThanOrEqual(room);
    }
    await page.getByRole('link', { name: 'Tour', exact: true }).tap();
    // What is told of a step stands right below it.
    const said = await tourStep(page, 2);
    expect(said.at(-1)).toContain('Done: 3 requests.');
    const step = await page.locator('.steps > li:nth-child(2) .step').boundingBox();
    const told = await page.locator('.steps > li:nth-child(2) .telling').boundingBox();
    expect((told?.y ?? 0) - ((step?.y ?? 0) + (step?.height ?? 0))).toBeLessThan(20);
    await page.getByRole('link', { name: 'Its whole story' }).tap();
    await page.locator('.row.open .story').getByText('PATCH').waitFor();
    // Requests begin where they can be seen: not below everything else.
    expect((await page.locator('.row.open').boundingBox())?.y).toBeLessThan(844);
  });

  test.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['more contrast', { contrast: 'more' }],
    ['a phone', PHONE],
  ] as const)('a screen reader, %s: axe finds nothing', async (_name, options) => {
    const { page } = await open(options);
    expect(await axeProblems(page)).toEqual([]);
    await tourStep(page, 2);
    await page.getByRole('link', { name: 'Its whole story' }).click();
    await page.locator('.row.open .story').getByText('PATCH').waitFor();
    await page.getByText('What was sent').first().click();
    expect(await axeProblems(page)).toEqual([]);
    for (const part of ['Hands', 'Support', 'Tour']) {
      await show(page, part);
      expect(await axeProblems(page)).toEqual([]);
    }
    await show(page, 'Hands');
    await page.getByRole('radio', { name: 'Down' }).check({ force: true });
    await page.getByRole('switch', { name: /Token revoked/ }).check();
    await signUp(page, 'ada@example.org', 'AdaL');
    await page.getByRole('button', { name: 'A malformed message', exact: true }).click();
    await show(page, 'Pipeline');
    await row(page, 'Malformed message').getByText('What to do:').waitFor();
    expect(await axeProblems(page)).toEqual([]);
  });

  test('a wish for less motion: nothing moves, and what is new is marked all the same', async () => {
    const { page } = await open({ reducedMotion: 'reduce' });
    await signUp(page, 'ada@example.org', 'AdaL');
    const fresh = page.locator('.row.fresh > .row-head').first();
    await fresh.waitFor();
    const { animation, shadow } = await page.evaluate<{ animation: string; shadow: string }>(
      '(() => { const { animationName, boxShadow } = getComputedStyle(document.querySelector(".row.fresh > .row-head")); return { animation: animationName, shadow: boxShadow } })()',
    );
    expect(animation).toBe('none');
    expect(shadow).not.toBe('none');
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
  });
});
