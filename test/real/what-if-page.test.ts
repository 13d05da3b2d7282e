import { expect, test } from 'vitest';
import { real } from '../support/requires.ts';
import { fixtureWhatIf, whatIfInUse } from '../unit/api/fixture-what-if.ts';
import { pageInBrowser } from './page-in-browser.ts';

// What-if in a real browser: as one types, without the script, and what leaves the browser.

const inland = 'https://mirrors.inland.example.com/goproxy';
const summary = `document.getElementById('whatif-summary').textContent.replaceAll('\\u00a0', ' ')`;

real('what-if in a browser', ['chromium'], () => {
  const { browser, show, leave } = pageInBrowser();
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
