import { preference } from '../advise/preference.ts';
import { equalsTogether } from '../advise/rank.ts';
import type { Config } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Clock, Probed, Random } from '../core/ports.ts';
import { quantileOf } from '../core/quantile.ts';
import { error, ok, type Result } from '../core/result.ts';
import { type Step, type Target, targetId } from '../core/target.ts';
import { registry } from '../ecosystems/registry.ts';
import { type NoAnswer, patienceMs } from './patience.ts';

/** One probe by hand: of this mirror, now. */
export interface OnceRequest {
  readonly mirror: Mirror;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
}

/** The due of a probe by hand: cold, in no plan. */
export function dueOnce(request: OnceRequest, config: Config, ports: { clock: Clock; random: Random }): Due {
  const { mirror, module, version, step } = request;
  const { weight = 'light', verifies = null } = registry.of(mirror.ecosystem)?.steps[step] ?? {};
  const now = ports.clock.now();
  const target: Target = {
    id: targetId(mirror.name, module, version, step),
    ecosystem: mirror.ecosystem,
    upstream: mirror.upstream,
    registry: mirror.name,
    module,
    version,
    step,
    weight,
    verifies,
    canary: false,
  };
  return {
    probeId: ports.random.id(now.wallMs),
    target,
    connection: 'cold',
    purpose: 'once',
    timeoutMs: (config.steps[step] ?? config.schedule.pace).timeoutMs,
    plannedAtMs: now.monotonicMs,
    round: null,
  };
}

/** All mirrors of a rank side by side, as they stand after some rounds. Times in milliseconds. */
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
  /** The commonest reason where any failed, else `unknown: ` and why where any is unknown. */
  readonly reason: string | null;
  readonly samplesMs: readonly number[];
}

/**
 * Probes the canary of all mirrors in interleaved rounds, one mirror at a time, in an order that turns by one each
 * round, so that a passing disturbance of our own line touches all alike.
 * @param ask       one probe; `null` where nothing came back, which ends the ranking
 * @param progress  called before each probe with how many are done of how many
 */
export async function rankOnce(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly rounds: number;
  readonly ask: (due: Due) => Promise<Probed | null>;
  readonly clock: Clock;
  readonly random: Random;
  readonly progress: (done: number, of: number, registry: string) => void;
  readonly stopped: () => boolean;
}): Promise<Result<readonly RankRow[], NoAnswer>> {
  const { config, targets, rounds } = input;
  const got = new Map<string, Probed[]>(targets.map((target) => [target.registry, []]));
  let done = 0;
  for (let round = 0; round < rounds && !input.stopped(); round += 1) {
    for (let turn = 0; turn < targets.length && !input.stopped(); turn += 1) {
      const target = targets[(turn + round) % targets.length];
      if (!target) continue;
      input.progress(done, rounds * targets.length, target.registry);
      const now = input.clock.now();
      const due: Due = {
        probeId: input.random.id(now.wallMs),
        target,
        connection: 'cold',
        purpose: 'once',
        timeoutMs: config.schedule.pace.timeoutMs,
        plannedAtMs: now.monotonicMs,
        round: null,
      };
      const probed = await input.ask(due);
      if (probed === null) return error({ registry: target.registry, limitMs: patienceMs(due) });
      got.get(target.registry)?.push(probed);
      done += 1;
    }
  }
  input.progress(done, rounds * targets.length, '');
  const urls = new Map(config.mirrors.map(({ name, url }) => [name, url]));
  const rows = [...got].map(([registry, probed]) => rankRow(registry, urls.get(registry) ?? '', probed));
  return ok(inOrder(config, rows));
}

function rankRow(registry: string, url: string, probed: readonly Probed[]): RankRow {
  const samplesMs = probed.flatMap(({ sample }) =>
    sample.outcome.tag === 'ok' && sample.rttMs !== null ? [sample.rttMs] : [],
  );
  const failures = probed.flatMap(({ sample }) =>
    sample.outcome.tag === 'failed' ? [sample.outcome.failure.kind] : [],
  );
  const unknowns = probed.flatMap(({ sample }) =>
    sample.outcome.tag === 'unknown' ? [`unknown: ${sample.outcome.because}`] : [],
  );
  return {
    registry,
    url,
    ok: samplesMs.length,
    failed: failures.length,
    unknown: unknowns.length,
    answered: probed.filter(({ sample }) => sample.status !== null).length,
    medianMs: quantileOf(samplesMs, 0.5),
    p95Ms: quantileOf(samplesMs, 0.95),
    reason: commonest(failures) ?? commonest(unknowns),
    samplesMs,
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
function inOrder(config: Config, rows: readonly RankRow[]): readonly RankRow[] {
  const share = (row: RankRow): number => (row.ok + row.failed === 0 ? 1 : row.failed / (row.ok + row.failed));
  const shares = [...new Set(rows.map(share))].sort((a, b) => a - b);
  const place = preference(config.mirrors, config.vantage);
  return shares.flatMap((one) =>
    equalsTogether(
      rows.filter((row) => share(row) === one).sort((a, b) => place(a.registry, b.registry)),
      (row) => row.medianMs ?? Number.POSITIVE_INFINITY,
      config.advise.minGain,
      (a, b) => place(a.registry, b.registry),
    ),
  );
}
