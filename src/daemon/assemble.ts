import { createHash } from 'node:crypto';
import { Advisor } from '../advise/advisor.ts';
import { declaredChainOf } from '../config/chain.ts';
import type { Actor } from '../core/action.ts';
import type { ClientRunner } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import { descriptorBoundsFor } from '../core/descriptors.ts';
import type { Target } from '../core/mirror.ts';
import type { Post } from '../core/notice.ts';
import type {
  Calendar,
  Clock,
  Log,
  Now,
  Random,
  Row,
  Store,
  Table,
  Timers,
  WorkerBook,
  Workers,
} from '../core/ports.ts';
import type { KeptProbe } from '../core/sample.ts';
import { createDetector } from '../detect/detector.ts';
import { readPause } from '../detect/rows.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';
import { secondsBuckets } from '../export/catalog/values.ts';
import { createExporter } from '../export/exporter.ts';
import { nextTurn } from '../io/timers.ts';
import { createNotifier } from '../notify/notifier.ts';
import { createScheduler } from '../schedule/scheduler.ts';
import { ownedBy } from '../schedule/shard.ts';
import { expandTargets } from '../schedule/targets.ts';
import { createResponses } from '../state/answers.ts';
import { ProbeStore, type SeriesRef } from '../state/board.ts';
import { Cited } from '../state/cited.ts';
import { createEvidenceBook } from '../state/evidence.ts';
import { createLastOk } from '../state/last-ok.ts';
import { createLedger, type LedgerStore } from '../state/ledger.ts';
import { createTrends } from '../state/trend.ts';
import { createVerdictBook } from '../state/verdicts.ts';
import { buildWorkerBook, nothingLearnt } from './book.ts';

/**
 * If more rows than this wait after a failed write of the state file, rows of expendable tables are dropped
 * (`createLedger`), because each attempt to write serializes all rows.
 */
const waitingRowsMax = 2_000;

export interface DaemonPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly calendar: Calendar;
  readonly log: Log;
  readonly store: Store;
  readonly post: Post;
  /** If absent, no real client runs. */
  readonly clients?: ClientRunner;
  /** If absent, no action runs. */
  readonly actor?: Actor;
  workers(book: WorkerBook): Workers;
  /** The maximum number of open file descriptors of this process; absent or `null`: unknown. */
  readonly descriptors?: number | null;
  /** The path of the state file, beside which the socket for the daemon's own user is; absent: there is no socket. */
  readonly statePath?: string;
  readonly version: string;
  readonly node: string;
  /** The known ecosystems. If absent, the built-in ones are used. */
  readonly registry?: Registry;
}

/** The stages (scheduler, detector, advisor …) and ports of one daemon. A reload replaces `config` and `targets`. */
export type Stages = ReturnType<typeof assemble>;

/** Creates every stage from a configuration and the state file; the loop is not started. */
export function assemble(config: Config, ports: DaemonPorts) {
  const now = ports.clock.now();
  const { store, random, registry = builtIn } = ports;
  const targets = expandTargets(config, registry);
  const restored = (...names: readonly Table[]): Row[] => names.flatMap((name) => store.all(name));
  const lastOk = createLastOk(config, targets, restored('meta'));
  const judging = judgingOf(config, ports, { targets, restored, lastOk: lastOk.all(), now });
  const { detector, advisor } = judging;
  const board = new ProbeStore(secondsBuckets, dueSeriesOf(config, targets));
  const ledger = createLedger(store, waitingRowsMax);
  const stages = {
    config,
    targets,
    clock: ports.clock,
    timers: ports.timers,
    random,
    log: ports.log,
    registry,
    store,
    post: ports.post,
    clients: ports.clients ?? null,
    actor: ports.actor ?? null,
    version: ports.version,
    workers: ports.workers(buildWorkerBook({ config, learnt: nothingLearnt, version: ports.version, registry })),
    ...judging,
    notifier: createNotifier({
      config,
      restored: restored('outbox', 'meta'),
      open: detector.findings(),
      proposed: advisor.list().filter(({ state }) => state === 'proposed'),
      random,
      now,
      defect: (cause) => ports.log.error('no message could be made of a notice', { cause: String(cause) }),
    }),
    exporter: createExporter({
      config,
      targets,
      version: ports.version,
      node: ports.node,
      turn: nextTurn,
    }),
    board,
    cited: new Cited({
      store,
      open: detector.findings(),
      inForce: foundInForce({ advisor }),
      find: (probeId) => findProbe({ board, ledger, store }, probeId),
    }),
    lastOk,
    book: createVerdictBook(store, now),
    trends: createTrends(config, restored('trend')),
    ledger,
    responses: createResponses({ id: lifeOf(store, now), startedAt: now }, settingsOf(config)),
  };
  for (const [registry, { untilMs }] of pausesIn(stages, now)) stages.scheduler.pause(registry, untilMs);
  stages.exporter.restored(stages.lastOk.all());
  return stages;
}

