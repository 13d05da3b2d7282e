import type { z } from 'zod';
import type { ConfigIssue } from '../core/config.ts';
import type { Registry } from '../ecosystems/registry.ts';
import type { SourceDocument } from './document.ts';
import { nearestWord, type Path } from './issues.ts';
import { knownKeys } from './json-schema.ts';
import { type FileConfig, schemaOf } from './schema.ts';
import { pathText, seenKey, seenText } from './seen.ts';

/** What the schema made of a file: its mistakes, and whatever could be read beside them. */
export interface Checked {
  readonly issues: readonly ConfigIssue[];
  /** `null` where too little is right for the checks that span several keys. */
  readonly file: FileConfig | null;
  /** A path in `file` as the path in the text: list entries with mistakes were left out. */
  original(path: Path): Path;
  /** True where a mistake was found at, above or below this path of the text, so that what follows from it is not told. */
  isSpoilt(path: Path): boolean;
}

type SchemaIssue = z.core.$ZodIssue;

const roundsMax = 2000;

/**
 * Checks a document against the schema. What is wrong is reported, then cut out and the rest is read again, so that
 * mistakes which the schema can't see (files, names used twice) are found in the same run.
 */
export function checkDocument(document: SourceDocument, registry: Registry): Checked {
  let data = structuredClone(document.data);
  const issues: ConfigIssue[] = [];
  const spoilt: Path[] = [];
  const kept = new Map<string, number[]>();
  const original = (path: Path): Path => originalPath(path, kept);
  for (let round = 0; round < roundsMax; round += 1) {
    const parsed = schemaOf(registry).safeParse(data, { error: wordOf });
    if (parsed.success) return { issues, file: parsed.data, original, isSpoilt: spoiltBy(spoilt) };
    const flat = flatten(parsed.error.issues, [], data);
    const numbers = flat.filter((issue) => wantsNumber(issue, data, document, original(issue.path)));
    for (const issue of numbers) data = replaced(data, issue.path, Number(valueAt(data, issue.path)));
    if (numbers.length > 0) continue;
    const again = issues.length > 0;
    if (!again) issues.push(...flat.flatMap((issue) => issuesOf(issue, document, registry)));
    spoilt.push(...flat.flatMap((issue) => [...pathsOf(issue), ...meantBy(issue, data, registry)]).map(original));
    for (const path of inCuttingOrder(flat.flatMap(pathsOf)))
      data = cut(data, path, { kept, again, standIns: standInsOf(registry) });
    if (data === undefined) break;
  }
  return { issues, file: null, original, isSpoilt: spoiltBy(spoilt) };
}

interface FlatIssue {
  readonly issue: SchemaIssue;
  readonly path: Path;
}

/** Issues of a union are those of the branch that takes this kind of value; of none, one for all branches. */
function flatten(issues: readonly SchemaIssue[], base: Path, data: unknown): FlatIssue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path] as Path;
    if (issue.code !== 'invalid_union') return [{ issue, path }];
    const fitting = issue.errors.filter((branch) => !branch.some(isWrongKind));
    const branch = fitting.length === 1 ? fitting[0] : undefined;
    if (branch !== undefined) return flatten(branch, path, data);
    const message = [...new Set(issue.errors.flatMap((errors) => errors.filter(isWrongKind).map((e) => e.message)))];
    return [
      { issue: { code: 'custom', path: [...issue.path], message: message.join(', or '), input: undefined }, path },
    ];
  });
}

