import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What npm keeps of one response. */
export interface Kept {
  readonly url: string;
  /** The header that it was asked with. */
  readonly accept: string;
  readonly integrity: string;
  /** The body. */
  readonly file: string;
}

/**
 * The responses in npm's cache, the newest of each URL and form.
 * @param dir  the setting `cache`
 * @see https://github.com/npm/cacache#readme
 */
export function readNpmCache(dir: string): readonly Kept[] {
  const index = join(dir, '_cacache', 'index-v5');
  if (!existsSync(index)) return [];
  const newest = new Map<string, Kept & { readonly time: number }>();
  for (const entry of readdirSync(index, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    for (const line of readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n')) {
      const kept = keptOf(line, dir);
      if (kept === null) continue;
      const key = `${kept.url} ${kept.accept}`;
      if ((newest.get(key)?.time ?? -1) < kept.time) newest.set(key, kept);
    }
  }
  return [...newest.values()].filter(({ file }) => existsSync(file));
}

interface Line {
  readonly integrity?: string | null;
  readonly time?: number;
  readonly metadata?: { readonly url?: string; readonly reqHeaders?: { readonly accept?: string } };
}

function keptOf(line: string, dir: string): (Kept & { readonly time: number }) | null {
  const tab = line.indexOf('\t');
  if (tab < 0) return null;
  const { integrity, time = 0, metadata } = JSON.parse(line.slice(tab + 1)) as Line;
  const [, algorithm, base64] = /^(sha\d+)-(\S+)/.exec(integrity ?? '') ?? [];
  if (algorithm === undefined || base64 === undefined || metadata?.url === undefined) return null;
  const hex = Buffer.from(base64, 'base64').toString('hex');
  const file = join(dir, '_cacache', 'content-v2', algorithm, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
  const accept = metadata.reqHeaders?.accept ?? '';
  return { url: metadata.url, accept, integrity: `${algorithm}-${base64}`, file, time };
}
