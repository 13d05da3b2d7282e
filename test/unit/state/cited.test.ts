import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Row } from '../../../src/core/ports.ts';
import type { KeptProbe } from '../../../src/core/sample.ts';
import type { Transcript } from '../../../src/core/transcript.ts';
import { Cited } from '../../../src/state/cited.ts';
import { type MemoryStore, memoryStore } from '../../daemon/memory-store.ts';
import { sampleFinding } from '../../support/samples.ts';
import { aDue, aSample, aTarget } from '../detect/world.ts';

const nowMs = 1_000_000;

function aProbe(probeId: string, errorLine: string | null = null): KeptProbe {
  const sample = aSample(aDue(aTarget('a'), { probeId }), 0, 50);
  const transcript: Transcript = {
    probeId,
    startedAtMs: 0,
    startedMonotonicMs: 0,
    hops: [],
    verdict: { outcome: { tag: 'ok' }, facts: {} },
    errorLine,
    loopDelayMsMax: 0,
    worker: 0,
  };
  return { sample: { ...sample, cold: false, thresholdMs: null, baselineMs: null }, transcript };
}

function aFinding(id: string, probeIds: readonly string[], state: Finding['state'] = 'open'): Finding {
  return sampleFinding({
    id,
    state,
    closedAtMs: state === 'open' ? null : nowMs,
    evidence: { ...sampleFinding().evidence, probeIds },
  });
}

/** Findings and advice by hand, over a store that takes all that is written. */
function world(given: { store?: MemoryStore; open?: readonly Finding[]; inForce?: readonly string[] } = {}) {
  const store = given.store ?? memoryStore();
  const open = new Map((given.open ?? []).map((finding) => [finding.id, finding]));
  const self = {
    store,
    inForce: given.inForce ?? ([] as readonly string[]),
    /** Probes that are known beside those of the state file. */
    known: new Map<string, KeptProbe>(),
    /** How a finding goes on: its row is written with this turn, or not yet. */
    turn(findings: readonly Finding[], how: { isWritten: boolean } = { isWritten: true }, atMs = nowMs) {
      for (const finding of findings) {
        if (finding.state === 'open') open.set(finding.id, finding);
        else open.delete(finding.id);
      }
      const rows = findings.map((value): Row => ({ table: 'finding', key: value.id, atMs, value }));
      const written = how.isWritten ? rows : [];
      const turn = { open: [...open.values()], rows: written, settled: [], inForce: () => self.inForce };
      const change = cited.follow(turn, atMs);
      store.commit({ puts: [...written, ...change.rows], deletes: change.deletes });
      return change;
    },
    know(...ids: readonly string[]) {
      for (const id of ids) self.known.set(id, aProbe(id));
    },
    /** The rows that there are, and whether they are held or age from when. */
    rows: () =>
      Object.fromEntries(store.all('cited').map(({ key, atMs }) => [key, atMs > nowMs * 1e6 ? 'held' : atMs])),
  };
  const cited = new Cited({
    store,
    open: [...open.values()],
    inForce: self.inForce,
    find: (id) => self.known.get(id) ?? (store.get('cited', id)?.value as KeptProbe | undefined) ?? null,
  });
  return { ...self, cited, self };
}

