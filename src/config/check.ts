import type { z } from 'zod';
import type { ConfigIssue } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import { decodeMessage, errorOf } from '../ecosystems/fields.ts';
import { registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import type { SourceDocument } from './document.ts';
import { type FormerMirror, rewriteFormer } from './former.ts';
import { listKnownKeys } from './json-schema.ts';
import { findNearestWord, type Path } from './reading.ts';
import { type FileConfig, fileSchema } from './schema.ts';
import { fileSeenKeyOf, pathTextOf, seenTextOf } from './seen.ts';

/** The result of checking a file against the schema: its mistakes, and what could be read despite them. */
export interface Checked {
  readonly issues: readonly ConfigIssue[];
  /** The file without wrong values; `null`: too much is wrong for further checks. */
  readonly file: FileConfig | null;
  /** Converts a path in `file` to the path in the text. They differ because `file` lacks list entries with mistakes. */
  original(path: Path): Path;
  /** The mirrors with a former profile, which were rewritten. */
  readonly former: readonly FormerMirror[];
  /** True if there is a mistake at this path of the text, at a parent of it, or at a value below it. */
  isSpoilt(path: Path): boolean;
}

type SchemaIssue = z.core.$ZodIssue;

const roundsMax = 2000;

/**
 * Checks a document against the schema. Wrong values are removed or replaced, so that the rest of the file can be
 * checked too.
 */
export function checkDocument(document: SourceDocument): Checked {
  const data = structuredClone(document.data);
  const former = rewriteFormer(data);
  const issues: ConfigIssue[] = [];
  const spoilt: Path[] = [];
  const kept = new Map<string, number[]>();
  const original = (path: Path): Path => originalPath(path, kept);
  for (let round = 0; round < roundsMax; round += 1) {
    const parsed = fileSchema.safeParse(data, { error: () => errorOf(phrase('expected.other')).error });
    if (parsed.success) return { issues, file: parsed.data, former, original, isSpoilt: spoiltBy(spoilt) };
    const flat = flatten(parsed.error.issues, [], data);
    const plain = flat.filter(({ path }) => document.writtenAt(original(path)) !== null).flatMap(plainValueIn(data));
    for (const { path, value } of plain) put(data, path, value);
    if (plain.length > 0) continue;
    const again = issues.length > 0;
    if (!again) issues.push(...listed(flat, document));
    // The list is cut off. What follows from each mistake would take seconds to compute, and nobody reads it.
    if (issues.length > limits.configMistakes) break;
    spoilt.push(...flat.flatMap((issue) => [...pathsOf(issue), ...meantBy(issue, data)]).map(original));
    const how: Cutting = { kept, dropped: new Map(), again };
    if (!inCuttingOrder(flat.flatMap(pathsOf)).every((path) => cut(data, path, how))) break;
    dropEntries(how);
  }
  return { issues, file: null, former, original, isSpoilt: spoiltBy(spoilt) };
}

interface FlatIssue {
  readonly issue: SchemaIssue;
  readonly path: Path;
}

/**
 * Returns the issues as a flat list. For a union (several kinds of value are allowed), the list has the issues of the
 * branch that fits the kind of the value. If not exactly one branch fits, it has one issue for all branches.
 */
function flatten(issues: readonly SchemaIssue[], base: Path, data: unknown): FlatIssue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path] as Path;
    if (issue.code !== 'invalid_union') return [{ issue, path }];
    const fitting = issue.errors.filter((branch) => !branch.some(isWrongKind));
    const branch = fitting.length === 1 ? fitting[0] : undefined;
    if (branch !== undefined) return flatten(branch, path, data);
    const messages = [...new Set(issue.errors.flatMap((errors) => errors.filter(isWrongKind).map((e) => e.message)))];
    const expected = messages.map(decodeMessage).reduceRight((or, what) => phrase('expected.or', { what, or }));
    return [
      { issue: { code: 'custom', path: [...issue.path], message: errorOf(expected).error, input: undefined }, path },
    ];
  });
}

