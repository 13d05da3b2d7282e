import { describe, expect, it } from 'vitest';
import { type Advice, adviceCauses } from '../../../../src/core/advice.ts';
import { reasons } from '../../../../src/core/failure.ts';
import { type Finding, findingKinds, ruleCauses } from '../../../../src/core/finding.ts';
import type { Notice } from '../../../../src/core/notice.ts';
import { messageFor, phrase } from '../../../../src/words/tell.ts';
import { english } from '../../../../src/words/words.ts';
import { chatMistakes } from '../../../support/chat-schema.ts';
import { expectGolden } from '../../cli/golden.ts';
import { advice, delivered, finding, receiver, Stage } from '../stage.ts';
import { chat, formats, textsOf } from './chats.ts';

const second = 1_000;
const languages = ['en', 'zh'] as const;

const proposal = advice('x', {
  from: 'coast',
  to: 'inland',
  expiresAtMs: Date.parse('2026-03-02T00:00:00.000Z'),
  expected: {
    availability: { before: 0.375, after: 1 },
    p95Seconds: { before: null, after: 0.42 },
    fetchCostSeconds: { before: 41.3, after: 0.31 },
  },
  remedy: {
    env: "export GOPROXY='https://inland.example.com/goproxy,direct'\nexport GOPRIVATE='git.example.com/*,*.corp'",
    goenv: 'go env -w …',
    json: '{}',
  },
  doesNotCover: ['a file of its own'],
});

const wrong = finding('mismatch', 'coast', {
  cause: 'mismatch',
  ...messageFor('found.wrong', {
    name: 'coast',
    what: phrase('found.artifact', { what: 'example.com/m@v1.0.0', step: 'mod' }),
    by: 'sum.example.com',
    algorithm: 'sha256',
  }),
  evidence: {
    samples: 1,
    failures: 1,
    observedSeconds: null,
    baselineSeconds: null,
    thresholdSeconds: null,
    probeIds: [],
    sides: [
      {
        item: { module: 'example.com/m', version: 'v1.0.0', step: 'mod' },
        registries: ['coast', 'hill'],
        algorithm: 'sha256',
        digest: '0123456789abcdef0123456789abcdef',
        sinceMs: null,
        seen: null,
      },
      {
        item: { module: 'example.com/m', version: 'v1.0.0', step: 'mod' },
        registries: [],
        algorithm: 'sha256',
        digest: 'fedcba9876543210fedcba9876543210',
        sinceMs: null,
        seen: null,
      },
    ],
  },
});

/** Everything that a stage sends of some news, until nothing waits. */
function sentOf(stage: Stage): string[] {
  const bodies: string[] = [];
  for (let n = 0; n < 200 && stage.outbox().length > 0; n += 1) {
    stage.pass(20 * second);
    for (const { notice, message } of stage.send()) {
      bodies.push(message.body);
      stage.end(notice, delivered);
    }
  }
  expect(stage.outbox()).toEqual([]);
  return bodies;
}

const setting = { from: 'coast', to: 'coast', bypass: 'GODEBUG=http2client=0' };
const refusal = { from: 'coast', to: 'coast', refusal: 'no_candidate' } as const;
const undo = 'Undo the change in clients that still have it.';

it('a card about advice whose trouble is over does not say to switch', () => {
  const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
  const over = messageFor('ground.outlives', { trouble: 'coast responds again', head: 'coast', to: 'inland' });
  stage.advise('proposed', { ...proposal, reason: over.text, sentence: over.sentence });
  const text = sentOf(stage).map(textsOf).join('\n');
  expect(text).toContain('go clients that use coast need not switch');
  expect(text).toContain('*Reason at the time*  requests to coast fail');
  expect(text).not.toContain('Switch go from');
});

it('a card that proposes a last choice warns of its wrong bytes', () => {
  const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
  const promise = phrase('ground.lastChoice', { to: 'inland', id: 'f-1', items: 'm@v1', more: 0, right: '' });
  const { text, sentence } = messageFor('ground.move', { trouble: 'coast is down', promise });
  const candidates = [{ registry: 'inland', scoreSeconds: 0.4, gate: 'mismatch', sum: null, bound: null }] as const;
  stage.advise('proposed', { ...proposal, reason: text, sentence, candidates });
  const card = sentOf(stage).map(textsOf).join('\n');
  expect(card).toContain('inland is the last choice: no other mirror is usable. inland served wrong bytes of m@v1.');
  expect(card).toContain('mirrorwatch ack f-1');
});

