import type { ClientRun } from '../../core/client-run.ts';
import type { Config } from '../../core/config.ts';
import type { LookOrder } from '../../core/due.ts';
import type { Confidence, Finding, FindingKind } from '../../core/finding.ts';
import type { Target } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import type { Sentence } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import type { Standing } from '../../core/standing.ts';
import type { Subject } from '../contents/subject.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory } from '../mirror-memory.ts';
import type { Says } from '../rules/says.ts';
import type { Peek } from '../turn.ts';

/** What a kind may read besides its own state. */
export interface View {
  readonly now: Now;
  readonly config: Config;
  readonly mirrors: ReadonlyMap<string, MirrorMemory>;
  readonly targets: ReadonlyMap<string, Target>;
  readonly rules: readonly FindingRule[];
  readonly controls: ReadonlyMap<string, ControlMemory>;
  /** Contents of mutable responses, by `Subject.key`: changed in place by `contents/` only. */
  readonly subjects: Map<string, Subject>;
  /** Open findings by id. */
  readonly open: ReadonlyMap<string, Finding>;
}

/** A mirror, with what may be read besides it. */
export interface About {
  readonly view: View;
  readonly mirror: MirrorMemory;
}

/** A mirror whose finding is reported. */
export interface Reporting extends About {
  /** How certain it is that the mirror, not our network, is the cause; absent: as certain as now. */
  readonly vantage?: Finding['vantage'] | undefined;
}

/** One received sample. */
export interface Received extends About {
  readonly sample: Sample;
}

/** One sample of a series. */
export interface Answered extends Received {
  readonly series: SeriesMemory;
}

/** One settled sample. */
export interface Judged extends Answered {
  /** A pull-through cache's first fetch: it says nothing about speed. */
  readonly isCold: boolean;
  /** True if the connection of the sample is the one by which the mirror is judged. */
  readonly isPrimary: boolean;
  /** True if the sample hit the short deadline of a confirming probe without a doubt of its target: it is no failure. */
  readonly isShort: boolean;
  /** True where another kind reports this sample: kinds that count failures ignore it. */
  readonly isTold: () => boolean;
}

/** The verdict of a confirming round on a canary. */
export interface Confirmed extends About {
  readonly series: SeriesMemory;
  /** The sample of the canary in the deciding moment; `null`: none. */
  readonly sample: Sample | null;
  /** How certain it is that the mirror, not our network, is the cause. */
  readonly vantage: Finding['vantage'];
  /**
   * `moment`: the vantage was fine in this moment. `released`: a suspicion has ended, in which the sample did not count.
   * `dead`: the mirror failed throughout a suspicion in which other mirrors responded.
   */
  readonly by: 'moment' | 'released' | 'dead';
}

/** A probe out of plan that a kind wants. */
export type Request =
  | { readonly kind: 'order'; readonly order: LookOrder }
  /** Probe the target once more over a fresh connection. */
  | { readonly kind: 'recheck'; readonly target: Target }
  /** Probe the target again after its first refused or slow response. */
  | { readonly kind: 'refused' | 'slow'; readonly sample: Sample }
  /** Probe the throttled target again after the requested wait. */
  | { readonly kind: 'throttled'; readonly target: Target }
  /** Probe a target whose mirror is back, until the target is back too. */
  | { readonly kind: 'back'; readonly target: Target }
  /** Send one probe that is not judged: its result goes to `FindingRule.peek`. */
  | { readonly kind: 'peek'; readonly peek: Peek }
  /** A response that ends a doubt, or a failure (`isFailed`) that starts one where it `isDoubtful`. */
  | { readonly kind: 'doubt'; readonly sample: Sample; readonly isFailed: boolean; readonly isDoubtful: boolean }
  /** End the doubt of a target; `null`: of the whole mirror. */
  | { readonly kind: 'certain'; readonly target: Target | null };

/** Absences in a module whose contents go backwards. */
export interface Absences {
  readonly module: string | null;
  readonly isOpen: boolean;
}

