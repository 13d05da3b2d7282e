import type { Step, Upstream } from './mirror.ts';
import type { WireAccess } from './ports.ts';
import type { Sentence } from './result.ts';

/** A client that runs against a mirror. */
export interface ClientPair {
  readonly registry: string;
  readonly client: string;
}

export function pairKeyOf({ registry, client }: ClientPair): string {
  return `${registry}|${client}`;
}

/** How a real client is started. Paths in `files` and `fetched` are below the run's own folder. */
export interface ClientPlan {
  readonly args: readonly string[];
  /** Added to the few variables that every client gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Texts by path, mode 0600: credentials must not be on the command line. */
  readonly files: Readonly<Record<string, string>>;
  /** The folder for fetched files, empty at the start. */
  readonly fetched: string;
}

/** How a run ended. `stopped`: at one of our limits. `not_run`: shows nothing about a mirror. */
export type ClientEnd =
  | { readonly tag: 'exited'; readonly code: number }
  | { readonly tag: 'signalled'; readonly signal: string }
  | { readonly tag: 'stopped'; readonly because: 'time' | 'output' | 'disk' }
  | { readonly tag: 'not_run'; readonly because: 'not_installed' | 'shutdown' | 'trouble'; readonly code: string };

export interface ClientReport {
  readonly end: ClientEnd;
  readonly tookMs: number;
  /** Fetched files, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** The kept part of the output, printable, credentials masked. */
  readonly said: string;
  /** The last lines of the output, for display. */
  readonly words: string;
}

/** `unknown`: the client did not run, was stopped, or failed for a reason unrelated to the mirror. */
export type ClientOutcome = 'ok' | 'failed' | 'unknown';

/** The result of our own steps for the same module, right after the client. */
export interface OwnVerdict {
  readonly outcome: ClientOutcome;
  /** The first step that was not ok, else the last one. */
  readonly step: Step;
  /** Why that step was not ok; `null`: all steps were ok. */
  readonly reason: string | null;
  readonly probeIds: readonly string[];
}

export interface ClientRun extends ClientPair, Upstream {
  readonly module: string;
  readonly version: string | null;
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly outcome: ClientOutcome;
  /** The client's reason in one line, or ours if it gave none; `null`: ok. */
  readonly reason: string | null;
  /** Our reason for any language; absent: the client's own, or in English only. */
  readonly sentence?: Sentence;
  /** `null`: the client did not exit by itself. */
  readonly exitCode: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly words: string;
  /** `null`: our steps did not run. */
  readonly ours: OwnVerdict | null;
}

/** Whether both have the same result; `null`: one is unknown. */
export function agrees({ outcome, ours }: Pick<ClientRun, 'outcome' | 'ours'>): boolean | null {
  if (ours === null || outcome === 'unknown' || ours.outcome === 'unknown') return null;
  return outcome === ours.outcome;
}

export interface ClientOrder {
  readonly command: string;
  /** @param home  the run's own folder, absolute */
  plan(home: string): ClientPlan;
  /** Its credentials are masked in the output. */
  readonly access: WireAccess;
  /** `null`: the daemon's own user. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly timeoutMs: number;
  /** Above either the client is stopped. */
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
