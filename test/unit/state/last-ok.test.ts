import { describe, expect, test } from 'vitest';
import type { Row } from '../../../src/core/ports.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { createLastOk } from '../../../src/state/last-ok.ts';
import { aDue, aSample, aTarget, refused } from '../detect/world.ts';

const target = aTarget('a');
const config = { mirrors: [{ name: 'a', url: 'https://a.example.com' }] };

function took(startedAtMs: number, over: { outcome?: SettledSample['outcome']; purpose?: 'confirm' } = {}) {
  const due = aDue(target, over.purpose === undefined ? {} : { purpose: over.purpose });
  const sample = aSample(due, startedAtMs, 40, over.outcome ?? { tag: 'ok' });
  return { ...sample, cold: false, thresholdMs: null, baselineMs: null };
}
const at = (seconds: number) => ({ wallMs: 1_000_000 + seconds * 1000, monotonicMs: seconds * 1000 });
const row = (value: unknown): Row => ({ table: 'meta', key: 'ok/a', atMs: 0, value });

describe('when a target last answered well', () => {
  test('is the end of its last scheduled ok probe, and written at most once a minute', () => {
    const lastOk = createLastOk(config, [target], []);
    const first = took(1000);
    lastOk.take(first);
    const endedMs = first.startedAtMs + 40;
    expect(lastOk.all()).toEqual(new Map([[target.id, endedMs]]));
    expect(lastOk.rows(at(1), false)).toEqual([
      {
        table: 'meta',
        key: 'ok/a',
        atMs: at(1).wallMs,
        value: { v: 1, url: config.mirrors[0]?.url, at: { [target.id]: endedMs } },
      },
    ]);
    lastOk.take(took(2000));
    expect(lastOk.rows(at(59.9), false)).toEqual([]);
    expect(lastOk.rows(at(60), false)).toHaveLength(1);
    expect(lastOk.rows(at(200), false)).toEqual([]);
  });

  test('of many targets it is written less often: 20 ms for each', () => {
    const targets = Array.from({ length: 6_000 }, (_, n) => aTarget('a', 'mod', `example.com/${n}`));
    const [first = target] = targets;
    const lastOk = createLastOk(config, targets, []);
    const again = (seconds: number): number => {
      const sample = took(seconds * 1_000);
      lastOk.take({ ...sample, due: { ...sample.due, target: first } });
      return lastOk.rows(at(seconds), false).length;
    };
    expect([again(1), again(61), again(119), again(120), again(239), again(240)]).toEqual([1, 0, 0, 1, 0, 1]);
  });

  test('at a shutdown all that is new is written', () => {
    const lastOk = createLastOk(config, [target], []);
    lastOk.take(took(1000));
    lastOk.rows(at(1), false);
    lastOk.take(took(2000));
    expect(lastOk.rows(at(3), true)).toHaveLength(1);
    expect(lastOk.rows(at(4), true)).toEqual([]);
  });

  test('a reload keeps what is not written yet, and the time of the last write', () => {
    const lastOk = createLastOk(config, [target], []);
    lastOk.take(took(1000));
    lastOk.rows(at(1), false);
    lastOk.take(took(2000));
    lastOk.replace(config, [target]);
    expect(lastOk.rows(at(59.9), false)).toEqual([]);
    expect(lastOk.rows(at(60), false)).toMatchObject([{ value: { at: Object.fromEntries(lastOk.all()) } }]);
    expect(lastOk.rows(at(62), true)).toEqual([]);
  });

  test.each([
    ['a failure', took(1000, { outcome: refused })],
    ['a confirming answer', took(1000, { purpose: 'confirm' })],
  ])('%s is none', (_what, sample) => {
    const lastOk = createLastOk(config, [target], []);
    lastOk.take(sample);
    expect([lastOk.all().size, lastOk.rows(at(1), true)]).toEqual([0, []]);
  });

  const good = { v: 1, url: 'https://a.example.com', at: { [target.id]: 5000 } };
  test.each([
    ['what was written', good, 1],
    ['another version of the row', { ...good, v: 2 }, 0],
    ['another address', { ...good, url: 'https://else.example.com' }, 0],
    ['a target that is not configured', { ...good, at: { 'a|x|v1|mod': 5000 } }, 0],
    ['a stamp that is none', { ...good, at: { [target.id]: 'soon' } }, 0],
    ['no row at all', null, 0],
  ])('%s is restored or not', (_what, value, size) =>
    expect(createLastOk(config, [target], [row(value)]).all().size).toBe(size),
  );
});
