import type { Config } from '../core/config.ts';
import type { Finding } from '../core/finding.ts';
import type { Target } from '../core/mirror.ts';
import type { Now, Random } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import { type Budget, startBudget } from './confirm/budget.ts';
import type { Round } from './confirm/moments.ts';
import type { Subject } from './contents/subject.ts';
import type { FindingRule, OwnRule, Request } from './findings/rule.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { TurnDraft } from './turn.ts';

/** One egress under suspicion. Monotonic milliseconds, but `sinceWallMs`. */
export interface Suspicion {
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** Since `patternSinceMs`. */
  pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>;
  patternSinceMs: number;
  /** Our own network loses packets. */
  isLoss: boolean;
  /** The upstream whose round detects the end. */
  readonly roundKey: string;
}

/** A sample that is not settled yet. */
export interface Held {
  readonly sample: Sample;
  readonly sinceMs: number;
  /** A timeout at the short deadline of a confirming probe, without a doubt of the target: no failure. */
  readonly isShort: boolean;
}

class Confirm {
  readonly rounds = new Map<string, Round>();
  readonly suspicions = new Map<string, Suspicion>();
  held: Held[] = [];
  /** What kinds have requested, until `sendRequests`. */
  readonly requests: { readonly mirror: MirrorMemory; readonly request: Request }[] = [];
  budget: Budget = startBudget;
  /** The last probe of a heavy question out of plan, monotonic milliseconds, by upstream and question. */
  readonly heavyLooks = new Map<string, number>();
}

/** More of the open findings. Monotonic milliseconds, but `stampMs`. */
export interface FindingLog {
  /** From when a finding's confidence counts. */
  readonly openSince: Map<string, number>;
  /** The last write of each open finding. */
  readonly writtenFindings: Map<
    string,
    { readonly evidence: Finding['evidence']; readonly stampMs: number; readonly atMs: number }
  >;
  findingsWrittenAtMs: number;
}

/** Series whose rows have changed. */
class RowsDue {
  /** Written in their turn, by `writeDirty`. */
  readonly dirty = new Set<SeriesMemory>();
  /** Written with this turn. */
  readonly urgent = new Set<SeriesMemory>();
  /** When due rows were last searched, monotonic milliseconds; `null`: not yet. */
  lookedForRowsAtMs: number | null = null;
}

export interface Us {
  readonly rules: readonly OwnRule[];
  /** By the kind's name. */
  readonly states: Map<string, unknown>;
  /** When the process was suspended. */
  asleep: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Every canary was probed: before that, the vantage is not judged. */
  passEnded: boolean;
}

/** The whole state of detect, changed in place by detect only. */
export interface Memory {
  config: Config;
  readonly rules: readonly FindingRule[];
  readonly random: Random;
  readonly mirrors: Map<string, MirrorMemory>;
  readonly targets: Map<string, Target>;
  readonly controls: Map<string, ControlMemory>;
  readonly confirm: Confirm;
  /** By id, in the order in which they opened. */
  readonly open: Map<string, Finding>;
  readonly findingLog: FindingLog;
  readonly rowsDue: RowsDue;
  /** Wall times of earlier successes, by `seenKeyOf`. */
  readonly seen: Map<string, number>;
  /** By `Subject.key`. */
  readonly subjects: Map<string, Subject>;
  readonly us: Us;
  now: Now;
  turn: TurnDraft;
}

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
    confirm: new Confirm(),
    open: new Map(),
    findingLog: { openSince: new Map(), writtenFindings: new Map(), findingsWrittenAtMs: now.monotonicMs },
    rowsDue: new RowsDue(),
    seen: new Map(),
    subjects: new Map(),
    us: { rules: ownRules, states: new Map(), asleep: [], passEnded: false },
    now,
    turn: new TurnDraft(),
  };
}
