import { type Alias, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';

/** What the aliases of a document stand for, and where keys stand twice. */
export interface Aliases {
  /** `undefined`: no anchor of that name stands before it. */
  readonly source: (alias: Alias) => Node | undefined;
  /** Offsets in the text, in its order. */
  readonly keysTwice: readonly number[];
}

/**
 * Reads all aliases and keys of a document in one walk: the library's own `resolve` walks the document for each alias, and its
 * check for equal keys compares each key with all before it.
 * @param depthMax  what is nested more deeply is left out
 */
export function readAliases(contents: Node | null, depthMax: number): Aliases {
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
