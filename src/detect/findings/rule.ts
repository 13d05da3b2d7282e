import type { ClientRun } from '../../core/client-run.ts';
import type { Config } from '../../core/config.ts';
import type { Confidence, Finding, FindingKind } from '../../core/finding.ts';
import type { Target } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import type { Sentence } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import type { Standing } from '../../core/standing.ts';
import type { Subject } from '../contents/subject.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory, Suspicion } from '../mirror-memory.ts';
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
  /** By `Subject.key`: kinds change it through `contents/` only. */
  readonly subjects: Map<string, Subject>;
  /** By id. */
  readonly open: ReadonlyMap<string, Finding>;
}

/** A mirror, with what may be read besides it. */
export interface About {
  readonly view: View;
  readonly mirror: MirrorMemory;
}

export interface Reporting extends About {
  /** How certain it is that the mirror, not our network, is the cause; absent: as certain as now. */
  readonly vantage?: Finding['vantage'] | undefined;
}

export interface Received extends About {
  readonly sample: Sample;
}

export interface Answered extends Received {
  readonly series: SeriesMemory;
}

export interface Judged extends Answered {
  /** A pull-through cache's first fetch says nothing about speed. */
  readonly isCold: boolean;
  /** Over the connection by which the mirror is judged. */
  readonly isPrimary: boolean;
  /** A timeout at the short deadline of a confirming probe, without a doubt of the target: no failure. */
  readonly isShort: boolean;
  /** Another kind reports this sample. */
  readonly isTold: () => boolean;
}

export interface Confirmed extends About {
  readonly series: SeriesMemory;
  /** The canary's sample in the deciding moment; `null`: none. */
  readonly sample: Sample | null;
  readonly vantage: Finding['vantage'];
  /** `moment`: it is not our fault. `released`: a suspicion has ended. `dead`: others responded during a suspicion. */
  readonly by: 'moment' | 'released' | 'dead';
}

/** A probe out of plan, or the end of a doubt, that a kind wants. */
export type Request =
  | { readonly kind: 'recheck'; readonly target: Target }
  /** Probe again after the first refused or slow response. */
  | { readonly kind: 'refused' | 'slow'; readonly sample: Sample }
  /** Probe again after the requested wait. */
  | { readonly kind: 'throttled'; readonly target: Target }
  /** Probe until the target is back, as its mirror is. */
  | { readonly kind: 'back'; readonly target: Target }
  /** Send one probe that is not judged: the result goes to `FindingRule.peek`. */
  | { readonly kind: 'peek'; readonly peek: Peek }
  /** `isFailed`: a failure, which starts a doubt where it `isDoubtful`; else a response that ends one. */
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
  readonly mirror?: M | undefined;
  readonly series?: readonly (readonly [SeriesMemory, S])[];
  /** Series whose failures this kind reports from now on. */
  readonly claims?: readonly SeriesMemory[];
  /** Modules whose absences belong to this kind's finding. `isOpen`: it is reported already. */
  readonly absorbs?: readonly Absences[];
  readonly requests?: readonly Request[];
  /** For the metrics. */
  readonly regressions?: readonly string[];
  readonly propagations?: readonly { readonly registry: string; readonly seconds: number }[];
  readonly says?: Says;
  /** There is something to report: `FindingRule.refresh` follows. */
  readonly isNews?: boolean;
  readonly vantage?: Finding['vantage'] | undefined;
  readonly isBack?: boolean;
  /** The mirror's row has changed: it is written within a minute. */
  readonly isDirty?: boolean;
  /** The mirror's row is written with the next turn that writes. */
  readonly rowIsDue?: boolean;
  /** The series whose row has changed. */
  readonly dirty?: SeriesMemory | undefined;
  /** Steps for mirrors of the same upstream, applied in this order. */
  readonly others?: readonly (readonly [MirrorMemory, Step<M, S>])[];
  /** The rows of `series` are written with this turn. */
  readonly isUrgent?: boolean;
}

/** A stored row as read: any process may have written it. */
export type StoredRow = Readonly<Record<string, unknown>>;

/**
 * One kind of finding, or one story of a kind: its state, rows, and reaction to each input.
 * @see docs/decisions/0060-findings-by-kind.md
 */
