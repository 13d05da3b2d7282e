import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { script } from '../../src/api/page/assets.ts';
import { createPageSay } from '../../src/api/page/html.ts';
import { readFleet } from '../../src/features/fleet/fleet.ts';
import { openFleet, renderPage } from '../../src/features/fleet/listener.ts';
import { reportOf } from '../../src/features/fleet/report.ts';
import { systemClock } from '../../src/io/clock.ts';
import { type Browser, looks, startBrowser } from '../support/chromium.ts';
import { listenAnywhere } from '../support/ports.ts';
import { real } from '../support/requires.ts';
import { startViewStore } from '../unit/features/fleet/view-store.ts';
import { down, viewOf, well } from '../unit/features/fleet/world.ts';

// The page of all places as it is seen and read out, under its own policy: in a real browser.

const places = {
  ams: { mirrors: { near: down, far: well(1) }, advice: ['near>far'] },
  fra: { mirrors: { near: well(1, 210), far: well(2) } },
};
const link = 'http://{instance}';

real('pages beside those of the daemon, before eyes and ears', ['chromium'], () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  // Styles alone tell one look from another: its script asks for none.
  test('the page of all places: in each look axe finds nothing serious, and nothing is wider than the window', async () => {
    const { url, close } = await startViewStore(viewOf(places));
    onTestFinished(close);
    const store = { url, headers: {}, token: null, tls: {}, limitMs: 60_000 };
    const at = { host: '127.0.0.1', port: 0, token: null, tls: null };
    const fleet = await openFleet(at, { store, link }, systemClock);
    if (fleet.tag === 'error') throw new Error(fleet.error.code);
    onTestFinished(fleet.value.close);
    await browser.open(fleet.value.url);
    // Its script runs, and may fetch the page again.
    await browser.until(`document.getElementById('live').textContent`, 'live');
    expect(await browser.read(`fetch('/').then(({ status }) => status)`)).toBe(200);
    expect(await browser.read(`document.querySelector('main').textContent`)).toContain('near: down from ams');
    for (const [look, eyes] of Object.entries(looks)) {
      await browser.eyes(eyes);
      expect([look, await browser.serious()]).toEqual([look, []]);
      expect([look, await browser.read('document.documentElement.scrollWidth <= innerWidth')]).toEqual([look, true]);
    }
  });

  test('the page of all places: its contents are replaced at the interval, and the focus stays', async () => {
    let looksAt = 0;
    const server = createServer(({ url }, response) => {
      if (url === '/page.js') return response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
      if (url !== '/') return response.writeHead(404).end();
      looksAt += 1;
      const fleet = readFleet(viewOf(places, { warnings: [`look ${looksAt}`] }), link);
      const page = renderPage(createPageSay('en'), { report: reportOf(fleet), failure: null }, 300);
      return response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    });
    const port = await listenAnywhere(server);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await browser.open(`http://127.0.0.1:${port}/`);
    await browser.read(`document.querySelector('main td a').focus()`);
    await browser.until(`document.querySelector('main .banner').textContent.includes('look 2')`, true);
    expect(await browser.read('document.activeElement.pathname')).toBe('/mirrors/far');
  });
});
