import type { Now, Row } from '../../core/ports.ts';
import type { Memory } from '../memory/memory.ts';
import {
  type Change,
  ContentSubject,
  contentsOf,
  type LagReading,
  type LineKey,
  type LineState,
  type Lost,
  type Release,
  Shelf,
  subjectKeyOf,
  type Withdrawal,
} from '../memory/subject.ts';

type Stored<T> = readonly (readonly [string, T])[];

interface ShelfRow extends Omit<Shelf, 'since' | 'lost' | 'lines'> {
  /**
   * `url` is the mirror's URL when the row was written. If the mirror has another URL now, the row is about another
   * mirror.
   */
  readonly url: string;
  readonly since: Stored<{ readonly afterMs: number; readonly atMs: number }>;
  readonly lost: Stored<Lost>;
  readonly lines: Stored<LineState>;
}

export interface SubjectRow extends Pick<ContentSubject, 'module' | 'version' | 'step'> {
  readonly v: 1;
  readonly releases: Stored<Release>;
  readonly withdrawn?: Stored<Withdrawal>;
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

/**
 * Copies the data, with a list of entries for each map, and adds `byMs` to each time (a value with a key of `timeKeys`).
 * The sum is at most `mostMs`.
 */
function moved(value: unknown, byMs: number, mostMs = Number.POSITIVE_INFINITY): unknown {
  if (Array.isArray(value) || value instanceof Map) return [...value].map((one) => moved(one, byMs, mostMs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [
      key,
      timeKeys.has(key) && typeof held === 'number' ? Math.min(held + byMs, mostMs) : moved(held, byMs, mostMs),
    ]),
  );
}

export function subjectRowOf(subject: ContentSubject, urlOf: (registry: string) => string, wallAheadMs: number) {
  const { module, version, step, releases, withdrawn, lines } = subject;
  const shelves = [...subject.shelves].map(([name, shelf]) => [name, { ...shelf, url: urlOf(name) }]);
  const ofWithdrawn = withdrawn.size === 0 ? {} : { withdrawn };
  return moved({ v: 1, module, version, step, releases, ...ofWithdrawn, lines, shelves }, wallAheadMs) as SubjectRow;
}

function isStored(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (one) => Array.isArray(one) && typeof one[0] === 'string' && typeof one[1] === 'object' && one[1] !== null,
    )
  );
}

function isWithdrawalRow([, { atMs, toMs, isYanked, holders }]: Stored<Withdrawal>[number]): boolean {
  const areNames = Array.isArray(holders) && holders.every((name) => typeof name === 'string');
  return Number.isFinite(atMs) && Number.isFinite(toMs) && typeof isYanked === 'boolean' && areNames;
}

function isReading(value: LagReading | null): boolean {
  if (value === null) return true;
  const { agreedMs, lowerMs, upperMs, oldestMs, records, missing } = value;
  const bounds = [lowerMs, upperMs, oldestMs, records];
  const areBounds = bounds.every((one) => one === null || Number.isFinite(one));
  return Number.isFinite(agreedMs) && areBounds && (missing === null || Array.isArray(missing?.names));
}

function isShelfRow(value: ShelfRow): boolean {
  const times = [value.looks, value.fromMs, value.toMs, value.firstMs];
  const lists = [value.since, value.lost, value.lines];
  return times.every(Number.isFinite) && lists.every(isStored) && isReading(value.reading);
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
  if (row.withdrawn !== undefined && !(isStored(row.withdrawn) && row.withdrawn.every(isWithdrawalRow))) return null;
  const {
    releases,
    withdrawn = [],
    lines,
    shelves,
    ...about
  } = moved(row, monotonicMs - wallMs, monotonicMs) as SubjectRow;
  const subject = new ContentSubject(key, about);
  for (const [version, one] of withdrawn) subject.withdrawn.set(version, one);
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

/**
 * The minimum interval between two writes of a subject's row, milliseconds: `writeChangesMs` if its contents changed,
 * else `writeStillMs`. A subject is what responses are about, such as a module.
 */
const writeChangesMs = 60_000;
const writeStillMs = 30 * 60_000;
const rowsPerTurn = 50;

/** The key of a subject's row in table `detector`. An empty `subject` gives the prefix of all such keys. */
const rowKeyOf = (subject: string): string => `contents|${subject}`;

/** Deletes what is known about the contents of a mirror, because the mirror was removed or replaced. */
export function removeContents({ subjects }: Memory, registry: string): void {
  for (const { shelves } of subjects.values()) shelves.delete(registry);
}

/**
 * Deletes contents of modules and mirrors that are no longer probed. Also deletes, for all mirrors, which modules went
 * backwards, and the versions that references such as `latest` resolved to.
 */
export function pruneContents(memory: Memory): void {
  for (const mirror of memory.mirrors.values()) {
    const contents = contentsOf(mirror);
    contents.resolved.clear();
    contents.steppedBack.clear();
  }
  if (memory.subjects.size === 0) return;
  const targets = targetsOf(memory);
  for (const [key, subject] of memory.subjects) {
    for (const name of subject.shelves.keys()) if (targets.get(key)?.has(name) !== true) subject.shelves.delete(name);
    if (subject.shelves.size > 0) continue;
    memory.subjects.delete(key);
    memory.turn.deletes.push({ table: 'detector', key: rowKeyOf(key) });
  }
}

export function writeContents(memory: Memory, everything: boolean): void {
  const { now } = memory;
  let left = everything ? Number.POSITIVE_INFINITY : rowsPerTurn;
  for (const subject of memory.subjects.values()) {
    if (left <= 0) return;
    const restMs = subject.isDirty ? writeChangesMs : writeStillMs;
    if (!everything && subject.writtenAtMs !== null && now.monotonicMs - subject.writtenAtMs < restMs) continue;
    subject.isDirty = false;
    subject.writtenAtMs = now.monotonicMs;
    left -= 1;
    const urlOf = (name: string): string => memory.mirrors.get(name)?.mirror.url ?? '';
    const value = subjectRowOf(subject, urlOf, now.wallMs - now.monotonicMs);
    memory.turn.rows.push({ table: 'detector', key: rowKeyOf(subject.key), atMs: now.wallMs, value });
  }
}

export function restoreContents(memory: Memory, rows: readonly Row[]): void {
  const own = rows.filter(({ table, key }) => table === 'detector' && key.startsWith(rowKeyOf('')));
  if (own.length === 0) return;
  const targets = targetsOf(memory);
  for (const row of own) restoreSubject(memory, row, targets);
}

function restoreSubject(memory: Memory, row: Row, targets: ReadonlyMap<string, ReadonlySet<string>>): void {
  const key = row.key.slice(rowKeyOf('').length);
  const subject = readSubject(
    key,
    row.value,
    memory.now,
    (name, url) => targets.get(key)?.has(name) === true && memory.mirrors.get(name)?.mirror.url === url,
  );
  if (subject === null || subject.shelves.size === 0) {
    memory.turn.deletes.push({ table: 'detector', key: row.key });
    return;
  }
  memory.subjects.set(key, subject);
}

function targetsOf(memory: Memory): ReadonlyMap<string, ReadonlySet<string>> {
  const targets = new Map<string, Set<string>>();
  for (const target of memory.targets.values()) {
    const key = subjectKeyOf(target);
    targets.set(key, (targets.get(key) ?? new Set()).add(target.registry));
  }
  return targets;
}
