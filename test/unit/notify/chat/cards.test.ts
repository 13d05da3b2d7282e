import { describe, expect, it } from 'vitest';
import { adviceCauses } from '../../../../src/core/advice.ts';
import { reasons } from '../../../../src/core/failure.ts';
import { type Finding, findingKinds, ruleCauses } from '../../../../src/core/finding.ts';
import type { Notice } from '../../../../src/core/notice.ts';
import { messageFor } from '../../../../src/words/tell.ts';
import { chatMistakes } from '../../../support/chat-schema.ts';
import { expectGolden } from '../../cli/golden.ts';
import { advice, finding, receiver, Stage } from '../stage.ts';
import { proposal, second, sentOf, wrong } from './card-stage.ts';
import { chat, formats, textsOf } from './chats.ts';

it.each([
  ['en', 'found.part', 'a fails for some targets'],
  ['en', 'found.partOnly', 'a fails for some targets'],
  ['zh', 'found.partOnly', 'a 的部分目标出现故障'],
] as const)('an outage of some targets is not told as an outage of the mirror (%s, %s)', (lang, key, title) => {
  const stage = new Stage([chat('c', 'slack', {}, { lang })]);
  const part = messageFor(key, { name: 'a', targets: 1, cause: 'server' });
  stage.open({ ...finding('outage', 'a'), actionable: false, text: part.text, sentence: part.sentence });
  const text = sentOf(stage).map(textsOf).join();
  expect(text).toContain(title);
  expect(text).not.toContain('a has an outage');
});

describe('a mismatch', () => {
  it.each([
    ['mismatch', 'high', '🔴', 'coast serves wrong bytes'],
    ['retag', 'medium', '🔴', 'coast serves wrong bytes'],
    ['retag', 'low', '🟠', 'coast serves bytes that may be wrong'],
    ['peers', 'low', '🟠', 'coast serves bytes that may be wrong'],
  ] as const)('by cause %s with confidence %s is %s', (cause, confidence, sign, title) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    stage.open({ ...wrong, cause, confidence });
    const [text = ''] = sentOf(stage).map(textsOf);
    expect(text).toContain(`${sign} ${title}`);
  });
});

