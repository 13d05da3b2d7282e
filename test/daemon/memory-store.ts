import type { Row, Store, StoreTrouble, Table } from '../../src/core/ports.ts';
import { isSoundRow } from '../../src/state/row-shapes.ts';

/** A state file without a file: rows go through JSON, a batch is all or nothing, trouble is as told. */
export interface MemoryStore extends Store {
  /** Commits fail like this from now on; `null` heals. */
  trouble: StoreTrouble | null;
  readonly rows: ReadonlyMap<string, string>;
  /** What a process finds that starts after this one was killed now. */
  afterKill(): MemoryStore;
}

type Age = Pick<Row, 'key' | 'atMs'>;

/** Tables with the most rows: their checks read only outermost fields, which JSON does not change. */
const shallow: ReadonlySet<Table> = new Set(['answer', 'detector', 'trend', 'seen']);

/**
 * @param kept     rows of an earlier life
 * @param isSound  what is written must hold to it: by default that it can be taken at the next start
 */
export function memoryStore(
  kept: ReadonlyMap<string, string> = new Map(),
  isSound: (row: Row) => boolean = isSoundRow,
): MemoryStore {
  const rows = new Map(kept);
  let isClosed = false;
  const id = (table: Table, key: string): string => `${table}/${key}`;
  /** Of each table, when each of its rows is from: what grows old is found without reading every row. */
  const ages = new Map<Table, Map<string, Age>>();
  const agesOf = (table: Table): Map<string, Age> => {
    const found = ages.get(table) ?? new Map<string, Age>();
    ages.set(table, found);
    return found;
  };
  const put = (row: Row, text: string): void => {
    rows.set(id(row.table, row.key), text);
    agesOf(row.table).set(row.key, { key: row.key, atMs: row.atMs });
  };
  const drop = (table: Table, key: string): void => {
    rows.delete(id(table, key));
    agesOf(table).delete(key);
  };
  for (const text of kept.values()) put(JSON.parse(text) as Row, text);
  const inOrder = (table: Table) =>
    [...agesOf(table).values()].sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1));
  const rowOf = (table: Table, key: string): Row | null => {
    const text = rows.get(id(table, key));
    return text === undefined ? null : (JSON.parse(text) as Row);
  };
  const all = (table: Table): Row[] => inOrder(table).flatMap(({ key }) => rowOf(table, key) ?? []);
  const dropAll = (table: Table, old: readonly Age[]): number => {
    for (const { key } of old) drop(table, key);
    return old.length;
  };
  const self: MemoryStore = {
    trouble: null,
    rows,
    afterKill: () => memoryStore(rows),
    commit({ puts, deletes }) {
      if (isClosed) return { tag: 'error', error: { kind: 'closed', code: 'CLOSED' } };
      if (self.trouble !== null) return { tag: 'error', error: self.trouble };
      for (const row of puts) {
        const text = JSON.stringify(row);
        if (!isSound(shallow.has(row.table) ? row : (JSON.parse(text) as Row)))
          throw new Error(`not as its schema has it: ${text}`);
        put(row, text);
      }
      for (const { table, key } of deletes) drop(table, key);
      return { tag: 'ok' };
    },
    get: rowOf,
    page: (table, limit, before) =>
      all(table)
        .reverse()
        .filter(
          (row) => before === null || row.atMs < before.atMs || (row.atMs === before.atMs && row.key < before.key),
        )
        .slice(0, limit),
    all,
    expire: (table, beforeMs) =>
      dropAll(
        table,
        [...agesOf(table).values()].filter(({ atMs }) => atMs < beforeMs),
      ),
    trim(table, rowsMax) {
      const tooMany = agesOf(table).size - rowsMax;
      return tooMany <= 0 ? 0 : dropAll(table, inOrder(table).slice(0, tooMany));
    },
    writable: () => !isClosed && self.trouble === null,
    close() {
      isClosed = true;
    },
  };
  return self;
}
