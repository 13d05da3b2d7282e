import { isDeliberate, type MismatchCause, mismatchCauseOf } from '../core/finding.ts';
import { isHeavy, upstreamKeyOf } from '../core/mirror.ts';
import { type MirrorLag, mirrorStates, type SeriesBaseline, type Standing, worstLowerOf } from '../core/standing.ts';
import type { MetricRegistry } from './board.ts';
import { type Boards, type Home, planKeyOf, type ShardBoard } from './boards.ts';
import { mirrorFindingKinds, ownFindingKinds } from './catalog/values.ts';
import { type DaemonMetric, type Labels, type MetricName, metricNames, metricOf } from './catalog.ts';
import { contentHeadOf, endOf, type TextFormat } from './negotiate.ts';
import type { Snapshot } from './snapshot.ts';

/** The size of a piece in characters; rendering it takes about a millisecond. A piece never ends inside a series. */
const pieceChars = 64 * 1024;

interface Rendered {
  readonly boards: Boards;
  readonly daemon: MetricRegistry<DaemonMetric>;
  readonly turn: () => Promise<void>;
}

/** Creates the renderer of all prom-client registries. It renders one piece in each turn of the event loop. */
export function createRenderer(input: Rendered & { readonly verified: ReadonlySet<string> }) {
  const { boards, daemon, turn } = input;
  let read: (() => Snapshot) | null = null;
  let droppedLines = 0;

  async function fill(): Promise<void> {
    const snapshot = read?.() ?? null;
    if (snapshot === null) return;
    const readings = await sortReadings(snapshot, boards, turn);
    for (const board of boards.all()) {
      await turn();
      fillBoard(board, boards.homesOf(board), readings, input.verified);
    }
    await turn();
    fillDaemon(daemon, snapshot, readings);
  }

  async function prepare(): Promise<void> {
    await boards.sweep(turn);
    await fill();
    daemon.instruments.mirrorwatch_exposition_lines_dropped_total.inc(droppedLines);
  }

  return {
    snapshot(next: () => Snapshot) {
      read = next;
    },
    dropping(lines: number) {
      droppedLines = lines;
    },
    async *render(format: TextFormat): AsyncGenerator<string> {
      await prepare();
      yield* renderText(input, format);
    },
    async *renderProtobuf(): AsyncGenerator<Uint8Array> {
      await prepare();
      yield* renderProtobuf(input);
    },
  };
}

/** Renders the response in protobuf. A family begins with its length, so all its series are encoded before its head. */
async function* renderProtobuf({ boards, daemon, turn }: Rendered): AsyncGenerator<Uint8Array> {
  const { encodeHead, encodeSeries } = await import('./native/page.ts');
  for (const name of metricNames) {
    const encoded: Uint8Array[] = [];
    let bytes = 0;
    let sinceTurn = 0;
    for (const board of [...boards.all(), daemon])
      for (const message of board.messages(name)) {
        const series = encodeSeries(message);
        encoded.push(series);
        bytes += series.length;
        sinceTurn += series.length;
        if (sinceTurn < pieceChars) continue;
        sinceTurn = 0;
        await turn();
      }
    if (encoded.length === 0) continue;
    yield Buffer.concat([encodeHead(name, bytes), ...encoded]);
    await turn();
  }
}

async function* renderText({ boards, daemon, turn }: Rendered, format: TextFormat): AsyncGenerator<string> {
  let piece = '';
  const all = [...boards.all(), daemon];
  for (const name of metricNames) {
    let isBegun = false;
    for (const board of all) {
      const { texts, count } = board.lines(name, format);
      if (count === 0) continue;
      if (!isBegun) piece += contentHeadOf(name, format);
      isBegun = true;
      for (const text of texts) {
        piece += text;
        if (piece.length < pieceChars) continue;
        yield piece;
        piece = '';
        await turn();
      }
    }
  }
  yield piece + endOf[format];
}

/**
 * Gauges that are set by samples, by the configuration or by the rendering. All other gauges are set from each
 * snapshot.
 */
const kept: ReadonlySet<MetricName> = new Set([
  'mirror_probe_last_rtt_seconds',
  'mirror_probe_last_success_timestamp_seconds',
  'mirror_tls_certificate_expiry_timestamp_seconds',
  'mirror_tls_info',
  'mirror_protocol_info',
  'mirror_quota_remaining_ratio',
  'mirrorwatch_build_info',
  'mirrorwatch_config_info',
  'mirrorwatch_place_info',
  'mirrorwatch_shard_info',
]);
const readGauges = metricNames.filter((name) => metricOf(name).type === 'gauge' && !kept.has(name));

