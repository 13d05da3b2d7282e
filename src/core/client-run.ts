import type { EcosystemId, Step } from './mirror.ts';
import type { WireAccess } from './ports.ts';
import type { Sentence } from './result.ts';

/** One mirror and one client that runs against it. */
export interface ClientPair {
  readonly registry: string;
  readonly client: string;
}

/** The key of a pair. */
export function pairKeyOf({ registry, client }: ClientPair): string {
  return `${registry}|${client}`;
}

/**
 * How a real client is started, as its ecosystem declares. Paths in `files` and `fetched` are below the run's own folder.
 */
export interface ClientPlan {
  readonly args: readonly string[];
  /** Added to `PATH HOME TMPDIR LANG NO_COLOR`, the only variables that every client gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Texts by path, mode 0600: settings and credentials, which must not be on the command line. */
  readonly files: Readonly<Record<string, string>>;
  /** The folder for the fetched files; it exists and is empty before the start. */
  readonly fetched: string;
}

/** How a run ended. `stopped`: by us, at one of our limits. `not_run`: it shows nothing about a mirror. */
export type ClientEnd =
  | { readonly tag: 'exited'; readonly code: number }
  | { readonly tag: 'signalled'; readonly signal: string }
  | { readonly tag: 'stopped'; readonly because: 'time' | 'output' | 'disk' }
  | { readonly tag: 'not_run'; readonly because: 'not_installed' | 'shutdown' | 'trouble'; readonly code: string };

/** The result of one run of a client. */
export interface ClientReport {
  readonly end: ClientEnd;
  readonly tookMs: number;
  /** The number of fetched files, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** The kept part of the client's output, printable, credentials masked; the reason of a failure is found in it. */
  readonly said: string;
  /** The last lines of the output, for display and storage; empty: no output. */
  readonly words: string;
}

/** `unknown`: the client could not run, was stopped at one of our limits, or failed for a reason unrelated to the mirror. */
export type ClientOutcome = 'ok' | 'failed' | 'unknown';

/** The result of our own steps for the same module at the same mirror, right after the client. */
export interface OwnVerdict {
  readonly outcome: ClientOutcome;
  /** The first step that was not ok, else the last one. */
  readonly step: Step;
  /** Why that step was not ok; `null`: all steps were ok. */
  readonly reason: string | null;
  readonly probeIds: readonly string[];
}

/** One run of a real client against one mirror, with the result it is compared with. */
export interface ClientRun {
  readonly registry: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly client: string;
  readonly module: string;
  readonly version: string | null;
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly outcome: ClientOutcome;
  /** The client's own reason in one line, or ours if it gave none; `null`: the outcome is ok. */
  readonly reason: string | null;
  /** Our reason for any language; absent: the client's own, or stored in English only. */
  readonly sentence?: Sentence;
  /** `null`: the client did not exit by itself. */
  readonly exitCode: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly words: string;
  /** `null`: our steps did not run, because the client's outcome is unknown. */
  readonly ours: OwnVerdict | null;
}

/** Whether client and steps have the same result; `null` where either is unknown. */
export function agrees({ outcome, ours }: Pick<ClientRun, 'outcome' | 'ours'>): boolean | null {
  if (ours === null || outcome === 'unknown' || ours.outcome === 'unknown') return null;
  return outcome === ours.outcome;
}

/** One run of a real client: the command, the user, and the limits. */
export interface ClientOrder {
  /** A program's name. */
  readonly command: string;
  /** Gets the run's own folder, absolute. */
  plan(home: string): ClientPlan;
  /** The access whose credentials are masked in its output. */
  readonly access: WireAccess;
  /** The user of the client's processes; `null`: the daemon's own. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly timeoutMs: number;
  /** Limits of the client's output and disk use; above either the client is stopped. */
  readonly outputBytes: number;
  readonly diskBytes: number;
}

/** Runs real clients. Every end is a report; no promise rejects. */
export interface ClientRunner {
  /** The path of a program; `null`: not installed. */
  find(command: string): string | null;
  run(order: ClientOrder): Promise<ClientReport>;
  /** Kills running clients; later orders do not run. */
  close(): Promise<void>;
}
