import { describe, expect, test } from 'vitest';
import type { Due } from '../../../../src/core/due.ts';
import type { Because, Outcome } from '../../../../src/core/failure.ts';
import type { Probed } from '../../../../src/core/ports.ts';
import { snippetOf } from '../../../../src/core/snippet.ts';
import { makeDue } from '../../../../src/daemon/once.ts';
import { rankOnce } from '../../../../src/features/rank/rank.ts';
import { judgeRows, type RowVerdict, rankVerdict } from '../../../../src/features/rank/verdict.ts';
import { lostProbeOf } from '../../../../src/io/worker-protocol.ts';
import { formatRemedy, type ShownRemedy } from '../../../../src/terminal/remedy-lines.ts';
import { wordsOf } from '../../../../src/words/words.ts';
import { manualTime } from '../../../daemon/manual-time.ts';
import { threeMirrors } from '../../../daemon/three-mirrors.ts';
import { readConfig } from '../../../daemon/world.ts';
import { englishLeft } from '../../cli/english-left.ts';
import { fakeTerminal } from '../../cli/fake-terminal.ts';
import { aSample, aTarget, countingRandom, refused } from '../../detect/world.ts';

const read = readConfig(threeMirrors());
if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
const config = read.value;
const targets = ['a', 'b', 'c'].map((name) => aTarget(name));

/** Answers by turn; the order of what was asked is kept. `null`: nothing ever comes back. */
function asker(answer: (due: Due, turn: number) => number | Outcome | null) {
  const time = manualTime();
  const asked: string[] = [];
  const ask = (due: Due): Promise<Probed | null> => {
    asked.push(due.target.registry);
    const said = answer(due, asked.length - 1);
    if (said === null) return Promise.resolve(null);
    const sample = typeof said === 'number' ? aSample(due, 0, said) : aSample(due, 0, 1, said);
    return Promise.resolve({ ...lostProbeOf(due, 'defect', 0, time.clock.now()), sample });
  };
  return { ask, asked };
}

async function tryRank(
  rounds: number,
  answer: (due: Due, turn: number) => number | Outcome | null,
  stopAfter = Infinity,
  configured = config,
  finals = 0,
) {
  const { ask, asked } = asker(answer);
  const progressed: string[] = [];
  const ranked = await rankOnce({
    config: configured,
    targets,
    rounds,
    finals,
    probe: ask,
    clock: manualTime().clock,
    random: countingRandom(),
    progress: (done, of, registry) => void progressed.push(`${done}/${of} ${registry}`),
    stopped: () => asked.length >= stopAfter,
  });
  return { ranked, asked, progressed };
}

async function rank(
  rounds: number,
  answer: (due: Due, turn: number) => number | Outcome,
  stopAfter = Infinity,
  configured = config,
  finals = 0,
) {
  const { ranked, ...rest } = await tryRank(rounds, answer, stopAfter, configured, finals);
  if (ranked.tag === 'error') throw new Error(`no answer of ${ranked.error.registry}`);
  return { rows: ranked.value.rows, ...rest };
}

const usual: Readonly<Record<string, number>> = { a: 40, b: 20, c: 60 };

