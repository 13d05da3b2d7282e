import type { Actor, FleetRule } from '../../core/action.ts';
import type { Clock } from '../../core/ports.ts';
import { type Fleet, readFleet } from './fleet.ts';
import { votesFor } from './groups.ts';
import { readStore } from './store.ts';

const freshMs = 10_000;
const knownMs = 30_000;
const limitMs = 8_000;

type ReadStore = typeof readStore;

/**
 * Creates a function that counts the votes for a switch. It uses the last read of the store if that succeeded and is at
 * most `knownMs` old; else it returns `null`. If the last read is older than `freshMs`, a new read starts in the
 * background.
 */
export function createVotes(clock: Clock, read: ReadStore = readStore): Actor['votes'] {
  let last: { readonly store: string; readonly atMs: number; readonly fleet: Fleet | null } | null = null;
  let isReading = false;

  async function readAgain(rule: FleetRule): Promise<void> {
    isReading = true;
    const at = { url: rule.store, headers: rule.headers, token: null, tls: {}, limitMs };
    const view = await read(at, clock).catch(() => null);
    isReading = false;
    const fleet = view?.tag === 'ok' ? readFleet(view.value) : null;
    last = { store: rule.store, atMs: clock.monotonicMs(), fleet };
  }

  return (rule, group, move) => {
    const ageMs = last?.store === rule.store ? clock.monotonicMs() - last.atMs : Number.POSITIVE_INFINITY;
    if (ageMs >= freshMs && !isReading) void readAgain(rule);
    return last?.fleet == null || ageMs > knownMs ? null : votesFor(last.fleet, group, move);
  };
}
