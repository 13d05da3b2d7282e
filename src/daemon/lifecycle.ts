import { createApi } from '../api/app.ts';
import type { Ready, ReloadOutcome } from '../api/deps.ts';
import { listChangedKeys } from '../config/changed-keys.ts';
import { issuesForPrograms } from '../config/format-issues.ts';
import type { Config, ConfigIssue } from '../core/config.ts';
import { assertLimits, limits } from '../core/limits.ts';
import { upstreamsOf } from '../core/mirror.ts';
import { error, ok, type Result } from '../core/result.ts';
import { overTurns } from '../core/slices.ts';
import { countOpenDescriptors, measureCpuSeconds, measureMemory } from '../io/machine.ts';
import { type Listening, listen } from '../io/server.ts';
import { nextTurn } from '../io/timers.ts';
import { isUpstreamOwner, ownedBy } from '../schedule/shard.ts';
import { expandTargetsInSlices } from '../schedule/targets.ts';
import { assembleApiDeps } from './api-deps.ts';
import { causeTextOf } from './asker.ts';
import { assemble, type DaemonPorts, declaredBy, pausesIn, seriesOf, settingsOf } from './assemble.ts';
import { createClientRuns } from './client-runs.ts';
import { closeWithin } from './once.ts';
import { createPipeline } from './pipeline.ts';

const housekeepingMs = 10 * 60_000;
const dayMs = 24 * 3_600_000;
/** How long rows of trends are kept: the longest range of a trend, a week, plus a day. */
const trendKeepMs = 8 * dayMs;

export interface Daemon {
  readonly url: string;
  /** Rejects on a defect, which is logged; the daemon goes on. */
  reload(): Promise<ReloadOutcome>;
  /** Drains within `limits.drainMs`, writes the state and closes everything. Idempotent. */
  stop(): Promise<void>;
}

type ReadAgain = Result<Config, readonly ConfigIssue[]>;

export type Reread = () => ReadAgain | Promise<ReadAgain>;

