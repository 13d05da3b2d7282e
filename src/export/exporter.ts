import { createHash } from 'node:crypto';
import type { ActionResult } from '../core/action.ts';
import type { AdviceChange } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { Skipped } from '../core/due.ts';
import type { AlertOutcome } from '../core/evidence.ts';
import type { Because } from '../core/failure.ts';
import { isHeavy, type Step, type Target } from '../core/mirror.ts';
import type { DeliveryOutcome } from '../core/notice.ts';
import { endedAtMs, isUntimed, type SettledSample, steadyRateOf } from '../core/sample.ts';
import { overTurns } from '../core/slices.ts';
import { createMetricRegistry, type MetricRegistry } from './board.ts';
import { Boards, type ExportPlan, makePlan, makePlanInSlices, planKeyOf } from './boards.ts';
import { type DaemonMetric, metricNames, metricOf } from './catalog.ts';
import { createFactBook } from './facts.ts';
import { daemonKinds } from './metric.ts';
import { contentTypes, type Exposition, negotiate } from './negotiate.ts';
import { createRenderer } from './renderer.ts';

const daemonNames: readonly DaemonMetric[] = metricNames.filter((name): name is DaemonMetric =>
  daemonKinds.some((kind) => metricOf(name).per[kind] !== undefined),
);

/**
 * Keeps and renders the metrics of the catalogue.
 * @param input.turn  lets the event loop process other events; it is awaited between the parts of long work
 */
export function createExporter(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly version: string;
  readonly node: string;
  readonly turn: () => Promise<void>;
}) {
  // If the functions below used `input`, they would keep the first configuration in memory after a reload.
  const { turn } = input;
  const { protobuf } = input.config.listen;
  // Classic and native histograms agree only if both are counted from the start.
  const form = protobuf === undefined ? null : { ...protobuf, isKept: protobuf.histograms === 'both' };
  const boards = new Boards(form);
  const daemon = createMetricRegistry(daemonNames, form);
  const facts = createFactBook(boards);
  const renderer = createRenderer({ boards, daemon, verified: facts.verified, turn });
  let arranged: ExportPlan['daemon'] = [];
  let planned: { readonly config: Config; readonly targets: readonly Target[]; readonly plan: ExportPlan } | null =
    null;

  /** Sets another configuration. `sweep` or the next rendering closes the series of removed mirrors and targets. */
  function reconfigure(config: Config, targets: readonly Target[]): void {
    const isPlanned = planned?.config === config && planned.targets === targets;
    const next = isPlanned && planned !== null ? planned.plan : makePlan(config, targets);
    planned = null;
    arrangeDaemon(daemon, arranged, next.daemon);
    arranged = next.daemon;
    showConfig(daemon, config);
    facts.forget(boards.arrange(next.entities));
    renderer.dropping(next.droppedLines);
  }

  reconfigure(input.config, input.targets);
  const { instruments } = daemon;
  instruments.mirrorwatch_build_info.set({ version: input.version, node: input.node }, 1);

  return {
    /**
     * Counts one settled sample. Probe metrics count scheduled samples only; certificate and HTTP version use every
     * sample.
     */
    sample(sample: SettledSample) {
      exportSample(boards, sample);
      facts.sample(sample);
    },
    skipped: (skipped: Skipped) => countSkipped(boards, skipped),
    /** Sets each step's last ok response from before the restart. `lastOk` is in wall milliseconds, by target id. */
    restored: (lastOk: ReadonlyMap<string, number>) => restoreLastOk(boards, lastOk),
    ...createCounters(daemon, boards, () => arranged),
    finding: facts.finding,
    clientRun: (run: ClientRun) => countClientRun(boards, run),
    /** Sets the source of the gauges, which is read at each rendering. Call this once. */
    snapshot: renderer.snapshot,
    /** Opens the series of a new configuration over many turns. Then call `reconfigure` with the same arguments. */
    async prepare(config: Config, targets: readonly Target[]): Promise<void> {
      const plan = await overTurns(makePlanInSlices(config, targets), turn);
      planned = { config, targets, plan };
      await boards.prepare(plan.entities, turn);
    },
    reconfigure,
    sweep: () => boards.sweep(turn),
    render(accept: string | undefined): Exposition {
      const format = negotiate(accept, form !== null);
      if (form !== null && format === 'protobuf') form.isKept = true;
      const pieces = format === 'protobuf' ? renderer.renderProtobuf() : renderer.render(format);
      return { contentType: contentTypes[format], pieces };
    },
  };
}

/** Closes the series of removed entities (such as a receiver or an action), and opens those of new ones. */
function arrangeDaemon(
  daemon: MetricRegistry<DaemonMetric>,
  before: ExportPlan['daemon'],
  next: ExportPlan['daemon'],
): void {
  const old = new Set(before.map(({ key }) => key));
  const wanted = new Set(next.map(({ key }) => key));
  for (const { kind, key, labels } of before) if (!wanted.has(key)) daemon.close(kind, labels);
  for (const { kind, key, labels } of next) if (!old.has(key)) daemon.open(kind, labels);
}

