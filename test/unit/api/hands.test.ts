import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { serveFixture } from './serve-fixture.ts';

// The page's buttons: what each would send, and that the API takes exactly that.

interface Hand {
  readonly button: string;
  readonly path: string;
  readonly body: Record<string, string>;
  readonly fields: readonly string[];
  readonly asksToken: boolean;
}

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

/** The forms of a page as its script reads them. */
function handsOf(page: string): Hand[] {
  return [...page.matchAll(/<form data-post="([^"]+)" data-body="([^"]*)">(.*?)<\/form>/gs)].map(
    ([, path = '', body = '', inside = '']) => ({
      button: /<button type="submit">([^<]+)</.exec(inside)?.[1] ?? '',
      path: unescaped(path),
      body: JSON.parse(unescaped(body)) as Record<string, string>,
      fields: [...inside.matchAll(/<input [^>]*name="(\w+)"/g)].map(([, name = '']) => name),
      asksToken: /<label class="token">/.test(inside),
    }),
  );
}

const mismatch = fixtureFindings.slice(0, 1).map((one) => ({ ...one, kind: 'mismatch' as const }));
const paused: FixtureChange = {
  standings: () => fixtureStandings.map((one) => ({ ...one, paused: { untilMs: nowMs + 60_000, reason: 'x' } })),
};

const [accept, notNow] = ['I have applied this line', 'Not now'];

describe('the hands of the page', () => {
  it.each<[string, string, FixtureChange, readonly string[], Record<string, string>, string]>([
    ['accept', '/', {}, [accept, notNow], {}, `accept ${fixtureAdvice.id}`],
    [
      'dismiss, with a reason and for as long as is filled in',
      '/',
      {},
      [notNow, accept],
      { for: '2h', reason: 'on purpose' },
      `dismiss ${fixtureAdvice.id} 7200000 on purpose`,
    ],
    [
      'ack with a reason',
      '/',
      { advice: () => ({ items: [], next: null }), findings: () => ({ items: mismatch, next: null }) },
      ['Acknowledge'],
      { reason: 'explained' },
      `ack ${mismatch[0]?.id}: explained`,
    ],
    [
      'pause for as long as is filled in',
      '/mirrors/coast',
      {},
      ['Pause'],
      { for: '2h', reason: 'work' },
      'pause coast 7200000 work',
    ],
    ['resume', '/mirrors/coast', paused, ['Resume'], {}, 'pause coast 0 '],
  ])('%s: the API takes what the button sends', async (_what, path, change, buttons, filled, asked) => {
    const { ask, asked: done } = await serveFixture(change);
    const hands = handsOf((await ask(path)).text);
    expect(hands.map(({ button }) => button).toSorted()).toEqual(buttons.toSorted());
    const hand = hands.find(({ button }) => button === buttons[0]);
    expect(hand?.fields).toEqual([...Object.keys(filled), 'token']);
    const answer = await ask(hand?.path ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...hand?.body, ...filled }),
    });
    expect([answer.status, done]).toEqual([200, [asked]]);
  });

  it('where the reader is stays hidden until the script is there: a plain form could not send it', async () => {
    const { ask } = await serveFixture();
    const { text } = await ask('/');
    expect([...text.matchAll(/<div class="hands"( hidden)?>/g)].map(([, hidden]) => hidden)).toEqual([' hidden']);
    expect(text).toContain(`mirrorwatch advice accept ${fixtureAdvice.id}`);
  });

  it.each([
    ['on loopback without one', fixtureConfig.listen, false],
    ['with one', { ...fixtureConfig.listen, token: new Secret('t0ken') }, true],
    ['off loopback', { ...fixtureConfig.listen, host: '0.0.0.0', token: new Secret('t0ken') }, true],
  ])('a token is asked for where writes need it: %s', async (_what, listen, asks) => {
    const { ask } = await serveFixture({ configWith: { listen } });
    const page = await ask('/', { headers: { authorization: `Basic ${btoa('x:t0ken')}` } });
    expect(handsOf(page.text).map(({ asksToken }) => asksToken)).toEqual([asks, asks]);
  });

  it.each([
    ['the usual place', {}, ''],
    ['another port', { port: 10121 }, ' --url http://127.0.0.1:10121'],
    ['every address, with a token', { host: '0.0.0.0', token: new Secret('t0ken') }, ' --token-file FILE'],
    ['TLS over IPv6', { host: '::1', tls: { cert: '', key: new Secret('') } }, ' --url &#39;https://[::1]:10120&#39;'],
  ])('the command beside the button works as it is shown: at %s', async (_what, changed, said) => {
    const { ask } = await serveFixture({ configWith: { listen: { ...fixtureConfig.listen, ...changed } } });
    const { text } = await ask('/', { headers: { authorization: `Basic ${btoa('x:t0ken')}` } });
    expect(text).toContain(`<code>mirrorwatch advice accept ${fixtureAdvice.id}${said}</code>`);
  });

  it('an advice that is over has none, and one that was accepted neither', async () => {
    const { ask } = await serveFixture({
      advice: () => ({ items: [{ ...fixtureAdvice, state: 'accepted' }], next: null }),
    });
    expect(handsOf((await ask('/')).text)).toEqual([]);
  });
});
