import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/failure.ts';
import type { Speaks } from '../../../src/core/mirror.ts';
import { phrase } from '../../../src/words/tell.ts';
import { type Behaviour, type Script, Simulation } from './simulate.ts';
import { aConfig, aMirror, aTarget, refused } from './world.ts';

const minute = 60_000;
const warm = 12 * minute;
const reset: Outcome = { tag: 'failed', failure: { kind: 'reset', code: 'MW_H2_RESET' } };
const resets: Behaviour = { fails: reset, afterMs: 20 };
const names = ['a', 'b', 'c'];
const go: readonly Speaks[] = [{ protocol: '2', clients: ['go'], bypass: 'GODEBUG=http2client=0' }];
const python: readonly Speaks[] = [
  { protocol: '1.1', clients: ['pip'], bypass: null },
  { protocol: '2', clients: ['uv'], bypass: null },
];

const world = (script: Script, speaks: readonly Speaks[] = go) =>
  new Simulation({
    config: aConfig({ mirrors: names.map((name) => ({ ...aMirror(name), speaks })) }),
    targets: names.flatMap((name) => [aTarget(name), aTarget(name, 'list')]),
    script,
    everyMsOf: ({ canary }) => (canary ? 30_000 : 5 * minute),
  });

/** `a` answers as said over this version from `warm` on, until `toMs`. */
const broken =
  (protocol: '1.1' | '2', behaviour: Behaviour = resets, toMs = Number.POSITIVE_INFINITY): Script =>
  ({ registry }, t, due) =>
    registry === 'a' && due.protocol === protocol && t >= warm && t < toMs ? behaviour : { rttMs: 100 };

const told = (sim: Simulation) => sim.changes('outage').map(({ what }) => what);
const cut: Outcome = { tag: 'failed', failure: { kind: 'cut', phase: 'transfer', bytesRead: 10 } };

describe('HTTP/2 alone fails, and the leading client speaks it', () => {
  it.each([
    ['reset', resets],
    ['cut', { fails: cut, afterMs: 20 }],
    ['timeout_processing', 'black hole'],
  ] as const)('%s: an outage that names the version, the clients it hits and what they can set', (cause, behaviour) => {
    const sim = world(broken('2', behaviour));
    sim.runTo(warm + 2 * minute);
    const [finding, ...others] = sim.detector.findings();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ kind: 'outage', registry: 'a', cause, actionable: true });
    expect(finding?.scope.map(({ step, protocol }) => [step, protocol])).toContainEqual(['mod', '2']);
    expect(finding?.text).toBe(
      `a fails over HTTP/2 (${cause}) and works over HTTP/1.1: go cannot use this mirror unless GODEBUG=http2client=0 is set.`,
    );
    expect(sim.state('a')).toBe('down');
  });

  it('is reported within ten seconds of the first failed probe', () => {
    const sim = world(broken('2'));
    sim.runTo(warm + 2 * minute);
    const first = sim.settled.find(({ outcome }) => outcome.tag === 'failed');
    const opened = sim.changes('outage').find(({ what }) => what === 'opened');
    expect((opened?.atMs ?? 0) - (first?.startedMonotonicMs ?? 0)).toBeLessThanOrEqual(10_000);
  });

  it('ends once it answers over HTTP/2 again, and leaves nothing behind', () => {
    const sim = world(broken('2', resets, warm + 5 * minute));
    sim.runTo(warm + 15 * minute);
    expect(told(sim).at(-1)).toBe('a closed');
    expect(sim.detector.findings()).toEqual([]);
    expect(sim.state('a')).toBe('up');
  });

  it('ends where the server has turned HTTP/2 off', () => {
    const sim = world(broken('2'));
    sim.runTo(warm + 5 * minute);
    sim.script = () => ({ rttMs: 100, protocol: '1.1' });
    sim.runTo(warm + 7 * minute);
    expect(told(sim).at(-1)).toBe('a closed');
    expect(sim.state('a')).toBe('up');
  });

  it('over both versions it is a plain outage', () => {
    const sim = world(({ registry }, t) => (registry === 'a' && t >= warm ? resets : { rttMs: 100 }));
    sim.runTo(warm + 2 * minute);
    const [finding] = sim.detector.findings();
    expect(finding?.text).toMatch(/^a is down \(reset\)/);
    expect(finding?.scope.every(({ protocol }) => protocol === undefined)).toBe(true);
  });

  it('a connection that fails says nothing of the version: the other one is not probed', () => {
    const sim = world(({ registry }, t) =>
      registry === 'a' && t >= warm ? { fails: refused, afterMs: 5 } : { rttMs: 100 },
    );
    sim.runTo(warm + 2 * minute);
    expect(sim.settled.filter(({ due }) => due.protocol !== undefined)).toEqual([]);
  });

  it('what is well is not probed over the other version', () => {
    const sim = world(() => ({ rttMs: 100 }));
    sim.runTo(hour);
    expect(sim.settled.filter(({ due }) => due.protocol !== undefined)).toEqual([]);
  });
});

