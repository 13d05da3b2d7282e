import type { WholeBody } from './body.ts';
import type { BuildPlace, ControlAnswer, ControlDue, Due } from './due.ts';
import type { Connection, EcosystemId, Target, TlsAccess } from './mirror.ts';
import type { Sample } from './sample.ts';
import type { Answer, Ask, Hop, HttpProtocol, SignatureCheck, Transcript, Verdict } from './transcript.ts';

/** An instant on both clocks. Durations use only `monotonicMs`; `wallMs` is for displayed times. */
export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The two clocks, never mixed. The monotonic one is shared by all threads of the process. */
export interface Clock {
  now(): Now;
  monotonicMs(): number;
  wallMs(): number;
}

/** Timers; a handle's `cancel` is idempotent. In tests they move with a manual clock. */
export interface Timers {
  after(delayMs: number, run: () => void): { cancel(): void };
}

/** Randomness in [0, 1), and ids. Seeded in tests. */
export interface Random {
  next(): number;
  /** Unique, sortable by time to the millisecond, `[0-9a-z]{20}`. */
  id(nowWallMs: number): string;
}

/** The next time of a cron expression, strictly after `wallMs`. */
export interface Calendar {
  nextAfter(expression: string, timeZone: string | null, wallMs: number): number;
}

/** Log levels, the most verbose first. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Structured log lines; messages static, values as fields. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A whole text file; the error is `err.code` (`ENOENT`…), or names what is there instead. */
export type FileText = { readonly tag: 'ok'; readonly text: string } | { readonly tag: 'error'; readonly code: string };
/** The names in a folder; `code` as in `FileText`. */
export type FolderNames =
  | { readonly tag: 'ok'; readonly names: readonly string[] }
  | { readonly tag: 'error'; readonly code: string };

/** Files by absolute path, already read: no waiting. */
export interface Files {
  read(path: string): FileText;
  list(path: string): FolderNames;
}

/** Files by absolute path of this machine: each read ends within `limits.fileMs`, whatever the path is. */
export interface SlowFiles {
  read(path: string): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
}

/** One hop to make. Created by `probe/converse.ts`, executed by `wire/wire.ts`. */
export interface HopRequest {
  readonly url: string;
  /** Absent: GET. */
  readonly method?: 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly aside: boolean;
  /**
   * The URL came from a response: private addresses are forbidden unless the mirror is there or `allowHosts` names them.
   */
  readonly foreign: boolean;
  readonly bodyBytesMax: number;
  readonly stopAfterBytes: number | null;
  /** As `Ask.asSent`. */
  readonly asSent?: true;
  /** As `Ask.large`. */
  readonly large?: true;
  /** Monotonic start to count from (the end of the hop before), or `null` for now. */
  readonly startMs: number | null;
  /** Monotonic deadline. */
  readonly deadlineMs: number;
  /** The limit behind the deadline, for the failure's `limitMs`. */
  readonly limitMs: number;
}

/** The result of one hop: its record, and the body if it is complete. A fault is in `hop.fault`; nothing is thrown. */
export interface HopAnswer {
  readonly hop: Hop;
  /** All response headers, unredacted and lower-case, for the conversation only; never kept. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** As `Answer.whole`; valid until the line is closed. */
  readonly whole?: WholeBody;
}

/** The connection of one conversation: its own (cold) or the mirror's (warm), closed at the end. */
export interface Line {
  hop(request: HopRequest): Promise<HopAnswer>;
  /** True once the connection of the line's build is ready; false: not within `limitMs`. Absent: the line does not wait. */
  readonly joined?: (limitMs: number) => Promise<boolean>;
  close(): void;
}

/** A mirror's access in clear text, for workers only: never logged, never stored. */
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
  /** The HTTP versions in ALPN of TLS connections, the preferred one first; absent: HTTP/1.1 only. */
  readonly protocols?: readonly HttpProtocol[];
}

/** Runs a computation on a mirror's response and charges its time to that mirror. */
export type Timed = <T>(compute: () => T) => T;

/** How one conversation differs from the mirror's access. */
export interface Over {
  /** Charges computations on its responses to the mirror; absent: they are not charged. */
  readonly timed?: Timed;
  /** The family to prefer if the name has it and `access.family` is not set; absent: the resolver's first address. */
  readonly family?: 4 | 6 | undefined;
  /** The only HTTP version to offer; absent: those of the access. */
  readonly protocol?: HttpProtocol | undefined;
  /** The build of the conversation: its warm lines share the connection of its cold line. Absent: none. */
  readonly build?: BuildPlace | undefined;
}

/** Opens lines. */
export interface Wire {
  open(access: WireAccess, connection: Connection, over?: Over): Line;
  control(due: ControlDue): Promise<ControlAnswer>;
  /** Drops what is kept for warm connections and caches. */
  close(): Promise<void>;
}