/** The reaction of a kind to one input. Absent fields change nothing. */
export interface Step<M, S = unknown> {
  /** The next state of the kind for this mirror, and for series of it. */
  readonly mirror?: M | undefined;
  readonly series?: readonly (readonly [SeriesMemory, S])[];
  /** Series whose failures this kind reports from now on: other kinds undo what they derived from them. */
  readonly claims?: readonly SeriesMemory[];
  /** Modules whose absences belong to this kind's finding. `isOpen`: it is reported already. */
  readonly absorbs?: readonly Absences[];
  readonly requests?: readonly Request[];
  /** For the metrics: mirrors whose contents regressed, and releases that reached a mirror. */
  readonly regressions?: readonly string[];
  readonly propagations?: readonly { readonly registry: string; readonly seconds: number }[];
  readonly says?: Says;
  /** The state has changed in a way to report: `FindingRule.refresh` follows. */
  readonly isNews?: boolean;
  /** How certain that report is that the mirror, not our network, is the cause; absent: as certain as now. */
  readonly vantage?: Finding['vantage'] | undefined;
  /** The canary works again after an outage. */
  readonly isBack?: boolean;
  /** The row of the mirror has changed: it is written within a minute. */
  readonly isDirty?: boolean;
  /** The row of the mirror is written with the next turn that writes. */
  readonly rowIsDue?: boolean;
  /** The series whose row has changed: it is written in its turn. */
  readonly dirty?: SeriesMemory | undefined;
  /** Steps for mirrors of the same upstream, including this one: applied last, in this order. */
  readonly others?: readonly (readonly [MirrorMemory, Step<M, S>])[];
  /** The rows of the series above are written with this turn. */
  readonly isUrgent?: boolean;
}

/** A stored row as read: any process may have written it. */
export type StoredRow = Readonly<Record<string, unknown>>;

/**
 * One kind of finding, or one story of a kind: its state, the rows of that state, and its reaction to each input. All
 * knowledge of the kind is here; the engine applies what it returns.
 * @see docs/decisions/0060-findings-by-kind.md
 */
