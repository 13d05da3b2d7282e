import type { WholeBody } from './body.ts';
import type { BuildPlace, ControlDue, ControlResponse, Due } from './due.ts';
import type { Auth, Connection, EcosystemId, Target, TlsAccess } from './mirror.ts';
import type { Sample } from './sample.ts';
import type {
  Hop,
  HttpProtocol,
  ProbeRequest,
  ProbeResponse,
  SignatureCheck,
  Transcript,
  Verdict,
} from './transcript.ts';

export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The wall clock and the monotonic clock. The monotonic clock is the same in all threads. */
export interface Clock {
  now(): Now;
  monotonicMs(): number;
  wallMs(): number;
}

export interface Timers {
  after(delayMs: number, run: () => void): { cancel(): void };
}

/** Makes random numbers in [0, 1), and ids. */
export interface Random {
  next(): number;
  /** Makes a unique id that sorts by time to the millisecond: `[0-9a-z]{20}`. */
  id(nowWallMs: number): string;
}

export interface Calendar {
  nextAfter(expression: string, timeZone: string | null, wallMs: number): number;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The result of reading a text file. `code`: `err.code` (`ENOENT`), or what is at the path instead of a file. */
export type FileText = { readonly tag: 'ok'; readonly text: string } | { readonly tag: 'error'; readonly code: string };
export type FolderNames =
  | { readonly tag: 'ok'; readonly names: readonly string[] }
  | { readonly tag: 'error'; readonly code: string };

/** Files that were read in advance, by absolute path. With `roots`: only below these folders, else code `outside`. */
export interface Files {
  read(path: string, roots?: readonly string[]): FileText;
  list(path: string): FolderNames;
}

/** Reads files by absolute path, as `Files` defines it. Each call ends within `limits.fileMs`. */
export interface SlowFiles {
  read(path: string, roots?: readonly string[]): Promise<FileText>;
  list(path: string): Promise<FolderNames>;
}

export interface HopRequest extends Pick<ProbeRequest, 'url' | 'method' | 'bodyBytesMax' | 'asSent' | 'large'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly aside: boolean;
  /**
   * True if the URL came from a response. A private address then needs an entry in `allowHosts`, unless the mirror's
   * own address is private too.
   */
  readonly foreign: boolean;
  readonly stopAfterBytes: number | null;
  /** The start of the hop, monotonic; `null`: now. */
  readonly startMs: number | null;
  /** When the hop times out, monotonic. */
  readonly deadlineMs: number;
  readonly limitMs: number;
  /** The hop of a download also times out if no byte arrives for this time; absent: no such timeout. */
  readonly idleMs?: number;
}

export interface HopResponse {
  readonly hop: Hop;
  /** Response headers with names in lower case. Values are not masked, so they are never stored. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The complete body, in memory or in a file; valid until the line is closed. Absent: `body` is the complete body. */
  readonly whole?: WholeBody;
}

/** The connection for the requests of one probe: a new one (cold), or one kept from an earlier probe (warm). */
export interface Line {
  hop(request: HopRequest): Promise<HopResponse>;
  /**
   * Waits for the connection of a build (concurrent probes over one connection). False: it is not ready within
   * `limitMs`. Absent: no wait is needed.
   */
  readonly joined?: (limitMs: number) => Promise<boolean>;
  close(): void;
}

/** A mirror's access settings in clear text. They are never logged and never stored. */
export interface WireAccess {
  readonly registry: string;
  readonly url: string;
  readonly ca: readonly string[];
  readonly client: { readonly cert: string; readonly key: string } | null;
  readonly pin: TlsAccess['pin'];
  readonly auth: (Omit<Auth, 'secret'> & { readonly secret: string }) | null;
  readonly proxy: { readonly url: string; readonly username: string | null; readonly password: string | null } | null;
  readonly family: 4 | 6 | null;
  readonly dnsServer: string | null;
  readonly allowHosts: readonly string[];
  readonly userAgent: string;
  /** The HTTP versions that are offered in ALPN, the preferred one first; absent: HTTP/1.1 only. */
  readonly protocols?: readonly HttpProtocol[];
}

/** Masks the credentials of one mirror in texts that a server may have echoed. */
export interface KnownMask {
  /**
   * Masks whole credentials in a text: plain, percent-encoded, escaped for JSON, or in base64. At the end of the text, the
   * beginning of a credential is masked too.
   */
  text(text: string): string;
  /**
   * Masks the texts in a transcript's plain data, and keys that a server chose. Values of closed sets (such as an
   * outcome) are not masked.
   */
  data<T>(value: T): T;
  /** Masks a fetched token too, from now on. */
  learn(secret: string): void;
  /** True if credentials are configured. Then no text of the mirror's bodies is stored. */
  readonly hidesBodies: boolean;
}

/** Runs a computation on a mirror's response and charges its time to that mirror. */
export type Timed = <T>(compute: () => T) => T;

/** Measures the CPU time that the responses of one probe take in this thread. */
export interface Pieces {
  readonly timed: Timed;
  /**
   * Call this for each received piece of a body. If the previous piece came in the same turn of the event loop, the CPU
   * time since then is added to the response.
   */
  readonly received: (pieceBytes: number) => void;
  /**
   * Sets the length of the decoded body. The allowed CPU time of a response is `limits.heldMsPerMib` for each MiB of
   * its body.
   */
  readonly decoded: (bodyBytes: number) => void;
  /** Starts the next response: later CPU time counts for that response. */
  readonly nextResponse: () => void;
  /** The longest CPU time of a response that exceeded the allowed time, milliseconds; 0: no response did. */
  readonly longestMs: () => number;
}

