import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { Secret } from '../../src/core/secret.ts';
import { real } from '../support/requires.ts';
import { fixtureAdvice } from '../unit/api/fixture-advice.ts';
import { fixtureConfig, nowMs } from '../unit/api/fixture-config.ts';
import { fixture } from '../unit/api/fixture-deps.ts';
import { fixtureStandings } from '../unit/api/fixture-findings.ts';
import { pageInBrowser } from './page-in-browser.ts';

// The page's script in a real browser: its buttons, the token, that nothing is lost while somebody fills in.

real('the page in a browser', ['chromium'], () => {
  const { browser, show } = pageInBrowser();
  const press = (selector: string): Promise<unknown> =>
    browser.read(`document.querySelector(${JSON.stringify(selector)}).click()`);
  const fill = (name: string, value: string): Promise<unknown> =>
    browser.read(
      `(() => { const field = document.querySelector('input[name=${name}]'); field.focus(); field.value = ${JSON.stringify(value)}; })()`,
    );

  test('one press says that the line is set', async () => {
    const made = await show('/');
    await browser.until(`document.querySelector('.hands').hidden`, false);
    await press('.advice .hand button');
    await expect.poll(() => made.asked).toEqual([`accept ${fixtureAdvice.id}`]);
  });

  test('what is filled in outlives news, and is sent as it stands; then the page is fresh again', async () => {
    const made = await show('/mirrors/coast');
    await browser.until(`document.getElementById('live').textContent`, 'live');
    await press('details.hand summary');
    await fill('for', '2h');
    await fill('reason', 'work on the line');
    made.emit({ type: 'standing', atMs: nowMs, data: fixtureStandings[0] });
    await browser.until(`document.getElementById('live').textContent`, 'updates paused while you type');
    expect(await browser.read(`document.querySelector('input[name=reason]').value`)).toBe('work on the line');
    await press('details.hand button');
    await expect.poll(() => made.asked).toEqual(['pause coast 7200000 work on the line']);
    await browser.until(`document.querySelector('details.hand').open`, false);
    await browser.until(`document.getElementById('live').textContent`, 'live');
  });

  test('while a form is open the page looks every two seconds whether it may go on, not all the time', async () => {
    const made = await show('/mirrors/coast');
    await browser.until(`document.getElementById('live').textContent`, 'live');
    await press('details.hand summary');
    made.emit({ type: 'standing', atMs: nowMs, data: fixtureStandings[0] });
    await browser.until(`document.getElementById('live').textContent`, 'updates paused while you type');
    // When the script next looked for the page's content, once for each turn of its loop.
    await browser.read(`(() => {
      window.looks = [];
      let isNoted = false;
      const find = document.getElementById.bind(document);
      document.getElementById = (id) => {
        if (id === 'main' && !isNoted) {
          isNoted = true;
          looks.push(performance.now());
          queueMicrotask(() => { isNoted = false; });
        }
        return find(id);
      };
    })()`);
    await browser.until('looks.length > 2', true);
    expect(await browser.read('looks.slice(1, 3).every((ms, at) => ms - looks[at] > 1500)')).toBe(true);
  });

  test.each([
    ['zh', '时长（for）应不超过 30d，例如 "1h"；"0s" 表示恢复'],
    ['en', 'the value of `for` must be a duration of at most 30d, such as "1h"; "0s" resumes the mirror'],
  ])(
    'a length of time that is none does not leave the browser, and what the API refuses is said, %s',
    async (lang, said) => {
      // The language stays in a cookie.
      onTestFinished(() => browser.forget());
      const made = await show(`/mirrors/coast?lang=${lang}`);
      await press('details.hand summary');
      await fill('for', 'soon');
      await press('details.hand button');
      await fill('for', '31d');
      await press('details.hand button');
      await browser.until(`document.querySelector('details.hand output').textContent`, said);
      expect(made.asked).toEqual([]);
    },
  );

  test('where writes need the token it is asked for in the page, never by the browser, and held until the page goes', async () => {
    await browser.signIn('t0ken');
    const made = await show('/', { configWith: { listen: { ...fixtureConfig.listen, token: new Secret('t0ken') } } });
    const before = browser.signIns();
    const said = `document.querySelector('.advice .hand output').textContent`;
    await press('.advice .hand button');
    await browser.until(said, 'this action needs the token of the daemon');
    expect(await browser.read('document.activeElement.name')).toBe('token');
    await fill('token', 'wrong');
    await press('.advice .hand button');
    await browser.until(said, 'wrong token');
    expect(made.asked).toEqual([]);
    await fill('token', 't0ken');
    await press('.advice .hand button');
    await expect.poll(() => made.asked).toEqual([`accept ${fixtureAdvice.id}`]);
    await browser.until(`document.querySelector('.advice .token').hidden`, true);
    expect(browser.signIns()).toBe(before);
    // An address with the password in it: the browser requests nothing that is relative to such a one.
    await browser.open(`http://any:t0ken@127.0.0.1:${await browser.read('location.port')}/`);
    await press('.advice .hand button');
    await browser.until(said, 'this action needs the token of the daemon');
    expect(await browser.read('document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)')).toBe(
      '{}{}',
    );
  });

  test('behind a proxy it is the page again when the daemon is back, however long the proxy had only its own page', async () => {
    const tab = await browser.another();
    onTestFinished(tab.close);
    const api = createApi(fixture().deps);
    let isDown = false;
    const proxy = createServer((request, response) => {
      if (isDown) response.writeHead(502).end('bad gateway');
      else api(request, response);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    // The half minute between two attempts is a third of a second.
    await tab.first('{ const wait = setTimeout; window.setTimeout = (run, ms) => wait(run, ms / 100); }');
    await tab.open(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`);
    await tab.until(`document.getElementById('live').textContent`, 'live');
    const asked: string[] = [];
    proxy.on('request', ({ url }) => void (isDown && asked.push(url ?? '')));
    isDown = true;
    proxy.closeAllConnections();
    // The stream, which ends for good by this status, and then the page.
    await expect.poll(() => asked.filter((url) => url === '/').length).toBeGreaterThan(2);
    expect(await tab.read('document.title')).toBe(
      '1 mirror down, 1 mirror slow, 1 switch advised, 1 mirror unknown · mirrorwatch',
    );
    isDown = false;
    await tab.until(`document.getElementById('live')?.textContent`, 'live');
    proxy.close();
    proxy.closeAllConnections();
  });
});
