import { limits } from '../../core/limits.ts';
import {
  type Change,
  freshOriginOf,
  isQuorum,
  type LineKey,
  type LineState,
  linesOf,
  peersOf,
  type Standpoint,
} from '../memory/subject.ts';
import type { Taking } from './versions.ts';

/**
 * The maximum number of tags, serials and dates of one subject (such as a module) at a mirror. Above this number, those
 * that the last response lacks are deleted.
 */
const linesKept = 4 * limits.contentTags;

/** True for a serial or date, which only grows. A tag may change to any value. */
export function isOrdered(key: LineKey): boolean {
  return key === 'serial' || key === 'date';
}

export function updateLines(taking: Taking): void {
  const { subject, shelf, reading, who, update } = taking;
  for (const [key, value] of linesOf(reading.contents)) {
    const before = shelf.lines.get(key);
    if (before?.value !== value) update.isChange = true;
    const sinceMs = before?.value === value ? before.sinceMs : reading.toMs;
    const changes = subject.lines.get(key) ?? [];
    const reached = before?.best ?? null;
    const state: LineState = { value, sinceMs, best: reached, below: before?.below ?? 0 };
    shelf.lines.set(key, state);
    const step = advance(state, placeOf(key, value, changes));
    if (step !== null && before !== undefined && !isAtOrigin(taking, key, value)) {
      // An earlier value that stays counts twice: nothing but the mirror's own responses may show it.
      if (step === 'lasting') shelf.backwards += 1;
      else update.back = { what: key, from: before.value, to: value, atMs: reading.toMs };
    }
    noteArrival(taking, key, changes, reached, state.best);
    if (who.registry === who.origin) moved(taking, key, value, { isKnown: before !== undefined, byOrigin: true });
    else if (freshOriginOf(subject, who) === null) movedByPeers(taking, key);
  }
  if (shelf.lines.size > linesKept) dropLines(taking);
}

/** True for the origin itself, and for a serial or date that is not behind the origin's last one. */
function isAtOrigin({ subject, who }: Taking, key: LineKey, value: string | number): boolean {
  const origin = freshOriginOf(subject, who)?.lines.get(key)?.value;
  return who.registry === who.origin || (isOrdered(key) && origin !== undefined && Number(origin) <= Number(value));
}

/** Deletes the tags that the last response lacks, because a server may list different tags in each response. */
function dropLines({ subject, shelf, reading }: Taking): void {
  const shown = new Map(linesOf(reading.contents));
  for (const key of shelf.lines.keys()) if (!shown.has(key)) shelf.lines.delete(key);
  const shelves = [...subject.shelves.values()];
  for (const key of subject.lines.keys()) if (!shelves.some(({ lines }) => lines.has(key))) subject.lines.delete(key);
}

/**
 * The position of a value in the order of its changes. For a serial or date: the value itself. For a tag: the `seq` of
 * the tag's last change to the value; `null`: no such change.
 */
function placeOf(key: LineKey, value: string | number, changes: readonly Change[]): number | null {
  if (isOrdered(key)) return Number(value);
  return changes.findLast((change) => change.value === value)?.seq ?? null;
}

/**
 * Records the position of a response (see `placeOf`). An earlier position becomes the best one after
 * `limits.contentReadings` responses in a row.
 * @returns `first` for the first response of a step backwards (to an earlier position), `lasting` for the response that
 * makes the earlier position the best one, else `null`
 */
function advance(state: LineState, place: number | null): 'first' | 'lasting' | null {
  if (place === null || state.best === null || place >= state.best) {
    state.below = 0;
    state.best = place ?? state.best;
    return null;
  }
  state.below += 1;
  if (state.below < limits.contentReadings) return state.below === 1 ? 'first' : null;
  state.best = place;
  state.below = 0;
  return 'lasting';
}

