import type { WholeBody } from './body.ts';
import type { BuildPlace, ControlAnswer, ControlDue, Due } from './due.ts';
import type { Connection, EcosystemId, Target, TlsAccess } from './mirror.ts';
import type { Sample } from './sample.ts';
import type { Answer, Ask, Hop, HttpProtocol, SignatureCheck, Transcript, Verdict } from './transcript.ts';

/** An instant on both clocks: `monotonicMs` for durations, `wallMs` for shown times. */
export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Both clocks. All threads share the monotonic one. */
export interface Clock {
  now(): Now;
  monotonicMs(): number;
  wallMs(): number;
}

/** Timers; `cancel` is idempotent. */
export interface Timers {
  after(delayMs: number, run: () => void): { cancel(): void };
}

/** Randomness in [0, 1), and ids. */
export interface Random {
  next(): number;
  /** Unique, sortable by time to the millisecond, `[0-9a-z]{20}`. */
  id(nowWallMs: number): string;
}

/** The next time of a cron expression, strictly after `wallMs`. */
export interface Calendar {
  nextAfter(expression: string, timeZone: string | null, wallMs: number): number;
}

/** The most verbose first. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Structured log lines; messages static, values as fields. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A text file; the error is `err.code` (`ENOENT`…), or names what is there instead. */
export type FileText = { readonly tag: 'ok'; readonly text: string } | { readonly tag: 'error'; readonly code: string };
/** The names in a folder. */
export type FolderNames =
  | { readonly tag: 'ok'; readonly names: readonly string[] }
  | { readonly tag: 'error'; readonly code: string };

/** Files by absolute path, read before. */
export interface Files {
  read(path: string): FileText;
  list(path: string): FolderNames;
}

/** Files by absolute path; each read ends within `limits.fileMs`. */
export interface SlowFiles {
  read(path: string): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
}

/** One hop to make. */
export interface HopRequest extends Pick<Ask, 'url' | 'method' | 'bodyBytesMax' | 'asSent' | 'large'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly aside: boolean;
  /** True: the URL came from a response, so private addresses need `allowHosts`, unless the mirror is there. */
  readonly foreign: boolean;
  readonly stopAfterBytes: number | null;
  /** Monotonic start: the end of the hop before; `null`: now. */
  readonly startMs: number | null;
  /** Monotonic deadline. */
  readonly deadlineMs: number;
  /** The limit behind the deadline. */
  readonly limitMs: number;
}

/** The result of one hop; a fault is in `hop.fault`, nothing is thrown. */
export interface HopAnswer {
  readonly hop: Hop;
  /** Unredacted, in lower case; never kept. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** As `Answer.whole`; valid until the line is closed. */
  readonly whole?: WholeBody;
}

/** The connection of one conversation: its own (cold) or the mirror's (warm). */
export interface Line {
  hop(request: HopRequest): Promise<HopAnswer>;
  /** False: the connection of the build is not ready within `limitMs`. Absent: the line does not wait. */
  readonly joined?: (limitMs: number) => Promise<boolean>;
  close(): void;
}

/** A mirror's access in clear text: never logged, never stored. */
export interface WireAccess {
  readonly registry: string;
  readonly url: string;
  readonly ca: readonly string[];
  readonly client: { readonly cert: string; readonly key: string } | null;
  readonly pin: TlsAccess['pin'];
  readonly auth: {
    readonly scheme: 'basic' | 'bearer';
    readonly username: string;
    readonly secret: string;
    readonly hosts: readonly string[];
  } | null;
  readonly proxy: { readonly url: string; readonly username: string | null; readonly password: string | null } | null;
  readonly family: 4 | 6 | null;
  readonly dnsServer: string | null;
  readonly allowHosts: readonly string[];
  readonly userAgent: string;
  /** In ALPN, the preferred one first; absent: HTTP/1.1 only. */
  readonly protocols?: readonly HttpProtocol[];
}

/** Runs a computation on a mirror's response and charges its time to that mirror. */
export type Timed = <T>(compute: () => T) => T;

/** How a conversation differs from the mirror's access. */
export interface Over {
  /** Absent: computations are not charged. */
  readonly timed?: Timed;
  /** Preferred if `access.family` is not set; absent: no preference. */
  readonly family?: 4 | 6 | undefined;
  /** Absent: the HTTP versions of the access. */
  readonly protocol?: HttpProtocol | undefined;
  /** Warm lines of a build share the connection of the cold one. */
  readonly build?: BuildPlace | undefined;
}

export interface Wire {
  open(access: WireAccess, connection: Connection, over?: Over): Line;
  control(due: ControlDue): Promise<ControlAnswer>;
  close(): Promise<void>;
}