describe.each(formats)('%s', (format) => {
  it('draws what it is told', () => {
    const stage = new Stage([chat('c', format, {}, { lang: 'en' })]);
    const outage = finding('outage', 'coast', {
      cause: 'timeout_connect',
      evidence: { ...wrong.evidence, samples: 8, failures: 5, sides: [] },
      scope: [
        { module: 'example.com/m', version: 'v1.0.0', step: 'mod', family: 6 },
        { module: null, version: null, step: 'info' },
      ],
    });
    stage.open(outage);
    stage.advise('proposed', proposal);
    const bodies = sentOf(stage);
    stage.open(wrong);
    bodies.push(...sentOf(stage));
    stage.pass(3_600 * second);
    stage.close(outage);
    bodies.push(...sentOf(stage));
    expect(bodies).toHaveLength(3);
    for (const body of bodies) expect(chatMistakes(format, body)).toEqual([]);
    expectGolden(
      `card-${format}.golden.json`,
      `${JSON.stringify(
        bodies.map((one) => JSON.parse(one)),
        null,
        2,
      )}\n`,
    );
  });

  it('keeps to its limits however much there is, loses nothing, and cuts no line that is to be copied', () => {
    const long = 'x'.repeat(64);
    const stage = new Stage([chat('c', format, { page: `https://mw.example.com/${'p'.repeat(600)}` }, { lang: 'en' })]);
    const bad = '<@all> & <!channel> **bold** `code` [link](http://evil.example.com) ```fence``` _under_ ~~gone~~ \\ ';
    for (let n = 0; n < 60; n += 1)
      stage.open({
        ...wrong,
        id: `f${n}`,
        registry: `${long.slice(4)}${n}`,
        text: bad.repeat(20),
        scope: [{ module: bad, version: bad, step: 'mod' }],
        evidence: {
          ...wrong.evidence,
          sides: (wrong.evidence.sides ?? []).map((side) => ({ ...side, registries: Array(20).fill(long) })),
        },
      });
    const codes = [
      "export GOPROXY='https://a.example.com,https://b.example.com|direct' # <&>",
      'y'.repeat(900),
      'z'.repeat(901),
    ];
    for (const [n, env] of codes.entries())
      stage.advise('proposed', { ...proposal, upstream: `u${n}`, from: long, to: long, remedy: { env } });
    const bodies = sentOf(stage);
    for (const body of bodies) expect(chatMistakes(format, body)).toEqual([]);
    expect(stage.outcomes).toEqual(Array(63).fill('c delivered'));
    const refs = new Set(bodies.flatMap((body) => [...body.matchAll(/#(?:msg-)?(\w+)/g)].map(([, ref]) => ref)));
    expect(refs.size).toBeGreaterThanOrEqual(63);
    const all = bodies.map(textsOf).join('\n');
    expect(all).toContain('y'.repeat(900));
    expect(all).not.toContain('zzzz');
    expect(all).toMatch(/too long for this message/);
  });
});

describe('a card, whatever the service', () => {
  const format = 'slack';

  it.each([
    [4, '1 more digest'],
    [5, '2 more digests'],
  ])('of %i digests shows three, and how many more there are', (count, more) => {
    const stage = new Stage([chat('c', format, {}, { lang: 'en' })]);
    const [side] = wrong.evidence.sides ?? [];
    const sides = side === undefined ? [] : Array.from({ length: count }, () => side);
    stage.open({ ...wrong, evidence: { ...wrong.evidence, sides } });
    expect(sentOf(stage).join()).toMatch(new RegExp(`; and ${more}(?!s)`));
  });

  it.each([
    ['sha256', 'sha256:3ca6c0123456789abc', 'sha256 3ca6c0123456…'],
    ['sha512', 'sha512-3ca6c0123456789abc', 'sha512 3ca6c0123456…'],
    ['sha256', '3ca6c0123456789abc', 'sha256 3ca6c0123456…'],
  ])('names the algorithm of a digest once: %s, %s', (algorithm, digest, want) => {
    const stage = new Stage([chat('c', format, {}, { lang: 'en' })]);
    const sides = (wrong.evidence.sides ?? []).map((side) => ({ ...side, algorithm, digest }));
    stage.open({ ...wrong, evidence: { ...wrong.evidence, sides } });
    expect(sentOf(stage).join()).toContain(want);
  });

  it('says every kind, cause and state in Chinese, and lets no English sentence through', () => {
    const stage = new Stage([chat('c', format, { page: null, groupMs: 0 }, { lang: 'zh' })]);
    const causes = [...reasons, ...ruleCauses];
    const kinds = causes.map((cause, n) => ({ cause, kind: findingKinds[n % findingKinds.length] ?? 'outage' }));
    const text = 'An English sentence of ours.';
    const findings = kinds.map(({ cause, kind }, n) => finding(kind, `m${n}`, { id: `f${n}`, cause, text }));
    for (const one of findings) stage.open(one);
    const bodies = sentOf(stage);
    for (const one of findings) stage.close(one);
    bodies.push(...sentOf(stage));
    const states = ['proposed', 'accepted', 'superseded', 'withdrawn', 'expired', 'dismissed'] as const;
    for (const [n, cause] of adviceCauses.entries()) {
      const state = states[n % states.length] ?? 'proposed';
      const one = { ...proposal, id: `a${n}`, upstream: `u${n}`, cause, state, reason: text, doesNotCover: [text] };
      stage.advise('withdrawn', one);
    }
    for (const refusal of ['shared_fate', 'nothing_measured', 'no_candidate'] as const) {
      const one = { ...proposal, upstream: refusal, state: 'refused', refusal, reason: text } as const;
      stage.advise('refused', one);
    }
    bodies.push(...sentOf(stage));
    for (const body of bodies) {
      expect(chatMistakes(format, body)).toEqual([]);
      expect(textsOf(body)).not.toMatch(/English|undefined|\{\w+\}/);
      // Three words in a row are a sentence; names and lines to paste are none.
      expect(textsOf(body).replaceAll(/export .*|go env .*|mirrorwatch/g, '')).not.toMatch(
        /\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b/i,
      );
    }
  });

  it('names other forms of the line only if there are some', () => {
    const stage = new Stage([chat('c', format, { page: 'https://mw.example.com' }, { lang: 'en' })]);
    const one = { ...proposal, remedy: { env: 'export A=b' } };
    stage.advise('proposed', one);
    expect(sentOf(stage).map(textsOf).join('\n')).toContain(
      'the status page lists the cases that the line to set does not cover',
    );
  });
});

it('a parenthesis in the page does not end its link', () => {
  const stage = new Stage([chat('c', 'wecom', { page: 'https://mw.example.com/x)[y](https://evil.example.com' }, {})]);
  stage.open(wrong);
  expect(sentOf(stage).map(textsOf).join('')).toContain('](https://mw.example.com/x%29[y]%28https://evil.example.com');
});

describe('what is not certain', () => {
  it.each([
    ['ok', 'high', []],
    ['unverified', 'medium', ['Caveat: mirrorwatch could not verify whether the network of this host works']],
    ['suspect', 'low', ['Caveat: the problem may be the network of this host', 'Confidence: low']],
  ] as const)('is said: vantage %s, confidence %s', (vantage, confidence, want) => {
    const stage = new Stage([chat('c', 'slack')]);
    stage.open(finding('outage', 'a', { vantage, confidence }));
    stage.pass(20 * second);
    const rows = stage.send().flatMap(({ card }) => card?.sections[0]?.rows ?? []);
    const said = rows.map(({ label, text }) => `${label}: ${text}`);
    expect(said.filter((row) => /^(Caveat|Confidence)/.test(row))).toEqual(want);
  });
});

describe('what the finding says', () => {
  const detailIn = (lang: 'en' | 'zh', more: Partial<Finding>, between: (stage: Stage) => void = () => {}) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang })]);
    stage.open({ ...wrong, ...more });
    between(stage);
    stage.pass(20 * second);
    const rows = stage.send().flatMap(({ card }) => card?.sections[0]?.rows ?? []);
    return rows.filter(({ label }) => label === 'Detail' || label === '详情').map(({ text }) => text);
  };
  const chinese = 'coast 返回的 example.com/m@v1.0.0（mod） 内容有误：按 sum.example.com 核对 sha256 两次均失败。';

  it.each([
    ['in English', 'en', {}, [wrong.text]],
    ['in Chinese', 'zh', {}, [chinese]],
    ['in English, stored before there were languages', 'en', { sentence: null }, [wrong.text]],
    ['in Chinese nothing, stored before there were languages', 'zh', { sentence: null }, []],
    ['in Chinese nothing, in words of another release', 'zh', { sentence: { key: 'found.other', values: {} } }, []],
  ] as const)('is told %s', (_, lang, more, want) => {
    expect(detailIn(lang, more)).toEqual(want);
  });

  it('is in Chinese after a restart, and the stored bodies for other receivers are unchanged', () => {
    expect(detailIn('zh', {}, (stage) => stage.restart())).toEqual([chinese]);
    const stage = new Stage([receiver('standard'), chat('c', 'slack', {}, { lang: 'zh' })]);
    stage.open(wrong);
    const [standard, card] = [...stage.rows.values()]
      .filter(({ table }) => table === 'outbox')
      .map(({ value }) => (value as { notice: Notice }).notice);
    expect(standard).not.toHaveProperty('sentence');
    expect(card?.body).toBe(standard?.body);
  });
});