export interface FindingRule<M = unknown, S = unknown> {
  /** The unique name of the kind or story, and the key of its state. */
  readonly name: string;
  readonly kind: FindingKind;
  /** The cause that separates these findings from others of the kind. Absent: those of the kind without such a cause. */
  readonly story?: Finding['cause'];
  /** The initial state of a mirror. */
  readonly none: () => M;
  /** The initial state of a series, which is never changed in place. Absent: it keeps none. */
  readonly noneOfSeries?: S;
  /** True if its findings end when an operator acknowledges them. */
  readonly endsByAcknowledgement?: boolean;
  /** How gravely this kind degrades a mirror: 1 is the gravest. Absent: it never does. */
  readonly gravity?: number;
  /** Takes a sample of any purpose and outcome, first of all. `null`: no reaction. */
  receive?(own: M, received: Received): Step<M> | null;
  /** Takes the result of a `peek`. `null`: no reaction. */
  peek?(own: M, received: Received): Step<M> | null;
  /** Takes a sample about the mirror before it is settled. `null`: no reaction. */
  answer?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /**
   * Takes a sample that may start or end a doubt: after `answer`, and not while the mirror is paused or the egress suspect.
   * `null`: no reaction.
   */
  confirm?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /** Takes a round's verdict on a canary. */
  decide?(own: M, confirmed: Confirmed, ofSeries: S): Step<M, S> | null;
  /** Takes an ok sample right before it is settled, before the baseline of the series is read. */
  settle?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /** Judges one settled sample. `null`: it is irrelevant to this kind. */
  judge?(own: M, judged: Judged, ofSeries: S): Step<M, S> | null;
  /** Reacts to a changed state: what to report, and what to keep of that. */
  refresh?(own: M, about: Reporting): Step<M>;
  /** The name of another kind, whose state this kind reports: this one is refreshed right after it. */
  readonly follows?: string;
  /** While true, delays of its mirror's samples say nothing about this machine. */
  isDisturbing?(own: M): boolean;
  /** While true, one more success of the mirror proves little: an outage must prove its end. */
  isFlaky?(own: M): boolean;
  /** True for a sample whose failure this kind reports, though its finding may not be open yet. */
  tells?(own: M, judged: Judged, ofSeries: S): boolean;
  /** Undoes what it derived from failures of a series that another kind has claimed. */
  release?(own: M, series: SeriesMemory, ofSeries: S): Step<M, S> | null;
  /** Resets every streak that has not led to a finding: our network or machine was not reliable. */
  startAnew?(own: M, series: SeriesMemory, ofSeries: S): Step<M, S> | null;
  /** The canary works again after an outage. */
  back?(own: M, about: About): Step<M, S> | null;
  /** Undoes what it derived from absences in a module whose contents go backwards. `isOpen`: that is reported already. */
  absorb?(own: M, absences: About & Absences): Step<M, S> | null;
  /** Drops series that are no longer probed. */
  drop?(own: M, dropped: ReadonlySet<SeriesMemory>, about: About): Step<M, S> | null;
  /** Drops what is no longer configured, after a reload. */
  adopt?(own: M, about: About): Step<M, S> | null;
  /** Restores what depends on other rows, once all are read. */
  start?(own: M, about: About): Step<M, S> | null;
  /** Ends what has lasted long enough, about every second. `null`: nothing has. */
  tick?(own: M, about: About): Step<M> | null;
  /**
   * The last probe that confirms its open finding, where the series is in it. `isTimed`: the finding is about its
   * duration.
   */
  cites?(
    own: M,
    ofSeries: S,
    series: SeriesMemory,
  ): { readonly probeId: string | undefined; readonly isTimed?: boolean } | null;
  /** The confidence of a finding at any age; `null`: it depends on the age. */
  confidence?(finding: Pick<Finding, 'kind' | 'cause' | 'actionable'>): Confidence | null;
  /** An operator acknowledged a finding of this kind, or of a kind that follows it. */
  acknowledge?(own: M, finding: Finding, about: About): Step<M, S> | null;
  /** Why it degrades a mirror; `null`: it does not. */
  degrades?(own: M, findings: readonly Finding[], mirror: MirrorMemory): Sentence | null;
  /**
   * Resumes a finding that was open when the process ended, after the rows are read. `gone`: nothing supports it any more.
   */
  resume?(own: M, finding: Finding, about: About): Step<M, S> | 'gone';
  /** The fields of the mirror's row with its state. */
  write?(own: M, mirror: MirrorMemory): StoredRow;
  /** The state in these fields; `null`: none. */
  read?(row: StoredRow, about: About): M | null;
  /** The fields of a series' row with its state. */
  writeSeries?(ofSeries: S, about: About, series: SeriesMemory): StoredRow;
  /**
   * The state in these fields, written at `atMs` of the wall clock; `null`: none. A row that is `unreadable` is deleted.
   */
  readSeries?(
    own: M,
    row: StoredRow,
    series: SeriesMemory,
    about: About & { readonly atMs: number },
  ): Step<M, S> | 'unreadable' | null;
  /** The fields that the kind adds to the displayed state of a mirror. */
  shows?(own: M): Partial<Pick<Standing, 'certificate' | 'oneFamily'>>;
}

/** A suspect egress: since when, recent responses and failures of each mirror there, and whether our line loses packets. */
export interface Suspected {
  readonly sinceMs: number;
  readonly pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>;
  readonly isLoss: boolean;
}

/** What a kind about this daemon may read: also the suspicious egresses. */
export interface AboutUs {
  readonly view: View;
  readonly suspicions: ReadonlyMap<string, Suspected>;
}

/** The effect of our own delays on a sample: its verdict is open, or its time is useless to a baseline. */
export interface Spoilt {
  readonly contaminated: boolean;
  readonly disturbed: boolean;
}

/** The reaction of a kind about this daemon to one input. Absent fields change nothing. */
export interface OwnStep<S> {
  readonly own?: S;
  readonly says?: Says;
}

/** One kind of finding, or one story of a kind, about this process and its vantage: it starts again with each process. */
export interface OwnRule<S = unknown> {
  readonly name: string;
  readonly kind: FindingKind;
  readonly none: () => S;
  /** Counts one sample. */
  count?(own: S, spoilt: Spoilt, about: AboutUs): OwnStep<S>;
  /** Takes the result of a real client, and of our own steps right after it. */
  compare?(own: S, run: ClientRun, about: AboutUs): OwnStep<S>;
  /** The process was suspended, or a clock jumped. */
  sleep?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** A suspicion has ended. */
  release?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** Applies a configuration, at a start and at a reload. */
  adopt?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** Judges what has lasted long enough, about every second. */
  tick?(own: S, input: null, about: AboutUs): OwnStep<S>;
}
