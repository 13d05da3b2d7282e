import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Advice } from '../../src/core/advice.ts';
import type { Mirror } from '../../src/core/mirror.ts';
import { type Browser, type Eyes, looks, startBrowser } from '../support/chromium.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { fixtureAdvice } from '../unit/api/fixture-advice.ts';
import { fixtureConfig, nowMs } from '../unit/api/fixture-config.ts';
import { type Fixture, fixture } from '../unit/api/fixture-deps.ts';
import { fixtureFindings, fixtureStandings } from '../unit/api/fixture-findings.ts';
import { fixturePast } from '../unit/api/fixture-past.ts';
import { fixtureSeries } from '../unit/api/fixture-samples.ts';
import { type ServedInTurn, serveInTurn } from '../unit/api/server.ts';

// The page as it is seen, read out and walked by keyboard: in a real browser, light and dark, wide and as narrow as a phone.

const pages: Readonly<Record<string, string>> = table('real/page-eyes', 'pages');

/** Where Tab came to: what it is, how its outline is drawn, and where it stands on the page, pixels. */
interface Stop {
  readonly text: string;
  readonly outline: string;
  readonly isShown: boolean;
  readonly height: number;
  readonly middle: number;
}

/** Notes from now on where each Tab comes to: `null` where the focus has left the page, or has come round. */
const noteStops = `(() => {
  const stops = [];
  let first = null;
  addEventListener('keyup', () => {
    const one = document.activeElement;
    if (one === document.body || one === first) return stops.push(null);
    first ??= one;
    const { top, bottom, height } = one.getBoundingClientRect(), { outlineStyle, outlineWidth } = getComputedStyle(one);
    stops.push({
      text: (one.textContent || one.id).trim(), outline: outlineStyle + ' ' + outlineWidth, height, middle: (top + bottom) / 2 + scrollY,
      isShown: one.checkVisibility({ visibilityProperty: true }) && height > 10 && top >= 0 && bottom <= innerHeight,
    });
  });
  window.stops = stops;
})()`;

/** How many words charts have, and which of them stand on others. */
const coveredWords = `(() => {
  let count = 0;
  const covered = [];
  for (const svg of document.querySelectorAll('svg')) {
    const seen = [...svg.querySelectorAll('text.axis-word')].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    count += seen.length;
    for (const [i, a] of seen.entries()) for (const b of seen.slice(i + 1))
      if (a.box.left < b.box.right && b.box.left < a.box.right && a.box.top < b.box.bottom && b.box.top < a.box.bottom)
        covered.push(a.text + ' on ' + b.text);
  }
  return [count, covered];
})()`;

