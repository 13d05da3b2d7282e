import type { Outcome } from '../../../src/core/failure.ts';
import type { Step } from '../../../src/core/mirror.ts';
import { createTrends } from '../../../src/state/trend.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import { sample, target } from './fixture-samples.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const weekMs = 7 * day;

/** Nothing was watched here: the daemon was down for three and a half hours, three days ago. */
export const fixtureGap = { fromMs: nowMs - 3 * day - 6 * hour, toMs: nowMs - 3 * day - 2.5 * hour } as const;

interface Answer {
  readonly rttMs: number | null;
  readonly outcome?: Outcome;
}

const failed = (kind: 'timeout_connect' | 'refused' | 'server' | 'throttled'): Outcome =>
  kind === 'timeout_connect'
    ? { tag: 'failed', failure: { kind, limitMs: 10_000 } }
    : kind === 'refused'
      ? { tag: 'failed', failure: { kind, code: 'ECONNREFUSED' } }
      : kind === 'server'
        ? { tag: 'failed', failure: { kind, status: 502 } }
        : { tag: 'failed', failure: { kind, status: 429, retryAfterMs: null } };

/** A repeatable wobble in [-1, 1]. */
const wobble = (i: number): number => Math.sin(i * 12.9898) * 0.6 + Math.sin(i * 4.1414) * 0.4;
const within = (backMs: number, from: number, to: number): boolean => backMs <= from && backMs > to;

/** What a mirror answered so long ago; evenings are busier. */
function answer(registry: string, backMs: number, i: number): Answer {
  const evening = Math.max(0, Math.sin(((nowMs - backMs) / day) * 2 * Math.PI - 2.2));
  const around = (ms: number, share: number): number => ms * (1 + share * wobble(i) + 0.55 * evening);
  if (registry === 'coast') {
    if (within(backMs, 20 * minute, 0)) return { rttMs: around(1_160, 0.12) };
    return { rttMs: within(backMs, 4.6 * day, 4.5 * day) ? around(930, 0.3) : around(205, 0.2) };
  }
  if (registry === 'inland') {
    if (i % 97 === 0) return { rttMs: 40, outcome: failed('server') };
    return { rttMs: around(backMs < 2 * day ? 318 : 230, 0.14) };
  }
  if (registry === 'campus') {
    if (within(backMs, 95_000, 0) || within(backMs, 1.4 * day, 1.25 * day))
      return i % 3 === 0
        ? { rttMs: 30, outcome: failed('refused') }
        : { rttMs: 10_000, outcome: failed('timeout_connect') };
    if (i % 41 === 0) return { rttMs: 60, outcome: failed('throttled') };
    return { rttMs: around(96, 0.3) };
  }
  return { rttMs: null, outcome: { tag: 'unknown', because: 'vantage' } };
}

/** How far behind a mirror was then, milliseconds. */
function lagMs(registry: string, backMs: number): number | null {
  if (registry === 'coast') return backMs < 2.4 * hour ? 90 * minute : 0;
  if (registry === 'inland') return ((weekMs - backMs) % (1.5 * day)) / 9;
  return registry === 'campus' ? 0 : null;
}

function take(trends: ReturnType<typeof createTrends>, registry: string, step: Step, atMs: number, told: Answer): void {
  const made = sample({ of: target(registry, step), back: 0, thresholdMs: 800, ...told });
  const isOk = told.outcome === undefined && step === 'zip';
  const settled = isOk ? { ...made, steady: { bytes: 4_000_000, ms: 2 * (told.rttMs ?? 1) } } : made;
  trends.take({ ...settled, startedAtMs: atMs }, { wallMs: atMs, monotonicMs: atMs });
}

/** A week of the four mirrors, taken in by the code that the daemon runs, each minute once. */
function madeTrends(): ReturnType<typeof createTrends> {
  const trends = createTrends(fixtureConfig, []);
  let i = 0;
  for (let atMs = nowMs - weekMs; atMs < nowMs; atMs += minute) {
    i += 1;
    if (atMs >= fixtureGap.fromMs && atMs < fixtureGap.toMs) continue;
    for (const { name } of fixtureConfig.mirrors) {
      const backMs = nowMs - atMs;
      take(trends, name, 'mod', atMs, answer(name, backMs, i));
      if (i % 5 === 0 && name !== 'go-origin') take(trends, name, 'info', atMs, answer(name, backMs, i + 1));
      if (i % 60 === 0 && name !== 'go-origin') take(trends, name, 'zip', atMs, answer(name, backMs, i + 2));
      const lowerMs = lagMs(name, backMs);
      const upperMs = lowerMs === null ? null : lowerMs + 5 * minute;
      const propagation = { releases: 0, p50Ms: null, p90Ms: null };
      if (i % 5 === 0)
        trends.fresh(name, { lowerMs, upperMs, missing: 0, propagation }, { wallMs: atMs, monotonicMs: atMs });
    }
  }
  return trends;
}

let made: ReturnType<typeof createTrends> | null = null;

/** How the four mirrors went; made once, when it is first asked for. */
export function fixtureTrends(): ReturnType<typeof createTrends> {
  made ??= madeTrends();
  return made;
}
