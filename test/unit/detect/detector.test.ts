import { beforeEach, describe, expect, it } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import type { Outcome } from '../../../src/core/failure.ts';
import type { Target } from '../../../src/core/mirror.ts';
import type { Sample } from '../../../src/core/sample.ts';
import { createDetector, type Detector, type DetectTurn } from '../../../src/detect/detector.ts';
import { sampleTls } from '../../support/samples.ts';
import {
  aConfig,
  aDue,
  aMirror,
  aSample,
  aTarget,
  at,
  countingRandom,
  epochMs,
  mismatch,
  refused,
  timedOut,
} from './world.ts';

const mirrors = [aMirror('a'), aMirror('b')];
const zip: Target = aTarget('a', 'zip');
const targets = [...mirrors.map((mirror) => aTarget(mirror.name)), zip, aTarget('a', 'latest')];
const ok: Outcome = { tag: 'ok' };

let detector: Detector;
let nowMs = 0;

beforeEach(() => {
  nowMs = 0;
  detector = createDetector({
    config: aConfig({ mirrors }),
    targets,
    restored: [],
    random: countingRandom(),
    now: at(0),
  });
});

/** Takes one sample that ends 100 ms after the last. */
function take(
  target: Target,
  outcome: Outcome = ok,
  due: Partial<Due> = {},
  over: Partial<Sample> = {},
  tookMs = 100,
): DetectTurn {
  const startMs = nowMs;
  nowMs += tookMs;
  return detector.take(aSample(aDue(target, due), startMs, tookMs, outcome, over), at(nowMs));
}

/** The last row of each key, as the state file holds it. */
const newest = (rows: DetectTurn['rows']) => [...new Map(rows.map((row) => [`${row.table}/${row.key}`, row])).values()];

const changes = (turn: DetectTurn) =>
  turn.findings.map(({ change, finding }) => `${finding.kind} ${finding.registry ?? 'us'} ${change}`);