/** Creates the stages that make decisions, with their stored state. */
function judgingOf(
  config: Config,
  { random, calendar, descriptors = null, registry = builtIn }: DaemonPorts,
  {
    targets,
    restored,
    lastOk,
    now,
  }: {
    readonly targets: readonly Target[];
    readonly restored: (...names: readonly Table[]) => Row[];
    readonly lastOk: ReadonlyMap<string, number>;
    readonly now: Now;
  },
) {
  return {
    scheduler: createScheduler({
      config,
      targets,
      seed: config.vantage,
      calendar,
      random,
      now,
      lastOk,
      probesAtOnce: descriptorBoundsFor(descriptors).exchanges,
    }),
    detector: createDetector({
      config,
      targets,
      restored: restored('detector', 'finding', 'seen', 'pause'),
      random,
      now,
    }),
    evidence: createEvidenceBook({ restored: restored('meta'), now }),
    advisor: new Advisor({
      config: ownedBy(config),
      declared: declaredBy(config),
      registry,
      restored: restored('advice', 'chain'),
      random,
      now,
    }),
  };
}

/** Returns each target with each kind of connection (cold, warm) that its mirror is probed over. */
export function dueSeriesOf(config: Config, targets: readonly Target[]): readonly SeriesRef[] {
  const connections = new Map(config.mirrors.map((mirror) => [mirror.name, mirror.connections]));
  return targets.flatMap((target) =>
    (connections.get(target.registry) ?? []).map((connection) => ({ target, connection })),
  );
}

export function declaredBy(
  config: Config,
): (ecosystem: Config['mirrors'][number]['ecosystem'], upstream: string) => string {
  return (ecosystem, upstream) => declaredChainOf(config, ecosystem, upstream);
}

/** Returns the stored pauses of configured mirrors, without pauses that have ended. */
export function pausesIn({ store, config: { mirrors } }: Pick<Stages, 'store' | 'config'>, now: Now) {
  return store.all('pause').flatMap((row) => {
    const pause = mirrors.some(({ name }) => name === row.key) ? readPause(row, now) : null;
    return pause === null ? [] : [[row.key, pause] as const];
  });
}

/** Returns a probe by its id, from memory or the state file; `null`: no longer stored, or never existed. */
export function findProbe(
  {
    board,
    ledger,
    store,
  }: { readonly board: Pick<ProbeStore, 'probe'>; readonly ledger: LedgerStore; readonly store: Store },
  probeId: string,
): KeptProbe | null {
  const known = board.probe(probeId);
  if (known !== null) return known;
  for (const table of ['probe', 'cited'] as const) {
    const row = ledger.find(table, probeId) ?? store.get(table, probeId);
    if (row !== null) return row.value as KeptProbe;
  }
  return null;
}

/** Returns the ids of the findings that proposed, accepted or refused advice cites. */
export function foundInForce({ advisor }: { readonly advisor: Advisor }): readonly string[] {
  return advisor.list().flatMap(({ evidence }) => evidence.findings);
}

/** An id of this daemon process: its start time, made unique within a millisecond. */
function lifeOf(store: Store, now: Now): string {
  let id = Math.max(0, Math.floor(now.wallMs)).toString(36);
  while (store.get('answer', `${id}-000001`) !== null) id += 'x';
  return id;
}

/**
 * Returns a fingerprint (twelve hex digits) of the settings that affect probing and judging most. Other settings do not
 * change it.
 */
export function settingsOf(config: Config): string {
  const { detect, advise, schedule, steps, controls, modules } = config;
  const mirrors = config.mirrors.map(({ name, upstream, url, role, weight }) => [name, upstream, url, role, weight]);
  const text = JSON.stringify({ detect, advise, schedule, steps, controls, modules, mirrors });
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
