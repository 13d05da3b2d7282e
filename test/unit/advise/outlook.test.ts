import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closeOverdue, newContest } from '../../../src/advise/comparison/contest.ts';
import { pastMomentsFrom } from '../../../src/advise/comparison/moments.ts';
import { compareOutlooks, type Measured, outlookOf } from '../../../src/advise/outlook.ts';
import { wilsonOf } from '../../../src/core/statistics.ts';
import type { ChainOutlook } from '../../../src/core/what-if.ts';
import type { Chain, Client } from '../../../src/ecosystems/client.ts';
import { goClient } from '../../../src/ecosystems/go/client.ts';
import { npmClient } from '../../../src/ecosystems/npm/clients.ts';
import { containerd } from '../../../src/ecosystems/oci/clients.ts';
import { pip, uv } from '../../../src/ecosystems/pypi/clients.ts';
import { around, moment, type Reply1 } from './comparison/answers.ts';

const failureCostMs = 300_000;
const fetch = ['light', 'light', 'heavy'] as const;

/** What mirrors answered in one moment. */
type Told = Readonly<Record<string, Reply1>>;

/** What was measured: light moments, and downloads beside them. */
function measured(light: readonly Told[], downloads: readonly Told[] = [], client: Client = goClient): Measured {
  const contest = newContest('a');
  const count = Math.max(light.length, downloads.length);
  // All within the half hour that costs are taken over.
  const stepMs = Math.min(30_000, Math.floor(1_500_000 / count));
  const by = around(Object.fromEntries(['a', 'b', 'c'].map((name) => [name, `${name},direct`])), {
    paceMs: () => stepMs,
  });
  for (const [at, said] of light.entries()) {
    moment(contest, by, stepMs * at, said);
    closeOverdue(contest, by, stepMs * at + 12_000);
  }
  for (const [at, said] of downloads.entries())
    moment(contest, by, stepMs * at, said, { isHeavy: true, question: 'zip' });
  const nowMs = stepMs * count;
  closeOverdue(contest, by, nowMs + 200_000);
  return {
    client,
    past: pastMomentsFrom(contest.past, 0),
    nameOf: by.nameOf,
    by: {
      nowMs,
      fetch,
      failureCostMs,
    },
    usualHeavyMs: 0,
  };
}

/** A chain in letters, `x` is not watched: `a,b|direct`; for others with blanks. */
function chainOf(text: string, client: Client = goClient): Chain {
  const parsed = client.parse(
    text.replace(/(?<![\w:/@.])[a-z](?![\w:/@.])/g, (letter) => `https://${letter}.example.com`),
  );
  if (parsed.tag === 'error') throw new Error(parsed.error.kind);
  return parsed.value;
}

function outlook(text: string, over: Measured): ChainOutlook {
  return outlookOf(over, chainOf(text, over.client)).outlook;
}

function times(count: number, ...said: readonly Told[]): Told[] {
  return Array.from({ length: count }, () => said).flat();
}

