import type { ClientRun } from '../../core/client-run.ts';
import type { Config } from '../../core/config.ts';
import type { Confidence, Finding, FindingKind } from '../../core/finding.ts';
import type { Without } from '../../core/judge-rules.ts';
import type { Target } from '../../core/mirror.ts';
import type { Now, StateTrouble } from '../../core/ports.ts';
import type { Sentence } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import type { Standing } from '../../core/standing.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory, Suspicion } from './mirror-memory.ts';
import type { FindingStatement } from './says.ts';
import type { ContentSubject } from './subject.ts';
import type { Peek, TurnDraft } from './turn.ts';

/** What a rule may read besides its own state. */
export interface RuleView {
  readonly now: Now;
  readonly config: Config;
  /** The rules that are left out. */
  readonly without: Without;
  /** `configuredMs`: since when the configuration applies, wall milliseconds. */
  readonly us: { readonly configuredMs: number };
  readonly mirrors: ReadonlyMap<string, MirrorMemory>;
  readonly targets: ReadonlyMap<string, Target>;
  readonly rules: FindingRules;
  readonly controls: ReadonlyMap<string, ControlMemory>;
  /**
   * What each mirror's last responses contained (versions, tags, serials, dates), by subject (a module, a tag or a
   * whole mirror). The key is `ContentSubject.key`. Only `contents/` changes this map.
   */
  readonly subjects: Map<string, ContentSubject>;
  /** The open findings, by id. */
  readonly open: ReadonlyMap<string, Finding>;
  readonly turn: Pick<TurnDraft, 'regressions' | 'propagations' | 'withdrawals'>;
  /** The items that mirrors have served, also before a restart; as in `Memory`. */
  readonly seen: ReadonlyMap<string, number>;
}

export interface About {
  readonly view: RuleView;
  readonly mirror: MirrorMemory;
}

export interface Reporting extends About {
  /** How certain it is that the mirror, not our network, is the cause; absent: judged by `vantageFor`. */
  readonly vantage?: Finding['vantage'] | undefined;
}

export interface Received extends About {
  readonly sample: Sample;
}

export interface AboutSeries extends About {
  readonly series: SeriesMemory;
}

export interface RuleInput extends Received, AboutSeries {}

export interface Judged extends RuleInput {
  /** The sample with the word of an editable file about its bytes. `sample` is that of `asResponse`. */
  readonly whole: Sample;
  /** True for the first fetch of a pull-through cache, which shows nothing about usual speed. */
  readonly isCold: boolean;
  /** True if the sample used the kind of connection (cold or warm) by which the mirror is judged. */
  readonly isPrimary: boolean;
  /**
   * True for a timeout at the short deadline of a confirming probe, if the target is not in doubt (has no unconfirmed
   * failure). Such a timeout is no failure.
   */
  readonly isShort: boolean;
}

interface Confirmed extends AboutSeries {
  readonly sample: Sample | null;
  readonly vantage: Finding['vantage'];
  /**
   * What confirmed the failure. `moment`: a verdict on concurrent probes of all mirrors. `released`: a suspicion
   * against our network ended. `dead`: other mirrors responded during such a suspicion.
   */
  readonly by: 'moment' | 'released' | 'dead';
}

/** What a rule requests: an unplanned probe, or the start or end of a doubt (an unconfirmed failure). */
export type Request =
  | { readonly kind: 'recheck'; readonly target: Target }
  /** Probe again after the first refused or slow response. */
  | { readonly kind: 'refused' | 'slow'; readonly sample: Sample }
  /** Probe again when the wait of the throttled step ends. */
  | { readonly kind: 'throttled'; readonly target: Target }
  /** Probe a recovering light target for up to `limits.roundMs`, until it works or fails. */
  | { readonly kind: 'back'; readonly target: Target }
  /** Send one probe that is not judged. `FindingRule.peek` receives its result. */
  | { readonly kind: 'peek'; readonly peek: Peek }
  /** Start a doubt (an unconfirmed failure) if `isFailed` and `isDoubtful`; end the doubt if not `isFailed`. */
  | { readonly kind: 'doubt'; readonly sample: Sample; readonly isFailed: boolean; readonly isDoubtful: boolean }
  /** End the doubt (the unconfirmed failure) of a target; `null`: end all doubts of the mirror. */
  | { readonly kind: 'certain'; readonly target: Target | null };

