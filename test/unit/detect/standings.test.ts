import { describe, expect, it } from 'vitest';
import { seriesId } from '../../../src/core/mirror.ts';
import { Memory } from '../../../src/detect/memory/memory.ts';
import { MirrorMemory, type SeriesMemory, seriesOf } from '../../../src/detect/memory/mirror-memory.ts';
import type { FindingRule } from '../../../src/detect/memory/rule.ts';
import { listStandings } from '../../../src/detect/standings.ts';
import { phrase, renderIn } from '../../../src/words/tell.ts';
import { aConfig, aMirror, aTarget, at, countingRandom } from './world.ts';

interface Seen {
  readonly paused?: string;
  readonly inMaintenance?: boolean;
  /** Time since the last judged canary sample; `null`: none yet. */
  readonly silentForMs?: number | null;
  readonly paceMs?: number;
  readonly skipped?: MirrorMemory['sight']['lastSkip'];
  readonly canaryServes?: boolean;
  readonly okAgoMs?: number | null;
  /** How many targets are out: modules by their canary step, then a heavy target. */
  readonly canaryOut?: boolean;
  readonly modulesOut?: number;
  readonly heavyOut?: boolean;
  readonly modules?: number;
  readonly isAway?: boolean;
  readonly isDegraded?: boolean;
  /** Whether our network is suspect: since before the last judged sample, or after it. */
  readonly suspect?: 'before' | 'after';
}

const slow: FindingRule<null> = {
  name: 'slow',
  kind: 'spike',
  none: () => null,
  gravity: 1,
  degrades: () => phrase('why.slow'),
};

function standingOf(seen: Seen) {
  const nowMs = 10_000_000;
  const { silentForMs = 0, okAgoMs = 0, modulesOut = 0 } = seen;
  const config = aConfig({ mirrors: [aMirror('a')], everyMs: seen.paceMs ?? 30_000 });
  const memory = new Memory({ config, random: countingRandom(), now: at(nowMs) }, seen.isDegraded ? [slow] : [], []);
  const mirror = new MirrorMemory(aMirror('a'));
  memory.mirrors.set('a', mirror);
  Object.assign(mirror, { canary: aTarget('a'), modules: seen.modules ?? 4 });
  Object.assign(mirror.sight, {
    wasProbed: true,
    lastSkip: seen.skipped ?? null,
    canaryServes: seen.canaryServes ?? true,
    judgedMonotonicMs: silentForMs === null ? null : nowMs - silentForMs,
    lastJudgedAtMs: silentForMs === null ? null : at(nowMs - silentForMs).wallMs,
    lastOkAtMs: okAgoMs === null ? null : at(nowMs - okAgoMs).wallMs,
  });
  mirror.absence.inMaintenance = seen.inMaintenance ?? false;
  if (seen.paused !== undefined) mirror.absence.paused = { reason: seen.paused, untilMs: at(nowMs + 1).wallMs };
  const out = new Set<SeriesMemory>();
  if (seen.canaryOut === true) out.add(seriesOf(mirror, aTarget('a'), 'cold'));
  for (let i = 0; i < modulesOut; i += 1) out.add(seriesOf(mirror, aTarget('a', 'mod', `example.com/${i}m`), 'cold'));
  if (seen.heavyOut === true) out.add(seriesOf(mirror, aTarget('a', 'zip'), 'cold'));
  const none = { backMs: null, families: { detour: null }, fault: null };
  mirror.states.set('outage', { ...none, out });
  if (seen.isAway === true) {
    mirror.states.set('refusal', new Set([seriesId(aTarget('a'), 'cold')]));
    mirror.absence.throttled.set('mod', nowMs + 1);
  }
  const sinceWallMs = at(seen.suspect === 'before' ? 0 : nowMs).wallMs;
  if (seen.suspect !== undefined) memory.confirm.suspicions.set(mirror.egress, { sinceWallMs } as never);
  const [standing] = listStandings(memory);
  return { state: standing?.state, why: standing?.why ?? phrase('why.answers') };
}

const textOf = (seen: Seen, language: 'en' | 'zh' = 'en') =>
  renderIn(language, { text: '', sentence: standingOf(seen).why });

