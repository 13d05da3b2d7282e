import { createApi } from '../api/app.ts';
import type { Ready, ReloadOutcome, ReloadTrouble } from '../api/deps.ts';
import { listChangedKeys } from '../config/changed-keys.ts';
import { formatIssues, issuesForPrograms } from '../config/format-issues.ts';
import type { Config, ConfigIssue } from '../core/config.ts';
import { assertLimits, limits } from '../core/limits.ts';
import type { Target } from '../core/mirror.ts';
import type { Now, Row } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import { overTurns } from '../core/slices.ts';
import { countOpenDescriptors, measureCpuSeconds, measureMemory } from '../io/machine.ts';
import { openOwnerSocket } from '../io/owner-socket.ts';
import { type Listening, listen } from '../io/server.ts';
import { nextTurn } from '../io/timers.ts';
import { isUpstreamOwner, ownedBy } from '../schedule/shard.ts';
import { expandTargetsInSlices } from '../schedule/targets.ts';
import { assembleApiDeps } from './api-deps.ts';
import { causeTextOf } from './asker.ts';
import { assemble, type DaemonPorts, declaredBy, dueSeriesOf, pausesIn, type Stages, settingsOf } from './assemble.ts';
import { ClientRuns } from './client-runs.ts';
import type { Absorb } from './news.ts';
import { closeWithin } from './once.ts';
import { Pipeline } from './pipeline.ts';

const housekeepingMs = 10 * 60_000;
const dayMs = 24 * 3_600_000;
/** How long rows of trends are kept: the longest range of a trend, a week, plus a day. */
const trendKeepMs = 8 * dayMs;

export interface Daemon {
  readonly url: string;
  /**
   * Replaces the configuration. A refused configuration is a result, no rejection. The promise rejects only on a defect
   * of mirrorwatch, which is logged; the daemon continues to run.
   */
  reload(): Promise<ReloadOutcome>;
  /** Settles after the next turn of the main loop. */
  nextTurn(): Promise<void>;
  /**
   * Stops the daemon: waits for running probes, deliveries and actions, at most `limits.drainMs`, then writes the state
   * and closes everything. A second call returns the promise of the first call.
   */
  stop(): Promise<void>;
}

type ReadAgain = Result<Config, readonly ConfigIssue[]>;

export type Reread = () => ReadAgain | Promise<ReadAgain>;

/**
 * Starts a daemon.
 * @returns the running daemon, or the error code if the listener cannot be opened; the caller must then close the state
 * file
 */
export async function startDaemon(
  config: Config,
  ports: DaemonPorts,
  reread: Reread,
): Promise<Result<Daemon, { code: string }>> {
  assertLimits();
  const life = new Life(config, ports, reread);
  const api = life.api();
  const listening = await listen(api, config.listen);
  if (listening.tag === 'error') {
    await life.stages.workers.close();
    return error(listening.error);
  }
  const forOwner = ports.statePath === undefined ? null : await openOwnerSocket(api, ports.statePath);
  if (forOwner?.tag === 'error') ports.log.warn('no socket beside the state file: clients use TCP', forOwner.error);
  const listeners = [listening.value, ...(forOwner?.tag === 'ok' ? [forOwner.value] : [])];
  await life.begin();
  let stopping: Promise<void> | null = null;
  return ok({
    url: urlOf(life.stages.config, listening.value),
    reload: life.reload,
    nextTurn: life.nextTurn,
    stop() {
      stopping ??= life.end(listeners);
      return stopping;
    },
  });
}

class Life {
  readonly stages: Stages;
  readonly #ports: DaemonPorts;
  readonly #reread: Reread;
  readonly #pipeline: Pipeline;
  readonly #clientRuns: ClientRuns;
  readonly #startedAtMs: number;
  #isUp = false;
  #isDraining = false;
  #reloadTrouble: ReloadTrouble | null = null;
  #reloadedAtMs: number;
  #keeper: { cancel(): void } | null = null;

  constructor(config: Config, ports: DaemonPorts, reread: Reread) {
    this.#ports = ports;
    this.#reread = reread;
    this.stages = assemble(config, ports);
    this.#pipeline = new Pipeline(this.stages);
    this.#clientRuns = new ClientRuns(this.stages, this.#pipeline);
    this.#startedAtMs = ports.clock.wallMs();
    this.#reloadedAtMs = this.#startedAtMs;
    this.stages.exporter.snapshot(() => this.#snapshot());
  }

  api(): ReturnType<typeof createApi> {
    const { version } = this.#ports;
    const startedAtMs = this.#startedAtMs;
    const ready = (): Ready => this.#ready();
    return createApi(
      assembleApiDeps(this.stages, this.#pipeline, this.#clientRuns, {
        version,
        startedAtMs,
        ready,
        reload: this.reload,
        reloadTrouble: () => this.#reloadTrouble,
      }),
    );
  }

