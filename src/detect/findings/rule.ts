import type { ClientRun } from '../../core/client-run.ts';
import type { Config } from '../../core/config.ts';
import type { LookOrder } from '../../core/due.ts';
import type { Confidence, Finding, FindingKind } from '../../core/finding.ts';
import type { Now } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { Standing } from '../../core/standing.ts';
import type { Target } from '../../core/target.ts';
import type { Subject } from '../contents/subject.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory } from '../mirror-memory.ts';
import type { Says } from '../rules/says.ts';
import type { Peek } from '../turn.ts';

/** What a kind may read beside its own state. */
export interface View {
  readonly now: Now;
  readonly config: Config;
  readonly mirrors: ReadonlyMap<string, MirrorMemory>;
  readonly targets: ReadonlyMap<string, Target>;
  readonly rules: readonly FindingRule[];
  readonly controls: ReadonlyMap<string, ControlMemory>;
  /** What mutable answers have said, by `Subject.key`: changed in place by `contents/` alone. */
  readonly subjects: Map<string, Subject>;
  /** Open findings by id. */
  readonly open: ReadonlyMap<string, Finding>;
}

/** A mirror, and what may be read beside it. */
export interface About {
  readonly view: View;
  readonly mirror: MirrorMemory;
}

/** One sample as it has come in. */
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
  /** Its connection is the one that the mirror is judged by. */
  readonly isPrimary: boolean;
  /** A timeout by a confirming deadline while nobody doubted the target: no failure of it. */
  readonly isShort: boolean;
  /** True where a kind tells of this sample: kinds that count failures leave it out. */
  readonly isTold: () => boolean;
}

/** What a confirming round has found of a canary. */
export interface Confirmed extends About {
  readonly series: SeriesMemory;
  /** What it answered in the moment that decided; `null`: nothing. */
  readonly sample: Sample | null;
  /** How far "them or us" was decided. */
  readonly vantage: Finding['vantage'];
  /**
   * `moment`: it was not us in this moment. `released`: a suspicion has ended, in which the answer was not counted. `dead`: it
   * failed through a suspicion in which others answered.
   */
  readonly by: 'moment' | 'released' | 'dead';
}

/** What a kind wants requested out of plan. */
export type Request =
  | { readonly kind: 'order'; readonly order: LookOrder }
  /** The same over a fresh connection. */
  | { readonly kind: 'recheck'; readonly target: Target }
  /** The refused target again, at once or after the wait that was asked for. */
  | { readonly kind: 'refused'; readonly sample: Sample }
  | { readonly kind: 'throttled'; readonly target: Target }
  /** The target of a first slow answer again, for a round's time. */
  | { readonly kind: 'slow'; readonly sample: Sample }
  /** A target whose mirror is back, until it is back too. */
  | { readonly kind: 'back'; readonly target: Target }
  /** One probe that judges nothing: its answer comes back to `peek`. */
  | { readonly kind: 'peek'; readonly peek: Peek }
  /** An answer that ends a doubt, or a failure (`isFailed`) that begins one where it `isDoubtful`. */
  | { readonly kind: 'doubt'; readonly sample: Sample; readonly isFailed: boolean; readonly isDoubtful: boolean }
  /** The doubt of a target has ended; `null`: that of the whole mirror. */
  | { readonly kind: 'certain'; readonly target: Target | null };

/** Absences of a module whose answers go backwards. */
export interface Absences {
  readonly module: string | null;
  readonly isOpen: boolean;
}

