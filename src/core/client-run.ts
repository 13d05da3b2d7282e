import type { EcosystemId } from './mirror.ts';
import type { WireAccess } from './ports.ts';
import type { Sentence } from './sentence.ts';
import type { Step } from './target.ts';

/** One mirror and one client that is run against it. */
export interface ClientPair {
  readonly registry: string;
  readonly client: string;
}

/** The key of a pair. */
export function pairKey({ registry, client }: ClientPair): string {
  return `${registry}|${client}`;
}

/** How a real client is started, as its ecosystem declares it. Paths in `files` and `fetched` are below the run's own folder. */
export interface ClientPlan {
  readonly args: readonly string[];
  /** On top of `PATH HOME TMPDIR LANG NO_COLOR`, which are all that every client is given. */
  readonly env: Readonly<Record<string, string>>;
  /** Texts by path, mode 0600: settings and credentials, which stand on no command line. */
  readonly files: Readonly<Record<string, string>>;
  /** The folder whose files are what it fetched; there, and empty, before it starts. */
  readonly fetched: string;
}

/** How a run ended. `stopped`: by us, at a bound of ours. `not_run`: it says nothing of a mirror. */
export type ClientEnd =
  | { readonly tag: 'exited'; readonly code: number }
  | { readonly tag: 'signalled'; readonly signal: string }
  | { readonly tag: 'stopped'; readonly because: 'time' | 'output' | 'disk' }
  | { readonly tag: 'not_run'; readonly because: 'not_installed' | 'shutdown' | 'trouble'; readonly code: string };

/** What came of one run of a client. */
export interface ClientReport {
  readonly end: ClientEnd;
  readonly tookMs: number;
  /** What it fetched. */
  readonly files: number;
  readonly bytes: number;
  /** All that is kept of what it wrote, printable, credentials masked: for its reason to be read from. */
  readonly said: string;
  /** The last lines of that, to be shown and stored; empty: it said nothing. */
  readonly words: string;
}

/** `unknown`: it could not be run, was stopped at a bound of ours, or failed at something that is not the mirror. */
export type ClientOutcome = 'ok' | 'failed' | 'unknown';

/** What our own steps said of the same module at the same mirror, right after the client. */
export interface OwnVerdict {
  readonly outcome: ClientOutcome;
  /** The first step that was not ok, else the last one. */
  readonly step: Step;
  /** Why it was not; `null`: all were ok. */
  readonly reason: string | null;
  readonly probeIds: readonly string[];
}

/** One run of a real client against one mirror, and what it was compared with. */
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
  /** Its own reason in a line, or ours where it could not say; `null`: ok. */
  readonly reason: string | null;
  /** Of a reason of ours, for any language; absent: its own, or stored in English alone. */
  readonly sentence?: Sentence;
  /** `null`: it did not exit by itself. */
  readonly exitCode: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly words: string;
  /** `null`: our steps were not asked, because its own outcome is unknown. */
  readonly ours: OwnVerdict | null;
}

/** Whether client and steps say the same; `null` where either says nothing. */
export function agrees({ outcome, ours }: Pick<ClientRun, 'outcome' | 'ours'>): boolean | null {
  if (ours === null || outcome === 'unknown' || ours.outcome === 'unknown') return null;
  return outcome === ours.outcome;
}

/** One run of a real client: what, as whom, and within which bounds. */
export interface ClientOrder {
  /** A program's name. */
  readonly command: string;
  /** Told the run's own folder, absolute. */
  plan(home: string): ClientPlan;
  /** Whose credentials are masked in its words. */
  readonly access: WireAccess;
  /** `null`: as we are. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly timeoutMs: number;
  /** Beyond these it is stopped. */
  readonly outputBytes: number;
  readonly diskBytes: number;
}

/** Runs real clients. Whatever they do, it is a report; nothing rejects. */
export interface ClientRunner {
  /** Where a program is; `null`: not installed. */
  find(command: string): string | null;
  run(order: ClientOrder): Promise<ClientReport>;
  /** Kills what runs; what is asked for later is not run. */
  close(): Promise<void>;
}
