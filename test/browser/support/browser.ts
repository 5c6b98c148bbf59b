import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { startWindow, type World } from '../../integration/support/window.ts';

/** Where Debian, and most others, put it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const { CHROMIUM } = process.env;
const executablePath = (CHROMIUM ? [CHROMIUM] : PLACES).find((path) => existsSync(path));

const PATIENCE_MS = 30_000;

/** A page, and everything that it, or the browser for it, complained of. */
export interface Opened {
  page: Page;
  complaints: string[];
  /** Where else the page went. */
  foreign: string[];
}

/** Tests of the window in Chromium, each with a stack of its own. Skipped where there is no Chromium, which is then said. */
export function inBrowser(title: string, tests: (given: Given) => void): void {
  if (executablePath === undefined) {
    process.stderr.write(
      `No Chromium: "${title}" is skipped. "apt-get install chromium" brings it, or CHROMIUM names another.\n`,
    );
  }
  describe.skipIf(executablePath === undefined)(title, () => {
    vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
    let browser: Browser;
    let world: World;
    let opened: Opened[] = [];
    beforeAll(async () => {
      const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
      browser = await chromium.launch({ executablePath: executablePath ?? '', args });
    });
    afterAll(() => browser.close());
    beforeEach(async () => {
      world = await startWindow();
    });
    afterEach(async () => {
      for (const { page } of opened) await page.context().close();
      await world.stop();
      const [complaints, foreign] = [
        opened.flatMap((one) => one.complaints),
        opened.flatMap((one) => one.foreign),
      ];
      opened = [];
      expect(complaints).toEqual([]);
      expect(foreign).toEqual([]);
    });

    tests({
      world: () => world,
      async restart(paceMs = 0) {
        const { port } = new URL(world.url);
        await world.stop();
        world = await startWindow({ port: Number(port), paceMs });
      },
      async open({ hash = '', ...options } = {}) {
        const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
        context.setDefaultTimeout(PATIENCE_MS);
        const page = await context.newPage();
        const one: Opened = { page, complaints: [], foreign: [] };
        opened.push(one);
        page.on('pageerror', (error) => one.complaints.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error') one.complaints.push(message.text());
        });
        page.on('request', (request) => {
          if (!request.url().startsWith(`${world.url}/`)) one.foreign.push(request.url());
        });
        await page.goto(`${world.url}/${hash}`);
        await live(page).waitFor();
        return one;
      },
    });
  });
}

interface Given {
  world(): World;
  /** Another stack and another window, at the same address. */
  restart(paceMs?: number): Promise<void>;
  open(options?: BrowserContextOptions & { hash?: string }): Promise<Opened>;
}

export const live = (page: Page): Locator => page.getByRole('status').filter({ hasText: /^Live$/ });

/** The row of somebody in the pipeline. */
export const row = (page: Page, text: string | RegExp): Locator =>
  page.locator('.rows > li').filter({ hasText: text });

/** Presses the button of a step, for the first time, and waits for its end. Returns what was said. */
export async function tourStep(page: Page, number: number): Promise<string[]> {
  const item = page.locator(`.steps > li:nth-child(${number})`);
  await item.getByRole('button').click();
  await item.locator('.step:is(.done, .failed)').waitFor({ timeout: 90_000 });
  return await item.getByRole('log').getByRole('listitem').allInnerTexts();
}

/** Types somebody into the form. */
export async function signUp(page: Page, email: string, username: string): Promise<void> {
  await page.getByLabel('Address', { exact: true }).fill(email);
  await page.getByLabel('Username', { exact: true }).fill(username);
  await page.getByRole('button', { name: 'Sign up', exact: true }).click();
}

/** Told of every problem that axe finds on the page as it is. */
export async function axeProblems(page: Page): Promise<string[]> {
  const { default: axe } = await import('axe-core');
  // By the debugger, which the page's security policy does not concern: axe is no part of the page.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
  }>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
  );
}
