import { describe, expect, test } from 'vitest';
import { renderAdviceCard } from '../../../src/api/page/advice-card.ts';
import { createPageSay } from '../../../src/api/page/html.ts';
import { formatItem, renderAdviceEnd } from '../../../src/api/page/timeline.ts';
import type { Advice } from '../../../src/core/advice.ts';
import type { Language } from '../../../src/words/words.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';

/** The facts of the card, by their names. */
function factsOf(samples: number, windowSeconds: number, language: Language = 'en'): Readonly<Record<string, string>> {
  const advice = { ...fixtureAdvice, evidence: { ...fixtureAdvice.evidence, samples, windowSeconds } };
  const { text } = renderAdviceCard(createPageSay(language), advice, fixtureConfig, nowMs);
  const facts = [...text.matchAll(/<dt>([^<]+)<\/dt><dd>(.*?)<\/dd>/gs)];
  return Object.fromEntries(facts.map(([, name = '', value = '']) => [name, value.replace(/<[^>]+>/g, '')]));
}

test.each<[Language, readonly string[]]>([
  [
    'en',
    ['modelled fetch cost when advised, failures included', 'canary p95, modelled', 'canary success rate, modelled'],
  ],
  ['zh', ['给出建议时的获取代价（模型估算，含失败）', '金丝雀 p95（模型估算）', '金丝雀成功率（模型估算）']],
])('the names of the figures say that they are modelled, when, and from what (%s)', (language, names) => {
  expect(Object.keys(factsOf(20, 600, language))).toEqual(expect.arrayContaining([...names]));
});

test('a p95 that is not known has no line', () => {
  const expected = { ...fixtureAdvice.expected, p95Seconds: { before: null, after: null } };
  const { text } = renderAdviceCard(createPageSay('en'), { ...fixtureAdvice, expected }, fixtureConfig, nowMs);
  expect(text).not.toContain('canary p95');
  expect(text).toContain('canary success rate');
});

test('lines that do not name their file stand below its name; lines for programs are not shown', () => {
  const shown = (remedy: Advice['remedy']): string =>
    renderAdviceCard(createPageSay('en'), { ...fixtureAdvice, remedy }, fixtureConfig, nowMs).text;
  const json = JSON.stringify({ 'daemon.json': { path: '/etc/docker/daemon.json', keys: {} } });
  expect(shown({ 'daemon.json': '{ }', json })).toMatch(
    /Set this in <code>\/etc\/docker\/daemon\.json<\/code>:.*id="line-/s,
  );
  expect(shown({ json: '{"urls":["x"]}' })).toMatch(/There is no line to paste/);
});

test.each<[Language, string, string]>([
  ['en', 'I have applied this line', 'I have set this chain'],
  ['zh', '我已应用此行', '我已设置此链'],
])('the button to accept names a line only if there is one (%s)', (language, line, chain) => {
  const buttons = (remedy: Advice['remedy']): readonly string[] => {
    const { text } = renderAdviceCard(createPageSay(language), { ...fixtureAdvice, remedy }, fixtureConfig, nowMs);
    return [...text.matchAll(/<button type="submit">([^<]+)</g)].map(([, button = '']) => button);
  };
  expect(buttons(fixtureAdvice.remedy)[0]).toBe(line);
  expect(buttons({ json: '{"urls":["x"]}' })[0]).toBe(chain);
  expect(buttons({})[0]).toBe(chain);
});

test.each<[Language, Advice['newClients'], string]>([
  ['en', 'usual', 'go: the trouble of <b>coast</b> is over, the usual line again'],
  ['en', 'advised', 'go: the trouble of <b>coast</b> is over, new clients still use <b>inland</b>'],
  ['zh', 'usual', 'go：<b>coast</b> 的问题已消除，恢复使用原来的设置'],
])('when the cause is over, the title says which line new clients use (%s, %s)', (language, newClients, title) => {
  const advice: Advice = { ...fixtureAdvice, phase: 'over', newClients };
  const { text } = renderAdviceCard(createPageSay(language), advice, fixtureConfig, nowMs);
  expect(text).toContain(`<h3>${title}</h3>`);
  // A line that new clients do not use cannot be copied, and nothing but title and reason is unfolded.
  expect(text.includes('data-copy')).toBe(newClients === 'advised');
  expect(text.indexOf('<dl')).toBeGreaterThan(text.indexOf('<details'));
});

test.each(['proposed', 'accepted'] as const)('a card folds its evidence and the rollback, %s', (state) => {
  const { text } = renderAdviceCard(createPageSay('en'), { ...fixtureAdvice, state }, fixtureConfig, nowMs);
  const [shown = '', folded = ''] = text.split(/<details id="more-[^"]+"><summary>Evidence and rollback<\/summary>/);
  expect(shown).toContain('export GOPROXY=');
  expect(shown.includes('I have applied this line')).toBe(state === 'proposed');
  expect(shown).not.toContain('<dl class="facts">');
  expect(folded).toMatch(/<dl class="facts">.*Rollback: .*<\/details>/s);
});

