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
import { fixtureWhatIf, whatIfInUse } from '../unit/api/fixture-what-if.ts';
import { pageInBrowser } from './page-in-browser.ts';

// The page's script in a real browser: its buttons, the token, that nothing is lost while somebody fills in; and what-if.

const inland = 'https://mirrors.inland.example.com/goproxy';
const summary = `document.getElementById('whatif-summary').textContent.replaceAll('\\u00a0', ' ')`;

real('the page in a browser', ['chromium'], () => {
  const { browser, show, leave } = pageInBrowser();
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
    await browser.until(`document.getElementById('live').textContent`, 'paused while you type');
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
    await browser.until(`document.getElementById('live').textContent`, 'paused while you type');
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
    ['en', 'for is a duration up to 30d like "1h"; "0s" resumes'],
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
    await browser.open(`http://any:t0ken@127.0.0.1:${await browser.read('location.port')}/what-if`);
    await press('#whatif-form button');
    await browser.until('location.search.length > 0', true);
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
    expect(await tab.read('document.title')).toBe('1 down, 1 degraded · mirrorwatch');
    isDown = false;
    await tab.until(`document.getElementById('live')?.textContent`, 'live');
    proxy.close();
    proxy.closeAllConnections();
  });

  // What-if: as one types, without the script, and what leaves the browser.
  const type = (chain: string): Promise<unknown> =>
    browser.read(
      `(() => { const field = document.getElementById('whatif-chain'); field.focus(); field.value = ${JSON.stringify(chain)}; field.dispatchEvent(new Event('input', { bubbles: true })); })()`,
    );

  test('the numbers follow what is typed, are read aloud as one sentence, and the address can be shared', async () => {
    await show('/what-if');
    await browser.until(`${summary}.startsWith('successful light requests: 89.8 %')`, true);
    expect(await browser.read(`document.getElementById('whatif-summary').getAttribute('role')`)).toBe('status');
    await browser.read(`window.kept = document.getElementById('whatif-summary')`);
    await type(`${inland}|${whatIfInUse}`);
    await browser.until(`${summary}.startsWith('successful light requests: 100 %')`, true);
    // A region that is put in anew is not read.
    expect(await browser.read(`window.kept === document.getElementById('whatif-summary')`)).toBe(true);
    expect(await browser.read(`document.activeElement.id`)).toBe('whatif-chain');
    expect(await browser.read(`document.querySelectorAll('.chains tbody tr').length`)).toBe(8);
    expect(await browser.read(`new URLSearchParams(location.search).get('chain')`)).toBe(`${inland}|${whatIfInUse}`);
    await type(`${inland}|word`);
    await browser.until(summary, 'Member 2 is a reserved word; expected: a GOPROXY line.');
    expect(await browser.read(`document.querySelector('.chains')`)).toBeNull();
  });

  test('the last that was typed is what is shown, however long the one before took', async () => {
    await show('/what-if');
    // The first question is answered after the second.
    await browser.read(
      `(() => { const ask = window.fetch; let first = true; window.release = null; window.fetch = (...all) => { if (!first) return ask(...all); first = false; return new Promise((done) => { window.release = () => done(ask(...all)); }); }; })()`,
    );
    await type(`${inland}|word`);
    await browser.until(`window.release !== null`, true);
    await type(`${inland},off`);
    await browser.until(`${summary}.startsWith('successful light requests: 96.6 %')`, true);
    await browser.read(`(window.release(), new Promise((done) => setTimeout(done, 300)))`);
    expect(await browser.read(summary)).toMatch(/^successful light requests: 96\.6 % ·/);
  });

  test('credentials do not leave the browser, and what the daemon no longer answers is said', async () => {
    const heard: string[] = [];
    const answer = fixtureWhatIf();
    await show('/what-if', {
      whatIf(asked) {
        heard.push(asked.chain);
        return answer(asked);
      },
    });
    await type(`https://robot:s3cret@${inland.slice(8)}`);
    await browser.until(`${summary}.startsWith('successful light requests: 96.6 %')`, true);
    expect(heard.at(-1)).toBe(inland);
    expect(await browser.read('location.href')).not.toContain('s3cret');
    expect(await browser.read(`document.querySelector('.languages').innerHTML`)).not.toContain('s3cret');
    await leave();
    await type(whatIfInUse);
    await browser.until(summary, 'The daemon gave no valid response');
  });

  test.each([
    ['a password of digits', `https://robot:12345@${inland.slice(8)}`, inland],
    ['a password with a slash', `https://robot:x/tiger@${inland.slice(8)}`, inland],
  ])('%s, as it is typed: no part of it is ever sent, and none comes into the address', async (_, chain, bare) => {
    await show('/what-if');
    const sent = browser.sent();
    await browser.read(`window.pause = (ms) => new Promise((done) => setTimeout(done, ms))`);
    // Each time the page gets the quarter of a second after which it asks.
    for (let i = 'https://robo'.length; i <= chain.indexOf('@') + 1; i += 1) {
      await type(chain.slice(0, i));
      await browser.read('window.pause(260)');
    }
    await type(chain);
    await browser.until(`new URLSearchParams(location.search).get('chain')`, bare);
    const all = sent.map((url) => decodeURIComponent(url));
    expect(all.filter((url) => url.includes('/what-if?'))).not.toEqual([]);
    expect(all.filter((url) => /robot|tig|\b12/.test(url.replace(/127\.0\.0\.1:\d+/, '')))).toEqual([]);
  });

  test('a host that is not watched here is sent when the button is pressed, and followed from then on', async () => {
    await show('/what-if');
    await type('https://elsewhere.example.com');
    await browser.until(`${summary}.startsWith('Nothing is sent yet: the host is not monitored here')`, true);
    expect(await browser.read(`document.querySelector('.chains')`)).toBeNull();
    expect(await browser.read('location.search')).toBe('');
    await browser.key('Enter');
    await browser.until(`${summary}.startsWith('No member of this chain is measured here')`, true);
    await type(`https://elsewhere.example.com,${inland}`);
    await browser.until(`${summary}.startsWith('successful light requests: 0 % to 100 %')`, true);
  });

  test('what looks like a password without its @ is not sent by the button either', async () => {
    await show('/what-if');
    const sent = browser.sent();
    await type('https://robot:tiger');
    await browser.key('Enter');
    await browser.until(`${summary}.startsWith('Nothing was sent: the text after a colon is not a port')`, true);
    expect(sent.filter((url) => url.includes('/what-if?'))).toEqual([]);
  });

  test('without the script the form asks by itself', async () => {
    await show('/what-if');
    // As it is sent where no script listens.
    await browser.read(
      `(() => { document.getElementById('whatif-chain').value = ${JSON.stringify(`${inland},off`)}; HTMLFormElement.prototype.submit.call(document.getElementById('whatif-form')); })()`,
    );
    await browser.until(`document.readyState === 'complete' && location.search.includes('off')`, true);
    await browser.until(`${summary}.startsWith('successful light requests: 96.6 %')`, true);
  });

  test('every field has a label, headings go down one by one, and nothing is wider than a phone', async () => {
    await show(`/what-if?chain=${encodeURIComponent(`${inland},direct`)}`);
    const unnamed = `[...document.querySelectorAll('main :is(textarea, select)')].filter((one) => one.labels.length === 0).length`;
    expect(await browser.read(unnamed)).toBe(0);
    expect(
      await browser.read(`[...document.querySelectorAll('main h1, main h2, main h3')].map((one) => one.tagName)`),
    ).toEqual(['H1', 'H2', 'H3']);
    await browser.read(`document.body.style.width = '390px'`);
    const wider = `[...document.querySelectorAll('main *')].filter((one) => !one.closest('.hidden') && one.getBoundingClientRect().right > 390).map((one) => one.tagName)`;
    expect(await browser.read(wider)).toEqual([]);
  });
});