describe('a link', () => {
  it.each([
    ['the one that is configured', 'https://mw.example.com', '0.0.0.0', 'https://mw.example.com/mirrors/a'],
    ['what `listen` names', null, '192.0.2.7', 'http://192.0.2.7:10120/mirrors/a'],
    ['none to loopback: no phone is there', null, '127.0.0.1', undefined],
    ['none to ::1', null, '::1', undefined],
    ['none where every address is listened on', null, '0.0.0.0', undefined],
  ])('%s', (_, page, host, want) => {
    const stage = new Stage([chat('c', 'slack', { page })]);
    stage.config = { ...stage.config, listen: { ...stage.config.listen, host } };
    stage.take(stage.notifier.reconfigure(stage.config, stage.at));
    stage.open(finding('spike', 'a'));
    stage.pass(20 * second);
    expect(stage.send().map(({ card }) => card?.link?.url)).toEqual([want]);
  });
});

describe('filters', () => {
  const told = (only: NonNullable<Parameters<typeof chat>[3]>['only']): string[] => {
    const stage = new Stage([chat('c', 'slack', {}, only === undefined ? {} : { only })]);
    stage.open(finding('outage', 'a'));
    stage.open(finding('mismatch', 'b', { cause: 'mismatch' }));
    stage.open(finding('level_shift', 'c', { ecosystem: 'npm', upstream: 'npm' }));
    stage.open(finding('self', null, { cause: 'clock' }));
    stage.advise('proposed', advice('x'));
    stage.pass(20 * second);
    return stage.send().flatMap(({ card }) => card?.sections.map(({ title }) => title) ?? []);
  };
  const [move, self] = ['Switch go from a to b', 'test cannot trust its measurements'];
  const [outage, wrongBytes, shift] = ['a has an outage', 'b serves wrong bytes', 'c has a new latency level'];

  it.each([
    ['none', undefined, [move, outage, wrongBytes, self, shift]],
    ['a mirror', { mirrors: ['b'], ecosystems: null, severity: 'info' }, [move, wrongBytes, self]],
    ['an ecosystem', { mirrors: null, ecosystems: ['npm'], severity: 'info' }, [self, shift]],
    ['warning', { mirrors: null, ecosystems: null, severity: 'warning' }, [move, outage, wrongBytes, self]],
    ['critical', { mirrors: null, ecosystems: null, severity: 'critical' }, [move, wrongBytes]],
  ] as const)('by %s', (_, only, want) => {
    expect(told(only)).toEqual(want);
  });
});
