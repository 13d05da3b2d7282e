import {
  type Alias,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import { type ConfigIssue, issueOf } from '../core/config.ts';
import { getOrElse } from '../core/get-or-else.ts';
import { limits } from '../core/limits.ts';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { type Env, type Path, replaceEnv } from './reading.ts';
import { pathTextOf, seenTextOf } from './seen.ts';

/** A position in the text; both numbers count from 1. */
export interface DocumentPosition {
  readonly line: number;
  readonly column: number;
}

interface Spot {
  readonly place: DocumentPosition;
  readonly key: DocumentPosition | null;
  /** The text as the operator wrote it, before `${…}` was replaced; `null`: nothing was replaced. */
  readonly written: string | null;
}

export interface SourceDocument {
  readonly data: unknown;
  /** Returns the position of the value at the path, else of its nearest existing parent. */
  placeOf(path: Path): DocumentPosition | null;
  /** Returns the position of the key at the path; without a key (as for a list entry), the result of `placeOf`. */
  placeOfKey(path: Path): DocumentPosition | null;
  /**
   * Returns the text at the path as the operator wrote it, before `${…}` was replaced; `null`: nothing was replaced.
   */
  writtenAt(path: Path): string | null;
}

const errorsMax = 20;

const syntax: Readonly<Record<ErrorCode, Sentence>> = {
  ALIAS_PROPS: phrase('expected.aliasBare'),
  BAD_ALIAS: phrase('expected.alias'),
  BAD_DIRECTIVE: phrase('expected.directive'),
  BAD_DQ_ESCAPE: phrase('expected.escape'),
  BAD_INDENT: phrase('expected.indentation'),
  BAD_PROP_ORDER: phrase('expected.propOrder'),
  BAD_SCALAR_START: phrase('expected.quotesStart'),
  BLOCK_AS_IMPLICIT_KEY: phrase('expected.nextLine'),
  BLOCK_IN_FLOW: phrase('expected.noBlock'),
  DUPLICATE_KEY: phrase('expected.keyOnce'),
  IMPOSSIBLE: phrase('expected.yaml'),
  KEY_OVER_1024_CHARS: phrase('expected.keyLong'),
  MISSING_CHAR: phrase('expected.closing'),
  MULTILINE_IMPLICIT_KEY: phrase('expected.keyLine'),
  MULTIPLE_ANCHORS: phrase('expected.anchorOne'),
  MULTIPLE_DOCS: phrase('expected.document'),
  MULTIPLE_TAGS: phrase('expected.tagOne'),
  NON_STRING_KEY: phrase('expected.keyText'),
  RESOURCE_EXHAUSTION: phrase('expected.nesting'),
  TAB_AS_INDENT: phrase('expected.tabs'),
  TAG_RESOLVE_FAILED: phrase('expected.noTag'),
  UNEXPECTED_TOKEN: phrase('expected.yamlHere'),
  BAD_COLLECTION_TYPE: phrase('expected.tagFits'),
};

/** Parses YAML text, and replaces `${NAME}` in its values. `document` is `null` if the syntax is broken. */
export function readDocument(
  text: string,
  env: Env,
): { readonly document: SourceDocument | null; readonly issues: readonly ConfigIssue[] } {
  const lines = new LineCounter();
  const parsed = parsedOf(text, lines);
  if (parsed === null) return { document: null, issues: [broken(phrase('expected.nesting'), { line: 1, column: 1 })] };
  const contents = parsed.contents as Node | null;
  const aliases = readAliases(contents, limits.configDepth);
  // For an undefined tag (`!secret`), the library only warns, and reads the value without the tag. So these warnings
  // count as mistakes.
  const tags = parsed.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const found = [...parsed.errors, ...tags, ...aliases.keysTwice.map(keyTwice)];
  const mistakes = found.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (mistakes.length > 0) return { document: null, issues: syntaxIssues(text, mistakes, lines) };
  const walk = createWalk(aliases, lines, env);
  const data = walk.value(contents, [], null);
  return { document: documentOf(data, walk.spots), issues: walk.issues };
}

interface SyntaxMistake {
  readonly code: ErrorCode;
  readonly pos: readonly [number, number];
}

function keyTwice(offset: number): SyntaxMistake {
  return { code: 'DUPLICATE_KEY', pos: [offset, offset] };
}

function parsedOf(text: string, lines: LineCounter): ReturnType<typeof parseDocument> | null {
  const options = { prettyErrors: false, logLevel: 'error', stringKeys: false, uniqueKeys: false } as const;
  // Deep nesting exhausts the parser's stack.
  return getOrElse(() => parseDocument(text, { ...options, lineCounter: lines }), null);
}

/**
 * Returns at most `errorsMax` mistakes, up to the first mistake that confuses the parser, because later ones are
 * consequences of it.
 */
function syntaxIssues(text: string, mistakes: readonly SyntaxMistake[], lines: LineCounter): ConfigIssue[] {
  const derailed = mistakes.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN');
  const shown = mistakes.slice(0, derailed < 0 ? errorsMax : Math.min(errorsMax, derailed + 1));
  return shown.map(({ code, pos }) => {
    const place = placeAt(lines, pos[0]);
    const line = text.split('\n', place.line)[place.line - 1] ?? '';
    const unquoted = code === 'UNEXPECTED_TOKEN' && line.slice(0, place.column).includes('${');
    return broken(unquoted ? phrase('expected.quotes') : syntax[code], place);
  });
}

function broken(expected: Sentence, place: DocumentPosition): ConfigIssue {
  return { ...issueOf(expected, null), ...place };
}

function placeAt(lines: LineCounter, offset: number): DocumentPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function spotKey(path: Path): string {
  return path.join('\u0000');
}

function documentOf(data: unknown, spots: ReadonlyMap<string, Spot>): SourceDocument {
  const nearest = (path: Path): Spot | null => {
    for (let length = path.length; length >= 0; length -= 1) {
      const spot = spots.get(spotKey(path.slice(0, length)));
      if (spot !== undefined) return spot;
    }
    return null;
  };
  return {
    data,
    placeOf: (path) => nearest(path)?.place ?? null,
    placeOfKey: (path) => spots.get(spotKey(path))?.key ?? nearest(path)?.place ?? null,
    writtenAt: (path) => spots.get(spotKey(path))?.written ?? null,
  };
}

function createWalk(aliases: Aliases, lines: LineCounter, env: Env) {
  const spots = new Map<string, Spot>();
  const issues: ConfigIssue[] = [];
  let nodes = 0;

  function scalar(node: Scalar, path: Path, place: DocumentPosition): { value: unknown; written: string | null } {
    if (typeof node.value !== 'string') {
      return { value: typeof node.value === 'bigint' ? Number(node.value) : node.value, written: null };
    }
    const replaced = replaceEnv(node.value, env);
    for (const expected of replaced.mistakes) {
      issues.push({ ...broken(expected, place), path: pathTextOf(path), seen: seenTextOf(node.value, path) });
    }
    return { value: replaced.text, written: replaced.used ? node.value : null };
  }

  function pair(
    target: Record<string, unknown>,
    { key, value: node }: Pair,
    path: Path,
    parent: DocumentPosition,
  ): void {
    const name = isScalar(key) ? String(key.value) : '';
    const range = (key as Node).range;
    const place = range ? placeAt(lines, range[0]) : parent;
    if (!isScalar(key) || name === '__proto__') {
      issues.push(broken(phrase('expected.plainKey'), place));
      return;
    }
    target[name] = value(node as Node | null, [...path, name], place);
  }

  function value(node: Node | null, path: Path, key: DocumentPosition | null): unknown {
    nodes += 1;
    const place = node?.range ? placeAt(lines, node.range[0]) : (key ?? { line: 1, column: 1 });
    const source = isAlias(node) ? (aliases.source(node) ?? null) : node;
    if (isAlias(node) && source === null) issues.push({ ...broken(syntax.BAD_ALIAS, place), path: pathTextOf(path) });
    if (nodes > limits.configValues || path.length > limits.configDepth) {
      if (issues.length === 0) issues.push(broken(phrase('expected.fewer'), place));
      return null;
    }
    const read = isScalar(source) ? scalar(source, path, place) : null;
    spots.set(spotKey(path), { place, key, written: read?.written ?? null });
    if (read !== null) return read.value;
    if (isSeq(source)) return source.items.map((item, at) => value(item as Node | null, [...path, at], null));
    if (!isMap(source)) return null;
    const target: Record<string, unknown> = {};
    for (const item of source.items) pair(target, item, path, place);
    return target;
  }

  return { spots, issues, value };
}

interface Aliases {
  /** Returns the node of an alias; `undefined`: no anchor of that name precedes the alias. */
  readonly source: (alias: Alias) => Node | undefined;
  readonly keysTwice: readonly number[];
}

/** Finds aliases and duplicate keys in one walk. The library would walk the document for each alias. */
function readAliases(contents: Node | null, depthMax: number): Aliases {
  const anchored = new Map<string, Node>();
  const sources = new Map<Alias, Node | undefined>();
  const keysTwice: number[] = [];

  function walk(node: unknown, depth: number): void {
    if (isAlias(node)) return void sources.set(node, anchored.get(node.source));
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return;
    if (node.anchor !== undefined) anchored.set(node.anchor, node);
    if (depth > depthMax || isScalar(node)) return;
    if (isSeq(node)) for (const item of node.items) walk(item, depth + 1);
    if (!isMap(node)) return;
    const keys = new Set<unknown>();
    for (const { key, value } of node.items) {
      if (isScalar(key)) {
        if (keys.has(key.value)) keysTwice.push(key.range?.[0] ?? 0);
        keys.add(key.value);
      }
      walk(key, depth + 1);
      walk(value, depth + 1);
    }
  }

  walk(contents, 0);
  return { source: (alias) => sources.get(alias), keysTwice };
}
