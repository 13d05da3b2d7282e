import type { Clock } from '../../core/ports.ts';
import type { Result, Told } from '../../core/result.ts';
import { toldOf } from '../../words/tell.ts';
import { type Fleet, readFleet } from './fleet.ts';
import { type GroupLine, type GroupOptions, groupLinesOf } from './groups.ts';
import { readStore } from './look.ts';
import type { PlaceOptions } from './places.ts';
import { groupSentencesOf, mirrorSentencesOf, placeSentencesOf } from './sentences.ts';
import type { StoreAt } from './store.ts';

/** What `mirrorwatch fleet` reads, and how. */
export interface FleetOptions {
  readonly store: StoreAt;
  readonly places: PlaceOptions;
  readonly groups: GroupOptions;
}

/** A fleet with what there is to say about it: the body of `GET /api/v1/fleet`. */
export interface FleetReport extends Fleet {
  readonly groups: readonly GroupLine[];
  /** In English, and as data for any language. */
  readonly sentences: { readonly [about in 'mirrors' | 'places' | 'groups']: readonly Told[] };
}

/** Reads the store once and judges. @returns the error: why there is no picture */
export async function readReport(options: FleetOptions, clock: Clock): Promise<Result<FleetReport, string>> {
  const view = await readStore(options.store, clock);
  return view.tag === 'error' ? view : { tag: 'ok', value: reportOf(readFleet(view.value, options.places), options) };
}

/** Says what there is to say about a fleet. */
export function reportOf(fleet: Fleet, options: Pick<FleetOptions, 'groups'>): FleetReport {
  const groups = groupLinesOf(fleet, options.groups);
  return {
    ...fleet,
    groups,
    sentences: {
      mirrors: mirrorSentencesOf(fleet).map(toldOf),
      places: placeSentencesOf(fleet).map(toldOf),
      groups: groupSentencesOf(groups).map(toldOf),
    },
  };
}

/** Whether something is not well: a mirror, a place, or what the store could say. */
export function isTroubled({ isPartial, sentences }: FleetReport): boolean {
  return isPartial || sentences.mirrors.length + sentences.places.length > 0;
}
