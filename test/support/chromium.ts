import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type CDPSession, type Browser as Chromium, chromium } from 'playwright-core';
import { commandPath } from './paths.ts';
import { until as look } from './patience.ts';

/** What a page is looked at with. */
export type Eyes = { readonly width: number; readonly height: number; readonly scheme: 'light' | 'dark' };

/** Every page is looked at with each of these. */
export const looks: Readonly<Record<string, Eyes>> = {
  light: { width: 1280, height: 900, scheme: 'light' },
  dark: { width: 1280, height: 900, scheme: 'dark' },
  phone: { width: 360, height: 780, scheme: 'light' },
  'phone in the dark': { width: 360, height: 780, scheme: 'dark' },
};

/** One tab of a headless browser. */
export interface Browser {
  /** Goes there and lets the page's script begin. */
  readonly open: (url: string) => Promise<void>;
  /** Runs a script in every page from now on, before those of the page. */
  readonly first: (script: string) => Promise<void>;
  /** The value of an expression in the page. */
  readonly read: (expression: string) => Promise<unknown>;
  /** Repeats it until it is so. @throws Error when the patience of the tests is over, with the last value */
  readonly until: (expression: string, wanted: unknown) => Promise<void>;
  /** How large the window is, and whether light or dark is wanted. */
  readonly eyes: (eyes: Eyes) => Promise<void>;
  /** The addresses that the page asks from now on, as they come. */
  readonly sent: () => readonly string[];
  /** Loses its cookies. */
  readonly forget: () => Promise<void>;
  /** A key, as the keyboard sends it. */
  readonly key: (key: string) => Promise<void>;
  /** Tab, so many times one after the other: the page is waited for once, after the last. */
  readonly tab: (times: number) => Promise<void>;
  /** What axe finds that is serious or critical: its rule, and where. By all of its rules, unless some are named. */
  readonly serious: (rules?: readonly string[]) => Promise<readonly string[]>;
  /** The whole page as a PNG file. */
  readonly shot: (path: string) => Promise<void>;
  /** What is answered when the browser itself would ask for a name and a password; counts how often it would have. */
  readonly signIn: (password: string) => Promise<void>;
  readonly signIns: () => number;
  /** Another tab of the same process that knows nothing of this one, nor this one of it. */
  readonly another: () => Promise<Browser>;
  /** The tab; the first one ends the process, too. */
  readonly close: () => Promise<void>;
}

interface Found {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Starts the machine's Chromium. @throws Error when it does not start */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: commandPath('chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    timeout: 0,
  });
  return tabOf(browser, () => browser.close());
}

async function tabOf(browser: Chromium, close?: () => Promise<void>): Promise<Browser> {
  const page = await browser.newPage();
  // What never comes ends with the test (vitest.config.ts), and nothing else does.
  page.setDefaultTimeout(0);
  let signIns = 0;
  const read = (expression: string): Promise<unknown> => page.evaluate(expression);
  return {
    read,
    async until(expression, wanted) {
      const what = `${expression} is ${JSON.stringify(wanted)}`;
      // While the page is another one already, nothing can be read for a moment.
      const now = (): Promise<unknown> => read(expression).catch((cause: unknown) => `unread: ${String(cause)}`);
      await look(what, now, (value) => value === wanted);
    },
    async open(url) {
      await page.goto(url, { waitUntil: 'load' });
    },
    async first(script) {
      await page.addInitScript(script);
    },
    async eyes({ width, height, scheme }) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
    },
    sent() {
      const urls: string[] = [];
      page.on('request', (request) => urls.push(request.url()));
      return urls;
    },
    forget: () => page.context().clearCookies(),
    key: (key) => page.keyboard.press(key),
    async tab(times) {
      const session = await page.context().newCDPSession(page);
      const tab = { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 };
      const strokes = Array.from({ length: times }, () => [
        session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...tab }),
        session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...tab }),
      ]);
      await Promise.all(strokes.flat());
      await session.detach();
    },
    async serious(rules) {
      // As a value and not as a script of the page, which its policy forbids.
      if ((await page.evaluate('typeof axe')) === 'undefined') {
        await page.evaluate(readFileSync(axe, 'utf8'));
        // The HTML of each element that was looked at is not wanted.
        await page.evaluate('axe.configure({ noHtml: true })');
      }
      // Style sheets are read in advance for a rule that is off without being asked for (css-orientation-lock).
      const only = rules === undefined ? '' : `, runOnly: ${JSON.stringify(rules)}`;
      const options = `{ resultTypes: ['violations'], preload: { assets: ['media'] }${only} }`;
      const { violations } = (await page.evaluate(`axe.run(${options})`)) as { readonly violations: readonly Found[] };
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`));
    },
    async shot(path) {
      await page.screenshot({ path, fullPage: true });
    },
    async signIn(password) {
      const session = await page.context().newCDPSession(page);
      await answerSignIns(session, password, () => {
        signIns += 1;
      });
    },
    signIns: () => signIns,
    another: () => tabOf(browser),
    close: close ?? (() => page.close()),
  };
}

/** Playwright would answer by itself, and not say how often. */
async function answerSignIns(session: CDPSession, password: string, asked: () => void): Promise<void> {
  session.on('Fetch.requestPaused', ({ requestId }) => void session.send('Fetch.continueRequest', { requestId }));
  session.on('Fetch.authRequired', ({ requestId }) => {
    asked();
    const authChallengeResponse = { response: 'ProvideCredentials', username: 'anybody', password } as const;
    void session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse });
  });
  await session.send('Fetch.enable', { handleAuthRequests: true });
}
