import { upstreamNameOf } from '../../core/mirror.ts';
import type { Clock } from '../../core/ports.ts';
import type { Message, Result, Sentence } from '../../core/result.ts';
import { formatDuration } from '../../core/units.ts';
import { stamp } from '../../core/views.ts';
import { messageOf, phrase } from '../../words/tell.ts';
import { type Fleet, type MirrorRow, type PlaceAdvice, readFleet } from './fleet.ts';
import { type FleetPlace, mayVote, type PlaceTrouble } from './places.ts';
import { readStore, type StoreAt } from './store.ts';
import { type FleetVerdict, namesOf } from './verdict.ts';

export interface FleetOptions {
  readonly store: StoreAt;
  /** The URL template of a place's page. */
  readonly link: string;
}

/**
 * The states of mirrors at all places (where daemons run), with sentences about them: the body of `GET /api/v1/fleet`.
 */
export interface FleetReport extends Fleet {
  readonly sentences: { readonly [about in 'mirrors' | 'places' | 'advice']: readonly Message[] };
}

/** Reads the store once and judges the result. @returns the error: the reason why the store could not be read */
export async function readReport({ store, link }: FleetOptions, clock: Clock): Promise<Result<FleetReport, string>> {
  const view = await readStore(store, clock);
  return view.tag === 'error' ? view : { tag: 'ok', value: reportOf(readFleet(view.value, link)) };
}

export function reportOf(fleet: Fleet): FleetReport {
  const { atMs, places } = fleet;
  return {
    ...fleet,
    sentences: {
      mirrors: mirrorSentencesOf(fleet).map(messageOf),
      places: places.flatMap((place) => place.troubles.map((one) => messageOf(placeSentence(place, one, atMs)))),
      advice: adviceSentencesOf(fleet).map(messageOf),
    },
  };
}

/** Returns a table for each upstream: a column for each place that monitors it, and a row of cells for each mirror. */
export function tablesOf({ mirrors, places }: Fleet) {
  return [...Map.groupBy(mirrors, upstreamNameOf)].map(([upstream, found]) => {
    const watching = new Set(found.flatMap(({ cells }) => cells.map(({ place }) => place)));
    const columns = places.filter(({ name }) => watching.has(name)).map(({ name }) => name);
    const rows = found.map(({ registry, cells }) => {
      const byPlace = new Map(cells.map((cell) => [cell.place, cell]));
      return { registry, cells: columns.map((place) => byPlace.get(place)) };
    });
    return { upstream, columns, rows };
  });
}

export function isTroubled({ isPartial, sentences }: FleetReport): boolean {
  return isPartial || sentences.mirrors.length + sentences.places.length > 0;
}

/**
 * Returns sentences about mirrors, worst state first. It omits mirrors that are up at all places that know their state.
 */
function mirrorSentencesOf({ atMs, mirrors }: Fleet): readonly Sentence[] {
  const worst = ['down', 'degraded', 'unknown'];
  const troubled = mirrors.filter(({ verdict }) => verdict.kind !== 'well');
  return troubled
    .toSorted((a, b) => worst.indexOf(a.verdict.state) - worst.indexOf(b.verdict.state))
    .map((row) => mirrorSentence(row, atMs));
}

function mirrorSentence({ registry, verdict }: MirrorRow, nowMs: number): Sentence {
  const { kind, state, bad, well, unknown, best, leaving } = verdict;
  if (kind === 'well' || kind === 'unknown')
    return phrase('fleet.unknown', { registry, count: unknown.length, places: unknown });
  const values = {
    registry,
    state: phrase(`state.${state}`),
    bad: bad.length,
    all: bad.length + well.length,
    places: bad,
    since: sinceAll(verdict, nowMs),
    besides: unknown.length === 0 ? '' : phrase('fleet.besides', { places: unknown }),
  };
  const works =
    best === null
      ? phrase('fleet.works', { places: well })
      : phrase('fleet.responds', { place: best.place, time: timeText(best.p95Ms) });
  switch (kind) {
    case 'alone':
    case 'somewhere': {
      // If places where the mirror works advise to leave it too, the network path from the bad places is not the only
      // problem.
      const cause =
        leaving.length === 0
          ? phrase('fleet.path', { places: bad })
          : phrase('fleet.leftToo', { places: leaving, count: leaving.length });
      return phrase(`fleet.${kind}`, { ...values, works, cause });
    }
    default:
      return phrase(`fleet.${kind}`, values);
  }
}