describe('wrong bytes', () => {
  it('are looked at again over a fresh connection, declared when the same, and cleared by a person alone', () => {
    const first = take(zip, mismatch('x'));
    expect([first.rechecks, first.findings]).toEqual([[zip], []]);
    const second = take(zip, mismatch('x'), { purpose: 'recheck' });
    expect(changes(second)).toEqual(['mismatch a opened']);
    const finding = second.findings[0]?.finding;
    expect(finding).toMatchObject({
      actionable: true,
      cause: 'mismatch',
      scope: [{ module: 'example.com/a', version: 'v1.0.0', step: 'zip' }],
      evidence: { samples: 2, failures: 2 },
    });
    expect(finding?.evidence.probeIds).toEqual(
      [first, second].flatMap((turn) => turn.settled.map((one) => one.due.probeId)),
    );
    for (let i = 0; i < 20; i++) expect(take(zip).findings).toEqual([]);
    expect(detector.findings()).toHaveLength(1);
    const acked = detector.acknowledge(finding?.id ?? '', 'mirror was rebuilt', at(nowMs));
    expect(acked?.findings).toMatchObject([
      {
        change: 'acknowledged',
        finding: { state: 'acknowledged', acknowledged: { atMs: epochMs + nowMs, reason: 'mirror was rebuilt' } },
      },
    ]);
    expect(detector.findings()).toEqual([]);
    expect(detector.acknowledge(finding?.id ?? '', 'again', at(nowMs))).toBeNull();
  });

  it('wrong in another way the second time are not declared, and not asked for a third time at once', () => {
    take(zip, mismatch('x'));
    const second = take(zip, mismatch('y'), { purpose: 'recheck' });
    expect([second.rechecks, second.findings]).toEqual([[], []]);
    expect(changes(take(zip, mismatch('y')))).toEqual(['mismatch a opened']);
  });

  it('a right answer between undoes nothing: one backend of several may be wrong', () => {
    take(zip, mismatch('x'));
    expect(take(zip).rechecks).toEqual([]);
    expect(changes(take(zip, mismatch('x')))).toEqual(['mismatch a opened']);
  });

  it.each([
    ['small: eleven more, and then none', 1_000_000, 11],
    ['20 MiB: until 64 MiB were read', 20 * 2 ** 20, 3],
    ['100 MiB: two more', 100 * 2 ** 20, 2],
  ])('a right second look is followed by others; %s', (_name, bytes, want) => {
    take(zip, mismatch('x'));
    const again = () => take(zip, undefined, { purpose: 'recheck' }, { bytes }).rechecks.length;
    const looks = Array.from({ length: 14 }, again);
    expect(looks).toEqual(Array.from({ length: 14 }, (_, at) => (at < want ? 1 : 0)));
  });

  it('first bytes, failed or not, are passed on and not judged', () => {
    const turns = Array.from({ length: 40 }, () => take(zip, refused, { purpose: 'peek' }));
    expect(turns.flatMap((turn) => [...turn.findings, ...turn.rounds, ...turn.rechecks])).toEqual([]);
    expect(turns.every((turn) => turn.settled.length === 1 && turn.settled[0]?.thresholdMs === null)).toBe(true);
  });

  it('a day later a wrong answer is the first again', () => {
    take(zip, mismatch('x'));
    nowMs += 25 * 3_600_000;
    take(zip);
    expect(take(zip, mismatch('x')).rechecks).toEqual([zip]);
  });

  it('that were acknowledged are not declared again, over a restart too; other wrong bytes are', () => {
    take(zip, mismatch('x'));
    const declared = take(zip, mismatch('x'), { purpose: 'recheck' });
    const acked = detector.acknowledge(declared.findings[0]?.finding.id ?? '', 'go.sum was wrong', at(nowMs));
    for (let i = 0; i < 3; i++)
      expect([take(zip, mismatch('x'))].map((turn) => [turn.rechecks, turn.findings])).toEqual([[[], []]]);
    const rows = [...declared.rows, ...(acked?.rows ?? []), ...detector.flush(at(nowMs)).rows];
    detector = createDetector({
      config: aConfig({ mirrors }),
      targets,
      restored: JSON.parse(JSON.stringify(newest(rows))) as typeof rows,
      random: countingRandom('second'),
      now: at(nowMs),
    });
    expect([take(zip, mismatch('x'))].map((turn) => [turn.rechecks, changes(turn)])).toEqual([[[], []]]);
    expect(take(zip, mismatch('y')).rechecks).toEqual([zip]);
    expect(changes(take(zip, mismatch('y'), { purpose: 'recheck' }))).toEqual(['mismatch a opened']);
  });

  it('survive a restart', () => {
    take(zip, mismatch('x'));
    const { rows } = take(zip, mismatch('x'), { purpose: 'recheck' });
    const again = createDetector({
      config: aConfig({ mirrors }),
      targets,
      restored: JSON.parse(JSON.stringify(rows)) as typeof rows,
      random: countingRandom('second'),
      now: at(nowMs),
    });
    expect(again.findings().map((finding) => finding.kind)).toEqual(['mismatch']);
    expect(again.tick(at(nowMs)).findings).toEqual([]);
  });
});

describe('acknowledging', () => {
  it('an outage notes it, and leaves the end to the mirror', () => {
    const config = aConfig({ mirrors: [aMirror('a')], outage: { open: 1, overMs: 0 } });
    detector = createDetector({ config, targets: [aTarget('a')], restored: [], random: countingRandom(), now: at(0) });
    take(aTarget('a'));
    take(aTarget('a'), refused);
    nowMs += 1_000;
    const asked = detector.tick(at(nowMs)).rounds[0];
    expect(asked).toMatchObject({ moment: 0, dues: [{ target: aTarget('a'), timeoutMs: 1_500 }], controls: [] });
    const place = { id: asked?.id ?? '', moment: 0 };
    const opened = take(aTarget('a'), refused, { purpose: 'confirm', round: place });
    expect(changes(opened)).toEqual(['outage a opened']);
    const id = opened.findings[0]?.finding.id ?? '';
    const acked = detector.acknowledge(id, 'we know', at(nowMs));
    expect(acked?.findings).toMatchObject([{ change: 'acknowledged', finding: { state: 'open' } }]);
    expect(detector.acknowledge(id, 'we know', at(nowMs))?.findings).toEqual([]);
    expect(detector.findings()).toMatchObject([{ acknowledged: { reason: 'we know' } }]);
    take(aTarget('a'));
    expect(changes(take(aTarget('a')))).toEqual(['outage a closed']);
  });

  it('nothing: there is no such finding', () => expect(detector.acknowledge('none', 'why', at(0))).toBeNull());
});

