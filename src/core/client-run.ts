import type { KnownSecrets } from './mask-known.ts';
import type { Step, Upstream } from './mirror.ts';
import type { Sentence } from './result.ts';

export interface ClientPair {
  readonly registry: string;
  readonly client: string;
}

export function pairKeyOf({ registry, client }: ClientPair): string {
  return `${registry}|${client}`;
}

/** How a real client is started. Paths in `files` and `fetched` are relative to the run's own folder. */
export interface ClientPlan {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * Contents of files that the client reads, by path. Credentials are in files because they must not be on the command
   * line.
   */
  readonly files: Readonly<Record<string, string>>;
  /** The folder for fetched files. */
  readonly fetched: string;
}

/**
 * How a run of a client ended. `stopped`: we stopped the client at a limit. `not_run`: it did not start, so the run
 * shows nothing about the mirror.
 */
export type ClientEnd =
  | { readonly tag: 'exited'; readonly code: number }
  | { readonly tag: 'signalled'; readonly signal: string }
  | { readonly tag: 'stopped'; readonly because: 'time' | 'output' | 'disk' }
  | { readonly tag: 'not_run'; readonly because: 'not_installed' | 'shutdown' | 'trouble'; readonly code: string };

/** A fetched file with its hashes, lower-case hex. */
export interface FetchedFile {
  readonly name: string;
  readonly sha256: string;
  readonly sha512: string;
}

export interface ClientReport {
  readonly end: ClientEnd;
  readonly tookMs: number;
  readonly files: number;
  readonly bytes: number;
  /** The only file that the client fetched; absent: it fetched none or several, or the file is too large. */
  readonly only?: FetchedFile;
  /** The end of the client's output, as it is stored: only printable characters, with credentials masked. */
  readonly said: string;
  /** The last lines of `said`, for display. */
  readonly words: string;
}

/** `unknown`: the result shows nothing about the mirror. */
export type ClientOutcome = 'ok' | 'failed' | 'unknown';

/** The result of our own probes of the same module, made right after the client's run. */
export interface OwnVerdict {
  readonly outcome: ClientOutcome;
  /** The first step that was not ok; if all were ok, the last step. */
  readonly step: Step;
  /** Why `step` was not ok; `null`: all steps were ok. */
  readonly reason: string | null;
  readonly probeIds: readonly string[];
  /** True if all steps were ok, but the client got other bytes of the same file. */
  readonly otherBytes?: true;
}

export interface ClientRun extends ClientPair, Upstream, Pick<ClientReport, 'tookMs' | 'files' | 'bytes' | 'words'> {
  readonly module: string;
  readonly version: string | null;
  readonly startedAtMs: number;
  readonly outcome: ClientOutcome;
  /**
   * The client's message in one line; if the client wrote no message, a text of this program. `null`: the run was ok.
   */
  readonly reason: string | null;
  /** `reason` as a key and values, to render it in any language. Absent: it is the client's message, or `null`. */
  readonly sentence?: Sentence;
  /** The client's exit code; `null`: it was killed or did not run. */
  readonly exitCode: number | null;
  /** The result of our own probes of the module; `null`: they did not run. */
  readonly ours: OwnVerdict | null;
}

/** Whether the client and our own probes have the same result; `null`: one of the results is unknown or missing. */
export function agrees({ outcome, ours }: Pick<ClientRun, 'outcome' | 'ours'>): boolean | null {
  if (ours === null || outcome === 'unknown' || ours.outcome === 'unknown') return null;
  return outcome === ours.outcome && ours.otherBytes === undefined;
}

export interface ClientOrder {
  readonly command: string;
  /** Returns how to start the client. @param home  the run's own folder, absolute */
  plan(home: string): ClientPlan;
  /** The credentials that are masked in the client's output. */
  readonly access: KnownSecrets;
  /** The user that runs the client; `null`: the daemon's own user. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly timeoutMs: number;
  /** The maximum size of the client's output; above it the client is stopped. */
  readonly outputBytes: number;
  /** The maximum disk use of the client; above it the client is stopped. */
  readonly diskBytes: number;
}

/** Runs real clients. Promises never reject. */
export interface ClientRunner {
  /** Returns the path of the client's program; `null`: it was not found. */
  find(command: string): string | null;
  run(order: ClientOrder): Promise<ClientReport>;
  close(): Promise<void>;
}