/** What a kind makes of one input. What is absent stays as it is. */
export interface Step<M, S = unknown> {
  /** The next state of the kind for this mirror, and for series of it. */
  readonly mirror?: M | undefined;
  readonly series?: readonly (readonly [SeriesMemory, S])[];
  /** Series whose failures this kind tells from now on: the others take back what they made of them. */
  readonly claims?: readonly SeriesMemory[];
  /** Modules whose absences are part of this kind's story. `isOpen`: it is told by now. */
  readonly absorbs?: readonly Absences[];
  readonly requests?: readonly Request[];
  /** What the metrics count: mirrors whose answer went backwards, and releases that reached a mirror. */
  readonly regressions?: readonly string[];
  readonly propagations?: readonly { readonly registry: string; readonly seconds: number }[];
  readonly says?: Says;
  /** The state that is reached is news: what follows of it is the step of `FindingRule.refresh`. */
  readonly isNews?: boolean;
  /** How far "them or us" was decided, for that; absent: as far as it can be now. */
  readonly vantage?: Finding['vantage'] | undefined;
  /** The canary answers again after an outage. */
  readonly isBack?: boolean;
  /** The row of the mirror has news: it is written within a minute. */
  readonly isDirty?: boolean;
  /** It is written with the next turn that writes. */
  readonly rowIsDue?: boolean;
  /** The series whose row has news: it is written in its turn. */
  readonly dirty?: SeriesMemory | undefined;
  /** What follows for mirrors of the same upstream, this one among them: carried out last, in this order. */
  readonly others?: readonly (readonly [MirrorMemory, Step<M, S>])[];
  /** The rows of the series above are written with this turn. */
  readonly isUrgent?: boolean;
}

/** A stored row as it was read: any process may have written it. */
export type StoredRow = Readonly<Record<string, unknown>>;

/**
 * One kind of finding, or one story of a kind: the state that it keeps, the rows of that state, and what it makes of each
 * input. Everything that is particular to the kind stands here; the engine carries out what it returns.
 * @see docs/decisions/0060-findings-by-kind.md
 */
export interface FindingRule<M = unknown, S = unknown> {
  /** Unique; the place of its state. */
  readonly name: string;
  readonly kind: FindingKind;
  /** The cause by which its findings are told from the others of the kind. Absent: it is the story without such a cause. */
  readonly story?: Finding['cause'];
  /** The state of a mirror of which nothing is known. */
  readonly none: () => M;
  /** The state of a series of which nothing is known, which is never changed in place. Absent: it keeps none. */
  readonly noneOfSeries?: S;
  /** Its findings end when a person has acknowledged them. */
  readonly endsByAcknowledgement?: boolean;
  /** How grave it is that this kind degrades a mirror: 1 is the gravest. Absent: it never does. */
  readonly gravity?: number;
  /** Takes in a sample of any purpose and outcome, before anything is known of it. `null`: nothing follows. */
  receive?(own: M, received: Received): Step<M> | null;
  /** Takes in the answer to a `peek`. `null`: nothing follows. */
  peek?(own: M, received: Received): Step<M> | null;
  /** Takes in a sample that says something about the mirror, before it is settled. `null`: nothing follows. */
  answer?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /** The same, where the sample may begin or end a doubt: after `answer`, and not while the mirror or the line is left alone. */
  confirm?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /** Takes in what a round has found of a canary. */
  decide?(own: M, confirmed: Confirmed, ofSeries: S): Step<M, S> | null;
  /** Takes in an ok sample that is about to be settled, before what is usual is read from the series. */
  settle?(own: M, answered: Answered, ofSeries: S): Step<M, S> | null;
  /** Judges one settled sample. `null`: it says nothing to this kind. */
  judge?(own: M, judged: Judged, ofSeries: S): Step<M, S> | null;
  /** What follows of a state that is news: what is said of it, and what to keep of that. */
  refresh?(own: M, about: About & { readonly vantage?: Finding['vantage'] | undefined }): Step<M>;
  /** Another kind, by its name, whose state it tells: it is refreshed right after that one. */
  readonly follows?: string;
  /** While true, what its mirror does to its own samples says nothing of this machine. */
  isDisturbing?(own: M): boolean;
  /** While true one more success of the mirror proves little: an outage must prove its end. */
  isFlaky?(own: M): boolean;
  /** True for a sample whose failure is this kind's to tell, though it may not be open yet. */
  tells?(own: M, judged: Judged, ofSeries: S): boolean;
  /** Takes back what it made of the failures of a series that another kind has claimed. */
  release?(own: M, series: SeriesMemory, ofSeries: S): Step<M, S> | null;
  /** Forgets every streak that has not led to a finding: the line or this machine was not to be trusted. */
  startAnew?(own: M, series: SeriesMemory, ofSeries: S): Step<M, S> | null;
  /** Takes note that the canary answers again after an outage. */
  back?(own: M, about: About): Step<M, S> | null;
  /** Takes back what it made of the absences of a module whose answers go backwards. `isOpen`: that is told by now. */
  absorb?(own: M, absences: About & Absences): Step<M, S> | null;
  /** Forgets series that are not probed any more. */
  drop?(own: M, dropped: ReadonlySet<SeriesMemory>, about: About): Step<M, S> | null;
  /** Forgets what is not configured any more, after a reload. */
  adopt?(own: M, about: About): Step<M, S> | null;
  /** Takes up what the rows of others say, once all are read. */
  start?(own: M, about: About): Step<M, S> | null;
  /** Ends what has lasted long enough, about every second. `null`: nothing has. */
  tick?(own: M, about: About): Step<M> | null;
  /** The last probe that speaks for its open finding, where the series is in it. `isTimed`: it is about how long that took. */
  cites?(
    own: M,
    ofSeries: S,
    series: SeriesMemory,
  ): { readonly probeId: string | undefined; readonly isTimed?: boolean } | null;
  /** How sure a finding is, whatever its age; `null`: its age says. */
  confidence?(finding: Pick<Finding, 'kind' | 'cause' | 'actionable'>): Confidence | null;
  /** Takes note that a person has acknowledged a finding of it, or of a kind that follows it. */
  acknowledge?(own: M, finding: Finding, about: About): Step<M, S> | null;
  /** Why it degrades a mirror; `null`: it does not. */
  degrades?(own: M, findings: readonly Finding[], mirror: MirrorMemory): Sentence | null;
  /** Takes up a finding that was open when the process ended, once the rows are read. `gone`: nothing supports it any more. */
  resume?(own: M, finding: Finding, about: About): Step<M, S> | 'gone';
  /** The fields of the mirror's row that keep its state. */
  write?(own: M, mirror: MirrorMemory): StoredRow;
  /** The state that these fields name; `null`: none. */
  read?(row: StoredRow, about: About): M | null;
  /** The fields of a series' row that keep its state. */
  writeSeries?(ofSeries: S, about: About, series: SeriesMemory): StoredRow;
  /** What follows from these fields, written at `atMs` of the wall; `null`: nothing. A row that is `unreadable` is deleted. */
  readSeries?(
    own: M,
    row: StoredRow,
    series: SeriesMemory,
    about: About & { readonly atMs: number },
  ): Step<M, S> | 'unreadable' | null;
  /** What it adds to the state of a mirror that is shown. */
  shows?(own: M): Partial<Pick<Standing, 'certificate'>>;
}