/** Failures with reason `absent` (missing items) of a module whose contents go backwards (to an earlier state). */
export interface Absences {
  readonly module: string | null;
  readonly isOpen: boolean;
}

/** What a rule receives besides its own states. Each rule defines a method for each input to which it reacts. */
export interface RuleInputs {
  /** Each sample of any purpose and outcome, before the other inputs. */
  readonly receive: Received;
  readonly peek: RuleInput;
  /** A sample about the mirror, before it is settled. */
  readonly observe: RuleInput;
  /**
   * A sample that may start or end a doubt (an unconfirmed failure). Not sent while the mirror is paused or in a
   * maintenance window, or its network path is suspect.
   */
  readonly confirm: RuleInput;
  readonly decide: Confirmed;
  /** An ok sample right before it is settled. */
  readonly settle: RuleInput;
  /** A settled sample that is judged. */
  readonly judge: Judged;
  /** The rule's state has changed: the reaction has the statement about it. */
  readonly refresh: Reporting;
  /** Another rule has claimed the failures of a series. The rule undoes what it derived from them. */
  readonly release: AboutSeries;
  /**
   * Our network or machine was not reliable. The rule resets a streak (of failures or slow responses) that has not led
   * to a finding.
   */
  readonly startAnew: AboutSeries;
  /** The canary works again after an outage. */
  readonly back: About;
  /** The rule undoes what it derived from failures with reason `absent` of a module whose contents go backwards. */
  readonly absorb: About & Absences;
  readonly drop: About & { readonly dropped: ReadonlySet<SeriesMemory> };
  /** The configuration has changed. The rule drops what is no longer configured. */
  readonly adopt: About;
  /** The daemon starts, and all rows were read. The rule restores state that depends on several rows. */
  readonly start: About;
  /** Sent at every turn of the main loop. */
  readonly tick: About;
}

/** The reaction of a rule to one input. Absent fields change nothing. */
export interface RuleStep<M, S = unknown> {
  readonly mirror?: M | undefined;
  readonly series?: readonly (readonly [SeriesMemory, S])[];
  /** Series whose failures this rule reports from now on. */
  readonly claims?: readonly SeriesMemory[];
  /**
   * Modules whose failures with reason `absent` belong to this rule's finding. `isOpen`: the finding is reported
   * already.
   */
  readonly absorbs?: readonly Absences[];
  readonly requests?: readonly Request[];
  readonly statement?: FindingStatement;
  /** True: `FindingRule.refresh` is called next. */
  readonly isChange?: boolean;
  readonly vantage?: Finding['vantage'] | undefined;
  readonly isBack?: boolean;
  readonly isDirty?: boolean;
  /** True: the mirror's row is written the next time that rows are written. */
  readonly rowIsDue?: boolean;
  readonly dirty?: SeriesMemory | undefined;
  /** Reactions for other mirrors of the same upstream, applied in this order. */
  readonly others?: readonly (readonly [MirrorMemory, RuleStep<M, S>])[];
  /** True: the rows of `series` are written in this turn of the main loop. */
  readonly isUrgent?: boolean;
}

/** A stored row as read, not validated. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** `of` is a method, so that a rule with its own types of states is a `FindingRule` of any states. */
interface Hook<M, S, Input> {
  of(own: M, input: Input, ofSeries: S): RuleStep<M, S> | null;
}

type Hooks<M, S> = { readonly [I in keyof RuleInputs]?: Hook<M, S, RuleInputs[I]>['of'] };

/**
 * One kind of finding, or one story of a kind (findings with one cause that are counted separately). The rule defines
 * the state, the stored rows, and the reaction to each input.
 * @see docs/decisions/0060-one-file-for-each-kind-of-finding.md
 */
