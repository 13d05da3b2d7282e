import { describe, expect, it } from 'vitest';
import type { ModuleRef } from '../../../src/core/mirror.ts';
import { lockPlaceOf } from '../../../src/detect/findings/policy.ts';
import { Simulation } from './simulate.ts';
import { fine, minute, warm, worldOfTargets } from './story-world.ts';
import { aConfig, aMirror, aTarget, failedWith } from './world.ts';

const zip = aTarget('a', 'zip', 'example.com/b');
const index = aTarget('a', 'mod', 'example.com/b');
const held = { fails: failedWith('policy', 403), afterMs: 50 };
const until = warm + 20 * minute;

const told = (sim: Simulation) =>
  sim.findings.map(({ change, finding }) => `${change} ${finding.kind}/${finding.cause}`);

/** `a` refuses the items of `ids` from `warm` to `until`. */
function refusing(ids: readonly string[], over: Parameters<typeof worldOfTargets>[2] = {}): Simulation {
  const script = ({ id }: { readonly id: string }, t: number) =>
    ids.includes(id) && t >= warm && t < until ? held : fine;
  return worldOfTargets([zip, index], script, over);
}

describe('an item that a mirror withholds by a policy', () => {
  it('is named at once, and its mirror stays up: no outage, no doubt, no share of failures', () => {
    const sim = refusing([zip.id]);
    sim.runTo(warm + 10 * minute);
    expect(told(sim)).toEqual(['opened refusal/policy']);
    expect(sim.detector.findings()).toMatchObject([
      { cause: 'policy', actionable: false, scope: [{ module: 'example.com/b', version: 'v1.0.0', step: 'zip' }] },
    ]);
    expect(sim.state('a')).toBe('up');
    expect(sim.doubts).toEqual([]);
    const failed = sim.settled.filter(({ outcome }) => outcome.tag === 'failed');
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.every(({ isWithheld }) => isWithheld === true)).toBe(true);
    sim.runTo(until + 2 * minute);
    expect(told(sim)).toEqual(['opened refusal/policy', 'closed refusal/policy']);
  });

  it('of the index step too, while the mirror serves the index of another module', () => {
    const sim = refusing([zip.id, index.id]);
    sim.runTo(warm + 10 * minute);
    expect(told(sim).filter((one) => !one.endsWith('refusal/policy'))).toEqual([]);
    expect(
      sim.detector
        .findings()[0]
        ?.scope.map(({ step }) => step)
        .toSorted(),
    ).toEqual(['mod', 'zip']);
    expect(sim.state('a')).toBe('up');
  });

  it('survives a restart', () => {
    const sim = refusing([zip.id]);
    sim.runTo(warm + minute);
    sim.restart(1_000);
    sim.runTo(until + 2 * minute);
    expect(told(sim)).toEqual(['opened refusal/policy', 'closed refusal/policy']);
  });

  it('a policy that covers the whole mirror is an ordinary refusal', () => {
    const sim = refusing([aTarget('a').id, zip.id, index.id]);
    sim.runTo(warm + 5 * minute);
    expect(sim.detector.findings()).toMatchObject([{ kind: 'refusal', cause: 'denied', actionable: true }]);
    expect(sim.state('a')).toBe('degraded');
    sim.runTo(until + 5 * minute);
    expect(sim.detector.findings()).toEqual([]);
  });

  it.each([
    ['all its artifacts is an ordinary refusal', true, 'refusal/denied'],
    ['one of two artifacts is deliberate', false, 'refusal/policy'],
  ])('a policy that covers %s', (_, isBoth, finding) => {
    const other = aTarget('a', 'zip', 'example.com/c');
    const ids = isBoth ? [zip.id, other.id] : [zip.id];
    const sim = worldOfTargets([zip, index, other], ({ id }, t) => (ids.includes(id) && t >= warm ? held : fine));
    sim.runTo(warm + 20 * minute);
    expect(sim.detector.findings().map(({ kind, cause }) => `${kind}/${cause}`)).toEqual([finding]);
  });

  it('an outage of the item ends where the mirror serves again, and withholds the item', () => {
    const sim = worldOfTargets([zip, index], ({ id }, t) =>
      id !== index.id || t < warm
        ? fine
        : t < warm + 5 * minute
          ? { fails: failedWith('server', 500), afterMs: 20 }
          : held,
    );
    sim.runTo(warm + 30 * minute);
    expect(sim.changes('outage').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
    expect(sim.detector.findings().map(({ cause }) => cause)).toEqual(['policy']);
  });

  const named: ModuleRef = { ecosystem: 'go', upstream: 'go', module: 'example.com/b', version: 'v1.0.0' };
  it.each([
    ['no lock file names it', {}, 'Everything else is served.'],
    [
      'a lock file with its line',
      { pinnedAt: { go: { 'example.com/b@v1.0.0': 'go.sum:7' } } },
      'go.sum:7 needs example.com/b@v1.0.0',
    ],
    [
      'a lock file names a longer version',
      { pinnedAt: { go: { 'example.com/b@v1.0.0-rc.1': 'go.sum:7' } } },
      'Everything else',
    ],
    [
      'a lock file without hashes',
      { modules: [{ ...named, isOfLock: true as const }] },
      'a lock file needs example.com/b@v1.0.0',
    ],
  ])('says who needs it: %s', (_, over, words) => {
    const config = { ...aConfig({ mirrors: [aMirror('a'), aMirror('b')] }), ...over };
    const targets = [aTarget('a'), aTarget('b'), zip, index];
    const sim = new Simulation({ config, targets, script: ({ id }, t) => (id === zip.id && t >= warm ? held : fine) });
    sim.runTo(warm + 2 * minute);
    expect(sim.detector.findings()[0]?.text).toContain(words);
  });
});

describe('where a lock file names an item', () => {
  const config = {
    modules: [],
    pinnedAt: {
      go: { 'example.com/b@v1.0.0/go.mod': 'go.sum:8', 'example.com/b@v1.0.0': 'go.sum:7' },
      npm: { '@corp/x@1.0.0': 'package-lock.json:3' },
    },
  };
  const at = (ecosystem: string, module: string, version: string | null) =>
    lockPlaceOf({ ecosystem, upstream: 'u', module, version }, config);

  it('gives the first line of a version and of its module', () => {
    expect([at('go', 'example.com/b', 'v1.0.0'), at('go', 'example.com/b', null)]).toEqual(['go.sum:8', 'go.sum:8']);
    expect(at('npm', '@corp/x', '1.0.0')).toBe('package-lock.json:3');
  });
  it('takes no part of a name, and no other ecosystem', () => {
    for (const module of ['example.com', 'example.com/b/c']) expect(at('go', module, null)).toBeNull();
    expect([at('go', 'example.com/b', 'v1.0'), at('npm', 'example.com/b', 'v1.0.0')]).toEqual([null, null]);
  });
});