interface Readings {
  readonly standings: ReadonlyMap<string, Standing>;
  readonly since: Snapshot['since'];
  /** Numbers of open findings, by mirror (`''` stands for the daemon) and kind. */
  readonly findings: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Numbers of items that mirrors withhold, by mirror. */
  readonly withheld: ReadonlyMap<string, number>;
  /** The positions, by mirror, among the mirrors of its upstream in the configuration; 1 is the first. */
  readonly positions: ReadonlyMap<string, number>;
  /** The ranks, by mirror: of the mirror in use and of those that advice may name; 1 is best. */
  readonly ranks: ReadonlyMap<string, number>;
  /** The cause of each open mismatch, by the key of the artifact. */
  readonly mismatches: ReadonlyMap<string, MismatchCause>;
  /** The worst lag over all kinds of responses, by the key (`planKeyOf`) of a module or mirror. */
  readonly lags: ReadonlyMap<string, MirrorLag>;
  /** The baselines of canaries by prom-client registry, with the labels of their series. */
  readonly baselines: ReadonlyMap<ShardBoard, readonly (SeriesBaseline & { readonly labels: Labels })[]>;
  /**
   * By mirror: the largest number of consecutive slow samples up to now, over its light targets. A mirror without a
   * baseline has no entry.
   */
  readonly streaks: ReadonlyMap<string, number>;
}

const seriesPerTurn = 1_000;

/**
 * Groups the values of a snapshot by the gauges that show them.
 * @param turn  awaited after every `seriesPerTurn` series
 */