describe('HTTP/2 alone is slow', () => {
  const slow: Behaviour = { rttMs: 2_000 };
  const spikes = (sim: Simulation) => sim.detector.findings().filter(({ kind }) => kind === 'spike');

  it('a spike that names the version', () => {
    const sim = world(broken('2', slow));
    sim.runTo(warm + 3 * minute);
    expect(spikes(sim)).toMatchObject([
      {
        registry: 'a',
        scope: [{ step: 'mod', protocol: '2' }],
        text: 'a is slow over HTTP/2 only: mod takes 2.0 s (usually 100 ms). Over HTTP/1.1 the same request takes 100 ms.',
      },
    ]);
  });

  it('over both versions it names none', () => {
    const sim = world(({ registry }, t) => (registry === 'a' && t >= warm ? slow : { rttMs: 100 }));
    sim.runTo(warm + 3 * minute);
    const [finding] = spikes(sim);
    expect(finding?.text).toMatch(/^a is slow: /);
    expect(finding?.scope.every(({ protocol }) => protocol === undefined)).toBe(true);
  });

  it('ends like every spike, and the next one is compared anew', () => {
    const once = broken('2', slow, warm + 5 * minute);
    const sim = world((target, t, due) =>
      target.registry === 'a' && t >= warm + 20 * minute ? slow : once(target, t, due),
    );
    sim.runTo(warm + 3 * minute);
    expect(spikes(sim)[0]?.scope.some(({ protocol }) => protocol === '2')).toBe(true);
    sim.runTo(warm + 10 * minute);
    expect(spikes(sim)).toEqual([]);
    expect(sim.changes('spike').map(({ what }) => what)).toEqual(['a opened', 'a closed']);
    // The second time, both versions are slow.
    sim.runTo(warm + 23 * minute);
    expect(spikes(sim)[0]?.scope.every(({ protocol }) => protocol === undefined)).toBe(true);
  });

  it('one slow answer costs one probe over the other version', () => {
    const sim = world(broken('2', slow, warm + 31_000));
    sim.runTo(warm + 10 * minute);
    expect(sim.settled.filter(({ due }) => due.protocol === '1.1')).toHaveLength(1);
  });
});

const hour = 60 * minute;

describe('HTTP/2 alone fails, and another client than the leading one speaks it', () => {
  it('degraded, reported within two intervals, and no switch is advised', () => {
    const sim = world(broken('2'), python);
    sim.runTo(warm + 90_000);
    const [finding, ...others] = sim.detector.findings();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      kind: 'outage',
      registry: 'a',
      cause: 'reset',
      actionable: false,
      scope: [{ step: 'mod', protocol: '2' }],
      text: 'a fails over HTTP/2 (reset) and works over HTTP/1.1: uv cannot use this mirror. These clients have no known setting that turns HTTP/2 off.',
    });
    expect(sim.state('a')).toBe('degraded');
    expect(sim.detector.standings().find(({ registry }) => registry === 'a')?.why).toEqual(
      phrase('why.protocol', { broken: '2' }),
    );
  });

  it('one failure is a blip', () => {
    const sim = world(broken('2', resets, warm + 31_000), python);
    sim.runTo(warm + 10 * minute);
    expect(sim.findings).toEqual([]);
  });

  it('ends with one response over HTTP/2', () => {
    const sim = world(broken('2', resets, warm + 5 * minute), python);
    sim.runTo(warm + 10 * minute);
    expect(told(sim)).toEqual(['a opened', 'a closed']);
    expect(sim.state('a')).toBe('up');
  });

  it('ends where the server has turned HTTP/2 off', () => {
    const sim = world(broken('2'), python);
    sim.runTo(warm + 5 * minute);
    const off: Outcome = { tag: 'failed', failure: { kind: 'tls_protocol', code: 'MW_NO_HTTP2' } };
    sim.script = broken('2', { fails: off, afterMs: 20 });
    sim.runTo(warm + 7 * minute);
    expect(told(sim)).toEqual(['a opened', 'a closed']);
    expect(sim.state('a')).toBe('up');
  });

  it('survives a restart, and is reported once', () => {
    const sim = world(broken('2'), python);
    sim.runTo(warm + 5 * minute);
    sim.restart(5_000);
    sim.runTo(warm + 10 * minute);
    expect(told(sim)).toEqual(['a opened']);
    expect(sim.state('a')).toBe('degraded');
  });

  it('HTTP/1.1 alone fails: down for pip, and the text says so', () => {
    const sim = world(broken('1.1'), python);
    sim.runTo(warm + 2 * minute);
    const [finding] = sim.detector.findings();
    expect(finding).toMatchObject({ actionable: true, cause: 'reset' });
    expect(finding?.text).toBe('a fails over HTTP/1.1 (reset) and works over HTTP/2: pip cannot use this mirror.');
  });
});