describe('the state of a mirror', () => {
  it.each<{ readonly name: string; readonly seen: Seen; readonly want: string }>([
    { name: 'nothing against it', seen: {}, want: 'up' },
    { name: 'paused', seen: { paused: 'moving', canaryOut: true }, want: 'unknown' },
    { name: 'maintenance', seen: { inMaintenance: true }, want: 'unknown' },
    { name: 'never measured', seen: { silentForMs: null }, want: 'unknown' },
    { name: 'silent just short of 3 paces', seen: { silentForMs: 89_999 }, want: 'up' },
    { name: 'silent for 3 paces', seen: { silentForMs: 90_000 }, want: 'unknown' },
    { name: 'silent for 3 short paces', seen: { silentForMs: 59_999, paceMs: 5_000 }, want: 'up' },
    { name: 'silent for a minute at least', seen: { silentForMs: 60_000, paceMs: 5_000 }, want: 'unknown' },
    { name: 'silent under suspicion', seen: { silentForMs: 999_999, suspect: 'before' }, want: 'unknown' },
    { name: 'out, and then the mirror throttles requests', seen: { canaryOut: true, isAway: true }, want: 'degraded' },
    {
      name: 'silent because the mirror throttles requests',
      seen: { silentForMs: 90_000, isAway: true },
      want: 'unknown',
    },
    { name: 'canary out', seen: { canaryOut: true }, want: 'down' },
    { name: 'one of one module', seen: { modulesOut: 1, modules: 1 }, want: 'degraded' },
    { name: 'one of four modules', seen: { modulesOut: 1 }, want: 'degraded' },
    { name: 'two of four modules', seen: { modulesOut: 2 }, want: 'down' },
    { name: 'two of five modules', seen: { modulesOut: 2, modules: 5 }, want: 'degraded' },
    { name: 'a heavy target alone', seen: { heavyOut: true }, want: 'degraded' },
    { name: 'degraded by a finding', seen: { isDegraded: true }, want: 'degraded' },
    { name: 'degraded by a finding, and out', seen: { isDegraded: true, canaryOut: true }, want: 'down' },
    { name: 'its last canary answer failed', seen: { canaryServes: false, okAgoMs: 89_999 }, want: 'up' },
    { name: 'failing for 3 paces without a verdict', seen: { canaryServes: false, okAgoMs: 90_000 }, want: 'unknown' },
    { name: 'failed, and never ok', seen: { canaryServes: false, okAgoMs: null }, want: 'unknown' },
  ])('$name: $want', ({ seen, want }) => {
    expect(standingOf(seen).state).toBe(want);
    expect(textOf(seen)).not.toBe('');
  });

  it.each<{ readonly seen: Seen; readonly state: string; readonly why: string }>([
    {
      seen: { suspect: 'after' },
      state: 'up',
      why: 'last known: the canary probes succeed; the problem may be the network of this host',
    },
    {
      seen: { suspect: 'after', canaryOut: true },
      state: 'down',
      why: 'last known: the canary probes of the mirror fail; the problem may be the network of this host',
    },
    {
      seen: { suspect: 'after', silentForMs: 90_000 },
      state: 'unknown',
      why: 'no usable result of a canary probe for 90 s: the problem may be the network of this host',
    },
    { seen: { suspect: 'before' }, state: 'up', why: 'the canary probes succeed' },
  ])('while our network is suspect: $state, $why', ({ seen, state, why }) => {
    expect([standingOf(seen).state, textOf(seen)]).toEqual([state, why]);
  });

  it.each([
    ['paused', 'the mirror was paused'],
    ['maintenance', 'the mirror was in a maintenance window'],
    ['over_budget', 'the byte budget of the host is used up'],
    ['overrun', 'the previous canary probe was still running'],
    ['throttled', 'the mirror throttles requests'],
    ['local', 'this host could not probe in time'],
  ] as const)('slots that pass without a probe, %s: told in any language', (skipped, why) => {
    for (const silentForMs of [null, 999_999]) {
      expect(textOf({ silentForMs, skipped })).toMatch(new RegExp(`: ${why}$`));
      expect(textOf({ silentForMs, skipped }, 'zh')).toMatch(/^[^a-z]+$/);
    }
  });
});