function isWrongKind(issue: SchemaIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

/** Words for what the schema itself words nowhere. */
function wordOf(issue: z.core.$ZodRawIssue): string {
  return issue.code === 'invalid_type' ? `a ${String(issue.expected)}` : 'another value';
}

function wantsNumber({ issue, path }: FlatIssue, data: unknown, document: SourceDocument, source: Path): boolean {
  const numeric =
    (issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int')) ||
    (issue.code === 'invalid_value' && issue.values.some((value) => typeof value === 'number'));
  const value = valueAt(data, path);
  if (!numeric || typeof value !== 'string' || !/^-?\d+(\.\d+)?$/.test(value)) return false;
  return document.writtenAt(source) !== null; // what the environment says is always text
}

function issuesOf({ issue, path }: FlatIssue, document: SourceDocument, registry: Registry): ConfigIssue[] {
  if (issue.code !== 'unrecognized_keys') {
    const value = valueAt(document.data, path);
    const place = document.placeOf(path);
    const seen = value === undefined ? null : seenText(document.writtenAt(path) ?? value, path);
    return [
      { ...placed(place), path: pathText(path), seen, expected: issue.message, nearest: nearestOf(issue, value) },
    ];
  }
  const known = knownKeys(path, registry);
  return issue.keys.map((key) => ({
    ...placed(document.placeOfKey([...path, key])),
    path: pathText([...path, key]),
    seen: seenKey(key, path),
    expected: `one of the keys ${known.join(', ')}`,
    nearest: nearestWord(key, known),
  }));
}

function placed(place: { line: number; column: number } | null) {
  return { severity: 'error' as const, line: place?.line ?? null, column: place?.column ?? null };
}

function nearestOf(issue: SchemaIssue, value: unknown): string | null {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return null;
  return nearestWord(value, issue.values.map(String));
}

function pathsOf({ issue, path }: FlatIssue): Path[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}

/** An unknown key may be a known one that is missing beside it: what follows from its absence is not told then. */
function meantBy({ issue, path }: FlatIssue, data: unknown, registry: Registry): Path[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = knownKeys(path, registry);
  return issue.keys
    .flatMap((key) => nearestWord(key, known) ?? [])
    .map((key) => [...path, key])
    .filter((meant) => valueAt(data, meant) === undefined);
}

function spoiltBy(spoilt: readonly Path[]): (path: Path) => boolean {
  const texts = spoilt.map((path) => [...path, ''].join('\u0000'));
  return (path) => {
    const text = [...path, ''].join('\u0000');
    return texts.some((other) => other.startsWith(text) || text.startsWith(other));
  };
}

/** Values that stand in for wrong ones, so that the keys beside them can still be checked. */
type StandIns = Readonly<Record<string, Readonly<Record<string, (index: number) => string>>>>;

function standInsOf({ all: [usual] }: Registry): StandIns {
  return {
    mirrors: {
      name: (index) => `mirror-${index}`,
      ecosystem: () => usual.id,
      url: (index) => `https://mirror-${index}.invalid`,
    },
    webhooks: { name: (index) => `receiver-${index}` },
  };
}

/** Stands in where not one mirror is right, so that the rest of the file can still be checked. */
function mirrorStandIn({ mirrors = {} }: StandIns): object {
  return Object.fromEntries(Object.entries(mirrors).map(([key, make]) => [key, make(0)]));
}

interface Cutting {
  readonly kept: Map<string, number[]>;
  /** Its absence was a mistake too, so the parent goes. */
  readonly again: boolean;
  readonly standIns: StandIns;
}

/** Later entries of a list first, so that the indexes of earlier ones stay true. */
function inCuttingOrder(paths: readonly Path[]): Path[] {
  const seen = new Map(paths.map((path) => [path.join('\u0000'), path]));
  return [...seen.values()].sort((a, b) => {
    for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
      const [left, right] = [a[at] ?? -1, b[at] ?? -1];
      if (left === right) continue;
      return typeof left === 'number' && typeof right === 'number'
        ? right - left
        : String(left) < String(right)
          ? 1
          : -1;
    }
    return 0;
  });
}

/** The data without what stands at a path. */
function cut(data: unknown, path: Path, how: Cutting): unknown {
  const { kept, again, standIns } = how;
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(data, parentPath);
  if (Array.isArray(parent) && typeof last === 'number') {
    const key = originalPath(parentPath, kept).join('\u0000');
    const indexes = kept.get(key) ?? parent.map((_, at) => at);
    kept.set(key, indexes.toSpliced(last, 1));
    return replaced(data, parentPath, parent.toSpliced(last, 1));
  }
  if (typeof parent !== 'object' || parent === null) return data;
  const standIn = path.length === 3 && !again ? ownOf(ownOf(standIns, path[0]), last) : undefined;
  if (standIn !== undefined) return replaced(data, path, standIn(Number(path[1])));
  if (again && !Object.hasOwn(parent, last)) {
    return path.length === 1 && last === 'mirrors'
      ? replaced(data, path, [mirrorStandIn(standIns)])
      : cut(data, parentPath, how);
  }
  const { [last]: _, ...rest } = parent as Record<string, unknown>;
  return replaced(data, parentPath, rest);
}

/** A member by its name; `undefined` for what every object has besides (`valueOf`). */
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

/** What stands at a path of plain data; `undefined` where nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Record<string | number, unknown>)[part];
  }, data);
}

function replaced(data: unknown, path: Path, value: unknown): unknown {
  const [head, ...tail] = path;
  if (head === undefined) return value;
  if (Array.isArray(data)) return data.with(Number(head), replaced(data[Number(head)], tail, value));
  if (typeof data !== 'object' || data === null) return data;
  return { ...data, [head]: replaced((data as Record<string, unknown>)[head], tail, value) };
}
