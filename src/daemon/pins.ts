import type { SettledSample } from '../core/sample.ts';
import { workerBook } from './book.ts';
import type { Stages } from './stages.ts';

const pinsMax = 50_000;

/** Hashes learnt from an authority (a checksum database's verified answers), handed to the workers so that they judge bytes. */
export interface Pins {
  learn(sample: SettledSample): void;
  /** Sends the whole book to the workers: after a reload, and when something was learnt. */
  configure(): Promise<void>;
}

/** Keeps what verified lookups said, by `module@version` and `module@version/go.mod`, over reloads and restarts. */
export function createPins(s: Stages): Pins {
  const pinned = new Map<string, string>();
  for (const row of s.store.all('meta'))
    if (row.key.startsWith('pin/') && typeof row.value === 'string') pinned.set(row.key.slice(4), row.value);
  const configure = (): Promise<void> => s.workers.configure(workerBook(s.config, Object.fromEntries(pinned)));
  return {
    configure,
    learn(sample) {
      const fresh = Object.entries(sample.facts.logged ?? {}).filter(([name, hash]) => pinned.get(name) !== hash);
      if (fresh.length === 0 || pinned.size + fresh.length > pinsMax) return;
      for (const [name, hash] of fresh) pinned.set(name, hash);
      s.ledger.add(
        fresh.map(([name, hash]) => ({ table: 'meta', key: `pin/${name}`, atMs: sample.startedAtMs, value: hash })),
        [],
      );
      void configure();
    },
  };
}