/** Sets the gauges whose labels describe the configuration. */
function showConfig(daemon: MetricRegistry<DaemonMetric>, config: Config): void {
  daemon.clear(['mirrorwatch_config_info', 'mirrorwatch_place_info', 'mirrorwatch_shard_info']);
  const { shard } = config;
  if (shard !== undefined)
    daemon.instruments.mirrorwatch_shard_info.set({ index: String(shard.index), count: String(shard.count) }, 1);
  daemon.instruments.mirrorwatch_config_info.set({ hash: configHashOf(config) }, 1);
  if (config.labels !== undefined) daemon.instruments.mirrorwatch_place_info.set({ ...config.labels }, 1);
}

/** Creates the functions that count events of other parts of the daemon. */
function createCounters(
  { instruments }: MetricRegistry<DaemonMetric>,
  boards: Boards,
  arranged: () => ExportPlan['daemon'],
) {
  return {
    /** Observes how late a probe started: actual minus planned start, seconds. A negative value counts as 0. */
    scheduleDelay: (seconds: number) => instruments.mirrorwatch_schedule_delay_seconds.observe(Math.max(0, seconds)),
    loopDelays(worker: number, delaysMs: readonly number[]) {
      for (const delayMs of delaysMs)
        instruments.mirrorwatch_worker_loop_delay_seconds.observe({ worker: String(worker) }, delayMs / 1000);
    },
    delivery(receiver: string, outcome: DeliveryOutcome) {
      // A delivery that ends after its receiver was removed from the configuration is not counted.
      if (arranged().some(({ labels }) => labels.receiver === receiver))
        instruments.mirrorwatch_webhook_deliveries_total.inc({ receiver, outcome });
    },
    action(action: string, result: ActionResult) {
      // An action that ends after it was removed from the configuration is not counted.
      if (arranged().some(({ labels }) => labels.action === action))
        instruments.mirrorwatch_actions_total.inc({ action, result });
    },
    alerts: (outcome: AlertOutcome, count: number) =>
      instruments.mirrorwatch_alertmanager_notifications_total.inc({ outcome }, count),
    regression(registry: string) {
      const home = boards.home(planKeyOf.mirror(registry));
      const { ecosystem = '' } = home?.entity.labels ?? {};
      home?.board.instruments.mirror_regressions_total.inc({ ecosystem, registry });
    },
    /** Observes how long a release, or its withdrawal, took from the origin to a mirror. */
    travel(name: 'mirror_propagation_seconds' | 'mirror_withdrawal_seconds', registry: string, seconds: number) {
      const home = boards.home(planKeyOf.mirror(registry));
      const { ecosystem = '' } = home?.entity.labels ?? {};
      home?.board.instruments[name].observe({ ecosystem, registry }, seconds);
    },
    advice({ change, advice: { ecosystem, upstream, cause } }: AdviceChange) {
      if (change === 'proposed') instruments.mirror_advice_issued_total.inc({ ecosystem, upstream, cause });
      if (change === 'regretted') instruments.mirror_advice_regret_total.inc({ ecosystem, upstream });
    },
  };
}

/**
 * Returns eight hexadecimal digits. They are equal for places that monitor the same mirrors and modules by the same
 * rules. Settings that differ by place are left out: name, listener, receivers, credentials, routes.
 */
export function configHashOf({ mirrors, modules, schedule, steps, detect, advise, settings }: Config): string {
  const hash = createHash('sha256');
  const add = (part: unknown): void => void hash.update(JSON.stringify(part) ?? '');
  for (const { name, ecosystem, upstream, url, role, weight } of mirrors)
    add([name, ecosystem, upstream, url, role, weight]);
  for (const module of modules) add(module);
  for (const part of [schedule.pace, steps, detect, advise, settings]) add(part);
  return hash.digest('hex').slice(0, 8);
}

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

function countSkipped(boards: Boards, { target, because, count }: Skipped): void {
  const { ecosystem, registry } = target;
  const labels = { ecosystem, registry, because: becauseOfSkip[because] };
  boards.home(planKeyOf.mirror(registry))?.board.instruments.mirror_probe_unknown_total.inc(labels, count);
}

function showLastOk(boards: Boards, registry: string, step: Step, wallMs: number): void {
  const home = boards.home(planKeyOf.step(registry, step));
  home?.board.instruments.mirror_probe_last_success_timestamp_seconds.set(home.entity.labels, wallMs / 1000);
}

/** Restores the time of each step's last ok response before a restart. @param lastOk  wall milliseconds by target id */
function restoreLastOk(boards: Boards, lastOk: ReadonlyMap<string, number>): void {
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
function exportSample(boards: Boards, sample: SettledSample): void {
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
function countClientRun(boards: Boards, { ecosystem, registry, client, outcome, tookMs }: ClientRun): void {
  const instruments = boards.home(planKeyOf.client(registry, client))?.board.instruments;
  const labels = { ecosystem, registry, client };
  if (outcome === 'ok') instruments?.mirror_client_seconds.observe(labels, tookMs / 1000);
  if (outcome === 'failed') instruments?.mirror_client_failures_total.inc(labels);
}