/** Starts a daemon. @returns the error code if the listener cannot be opened: the caller must close the state file */
export async function startDaemon(
  config: Config,
  ports: DaemonPorts,
  reread: Reread,
): Promise<Result<Daemon, { code: string }>> {
  assertLimits();
  const stages = assemble(config, ports);
  const pipeline = createPipeline(stages);
  const clientRuns = createClientRuns(stages, pipeline);
  const startedAtMs = ports.clock.wallMs();
  const life = { up: false, draining: false, reloadOk: true, reloadedAtMs: startedAtMs };
  stages.exporter.snapshot(() => ({
    // Otherwise two shards could report different states of one mirror.
    standings: stages.detector.standings().filter((standing) => isUpstreamOwner(stages.config, standing)),
    vantage: stages.detector.vantage(),
    findings: stages.detector.findings(),
    baselines: stages.detector.baselines(),
    lags: stages.detector.lags(),
    advice: stages.advisor.list(),
    ranks: upstreamsOf(stages.config.mirrors).map(({ ecosystem, upstream }) => ({
      ecosystem,
      upstream,
      candidates: stages.advisor.rank(ecosystem, upstream),
    })),
    queues: stages.notifier.queues(ports.clock.now()),
    nowMs: ports.clock.wallMs(),
    since: (registry, state) => stages.since.of(registry, state),
    inFlight: stages.workers.inFlight(),
    memory: measureMemory(),
    cpu: measureCpuSeconds(),
    descriptors: descriptorsNow(ports.descriptors ?? null),
    startedAtMs,
    reloadedAtMs: life.reloadedAtMs,
    reloadOk: life.reloadOk,
    ...(stages.config.onAdvice === undefined ? {} : { actionsStopped: pipeline.actions.isStopped() }),
    stateWritable: stages.store.writable() && pipeline.stateTrouble() === null,
    stateSetAside: stages.store.setAside?.() ?? 0,
    stateRowsAside: stages.store.rowsAside?.() ?? 0,
  }));

  async function reload(): Promise<ReloadOutcome> {
    const read = await reread();
    if (read.tag === 'error') {
      life.reloadOk = false;
      const issues = issuesForPrograms(read.error);
      ports.log.error('reload refused, the old configuration is kept', { issues });
      return { tag: 'invalid', issues };
    }
    const { keys, needsRestart } = listChangedKeys(stages.config, read.value);
    if (needsRestart.length > 0) {
      life.reloadOk = false;
      ports.log.error('reload refused: these keys need a restart', { keys: needsRestart });
      return { tag: 'needs_restart', keys: needsRestart };
    }
    const next = read.value;
    // In slices, while the old configuration is in force, so that the turn that replaces it is short.
    const targets = await overTurns(expandTargetsInSlices(next, stages.registry), nextTurn);
    const series = seriesOf(next, targets);
    await stages.exporter.prepare(next, targets);
    await overTurns(stages.scheduler.preparing(next, targets), nextTurn);
    await overTurns(stages.board.preparing(series), nextTurn);
    await pipeline.command((now, absorb) => {
      const before = new Set(stages.config.mirrors.map(({ name }) => name));
      stages.config = next;
      stages.targets = targets;
      stages.scheduler.replace(next, targets, now);
      stages.board.replace(series);
      stages.lastOk.replace(next, targets);
      stages.trends.replace(next);
      stages.exporter.reconfigure(next, targets);
      stages.answers.judgedBy(settingsOf(next));
      absorb.detect(stages.detector.reconfigure(next, targets, now));
      // A mirror that an earlier reload removed may come back during its pause.
      for (const [registry, pause] of pausesIn(stages, now)) {
        if (before.has(registry)) continue;
        stages.scheduler.pause(registry, pause.untilMs);
        absorb.detect(stages.detector.pause(registry, pause, now));
      }
      absorb.advise(stages.advisor.reconfigure(ownedBy(next), declaredBy(next, stages.registry), now));
      absorb.notify(stages.notifier.reconfigure(next, now));
    });
    await nextTurn();
    clientRuns.reconfigured();
    await stages.exporter.sweep();
    await nextTurn();
    await pipeline.reconfigured();
    life.reloadOk = true;
    life.reloadedAtMs = ports.clock.wallMs();
    pipeline.events.emit('reload', ports.clock.wallMs(), { changed: keys });
    ports.log.info('configuration reloaded', { changed: keys });
    return { tag: 'reloaded', changed: keys };
  }

  const reloadInTurn = serial(async () => {
    try {
      return await reload();
    } catch (cause) {
      life.reloadOk = false;
      ports.log.error('defect in a reload', { cause: causeTextOf(cause) });
      throw cause;
    }
  });

  const ready = (): Ready => {
    if (life.draining) return { ready: false, because: 'draining' };
    return life.up ? { ready: true, because: 'up' } : { ready: false, because: 'starting' };
  };
  const app = createApi(
    assembleApiDeps(stages, pipeline, clientRuns, {
      version: ports.version,
      startedAtMs,
      ready,
      reload: reloadInTurn,
    }),
  );
  const listening = await listen(app, config.listen);
  if (listening.tag === 'error') {
    await stages.workers.close();
    return error(listening.error);
  }
  await pipeline.reconfigured();
  pipeline.start();
  clientRuns.start();
  life.up = true;
  let keeper = ports.timers.after(housekeepingMs, keep);
  function keep(): void {
    const beforeMs = ports.clock.wallMs() - stages.config.state.keepMs;
    for (const table of ['probe', 'cited', 'answer', 'aside'] as const) stages.store.expire(table, beforeMs);
    stages.store.trim('answer', limits.answerRows);
    stages.store.trim('probe', limits.probeRows);
    stages.store.trim('cited', limits.citedRows);
    stages.store.trim('aside', limits.asideRows);
    // Rows of removed mirrors and versions; those in use are newer.
    stages.store.expire('trend', ports.clock.wallMs() - trendKeepMs);
    stages.store.expire('seen', beforeMs - dayMs);
    // Findings and advice expire only once they are over, however old they are.
    for (const table of ['finding', 'advice'] as const)
      stages.ledger.add(
        [],
        stages.store
          .all(table)
          .filter((row) => row.atMs < beforeMs && isOver(row.value) && !stages.cited.holds(row.key)),
      );
    keeper = ports.timers.after(housekeepingMs, keep);
  }
  let stopping: Promise<void> | null = null;
  return ok({
    url: urlOf(stages.config, listening.value),
    reload: reloadInTurn,
    stop() {
      stopping ??= (async () => {
        life.draining = true;
        keeper.cancel();
        await Promise.all([pipeline.drain(), closeWithin({ close: clientRuns.stop }, ports.timers)]);
        // Running probes come back as unknown('shutdown') for the last turn.
        await Promise.all([closeWithin(stages.workers, ports.timers), closeWithin(pipeline.actions, ports.timers)]);
        pipeline.end();
        await listening.value.close(limits.closeMs);
        stages.store.close();
      })();
      return stopping;
    },
  });
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
