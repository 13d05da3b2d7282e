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
  /** Responses and failures of each mirror since `patternSinceMs`. */
  pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>;
  patternSinceMs: number;
  /** True if our own network loses packets, as of the last moment. */
  isLoss: boolean;
  /** The upstream whose round detects the end. */
  readonly roundKey: string;
}

/** A sample that is not settled yet; its mirror's doubt and its moment determine what it waits for. */
export interface Held {
  readonly sample: Sample;
  /** Monotonic milliseconds. */
  readonly sinceMs: number;
  /** True if the sample hit the short deadline of a confirming probe without a doubt of its target: it is no failure. */
  readonly isShort: boolean;
}

/** The state of confirmation: see `confirm/`. */
class Confirm {
  readonly rounds = new Map<string, Round>();
  readonly suspicions = new Map<string, Suspicion>();
  held: Held[] = [];
  /** What kinds have requested of each mirror, in order, until `sendRequests` carries it out. */
  readonly requests: { readonly mirror: MirrorMemory; readonly request: Request }[] = [];
  budget: Budget = startBudget;
  /** When a heavy question was last probed out of plan, monotonic milliseconds, by upstream and question. */
  readonly heavyLooks = new Map<string, number>();
}

/** Additional state of the open findings: see `engine/say.ts`. Monotonic milliseconds, but `stampMs`. */
export interface FindingLog {
  /** Start of the time that a finding's confidence rests on. */
  readonly openSince: Map<string, number>;
  /** The last written state of each open finding: its evidence, the row's stamp, and the time of the write. */
  readonly writtenFindings: Map<
    string,
    { readonly evidence: Finding['evidence']; readonly stampMs: number; readonly atMs: number }
  >;
  findingsWrittenAtMs: number;
}

/** Series whose rows have changed: see `rows.ts`. */
class RowsDue {
  /** Written in their turn, by `writeDirty`. */
  readonly dirty = new Set<SeriesMemory>();
  /** Written with this turn. */
  readonly urgent = new Set<SeriesMemory>();
  /** When due rows were last searched, monotonic milliseconds; `null`: not yet. */
  lookedForRowsAtMs: number | null = null;
}

/** The state of this process and its vantage. */
export interface Us {
  readonly rules: readonly OwnRule[];
  /** The state of each kind about this daemon, by its name. */
  readonly states: Map<string, unknown>;
  /** The last intervals in which the process was suspended. */
  asleep: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** True once every canary was probed: before that, the vantage is not judged. */
  passEnded: boolean;
}

/** The whole state of detect: plain data, changed in place, by detect only. */
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
  /** Wall times of earlier successes, by `seenKeyOf`. */
  readonly seen: Map<string, number>;
  /** Contents of mutable responses, by `Subject.key`. */
  readonly subjects: Map<string, Subject>;
  readonly us: Us;
  now: Now;
  /** The output of the current call. */
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
