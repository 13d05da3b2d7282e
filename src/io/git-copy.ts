import { type LookupAddress, lookup } from 'node:dns';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { classBySpelling } from '../core/address-class.ts';
import { limits } from '../core/limits.ts';
import { bareHostOf, portOf } from '../wire/connect.ts';
import { Deadline, stopOf } from '../wire/deadline.ts';
import { mayConnect } from '../wire/guard.ts';
import { systemClock } from './clock.ts';
import { systemTimers } from './timers.ts';

/**
 * Removes what a killed Git process leaves in a bare copy: locks, which make later commands fail, and incomplete
 * objects. Removes the whole copy if it has too many files or bytes.
 * @returns whether there is a copy
 */
export async function isGitCopyUsable(copy: string): Promise<boolean> {
  const names = await readdir(copy, { recursive: true }).catch(() => []);
  let bytes = 0;
  for (const name of names)
    if (/(\.lock|\/tmp_[^/]*)$/.test(name)) await rm(join(copy, name), { recursive: true, force: true });
    else bytes += (await lstat(join(copy, name)).catch(() => null))?.size ?? 0;
  const isSmall = names.length <= limits.gitCopyFiles && bytes <= limits.gitFileBytes;
  if (!isSmall) await removeGitCopy(copy);
  return names.length > 0 && isSmall;
}

/** Removes a bare copy with all its contents. */
export async function removeGitCopy(copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
}

type GitServer =
  /** `entry`: the addresses that Git must use, for `http.curloptResolve`; `null`: the URL itself has the address. */
  | { readonly tag: 'pinned'; readonly entry: string | null }
  | { readonly tag: 'forbidden'; readonly address: string }
  | { readonly tag: 'failed'; readonly code: string };

/**
 * Resolves the host name of a repository's HTTP URL, and checks the addresses. An address is allowed if it is public,
 * or if `allow` contains it, its network or the host name. `forbidden`: no address is allowed.
 */
export async function resolveGitServer(url: URL, allow: readonly string[], timeoutMs: number): Promise<GitServer> {
  const host = bareHostOf(url);
  if (classBySpelling(host) !== null) return { tag: 'pinned', entry: null };
  const deadline = new Deadline(systemClock, systemTimers, systemClock.monotonicMs() + timeoutMs);
  try {
    const found = await deadline.run<readonly LookupAddress[]>((done, failed) => {
      lookup(host, { all: true }, (error, all) => (error === null ? done(all) : failed(stopOf(error))));
      return () => undefined;
    });
    const allowed = found.filter(({ address }) => mayConnect(host, address, { allow, home: null }));
    if (allowed.length === 0) return { tag: 'forbidden', address: found[0]?.address ?? '' };
    const addresses = allowed.map(({ address, family }) => (family === 6 ? `[${address}]` : address));
    return { tag: 'pinned', entry: `${host}:${portOf(url)}:${addresses.join(',')}` };
  } catch (error) {
    return { tag: 'failed', code: stopOf(error).code };
  } finally {
    deadline.clear();
  }
}