describe('rank', () => {
  test('rounds are interleaved, each begins with another mirror', async () => {
    const { asked, progressed } = await rank(3, ({ target }) => usual[target.registry] ?? 0);
    expect(asked.join('')).toBe('abcbcacab');
    expect([progressed[0], progressed.at(-1)]).toEqual(['0/9 a', '9/9 ']);
  });

  test('median by nearest rank; failures before speed; unknown is neither', async () => {
    const times: Record<string, (number | Outcome)[]> = {
      a: [10, 30, 20],
      b: [1, refused, 1],
      c: [50, { tag: 'unknown', because: 'proxy' }, 60],
    };
    const { rows } = await rank(3, ({ target }) => times[target.registry]?.shift() ?? 0);
    const row = (registry: string, [ok, failed, unknown]: readonly number[], medianMs: number, p95Ms: number) => ({
      registry,
      url: config.mirrors.find(({ name }) => name === registry)?.url,
      ok,
      failed,
      unknown,
      answered: ok,
      medianMs,
      p95Ms,
      phasesMs: { processing: medianMs },
      verified: 0,
      mismatched: 0,
    });
    expect(rows).toEqual([
      { ...row('a', [3, 0, 0], 20, 30), reason: null, roundsMs: [10, 30, 20] },
      { ...row('c', [2, 0, 1], 50, 60), reason: 'unknown: proxy', roundsMs: [50, null, 60] },
      { ...row('b', [2, 1, 0], 1, 1), reason: 'refused', roundsMs: [1, null, 1] },
    ]);
  });

  test('one that never answered comes last; the commonest reason is named', async () => {
    const timeout: Outcome = { tag: 'failed', failure: { kind: 'timeout_connect', limitMs: 1 } };
    const fails = [refused, timeout, timeout];
    const { rows } = await rank(3, ({ target }) => (target.registry === 'a' ? (fails.shift() ?? refused) : 5));
    expect(rows.at(-1)).toMatchObject({ registry: 'a', ok: 0, failed: 3, medianMs: null, reason: 'timeout_connect' });
  });

  test('where nothing is known of any: why, by the commonest; a failure is named before it', async () => {
    const unknown = (because: Because): Outcome => ({ tag: 'unknown', because });
    const says: Record<string, Outcome[]> = {
      a: [unknown('local'), unknown('resolver'), unknown('resolver')],
      b: [unknown('resolver'), refused, unknown('resolver')],
      c: [unknown('local'), unknown('local'), unknown('local')],
    };
    const { rows } = await rank(3, ({ target }) => says[target.registry]?.shift() ?? 0);
    expect(rows.map(({ registry, reason }) => [registry, reason]).toSorted()).toEqual([
      ['a', 'unknown: resolver'],
      ['b', 'refused'],
      ['c', 'unknown: local'],
    ]);
  });

  test('a probe from which nothing comes back ends it, and says how long we waited', async () => {
    const { ranked, asked } = await tryRank(3, (_, turn) => (turn === 1 ? null : 5));
    const limitMs = config.schedule.pace.timeoutMs * 3 + 10_000;
    expect([ranked, asked]).toEqual([{ tag: 'error', error: { registry: 'b', limitMs } }, ['a', 'b']]);
  });

  test('stopped half-way: the measurements so far are shown', async () => {
    const { rows, asked } = await rank(10, () => 5, 4);
    expect([asked.length, rows.reduce((sum, row) => sum + row.ok, 0)]).toEqual([4, 4]);
  });
});

