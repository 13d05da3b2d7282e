import { expect, it } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import type { Offers } from '../../../src/core/transcript.ts';
import { createDetector, type Detector } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

const origin: Mirror = { ...aMirror('origin'), role: 'origin' };

/** Mirrors whose responses are played one after the other, a second apart. */
function play(mirrors: readonly Mirror[], restored: Parameters<typeof createDetector>[0]['restored'] = []) {
  const targets = mirrors.map(({ name }) => aTarget(name));
  const config = aConfig({ mirrors });
  const detector: Detector = createDetector({ config, targets, restored, random: countingRandom(), now: at(0) });
  let ms = 0;
  const rows = new Map(restored.map((row) => [`${row.table} ${row.key}`, row]));
  return {
    detector,
    rows: () => [...rows.values()],
    shows(name: string, offers: Offers, version?: string): readonly string[] {
      ms += 1_000;
      const facts = { offers, ...(version === undefined ? {} : { resolvedVersion: version }) };
      const sample = aSample(aDue(aTarget(name)), ms - 100, 100, { tag: 'ok' }, { facts });
      const turn = detector.take(sample, at(ms));
      for (const row of [...turn.rows, ...detector.tick(at(ms + 600_000)).rows])
        rows.set(`${row.table} ${row.key}`, row);
      return turn.findings.map(({ change, finding }) => `${change} ${finding.kind} ${finding.registry}`);
    },
    of: (name: string) => detector.standings().find(({ registry }) => registry === name)?.capabilities,
  };
}

it('knows what a response has, and what it cannot have; what it merely has not is compared with the origin', () => {
  const world = play([origin, aMirror('a'), aMirror('b')]);
  world.shows('a', { time: true, attestations: null, abbreviated: false });
  expect(world.of('a')).toEqual({ time: true, abbreviated: false });
  world.shows('b', { time: true, attestations: true, abbreviated: true });
  expect(world.of('a')).toEqual({ time: true, abbreviated: false });
  world.shows('origin', { time: true, attestations: true, abbreviated: true });
  expect(world.of('a')).toEqual({ time: true, abbreviated: false, attestations: false });
  expect(world.of('b')).toEqual({ time: true, abbreviated: true, attestations: true });
});

it('compares responses about the same version alone', () => {
  const world = play([origin, aMirror('a')]);
  world.shows('origin', { attestations: true }, 'v2.0.0');
  world.shows('a', { attestations: null }, 'v1.0.0');
  expect(world.of('a')).toBeUndefined();
  world.shows('a', { attestations: null }, 'v2.0.0');
  expect(world.of('a')).toEqual({ attestations: false });
});

it('compares with most mirrors, at least two, where there is no origin', () => {
  const world = play([aMirror('a'), aMirror('b'), aMirror('c')]);
  world.shows('a', { attestations: null });
  world.shows('b', { attestations: true });
  expect(world.of('a')).toBeUndefined();
  world.shows('c', { attestations: true });
  expect(world.of('a')).toEqual({ attestations: false });
});

it('does not take several mirrors of one operator for most', () => {
  const sibling = (name: string): Mirror => ({ ...aMirror(name), url: `https://evil.example.com/${name}` });
  const world = play([aMirror('a'), sibling('b'), sibling('c')]);
  world.shows('a', { attestations: null });
  for (const name of ['b', 'c']) world.shows(name, { attestations: true });
  expect(world.of('a')).toBeUndefined();
});

it('finds what a mirror loses while the origin keeps it, at the second response, until it is back', () => {
  const world = play([origin, aMirror('a')]);
  world.shows('origin', { time: true });
  world.shows('a', { time: true });
  expect(world.shows('a', { time: false })).toEqual([]);
  expect(world.shows('a', { time: false })).toEqual(['opened capability a']);
  expect(world.detector.findings()[0]).toMatchObject({ cause: 'stripped', actionable: false });
  expect(world.detector.standings().find(({ registry }) => registry === 'a')?.state).not.toBe('degraded');
  expect(world.shows('a', { time: true })).toEqual(['closed capability a']);
});

it.each([
  { name: 'never had it', origin: true, before: null },
  { name: 'lost it as the origin did', origin: false, before: true },
])('finds nothing about a mirror that $name', ({ origin: has, before }) => {
  const world = play([origin, aMirror('a')]);
  if (before !== null) world.shows('a', { time: before });
  world.shows('origin', { time: has });
  for (let n = 0; n < 3; n += 1) expect(world.shows('a', { time: false })).toEqual([]);
  expect(world.of('a')).toEqual({ time: false });
});

it('keeps what is known over a restart', () => {
  const first = play([origin, aMirror('a')]);
  first.shows('origin', { time: true });
  first.shows('a', { time: true, abbreviated: false });
  const again = play([origin, aMirror('a')], first.rows());
  expect(again.of('a')).toEqual({ time: true, abbreviated: false });
  again.shows('origin', { time: true });
  again.shows('a', { time: false });
  expect(again.shows('a', { time: false })).toEqual(['opened capability a']);
});

it('takes no row of a changed state file for what it is not', () => {
  const value = { capabilities: { time: 'yes', 'x y': true, attestations: true }, stripped: ['time', 7] };
  const first = play([origin, aMirror('a')]);
  first.shows('a', { time: true });
  const rows = first.rows().map((row) => {
    const known = row.value as object;
    return 'capabilities' in known ? { ...row, value: { ...known, ...value } } : row;
  });
  const world = play([origin, aMirror('a')], rows);
  expect(world.of('a')).toEqual({ attestations: true });
});