async function sortReadings(snapshot: Snapshot, boards: Boards, turn: () => Promise<void>): Promise<Readings> {
  const findings = new Map<string, Map<string, number>>();
  const mismatches = new Map<string, MismatchCause>();
  const withheld = new Map<string, number>();
  for (const finding of snapshot.findings ?? snapshot.standings.flatMap((one) => one.findings)) {
    const { state, kind, registry, scope } = finding;
    if (state !== 'open') continue;
    if (isDeliberate(finding)) {
      withheld.set(registry ?? '', scope.length);
      continue;
    }
    const kinds = findings.get(registry ?? '') ?? new Map<string, number>();
    findings.set(registry ?? '', kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
    if (kind !== 'mismatch' || registry === null) continue;
    for (const item of scope)
      mismatches.set(planKeyOf.artifact(registry, item.module, item.version), mismatchCauseOf(finding, item));
  }
  const ranks = new Map<string, number>();
  for (const { candidates } of snapshot.ranks) {
    const usable = candidates.filter(({ gate }) => gate === 'ok' || gate === 'current');
    usable.forEach(({ registry }, index) => {
      ranks.set(registry, index + 1);
    });
  }
  const baselines = new Map<ShardBoard, (SeriesBaseline & { readonly labels: Labels })[]>();
  const streaks = new Map<string, number>();
  let sorted = 0;
  for (const baseline of snapshot.baselines) {
    const { target, connection, baselineMs, streak } = baseline;
    sorted += 1;
    if (sorted % seriesPerTurn === 0) await turn();
    if (baselineMs === null || isHeavy(target)) continue;
    streaks.set(target.registry, Math.max(streaks.get(target.registry) ?? 0, streak));
    const home = boards.home(planKeyOf.canary(target, connection));
    if (home === undefined) continue;
    const list = baselines.get(home.board) ?? [];
    list.push({ ...baseline, labels: home.entity.labels });
    baselines.set(home.board, list);
  }
  const standings = new Map(snapshot.standings.map((standing) => [standing.registry, standing]));
  const groups = [...Map.groupBy(snapshot.standings, upstreamKeyOf).values()];
  const positions = new Map(groups.flatMap((group) => group.map(({ registry }, index) => [registry, index + 1])));
  const lags = worstLags(snapshot.lags);
  return {
    standings,
    since: snapshot.since,
    findings,
    withheld,
    positions,
    ranks,
    mismatches,
    lags,
    baselines,
    streaks,
  };
}

/**
 * Returns the worst lag of each module, and of each mirror as a whole. A module may have several kinds of responses. An
 * unknown upper bound is the worst.
 */
function worstLags(all: Iterable<MirrorLag>): ReadonlyMap<string, MirrorLag> {
  const worst = new Map<string, MirrorLag>();
  const most = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? (a ?? b) : Math.max(a, b);
  for (const one of all) {
    const key = one.module === null ? planKeyOf.mirror(one.registry) : planKeyOf.module(one.registry, one.module);
    const known = worst.get(key);
    if (known === undefined) worst.set(key, one);
    else
      worst.set(key, {
        ...one,
        lowerMs: worstLowerOf([known.lowerMs, one.lowerMs]),
        upperMs: known.upperMs === null || one.upperMs === null ? null : Math.max(known.upperMs, one.upperMs),
        records: most(known.records, one.records),
        missing: most(known.missing, one.missing),
      });
  }
  return worst;
}

function fillLag({ board, entity }: Home, lag: MirrorLag | undefined): void {
  if (lag === undefined) return;
  const { ecosystem = '', registry = '', module } = entity.labels;
  const labels = { ecosystem, registry, ...(module === undefined ? {} : { module }) };
  const { mirror_lag_seconds, mirror_sync_lag_seconds, mirror_lag_records, mirror_sync_lag_records } =
    board.instruments;
  const { mirror_missing_versions } = board.instruments;
  const seconds = module === undefined ? mirror_sync_lag_seconds : mirror_lag_seconds;
  if (lag.lowerMs !== null) seconds.set({ ...labels, bound: 'lower' }, lag.lowerMs / 1000);
  if (lag.upperMs !== null) seconds.set({ ...labels, bound: 'upper' }, lag.upperMs / 1000);
  const records = module === undefined ? mirror_sync_lag_records : mirror_lag_records;
  if (lag.records !== null) records.set(labels, lag.records);
  if (lag.missing !== null && module !== undefined) mirror_missing_versions.set(labels, lag.missing);
}

function fillMirror({ board, entity }: Home, readings: Readings): void {
  const { ecosystem = '', upstream = '', registry = '' } = entity.labels;
  const { instruments } = board;
  const rank = readings.ranks.get(registry);
  if (rank !== undefined) instruments.mirror_advice_rank.set({ ecosystem, upstream, registry }, rank);
  const streak = readings.streaks.get(registry);
  if (streak !== undefined) instruments.mirror_probe_rtt_spike_streak.set({ ecosystem, registry }, streak);
  const standing = readings.standings.get(registry);
  if (standing === undefined) return;
  instruments.mirror_position.set({ ecosystem, upstream, registry }, readings.positions.get(registry) ?? 0);
  for (const state of mirrorStates)
    instruments.mirror_state.set({ ecosystem, upstream, registry, state }, state === standing.state ? 1 : 0);
  const sinceMs = readings.since(registry, standing.state);
  if (sinceMs !== null)
    instruments.mirror_state_since_timestamp_seconds.set(
      { ecosystem, upstream, registry, state: standing.state },
      sinceMs / 1000,
    );
  if (standing.state !== 'unknown')
    instruments.mirror_up.set({ ecosystem, upstream, registry }, standing.state === 'down' ? 0 : 1);
  if (standing.state === 'down' && standing.isBack === true)
    instruments.mirror_canary_recovered.set({ ecosystem, upstream, registry }, 1);
  for (const [capability, has] of Object.entries(standing.capabilities ?? {}))
    instruments.mirror_capability.set({ ecosystem, registry, capability }, has ? 1 : 0);
  if (standing.withdrawn !== undefined)
    instruments.mirror_withdrawn_versions.set({ ecosystem, registry }, standing.withdrawn);
  const withheld = readings.withheld.get(registry);
  if (withheld !== undefined) instruments.mirror_withheld_items.set({ ecosystem, registry }, withheld);
  const kinds = readings.findings.get(registry);
  for (const kind of new Set([...mirrorFindingKinds, ...(kinds?.keys() ?? [])]))
    instruments.mirror_findings_open.set({ ecosystem, registry, kind }, kinds?.get(kind) ?? 0);
}

/**
 * Sets the gauges of one prom-client registry. If a value is unknown, its series is absent.
 * @param verified  keys of the artifacts whose content was verified (by a hash or signature) in an ok sample
 */
function fillBoard(board: ShardBoard, homes: Iterable<Home>, readings: Readings, verified: ReadonlySet<string>) {
  const { instruments } = board;
  board.clear(readGauges);
  for (const home of homes) {
    const { kind, key, labels } = home.entity;
    if (kind === 'mirror') fillMirror(home, readings);
    if (kind === 'mirror' || kind === 'module') fillLag(home, readings.lags.get(key));
    if (kind !== 'artifact') continue;
    const wrong = readings.mismatches.get(key);
    const { mirror_integrity_mismatch_active } = instruments;
    if (wrong !== undefined) mirror_integrity_mismatch_active.set({ ...labels, cause: wrong }, 1);
    else if (verified.has(key)) mirror_integrity_mismatch_active.set({ ...labels, cause: 'authority' }, 0);
  }
  for (const { labels, baselineMs, thresholdMs } of readings.baselines.get(board) ?? []) {
    if (baselineMs !== null) instruments.mirror_probe_rtt_baseline_seconds.set(labels, baselineMs / 1000);
    if (thresholdMs !== null) instruments.mirror_probe_rtt_threshold_seconds.set(labels, thresholdMs / 1000);
  }
}

function fillProcess(
  { instruments }: MetricRegistry<DaemonMetric>,
  { memory = {}, cpu, descriptors = {} }: Snapshot,
): void {
  if (memory.resident !== undefined) instruments.process_resident_memory_bytes.set(memory.resident);
  if (memory.virtual !== undefined) instruments.process_virtual_memory_bytes.set(memory.virtual);
  if (memory.heap !== undefined) instruments.process_heap_bytes.set(memory.heap);
  if (descriptors.open !== undefined) instruments.process_open_fds.set(descriptors.open);
  if (descriptors.max !== undefined) instruments.process_max_fds.set(descriptors.max);
  const { process_cpu_user_seconds_total: user, process_cpu_system_seconds_total: system } = instruments;
  for (const [counter, seconds] of [
    [user, cpu.user],
    [system, cpu.system],
    [instruments.process_cpu_seconds_total, cpu.user + cpu.system],
  ] as const) {
    // The operating system counts this value, so the counter is set to the system's count.
    counter.reset();
    counter.inc(seconds);
  }
}

/** Sets the metrics of the daemon's own prom-client registry that come from a snapshot. */
function fillDaemon(board: MetricRegistry<DaemonMetric>, snapshot: Snapshot, readings: Readings): void {
  const { instruments } = board;
  board.clear(readGauges);
  const { suspect, controls } = snapshot.vantage;
  if (suspect !== null) instruments.mirror_vantage_suspect.set(suspect ? 1 : 0);
  for (const { name, up } of controls)
    if (up !== null) instruments.mirror_control_up.set({ control: name }, up ? 1 : 0);
  for (const advice of snapshot.advice) {
    const { ecosystem, upstream, from, to, cause, issuedAtMs, settledAtMs } = advice;
    const move = { ecosystem, upstream, from, to, cause };
    if (advice.state === 'proposed' && advice.phase === 'active') instruments.mirror_advice_active.set(move, 1);
    const state = advice.phase === 'over' && advice.newClients === 'usual' ? 'over' : advice.state;
    if (state === 'proposed' || state === 'accepted' || state === 'over')
      instruments.mirror_advice_since_timestamp_seconds.set({ ...move, state }, (settledAtMs ?? issuedAtMs) / 1000);
    if (state !== 'proposed') continue;
    // The other lines can have private names: GOPRIVATE.
    const line = advice.remedy['env']?.split('\n')[0] ?? advice.chain.after;
    instruments.mirror_advice_line_info.set({ ecosystem, upstream, line }, 1);
  }
  for (const kind of snapshot.findings === undefined ? [] : ownFindingKinds)
    instruments.mirror_findings_open.set({ kind }, readings.findings.get('')?.get(kind) ?? 0);
  instruments.mirrorwatch_clock_timestamp_seconds.set(snapshot.nowMs / 1000);
  instruments.process_start_time_seconds.set(snapshot.startedAtMs / 1000);
  instruments.mirrorwatch_config_last_reload_success_timestamp_seconds.set(snapshot.reloadedAtMs / 1000);
  instruments.mirrorwatch_config_last_reload_successful.set(snapshot.reloadOk ? 1 : 0);
  instruments.mirrorwatch_probes_in_flight.set(snapshot.inFlight);
  fillProcess(board, snapshot);
  instruments.mirrorwatch_state_writable.set(snapshot.stateWritable ? 1 : 0);
  if (snapshot.actionsStopped !== undefined)
    instruments.mirrorwatch_actions_stopped.set(snapshot.actionsStopped ? 1 : 0);
  // The store counts these values, so the counters are set to them.
  instruments.mirrorwatch_state_set_aside_total.reset();
  instruments.mirrorwatch_state_set_aside_total.inc({ what: 'file' }, snapshot.stateSetAside);
  instruments.mirrorwatch_state_set_aside_total.inc({ what: 'row' }, snapshot.stateRowsAside);
  for (const { receiver, length, oldestSeconds } of snapshot.queues) {
    instruments.mirrorwatch_webhook_queue_length.set({ receiver }, length);
    if (oldestSeconds === null) continue;
    const queuedAtMs = Math.round(snapshot.nowMs - oldestSeconds * 1000);
    instruments.mirrorwatch_webhook_oldest_timestamp_seconds.set({ receiver }, queuedAtMs / 1000);
    instruments.mirrorwatch_webhook_oldest_seconds.set({ receiver }, oldestSeconds);
  }
}
