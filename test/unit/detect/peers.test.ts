import { describe, expect, it, test } from 'vitest';
import {
  comparePeers,
  readStatement,
  type Statement,
  statementFor,
  type Voice,
} from '../../../src/detect/contents/digests.ts';
import { table } from '../../support/table.ts';
import { aDue, aSample, aTarget } from './world.ts';

/**
 * A voice by one letter a digest: `A!` was the same twice, `A<B` gave B before, `o:` is the origin. `A~BC` came over a
 * fresh connection, as B and C did before, a second apart.
 */
function voice(text: string): Voice {
  const [, name = '', digest = '', twice, before, others] = /^(\w+):(\w)(!?)(?:<(\w))?(?:~(\w+))?$/.exec(text) ?? [];
  const earlier = [...(others ?? '')].map((one, at) => ({ digest: one, atMs: at * 1_000, probeId: `probe-${one}` }));
  const said: Statement = {
    of: 'v1 sha256',
    algorithm: 'sha256',
    digest,
    sinceMs: 0,
    isTwice: twice === '!',
    seen: null,
    probeId: `probe-${name}`,
    before: before === undefined ? null : { digest: before, untilMs: 0 },
    heardMs: earlier.length * 1_000,
    ...(earlier.length === 0 ? {} : { isCold: true, earlier }),
  };
  const place = { registry: name, url: `https://${name}.example.com`, address: null };
  return { registry: name, place, isOrigin: name === 'o', statement: said };
}

it.each(
  table<{ readonly name: string; readonly voices: string; readonly odd: string; readonly again: string }[]>(
    'unit/detect/peers',
    'mirrors compared without an authority: $name',
  ),
)('mirrors compared without an authority: $name', ({ voices, odd, again }) => {
  const said = comparePeers(voices.split(' ').map(voice));
  const usualOf = (usual: readonly Voice[] | null): string => usual?.map(({ registry }) => registry).join('+') ?? '?';
  expect({
    odd: said.odd.map((one) => `${one.voice.registry} ${one.cause} ${usualOf(one.usual)}`).join(', '),
    again: said.again
      .map(({ registry }) => registry)
      .sort()
      .join(' '),
  }).toEqual({ odd, again });
});

test('two responses with different wrong bytes must be some time apart, if that is required', () => {
  const voices = 'a:A! b:C~B o:A!'.split(' ').map(voice);
  expect(comparePeers(voices, 1_000).odd).toMatchObject([{ other: { digest: 'B', probeId: 'probe-B' } }]);
  expect(comparePeers(voices, 1_001).odd).toEqual([]);
});

describe('what a mirror says', () => {
  const target = aTarget('a', 'zip');
  const gave = (digest: string, more: { connection?: 'cold' | 'warm'; of?: string; resolved?: string } = {}) =>
    aSample(
      aDue(target, { connection: more.connection ?? 'cold' }),
      0,
      10,
      { tag: 'ok' },
      {
        facts: {
          compared: { algorithm: 'h1', digest, ...(more.of === undefined ? {} : { of: more.of }) },
          ...(more.resolved === undefined ? {} : { resolvedVersion: more.resolved }),
        },
      },
    );
  const first = statementFor(null, gave('A'), 100);

  test('nothing, where no digest is named', () =>
    expect(statementFor(null, aSample(aDue(target), 0, 10), 100)).toBeNull());
  test('a second answer counts over a fresh connection alone', () => {
    expect(first).toMatchObject({ of: 'v1.0.0  h1', digest: 'A', isTwice: false, sinceMs: 100, before: null });
    expect(statementFor(first, gave('A', { connection: 'warm' }), 200)).toMatchObject({ isTwice: false });
    expect(statementFor(first, gave('A'), 200)).toMatchObject({ isTwice: true, sinceMs: 100, heardMs: 200 });
  });
  test('other bytes for the same are remembered with what was before', () =>
    expect(statementFor(first, gave('B'), 200)).toMatchObject({
      digest: 'B',
      isTwice: false,
      sinceMs: 200,
      before: { digest: 'A', untilMs: 100 },
    }));
  test.each([{ of: 'another file' }, { resolved: 'v1.1.0' }])('bytes of something else are no change: %o', (more) =>
    expect(statementFor(first, gave('B', more), 200)).toMatchObject({ digest: 'B', before: null }),
  );
  test('other bytes of more than two hours ago are no longer kept, and decide nothing', () => {
    const hour = 3_600_000;
    const all = [...'BCDEF'].reduce((before, digest, at) => statementFor(before, gave(digest), 200 + at), first);
    const kept = (atMs: number) => statementFor(all, gave('G'), atMs)?.earlier?.map(({ digest }) => digest);
    expect([kept(2 * hour), kept(2 * hour + 1_000)]).toEqual([['A', 'B', 'C', 'D'], ['F']]);
    const odd = (heardMs: number): number => {
      const one = voice('c:C~B');
      const voices = [voice('o:A!'), voice('a:A!'), { ...one, statement: { ...one.statement, heardMs } }];
      return comparePeers(voices).odd.length;
    };
    expect([odd(2 * hour), odd(2 * hour + 1)]).toEqual([1, 0]);
  });

  test('the first of many other bytes are kept, of fresh connections alone', () => {
    const all = [...'BBCDEFG'].reduce((before, digest, at) => statementFor(before, gave(digest), 200 + at), first);
    expect(all?.earlier?.map(({ digest, atMs }) => `${digest} ${atMs}`)).toEqual(['A 100', 'B 201', 'C 202', 'D 203']);
    const warm = statementFor(null, gave('A', { connection: 'warm' }), 100);
    expect(statementFor(warm, gave('B'), 200)?.earlier).toBeUndefined();
    expect(statementFor(all, gave('B', { of: 'another file' }), 300)?.earlier).toBeUndefined();
  });
  test('is read back as it was stored, or not at all', () => {
    expect(readStatement(JSON.parse(JSON.stringify(first)))).toEqual(first);
    const second = statementFor(first, gave('B'), 200);
    expect(readStatement(JSON.parse(JSON.stringify(second)))).toEqual(second);
    const { earlier: _, ...plain } = second ?? {};
    for (const earlier of [undefined, 'A', [null], [{ digest: 'A', probeId: 'p' }]])
      expect(readStatement({ ...plain, earlier })).toEqual(plain);
    for (const broken of [null, 'said', {}, { ...first, digest: 7 }, { ...first, heardMs: null }])
      expect(readStatement(broken)).toBeNull();
  });
});