describe('samples', () => {
  it('a contaminated one is unknown, counted, and not judged', () => {
    nowMs = 60_000;
    const turn = take(aTarget('a'), timedOut(), {}, { loopDelayMsMax: 2_500 });
    expect(turn.settled).toMatchObject([{ outcome: { tag: 'unknown', because: 'contaminated' } }]);
    expect(detector.vantage().contaminatedShare).toBe(1);
    expect(detector.standings()[0]).toMatchObject({ state: 'unknown', lastJudgedAtMs: null });
  });

  it('more than 5 % of them open a finding about us and shed load', () => {
    nowMs = 60_000;
    for (let i = 0; i < 100; i++)
      take(aTarget('a', 'zip'), i < 6 ? timedOut() : ok, {}, { loopDelayMsMax: i < 6 ? 2_500 : 0 });
    const turn = detector.tick(at(nowMs));
    expect(changes(turn)).toEqual(['self us opened']);
    expect(turn.shed).toBe(0.2);
    expect(turn.findings[0]?.finding).toMatchObject({
      cause: 'contaminated',
      evidence: { samples: 100, failures: 6 },
      actionable: false,
    });
  });

  it('a disturbed download keeps the verdict on its bytes', () => {
    nowMs = 60_000;
    const delayed = take(zip, ok, {}, { loopDelayMsMax: 50 });
    expect(delayed.settled).toMatchObject([{ outcome: ok, loopDelayMsMax: 50 }]);
    // Wrong bytes are no matter of time either.
    expect(take(zip, mismatch('x'), {}, { loopDelayMsMax: 50 }).rechecks).toEqual([zip]);
    expect(detector.vantage().contaminatedShare).toBe(0);
  });

  it('a disturbed one is ok and judged, and no reason to shed load', () => {
    nowMs = 60_000;
    for (let i = 0; i < 50; i++) take(aTarget('a'), ok, {}, { loopDelayMsMax: i % 2 === 0 ? 50 : 0 });
    for (let i = 0; i < 50; i++) expect(take(aTarget('a')).settled).toMatchObject([{ outcome: ok, cold: false }]);
    const turn = detector.tick(at(nowMs));
    expect([changes(turn), turn.shed]).toEqual([[], 0]);
    expect(detector.vantage().contaminatedShare).toBe(0);
    expect(detector.standings()[0]).toMatchObject({ state: 'up' });
  });

  it('a cold fetch is ok, not learned from, and cold only once', () => {
    const first = take(aTarget('a'), ok, {}, { cache: 'miss' }, 3_000);
    expect(first.settled).toMatchObject([{ cold: true, outcome: ok }]);
    expect(first.rows.map((row) => `${row.table} ${row.key}`)).toEqual(['seen a|example.com/a|v1.0.0|mod']);
    expect(take(aTarget('a'), ok, {}, { cache: 'miss' }).settled[0]?.cold).toBe(false);
    for (let i = 0; i < 18; i++) take(aTarget('a'));
    expect([...detector.baselines()].find((one) => one.target.registry === 'a')?.baselineMs).toBeNull();
    take(aTarget('a'));
    expect([...detector.baselines()].find((one) => one.target.registry === 'a')).toEqual({
      target: aTarget('a'),
      connection: 'cold',
      baselineMs: 100,
      thresholdMs: 800,
      streak: 0,
    });
  });

  it('what was answered before a restart is not cold after it', () => {
    const { rows } = take(aTarget('a'), ok, {}, { cache: 'miss' });
    detector = createDetector({
      config: aConfig({ mirrors }),
      targets,
      restored: rows,
      random: countingRandom(),
      now: at(nowMs),
    });
    expect(take(aTarget('a'), ok, {}, { cache: 'miss' }).settled[0]?.cold).toBe(false);
  });

  it('of many versions that a mirror resolves to within an hour, only the first three fetches are cold', () => {
    const coldOf = (n: number): boolean | undefined =>
      take(aTarget('a', 'latest'), ok, {}, { cache: 'miss', facts: { resolvedVersion: `v1.0.${n}` } }).settled[0]?.cold;
    expect([0, 1, 2, 3, 4].map(coldOf)).toEqual([true, true, true, false, false]);
    nowMs += 3_600_000;
    expect([5, 6, 7, 8].map(coldOf)).toEqual([true, true, true, false]);
  });

  it('pinned versions and other tags of the module do not count as versions that a target resolves to', () => {
    const mirror = [aMirror('a')];
    const pinned = Array.from({ length: 20 }, (_, n) => aTarget('a', 'latest', 'example.com/m', `v0.${n}.0`));
    const latest = { ...aTarget('a', 'latest', 'example.com/m'), version: null, id: 'a|example.com/m||latest' };
    detector = createDetector({
      config: aConfig({ mirrors: mirror }),
      targets: [...pinned, latest],
      restored: [],
      random: countingRandom(),
      now: at(nowMs),
    });
    const turns = [...pinned, ...pinned].map((target) =>
      take(target, ok, {}, { facts: { resolvedVersion: target.version ?? '' } }),
    );
    expect(turns.flatMap(({ deletes }) => deletes)).toEqual([]);
    const first = take(latest, ok, {}, { cache: 'miss', facts: { resolvedVersion: 'v1.0.0' } });
    expect([first.settled[0]?.cold, first.deletes]).toEqual([true, []]);
  });

  it('of versions that a mirror resolves to, the newest 16 are remembered', () => {
    const kept = new Set<string>();
    for (let n = 0; n < 40; n++) {
      nowMs += 1_000;
      const { rows, deletes } = take(aTarget('a', 'latest'), ok, {}, { facts: { resolvedVersion: `v2.0.${n}` } });
      for (const { table, key } of rows) if (table === 'seen') kept.add(key);
      for (const { table, key } of deletes) if (table === 'seen') kept.delete(key);
    }
    const newest = Array.from({ length: 16 }, (_, i) => `a|example.com/a|v2.0.${24 + i}|latest`);
    expect([...kept].filter((key) => key.endsWith('|latest'))).toEqual(newest);
  });

  it('another resolved version starts the baseline anew', () => {
    const latest = aTarget('a', 'latest');
    for (let i = 0; i < 20; i++) take(latest, ok, {}, { facts: { resolvedVersion: 'v1.0.0' } });
    expect(take(latest, ok, {}, { facts: { resolvedVersion: 'v1.0.0' } }).settled[0]).toMatchObject({
      baselineMs: 100,
      thresholdMs: 800,
    });
    expect(take(latest, ok, {}, { facts: { resolvedVersion: 'v1.1.0' } }).settled[0]).toMatchObject({
      baselineMs: null,
      thresholdMs: null,
    });
  });

  it('confirming ones enter no baseline', () => {
    for (let i = 0; i < 40; i++) take(aTarget('a'), ok, { purpose: 'confirm' });
    expect([...detector.baselines()].map((one) => one.baselineMs)).toEqual([null]);
  });

  it('cold and warm have baselines of their own', () => {
    const both = aMirror('a', { connections: ['cold', 'warm'] });
    detector = createDetector({
      config: aConfig({ mirrors: [both] }),
      targets: [aTarget('a')],
      restored: [],
      random: countingRandom(),
      now: at(0),
    });
    for (let i = 0; i < 20; i++) {
      take(aTarget('a'), ok, { connection: 'cold' }, {}, 100);
      take(aTarget('a'), ok, { connection: 'warm' }, {}, 20);
    }
    expect([...detector.baselines()].map((one) => [one.connection, one.baselineMs])).toEqual([
      ['cold', 100],
      ['warm', 20],
    ]);
  });

  it('heavy steps have no threshold and no spike', () => {
    for (let i = 0; i < 40; i++) take(zip);
    for (let i = 0; i < 5; i++) {
      const turn = take(zip, ok, {}, {}, 9_000);
      expect(turn.settled).toMatchObject([{ thresholdMs: null, baselineMs: null }]);
      expect(turn.findings).toEqual([]);
    }
  });

  it('of a target that a reload removed are settled as they are', () => {
    detector.reconfigure(aConfig({ mirrors: [] }), [], at(0));
    expect(take(aTarget('a'), refused).settled).toMatchObject([{ outcome: refused, cold: false }]);
  });

  it('held ones are settled within 15 s, even when no answer of the round ever comes', () => {
    take(aTarget('a'));
    const turn = take(aTarget('a'), refused);
    expect([turn.settled, turn.doubt]).toEqual([[], [{ registry: 'a', on: true }]]);
    const since = nowMs;
    const settled: number[] = [];
    for (let wake = turn.wakeAtMs; wake !== null && wake <= since + 20_000; ) {
      const next = detector.tick(at(wake));
      if (next.settled.length > 0) settled.push(wake - since);
      wake = next.wakeAtMs;
    }
    expect(settled).toEqual([15_000]);
    expect(detector.standings()[0]?.inDoubt).toBe(false);
  });

  it('held ones are settled by a flush, and everything unwritten is written', () => {
    take(aTarget('a'));
    take(aTarget('a'), refused);
    const turn = detector.flush(at(nowMs));
    expect(turn.settled).toHaveLength(1);
    expect(turn.rows.map((row) => row.key)).toEqual(['series|a|example.com/a|v1.0.0|mod|cold', 'mirror|a']);
    expect(detector.flush(at(nowMs)).rows).toEqual([]);
  });

  it('are written five times while a series may be warming, then each quarter of an hour, all together and in one order', () => {
    const minutes: number[] = [];
    for (let i = 0; i < 3_540; i++) {
      for (const name of ['b', 'a']) take(aTarget(name), ok, {}, {}, 500);
      const series = detector.tick(at(nowMs)).rows.filter(({ key }) => key.startsWith('series|'));
      if (series.length === 0) continue;
      expect(series.map(({ key }) => key.slice('series|'.length, 'series|'.length + 1))).toEqual(['a', 'b']);
      minutes.push(Math.floor(nowMs / 60_000));
    }
    expect(minutes).toEqual([1, 3, 6, 9, 12, 15, 30, 45]);
  });
});

