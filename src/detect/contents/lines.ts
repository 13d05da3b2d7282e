import { limits } from '../../core/limits.ts';
import {
  type Change,
  freshOriginOf,
  isQuorum,
  type LineKey,
  type LineState,
  linesOf,
  peersOf,
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
    const isBack = advance(state, placeOf(key, value, changes));
    if (isBack && before !== undefined && who.registry !== who.origin)
      update.back = { what: key, from: before.value, to: value, atMs: reading.toMs };
    noteArrival(taking, key, changes, reached, state.best);
    if (who.registry === who.origin) moved(taking, key, value, { isKnown: before !== undefined, byOrigin: true });
    else if (freshOriginOf(subject, who) === null) movedByPeers(taking, key);
  }
  if (shelf.lines.size > linesKept) dropLines(taking);
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
 * @returns true for the first response of a step backwards (to an earlier position)
 */
function advance(state: LineState, place: number | null): boolean {
  if (place === null || state.best === null || place >= state.best) {
    state.below = 0;
    state.best = place ?? state.best;
    return false;
  }
  state.below += 1;
  const isStep = state.below === 1;
  if (state.below >= limits.contentReadings) {
    state.best = place;
    state.below = 0;
  }
  return isStep;
}

function moved(
  { subject, shelf, reading }: Taking,
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
  const change = { seq: (last?.seq ?? -1) + 1, value, afterMs, atMs: isSeen ? reading.toMs : null, byOrigin };
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
 * For a serial or date, the second largest value counts. For a tag, the value of a quorum counts.
 */
function movedByPeers(taking: Taking, key: LineKey): void {
  const { subject, shelf, who } = taking;
  const values = [shelf, ...peersOf(subject, who.registry, who)].flatMap((one) => one.lines.get(key)?.value ?? []);
  const changes = subject.lines.get(key) ?? [];
  const by = { isKnown: changes.length > 0, byOrigin: false };
  if (isOrdered(key)) {
    const [, second] = values.map(Number).toSorted((a, b) => b - a);
    if (second !== undefined) moved(taking, key, second, by);
    return;
  }
  const own = shelf.lines.get(key)?.value;
  const holders = values.filter((value) => value === own).length;
  if (own === undefined || !isQuorum(holders, values.length) || changes.some(({ value }) => value === own)) return;
  moved(taking, key, own, by);
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
  for (const { byOrigin, atMs: originMs, value, seq } of changes) {
    const place = isOrdered(key) ? Number(value) : seq;
    if (byOrigin && originMs !== null && place > reached && place <= best)
      update.arrivals.push({ registry: who.registry, afterMs: shelf.fromMs, atMs: reading.toMs, originMs });
  }
}
