import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Row, Store, Table } from '../../../src/core/ports.ts';
import { openStore, type StoreDeps } from '../../../src/io/store.ts';
import { tempDir } from '../../support/paths.ts';

export const stampMs = Date.UTC(2026, 2, 1);
export const open: Store[] = [];

export function newPath(): string {
  return join(tempDir('store'), 'state', 'mirrorwatch.db');
}

export function bench() {
  const told: string[] = [];
  let monotonicMs = 0;
  const clock = {
    now: () => ({ wallMs: stampMs, monotonicMs }),
    monotonicMs: () => monotonicMs,
    wallMs: () => stampMs,
  };
  const deps: StoreDeps = { clock, onAnew: (note) => void told.push(note) };
  const pass = (ms: number) => {
    monotonicMs += ms;
  };
  return { deps, told, pass };
}

export function opened(path: string, deps: StoreDeps = bench().deps): { store: Store; notes: readonly string[] } {
  const result = openStore(path, deps);
  if (result.tag === 'error') throw new Error(`refused: ${result.error.kind}`);
  open.push(result.value.store);
  return result.value;
}

export const row = (key: string, atMs: number, value: unknown = key, table: Table = 'finding'): Row => ({
  table,
  key,
  atMs,
  value,
});
export const put = (store: Store, ...puts: Row[]) => store.commit({ puts, deletes: [] });
export const beside = (path: string) => readdirSync(dirname(path)).sort();
