import type { BuildPlace, ControlAnswer, ControlDue, Due } from './due.ts';
import type { Connection, EcosystemId, TlsAccess } from './mirror.ts';
import type { Delivery, DeliveryFailure } from './notice.ts';
import type { Sample } from './sample.ts';
import type { Target } from './target.ts';
import type { Answer, Ask, Hop, HttpProtocol, SignatureCheck, Transcript, Verdict } from './transcript.ts';
import type { WholeBody } from './whole-body.ts';

/** An instant on both clocks. Durations come from `monotonicMs` alone; `wallMs` is for stamps that people read. */
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

/** The next time that a cron expression names, strictly after `wallMs`. */
export interface Calendar {
  nextAfter(expression: string, timeZone: string | null, wallMs: number): number;
}

/** Structured log lines; messages static, values as fields. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A whole text file; the error is `err.code` (`ENOENT`…), or says what stands there in its place. */
export type FileText = { readonly tag: 'ok'; readonly text: string } | { readonly tag: 'error'; readonly code: string };
/** The names in a folder; the error as above. */
export type FolderNames =
  | { readonly tag: 'ok'; readonly names: readonly string[] }
  | { readonly tag: 'error'; readonly code: string };

/** Files by absolute path, as they are at hand: nothing waits. */
export interface Files {
  read(path: string): FileText;
  list(path: string): FolderNames;
}

/** Files by absolute path, as a machine reads them: each answers within `limits.fileMs`, whatever stands there. */
export interface SlowFiles {
  read(path: string): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
}

/** What one hop is to do. Made by `probe/converse.ts`, carried out by `wire/wire.ts`. */
export interface HopRequest {
  readonly url: string;
  /** Absent: GET. */
  readonly method?: 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly aside: boolean;
  /** The URL came from an answer: private address space is forbidden unless the mirror is there or `allowHosts` names it. */
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
  /** The limit that the deadline came from, for the failure's `limitMs`. */
  readonly limitMs: number;
}

/** One hop's answer: its record, and the body where it is whole. A fault is in `hop.fault`; nothing is thrown. */
export interface HopAnswer {
  readonly hop: Hop;
  /** All response headers, unredacted and lower-case, for the conversation only; never kept. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** As `Answer.whole`; until the line is closed. */
  readonly whole?: WholeBody;
}

/** The wire for one conversation: keeps its own connection (cold) or the mirror's (warm), closed at the end. */
export interface Line {
  hop(request: HopRequest): Promise<HopAnswer>;
  /** Resolves once the connection of its build is ready; false: there is none within `limitMs`. Absent: it waits for none. */
  readonly joined?: (limitMs: number) => Promise<boolean>;
  close(): void;
}

/** A mirror's access in the clear, for workers only: never logged, never stored. */
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
  /** The HTTP versions that TLS connections offer in ALPN, the preferred one first; absent: HTTP/1.1 alone. */
  readonly protocols?: readonly HttpProtocol[];
}

/** Computes what a mirror's answer makes us compute, in one piece, on that mirror's account. */
export type Timed = <T>(compute: () => T) => T;

/** How one conversation differs from the mirror's access. */
export interface Over {
  /** What is computed of its answers goes through this; absent: on nobody's account. */
  readonly timed?: Timed;
  /** Tried where the name has it and `access.family` leaves it open; absent: the resolver's first answer. */
  readonly family?: 4 | 6 | undefined;
  /** The only HTTP version that is offered; absent: as the access has them. */
  readonly protocol?: HttpProtocol | undefined;
  /** The build that it is part of: its warm lines share the connection of its cold one. Absent: it goes alone. */
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
  /** What `gpgv --status-fd` prints, as a body; `unknown` where there is no such program, or none that ends in time. */
  check(input: SignatureCheck): Promise<Answer>;
}

/** What an ecosystem's conversation needs to know beside its target. All of it crosses to a thread: plain data. */
export interface ProbeContext<Own = unknown> {
  readonly baseUrl: string;
  /** Hashes known from an authority, keyed and written as the ecosystem does: from lock files, or learnt. */
  readonly pinned: Readonly<Record<string, string>>;
  /** What the ecosystem's own conversation needs beside: its `context` makes it. */
  readonly own: Own;
  /** An artifact is read no further than this, bytes; absent: whole. */
  readonly peekBytes?: number;
  readonly nowWallMs: number;
  /** What conversations with this mirror keep for the next ones (a token); absent: nothing is kept. */
  readonly memory?: ProbeMemory;
}