function moved(
  { subject, shelf, reading, who }: Taking,
  key: LineKey,
  value: string | number,
  { isKnown, byOrigin }: { readonly isKnown: boolean; readonly byOrigin: boolean },
): void {
  const changes = subject.lines.get(key) ?? [];
  const last = changes.at(-1);
  const isNew = last === undefined || (isOrdered(key) ? Number(value) > Number(last.value) : value !== last.value);
  if (!isNew) return;
  const isSeen = isKnown && last !== undefined;
  const afterMs = isSeen && byOrigin ? shelf.fromMs : null;
  // A serial or date that is seen first existed by then; a date, since the time that it states.
  const knownMs = key === 'date' ? Math.min(reading.toMs, Number(value) - who.wallAheadMs) : reading.toMs;
  const atMs = isSeen ? reading.toMs : isOrdered(key) ? knownMs : null;
  const change = { seq: (last?.seq ?? -1) + 1, value, afterMs, atMs, byOrigin };
  subject.lines.set(key, [...changes, change].slice(-limits.tagChanges));
  if (isOrdered(key)) return;
  for (const { lines } of subject.shelves.values()) {
    const state = lines.get(key);
    if (state?.value !== value) continue;
    state.best = change.seq;
    state.below = 0;
  }
}

/**
 * Records a change of a tag, serial or date that the mirrors show, because there is no recent response of the origin.
 * For a serial or date, the largest value that a quorum has reached counts. For a tag, the value of a quorum counts.
 */
function movedByPeers(taking: Taking, key: LineKey): void {
  const { subject, shelf, who } = taking;
  const peers = [{ registry: who.registry, shelf }, ...peersOf(subject, who.registry, who)];
  const values = peers.flatMap(({ registry, shelf: { lines } }): readonly PeerValue[] => {
    const value = lines.get(key)?.value;
    return value === undefined ? [] : [{ registry, value }];
  });
  const all = values.map(({ registry }) => registry);
  const changes = subject.lines.get(key) ?? [];
  const by = { isKnown: changes.length > 0, byOrigin: false };
  if (isOrdered(key)) {
    const reached = quorumValueOf(values, all, who);
    if (reached !== undefined) moved(taking, key, reached, by);
    return;
  }
  const own = shelf.lines.get(key)?.value;
  const holders = values.flatMap(({ registry, value }) => (value === own ? [registry] : []));
  if (own === undefined || !isQuorum(holders, all, who) || changes.some(({ value }) => value === own)) return;
  moved(taking, key, own, by);
}

/** The tag, serial or date that a mirror shows. */
export interface PeerValue {
  readonly registry: string;
  readonly value: string | number;
}

/** The largest serial or date that a quorum of `all` mirrors has reached; `undefined`: none. */
export function quorumValueOf(
  values: readonly PeerValue[],
  all: readonly string[],
  at: Standpoint,
): number | undefined {
  const sorted = values.toSorted((a, b) => Number(b.value) - Number(a.value));
  const names = sorted.map(({ registry }) => registry);
  const found = sorted.find((_, i) => isQuorum(names.slice(0, i + 1), all, at));
  return found === undefined ? undefined : Number(found.value);
}

/**
 * Adds an arrival (a release that reached the mirror) if the mirror shows a newer tag or date of the origin for the
 * first time. Such a change counts as a release only if the responses list no versions.
 */
function noteArrival(
  { shelf, reading, who, update }: Taking,
  key: LineKey,
  changes: readonly Change[],
  reached: number | null,
  best: number | null,
): void {
  const isCounted = who.registry !== who.origin && key !== 'serial' && reading.contents.versions === undefined;
  if (!isCounted || shelf.looks === 0 || reached === null || best === null || best <= reached) return;
  for (const { byOrigin, afterMs, atMs: originMs, value, seq } of changes) {
    const place = isOrdered(key) ? Number(value) : seq;
    if (byOrigin && afterMs !== null && originMs !== null && place > reached && place <= best)
      update.arrivals.push({ registry: who.registry, afterMs: shelf.fromMs, atMs: reading.toMs, originMs });
  }
}
