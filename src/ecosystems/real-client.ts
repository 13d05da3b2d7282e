import type { ClientPlan } from '../core/client-run.ts';
import type { Mirror } from '../core/mirror.ts';
import type { WireAccess } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';

/** What a real client fetches, and with which access. */
export interface ClientJob<Settings = unknown> {
  /** The mirror's access, credentials in clear text: only for files in the run's own folder. */
  readonly access: WireAccess;
  /** The upstream is the ecosystem's public one. */
  readonly isPublic: boolean;
  readonly module: string;
  /** As configured; `null`: none was written. */
  readonly version: string | null;
  readonly settings: Settings;
  readonly privatePatterns: readonly string[];
  /** The run's own folder, absolute; it works in `work` below it. */
  readonly home: string;
}

/** Why a client failed, by its own output. */
export interface ClientReason {
  readonly text: string;
  /** The failure is not this mirror's: the run says nothing about it. */
  readonly isElsewhere: boolean;
}

/** A real client that can run against one mirror only. */
export interface RealClient {
  /** Its name in `clientRuns.clients`, and the program's name. Unique over all ecosystems. */
  readonly id: string;
  readonly spec: readonly string[];
  /** Requests of one run at a healthy mirror, for the forecast of `check`. */
  readonly usualAsks: number;
  /** The part of a mirror's access that it does not support, for display; `null`: it can run. */
  cannot(mirror: Mirror): Sentence | null;
  plan(job: ClientJob): ClientPlan;
  /** @param words  the kept part of its output */
  why(words: string): ClientReason;
}

/** The part of an access that no client supports. */
export function checkResolve({ access: { resolve } }: Mirror): Sentence | null {
  if (resolve.server !== null) return phrase('cannot.server');
  return resolve.family === null ? null : phrase('cannot.family');
}

/** The lines of `words` that match, at most `max`, as one text; the last line where none does. */
export function findLines(words: string, pattern: RegExp, max = 3): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  const told = lines.filter((line) => pattern.test(line)).slice(0, max);
  return (told.length > 0 ? told : lines.slice(-1)).map((line) => line.trim()).join(' ');
}

/**
 * A netrc for the mirror's host and for `auth.hosts`, each with and without its port: some clients search for one form,
 * some for the other.
 * @returns an empty text if the mirror has no credentials of that kind
 */
export function netrcOf({ url, auth }: WireAccess): string {
  if (auth === null || auth.scheme !== 'basic') return '';
  const { host, hostname } = new URL(url);
  const machines = new Set([host, hostname, ...auth.hosts]);
  return [...machines].map((machine) => `machine ${machine} login ${auth.username} password ${auth.secret}\n`).join('');
}

/** The proxy for a client's environment, without credentials, which only a file may hold. */
export function proxyEnvOf({ proxy }: WireAccess): Readonly<Record<string, string>> {
  if (proxy === null) return {};
  const { url } = proxy;
  return { HTTP_PROXY: url, HTTPS_PROXY: url, http_proxy: url, https_proxy: url };
}