describe('probes that a finding names', () => {
  test('are written with its row, and found before that', () => {
    const { turn, know, rows, cited } = world();
    know('p1');
    turn([aFinding('f', ['p1', 'never'])], { isWritten: false });
    expect([rows(), cited.waiting('p1')?.sample.due.probeId, cited.waiting('never')]).toEqual([{}, 'p1', null]);
    turn([aFinding('f', ['p1', 'never'])]);
    expect([rows(), cited.waiting('p1')]).toEqual([{ p1: 'held' }, null]);
  });

  test('stay until a row of the finding no longer names them', () => {
    const { turn, know, rows } = world();
    know('p1', 'p2', 'p3');
    turn([aFinding('f', ['p1', 'p2'])]);
    turn([aFinding('f', ['p1', 'p3'])], { isWritten: false });
    expect(rows()).toEqual({ p1: 'held', p2: 'held' });
    turn([aFinding('f', ['p1', 'p3'])]);
    expect(rows()).toEqual({ p1: 'held', p3: 'held' });
  });

  test('stay as long as another finding names them', () => {
    const { turn, know, rows } = world();
    know('p1', 'p2');
    turn([aFinding('f', ['p1', 'p2']), aFinding('g', ['p1'])]);
    turn([aFinding('f', ['p2'])]);
    expect(rows()).toEqual({ p1: 'held', p2: 'held' });
    turn([aFinding('g', ['p1'], 'closed')]);
    expect(rows()).toEqual({ p1: nowMs, p2: 'held' });
  });

  test.each(['closed', 'acknowledged'] as const)('age from its end: %s', (state) => {
    const { turn, know, rows, cited } = world();
    know('p1', 'p2');
    turn([aFinding('f', ['p1'])]);
    expect(cited.holds('f')).toBe(true);
    // What it is closed with is kept too.
    turn([aFinding('f', ['p1', 'p2'], state)], { isWritten: true }, nowMs + 5);
    expect([rows(), cited.holds('f')]).toEqual([{ p1: nowMs + 5, p2: nowMs + 5 }, false]);
  });

  test('stay after its end while advice in force rests on it', () => {
    const { turn, know, rows, self, cited } = world();
    know('p1');
    turn([aFinding('f', ['p1'])]);
    self.inForce = ['f'];
    turn([aFinding('f', ['p1'], 'closed')]);
    turn([]);
    expect([rows(), cited.holds('f')]).toEqual([{ p1: 'held' }, true]);
    self.inForce = [];
    turn([], { isWritten: false }, nowMs + 7);
    expect([rows(), cited.holds('f')]).toEqual([{ p1: nowMs + 7 }, false]);
  });

  test('with a conversation longer than any usual one are kept without it', () => {
    const { turn, store, self } = world();
    self.known.set('long', aProbe('long', 'x'.repeat(limits.citedChars)));
    turn([aFinding('f', ['long'])]);
    const kept = () => store.get('cited', 'long')?.value as KeptProbe;
    expect([kept().sample.due.probeId, kept().transcript]).toEqual(['long', null]);
    // The whole of it is still in memory when the finding ends.
    turn([aFinding('f', ['long'], 'closed')]);
    expect([kept().sample.due.probeId, kept().transcript]).toEqual(['long', null]);
  });

  test('are bounded in all: a finding that is full changes its own, and no other gets more', () => {
    const { turn, know, rows } = world();
    const ids = Array.from({ length: limits.citedProbes }, (_, n) => `p${n}`);
    know(...ids, 'late', 'newer');
    turn([aFinding('f', ids)]);
    turn([aFinding('g', ['late'])]);
    expect([Object.keys(rows()).length, rows()['late']]).toEqual([limits.citedProbes, undefined]);
    turn([aFinding('f', [...ids.slice(1), 'newer'])]);
    expect([Object.keys(rows()).length, rows()['newer'], rows()['p0']]).toEqual([
      limits.citedProbes,
      'held',
      undefined,
    ]);
  });
});

describe('after a restart', () => {
  test('what is named is held, what ended unseen ages, and both are still there', () => {
    const first = world();
    first.know('p1', 'p2', 'p3');
    first.turn([aFinding('f', ['p1']), aFinding('gone', ['p2']), aFinding('advised', ['p3'])]);
    first.self.inForce = ['advised'];
    first.turn([aFinding('advised', ['p3'], 'closed')]);
    const store = first.store.afterKill();
    const next = world({ store, open: [aFinding('f', ['p1'])], inForce: ['advised'] });
    next.turn([], { isWritten: false }, nowMs + 9);
    expect(next.rows()).toEqual({ p1: 'held', p2: nowMs + 9, p3: 'held' });
    next.know('p4');
    next.turn([aFinding('f', ['p4'])]);
    expect(next.rows()).toEqual({ p2: nowMs + 9, p3: 'held', p4: 'held' });
  });

  test('what aged before goes on to', () => {
    const first = world();
    first.know('p1');
    first.turn([aFinding('f', ['p1'])]);
    first.turn([aFinding('f', ['p1'], 'closed')]);
    const next = world({ store: first.store.afterKill() });
    expect([next.turn([]), next.rows()]).toEqual([{ rows: [], deletes: [] }, { p1: nowMs }]);
  });
});

test('where nothing is open nothing is written or held', () => {
  const { turn, know, cited } = world();
  know('p1');
  expect([turn([]), cited.holds('f'), cited.waiting('p1')]).toEqual([{ rows: [], deletes: [] }, false, null]);
});