describe('a chain over moments in which all its members were asked, by hand', () => {
  // Ten moments of 300 s: a is well in 8 at 200 ms, once 404, once broken; b in all at 100 ms; each bad one took 40 ms.
  const ten = [...times(8, { a: 200, b: 100 }), { a: 'gone', b: 100 }, { a: 'x', b: 100 }] as const;

  test.each<[string, { atLeast: number; atMost: number; unmeasured: number; meanMs: number }]>([
    ['a,b', { atLeast: 0.9, atMost: 0.9, unmeasured: 0, meanMs: (8 * 200 + 140) / 9 }],
    ['a|b', { atLeast: 1, atMost: 1, unmeasured: 0, meanMs: (8 * 200 + 2 * 140) / 10 }],
    ['b,a', { atLeast: 1, atMost: 1, unmeasured: 0, meanMs: 100 }],
    ['a,direct', { atLeast: 0.8, atMost: 0.9, unmeasured: 1, meanMs: 200 }],
    ['a|direct', { atLeast: 0.8, atMost: 1, unmeasured: 2, meanMs: 200 }],
    ['a|off', { atLeast: 0.8, atMost: 0.8, unmeasured: 0, meanMs: 200 }],
    ['a,x', { atLeast: 0.8, atMost: 0.9, unmeasured: 1, meanMs: 200 }],
    ['a', { atLeast: 0.8, atMost: 0.8, unmeasured: 0, meanMs: 200 }],
  ])('%s', (text, want) => {
    const found = outlook(text, measured(ten));
    expect(found).toMatchObject({ basis: 'paired', moments: 10, unmeasured: want.unmeasured, windowSeconds: 300 });
    expect(found.availability?.atLeast).toBeCloseTo(want.atLeast, 6);
    expect(found.availability?.atMost).toBeCloseTo(want.atMost, 6);
    // No download was measured: its step costs what a light one does, as in advice.
    expect(found.fetch?.seconds).toBeCloseTo((3 * want.meanMs) / 1000, 5);
    expect(found.build).toBeNull();
  });

  test('what chance leaves is said by the count of moments', () => {
    const { availability } = outlook('a,b', measured(ten));
    expect(availability?.low).toBeCloseTo(wilsonOf(0.9, 10).low, 6);
    expect(availability?.high).toBeCloseTo(wilsonOf(0.9, 10).high, 6);
  });

  test('a fetch and a build are reckoned as advice does: 2 light steps and a heavy one; ten and five, three at once', () => {
    const over = measured(times(10, { a: 200 }), [...times(4, { a: 900 }), { a: 'x' }]);
    const found = outlook('a', over);
    const share = 1 / (5 + 4);
    expect(found.downloads).toEqual({ moments: 5, failed: 1, unmeasured: 0 });
    expect(found.fetch?.seconds).toBeCloseTo(0.2 + 0.2 + 0.9, 6);
    expect(found.fetch?.costSeconds).toBeCloseTo(1.3 + (share / 3) * 300, 5);
    const failed = 1 - (1 - share) ** 5;
    expect(found.build?.seconds).toBeCloseTo((10 * 0.2 + 5 * 0.9) / 3, 5);
    expect(found.build?.failedShare).toBeCloseTo(failed, 5);
    expect(found.build?.costSeconds).toBeCloseTo((10 * 0.2 + 5 * 0.9) / 3 + failed * 300, 4);
  });
});

describe('clients walk by their own rules', () => {
  const six = [...times(5, { a: 200, b: 100 }), { a: 'x', b: 100 }] as const;

  test.each<[Client, string, number, number]>([
    // One registry and no other: what fails, fails.
    [npmClient, 'a', 5 / 6, 200],
    // All indexes are asked, one after the other; who fails is passed over.
    [pip, 'a b', 1, (5 * 300 + 140) / 6],
    // Extra indexes first, the default one last.
    [uv, 'a b', 1, 100],
    [uv, 'b a', 5 / 6, 200],
    // Hosts in their order, past whatever fails.
    [containerd, 'a|b', 1, (5 * 200 + 140) / 6],
  ])('%o %s', (client, text, availability, meanMs) => {
    const found = outlook(text, measured(six, [], client));
    expect(found.availability?.atLeast).toBeCloseTo(availability, 6);
    expect(found.fetch?.seconds).toBeCloseTo((3 * meanMs) / 1000, 5);
  });
});