describe('what a ranking says', () => {
  const line = (chain: string): string => `export GOPROXY='${chain}'`;
  type Times = Readonly<Record<string, number | readonly (number | Outcome)[]>>;
  const timeout: Outcome = { tag: 'failed', failure: { kind: 'timeout_connect', limitMs: 1 } };
  const tenth = (bad: number, ms: number) => Array.from({ length: 10 }, (_, at) => (at < bad ? timeout : ms));
  test.each<[string, Times, string | null, string]>([
    [
      'the fastest goes first, the others and the tail stay',
      usual,
      line('https://b.example.net/goproxy,https://a.example.com,direct'),
      'b takes 20 ms, a takes 40 ms (−50 %)',
    ],
    [
      'one that is not in the chain comes in',
      { a: 40, b: 30, c: 1 },
      line('https://c.example.org,https://a.example.com,https://b.example.net/goproxy,direct'),
      'c takes 1 ms, a takes 40 ms (−98 %)',
    ],
    [
      '2 ms of noise are none',
      { a: 4, b: 2, c: 3 },
      null,
      'keep the current setting: no mirror proved better than a; b, c are equal: most times differ by less than 10 ms or 20 %',
    ],
    [
      'just below minGain',
      { a: 100, b: 81, c: 81 },
      null,
      'keep the current setting: no mirror proved better than a; b, c are equal: most times differ by less than 10 ms or 20 %',
    ],
    [
      'just below 10 ms',
      { a: 20, b: 10.1, c: 99 },
      null,
      'keep the current setting: no mirror proved better than a; b is equal: most times differ by less than 10 ms or 20 %',
    ],
    [
      'from minGain and 10 ms on',
      { a: 100, b: 80, c: 99 },
      line('https://b.example.net/goproxy,https://a.example.com,direct'),
      'b takes 80 ms, a takes 100 ms (−20 %)',
    ],
    [
      'the dead one is dropped, and what matters of it said',
      { b: 20, c: 30 },
      line('https://b.example.net/goproxy,direct'),
      'a is down (refused); b: 10 of 10 requests succeeded in 20 ms',
    ],
    [
      'a dead one that was fast while it answered nothing',
      { a: tenth(10, 1), b: 20, c: 200 },
      line('https://b.example.net/goproxy,direct'),
      'a is down (timeout_connect); b: 10 of 10 requests succeeded in 20 ms',
    ],
    [
      'three failures of ten',
      { a: tenth(3, 5), b: 20, c: 20 },
      line('https://b.example.net/goproxy,https://a.example.com,direct'),
      'a failed 3 of 10 requests (timeout_connect); b: 10 of 10 requests succeeded in 20 ms',
    ],
    [
      'one failure of ten is chance',
      { a: tenth(1, 5), b: 5, c: 5 },
      null,
      'keep the current setting: no mirror proved better than a; 1 of its 10 requests failed, but that may be chance; b, c are equal: most times differ by less than 10 ms or 20 %',
    ],
    [
      'a faster one that fails',
      { a: 90, b: tenth(4, 5), c: 90 },
      null,
      'keep the current setting: no mirror proved better than a; c is equal: most times differ by less than 10 ms or 20 %',
    ],
    [
      'one behind the first is dead',
      { a: 20, c: 20 },
      line('https://a.example.com,direct'),
      'a stays first; b is down (refused)',
    ],
    [
      'one that is not in the chain is dead',
      { a: 20, b: 20 },
      null,
      'keep the current setting: no mirror proved better than a; b is equal: most times differ by less than 10 ms or 20 %',
    ],
    ['nobody usable: none', {}, null, 'no usable mirror'],
  ])('%s', async (_, times, remedy, reason) => {
    const asked = new Map<string, number>();
    const { rows } = await rank(10, ({ target: { registry } }) => {
      const turn = asked.get(registry) ?? 0;
      asked.set(registry, turn + 1);
      const time = times[registry];
      return (typeof time === 'object' ? time[turn] : time) ?? refused;
    });
    expect(rankVerdict(config, 'go', rows)).toMatchObject({ remedy, reason });
    const chinese = rankVerdict(config, 'go', rows, undefined, wordsOf('zh'));
    expect(chinese.remedy).toBe(remedy);
    expect(englishLeft(chinese.reason, ['refused'])).toEqual([]);
    expect(chinese.reason).toMatch(/[\u4e00-\u9fff]/);
  });
  const quiet = 'keep the current setting: ';
  const unknown: Outcome = { tag: 'unknown', because: 'proxy' };
  const ten = (of: (round: number) => number | Outcome) => Array.from({ length: 10 }, (_, round) => of(round));
  const swinging = ten((round) => (round % 2 === 0 ? 10 : 300));
  test.each<[string, Times, string, string, Readonly<Record<string, RowVerdict>>]>([
    [
      'most rounds differ by little: equal, whatever one of them did',
      { a: 40, b: ten((round) => (round === 3 ? 900 : 41)), c: 200 },
      'right',
      `${quiet}no mirror proved better than a; b is equal: most times differ by less than 10 ms or 20 %`,
      { a: 'best', b: 'equal', c: 'slower' },
    ],
    [
      'a better median that half of the rounds gainsay',
      { a: 60, b: [...ten(() => 10).slice(0, 6), 300, 300, 300, 300], c: 400 },
      'unsure',
      `${quiet}10 probes of a show no clear difference from b`,
      { a: 'unsure', b: 'best', c: 'slower' },
    ],
    [
      'the one in use could not be checked: neither slow nor dead',
      { a: ten(() => unknown), b: 5, c: 200 },
      'unsure',
      `${quiet}the state of a is unknown (unknown: proxy)`,
      { a: 'unknown', b: 'best', c: 'slower' },
    ],
    [
      'one behind it that could not be checked stays in the chain',
      { a: 5, b: ten(() => unknown), c: 200 },
      'right',
      `${quiet}no mirror proved better than a`,
      { a: 'best', b: 'unknown', c: 'slower' },
    ],
    [
      'nobody usable, of whom one is unknown',
      { a: ten(() => unknown) },
      'nobody',
      'no usable mirror; the state of a is unknown (unknown: proxy)',
      { a: 'unknown', b: 'down', c: 'down' },
    ],
    [
      'swinging far, alike, and never in the same round',
      { a: swinging, b: [...swinging.slice(1), 10], c: 900 },
      'unsure',
      `${quiet}10 probes of a show no clear difference from b`,
      { a: 'best', b: 'unsure', c: 'slower' },
    ],
  ])('%s', async (_, times, kind, reason, verdicts) => {
    const asked = new Map<string, number>();
    const { rows } = await rank(10, ({ target: { registry } }) => {
      const turn = asked.get(registry) ?? 0;
      asked.set(registry, turn + 1);
      const time = times[registry];
      return (typeof time === 'object' ? time[turn] : time) ?? refused;
    });
    expect(rankVerdict(config, 'go', rows)).toMatchObject({ kind, reason });
    expect(englishLeft(rankVerdict(config, 'go', rows, undefined, wordsOf('zh')).reason)).toEqual([]);
    expect(Object.fromEntries(judgeRows(rows, config.advise.minGain))).toEqual(verdicts);
  });

  test.each<[string, readonly string[], 'change' | 'right', Readonly<Record<string, RowVerdict>>]>([
    ['a faster mirror is not recommended', ['b'], 'right', { a: 'best', b: 'lacks', c: 'slower' }],
    ['the mirror in use is not left for it', ['a', 'b'], 'right', { a: 'lacks', b: 'lacks', c: 'best' }],
    ['none has it: the mirror in use stays', ['a', 'b', 'c'], 'right', { a: 'lacks', b: 'lacks', c: 'lacks' }],
    ['a slower one lacks it', ['c'], 'change', { a: 'slower', b: 'best', c: 'lacks' }],
  ])('without what protections need: %s', async (_, lacking, kind, verdicts) => {
    const { rows } = await rank(10, ({ target: { registry } }) => usual[registry] ?? refused);
    const judged = rows.map((row) => (lacking.includes(row.registry) ? { ...row, lacks: ['time'] } : row));
    expect(rankVerdict(config, 'go', judged).kind).toBe(kind);
    expect(Object.fromEntries(judgeRows(judged, config.advise.minGain))).toEqual(verdicts);
  });

  test('mirrors that cannot be distinguished from the best are measured again, at most twice; others are not', async () => {
    const rounds = { a: 0, b: 1, c: 0 };
    const swings = ({ target: { registry } }: Due): number => {
      if (registry === 'c') return 900;
      rounds[registry as 'a' | 'b'] += 1;
      return rounds[registry as 'a' | 'b'] % 2 === 0 ? 10 : 300;
    };
    const bounded = await rank(4, swings, Infinity, config, 2);
    const asked = ['a', 'b', 'c'].map((name) => bounded.asked.filter((one) => one === name).length);
    // Four rounds tell nothing of anybody, eight that c is slower.
    expect(asked).toEqual([12, 12, 8]);
    expect(bounded.rows.find(({ registry }) => registry === 'c')?.roundsMs).toEqual([
      ...Array.from({ length: 8 }, () => 900),
      ...Array.from({ length: 4 }, () => null),
    ]);
    const told = await rank(10, ({ target }) => usual[target.registry] ?? 0, Infinity, config, 2);
    expect(told.asked).toHaveLength(30);
    const few = await rank(3, ({ target }) => usual[target.registry] ?? 0, Infinity, config, 2);
    expect([few.asked.length, few.progressed.at(-1)]).toEqual([18, '18/18 ']);
    expect(rankVerdict(config, 'go', few.rows).reason).toBe('b takes 20 ms, a takes 40 ms (−50 %)');
  });

  test('equal medians stand by weight, then as in the file', async () => {
    const { rows } = await rank(2, ({ target }) => ({ a: 24, b: 22, c: 21 })[target.registry] ?? 0);
    expect(rows.map(({ registry }) => registry)).toEqual(['a', 'b', 'c']);
    const { mirrors } = config;
    const weighted = { ...config, mirrors: mirrors.map((one) => (one.name === 'b' ? { ...one, weight: 500 } : one)) };
    const again = await rank(2, ({ target }) => ({ a: 24, b: 22, c: 21 })[target.registry] ?? 0, Infinity, weighted);
    expect(again.rows.map(({ registry }) => registry)).toEqual(['b', 'a', 'c']);
  });

  test('the first of the chain is not monitored: no change is recommended, and why', async () => {
    const { rows } = await rank(10, ({ target }) => usual[target.registry] ?? 0);
    const other = readConfig(threeMirrors({ clients: 'https://ada:pass@x.example.com,https://a.example.com,direct' }));
    if (other.tag === 'error') throw new Error(JSON.stringify(other.error));
    const head = 'https://***@x.example.com is first in the chain but is not monitored, so it was not compared';
    const reason = `no recommendation: ${head}; b is the best of the mirrors compared`;
    expect(rankVerdict(other.value, 'go', rows)).toEqual({ kind: 'unsure', remedy: null, reason });
  });

  test.each(['en', 'zh'] as const)('verdicts that mean different things have different words: %s', (language) => {
    const say = wordsOf(language);
    expect(say('rank.verdict.unsure')).not.toBe(say('rank.verdict.unknown'));
  });

  test.each([
    ['docker', 'oci', 'docker.io', 'docker.io/library/x:1', ['  in /etc/docker/daemon.json:', '  {']],
    ['pip', 'pypi', 'pypi', 'x==1', ["  export PIP_INDEX_URL='https://b.example.net/goproxy/'"]],
    [
      'files',
      'http',
      'files',
      { upstream: 'files', path: 'x' },
      ['  There is no line to paste. Set https://b.example.net/goproxy manually.'],
    ],
  ])('the lines to paste for %s are those of advice', async (client, ecosystem, upstream, module, wanted) => {
    const { rows } = await rank(10, ({ target }) => usual[target.registry] ?? 0);
    const mirror = (name: string, url: string) => ({ name, ecosystem, upstream, url });
    const mirrors = [mirror('a', 'https://a.example.com'), mirror('b', 'https://b.example.net/goproxy')];
    const other = readConfig(
      JSON.stringify({
        mirrors,
        modules: { [ecosystem]: [module] },
        clients: { [ecosystem]: client === 'files' ? 'https://a.example.com' : { [client]: 'https://a.example.com' } },
      }),
    );
    if (other.tag === 'error') throw new Error(JSON.stringify(other.error));
    const verdict = rankVerdict(
      other.value,
      ecosystem,
      rows.filter(({ registry }) => registry !== 'c'),
    );
    const { shown } = verdict as { readonly shown: ShownRemedy };
    expect(formatRemedy({ terminal: fakeTerminal(), say: wordsOf('en') }, shown).slice(0, wanted.length)).toEqual(
      wanted,
    );
    expect(verdict.remedy).toBe(snippetOf(shown.remedy)?.text ?? null);
  });

  test('an ecosystem whose client is not modelled: the best is named, without a line', async () => {
    const { rows } = await rank(2, ({ target }) => usual[target.registry] ?? 0);
    expect(rankVerdict(config, 'oci', rows)).toEqual({ kind: 'change', remedy: null, reason: 'b is the best' });
  });
});

test('a probe by hand is cold, in no round, with the deadline of its step', () => {
  const [mirror] = config.mirrors;
  if (mirror === undefined) throw new Error('there are mirrors');
  const ports = { clock: manualTime().clock, random: countingRandom() };
  const due = makeDue({ mirror, module: 'example.com/x', version: 'v1.0.0', step: 'zip' }, config, ports);
  expect(due).toMatchObject({ connection: 'cold', purpose: 'once', round: null, timeoutMs: 8_000 });
  expect(due.target).toMatchObject({ id: 'a|example.com/x|v1.0.0|zip', canary: false });
});
