import type { Advisor } from '../advise/advisor.ts';
import type { EvidenceBook } from '../advise/evidence.ts';
import type { Actor } from '../core/action.ts';
import type { ClientRunner } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { Target } from '../core/mirror.ts';
import type { Post } from '../core/notice.ts';
import type { Clock, Log, Random, Store, Timers, Workers } from '../core/ports.ts';
import type { Detector } from '../detect/detector.ts';
import type { Registry } from '../ecosystems/registry.ts';
import type { Exporter } from '../export/exporter.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Scheduler } from '../schedule/scheduling.ts';
import type { Answers } from '../state/answers.ts';
import type { Board } from '../state/board.ts';
import type { Cited } from '../state/cited.ts';
import type { LastOk, Since } from '../state/last-ok.ts';
import type { Ledger } from '../state/ledger.ts';
import type { Trends } from '../state/trend.ts';

/** Every stage and port of one running daemon, in the order of the data path. Made by `assemble.ts`. */
export interface Stages {
  config: Config;
  targets: readonly Target[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly scheduler: Scheduler;
  readonly workers: Workers;
  readonly detector: Detector;
  /** Evidence from other systems' alerts. */
  readonly evidence: EvidenceBook;
  readonly advisor: Advisor;
  readonly notifier: Notifier;
  readonly exporter: Exporter;
  readonly board: Board;
  /** Probes that findings cite. */
  readonly cited: Cited;
  readonly lastOk: LastOk;
  readonly since: Since;
  /** The history of each mirror over an hour, a day, a week. */
  readonly trends: Trends;
  /** The known ecosystems. */
  readonly registry: Registry;
  readonly store: Store;
  readonly ledger: Ledger;
  /** The inputs of the judge, kept for a replay. */
  readonly answers: Answers;
  readonly post: Post;
  /** Real clients; `null`: none can run here. */
  readonly clients: ClientRunner | null;
  /** Carries out actions; `null`: there are none. */
  readonly actor: Actor | null;
  /** This release's, for the User-Agent. */
  readonly version: string;
}
