import { limits } from '../../core/limits.ts';

/**
 * Returns the mirror to which a client is assigned for an upstream, if that mirror is usable. Otherwise assigns the
 * client to `first` and returns it. An assignment lasts for `limits.doorStayMs`; requests do not extend it.
 */
export type Stays = (client: string, upstream: string, first: string, isUsable: (name: string) => boolean) => string;

interface Stay {
  readonly name: string;
  readonly sinceMs: number;
}

/**
 * Assigns each client to one mirror for a time, because a signed list and the files that it names must come from the
 * same mirror. If there are too many assignments, the oldest one is dropped.
 * @param nowMs  the monotonic clock
 */
export function createStays(nowMs: () => number): Stays {
  const stays = new Map<string, Stay>();
  return (client, upstream, first, isUsable) => {
    const key = `${client} ${upstream}`;
    const known = stays.get(key);
    const now = nowMs();
    if (known !== undefined && now - known.sinceMs < limits.doorStayMs && isUsable(known.name)) return known.name;
    stays.delete(key);
    stays.set(key, { name: first, sinceMs: now });
    if (stays.size > limits.doorClientsKept) stays.delete(stays.keys().next().value ?? '');
    return first;
  };
}
