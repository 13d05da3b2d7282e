import type { Log } from '../../core/ports.ts';
import { replaceFile, systemFiles } from '../../daemon/system.ts';
import type { Order } from './order.ts';

/** The last stored orders, by upstream; empty if the file cannot be read, so that the door still starts. */
export async function readKept(path: string, log: Log): Promise<ReadonlyMap<string, readonly string[]>> {
  const file = await systemFiles.read(path);
  if (file.tag === 'error') {
    if (file.code !== 'ENOENT')
      log.warn('the kept order cannot be read; the declared chain is used', { code: file.code });
    return new Map();
  }
  const kept = ordersIn(file.text);
  if (kept === null) log.warn('the kept order is damaged; the declared chain is used', { path });
  return kept ?? new Map();
}

function ordersIn(text: string): ReadonlyMap<string, readonly string[]> | null {
  try {
    const { orders } = JSON.parse(text) as { readonly orders?: Readonly<Record<string, unknown>> };
    if (typeof orders !== 'object' || orders === null) return null;
    const isNames = (value: unknown): value is readonly string[] =>
      Array.isArray(value) && value.every((name) => typeof name === 'string');
    return new Map(Object.entries(orders).flatMap(([key, names]) => (isNames(names) ? [[key, names] as const] : [])));
  } catch {
    return null;
  }
}

/** Writes the orders to their file atomically, one write at a time and only changes. */
export function createKeeper(
  path: string,
  log: Log,
): { keep(orders: ReadonlyMap<string, Order>): void; done(): Promise<void> } {
  let written = '';
  let writing: Promise<void> = Promise.resolve();
  return {
    keep(orders) {
      const byKey = [...orders].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, { names }]) => [key, names]);
      const text = `${JSON.stringify({ orders: Object.fromEntries(byKey) }, null, 2)}\n`;
      if (text === written) return;
      written = text;
      writing = writing.then(async () => {
        if (text !== written) return;
        const code = await replaceFile(path, text);
        if (code === null) return;
        // Logged again with the next order: the door works without the file.
        log.warn('the order cannot be kept', { code });
        if (written === text) written = '';
      });
    },
    done: () => writing,
  };
}