/** Verifies OpenPGP signatures by a program of this machine. Never rejects. */
export interface SignatureChecker {
  /** The output of `gpgv --status-fd` as a body; `unknown`: no program, or no end in time. */
  check(input: SignatureCheck): Promise<Answer>;
}

/** What a conversation needs besides a target: plain data, sent to a thread. */
export interface ProbeContext<Own = unknown> {
  readonly baseUrl: string;
  /** Hashes from lock files or learnt from an authority, in the ecosystem's form. */
  readonly pinned: Readonly<Record<string, string>>;
  readonly own: Own;
  /** Of an artifact; absent: all. */
  readonly peekBytes?: number;
  readonly nowWallMs: number;
  readonly memory?: ProbeMemory;
}

/** What conversations with one mirror keep in their thread: bounded texts, each until it expires. May hold secrets. */
export interface ProbeMemory {
  /** `null`: not kept any more. */
  get(key: string, nowWallMs: number): string | null;
  keep(key: string, text: string, untilWallMs: number): void;
}

/** One probe as a generator that yields requests, gets responses, and opens no socket. */
export type Conversation = Generator<Ask, Verdict, Answer>;

/** The conversations of an ecosystem, loaded only where its mirrors are probed. */
export interface Prober<Own = unknown> {
  probe(target: Target, context: ProbeContext<Own>): Conversation;
  /** Awaited before the first conversation. */
  prepare?(context: Pick<ProbeContext<Own>, 'own'>): Promise<void>;
}

/** The result of a probe: plain data. */
export interface Probed {
  readonly sample: Sample;
  readonly transcript: Transcript;
}

/** Runs probes in threads. Probes of a worker that dies or hangs come back as `unknown('defect')`. */
export interface Workers {
  /** Never rejects. */
  probe(due: Due): Promise<Probed>;
  control(due: ControlDue): Promise<ControlAnswer>;
  /** For probes that start afterwards. */
  configure(book: WorkerBook): Promise<void>;
  /** Delays of event loops since the last call. */
  loopDelays(): readonly { readonly worker: number; readonly delaysMs: readonly number[] }[];
  inFlight(): number;
  close(): Promise<void>;
}

/** What a worker needs to know, sent whole at start and on reload. */
export interface WorkerBook {
  readonly access: Readonly<Record<string, WireAccess>>;
  readonly context: Readonly<Record<string, Omit<ProbeContext, 'nowWallMs' | 'memory'>>>;
  /** Ecosystems whose conversations are loaded in advance. */
  readonly ecosystems?: readonly EcosystemId[];
  /** Host names that are resolved when another fails: the resolver rule of design.md section 5. */
  readonly otherNames?: readonly string[];
}

/** Tables of the state file. */
export const tables = [
  'meta',
  'detector',
  'finding',
  'advice',
  'chain',
  'outbox',
  'probe',
  'cited',
  'pause',
  'seen',
  'answer',
  'trend',
  'action',
  // Unreadable rows of other tables, unchanged.
  'aside',
] as const;
export type Table = (typeof tables)[number];

export interface Row {
  readonly table: Table;
  readonly key: string;
  readonly atMs: number;
  readonly value: unknown;
}

export interface StoreBatch {
  readonly puts: readonly Row[];
  readonly deletes: readonly { readonly table: Table; readonly key: string }[];
}

export type StoreTrouble = { readonly kind: 'full' | 'read_only' | 'io' | 'closed'; readonly code: string };

/** Why the state file is not written. */
export type StateTrouble = StoreTrouble['kind'] | 'defect';

/** The state file. A batch is one transaction. Trouble is a value: the daemon continues. */
export interface Store {
  commit(batch: StoreBatch): { readonly tag: 'ok' } | { readonly tag: 'error'; readonly error: StoreTrouble };
  get(table: Table, key: string): Row | null;
  /** Newest first by `atMs`, then key. @param before  the last row of the previous page; `null`: none */
  page(table: Table, limit: number, before: { atMs: number; key: string } | null): readonly Row[];
  all(table: Table): readonly Row[];
  /** Deletes older rows; returns their number. */
  expire(table: Table, beforeMs: number): number;
  /** Deletes the oldest rows above `rowsMax`; returns their number. */
  trim(table: Table, rowsMax: number): number;
  writable(): boolean;
  /** Corrupt files moved aside, by opening too. */
  setAside?(): number;
  /** Unreadable rows moved aside since it was opened. */
  rowsAside?(): number;
  close(): void;
}

/** Paths of `gpgv` in this order; `PATH` is not used. */
export const gpgvPaths = ['/usr/bin/gpgv', '/bin/gpgv', '/usr/local/bin/gpgv', '/opt/homebrew/bin/gpgv'] as const;
