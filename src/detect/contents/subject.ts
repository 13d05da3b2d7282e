import type { LineKey, Versions } from './look.ts';

/** A version that came out while we watched: after `afterMs`, and at the latest at `atMs`. Monotonic milliseconds. */
export interface Release {
  /** When the last look at the origin without it began; `null`: the origin could not be seen before. */
  afterMs: number | null;
  /** When the first answer with it had come, from anywhere. */
  atMs: number;
  /** When the origin first showed it; `null`: only other mirrors did. */
  originMs: number | null;
  readonly isPre: boolean;
}

/** What a line stood at from then on, by the origin or by a quorum; times as of a release, `null` at first sight. */
export interface Change {
  /** Counts up within its line. */
  readonly seq: number;
  readonly value: string | number;
  readonly afterMs: number | null;
  readonly atMs: number | null;
  readonly byOrigin: boolean;
}

/** Where a mirror stands on one line. */
export interface LineState {
  value: string | number;
  /** When the first answer with this value had come. */
  sinceMs: number;
  /** The furthest it has shown: of a tag the `seq` of a change (`null`: its value is none of them), else the largest value. */
  best: number | null;
  /** Answers in a row that lay behind `best`. */
  below: number;
}

/** A version that was there and is not: in so many answers in a row, and whether others had it at the last of them. */
export interface Lost {
  looks: number;
  isElsewhere: boolean;
}

/** A step backwards: a version that was not there any more (`to` is `null`), or a line that stood at what it had left. */
export interface StepBack {
  readonly what: LineKey | 'version';
  readonly from: string | number;
  readonly to: string | number | null;
  /** When the answer had come, monotonic milliseconds. */
  readonly atMs: number;
}

/** How far behind a mirror was at its last answer about one subject. Milliseconds; `null` is unknown. */
export interface LagReading {
  /** At least so far behind the oldest thing that it lacks; 0: it lacks nothing that came out while we watched. */
  readonly lowerMs: number | null;
  /** At most; 0 is only said where the origin was asked after the mirror. */
  readonly upperMs: number | null;
  /** As `lowerMs`, of what its last two answers both lack. */
  readonly agreedMs: number;
  /** When the oldest of that had come out at the latest, monotonic; `null`: it lacks none. */
  readonly oldestMs: number | null;
  /** Behind by so many records, at least. */
  readonly records: number | null;
  /** Versions that the others have: how many, and the newest of them. `null`: such answers name no versions. */
  readonly missing: { readonly count: number; readonly names: readonly string[] } | null;
  /** What it was compared with. */
  readonly by: 'origin' | 'peers';
  /** A line that it is behind on: where it stands, since when, and where the others do; `null`: none, or not known. */
  readonly line: LineBehind | null;
}

/** Where a mirror stands on a line, since when (monotonic milliseconds), and what it lacks there. */
export interface LineBehind {
  readonly key: LineKey;
  readonly value: string | number;
  readonly sinceMs: number;
  readonly wants: string | number;
}

/** What one mirror's answers about a subject have said. Monotonic milliseconds. */
export interface Shelf {
  looks: number;
  /** Of the last answer, and when the one before it began. */
  fromMs: number;
  toMs: number;
  previousFromMs: number | null;
  /** When the first answer had come. */
  firstMs: number;
  versions: Versions | null;
  /** Versions that came after the first sight: between which two answers. */
  readonly since: Map<string, { readonly afterMs: number; readonly atMs: number }>;
  readonly lost: Map<string, Lost>;
  readonly lines: Map<LineKey, LineState>;
  /** Answers that went backwards, until `limits.calmLooks` in a row did not; how many did not since the last one; and that one. */
  backwards: number;
  calm: number;
  back: StepBack | null;
  /** What the last answer came to; `null`: nothing can be said. */
  reading: LagReading | null;
}

/**
 * What one kind of answer is about: a module by one step, a tag of it where it was asked for one (`version`), or a mirror as
 * a whole (`module` is `null`).
 */
export interface Subject {
  /** Unique: `ecosystem|upstream|module|version|step`. */
  readonly key: string;
  readonly module: string | null;
  /** As configured. */
  readonly version: string | null;
  readonly step: string;
  readonly releases: Map<string, Release>;
  readonly lines: Map<LineKey, Change[]>;
  readonly shelves: Map<string, Shelf>;
  isDirty: boolean;
  /** Monotonic time of the last row; `null` before the first. */
  writtenAtMs: number | null;
}

/** A subject of which nothing is known. */
export function newSubject(
  key: string,
  { module, version, step }: Pick<Subject, 'module' | 'version' | 'step'>,
): Subject {
  return {
    key,
    module,
    version,
    step,
    releases: new Map(),
    lines: new Map(),
    shelves: new Map(),
    isDirty: false,
    writtenAtMs: null,
  };
}

/** A mirror that was not heard yet. */
export function newShelf(): Shelf {
  return {
    looks: 0,
    fromMs: 0,
    toMs: 0,
    previousFromMs: null,
    firstMs: 0,
    versions: null,
    since: new Map(),
    lost: new Map(),
    lines: new Map(),
    backwards: 0,
    calm: 0,
    back: null,
    reading: null,
  };
}

/** What a mirror's answers have said beside their subjects. */
export interface MirrorContents {
  /** What `latest` and the like stood for last when it was asked aside, by module and version, and what it had left. */
  readonly resolved: Map<string, { readonly now: string; readonly left: readonly string[] }>;
  /** By module, where it went backwards last. */
  readonly steppedBack: Map<string | null, Shelf>;
  /** How long the last releases took from the origin to here, milliseconds, newest last. */
  propagations: readonly number[];
}

/** A mirror whose answers have said nothing yet. */
export function noContents(): MirrorContents {
  return { resolved: new Map(), steppedBack: new Map(), propagations: [] };
}

/** One answer that was compared: what it is about, and where its mirror stands now. */
export interface Comparison {
  readonly subject: Subject;
  readonly shelf: Shelf;
  readonly probeId: string;
}

/** Who is asked about a subject's truth, as of one answer. */
export interface Standpoint {
  /** Its upstream's mirror with `role: origin`; `null`: none is configured. */
  readonly origin: string | null;
  /** An answer older than this says nothing of now, milliseconds. */
  readonly freshMs: number;
  readonly nowMs: number;
}

/** True for a mirror that was heard lately. */
function isFresh(shelf: Shelf | undefined, { nowMs, freshMs }: Standpoint): shelf is Shelf {
  return shelf !== undefined && shelf.looks > 0 && nowMs - shelf.toMs <= freshMs;
}

/** The origin, where it answers. */
export function freshOrigin(subject: Subject, at: Standpoint): Shelf | null {
  const shelf = at.origin === null ? undefined : subject.shelves.get(at.origin);
  return isFresh(shelf, at) ? shelf : null;
}

/** The mirrors beside `registry` and the origin that were heard lately. */
export function peersOf(subject: Subject, registry: string | null, at: Standpoint): readonly Shelf[] {
  return [...subject.shelves].flatMap(([name, shelf]) =>
    name !== registry && name !== at.origin && isFresh(shelf, at) ? [shelf] : [],
  );
}

/** Two at least, and half of all that could say it. */
export function isQuorum(holders: number, all: number): boolean {
  return holders >= 2 && 2 * holders >= all;
}

/** True where a mirror's last answer named the version. */
export function shows(shelf: Shelf, version: string): boolean {
  return shelf.versions?.newest.includes(version) === true;
}
