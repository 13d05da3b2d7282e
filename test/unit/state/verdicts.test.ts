import { expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Row } from '../../../src/core/ports.ts';
import type { MirrorState } from '../../../src/core/standing.ts';
import type { UpstreamVerdict } from '../../../src/core/verdict.ts';
import { createVerdictBook } from '../../../src/state/verdicts.ts';
import { fixtureMirror, fixtureVerdict } from '../api/fixture-advice.ts';

const at = (seconds: number) => ({ wallMs: 5_000_000 + seconds * 1000, monotonicMs: seconds * 1000 });

/** The record of one upstream at a time: mirror `a` in this state, and another gate where one is given. */
function verdict(state: MirrorState, seconds: number, gate: UpstreamVerdict['mirrors'][number]['gate'] = 'ok') {
  const mirror = { ...fixtureMirror, registry: 'a', state, gate, scoreSeconds: seconds, sum: null, bound: null };
  return [{ ...fixtureVerdict, atMs: at(seconds).wallMs, mirrors: [mirror] }];
}

/** A state file in memory, newest rows first. */
function stored(rows: Row[] = []) {
  const page = (_table: string, limit: number, before: { atMs: number; key: string } | null) =>
    rows
      .filter(({ atMs }) => before === null || atMs <= before.atMs)
      .toSorted((x, y) => y.atMs - x.atMs)
      .slice(0, limit);
  let reads = 0;
  const get = (_table: string, key: string) => {
    reads += 1;
    return rows.find((row) => row.key === key) ?? null;
  };
  return { rows, page, get, reads: () => reads };
}

test('a record is stored when a state, a gate or a reason changes, and not when a cost changes', () => {
  const store = stored();
  const book = createVerdictBook(store, at(0));
  const take = (...given: Parameters<typeof verdict>) => {
    const rows = book.take(verdict(...given), at(given[1]));
    store.rows.push(...rows);
    return rows.length;
  };
  expect([
    take('up', 1),
    take('up', 50),
    take('down', 60),
    take('down', 62, 'outage'),
    take('down', 64, 'outage'),
  ]).toEqual([1, 0, 1, 1, 0]);
  expect([book.of('a', 'up'), book.of('a', 'down')]).toEqual([null, at(60).wallMs]);
  const gates = [0, 59, 61, 99].map((seconds) =>
    book.at(at(seconds).wallMs).map(({ mirrors: [one] }) => [one?.state, one?.gate, one?.sinceMs]),
  );
  expect(gates).toEqual([
    [],
    [['up', 'ok', at(1).wallMs]],
    [['down', 'ok', at(60).wallMs]],
    [['down', 'outage', at(60).wallMs]],
  ]);
});

test('a restart in an outage: the record stays until the first canary, and down goes on counting', () => {
  const store = stored();
  store.rows.push(...createVerdictBook(store, at(-900)).take(verdict('down', -800), at(-800)));
  const book = createVerdictBook(store, at(0));
  expect(book.take(verdict('unknown', 5), at(5))).toEqual([]);
  expect(book.of('a', 'unknown')).toBeNull();
  book.take(verdict('down', 20), at(20));
  expect(book.of('a', 'down')).toBe(at(-800).wallMs);
});

test('unknown for longer than a start takes is a state of its own', () => {
  const store = stored();
  store.rows.push(...createVerdictBook(store, at(-900)).take(verdict('down', -800), at(-800)));
  const book = createVerdictBook(store, at(0));
  expect(book.take(verdict('unknown', 179), at(179))).toEqual([]);
  expect(book.take(verdict('unknown', 180), at(180))).toHaveLength(1);
  expect(book.of('a', 'unknown')).toBe(at(180).wallMs);
});

test('a time is answered by one read of the state file for each upstream, also if the newest record is not written yet', () => {
  const store = stored();
  const book = createVerdictBook(store, at(0));
  for (let seconds = 1; seconds < 200; seconds += 1)
    store.rows.push(...book.take(verdict(seconds % 2 === 0 ? 'up' : 'down', seconds), at(seconds)));
  book.take(verdict('degraded', 200), at(200));
  expect(book.at(at(100).wallMs).map(({ atMs }) => atMs)).toEqual([at(100).wallMs]);
  expect(store.reads()).toBe(1);
  expect(book.at(at(300).wallMs).map(({ atMs }) => atMs)).toEqual([at(199).wallMs]);
  expect(
    createVerdictBook(store, at(0))
      .at(at(5).wallMs)
      .map(({ atMs }) => atMs),
  ).toEqual([at(5).wallMs]);
});

test('a time before all stored records of several upstreams is answered without reading what is no longer stored', () => {
  const store = stored();
  const book = createVerdictBook(store, at(0));
  const rows: Row[] = [];
  for (let seconds = 1; rows.length < limits.verdictRows + 200; seconds += 1) {
    const of = verdict(seconds % 2 === 0 ? 'up' : 'down', seconds);
    rows.push(
      ...book.take(
        ['u1', 'u2'].flatMap((upstream) => of.map((one) => ({ ...one, upstream }))),
        at(seconds),
      ),
    );
  }
  store.rows.push(...rows.slice(-limits.verdictRows));
  expect([book.at(at(100).wallMs), store.reads()]).toEqual([[], 0]);
  expect(book.at(at(200).wallMs).map(({ upstream, atMs }) => [upstream, atMs])).toEqual([
    ['u2', at(200).wallMs],
    ['u1', at(200).wallMs],
  ]);
});
