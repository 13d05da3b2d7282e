import type { Config } from '../core/config.ts';
import type { Finding } from '../core/finding.ts';
import type { Now, Random } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import type { Target } from '../core/target.ts';
import { type Budget, startBudget } from './confirm/budget.ts';
import type { Round } from './confirm/moments.ts';
import type { Subject } from './contents/subject.ts';
import type { FindingRule, OwnRule } from './findings/rule.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { newTurn, type TurnDraft } from './turn.ts';

/** One egress under suspicion. */
export interface Suspicion {
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** How often each mirror answered and failed since `patternSinceMs`. */
  pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>;
  patternSinceMs: number;
  /** The line loses some of everything, as of the last moment. */
  isLoss: boolean;
  /** Upstream whose round watches for the end. */
  readonly roundKey: string;
}

/** A sample that is not settled yet; what it waits for follows from its mirror's doubt and its moment. */
export interface Held {
  readonly sample: Sample;
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
  /** It timed out by a confirming deadline, shorter than its own, while nobody doubted it: no failure of the target. */
  readonly isShort: boolean;
}

/** What waits for answers of mirrors together: see `confirm/`. */
export interface Confirm {
  readonly rounds: Map<string, Round>;
  readonly suspicions: Map<string, Suspicion>;
  held: Held[];
  budget: Budget;
  /** When a heavy question was last asked out of turn, monotonic milliseconds, by upstream and question. */
  readonly heavyLooks: Map<string, number>;
}

/** What is known of the open findings beside them: see `engine/say.ts`. Monotonic milliseconds, but `stampMs`. */
export interface FindingLog {
  /** When a finding's confidence began to count. */
  readonly openSince: Map<string, number>;
  /** Of each open finding as it was last written: its evidence, the row's stamp, and when. */
  readonly writtenFindings: Map<
    string,
    { readonly evidence: Finding['evidence']; readonly stampMs: number; readonly atMs: number }
  >;
  findingsWrittenAtMs: number;
}

/** Series with news for their row: see `rows.ts`. */
export interface RowsDue {
  /** Written about once a minute. */
  readonly dirty: Set<SeriesMemory>;
  /** Written with this turn. */
  readonly urgent: Set<SeriesMemory>;
  /** When rows that are due were last looked for, monotonic milliseconds; `null`: not yet. */
  lookedForRowsAtMs: number | null;
}

/** What is known of this process and the place it runs in. */
export interface Us {
  readonly rules: readonly OwnRule[];
  /** What each kind about us keeps, by its name. */
  readonly states: Map<string, unknown>;
  /** Intervals in which the process was not running, the last few. */
  asleep: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Every canary has been asked once: before, nothing is said of the vantage. */
  passEnded: boolean;
}

/** The whole state of detect: plain data, changed in place by this stage alone. */
export interface Memory {
  config: Config;
  readonly rules: readonly FindingRule[];
  readonly random: Random;
  readonly mirrors: Map<string, MirrorMemory>;
  readonly targets: Map<string, Target>;
  readonly controls: Map<string, ControlMemory>;
  readonly confirm: Confirm;
  /** Open findings by id, in the order in which they opened. */
  readonly open: Map<string, Finding>;
  readonly findingLog: FindingLog;
  readonly rowsDue: RowsDue;
  /** Wall stamps of what was answered before, by `seenKey`. */
  readonly seen: Map<string, number>;
  /** What mutable answers have said, by `Subject.key`. */
  readonly subjects: Map<string, Subject>;
  readonly us: Us;
  now: Now;
  /** What the call under way hands on. */
  turn: TurnDraft;
}

/** The empty state. */
export function newMemory(
  config: Config,
  { rules, ownRules }: { readonly rules: readonly FindingRule[]; readonly ownRules: readonly OwnRule[] },
  random: Random,
  now: Now,
): Memory {
  return {
    config,
    rules,
    random,
    mirrors: new Map(),
    targets: new Map(),
    controls: new Map(),
    confirm: { rounds: new Map(), suspicions: new Map(), held: [], budget: startBudget, heavyLooks: new Map() },
    open: new Map(),
    findingLog: { openSince: new Map(), writtenFindings: new Map(), findingsWrittenAtMs: now.monotonicMs },
    rowsDue: { dirty: new Set(), urgent: new Set(), lookedForRowsAtMs: null },
    seen: new Map(),
    subjects: new Map(),
    us: {
      rules: ownRules,
      states: new Map(),
      asleep: [],
      passEnded: false,
    },
    now,
    turn: newTurn(),
  };
}
