import type { Now } from '../../core/ports.ts';
import {
  type Change,
  ContentSubject,
  type LagReading,
  type LineKey,
  type LineState,
  type Lost,
  type Release,
  Shelf,
} from '../memory/subject.ts';

type Stored<T> = readonly (readonly [string, T])[];

interface ShelfRow extends Omit<Shelf, 'since' | 'lost' | 'lines' | 'reading'> {
  /**
   * `url` is the mirror's URL when the row was written. If the mirror has another URL now, the row is about another
   * mirror.
   */
  readonly url: string;
  readonly since: Stored<{ readonly afterMs: number; readonly atMs: number }>;
  readonly lost: Stored<Lost>;
  readonly lines: Stored<LineState>;
  readonly reading: LagReading | null;
}

export interface SubjectRow {
  readonly v: 1;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: string;
  readonly releases: Stored<Release>;
  readonly lines: Stored<readonly Change[]>;
  readonly shelves: Stored<ShelfRow>;
}

/**
 * Keys whose values are times of this program's clock: monotonic in memory, wall times in a row. Dates that a server
 * states have other keys.
 */
const timeKeys: ReadonlySet<string> = new Set([
  'afterMs',
  'atMs',
  'originMs',
  'sinceMs',
  'fromMs',
  'toMs',
  'previousFromMs',
  'firstMs',
  'oldestMs',
]);

/** Copies the data and adds `byMs` to each time (a value with a key of `timeKeys`). The sum is at most `mostMs`. */
function moved(value: unknown, byMs: number, mostMs = Number.POSITIVE_INFINITY): unknown {
  if (Array.isArray(value)) return value.map((one) => moved(one, byMs, mostMs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [
      key,
      timeKeys.has(key) && typeof held === 'number' ? Math.min(held + byMs, mostMs) : moved(held, byMs, mostMs),
    ]),
  );
}

export function subjectRowOf(subject: ContentSubject, urlOf: (registry: string) => string, wallAheadMs: number) {
  const { module, version, step, releases, lines, shelves } = subject;
  const rows = [...shelves].map(
    ([name, shelf]) =>
      [
        name,
        { ...shelf, url: urlOf(name), since: [...shelf.since], lost: [...shelf.lost], lines: [...shelf.lines] },
      ] as const,
  );
  const row: SubjectRow = { v: 1, module, version, step, releases: [...releases], lines: [...lines], shelves: rows };
  return moved(row, wallAheadMs) as SubjectRow;
}

function isStored(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (one) => Array.isArray(one) && typeof one[0] === 'string' && typeof one[1] === 'object' && one[1] !== null,
    )
  );
}

function isShelfRow(value: ShelfRow): boolean {
  const times = [value.looks, value.fromMs, value.toMs, value.firstMs];
  return times.every(Number.isFinite) && isStored(value.since) && isStored(value.lost) && isStored(value.lines);
}

/**
 * Reads a stored subject (the contents of mirrors for a module, a tag or the whole mirror); `null`: it is invalid.
 * Times in the future become the current time, because the clock may have been set back.
 * @param isKept  returns false for a mirror whose stored data is dropped
 */
export function readSubject(
  key: string,
  value: unknown,
  { wallMs, monotonicMs }: Now,
  isKept: (registry: string, url: string) => boolean,
): ContentSubject | null {
  const row = value as Partial<SubjectRow> | null;
  if (row?.v !== 1 || !isStored(row.releases) || !isStored(row.lines) || !isStored(row.shelves)) return null;
  const { releases, lines, shelves, ...about } = moved(row, monotonicMs - wallMs, monotonicMs) as SubjectRow;
  const subject = new ContentSubject(key, about);
  for (const [version, release] of releases) subject.releases.set(version, release);
  for (const [line, changes] of lines) subject.lines.set(line as LineKey, [...changes]);
  for (const [name, shelf] of shelves) {
    if (!isShelfRow(shelf) || !isKept(name, shelf.url)) continue;
    const { url: _, since, lost, lines: own, ...plain } = shelf;
    subject.shelves.set(name, {
      ...new Shelf(),
      ...plain,
      since: new Map(since),
      lost: new Map(lost),
      lines: new Map(own as readonly (readonly [LineKey, LineState])[]),
    });
  }
  return subject;
}