/** What a kind about us may read: the egresses under suspicion too, and how often each mirror answered and failed there. */
export interface AboutUs {
  readonly view: View;
  readonly suspicions: ReadonlyMap<
    string,
    {
      readonly sinceMs: number;
      readonly pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>;
      readonly isLoss: boolean;
    }
  >;
}

/** What delays of ours did to a sample: left its verdict open, or made it useless to a baseline. */
export interface Spoilt {
  readonly contaminated: boolean;
  readonly disturbed: boolean;
}

/** What a kind about us makes of one input. What is absent stays as it is. */
export interface OwnStep<S> {
  readonly own?: S;
  readonly says?: Says;
}

/** One kind of finding, or one story of a kind, about this process and the place it runs in: it begins anew with us. */
export interface OwnRule<S = unknown> {
  readonly name: string;
  readonly kind: FindingKind;
  readonly none: () => S;
  /** Counts one sample. */
  count?(own: S, spoilt: Spoilt, about: AboutUs): OwnStep<S>;
  /** Takes in what a real client came to, and our own steps right after it. */
  compare?(own: S, run: ClientRun, about: AboutUs): OwnStep<S>;
  /** Takes note that the process slept, or that a clock jumped. */
  sleep?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** A suspicion has ended. */
  release?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** Takes over a configuration, at a start and at a reload. */
  adopt?(own: S, input: null, about: AboutUs): OwnStep<S>;
  /** Judges what has lasted long enough, about every second. */
  tick?(own: S, input: null, about: AboutUs): OwnStep<S>;
}