real('the page before eyes, ears and a keyboard', ['chromium'], () => {
  let browser: Browser;
  let served: ServedInTurn;
  let made: Fixture;
  beforeAll(async () => {
    made = fixture(fixturePast);
    served = await serveInTurn();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });
  // One of its own for each test: its clock stands still, and what a minute allows would be used up by all of them.
  // On one port: for each other origin the browser would start a process.
  beforeEach(() => served.with(made.deps));
  const open = (path: string): Promise<void> => browser.open(`http://127.0.0.1:${served.port}${path}`);

  /** How many words the charts have, none of which stands on another. */
  const expectApart = async (look: string): Promise<number> => {
    const [count, covered] = (await browser.read(coveredWords)) as [number, string[]];
    expect([look, covered]).toEqual([look, []]);
    return count;
  };

  /** From its beginning down the page, as it is open. */
  const expectWalk = async (path: string, width: number): Promise<void> => {
    await browser.read(noteStops);
    let noted: (Stop | null)[] = [];
    while (!noted.includes(null)) {
      await browser.tab(20);
      noted = (await browser.read('stops')) as (Stop | null)[];
    }
    const stops = noted.slice(0, noted.indexOf(null)) as Stop[];
    expect(stops.length).toBeGreaterThan(10);
    expect(stops[0]?.text).toBe('Skip to content');
    const odd = stops.filter(({ outline, isShown }) => !isShown || !/^solid [2-9]/.test(outline));
    expect([path, odd]).toEqual([path, []]);
    // A finger hits what is 24 pixels high, without hitting what stands above.
    if (width === 375) expect([path, stops.filter(({ height }) => height < 24)]).toEqual([path, []]);
    // Of what stands in one line, the middle is compared.
    const back = stops.filter(({ middle }, i) => i > 1 && middle < (stops[i - 1]?.middle ?? 0) - 12);
    expect([path, back]).toEqual([path, []]);
    const current = await browser.read(
      `[...document.querySelectorAll('header .ways [aria-current=page]')].map((one) => one.getAttribute('href'))`,
    );
    const [place = ''] = path.split('?');
    expect(current).toEqual(['/', '/history', '/timeline'].includes(place) ? [place] : []);
  };

  // Styles alone tell one look from another: no script of a page asks for it.
  test.each(Object.entries(pages))(
    '%s: in each look axe finds nothing serious, no words of a chart stand on others, nothing is wider than the window, texts have five sizes at most; Tab goes down the page, and is seen to',
    async (_name, path) => {
      await open(path);
      for (const [look, eyes] of Object.entries(looks)) {
        await browser.eyes(eyes);
        // The dark looks have the elements of the light ones, in other colours.
        expect([look, await browser.serious(eyes.scheme === 'dark' ? ['color-contrast'] : undefined)]).toEqual([
          look,
          [],
        ]);
        expect([look, await browser.read('document.documentElement.scrollWidth <= innerWidth')]).toEqual([look, true]);
        const count = await expectApart(look);
        if (/^.(history|timeline).range=(hour|week)/.test(path)) expect(count).toBeGreaterThan(2);
        if (eyes.scheme === 'dark') continue;
        const sizes = (await browser.read(
          `[...document.body.querySelectorAll(':not(script, defs, defs *)')].map((one) => getComputedStyle(one).fontSize)`,
        )) as string[];
        const usual = ['12px', '13px', '15px', '17px', '22px'];
        expect([look, sizes.filter((size) => !usual.includes(size))]).toEqual([look, []]);
      }
      // Light or dark changes no order: each width has one of them.
      await browser.eyes({ width: 1280, height: 780, scheme: 'dark' });
      await expectWalk(path, 1280);
    },
  );

  test('six mirrors on a phone: the strip, the card and the whole table are on two screens', async () => {
    const [mirror] = fixtureConfig.mirrors;
    const names = ['coast', 'inland', 'campus', 'go-origin', 'harbour', 'island'];
    const mirrors = names.map((name) => ({
      ...mirror,
      ...fixtureConfig.mirrors.find((one) => one.name === name),
      name,
    }));
    const change = {
      ...fixturePast,
      configWith: { mirrors: mirrors as readonly Mirror[] },
      seriesOf: (name: string) =>
        fixtureSeries.filter(
          ({ target }) => target.registry === (['harbour', 'island'].includes(name) ? 'inland' : name),
        ),
    };
    served.with(fixture(change).deps);
    await browser.eyes({ width: 390, height: 844, scheme: 'light' });
    await open('/');
    const bottom = (selector: string): Promise<unknown> =>
      browser.read(`document.querySelector('${selector}').getBoundingClientRect().bottom + scrollY`);
    expect(await browser.read(`document.querySelectorAll('.mirrors tbody tr').length`)).toBe(6);
    expect(await bottom('.summary')).toBeLessThan(300);
    expect(await bottom('.mirrors')).toBeLessThan(2 * 844);
  });

  test('five pieces of advice and a digest that has no place to break: as wide as the phone, and each line near the top', async () => {
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const [finding] = fixtureFindings;
    const advice = Array.from({ length: 5 }, (_, n) => ({ ...fixtureAdvice, id: `advice-${n}` }));
    const [first, ...others] = advice as [Advice, ...Advice[]];
    const { sentence: _, ...told } = { ...first, reason: `near serves other bytes: ${digest}` };
    const scope = finding?.scope.map((item) => ({ ...item, module: 'library/alpine', version: digest })) ?? [];
    const change = {
      ...fixturePast,
      advice: () => ({ items: [told, ...others], next: null }),
      findings: () => ({ items: finding === undefined ? [] : [{ ...finding, scope }], next: null }),
    };
    served.with(fixture(change).deps);
    await browser.eyes({ width: 390, height: 844, scheme: 'light' });
    await open('/');
    expect(await browser.read('document.documentElement.scrollWidth')).toBe(390);
    // The table stands after five cards of a heading, a reason, a line and a fold.
    expect(await browser.read(`document.querySelector('.mirrors').getBoundingClientRect().top`)).toBeLessThan(2_200);
  });

  test.each(['/mirrors/coast', '/mirrors/inland?range=week'])(
    '%s: in no look do words of a chart stand on others',
    async (path) => {
      await open(path);
      for (const [look, eyes] of Object.entries(looks)) {
        await browser.eyes(eyes);
        expect(await expectApart(look)).toBeGreaterThan(2);
      }
    },
  );

  test.each(['en', 'zh'])(
    '%s, on a phone: no word of a chart is smaller than 11 pixels, and in English Tab goes down each page, and is seen to',
    async (lang) => {
      await browser.eyes({ width: 375, height: 780, scheme: 'light' });
      const seen: string[] = [];
      // The language stays in a cookie.
      onTestFinished(() => browser.forget());
      for (const path of Object.values(pages).filter((one) => lang === 'en' || one.includes('range='))) {
        await open(`${path}${path.includes('?') ? '&' : '?'}lang=${lang}`);
        const sizes = (await browser.read(
          `[...document.querySelectorAll('svg text')].filter((one) => one.getBoundingClientRect().width > 0)
          .map((one) => [one.textContent, parseFloat(getComputedStyle(one).fontSize) * Math.min(one.getScreenCTM().a, one.getScreenCTM().d)])`,
        )) as [string, number][];
        expect([path, sizes.filter(([, size]) => size < 11)]).toEqual([path, []]);
        seen.push(...sizes.map(([text]) => text));
        if (lang === 'en') await expectWalk(path, 375);
      }
      expect(seen.some((text) => text.startsWith(lang === 'en' ? 'slow above' : '超过'))).toBe(true);
      expect(seen.length).toBeGreaterThan(100);
    },
  );

  test.each(['/', '/mirrors/campus?range=day'])(
    '%s: news leave the focus where it is, on whatever it stands, and the page where it was scrolled to',
    async (path) => {
      await browser.eyes(looks['light'] as Eyes);
      await open(path);
      await browser.until(`document.getElementById('live').textContent`, 'live');
      const each = `[...document.querySelectorAll('main :is(a[href]:not([tabindex]), button, summary, pre[tabindex])')].filter((one) => one.checkVisibility())`;
      const kinds = (await browser.read(
        `${each}.map((one, i) => [one.tagName + one.className, i]).filter(([kind], i, all) => all.findIndex(([other]) => other === kind) === i).map(([, i]) => i)`,
      )) as number[];
      expect(kinds.length).toBeGreaterThan(0);
      const here = `[document.activeElement.tagName, document.activeElement.textContent, scrollY].join()`;
      for (const i of kinds) {
        await browser.read(`${each}[${i}].focus()`);
        const before = await browser.read(here);
        await browser.read(`document.querySelector('main').firstElementChild.id = 'stale'`);
        made.emit({ type: 'standing', atMs: nowMs, data: fixtureStandings[0] });
        await browser.until(`document.getElementById('stale')`, null);
        expect(await browser.read(here)).toBe(before);
      }
    },
  );

  test('the keyboard alone chooses on the timeline, and the address says what', async () => {
    await browser.eyes(looks['light'] as Eyes);
    await open('/timeline?range=week');
    const wanted = 'campus has an outage';
    // Once there, it is not left.
    await browser.read(
      `addEventListener('keydown', (pressed) => void (document.activeElement.textContent === '${wanted}' && pressed.key === 'Tab' && pressed.preventDefault()))`,
    );
    await browser.tab(40);
    expect(await browser.read('document.activeElement.textContent')).toBe(wanted);
    expect(await browser.read('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await browser.key('Enter');
    await browser.until(`document.querySelector('#chosen .kind')?.textContent`, 'outage');
    expect(await browser.read('new URLSearchParams(location.search).get("item")')).toMatch(/^finding-/);
    expect(await browser.read('location.hash')).toBe('#chosen');
  });

  test('news leave range and choice as they are', async () => {
    await open('/timeline?range=week&item=finding-w3');
    await browser.until(`document.getElementById('live').textContent`, 'live');
    await browser.read(`document.querySelector('h1').textContent = 'stale'`);
    made.emit({ type: 'standing', atMs: nowMs, data: fixtureStandings[0] });
    await browser.until(`document.querySelector('h1').textContent`, 'Timeline');
    expect(
      await browser.read(`[...document.querySelectorAll('[aria-current]')].map((one) => one.textContent).join()`),
    ).toBe('timeline,week,Ended: the outage of campus');
  });
});
