import { matchesGoPatterns } from '../core/go-patterns.ts';
import type { Row } from '../core/ports.ts';
import type { SettledSample } from '../core/sample.ts';
import { type Learnt, workerBook } from './book.ts';
import type { Stages } from './stages.ts';

const pinsMax = 50_000;

/** Hashes and heads learnt from a checksum database's verified answers, handed to the workers, which judge bytes by them. */
export interface Pins {
  learn(sample: SettledSample): void;
  /** Sends the whole book to the workers: at start, after a reload, and when something was learnt. */
  configure(): Promise<void>;
}

/** Keeps what verified answers said, over reloads and restarts; each learnt module makes room for the next to be asked. */
export function createPins(s: Stages): Pins {
  const pinned = new Map<string, string>();
  let treeHead: Learnt['treeHead'] = null;
  for (const row of s.store.all('meta')) {
    if (row.key.startsWith('pin/') && typeof row.value === 'string') pinned.set(row.key.slice(4), row.value);
    if (row.key === 'head') treeHead = row.value as Learnt['treeHead'];
  }
  const configure = (): Promise<void> => {
    const known = treeHead?.name === s.config.go.sumdb?.name ? treeHead : null;
    const learnt: Learnt = { pinned: Object.fromEntries(pinned), treeHead: known, lookup: nextLookup(s, pinned) };
    return s.workers.configure(workerBook(s.config, learnt, s.version));
  };
  return {
    configure,
    learn(sample) {
      const { logged = {}, treeHead: seen } = sample.facts;
      if (sample.outcome.tag !== 'ok') return;
      const rows: Row[] = [];
      const atMs = sample.startedAtMs;
      for (const [name, hash] of Object.entries(logged)) {
        if (pinned.get(name) === hash || pinned.size >= pinsMax) continue;
        pinned.set(name, hash);
        rows.push({ table: 'meta', key: `pin/${name}`, atMs, value: hash });
      }
      if (seen && (treeHead === null || seen.name !== treeHead.name || seen.size > treeHead.size)) {
        treeHead = seen;
        rows.push({ table: 'meta', key: 'head', atMs, value: seen });
      }
      if (rows.length === 0) return;
      s.ledger.add(rows, []);
      void configure();
    },
  };
}

/** The first configured public module whose hash is not known yet, else the first; never a private one. */
function nextLookup(s: Stages, pinned: ReadonlyMap<string, string>): Learnt['lookup'] {
  const patterns = s.config.private.go ?? [];
  const asked = s.config.modules.filter(
    ({ ecosystem, upstream, module, version }) =>
      ecosystem === 'go' && upstream === 'go' && version !== 'latest' && !matchesGoPatterns(patterns, module),
  );
  const next = asked.find(({ module, version }) => !pinned.has(`${module}@${version}`)) ?? asked[0];
  return next === undefined ? null : { module: next.module, version: next.version };
}