export interface FindingRule<M = unknown, S = unknown> extends Hooks<M, S> {
  /** The unique name of the rule, which is the key of its state. */
  readonly name: string;
  readonly kind: FindingKind;
  /** The cause of this rule's findings, if findings with this cause are counted separately from others of the kind. */
  readonly story?: Finding['cause'];
  readonly none: () => M;
  /** The first state of a series, never changed in place. Absent: a series has no state. */
  readonly noneOfSeries?: S;
  /** True if an acknowledgement ends the findings. */
  readonly endsByAcknowledgement?: boolean;
  /** How gravely the rule degrades a mirror: lower is graver. Absent: the rule never degrades a mirror. */
  readonly gravity?: number;
  /** The name of another rule, whose state this rule reports. Absent: this rule reports its own state. */
  readonly follows?: string;
  /**
   * The last probe of a series that confirms the open finding; `null`: none. `isTimed`: the finding is about duration.
   */
  cites?(
    own: M,
    ofSeries: S,
    series: SeriesMemory,
  ): { readonly probeId: string | undefined; readonly isTimed?: boolean } | null;
  /** A fixed confidence for a finding; `null`: the kind of finding determines it. */
  confidence?(finding: Pick<Finding, 'kind' | 'cause' | 'actionable'>): Confidence | null;
  /**
   * True if the evidence of the test behind the finding is at least twice the bound of that test; absent: always true.
   */
  isSure?(own: M, about: About): boolean;
  /** Called when a finding of this rule, or of a rule that follows it, was acknowledged. */
  acknowledge?(own: M, finding: Finding, about: About): RuleStep<M, S> | null;
  /** Why the mirror is degraded; `null`: this rule does not degrade it. */
  degrades?(own: M, findings: readonly Finding[], mirror: MirrorMemory): Sentence | null;
  /** Resumes a finding that was open when the process ended. `gone`: no restored state supports it, so it is closed. */
  resume?(own: M, finding: Finding, about: About): RuleStep<M, S> | 'gone';
  write?(own: M, mirror: MirrorMemory): StoredRow;
  /** Reads the rule's state from a mirror's row; `null`: the row has none. */
  read?(row: StoredRow, about: About): M | null;
  writeSeries?(ofSeries: S, about: About, series: SeriesMemory): StoredRow;
  /**
   * Reads the state of a series from its row, which was written at `atMs` (wall clock). An `unreadable` row is deleted.
   */
  readSeries?(
    own: M,
    row: StoredRow,
    series: SeriesMemory,
    about: About & { readonly atMs: number },
  ): RuleStep<M, S> | 'unreadable' | null;
  /** What the rule adds to the displayed state of a mirror. */
  shows?(own: M): Partial<Pick<Standing, 'certificate' | 'oneFamily' | 'capabilities' | 'withdrawn' | 'withdrew'>>;
}

/** The rules in their order. */
export class FindingRules {
  readonly all: readonly FindingRule[];
  readonly #having = new Map<keyof FindingRule, readonly FindingRule[]>();

  constructor(all: readonly FindingRule[]) {
    this.all = all;
  }

  /** The rules that define an optional field or method. Each list is made once, because every sample needs several. */
  with(field: keyof FindingRule): readonly FindingRule[] {
    const having = this.#having.get(field) ?? this.all.filter((rule) => rule[field] !== undefined);
    this.#having.set(field, having);
    return having;
  }
}

export interface AboutUs {
  readonly view: RuleView;
  readonly suspicions: ReadonlyMap<string, Suspicion>;
}

/** What our own delays did to a sample: its verdict is undecided, or its time is useless for a baseline. */
export interface Spoilt {
  readonly contaminated: boolean;
  readonly disturbed: boolean;
}

export interface OwnStep<S> {
  readonly own?: S;
  readonly statement?: FindingStatement;
}

/** What a rule about this process receives. */
export interface OwnInputs {
  readonly count: Spoilt;
  /** The result of a real client, and of our own steps right after it. */
  readonly compare: ClientRun;
  /** Each settled sample that is judged, after the rules about mirrors. */
  readonly verify: Sample;
  /** The process was suspended, or a clock jumped. */
  readonly sleep: null;
  /** A suspicion against our network has ended. */
  readonly release: null;
  /** The daemon starts, or reloads. */
  readonly adopt: null;
  /** Sent at every turn of the main loop: why the state cannot be stored; `null`: it can. */
  readonly tick: StateTrouble | null;
}

interface OwnHook<S, Input> {
  of(own: S, input: Input, about: AboutUs): OwnStep<S>;
}

type OwnHooks<S> = { readonly [I in keyof OwnInputs]?: OwnHook<S, OwnInputs[I]>['of'] };

/** A rule about this process and the network of this host. Its state is not stored. */
export interface OwnRule<S = unknown> extends OwnHooks<S> {
  readonly name: string;
  readonly kind: FindingKind;
  readonly none: () => S;
  /** Resumes a finding that was open when the process ended; `null` or absent: the finding is closed. */
  resume?(own: S, finding: Finding, about: AboutUs): S | null;
}