/** Verifies OpenPGP signatures by a program of this machine. Never rejects. */
export interface SignatureChecker {
  /** The output of `gpgv --status-fd` as a body; `unknown` where the program is missing or does not end in time. */
  check(input: SignatureCheck): Promise<Answer>;
}

/** What an ecosystem's conversation needs besides its target. It is sent to a thread: plain data. */
export interface ProbeContext<Own = unknown> {
  readonly baseUrl: string;
  /** Hashes known from an authority, with keys and values in the ecosystem's form: from lock files, or learnt. */
  readonly pinned: Readonly<Record<string, string>>;
  /** What the ecosystem's own conversations need: created by its `context`. */
  readonly own: Own;
  /** Bytes of an artifact to read at most; absent: all. */
  readonly peekBytes?: number;
  readonly nowWallMs: number;
  /** What conversations with this mirror keep for later ones (a token); absent: nothing. */
  readonly memory?: ProbeMemory;
}

/**
 * What conversations with one mirror keep for each other in their thread: texts, bounded, each until it expires. May hold
 * secrets: never logged.
 */
export interface ProbeMemory {
  /** `null`: never kept, expired, or displaced by newer ones. */
  get(key: string, nowWallMs: number): string | null;
  keep(key: string, text: string, untilWallMs: number): void;
}

/** One probe as a generator: yields requests, gets responses, returns the verdict. Opens no socket. */
export type Conversation = Generator<Ask, Verdict, Answer>;

/** The conversations of an ecosystem: loaded only in a thread that probes one of its mirrors. */
export interface Prober<Own = unknown> {
  /** One step of one target: yields requests, gets responses, returns the verdict. Opens no socket. */
  probe(target: Target, context: ProbeContext<Own>): Conversation;
  /** Loads what conversations in such a context need; awaited before the first. Absent: nothing. */
  prepare?(context: Pick<ProbeContext<Own>, 'own'>): Promise<void>;
}

/** One probe's result as it crosses from a worker: plain data. */
export interface Probed {
  readonly sample: Sample;
  readonly transcript: Transcript;
}

/** Runs probes in threads. A worker that dies or hangs is replaced; its probes come back as `unknown('defect')`. */
export interface Workers {
  /** Resolves always; never rejects. */
  probe(due: Due): Promise<Probed>;
  control(due: ControlDue): Promise<ControlAnswer>;
  /** Takes effect for probes that start afterwards. */
  configure(book: WorkerBook): Promise<void>;
  /** Delays of each worker's event loop since the last call, milliseconds. */
  loopDelays(): readonly { readonly worker: number; readonly delaysMs: readonly number[] }[];
  inFlight(): number;
  close(): Promise<void>;
}

/** Everything that a worker needs to know; sent whole at start and on reload. */
export interface WorkerBook {
  readonly access: Readonly<Record<string, WireAccess>>;
  readonly context: Readonly<Record<string, Omit<ProbeContext, 'nowWallMs' | 'memory'>>>;
  /** Ecosystems whose conversations are loaded in advance; absent: each is loaded at first use. */
  readonly ecosystems?: readonly EcosystemId[];
  /** Host names of all mirrors and controls, resolved when a name fails: the resolver rule of design.md section 5. */
  readonly otherNames?: readonly string[];
}

/** Tables of the state file. Each row is JSON text with a key and a wall stamp to age by. */
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

/** Why the state file is not written: the store's trouble, or a defect of this program. */
export type StateTrouble = StoreTrouble['kind'] | 'defect';

/**
 * The state file. A batch is one transaction: all of it or nothing. Trouble is returned as a value: the daemon continues.
 */
export interface Store {
  commit(batch: StoreBatch): { readonly tag: 'ok' } | { readonly tag: 'error'; readonly error: StoreTrouble };
  get(table: Table, key: string): Row | null;
  /** Newest first by `atMs`, then key. @param before  the last row of the previous page; `null`: the first page */
  page(table: Table, limit: number, before: { atMs: number; key: string } | null): readonly Row[];
  all(table: Table): readonly Row[];
  /** Deletes rows older than `beforeMs`; returns their number. */
  expire(table: Table, beforeMs: number): number;
  /** Deletes the oldest rows above `rowsMax`; returns their number. */
  trim(table: Table, rowsMax: number): number;
  writable(): boolean;
  /** Number of files moved aside as corrupt since it was opened, including by opening; absent: it never moves any. */
  setAside?(): number;
  /** Number of unreadable rows moved aside since it was opened; absent: it does not check. */
  rowsAside?(): number;
  close(): void;
}

/** Paths of the program that verifies OpenPGP signatures, in this order; `PATH` is not used. */
export const gpgvPaths = ['/usr/bin/gpgv', '/bin/gpgv', '/usr/local/bin/gpgv', '/opt/homebrew/bin/gpgv'] as const;
