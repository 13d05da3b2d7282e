import type { Clock } from '../../core/ports.ts';
import type { Result, Told } from '../../core/result.ts';
import { toldOf } from '../../words/tell.ts';
import { type Fleet, readFleet } from './fleet.ts';
import { type GroupLine, type GroupOptions, groupLinesOf } from './groups.ts';
import { readStore } from './look.ts';
import type { PlaceOptions } from './places.ts';
import { groupSentencesOf, mirrorSentencesOf, placeSentencesOf } from './sentences.ts';
import type { StoreAt } from './store.ts';

/** The options of `mirrorwatch fleet`. */
export interface FleetOptions {
  readonly store: StoreAt;
  readonly places: PlaceOptions;
  readonly groups: GroupOptions;
}

/** A fleet with sentences about it: the body of `GET /api/v1/fleet`. */
export interface FleetReport extends Fleet {
  readonly groups: readonly GroupLine[];
  /** In English, and as data for any language. */
  readonly sentences: { readonly [about in 'mirrors' | 'places' | 'groups']: readonly Told[] };
}

/** Reads the store once and judges the result. @returns the error: why the store could not be read */
export async function readReport(options: FleetOptions, clock: Clock): Promise<Result<FleetReport, string>> {
  const view = await readStore(options.store, clock);
  return view.tag === 'error' ? view : { tag: 'ok', value: reportOf(readFleet(view.value, options.places), options) };
}

/** Adds advice by group and sentences to a fleet. */
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

/** True if a mirror or a place has a problem, or the store's response was incomplete. */
export function isTroubled({ isPartial, sentences }: FleetReport): boolean {
  return isPartial || sentences.mirrors.length + sentences.places.length > 0;
}
