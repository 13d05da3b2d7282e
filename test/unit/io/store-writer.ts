import { openStore } from '../../../src/io/store.ts';

/**
 * A process that commits batches until it is killed: `node store-writer.ts <file> <rows>`. Each batch writes the same
 * generation into every row, then the generation goes to standard output: what was announced is on disk.
 */
const [, , path = '', rows = '1'] = process.argv;
let wallMs = 0;
const clock = { now: () => ({ wallMs, monotonicMs: wallMs }), monotonicMs: () => wallMs, wallMs: () => wallMs };
const opened = openStore(path, { clock });
if (opened.tag === 'error') {
  process.stdout.write(`refused ${opened.error.kind}\n`);
} else {
  const { store, notes } = opened.value;
  for (const note of notes) process.stdout.write(`note ${note}\n`);
  for (let generation = Number(store.get('detector', 'r0')?.value ?? 0) + 1; ; generation += 1) {
    wallMs += 1;
    const puts = Array.from({ length: Number(rows) }, (_, n) => ({
      table: 'detector' as const,
      key: `r${n}`,
      atMs: generation,
      value: generation,
    }));
    const outcome = store.commit({ puts, deletes: [] });
    process.stdout.write(outcome.tag === 'ok' ? `${generation}\n` : `trouble ${outcome.error.kind}\n`);
    if (outcome.tag === 'error') break;
  }
}