function isWrongKind(issue: SchemaIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

/**
 * Returns a function for issues about a number or boolean that is written as text: it returns the path and the
 * converted value. For other issues it returns an empty list. Such texts come from environment variables, whose values
 * are always text.
 */
function plainValueIn(data: unknown): (issue: FlatIssue) => readonly { path: Path; value: number | boolean }[] {
  return ({ issue, path }) => {
    const text = valueAt(data, path);
    if (typeof text !== 'string') return [];
    const wanted = issue.code === 'invalid_type' ? issue.expected : issue.code;
    const isNumeric =
      wanted === 'number' ||
      wanted === 'int' ||
      (issue.code === 'invalid_value' && issue.values.some((value) => typeof value === 'number'));
    if (isNumeric && /^-?\d+(\.\d+)?$/.test(text)) return [{ path, value: Number(text) }];
    if (wanted === 'boolean' && (text === 'true' || text === 'false')) return [{ path, value: text === 'true' }];
    return [];
  };
}

function listed(flat: readonly FlatIssue[], document: SourceDocument): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  for (const one of flat) {
    const left = limits.configMistakes - issues.length;
    if (left > 0) issues.push(...issuesOf(one, left, document));
  }
  const more = flat.reduce((sum, one) => sum + pathsOf(one).length, 0) - issues.length;
  if (more === 0) return issues;
  const expected = phrase('expected.fewerMistakes', { count: more });
  return [...issues, { ...placed(null), path: '', seen: null, expected, nearest: null }];
}

function issuesOf({ issue, path }: FlatIssue, most: number, document: SourceDocument) {
  if (issue.code !== 'unrecognized_keys') {
    const value = valueAt(document.data, path);
    const place = document.placeOf(path);
    const profile = path.at(-1) === 'ecosystem' ? registry.profileFor(value) : null;
    const seen = value === undefined ? null : seenTextOf(document.writtenAt(path) ?? value, path);
    return [
      {
        ...placed(place),
        path: pathTextOf(path),
        seen,
        ...(profile === null
          ? { expected: decodeMessage(issue.message), nearest: nearestOf(issue, value) }
          : { expected: phrase('expected.profile', { profile }), nearest: null }),
      },
    ];
  }
  const known = listKnownKeys(path);
  return issue.keys.slice(0, most).map((key) => ({
    ...placed(document.placeOfKey([...path, key])),
    path: pathTextOf([...path, key]),
    seen: fileSeenKeyOf(key, path),
    expected: phrase('expected.keys', { keys: known.join(', ') }),
    nearest: findNearestWord(key, known),
  }));
}

function placed(place: { line: number; column: number } | null) {
  return { severity: 'error' as const, line: place?.line ?? null, column: place?.column ?? null };
}

function nearestOf(issue: SchemaIssue, value: unknown): string | null {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return null;
  return findNearestWord(
    value,
    issue.values.filter((one) => typeof one === 'string'),
  );
}

function pathsOf({ issue, path }: FlatIssue): Path[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}

/** Returns the paths of keys that the operator probably meant by misspelt (unknown) keys, if these keys are missing. */
function meantBy({ issue, path }: FlatIssue, data: unknown): Path[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = listKnownKeys(path);
  return issue.keys
    .flatMap((key) => findNearestWord(key, known) ?? [])
    .map((key) => [...path, key])
    .filter((meant) => valueAt(data, meant) === undefined);
}

function spoiltBy(spoilt: readonly Path[]): (path: Path) => boolean {
  const exact = new Set(spoilt.map(pathKey));
  const above = new Set<string>();
  for (const path of spoilt)
    for (let length = path.length; length >= 0; length -= 1) {
      const key = pathKey(path.slice(0, length));
      if (above.has(key)) break;
      above.add(key);
    }
  return (path) => above.has(pathKey(path)) || path.some((_, length) => exact.has(pathKey(path.slice(0, length))));
}

