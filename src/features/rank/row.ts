import { preferenceOf, sortWithEquals } from '../../advise/rank.ts';
import type { Config } from '../../core/config.ts';
import type { Probed } from '../../core/ports.ts';
import { quantileOf } from '../../core/quantile.ts';
import type { PhaseTimes } from '../../core/sample.ts';

/** One probe of a rank; `slot`: round and question, the same for all mirrors. */
export interface RankAnswer {
  readonly slot: number;
  readonly sample: Probed['sample'];
}

/** One mirror of a rank, as it stands after some rounds. Times in milliseconds. */
export interface RankRow {
  readonly registry: string;
  readonly url: string;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  /** Of all these, how many got an HTTP answer, of whatever status. */
  readonly answered: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** Of the answer that is the median: they add up to it. */
  readonly phasesMs: PhaseTimes;
  /** Good answers whose content an authority vouches for, and answers that one contradicts. */
  readonly verified: number;
  readonly mismatched: number;
  /** The commonest reason where any failed, else `unknown: ` and why where any is unknown. */
  readonly reason: string | null;
  /** By round; `null`: it gave no good answer in it, or was not asked. */
  readonly roundsMs: readonly (number | null)[];
}

/** What the answers of one mirror come to. */
export function rankRow(registry: string, url: string, answers: readonly RankAnswer[], slots: number): RankRow {
  const samples = answers.map(({ sample }) => sample);
  const good = answers.flatMap(({ slot, sample }) =>
    sample.outcome.tag === 'ok' && sample.rttMs !== null ? [{ slot, ms: sample.rttMs, sample }] : [],
  );
  const failures = samples.flatMap(({ outcome }) => (outcome.tag === 'failed' ? [outcome.failure.kind] : []));
  const unknowns = samples.flatMap(({ outcome }) => (outcome.tag === 'unknown' ? [`unknown: ${outcome.because}`] : []));
  const times = good.map(({ ms }) => ms);
  const medianMs = quantileOf(times, 0.5);
  const roundsMs: (number | null)[] = Array.from({ length: slots }, () => null);
  for (const { slot, ms } of good) roundsMs[slot] = ms;
  return {
    registry,
    url,
    ok: good.length,
    failed: failures.length,
    unknown: unknowns.length,
    answered: samples.filter(({ status }) => status !== null).length,
    medianMs,
    p95Ms: quantileOf(times, 0.95),
    phasesMs: good.find(({ ms }) => ms === medianMs)?.sample.phases ?? {},
    verified: good.filter(({ sample }) => sample.facts.verified !== undefined).length,
    mismatched: failures.filter((kind) => kind === 'mismatch').length,
    reason: commonest(failures) ?? commonest(unknowns),
    roundsMs,
  };
}

function commonest(words: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/**
 * Fewer failures first: a fast mirror that fails is no good mirror. Then the lower median; medians that advice takes for
 * equal stand as advice would put them: by weight, then as in the file.
 */
export function inOrder<Row extends RankRow>(config: Config, rows: readonly Row[]): readonly Row[] {
  const share = (row: RankRow): number => (row.ok + row.failed === 0 ? 1 : row.failed / (row.ok + row.failed));
  const shares = [...new Set(rows.map(share))].sort((a, b) => a - b);
  const place = preferenceOf(config.mirrors, config.vantage);
  return shares.flatMap((one) =>
    sortWithEquals(
      rows.filter((row) => share(row) === one).sort((a, b) => place(a.registry, b.registry)),
      (row) => row.medianMs ?? Number.POSITIVE_INFINITY,
      config.advise.minGain,
      (a, b) => place(a.registry, b.registry),
    ),
  );
}
