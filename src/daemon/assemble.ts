import { createAdvisor } from '../advise/advisor.ts';
import { createEvidenceBook } from '../advise/evidence.ts';
import { declaredChainOf } from '../config/chain.ts';
import type { Actor } from '../core/action.ts';
import type { ClientRunner } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
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
import { createDetector } from '../detect/detector.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';
import { secondsBuckets } from '../export/catalog/values.ts';
import { createExporter } from '../export/exporter.ts';
import { nextTurn } from '../io/timers.ts';
import { createNotifier } from '../notify/notifier.ts';
import { createScheduler } from '../schedule/scheduler.ts';
import { ownedBy } from '../schedule/shard.ts';
import { expandTargets } from '../schedule/targets.ts';
import { createAnswers } from '../state/answers.ts';
import { createBoard, type SeriesRef } from '../state/board.ts';
import { createCited } from '../state/cited.ts';
import { createLastOk, createSince } from '../state/last-ok.ts';
import { createLedger } from '../state/ledger.ts';
import { createTrends } from '../state/trend.ts';
import { buildWorkerBook, nothingLearnt } from './book.ts';
import { lifeOf, settingsOf } from './history.ts';
import { findProbe, foundInForce } from './probes.ts';
import type { Stages } from './stages.ts';

const waitingRowsMax = 20_000;

/** The ports that a daemon runs on; tests hand in manual clocks, seeded randomness and workers without threads. */
export interface DaemonPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly calendar: Calendar;
  readonly log: Log;
  readonly store: Store;
  readonly post: Post;
  /** Absent: no real client ever runs. */
  readonly clients?: ClientRunner;
  /** Absent: no action ever runs. */
  readonly actor?: Actor;
  /** Creates the workers from their book. */
  workers(book: WorkerBook): Workers;
  readonly version: string;
  readonly node: string;
  /** The known ecosystems; absent: those of this release. */
  readonly registry?: Registry;
}

/** Creates every stage from a configuration and the state file. Starts nothing. */
export function assemble(config: Config, ports: DaemonPorts): Stages {
  const now = ports.clock.now();
  const { store, random, registry = builtIn } = ports;
  const targets = expandTargets(config, registry);
  const restored = (...names: readonly Table[]): Row[] => names.flatMap((name) => store.all(name));
  const detector = createDetector({
    config,
    targets,
    restored: restored('detector', 'finding', 'seen'),
    random,
    now,
  });
  const board = createBoard(secondsBuckets, seriesOf(config, targets));
  const ledger = createLedger(store, waitingRowsMax);
  const advisor = createAdvisor({
    config: ownedBy(config),
    declared: declaredBy(config, registry),
    registry,
    restored: restored('advice', 'chain'),
    random,
    now,
  });
  const lastOk = createLastOk(config, targets, restored('meta'));
  const stages: Stages = {
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
    scheduler: createScheduler({
      config,
      targets,
      seed: config.vantage,
      calendar: ports.calendar,
      random,
      now,
      lastOk: lastOk.all(),
    }),
    detector,
    evidence: createEvidenceBook({ restored: restored('meta'), now }),
    advisor,
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
    cited: createCited({
      store,
      open: detector.findings(),
      inForce: foundInForce({ advisor }),
      find: (probeId) => findProbe({ board, ledger, store }, probeId),
    }),
    lastOk,
    since: createSince(restored('meta'), now),
    trends: createTrends(config, restored('trend')),
    ledger,
    answers: createAnswers({ id: lifeOf(store, now), startedAt: now }, settingsOf(config)),
  };
  restorePauses(stages, now);
  stages.exporter.restored(stages.lastOk.all());
  return stages;
}

/** Each target with each kind of connection that its mirror is probed over. */
export function seriesOf(config: Config, targets: readonly Target[]): readonly SeriesRef[] {
  const connections = new Map(config.mirrors.map((mirror) => [mirror.name, mirror.connections]));
  return targets.flatMap((target) =>
    (connections.get(target.registry) ?? []).map((connection) => ({ target, connection })),
  );
}

/** The declared chain of clients, by upstream. */
export function declaredBy(
  config: Config,
  registry: Registry,
): (ecosystem: Config['mirrors'][number]['ecosystem'], upstream: string) => string {
  return (ecosystem, upstream) => declaredChainOf(config, ecosystem, upstream, registry);
}

function restorePauses(s: Stages, now: Now): void {
  for (const row of s.store.all('pause')) {
    const pause = row.value as { untilMs: number; reason: string };
    if (pause.untilMs <= now.wallMs || !s.config.mirrors.some(({ name }) => name === row.key)) continue;
    s.scheduler.pause(row.key, pause.untilMs);
    s.detector.pause(row.key, pause, now);
  }
}