export interface FindingRule<M = unknown, S = unknown> {
  /** Unique; the key of the state. */
  readonly name: string;
  readonly kind: FindingKind;
  /** The cause that separates these findings from others of the kind. */
  readonly story?: Finding['cause'];
  readonly none: () => M;
  /** Never changed in place. Absent: a series keeps no state. */
  readonly noneOfSeries?: S;
  /** An acknowledgement ends its findings. */
  readonly endsByAcknowledgement?: boolean;
  /** How gravely the kind degrades a mirror: 1 is the gravest. Absent: never. */
  readonly gravity?: number;
  /** A sample of any purpose and outcome, first of all. */
  receive?(own: M, received: Received): Step<M> | null;
  /** The result of a `peek`. */
  peek?(own: M, received: Received): Step<M> | null;
  /** A sample about the mirror, before it is settled. */
  answer?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /** A sample that may start or end a doubt. Not while the mirror is paused or the egress suspect. */
  confirm?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  decide?(own: M, confirmed: Confirmed, ofSeries: S): Step<M, S> | null;
  /** An ok sample right before it is settled: the baseline of the series is read after that. */
  settle?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /** One settled sample. */
  judge?(own: M, judged: Judged, ofSeries: S): Step<M, S> | null;
  /** The report of a changed state, and the state after it. */
  refresh?(own: M, about: Reporting): Step<M>;
  /** Another kind, whose state this kind reports. */
  readonly follows?: string;
  /** While true, delays of the mirror's samples say nothing about this machine. */
  isDisturbing?(own: M): boolean;
  /** While true, one more success of the mirror proves little. */
  isFlaky?(own: M): boolean;
  /** True for a sample whose failure this kind reports; the finding may not be open yet. */
  tells?(own: M, judged: Judged, ofSeries: S): boolean;
  /** Undoes what it derived from failures of a series that another kind has claimed. */
  release?(own: M, series: SeriesMemory, ofSeries: S): Step<M, S> | null;
  /** Resets a streak without a finding: our network or machine was not reliable. */
  startAnew?(own: M, series: SeriesMemory, ofSeries: S): Step<M, S> | null;
  /** The canary works again after an outage. */
  back?(own: M, about: About): Step<M, S> | null;
  /** Undoes what it derived from absences in a module whose contents go backwards. */
  absorb?(own: M, absences: About & Absences): Step<M, S> | null;
  drop?(own: M, dropped: ReadonlySet<SeriesMemory>, about: About): Step<M, S> | null;
  /** Drops what is no longer configured. */
  adopt?(own: M, about: About): Step<M, S> | null;
  /** Restores what depends on other rows. */
  start?(own: M, about: About): Step<M, S> | null;
  /** About every second. */
  tick?(own: M, about: About): Step<M> | null;
  /** The last probe that confirms the open finding, where the series is in it. `isTimed`: it is about duration. */
  cites?(
    own: M,
    ofSeries: S,
    series: SeriesMemory,
  ): { readonly probeId: string | undefined; readonly isTimed?: boolean } | null;
  /** `null`: it depends on the age. */
  confidence?(finding: Pick<Finding, 'kind' | 'cause' | 'actionable'>): Confidence | null;
  /** A finding of this kind, or of a kind that follows it, was acknowledged. */
  acknowledge?(own: M, finding: Finding, about: About): Step<M, S> | null;
  /** Why the mirror is degraded; `null`: not by this kind. */
  degrades?(own: M, findings: readonly Finding[], mirror: MirrorMemory): Sentence | null;
  /** Resumes a finding that was open when the process ended. `gone`: nothing supports it any more. */
  resume?(own: M, finding: Finding, about: About): Step<M, S> | 'gone';
  /** The fields of the mirror's row. */
  write?(own: M, mirror: MirrorMemory): StoredRow;
  /** The state in these fields; `null`: none. */
  read?(row: StoredRow, about: About): M | null;
  /** The fields of a series' row. */
  writeSeries?(ofSeries: S, about: About, series: SeriesMemory): StoredRow;
  /** The state in fields written at `atMs` of the wall clock. A row that is `unreadable` is deleted. */
  readSeries?(
    own: M,
    row: StoredRow,
    series: SeriesMemory,
    about: About & { readonly atMs: number },
  ): Step<M, S> | 'unreadable' | null;
  /** What the kind adds to the displayed state of a mirror. */
  shows?(own: M): Partial<Pick<Standing, 'certificate' | 'oneFamily'>>;
}

export interface AboutUs {
  readonly view: View;
  readonly suspicions: ReadonlyMap<string, Suspicion>;
}

/** The verdict on a sample is open, or the time is useless to a baseline, by delays of our own. */
export interface Spoilt {
  readonly contaminated: boolean;
  readonly disturbed: boolean;
}

export interface OwnStep<S> {
  readonly own?: S;
  readonly says?: Says;
}

/** One kind of finding about this process and its vantage: it starts again with each process. */
export interface OwnRule<S = unknown> {
  readonly name: string;
  readonly kind: FindingKind;
  readonly none: () => S;
  count?(own: S, spoilt: Spoilt, about: AboutUs): OwnStep<S>;
  /** The result of a real client, and of our own steps right after it. */
  compare?(own: S, run: ClientRun, about: AboutUs): OwnStep<S>;
  /** The process was suspended, or a clock jumped. */
  sleep?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** A suspicion has ended. */
  release?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** At a start and at a reload. */
  adopt?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** About every second. */
  tick?(own: S, input: null, about: AboutUs): OwnStep<S>;
}