describe('what is not measured is said to be so', () => {
  const well = times(10, { a: 200, b: 100 });

  test.each<[string, string]>([
    ['direct', 'direct'],
    ['x', 'unwatched'],
  ])('%s alone says nothing', (text, kind) => {
    const found = outlook(text, measured(well));
    expect(found).toMatchObject({ basis: 'none', availability: null, fetch: null, build: null, moments: 0 });
    expect(found.members).toMatchObject([{ kind, registry: null, answers: 0 }]);
  });

  test('a walk that begins where nothing is measured never ends', () => {
    const found = outlook('x,a', measured(well));
    expect(found).toMatchObject({ basis: 'paired', moments: 10, unmeasured: 10, fetch: null });
    expect(found.availability).toMatchObject({ atLeast: 0, atMost: 1, low: 0, high: 1 });
  });

  test('a mirror with four answers is not measured yet, with five it is', () => {
    const some = (count: number) => measured([...times(10, { a: 200 }), ...times(count, { a: 'gone', c: 90 })]);
    expect(outlook('a,c', some(4))).toMatchObject({ moments: 14, unmeasured: 4 });
    expect(outlook('a,c', some(5))).toMatchObject({ moments: 5, unmeasured: 0 });
  });

  test('who its members are, and how they answered', () => {
    const over = measured([...times(8, { a: 200, b: 100 }), ...times(2, { a: 'x', b: 100 })]);
    expect(outlook('https://u:p@a.example.com|x|b,direct', over).members).toEqual([
      { shown: 'https://***@a.example.com', kind: 'mirror', registry: 'a', answers: 10, good: 8 },
      { shown: 'https://x.example.com', kind: 'unwatched', registry: null, answers: 0, good: 0 },
      { shown: 'https://b.example.com', kind: 'mirror', registry: 'b', answers: 10, good: 10 },
      { shown: 'direct', kind: 'direct', registry: null, answers: 0, good: 0 },
    ]);
  });
});

describe('mirrors that were never asked in one moment', () => {
  // Of 20 answers each: a 404 in 2 and broken in 2; b broken in 5.
  const apart = [
    ...times(16, { a: 200 }),
    ...times(2, { a: 'gone' }),
    ...times(2, { a: 'x' }),
    ...times(15, { b: 100 }),
    ...times(5, { b: 'x' }),
  ] as readonly Told[];

  test.each<[string, number, number]>([
    ['a|b', 1 - 0.2 * 0.25, (0.8 * 200 + 0.2 * 0.75 * 140) / 0.95],
    ['a,b', 0.8 + 0.1 * 0.75, (0.8 * 200 + 0.1 * 0.75 * 140) / 0.875],
    ['b|a', 0.75 + 0.25 * 0.8, (0.75 * 100 + 0.25 * 0.8 * 240) / 0.95],
  ])('%s: shares multiply, and it is said', (text, availability, meanMs) => {
    const found = outlook(text, measured(apart));
    expect(found).toMatchObject({ basis: 'independent', moments: 20, unmeasured: 0 });
    expect(found.availability?.atLeast).toBeCloseTo(availability, 6);
    expect(found.fetch?.seconds).toBeCloseTo((3 * meanMs) / 1000, 5);
    expect(found.fetch?.low).toBeNull();
  });

  test('trouble that comes together is seen where it is paired, and not where it is not', () => {
    const together = [...times(15, { a: 200, b: 100 }), ...times(5, { a: 'x', b: 'x' })] as readonly Told[];
    expect(outlook('a|b', measured(together)).availability?.atLeast).toBeCloseTo(0.75, 6);
    const alone = together.flatMap(({ a, b }) => [{ a }, { b }] as Told[]);
    expect(outlook('a|b', measured(alone)).availability?.atLeast).toBeCloseTo(1 - 0.25 * 0.25, 6);
  });
});

describe('beside another chain', () => {
  test('moments that one of them saves are counted, and times by the test that ranks mirrors', () => {
    const over = measured([...times(18, { a: 200, b: 100 }), { a: 'x', b: 100 }, { a: 200, b: 'x' }]);
    const [a, b] = [outlookOf(over, chainOf('a')), outlookOf(over, chainOf('b'))];
    expect(compareOutlooks(b, a, 0.2)).toMatchObject({ time: 'faster', moments: 20, rescued: 1, broken: 1 });
    expect(compareOutlooks(a, b, 0.2)).toMatchObject({ time: 'slower', moments: 20, rescued: 1, broken: 1 });
    expect(compareOutlooks(a, a, 0.2)).toMatchObject({ time: 'equal', moments: 20, rescued: 0, broken: 0 });
    expect(compareOutlooks(a, outlookOf(over, chainOf('direct')), 0.2)).toMatchObject({ time: null, moments: 0 });
  });
});

