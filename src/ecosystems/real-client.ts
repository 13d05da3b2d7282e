import type { ClientPlan } from '../core/client-run.ts';
import type { Mirror } from '../core/mirror.ts';
import type { WireAccess } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';

export interface ClientJob<Settings = unknown> {
  /** Credentials are in clear text: write them only to files in `home`. */
  readonly access: WireAccess;
  /** True if the mirror copies the ecosystem's public upstream. */
  readonly isPublic: boolean;
  readonly module: string;
  /** The version as configured; `null`: the configuration names none. */
  readonly version: string | null;
  readonly settings: Settings;
  readonly privatePatterns: readonly string[];
  /**
   * The absolute path of the client's home directory, which is new for each run. The client starts in its subfolder
   * `work`.
   */
  readonly home: string;
}

export interface ClientReason {
  readonly text: string;
  /** True if the mirror did not cause the failure. */
  readonly isElsewhere: boolean;
}

/** A client program that can be configured to fetch modules from one mirror only. */
export interface RealClient {
  /** The name of the program, also in `clientRuns.clients`. Unique over all ecosystems. */
  readonly id: string;
  readonly usualRequests: number;
  /**
   * Returns which of this mirror's access settings the client does not support, such as a client certificate. `null`:
   * it supports all of them.
   */
  cannot(mirror: Mirror): Sentence | null;
  plan(job: ClientJob): ClientPlan;
  /**
   * Finds the reason of a failed run.
   * @param words  the client's output, or a part of it
   * @param url    the mirror's URL
   */
  why(words: string, url: string): ClientReason;
}

/**
 * Returns the setting of a mirror that no client program supports: a DNS server or an address family. `null`: neither
 * is set.
 */
export function checkResolve({ access: { resolve } }: Mirror): Sentence | null {
  if (resolve.server !== null) return phrase('cannot.server');
  return resolve.family === null ? null : phrase('cannot.family');
}

/**
 * Returns the first `max` lines of `words` that match `pattern`, joined by spaces. If no line matches, it returns the
 * last line that is not blank.
 */
export function findLines(words: string, pattern: RegExp, max = 3): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  const matching = lines.filter((line) => pattern.test(line)).slice(0, max);
  return (matching.length > 0 ? matching : lines.slice(-1)).map((line) => line.trim()).join(' ');
}

/**
 * Returns which setting of a mirror a client does not support that reads credentials from a netrc, which has no bearer
 * tokens; `null`: it supports all of them.
 */
export function checkNetrc(mirror: Mirror): Sentence | null {
  const { auth, proxy } = mirror.access;
  if (auth?.scheme === 'bearer') return phrase('cannot.bearer');
  return proxy?.auth != null ? phrase('cannot.proxy') : checkResolve(mirror);
}

/**
 * Returns the variables and files of a client that reads a netrc in its home.
 * @param ca  the client's variable for its file of CA certificates
 */
export function accessPlanOf({ access, home }: ClientJob, ca: string): Pick<ClientPlan, 'env' | 'files'> {
  const netrc = netrcOf(access);
  const hasCa = access.ca.length > 0;
  return {
    env: { ...(hasCa ? { [ca]: `${home}/ca.pem` } : {}), ...proxyEnvOf(access) },
    files: { ...(hasCa ? { 'ca.pem': access.ca.join('\n') } : {}), ...(netrc === '' ? {} : { '.netrc': netrc }) },
  };
}

/**
 * Returns the text of a netrc file with the mirror's user name and password. It is empty if the mirror has no
 * credentials of the scheme `basic`. It lists the mirror's host with and without the port, because some clients search
 * for one and some for the other. It also lists the hosts of `auth.hosts`.
 */
function netrcOf({ url, auth }: WireAccess): string {
  if (auth === null || auth.scheme !== 'basic') return '';
  const { host, hostname } = new URL(url);
  const machines = new Set([host, hostname, ...auth.hosts]);
  return [...machines].map((machine) => `machine ${machine} login ${auth.username} password ${auth.secret}\n`).join('');
}

/**
 * Returns the environment variables for the mirror's proxy, without credentials. The result is empty if the mirror has
 * no proxy.
 */
export function proxyEnvOf({ proxy }: WireAccess): Readonly<Record<string, string>> {
  if (proxy === null) return {};
  const { url } = proxy;
  return { HTTP_PROXY: url, HTTPS_PROXY: url, http_proxy: url, https_proxy: url };
}