function pathKey(path: Path): string {
  return [...path, ''].join('\u0000');
}

type StandIns = Readonly<Record<string, Readonly<Record<string, (index: number) => string>>>>;

const mirrorStandIns = {
  name: (index: number) => `mirror-${index}`,
  ecosystem: () => registry.all[0].id,
  url: (index: number) => `https://mirror-${index}.invalid`,
};
const standIns: StandIns = { mirrors: mirrorStandIns, webhooks: { name: (index) => `receiver-${index}` } };

interface Cutting {
  readonly kept: Map<string, number[]>;
  /** List entries to remove at the end of a pass over the document. Until then, the indexes of the list stay valid. */
  readonly dropped: Map<unknown[], { readonly path: Path; readonly indexes: Set<number> }>;
  /** True after the first pass that found mistakes. In later passes, if a key is missing, its parent is removed. */
  readonly again: boolean;
}

function inCuttingOrder(paths: readonly Path[]): Path[] {
  const seen = new Map(paths.map((path) => [pathKey(path), path]));
  return [...seen.values()].toSorted((a, b) => b.length - a.length);
}

/**
 * Removes a value in place, or replaces it with a stand-in. Returns false if the whole document would have to be
 * removed.
 */
function cut(data: unknown, path: Path, how: Cutting): boolean {
  const { dropped, again } = how;
  const last = path.at(-1);
  if (last === undefined) return false;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(data, parentPath);
  if (Array.isArray(parent) && typeof last === 'number') {
    const entry = dropped.get(parent) ?? { path: parentPath, indexes: new Set() };
    dropped.set(parent, entry);
    entry.indexes.add(last);
    return true;
  }
  if (typeof parent !== 'object' || parent === null) return true;
  const standIn = path.length === 3 && !again ? ownOf(ownOf(standIns, path[0]), last) : undefined;
  if (standIn !== undefined) {
    put(data, path, standIn(Number(path[1])));
    return true;
  }
  if (again && !Object.hasOwn(parent, last)) {
    if (path.length !== 1 || last !== 'mirrors') return cut(data, parentPath, how);
    const { name, ecosystem, url } = mirrorStandIns;
    put(data, path, [{ name: name(0), ecosystem: ecosystem(), url: url(0) }]);
    return true;
  }
  delete (parent as Record<string, unknown>)[last];
  return true;
}

function dropEntries({ kept, dropped }: Cutting): void {
  const keys = new Map([...dropped].map(([list, { path }]) => [list, originalPath(path, kept).join('\u0000')]));
  for (const [list, { indexes }] of dropped) {
    const key = keys.get(list) ?? '';
    const isLeft = (_: unknown, at: number): boolean => !indexes.has(at);
    kept.set(key, (kept.get(key) ?? list.map((_, at) => at)).filter(isLeft));
    const left = list.filter(isLeft);
    list.length = 0;
    for (const one of left) list.push(one);
  }
}

/** Returns an own property; `undefined` for inherited ones such as `valueOf`. */
function ownOf<T>(of: Readonly<Record<string, T>> | undefined, name: string | number | undefined): T | undefined {
  const key = String(name);
  return of !== undefined && Object.hasOwn(of, key) ? of[key] : undefined;
}

function originalPath(path: Path, kept: ReadonlyMap<string, readonly number[]>): Path {
  const real: (string | number)[] = [];
  for (const part of path) {
    const indexes = typeof part === 'number' ? kept.get(real.join('\u0000')) : undefined;
    real.push(typeof part === 'number' ? (indexes?.[part] ?? part) : part);
  }
  return real;
}

/** Returns the value at a path of plain data; `undefined` if there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Record<string | number, unknown>)[part];
  }, data);
}

function put(data: unknown, path: Path, value: unknown): void {
  const parent = valueAt(data, path.slice(0, -1)) as Record<string | number, unknown>;
  parent[path.at(-1) ?? ''] = value;
}