  async begin(): Promise<void> {
    await this.#pipeline.knowledge.configure();
    this.#pipeline.start();
    this.#clientRuns.arrange();
    this.#isUp = true;
    this.#keepLater();
  }

  /** Reloads run one after the other. A reload rejects only on a defect of mirrorwatch, which is logged. */
  readonly reload = serial(async () => {
    try {
      return await this.#reload();
    } catch (cause) {
      this.#failReload((say) => [say('store.defect')]);
      this.#ports.log.error('defect in a reload', { cause: causeTextOf(cause) });
      throw cause;
    }
  });

  readonly nextTurn = (): Promise<void> => this.#pipeline.command(() => undefined);

  async end(listeners: readonly Pick<Listening, 'close'>[]): Promise<void> {
    const { timers } = this.#ports;
    this.#isDraining = true;
    this.#keeper?.cancel();
    await Promise.all([this.#pipeline.drain(), closeWithin({ close: () => this.#clientRuns.stop() }, timers)]);
    // Running probes end as unknown('shutdown'). The last turn of the loop still records them.
    await Promise.all([closeWithin(this.stages.workers, timers), closeWithin(this.#pipeline.actions, timers)]);
    this.#pipeline.end();
    await Promise.all(listeners.map((one) => one.close(limits.closeMs)));
    this.stages.store.close();
  }

  #ready(): Ready {
    if (this.#isDraining) return { ready: false, because: 'draining' };
    return this.#isUp ? { ready: true, because: 'up' } : { ready: false, because: 'starting' };
  }

  #snapshot(): ReturnType<SnapshotRead> {
    const { stages } = this;
    const { clock, descriptors = null } = this.#ports;
    return {
      // Only mirrors of upstreams that this shard owns are reported, because two shards could report different states
      // of one mirror.
      standings: stages.detector.standings().filter((standing) => isUpstreamOwner(stages.config, standing)),
      vantage: stages.detector.vantage(),
      findings: stages.detector.findings(),
      baselines: stages.detector.baselines(),
      lags: stages.detector.lags(),
      advice: stages.advisor.list(),
      ranks: stages.advisor
        .verdicts()
        .map(({ ecosystem, upstream, mirrors }) => ({ ecosystem, upstream, candidates: mirrors })),
      queues: stages.notifier.queues(clock.now()),
      nowMs: clock.wallMs(),
      since: (registry, state) => stages.book.of(registry, state),
      inFlight: stages.workers.inFlight(),
      memory: measureMemory(),
      cpu: measureCpuSeconds(),
      descriptors: descriptorsNow(descriptors),
      startedAtMs: this.#startedAtMs,
      reloadedAtMs: this.#reloadedAtMs,
      reloadOk: this.#reloadTrouble === null,
      ...(stages.config.onAdvice === undefined ? {} : { actionsStopped: this.#pipeline.actions.isStopped() }),
      stateWritable: stages.store.writable() && this.#pipeline.publisher.stateTrouble() === null,
      stateSetAside: stages.store.setAside?.() ?? 0,
      stateRowsAside: stages.store.rowsAside?.() ?? 0,
    };
  }

  async #reload(): Promise<ReloadOutcome> {
    const { log, clock } = this.#ports;
    const read = await this.#reread();
    if (read.tag === 'error') {
      const { path } = this.stages.config;
      this.#failReload((say) => formatIssues(read.error, path, say).split('\n'));
      const issues = issuesForPrograms(read.error);
      // A line each, as at the start, because a terminal shows a list as one long line.
      for (const issue of issues) log.error('configuration', { ...issue });
      log.error('reload refused, the old configuration is kept', { issues: issues.length });
      return { tag: 'invalid', issues };
    }
    const { keys, needsRestart } = listChangedKeys(this.stages.config, read.value);
    if (needsRestart.length > 0) {
      this.#failReload((say) => [say('trouble.restart', { keys: needsRestart.join(say('list.comma')) })]);
      log.error('reload refused: these keys need a restart', { keys: needsRestart });
      return { tag: 'needs_restart', keys: needsRestart };
    }
    await this.#replace(read.value);
    this.#reloadTrouble = null;
    this.#reloadedAtMs = clock.wallMs();
    this.#pipeline.events.emit('reload', clock.wallMs(), { changed: keys });
    log.info('configuration reloaded', { changed: keys });
    return { tag: 'reloaded', changed: keys };
  }

  #failReload(reasons: ReloadTrouble['reasons']): void {
    this.#reloadTrouble = { sinceMs: this.#reloadTrouble?.sinceMs ?? this.#ports.clock.wallMs(), reasons };
  }

  /**
   * Prepares the new configuration in small steps while the old one is in force. Therefore the turn of the main loop
   * that replaces the configuration is short.
   */
  async #replace(next: Config): Promise<void> {
    const { stages } = this;
    const targets = await overTurns(expandTargetsInSlices(next, stages.registry), nextTurn);
    const series = dueSeriesOf(next, targets);
    await stages.exporter.prepare(next, targets);
    await overTurns(stages.scheduler.preparing(next, targets), nextTurn);
    await overTurns(stages.board.preparing(series), nextTurn);
    await this.#pipeline.command((now, absorb) => replaceStages(stages, { next, targets, series }, now, absorb));
    await nextTurn();
    this.#clientRuns.arrange();
    await stages.exporter.sweep();
    await nextTurn();
    await this.#pipeline.knowledge.configure();
  }

  #keepLater(): void {
    this.#keeper = this.#ports.timers.after(housekeepingMs, () => {
      dropOldRows(this.stages, this.#ports.clock.wallMs());
      this.#keepLater();
    });
  }
}

type SnapshotRead = Parameters<Stages['exporter']['snapshot']>[0];

function replaceStages(
  stages: Stages,
  {
    next,
    targets,
    series,
  }: {
    readonly next: Config;
    readonly targets: Target[];
    readonly series: ReturnType<typeof dueSeriesOf>;
  },
  now: Now,
  absorb: Absorb,
): void {
  const before = new Set(stages.config.mirrors.map(({ name }) => name));
  stages.config = next;
  stages.targets = targets;
  stages.scheduler.replace(next, targets, now);
  stages.board.replace(series);
  stages.lastOk.replace(next, targets);
  stages.trends.replace(next);
  stages.exporter.reconfigure(next, targets);
  stages.responses.judgedBy(settingsOf(next));
  absorb.detect(stages.detector.reconfigure(next, targets, now));
  // If an earlier reload removed a mirror and this reload adds it again, its pause applies again until it ends.
  for (const [registry, pause] of pausesIn(stages, now)) {
    if (before.has(registry)) continue;
    stages.scheduler.pause(registry, pause.untilMs);
    absorb.detect(stages.detector.pause(registry, pause, now));
  }
  absorb.advise(stages.advisor.reconfigure(ownedBy(next), declaredBy(next), now));
  absorb.notify(stages.notifier.reconfigure(next, now));
}

function dropOldRows({ store, ledger, cited, config }: Stages, nowMs: number): void {
  const beforeMs = nowMs - config.state.keepMs;
  for (const table of ['probe', 'cited', 'answer', 'verdict', 'aside'] as const) store.expire(table, beforeMs);
  store.trim('answer', limits.responseRows);
  store.trim('probe', limits.probeRows);
  store.trim('cited', limits.citedRows);
  store.trim('verdict', limits.verdictRows);
  store.trim('aside', limits.asideRows);
  // Deletes rows of removed mirrors and versions. Rows that are still in use are newer.
  store.expire('trend', nowMs - trendKeepMs);
  store.expire('seen', beforeMs - dayMs);
  // Findings and advice expire only once they are over, however old they are.
  const isOld = (row: Row): boolean => row.atMs < beforeMs && isOver(row.value) && !cited.holds(row.key);
  for (const table of ['finding', 'advice'] as const) ledger.add([], store.all(table).filter(isOld));
}

function descriptorsNow(max: number | null): { open?: number; max?: number } {
  const open = countOpenDescriptors();
  return { ...(open === null ? {} : { open }), ...(max === null ? {} : { max }) };
}

function isOver(value: unknown): boolean {
  const state = (value as { readonly state?: string }).state;
  return state !== 'open' && state !== 'proposed' && state !== 'accepted' && state !== 'refused';
}

function serial(act: () => Promise<ReloadOutcome>): () => Promise<ReloadOutcome> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const mine = last.then(act, act);
    last = mine.catch(() => undefined);
    return mine;
  };
}

function urlOf(config: Config, listening: Listening): string {
  const { host, tls } = config.listen;
  const shown = host.includes(':') ? `[${host}]` : host;
  return `${tls === null ? 'http' : 'https'}://${shown}:${listening.port}/`;
}
