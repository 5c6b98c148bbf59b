import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { inBrowser, row, signUp, tourStep } from './support/browser.ts';

/*
 * The pictures of the window, made of the window itself: `npm run screenshots` writes them to docs/images. Every other
 * run makes them too, in reports/, and fails where a part that a picture is to show is not in it.
 */

const FOLDER = process.env.SCREENSHOTS ?? 'reports/screenshots';

const PICTURES = ['window-tour.png', 'window-outage.png', 'window-dead-letter.png', 'window-phone.png'];

/** Takes the picture if all its parts are on the screen. */
async function picture(page: Page, name: string, parts: Locator[]): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  for (const part of parts) {
    await part.waitFor();
    const box = await part.boundingBox();
    const inSight =
      box !== null && box.y >= 0 && box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height;
    expect(inSight, `${part} is in the picture`).toBe(true);
  }
  mkdirSync(FOLDER, { recursive: true });
  // Whatever was said has been read, and nothing fades any more.
  await page.screenshot({ path: join(FOLDER, name), animations: 'disabled' });
}

inBrowser('pictures', ({ open }) => {
  test('of the tour: an existing contact, from the trigger to the note', async () => {
    const { page } = await open({ viewport: { width: 1440, height: 1200 } });
    await tourStep(page, 1);
    await tourStep(page, 2);
    const story = page.locator('.row.open .story');
    await story.getByText('Synced: the card was there before').waitFor();
    await picture(page, 'window-tour.png', [
      page.getByRole('heading', { name: 'The tour' }),
      page.getByRole('button', { name: /step 6/ }),
      page.getByText('Done: 3 requests.'),
      page.getByRole('button', { name: 'Sign up', exact: true }),
      page.getByRole('meter'),
      story.getByText('PATCH /crm/v3/objects/contacts/'),
      page.locator('#support .timeline .note'),
    ]);
  });

  test('of an outage: who waits, until when, and why', async () => {
    const { page } = await open({ viewport: { width: 1440, height: 1060 }, colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Ten people' }).click();
    await page.getByRole('button', { name: '10 synced' }).waitFor();
    await page.getByRole('radio', { name: 'Down' }).check({ force: true });
    await page.getByText('Every call is answered with 503.').waitFor();
    await page.getByRole('button', { name: 'Ten people' }).click();
    await page.getByRole('button', { name: '10 in back-off' }).waitFor();
    await signUp(page, 'ada@example.org', 'AdaL');
    await row(page, 'ada@example.org')
      .getByText(/Put back for/)
      .waitFor();
    await page.getByRole('button', { name: 'Close this message' }).click();
    await picture(page, 'window-outage.png', [
      page.getByText('Every call is answered with 503.'),
      page.getByRole('button', { name: '11 in back-off' }),
      row(page, 'ada@example.org').getByText(/back-off ends/),
      row(page, 'ada@example.org').getByText(/Put back for/),
      page.getByRole('img', { name: /Synced in the last minute/ }),
    ]);
  });

  test('of a dead letter: its reason, and what to do', async () => {
    const { page } = await open({ viewport: { width: 1440, height: 1320 } });
    await signUp(page, 'ada@example.org', 'AdaL');
    await row(page, 'ada@example.org').getByText('new card', { exact: true }).waitFor();
    await signUp(page, 'grace@example.invalid', 'GraceH');
    const grace = row(page, 'grace@example.invalid');
    await grace.getByText('EmailRefused', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Close this message' }).click();
    await picture(page, 'window-dead-letter.png', [
      grace.getByText('EmailRefused', { exact: true }),
      grace.getByText('If the person is wanted in HubSpot'),
      grace.getByRole('button', { name: 'Redrive' }),
      grace.getByRole('button', { name: 'Drop' }),
      grace.getByText('Became a dead letter: EmailRefused.'),
    ]);
  });

  test('of a phone: a step of the tour, and what happened in it', async () => {
    const { page } = await open({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      isMobile: true,
    });
    await tourStep(page, 1);
    await picture(page, 'window-phone.png', [
      page.getByRole('navigation'),
      page.getByText('Done: 1 request'),
      page.getByRole('button', { name: /step 2/ }),
    ]);
  });
});

describe('the documents', () => {
  const text = [
    'README.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]
    .map((name) => readFileSync(name, 'utf8'))
    .join('\n');

  test.each(PICTURES)('show %s, with words for those who do not see it', (name) => {
    const shown = [
      new RegExp(`!\\[[^\\]]{20,}\\]\\((docs/)?images/${name}\\)`),
      new RegExp(`<img src="images/${name}" width="\\d+" alt="[^"]{20,}">`),
    ].some((form) => form.test(text));
    expect(shown, `README.md or a document in docs/ shows ${name}`).toBe(true);
  });

  test('show no picture of the window that nothing makes', () => {
    expect(
      readdirSync('docs/images')
        .filter((name) => name.startsWith('window-'))
        .sort(),
    ).toEqual([...PICTURES].sort());
  });
});
