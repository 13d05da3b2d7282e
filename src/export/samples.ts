import type { ClientRun } from '../core/client-run.ts';
import type { Skipped } from '../core/due.ts';
import type { Because } from '../core/failure.ts';
import { isHeavy, type Step } from '../core/mirror.ts';
import { endedAtMs, isUntimed, type SettledSample, steadyRateOf } from '../core/sample.ts';
import type { Boards } from './boards.ts';
import { planKeyOf } from './plan.ts';

/**
 * The label `because` of a skipped probe. `local`: the previous probe of the series was still running, or this host was
 * too slow. `paused`: the mirror was paused, throttled (`Retry-After`) or in maintenance.
 */
export const becauseOfSkip: Readonly<Record<Skipped['because'], Because>> = {
  paused: 'paused',
  throttled: 'paused',
  maintenance: 'paused',
  over_budget: 'over_budget',
  overrun: 'local',
  local: 'local',
};

export function countSkipped(boards: Boards, { target, because, count }: Skipped): void {
  const { ecosystem, registry } = target;
  const labels = { ecosystem, registry, because: becauseOfSkip[because] };
  boards.home(planKeyOf.mirror(registry))?.board.instruments.mirror_probe_unknown_total.inc(labels, count);
}

function showLastOk(boards: Boards, registry: string, step: Step, wallMs: number): void {
  const home = boards.home(planKeyOf.step(registry, step));
  home?.board.instruments.mirror_probe_last_success_timestamp_seconds.set(home.entity.labels, wallMs / 1000);
}

/** Restores the time of each step's last ok response before a restart. @param lastOk  wall milliseconds by target id */
export function restoreLastOk(boards: Boards, lastOk: ReadonlyMap<string, number>): void {
  const newest = [...lastOk].sort(([, a], [, b]) => a - b);
  for (const [id, wallMs] of newest) {
    const { registry, step } = boards.home(planKeyOf.target({ id }))?.entity.labels ?? {};
    if (registry !== undefined && step !== undefined) showLastOk(boards, registry, step, wallMs);
  }
}

function observeOk(boards: Boards, sample: SettledSample): void {
  const { target, connection, probeId } = sample.due;
  const { ecosystem, registry, step } = target;
  const labels = { ecosystem, registry, step };
  showLastOk(boards, registry, step, endedAtMs(sample));
  if (sample.rttMs === null || isUntimed(sample)) return;
  const ofStep = boards.home(planKeyOf.step(registry, step))?.board.instruments;
  if (sample.cold) {
    ofStep?.mirror_cold_fetch_seconds.observe(labels, sample.rttMs / 1000);
    return;
  }
  const value = sample.rttMs / 1000;
  const trip = boards.home(planKeyOf.trip(target, connection));
  trip?.board.instruments.mirror_probe_rtt_seconds.observe({
    labels: trip.entity.labels,
    value,
    exemplarLabels: { probe_id: probeId },
  });
  trip?.board.instruments.mirror_probe_last_rtt_seconds.set(trip.entity.labels, value);
  const path = boards.home(planKeyOf.path(registry, step, connection))?.board.instruments;
  for (const [phase, ms] of Object.entries(sample.phases))
    path?.mirror_probe_phase_seconds.observe({ ...labels, connection, phase }, ms / 1000);
  const rate = isHeavy(target) ? steadyRateOf(sample) : null;
  if (rate !== null) ofStep?.mirror_throughput_bytes_per_second.observe(labels, rate);
}

/** Observes a response, ok or not: whether a cache had it, and the time of a "not found" response. */
function observeResponse(boards: Boards, { due, outcome, status, cache, cold, rttMs }: SettledSample): void {
  if (outcome.tag === 'unknown' || status === null) return;
  const { ecosystem, registry } = due.target;
  const ofMirror = boards.home(planKeyOf.mirror(registry))?.board.instruments;
  const word = cold ? 'miss' : (cache ?? 'unknown');
  ofMirror?.mirror_cache_answers_total.inc({ ecosystem, registry, cache: word });
  if ((status !== 404 && status !== 410) || rttMs === null) return;
  ofMirror?.mirror_not_found_seconds.observe({ ecosystem, registry }, rttMs / 1000);
}

/** Counts one settled sample if its probe was scheduled. */
export function exportSample(boards: Boards, sample: SettledSample): void {
  if (sample.due.purpose !== 'scheduled') return;
  const { target } = sample.due;
  const { ecosystem, registry, step } = target;
  const labels = { ecosystem, registry, step };
  const ofStep = boards.home(planKeyOf.step(registry, step))?.board.instruments;
  ofStep?.mirror_transfer_bytes_total.inc(labels, sample.wireBytes);
  observeResponse(boards, sample);
  if (sample.outcome.tag === 'unknown') {
    const ofMirror = boards.home(planKeyOf.mirror(registry))?.board.instruments;
    ofMirror?.mirror_probe_unknown_total.inc({ ecosystem, registry, because: sample.outcome.because });
    return;
  }
  const own = boards.home(planKeyOf.target(target));
  own?.board.instruments.mirror_probe_attempts_total.inc(own.entity.labels);
  if (sample.outcome.tag === 'ok') {
    observeOk(boards, sample);
    return;
  }
  own?.board.instruments.mirror_probe_target_failures_total.inc(own.entity.labels);
  ofStep?.mirror_probe_failures_total.inc({ ...labels, reason: sample.outcome.failure.kind });
}

/** Counts one run of a real client that is ok or failed. A run with an unknown result is not counted. */
export function countClientRun(boards: Boards, { ecosystem, registry, client, outcome, tookMs }: ClientRun): void {
  const instruments = boards.home(planKeyOf.client(registry, client))?.board.instruments;
  const labels = { ecosystem, registry, client };
  if (outcome === 'ok') instruments?.mirror_client_seconds.observe(labels, tookMs / 1000);
  if (outcome === 'failed') instruments?.mirror_client_failures_total.inc(labels);
}
