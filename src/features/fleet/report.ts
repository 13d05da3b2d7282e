import { upstreamNameOf } from '../../core/mirror.ts';
import type { Clock } from '../../core/ports.ts';
import type { Message, Result, Sentence } from '../../core/result.ts';
import { formatDuration } from '../../core/units.ts';
import { stamp } from '../../core/views.ts';
import { messageOf, phrase } from '../../words/tell.ts';
import { type Fleet, type MirrorRow, readFleet } from './fleet.ts';
import { type GroupLine, type GroupOptions, groupLinesOf } from './groups.ts';
import type { FleetPlace, PlaceTrouble } from './places.ts';
import { readStore, type StoreAt } from './store.ts';
import type { FleetVerdict } from './verdict.ts';

export interface FleetOptions {
  readonly store: StoreAt;
  readonly groups: GroupOptions;
}

/**
 * The states of mirrors at all places (where daemons run), with sentences about them.
 */
export interface FleetReport extends Fleet {
  readonly groups: readonly GroupLine[];
  readonly sentences: { readonly [about in 'mirrors' | 'places' | 'groups']: readonly Message[] };
}

/** Reads the store once and judges the result. @returns the error: the reason why the store could not be read */
export async function readReport(options: FleetOptions, clock: Clock): Promise<Result<FleetReport, string>> {
  const view = await readStore(options.store, clock);
  return view.tag === 'error' ? view : { tag: 'ok', value: reportOf(readFleet(view.value), options) };
}

export function reportOf(fleet: Fleet, options: Pick<FleetOptions, 'groups'>): FleetReport {
  const groups = groupLinesOf(fleet, options.groups);
  return {
    ...fleet,
    groups,
    sentences: {
      mirrors: mirrorSentencesOf(fleet).map(messageOf),
      places: placeSentencesOf(fleet).map(messageOf),
      groups: groupSentencesOf(groups).map(messageOf),
    },
  };
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

function placeSentencesOf({ atMs, places }: Fleet): readonly Sentence[] {
  return places.flatMap((place) => place.troubles.map((trouble) => placeSentence(place, trouble, atMs)));
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

function groupSentencesOf(lines: readonly GroupLine[]): readonly Sentence[] {
  return lines.map(({ group, ecosystem, upstream, from, to, places, along, upFrom, votes, of, needed, kind }) => {
    const what = upstreamNameOf({ ecosystem, upstream });
    const up = upFrom.length === 0 ? '' : phrase('fleet.upFrom', { from, places: upFrom, count: upFrom.length });
    if (kind === 'over') return phrase('fleet.lineOver', { what, from, places });
    if (kind === 'each') return phrase('fleet.lineEach', { what, from, to, places, up });
    if (kind === 'own') return phrase('fleet.lineOwn', { what, from, to, places, votes, of, needed, up });
    return phrase('fleet.lineOne', {
      ...{ what, from, to, votes, of, up },
      group: group && phrase('fleet.ofGroup', { group }),
      along: along.length === 0 ? '' : phrase('fleet.along', { places: along, count: along.length }),
    });
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