/** What conversations with one mirror keep for one another in their thread: texts, bounded, each until it expires. May hold secrets: never logged. */
export interface ProbeMemory {
  /** `null`: never kept, expired, or pushed out by newer ones. */
  get(key: string, nowWallMs: number): string | null;
  keep(key: string, text: string, untilWallMs: number): void;
}

/** One probe as its ecosystem holds it: yields what to ask, is handed the answers, returns the verdict. Opens no socket. */
export type Conversation = Generator<Ask, Verdict, Answer>;

/** What holds the conversations of an ecosystem: loaded where a mirror of it is probed, in that thread alone. */
export interface Prober<Own = unknown> {
  /** One step of one target: yields what to ask, is handed the answer, returns the verdict. Opens no socket. */
  probe(target: Target, context: ProbeContext<Own>): Conversation;
  /** Loads what conversations in such a context need beside; awaited before the first. Absent: nothing. */
  prepare?(context: Pick<ProbeContext<Own>, 'own'>): Promise<void>;
}

/** One probe's result as it crosses from a worker: plain data. */
export interface Probed {
  readonly sample: Sample;
  readonly transcript: Transcript;
}

/** Runs probes in threads. A worker that dies or hangs is replaced; what it had in hand comes back as `unknown('defect')`. */
export interface Workers {
  /** Resolves always; never rejects. */
  probe(due: Due): Promise<Probed>;
  control(due: ControlDue): Promise<ControlAnswer>;
  /** Takes effect for probes that start afterwards. */
  configure(book: WorkerBook): Promise<void>;
  /** Delays since the last call, milliseconds, by worker. */
  loopDelays(): readonly { readonly worker: number; readonly delaysMs: readonly number[] }[];
  inFlight(): number;
  close(): Promise<void>;
}

/** Everything that a worker needs to know; sent whole at start and on reload. */
export interface WorkerBook {
  readonly access: Readonly<Record<string, WireAccess>>;
  readonly context: Readonly<Record<string, Omit<ProbeContext, 'nowWallMs' | 'memory'>>>;
  /** Whose conversations will be held, so that they can be loaded ahead; absent: each is loaded when it is first held. */
  readonly ecosystems?: readonly EcosystemId[];
  /** Host names of all mirrors and controls: what the resolver rule of design.md section 5 asks for when a name fails. */
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
  // Rows of the others that could not be read, as they were.
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

/** Why the state file is not written: the store's trouble, or a mistake of ours. */
export type StateTrouble = StoreTrouble['kind'] | 'defect';

/** The state file. A batch is one transaction: all of it or nothing. Trouble is a value: the daemon goes on watching. */
export interface Store {
  commit(batch: StoreBatch): { readonly tag: 'ok' } | { readonly tag: 'error'; readonly error: StoreTrouble };
  get(table: Table, key: string): Row | null;
  /** Newest first by `atMs`, then key; `before` is the cursor of the page before. */
  page(table: Table, limit: number, before: { atMs: number; key: string } | null): readonly Row[];
  all(table: Table): readonly Row[];
  /** Deletes rows older than `beforeMs`; gives how many. */
  expire(table: Table, beforeMs: number): number;
  /** Deletes the oldest rows past `rowsMax`; gives how many. */
  trim(table: Table, rowsMax: number): number;
  writable(): boolean;
  /** Files set aside as corrupt since it was opened, by that too; absent: it has none to set aside. */
  setAside?(): number;
  /** Rows set aside since it was opened, since their readers could not take them; absent: it looks at none. */
  rowsAside?(): number;
  close(): void;
}

/** Sends one signed body to one receiver, guarded against SSRF on the connected address. Never throws. */
export interface Post {
  send(message: {
    /** `PATCH` changes a message that was sent; absent: `POST`. */
    readonly method?: 'POST' | 'PATCH';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly allow: readonly string[];
    readonly timeoutMs: number;
    /** What an answer's body says went wrong, whatever its status; `null`: the status holds. Absent: it alone is asked. */
    readonly refusalIn?: (status: number, body: string) => DeliveryFailure | null;
    /** What the receiver knows the message by, from the body of a good answer. Absent: it is not asked. */
    readonly receiptIn?: (body: string) => string | null;
  }): Promise<Delivery>;
}
