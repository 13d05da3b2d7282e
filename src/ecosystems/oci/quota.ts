import type { Facts } from '../../core/transcript.ts';

/** How many pulls a registry grants in a window, and how many of them are left. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds; `null`: not said. */
  readonly windowSeconds: number | null;
}

/** `100;w=21600`, as Docker Hub writes it; `null` for anything else. */
function read(text: string | undefined): { readonly count: number; readonly windowSeconds: number | null } | null {
  const [, count, window] = /^\s*(\d{1,9})(?:\s*;\s*w=(\d{1,9}))?\s*$/.exec(text ?? '') ?? [];
  return count === undefined
    ? null
    : { count: Number(count), windowSeconds: window === undefined ? null : Number(window) };
}

/** The quota that an answer tells; `null` where it tells none: then there is none, as far as it says. @see protocols.md 4.6 */
export function quotaOf(headers: Readonly<Record<string, string>>): Quota | null {
  const limit = read(headers['ratelimit-limit']);
  const remaining = read(headers['ratelimit-remaining']);
  if (limit === null || remaining === null) return null;
  return {
    limit: limit.count,
    remaining: remaining.count,
    windowSeconds: remaining.windowSeconds ?? limit.windowSeconds,
  };
}

/** The quota as a fact; empty without one. */
export function quotaFacts(headers: Readonly<Record<string, string>>): Facts {
  const quota = quotaOf(headers);
  return quota === null ? {} : { own: { quota } };
}