function placeSentence({ name: place }: FleetPlace, trouble: PlaceTrouble, nowMs: number): Sentence {
  switch (trouble.kind) {
    case 'quiet':
      return phrase('fleet.quiet', { place, since: since(trouble.sinceMs, nowMs) });
    case 'untold':
    case 'suspect':
    case 'reload':
      return phrase(`fleet.${trouble.kind}`, { place });
    case 'config':
      return phrase('fleet.config', { place, count: trouble.others });
    case 'clock': {
      const span = formatDuration(Math.round(Math.abs(trouble.skewMs) / 1000) * 1000);
      return phrase(trouble.skewMs > 0 ? 'fleet.clockAhead' : 'fleet.clockBehind', { place, span });
    }
    case 'version': {
      const { version, usual, others: count } = trouble;
      return phrase('fleet.version', { place, version, usual, count });
    }
    case 'shards':
      return phrase('fleet.shards', { place, shards: trouble.missing.map(String), count: trouble.count });
    case 'bad_alone':
    case 'well_alone': {
      const key = trouble.kind === 'bad_alone' ? 'fleet.badAlone' : 'fleet.wellAlone';
      return phrase(key, { place, count: trouble.mirrors });
    }
  }
}

/**
 * Returns a sentence for each switch that places advise, and last for each advice whose cause is over. Each place follows
 * its own advice (decision 0065). A place that has no vote gets no sentence.
 */
function adviceSentencesOf({ mirrors, places, advice }: Fleet): readonly Sentence[] {
  const voters = new Set(places.filter(mayVote).map(({ name }) => name));
  const own = advice.filter(({ place }) => voters.has(place));
  const isOver = ({ state }: PlaceAdvice): boolean => state === 'over';
  const sorted = own.toSorted((a, b) => Number(isOver(a)) - Number(isOver(b)));
  const mirrorKey = (...key: readonly [upstream: string, registry: string]): string => JSON.stringify(key);
  const upAt = new Map(
    mirrors.map((row) => [
      mirrorKey(upstreamNameOf(row), row.registry),
      new Set(namesOf(row.cells.filter(({ state }) => state === 'up'))),
    ]),
  );
  const keyOf = (one: PlaceAdvice): string =>
    JSON.stringify([one.ecosystem, one.upstream, one.from, isOver(one) ? null : one.to]);
  return [...Map.groupBy(sorted, keyOf).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { from, to } = first;
    const here = [...new Set(same.map(({ place }) => place))];
    const what = upstreamNameOf(first);
    if (isOver(first)) return phrase('fleet.lineOver', { what, from, places: here });
    const up = upAt.get(mirrorKey(what, from));
    const upFrom = first.cause === 'failback' ? [] : here.filter((name) => up?.has(name));
    const still = upFrom.length === 0 ? '' : phrase('fleet.upFrom', { from, places: upFrom, count: upFrom.length });
    return phrase('fleet.line', { what, from, to, places: here, up: still });
  });
}

/** Places detect a fault at different moments, so shorter differences of time are not shown, milliseconds. */
const apartMs = 60_000;

function sinceAll({ sinceMs, first }: FleetVerdict, nowMs: number): Sentence | string {
  if (sinceMs === null || first === null || sinceMs - first.sinceMs < apartMs) return since(sinceMs, nowMs);
  const at = timeOfDay(sinceMs, nowMs);
  return phrase('fleet.sinceFirst', { at, place: first.place, first: timeOfDay(first.sinceMs, nowMs) });
}

function since(sinceMs: number | null, nowMs: number): Sentence | string {
  return sinceMs === null ? '' : phrase('fleet.since', { at: timeOfDay(sinceMs, nowMs) });
}

/** Formats a time of day. If it is more than 20 hours ago, the date is included. */
function timeOfDay(atMs: number, nowMs: number): string {
  const text = stamp(atMs);
  return nowMs - atMs < 20 * 3_600_000 ? text.slice(11, 16) : text.slice(0, 16).replace('T', ' ');
}

function timeText(ms: number): string {
  return ms < 999.5 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