const said = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 4_000 }) },
  { weight: 3, arbitrary: fc.constantFrom<Reply1>('x', 'gone') },
);
const told = fc.array(fc.record({ a: said, b: said, c: said }), { minLength: 8, maxLength: 60 });
// Printed by fast-check with each counterexample.
const seed = 20_261_121;
const availability = (text: string, over: Measured): number => outlook(text, over).availability?.atLeast ?? Number.NaN;

describe('whatever was answered', () => {
  test('a chain of `|` is at least as available as the best of its members, and never less with one more', () => {
    fc.assert(
      fc.property(told, (moments) => {
        const over = measured(moments as readonly Told[]);
        const best = Math.max(...['a', 'b', 'c'].map((name) => availability(name, over)));
        expect(availability('a|b|c', over)).toBeGreaterThanOrEqual(best - 1e-6);
        expect(availability('a|b|c', over)).toBeGreaterThanOrEqual(availability('a|b', over) - 1e-6);
        expect(availability('c|b|a', over)).toBeCloseTo(availability('a|b|c', over), 6);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('`,` is never more available than `|` at the same place', () => {
    fc.assert(
      fc.property(told, (moments) => {
        const over = measured(moments as readonly Told[]);
        expect(availability('a,b', over)).toBeLessThanOrEqual(availability('a|b', over) + 1e-6);
        expect(availability('a,b', over)).toBeGreaterThanOrEqual(availability('a', over) - 1e-6);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('a member in front that is dead stops the chain behind `,`, and costs its time behind `|`', () => {
    fc.assert(
      fc.property(told, (moments) => {
        const over = measured(moments.map((one) => ({ ...one, c: 'x' })) as unknown as readonly Told[]);
        expect(availability('c,a', over)).toBe(0);
        expect(availability('c|a', over)).toBeCloseTo(availability('a', over), 6);
        const [alone, behind] = [outlook('a', over).fetch, outlook('c|a', over).fetch];
        if (alone === null) expect(behind).toBeNull();
        else expect(behind?.seconds).toBeCloseTo(alone.seconds + (3 * 40) / 1000, 5);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('a member in front that lacks everything (404) stops nothing', () => {
    fc.assert(
      fc.property(told, (moments) => {
        const over = measured(moments.map((one) => ({ ...one, c: 'gone' })) as unknown as readonly Told[]);
        expect(availability('c,a', over)).toBeCloseTo(availability('a', over), 6);
      }),
      { seed, numRuns: 60 },
    );
  });

  test('shares are shares, bounds hold what they bound, and costs are no less than times', () => {
    const chains = ['a', 'a,b', 'a|b,c', 'b,a|direct', 'c|x|a', 'a|b|c,off'];
    fc.assert(
      fc.property(told, fc.constantFrom(...chains), fc.boolean(), (moments, text, isApart) => {
        const alone = moments.flatMap(({ a, b, c }) => [{ a }, { b }, { c }]);
        const over = measured((isApart ? alone : moments) as unknown as readonly Told[]);
        const { availability: found, fetch: cost } = outlook(text, over);
        if (found === null) return;
        const { low, atLeast, atMost, high } = found;
        expect([0, low, atLeast, atMost, high, 1]).toEqual(
          [0, low, atLeast, atMost, high, 1].toSorted((x, y) => x - y),
        );
        if (cost === null) return;
        expect(cost.costSeconds).toBeGreaterThanOrEqual(cost.seconds);
        expect(cost.costSecondsMost).toBeGreaterThanOrEqual(cost.costSeconds);
        expect(cost.low ?? 0).toBeLessThanOrEqual(cost.seconds);
        expect(cost.high ?? cost.seconds).toBeGreaterThanOrEqual(cost.seconds);
      }),
      { seed, numRuns: 100 },
    );
  });
});