/** Settings for one conversation (the requests of one probe), in addition to the mirror's access. */
export interface Over {
  /** Charges the time of computations to the mirror. Absent: computations are not charged. */
  readonly timed?: Timed;
  /** Called for each piece of a body, so that the processor time of many small pieces is also charged to the mirror. */
  readonly received?: (pieceBytes: number) => void;
  /** The preferred address family, if `access.family` is `null`; absent: no preference. */
  readonly family?: 4 | 6 | undefined;
  /** The only HTTP version to offer; absent: all versions of the mirror's access. */
  readonly protocol?: HttpProtocol | undefined;
  /**
   * The build (concurrent probes over one connection) that this probe is part of. The warm probes of a build share the
   * connection of its cold probe.
   */
  readonly build?: BuildPlace | undefined;
}

export interface Wire {
  open(access: WireAccess, connection: Connection, over?: Over): Line;
  control(due: ControlDue): Promise<ControlResponse>;
  close(): Promise<void>;
}

/** Verifies OpenPGP signatures with a local program. Never rejects. */
export interface SignatureChecker {
  /** Returns the output of `gpgv --status-fd` as a body; `unknown`: the program could not run, or was killed. */
  check(input: SignatureCheck): Promise<ProbeResponse>;
}

export interface ProbeContext<Own = unknown> {
  readonly baseUrl: string;
  /** Hashes that an authority has confirmed, as the ecosystem writes them. */
  readonly pinned: Readonly<Record<string, string>>;
  /** Hashes from lock files, which people can edit. Those in `pinned` take precedence. Absent: there are none. */
  readonly locked?: Readonly<Record<string, string>>;
  readonly own: Own;
  /** The number of first bytes of an artifact that are read; absent: all. */
  readonly peekBytes?: number;
  readonly nowWallMs: number;
  readonly memory?: ProbeMemory;
  /**
   * A digest of the location that the last index gave for the artifact; absent: not known. A location in `memory` is
   * used only if it has this digest.
   */
  readonly artifactAt?: string;
}

/**
 * Texts that probes of one mirror store in the memory of their thread, at most until the texts expire. They may contain
 * secrets.
 */
export interface ProbeMemory {
  /** Returns a stored text; `null`: never stored, or no longer stored. */
  get(key: string, nowWallMs: number): string | null;
  keep(key: string, text: string, untilWallMs: number): void;
}

/** One probe as a generator that yields requests, gets responses, and opens no socket. */
export type Conversation = Generator<ProbeRequest, Verdict, ProbeResponse>;

export interface Prober<Own = unknown> {
  probe(target: Target, context: ProbeContext<Own>): Conversation;
  /** Called and awaited before each conversation (the requests of one probe). */
  prepare?(context: Pick<ProbeContext<Own>, 'own'>): Promise<void>;
}

export interface Probed {
  readonly sample: Sample;
  readonly transcript: Transcript;
}

/** Runs probes in threads. If a thread dies or hangs, its probes are repeated once, or end as `unknown`. */
export interface Workers {
  /** Runs one probe. The promise never rejects. */
  probe(due: Due): Promise<Probed>;
  control(due: ControlDue): Promise<ControlResponse>;
  /** Sets the access and context of each mirror, which probes need. They apply to probes that start afterwards. */
  configure(book: WorkerBook): Promise<void>;
  /** The delays of each thread's event loop since the last call. */
  loopDelays(): readonly { readonly worker: number; readonly delaysMs: readonly number[] }[];
  inFlight(): number;
  close(): Promise<void>;
}

export interface WorkerBook {
  readonly access: Readonly<Record<string, WireAccess>>;
  readonly context: Readonly<Record<string, Omit<ProbeContext, 'nowWallMs' | 'memory'>>>;
  /** Ecosystems whose probing code a thread loads when it starts. */
  readonly ecosystems?: readonly EcosystemId[];
  /** Host names to resolve when another name fails, to test whether the resolver itself works. */
  readonly otherNames?: readonly string[];
}

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
  'verdict',
  'action',
  // Unreadable rows of other tables.
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

export type StateTrouble = StoreTrouble['kind'] | 'defect';

/** The state file. A batch is one transaction. Failures are returned, not thrown. */
export interface Store {
  commit(batch: StoreBatch): { readonly tag: 'ok' } | { readonly tag: 'error'; readonly error: StoreTrouble };
  get(table: Table, key: string): Row | null;
  /**
   * Returns a page of rows, newest first by `atMs`, then by key.
   * @param before  the last row of the previous page; `null`: the first page
   */
  page(table: Table, limit: number, before: { atMs: number; key: string } | null): readonly Row[];
  all(table: Table): readonly Row[];
  /** Deletes rows before `beforeMs`; returns their number. */
  expire(table: Table, beforeMs: number): number;
  /** Deletes the oldest rows until at most `rowsMax` remain. Returns the number of deleted rows. */
  trim(table: Table, rowsMax: number): number;
  writable(): boolean;
  /** The number of corrupt state files that were moved aside. */
  setAside?(): number;
  /** The number of unreadable rows that were found. */
  rowsAside?(): number;
  close(): void;
}

/** Paths of gpgv, in the order of search. `PATH` is not used. */
export const gpgvPaths = ['/usr/bin/gpgv', '/bin/gpgv', '/usr/local/bin/gpgv', '/opt/homebrew/bin/gpgv'] as const;
