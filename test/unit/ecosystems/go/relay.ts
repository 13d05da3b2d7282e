import type { ProbeRequest, ProbeResponse } from '../../../../src/core/transcript.ts';
import { answered } from '../talk.ts';
import type { Signer, Tree } from './tree.ts';

export interface Relay {
  readonly base: string;
  readonly signer: Signer;
  readonly texts: readonly string[];
  /** The tree it serves tiles of; heads are over its first `latestSize` and `lookupSize` records. */
  readonly tree: Tree;
  readonly latestSize: number;
  readonly lookupSize: number;
}

/** A signed head over the first `size` records. */
export function headOf({ signer, tree }: Pick<Relay, 'signer' | 'tree'>, size: number, root = tree.root(size)): string {
  return signer.note(`go.sum database tree\n${size}\n${root.toString('base64')}\n`);
}

/** A lookup answer for one record. */
export function lookupOf(relay: Relay, id: number, note = headOf(relay, relay.lookupSize)): string {
  return `${id}\n${relay.texts[id] ?? ''}\n${note}`;
}

const known = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** The first record of each `module version`. */
function idsOf(texts: readonly string[]): ReadonlyMap<string, number> {
  const ids =
    known.get(texts) ?? new Map(texts.map((text, id) => [text.split(' ', 2).join(' '), id] as const).reverse());
  known.set(texts, ids);
  return ids;
}

/** A relay that works: what it answers to any ask below its base; other paths are refused by their syntax. */
export function relayAnswers(relay: Relay): (ask: ProbeRequest) => ProbeResponse {
  const database = `${relay.base}/sumdb/${relay.signer.name}/`;
  return ({ url }) => {
    if (!url.startsWith(database)) return answered(404, 'not found: malformed module path');
    const path = url.slice(database.length);
    if (path === 'supported') return answered(200);
    if (path === 'latest') return answered(200, headOf(relay, relay.latestSize));
    const [, module, version] = /^lookup\/(.+)@(.+)$/.exec(path) ?? [];
    const id = module === undefined ? undefined : idsOf(relay.texts).get(`${module} ${version}`);
    if (id !== undefined) return answered(200, lookupOf(relay, id));
    const tile = relay.tree.tile(path);
    return tile === null ? answered(404, 'not found') : answered(200, tile);
  };
}
