import type { Actor, FleetRule, Move, PlaceVotes } from '../../core/action.ts';
import type { Clock } from '../../core/ports.ts';
import { type Fleet, readFleet } from './fleet.ts';
import { mayVote } from './places.ts';
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
    const fleet = await read(at, clock)
      .then((view) => (view.tag === 'ok' ? readFleet(view.value, '') : null))
      .catch(() => null);
    isReading = false;
    last = { store: rule.store, atMs: clock.monotonicMs(), fleet };
  }

  return (rule, group, move) => {
    const ageMs = last?.store === rule.store ? clock.monotonicMs() - last.atMs : Number.POSITIVE_INFINITY;
    if (ageMs >= freshMs && !isReading) void readAgain(rule);
    return last?.fleet == null || ageMs > knownMs ? null : votesFor(last.fleet, group, move);
  };
}

/**
 * Counts the group's voting places that know the state of `from` (`known`). Those whose advice is exactly this switch
 * are `votes`, unless its cause is over. The label `group` of a place names its group; places without this label form
 * the group `''`.
 */
export function votesFor(fleet: Fleet, group: string, { ecosystem, upstream, from, to }: Move): PlaceVotes {
  const isSame = (one: Pick<Move, 'ecosystem' | 'upstream'>): boolean =>
    one.ecosystem === ecosystem && one.upstream === upstream;
  const cells = fleet.mirrors.find((row) => isSame(row) && row.registry === from)?.cells ?? [];
  const knows = new Set(cells.flatMap(({ place, state }) => (state === 'unknown' ? [] : [place])));
  const known = fleet.places.filter(
    (place) => (place.labels.group ?? '') === group && mayVote(place) && knows.has(place.name),
  );
  const moves = fleet.advice.filter((one) => isSame(one) && one.from === from && one.to === to && one.state !== 'over');
  const advising = new Set(moves.map(({ place }) => place));
  return { votes: known.filter(({ name }) => advising.has(name)).length, known: known.length };
}
