import type { Actor, FleetRule } from '../../core/action.ts';
import type { Clock } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { type Fleet, readFleet } from './fleet.ts';
import { votesFor } from './groups.ts';
import { readStore } from './look.ts';
import type { StoreAt } from './store.ts';

const freshMs = 10_000;
const knownMs = 30_000;
const limitMs = 8_000;

type ReadStore = typeof readStore;

/**
 * Reads the advice of other places, at most every 10 s and only while an action waits for it. Advice that is older than 30 s,
 * or could not be read, counts as unknown.
 */
export function createVotes(clock: Clock, read: ReadStore = readStore): Actor['votes'] {
  let last: { readonly store: string; readonly atMs: number; readonly fleet: Fleet | null } | null = null;
  let isReading = false;

  async function readAgain(rule: FleetRule): Promise<void> {
    isReading = true;
    const view = await read(storeOf(rule), clock).catch(() => null);
    isReading = false;
    const fleet = view?.tag === 'ok' ? readFleet(view.value, { link: '' }) : null;
    last = { store: rule.store, atMs: clock.monotonicMs(), fleet };
  }

  return (rule, group, move) => {
    const ageMs = last?.store === rule.store ? clock.monotonicMs() - last.atMs : Number.POSITIVE_INFINITY;
    if (ageMs >= freshMs && !isReading) void readAgain(rule);
    return last?.fleet == null || ageMs > knownMs ? null : votesFor(last.fleet, group, move);
  };
}

function storeOf({ store, headers }: FleetRule): StoreAt {
  const pairs = headers.map((header) => {
    const [name = '', ...value] = header.reveal().split(': ');
    return [name.toLowerCase(), new Secret(value.join(': '))] as const;
  });
  return { url: store, headers: Object.fromEntries(pairs), token: null, tls: {}, limitMs };
}