describe('recurring trouble says how long it must be over before that is reported', () => {
  it.each<['en' | 'zh', string, string]>([
    [
      'en',
      'the recovery is reported at the latest after 1 h 0 min without the problem',
      'the end of this advice is reported after 1 h 0 min without the problem, or when inland has trouble',
    ],
    [
      'zh',
      '最迟在连续 1 小时 0 分钟 未再发生后通知恢复',
      '连续 1 小时 0 分钟 未再发生后，或 inland 出现问题时，才通知此建议结束',
    ],
  ])('in %s', (lang, wanted, stay) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang })]);
    const outage = finding('outage', 'hill');
    let text = '';
    for (let time = 0; time < 2; time += 1) {
      stage.open(outage);
      stage.advise('proposed', proposal);
      text = sentOf(stage).map(textsOf).join();
      stage.close(outage);
      stage.advise('withdrawn', { ...proposal, state: 'withdrawn' });
      sentOf(stage);
    }
    expect(text).toContain(wanted);
    expect(text).toContain(stay);
  });

  it('an outage after slowness is not counted as the same problem, and no recovery of it is promised', () => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    let text = '';
    for (const [kind, cause] of [
      ['spike', 'spike'],
      ['outage', 'outage'],
    ] as const) {
      const found = finding(kind, 'coast');
      stage.open(found);
      stage.advise('proposed', { ...proposal, cause });
      text = sentOf(stage).map(textsOf).join();
      stage.close(found);
      stage.advise('withdrawn', { ...proposal, cause, state: 'withdrawn' });
    }
    expect(text).toContain('there were problems before. After the switch to inland, stay there');
    expect(text).not.toMatch(/ times since|recovery/);
    expect(sentOf(stage).map(textsOf).join()).toContain('Ended: the outage of coast');
  });
});

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

describe('the lines of an advice can be pasted', () => {
  const shown = (remedy: Advice['remedy']): string => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    stage.advise('proposed', { ...proposal, remedy });
    return sentOf(stage).map(textsOf).join('\n');
  };

  it('lines for a shell come before those of a file', () => {
    const text = shown({ pip: '[global]', env: "export PIP_INDEX_URL='x'", json: '{}' });
    expect(text).toContain("export PIP_INDEX_URL='x'");
    expect(text).not.toContain('[global]');
  });

  it('the title of other lines names their file', () => {
    const json = JSON.stringify({ 'daemon.json': { path: '/etc/docker/daemon.json', keys: {} } });
    expect(shown({ 'daemon.json': '{ "a": 1 }', json })).toMatch(/Set in \/etc\/docker\/daemon\.json\*?\n/);
  });

  it('without lines for people, the chain is named', () => {
    const text = shown({ json: '{"urls":["x"]}' });
    expect(text).not.toContain('urls');
    expect(text).toContain(proposal.chain.after);
    // `proposal` has something that no line covers.
    expect(text).toContain(english('note.limits'));
  });
});