describe('certificates', () => {
  const tls = (expiresAtMs: number) => ({ tls: { ...sampleTls, expiresAtMs } });

  it('one that expires within 14 days is a finding, no reason to leave, and over with a new one', () => {
    const day = 86_400_000;
    expect(take(aTarget('a'), ok, {}, tls(epochMs + 20 * day)).findings).toEqual([]);
    const opened = take(aTarget('a'), ok, {}, tls(epochMs + 3.5 * day));
    expect(changes(opened)).toEqual(['certificate a opened']);
    expect(opened.findings[0]?.finding).toMatchObject({
      cause: 'expires_soon',
      actionable: false,
      text: 'The certificate of a expires in 3 days.',
    });
    expect(detector.standings()[0]).toMatchObject({
      state: 'up',
      certificate: { expiresAtMs: epochMs + 3.5 * day, authorizationCode: null },
    });
    expect(take(aTarget('a'), ok, {}, tls(epochMs + 90 * day)).findings).toEqual([]);
    expect(changes(take(aTarget('a'), ok, {}, tls(epochMs + 90 * day)))).toEqual(['certificate a closed']);
  });

  it('a probe that does not connect leaves its text as it is', () => {
    take(aTarget('a'), ok, {}, tls(epochMs + 3.5 * 86_400_000));
    take(aTarget('a'), { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } });
    detector.flush(at(nowMs));
    expect(detector.findings()[0]?.text).toBe('The certificate of a expires in 3 days.');
  });
});