test('with a front door, its line comes first: what clients set once', () => {
  const line = `export GOPROXY='http://127.0.0.1:10121/go,direct'`;
  const shown = (doorLines: readonly { client: string; text: string }[]): string =>
    renderAdviceCard(createPageSay('en'), fixtureAdvice, fixtureConfig, nowMs, doorLines).text;
  expect(shown([{ client: 'go', text: line }])).toMatch(
    /Clients that use the front door need no change.*To use the door, set this once in a client:.*127\.0\.0\.1:10121\/go,direct.*Clients that do not use the front door need this setting:.*id="line-/s,
  );
  expect(shown([])).not.toContain('front door');
});

describe('an advice says how much of the canary was looked at, which is not the moments that were compared', () => {
  test.each([
    [1, 5, '1 to coast, in the 5 s before this advice. The reason can also count other targets and later probes.'],
    [
      20,
      600,
      '20 to coast, in the 10 min before this advice. The reason can also count other targets and later probes.',
    ],
    [0, 0, undefined],
  ])('%i in %i s', (samples, windowSeconds, said) => {
    expect(factsOf(samples, windowSeconds)['canary probes']).toBe(said);
  });

  test('in Chinese', () => {
    expect(factsOf(1, 5, 'zh')['金丝雀探测次数']).toBe(
      '给出建议前 5 秒内对 coast 的 1 次。建议理由还可能计入其他目标和之后的探测。',
    );
  });
});

test.each([
  ['proposed', 'Set this chain now: <code>https://a.example.com,direct</code>'],
  ['accepted', 'In force: <code>https://a.example.com,direct</code>'],
] as const)(
  'advice that changes only later members of the chain, %s: the headline has the chain',
  (state, headline) => {
    const { from, chain } = fixtureAdvice;
    const advice = { ...fixtureAdvice, state, to: from, chain: { ...chain, after: 'https://a.example.com,direct' } };
    const { text } = renderAdviceCard(createPageSay('en'), advice, fixtureConfig, nowMs);
    expect(text).toContain(`<h3>${headline}</h3>`);
  },
);

describe('the client’s own switch', () => {
  const bypass = 'GODEBUG=http2client=0';
  const env = `export GODEBUG="\${GODEBUG:+\${GODEBUG%,},}http2client=0"`;
  const own = { ...fixtureAdvice, to: fixtureAdvice.from, bypass, remedy: { env }, rollback: 'first\nsecond' };
  const shown = (advice: typeof fixtureAdvice, language: Language = 'en'): string =>
    renderAdviceCard(createPageSay(language), advice, fixtureConfig, nowMs).text;

  test.each([
    ['proposed', { state: 'proposed', cause: 'outage' }, 'Set this now: <code>GODEBUG=http2client=0</code>'],
    ['accepted', { state: 'accepted', cause: 'outage' }, 'In force: <code>GODEBUG=http2client=0</code>'],
    [
      'to be taken back',
      { state: 'proposed', cause: 'failback' },
      'Remove this now: <code>GODEBUG=http2client=0</code>',
    ],
  ] as const)('%s, in place of a mirror', (_, over, headline) => {
    const text = shown({ ...own, ...over });
    expect(text).toContain(`<h3>${headline}</h3>`);
    expect(text).not.toContain('switch from ');
    expect(text).toContain('http2client=0&quot;');
    expect(text).toContain('first\nsecond');
  });

  test.each(['outage', 'failback'] as const)('the front door does not replace it: %s', (cause) => {
    const door = [{ client: 'go', text: `export GOPROXY='http://127.0.0.1:10121/go,direct'` }];
    for (const to of [own.from, 'inland']) {
      const advice = { ...own, to, cause };
      expect(renderAdviceCard(createPageSay('en'), advice, fixtureConfig, nowMs, door).text).not.toContain(
        'front door',
      );
    }
  });

  test('once it is over it is named in its place too', () => {
    const item = renderAdviceEnd(createPageSay('en'), {
      ...own,
      state: 'withdrawn',
      cause: 'outage',
      settledAtMs: nowMs,
    });
    expect(item.text).toContain('<code>GODEBUG=http2client=0</code>, because requests to coast fail');
    expect(item.text).not.toContain('from <a');
  });

  test('a refusal that is over is still one, in the list and on the timeline', () => {
    const advice: Advice = {
      ...own,
      to: own.from,
      bypass: null,
      state: 'withdrawn',
      refusal: 'no_candidate',
      settledAtMs: nowMs,
    };
    expect(renderAdviceEnd(createPageSay('en'), advice).text).toContain('no switch from <a');
    const item = {
      id: 'advice-1',
      of: { tag: 'advice', advice },
      kind: 'advice',
      lane: 'go/go',
      registries: ['coast'],
      fromMs: 0,
      toMs: nowMs,
    } as const;
    expect(formatItem(item, 'here', createPageSay('en'))).toBe('no switch from coast');
  });

  test('beside a move the mirrors are named, and the lines hold both', () => {
    expect(shown({ ...own, to: 'inland' })).toContain('from <b>coast</b> to <b>inland</b>');
  });

  test('in Chinese', () => {
    expect(shown(own, 'zh')).toContain('立即设置：<code>GODEBUG=http2client=0</code>');
  });
});