describe('the end of an advice says what its reader must do', () => {
  it.each<[string, Partial<Advice>, string, boolean]>([
    ['a switch', { state: 'expired' }, 'Advice expired: switch go clients back from inland', true],
    ['a client setting', { ...setting, state: 'expired' }, 'Advice expired: remove GODEBUG=http2client=0 for go', true],
    [
      'the removal of one, behind a switch',
      { ...setting, state: 'expired', cause: 'failback' },
      'Advice expired: switch go clients back from coast',
      true,
    ],
    ['a refusal at its ttl', { ...refusal, state: 'expired' }, 'No longer valid: "No switch advised for go"', false],
    [
      'a refusal whose cause ended',
      { ...refusal, state: 'withdrawn' },
      'No longer valid: "No switch advised for go"',
      false,
    ],
    [
      'a switch that was sent before it was refused',
      { ...refusal, to: 'inland', state: 'withdrawn' },
      'No longer advised: switching go to inland',
      false,
    ],
    ['a switch that is no longer needed', { state: 'withdrawn' }, 'No longer advised: switching go to inland', false],
    ['a dismissed switch', { state: 'dismissed' }, 'Dismissed: switching go to inland', false],
    ['a switch that other advice replaced', { state: 'superseded' }, 'No longer valid: the advice on go', false],
  ])('%s', (_, over, title, isToUndo) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    const one = { ...proposal, settledAtMs: Date.parse('2026-03-02T00:00:00.000Z'), ...over };
    stage.take(stage.notifier.compose({ findings: [], advice: [{ change: 'expired', advice: one }] }, stage.at));
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain(title);
    expect(text.includes(undo)).toBe(isToUndo);
    expect(text.startsWith('🔵')).toBe(isToUndo);
    const isRefusal = one.refusal !== null && one.to === one.from;
    const reason = isRefusal ? 'no other mirror can be advised' : 'requests to coast fail · connections are refused';
    const isWithdrawn = one.state === 'withdrawn' && !isRefusal;
    const why = isToUndo ? 'the preferred mirror is healthy again' : isWithdrawn ? one.reason : null;
    expect(text).toContain(why === null ? `*Reason at the time*  ${reason}\n` : `*Why*  ${why}\n`);
    expect(text.includes('*Why*')).toBe(why !== null);
  });

  it('in Chinese, the reason of a dismissed switch is one of the past', () => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'zh' })]);
    stage.advise('dismissed', { ...proposal, state: 'dismissed' });
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain('*当时的原因*  对 coast 的请求失败');
    expect(text).not.toContain('*原因*');
  });

  it('in Chinese, a withdrawn switch says why it ended', () => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'zh' })]);
    const end = messageFor('ground.changed');
    stage.advise('withdrawn', { ...proposal, state: 'withdrawn', reason: end.text, sentence: end.sentence });
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain('*原因*  配置已更改。');
    expect(text).not.toContain('*当时的原因*');
  });

  it.each(['proposed', 'accepted', 'refused'] as const)('advice in state %s has a present reason', (state) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    stage.advise(state, { ...proposal, state });
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain('*Why*  requests to coast fail · connections are refused\n');
  });
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
  it.each(languages)('draws what it is told, in %s', (lang) => {
    const stage = new Stage([chat('c', format, {}, { lang })]);
    const outage = finding('outage', 'coast', {
      cause: 'timeout_connect',
      evidence: { ...wrong.evidence, samples: 8, failures: 5, sides: [] },
      scope: [
        { module: 'example.com/m', version: 'v1.0.0', step: 'mod', family: 6 },
        { module: null, version: null, step: 'info' },
      ],
    });
    stage.open(outage);
    stage.take(stage.notifier.compose({ findings: [], advice: [{ change: 'proposed', advice: proposal }] }, stage.at));
    const bodies = sentOf(stage);
    stage.open(wrong);
    bodies.push(...sentOf(stage));
    stage.pass(3_600 * second);
    stage.close(outage);
    bodies.push(...sentOf(stage));
    expect(bodies).toHaveLength(3);
    for (const body of bodies) expect(chatMistakes(format, body)).toEqual([]);
    expectGolden(
      `card-${format}-${lang}.golden.json`,
      `${JSON.stringify(
        bodies.map((one) => JSON.parse(one)),
        null,
        2,
      )}\n`,
    );
  });

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
      stage.take(stage.notifier.compose({ findings: [], advice: [{ change: 'withdrawn', advice: one }] }, stage.at));
    }
    for (const refusal of ['shared_fate', 'nothing_measured', 'no_candidate'] as const) {
      const one = { ...proposal, upstream: refusal, state: 'refused', refusal, reason: text } as const;
      stage.take(stage.notifier.compose({ findings: [], advice: [{ change: 'refused', advice: one }] }, stage.at));
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
    stage.take(stage.notifier.compose({ findings: [], advice: [{ change: 'proposed', advice: one }] }, stage.at));
    expect(sentOf(stage).map(textsOf).join('\n')).toContain(
      'the status page lists the cases that the line to set does not cover',
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
      stage.take(
        stage.notifier.compose(
          {
            findings: [],
            advice: [
              { change: 'proposed', advice: { ...proposal, upstream: `u${n}`, from: long, to: long, remedy: { env } } },
            ],
          },
          stage.at,
        ),
      );
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
    stage.take(
      stage.notifier.compose({ findings: [], advice: [{ change: 'proposed', advice: advice('x') }] }, stage.at),
    );
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

describe('the client’s own switch', () => {
  const bypass = 'GODEBUG=http2client=0';
  it.each([
    ['proposed', { to: 'a', bypass, cause: 'outage' }, 'Set GODEBUG=http2client=0 for go'],
    ['proposed', { to: 'a', bypass, cause: 'failback' }, 'Remove GODEBUG=http2client=0 for go'],
    ['withdrawn', { to: 'a', bypass, cause: 'outage' }, 'No longer valid: the advice on GODEBUG=http2client=0 for go'],
    ['proposed', { bypass, cause: 'outage' }, 'Switch go from a to b'],
  ] as const)('%s %j', (change, over, title) => {
    const stage = new Stage([chat('c', 'slack')]);
    const given = { ...advice('x'), ...over, state: change };
    stage.take(stage.notifier.compose({ findings: [], advice: [{ change, advice: given }] }, stage.at));
    stage.pass(20 * second);
    expect(stage.send().flatMap(({ card }) => card?.sections.map((one) => one.title) ?? [])).toEqual([title]);
  });
});
