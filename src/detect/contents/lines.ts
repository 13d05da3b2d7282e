import { limits } from '../../core/limits.ts';
import { type LineKey, type Look, linesOf } from './look.ts';
import { type Change, freshOriginOf, isQuorum, type LineState, peersOf, type Shelf, type Subject } from './subject.ts';
import type { News, Who } from './versions.ts';

/** True for a value that only grows; a tag may change to anything. */
export function isOrdered(key: LineKey): boolean {
  return key === 'serial' || key === 'date';
}

/** Records the values of a response's lines (names that move, numbers that grow). */
export function updateLines(subject: Subject, shelf: Shelf, look: Look, who: Who, news: News): void {
  for (const [key, value] of linesOf(look.contents)) {
    const before = shelf.lines.get(key);
    if (before?.value !== value) news.isNews = true;
    const sinceMs = before?.value === value ? before.sinceMs : look.toMs;
    const changes = subject.lines.get(key) ?? [];
    const state: LineState = { value, sinceMs, best: before?.best ?? null, below: before?.below ?? 0 };
    shelf.lines.set(key, state);
    const reached = state.best;
    const isBack = advance(state, placeOf(key, value, changes));
    if (isBack && before !== undefined && who.registry !== who.origin)
      news.back = { what: key, from: before.value, to: value, atMs: look.toMs };
    noteArrival(key, { reached, state, shelf, look, who, news, changes });
    if (who.registry === who.origin)
      moved(subject, key, value, { isKnown: before !== undefined, shelf, look, byOrigin: true });
    else if (freshOriginOf(subject, who) === null) movedByPeers(subject, key, { shelf, look, who });
  }
}

/** The position of a value in the history of a line: for a tag its last change to it; `null` where there is none. */
function placeOf(key: LineKey, value: string | number, changes: readonly Change[]): number | null {
  if (isOrdered(key)) return Number(value);
  return changes.findLast((change) => change.value === value)?.seq ?? null;
}

/**
 * A position before the best one counts once as a step backwards. If the mirror stays there, it becomes its position.
 * @returns true for that step
 */
function advance(state: LineState, place: number | null): boolean {
  if (place === null || state.best === null || place >= state.best) {
    state.below = 0;
    state.best = place ?? state.best;
    return false;
  }
  state.below += 1;
  const isStep = state.below === 1;
  if (state.below >= limits.contentLooks) {
    state.best = place;
    state.below = 0;
  }
  return isStep;
}

/** Adds a change of the line, and finds the mirrors that already have its value. */
function moved(
  subject: Subject,
  key: LineKey,
  value: string | number,
  by: { readonly isKnown: boolean; readonly shelf: Shelf; readonly look: Look; readonly byOrigin: boolean },
): void {
  const changes = subject.lines.get(key) ?? [];
  const last = changes.at(-1);
  const isNew = last === undefined || (isOrdered(key) ? Number(value) > Number(last.value) : value !== last.value);
  if (!isNew) return;
  const isSeen = by.isKnown && last !== undefined;
  const change: Change = {
    seq: (last?.seq ?? -1) + 1,
    value,
    afterMs: isSeen && by.byOrigin ? by.shelf.fromMs : null,
    atMs: isSeen ? by.look.toMs : null,
    byOrigin: by.byOrigin,
  };
  subject.lines.set(key, [...changes, change].slice(-limits.tagChanges));
  if (isOrdered(key)) return;
  for (const { lines } of subject.shelves.values()) {
    const state = lines.get(key);
    if (state?.value !== value) continue;
    state.best = change.seq;
    state.below = 0;
  }
}

/** Without an origin, a value counts once a quorum has it: the second largest number, or a tag that two mirrors have. */
function movedByPeers(
  subject: Subject,
  key: LineKey,
  { shelf, look, who }: { readonly shelf: Shelf; readonly look: Look; readonly who: Who },
): void {
  const all = [shelf, ...peersOf(subject, who.registry, who)];
  const values = all.flatMap((one) => one.lines.get(key)?.value ?? []);
  const changes = subject.lines.get(key) ?? [];
  const by = { isKnown: changes.length > 0, shelf, look, byOrigin: false };
  if (isOrdered(key)) {
    const [, second] = values.map(Number).toSorted((a, b) => b - a);
    if (second !== undefined) moved(subject, key, second, by);
    return;
  }
  const own = shelf.lines.get(key)?.value;
  const holders = values.filter((value) => value === own).length;
  if (own === undefined || !isQuorum(holders, values.length) || changes.some(({ value }) => value === own)) return;
  moved(subject, key, own, by);
}

/** Without versions, a change of a line at the origin is the release, and a mirror that reached it has it. */
function noteArrival(
  key: LineKey,
  {
    reached,
    state,
    shelf,
    look,
    who,
    news,
    changes,
  }: {
    readonly reached: number | null;
    readonly state: LineState;
    readonly shelf: Shelf;
    readonly look: Look;
    readonly who: Who;
    readonly news: News;
    readonly changes: readonly Change[];
  },
): void {
  const isCounted = who.registry !== who.origin && key !== 'serial' && look.contents.versions === undefined;
  if (!isCounted || shelf.looks === 0 || reached === null || state.best === null || state.best <= reached) return;
  const place = (change: Change): number => (isOrdered(key) ? Number(change.value) : change.seq);
  for (const change of changes) {
    if (!change.byOrigin || change.atMs === null || place(change) <= reached || place(change) > state.best) continue;
    news.arrivals.push({
      registry: who.registry,
      afterMs: shelf.fromMs,
      atMs: look.toMs,
      originMs: change.atMs,
    });
  }
}
