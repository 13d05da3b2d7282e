import { expect, test } from 'vitest';
import type { Transcript } from '../../../src/core/transcript.ts';
import { findProbe } from '../../../src/daemon/assemble.ts';
import { ProbeStore } from '../../../src/state/board.ts';
import { createLedger } from '../../../src/state/ledger.ts';
import { memoryStore } from '../../daemon/memory-store.ts';
import { aDue, aSample, aTarget } from '../detect/world.ts';

test('a failed probe whose conversation was too long to be kept twice is found with it', () => {
  const store = memoryStore();
  const sample = { ...aSample(aDue(aTarget('a'), { probeId: 'p' }), 0, 50), cold: false };
  const transcript: Partial<Transcript> = { probeId: 'p', errorLine: 'whole' };
  store.commit({
    puts: [
      { table: 'cited', key: 'p', atMs: 2, value: { sample, transcript: null } },
      { table: 'cited', key: 'q', atMs: 2, value: { sample, transcript } },
      { table: 'probe', key: 'p', atMs: 1, value: { sample, transcript } },
    ],
    deletes: [],
  });
  const stages = { board: new ProbeStore([1], []), ledger: createLedger(store, 10), store };
  const lines = ['p', 'q', 'r'].map((id) => findProbe(stages, id)?.transcript?.errorLine);
  expect(lines).toEqual(['whole', 'whole', undefined]);
});
