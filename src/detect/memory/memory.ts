import type { Config } from '../../core/config.ts';
import type { Confidence, Finding } from '../../core/finding.ts';
import { type Without, withoutNone } from '../../core/judge-rules.ts';
import type { Target } from '../../core/mirror.ts';
import type { Now, Random } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { Budget } from './budget.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory, Suspicion } from './mirror-memory.ts';
import type { Round } from './moments.ts';
import { type FindingRule, FindingRules, type OwnRule, type Request } from './rule.ts';
import type { ContentSubject } from './subject.ts';
import { TurnDraft } from './turn.ts';

/** A sample that is not settled yet. */
export interface HeldSample {
  readonly sample: Sample;
  readonly sinceMs: number;
  /**
   * True for a timeout at the short deadline of a confirming probe, if the target is not in doubt (has no unconfirmed
   * failure). Such a timeout is no failure.
   */
  readonly isShort: boolean;
}

/** The unplanned probes, and the samples that wait for their results. */
class Confirm {
  readonly rounds = new Map<string, Round>();
  readonly suspicions = new Map<string, Suspicion>();
  held: HeldSample[] = [];
  readonly requests: { readonly mirror: MirrorMemory; readonly request: Request }[] = [];
  readonly budget = new Budget();
  /**
   * When each heavy target (artifact download) was last probed by `requestHeavy`, by upstream and target, monotonic
   * milliseconds. Orders with an interval above `limits.heavyRecheckMs` are not recorded.
   */
  readonly heavyRechecks = new Map<string, number>();
}

/** What is recorded about the open findings, by id. Times are monotonic milliseconds, except `stampMs` (wall). */
class FindingLog {
  readonly openSince = new Map<string, number>();
  /** The confidence that advice has reached, by kind and mirror of the finding that is its cause. */
  assured: ReadonlyMap<string, Confidence> = new Map();
  readonly written = new Map<string, { evidence: Finding['evidence']; stampMs: number; atMs: number }>();
}

class RowsDue {
  readonly dirty = new Set<SeriesMemory>();
  /** The series whose rows are written in this turn of the main loop. */
  readonly urgent = new Set<SeriesMemory>();
  searchedRowsAtMs: number | null = null;
}

/** What is known about this process. */
class Us {
  /** The states of the rules, by rule name. */
  readonly states = new Map<string, unknown>();
  /** When the process was suspended, monotonic milliseconds. */
  asleep: readonly { readonly fromMs: number; readonly toMs: number }[] = [];
  /** Since when the configuration applies, wall milliseconds. */
  configuredMs = 0;
  /** True once each canary that may be probed was probed at least once since the daemon started. */
  passEnded = false;
}

export class Memory {
  config: Config;
  without: Without = withoutNone;
  readonly random: Random;
  now: Now;
  readonly rules: FindingRules;
  readonly ownRules: readonly OwnRule[];
  readonly us = new Us();
  readonly findingLog = new FindingLog();
  readonly rowsDue = new RowsDue();
  /** When the process started, and when open findings were last written again because of their age. */
  readonly startedMs: number;
  rewrittenMs: number;
  readonly mirrors = new Map<string, MirrorMemory>();
  readonly targets = new Map<string, Target>();
  readonly controls = new Map<string, ControlMemory>();
  readonly confirm = new Confirm();
  /** The open findings, by id. */
  readonly open = new Map<string, Finding>();
  /** By item (`seenKeyOf`): a wall time at which the mirror served the item. The time is renewed about once a day. */
  readonly seen = new Map<string, number>();
  /**
   * What each mirror's last responses contained (versions, tags, serials, dates), by subject (a module, a tag or a
   * whole mirror). The key is `ContentSubject.key`.
   */
  readonly subjects = new Map<string, ContentSubject>();
  turn = new TurnDraft();

  constructor(
    { config, random, now }: Pick<Memory, 'config' | 'random' | 'now'>,
    rules: readonly FindingRule[],
    ownRules: readonly OwnRule[],
  ) {
    this.config = config;
    this.random = random;
    this.now = now;
    this.rules = new FindingRules(rules);
    this.ownRules = ownRules;
    this.startedMs = this.rewrittenMs = now.monotonicMs;
  }
}
