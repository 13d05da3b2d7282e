import { describe, expect, it } from 'vitest';
import type { Mirror } from '../../../src/core/mirror.ts';
import type { Sample } from '../../../src/core/sample.ts';
import type { Facts, FileWord } from '../../../src/core/transcript.ts';
import { type Behaviour, Simulation } from './simulate.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at } from './world.ts';

const minute = 60_000;
const lockHash = 'h1:lock';
const lockAt = { 'example.com/a@v1.0.0': lockHash };

/** What a mirror serves: bytes with this digest, which a lock file states or not. */
function serves(digest: string, says: FileWord['says'] | null, more: Partial<FileWord> = {}, of?: string): Behaviour {
  const compared = { algorithm: 'h1', digest, ...(of !== undefined && { of }) };
  const facts: Facts = { compared, ...(says !== null && { file: { want: lockHash, says, ...more } }) };
  if (says !== 'wrong') return { rttMs: 100, facts };
  const failure = { kind: 'mismatch', algorithm: 'h1', want: lockHash, got: digest } as const;
  return { fails: { tag: 'failed', failure }, afterMs: 100, facts };
}

function outcomeAndFactsOf(behaviour: Behaviour): Pick<Sample, 'outcome' | 'facts'> {
  if (typeof behaviour === 'string') throw new Error('a response');
  return { outcome: 'fails' in behaviour ? behaviour.fails : { tag: 'ok' }, facts: behaviour.facts ?? {} };
}

const bad = serves(lockHash, 'right');
const good = serves('h1:good', 'wrong');
const key = serves('h1:good', 'wrong', { isKey: true });
const signed = serves('h1:good', 'right', { isKey: true });

function world(mirrors: readonly Mirror[], script: (registry: string, atMs: number) => Behaviour) {
  const config = {
    ...aConfig({ mirrors }),
    pinned: { go: lockAt },
    pinnedAt: { go: { 'example.com/a@v1.0.0': 'go.sum:12' } },
  };
  const targets = mirrors.flatMap(({ name }) => [aTarget(name), aTarget(name, 'zip')]);
  const play = new Simulation({
    config,
    targets,
    script: (target, atMs) => (target.step === 'zip' ? script(target.registry, atMs) : { rttMs: 100 }),
  });
  return { play, config, targets };
}

const mirrorsOf = (names: readonly string[]): readonly Mirror[] =>
  names.map((name) => (name === 'origin' ? { ...aMirror(name), role: 'origin' } : aMirror(name)));

const found = (play: Simulation) =>
  play.detector
    .findings()
    .filter(({ state }) => state === 'open')
    .map(({ registry, kind, cause, actionable }) => `${registry ?? 'self'} ${kind}/${cause} ${actionable}`)
    .toSorted();

describe('a lock file that mirrors contradict', () => {
  const file = 'self self/lock false';
  const byOrigin = 'bad mismatch/origin true';
  const disputed = (name: string): string => `${name} mismatch/peers false`;
  const wrong = (name: string): string => `${name} mismatch/mismatch true`;
  it.each<[string, Readonly<Record<string, Behaviour>>, readonly string[]]>([
    [
      'by the origin and mirrors that agree: the file is wrong, and the lone mirror that agrees with it',
      { good1: good, good2: good, origin: good, bad },
      [byOrigin, file],
    ],
    ['by the origin and one mirror', { good1: good, origin: good, bad }, [byOrigin, file]],
    ['by three mirrors without an origin', { good1: good, good2: good, good3: good, bad }, [disputed('bad'), file]],
    [
      'by two mirrors without an origin: disputed, because the file and the mirror that agrees with it are two as well',
      { good1: good, good2: good, bad },
      [disputed('bad'), disputed('good1'), disputed('good2')],
    ],
    [
      'by four mirrors without an origin, also if two agree with it',
      { good1: good, good2: good, good3: good, good4: good, bad, bad2: bad },
      [disputed('bad'), disputed('bad2'), file],
    ],
    [
      'by three mirrors without an origin, if two agree with it: disputed',
      { good1: good, good2: good, good3: good, bad, bad2: bad },
      ['bad', 'bad2', 'good1', 'good2', 'good3'].map(disputed),
    ],
    [
      'by two mirrors against two that agree with it: disputed, because a file makes no majority',
      { good1: good, good2: good, bad, bad2: bad },
      ['bad', 'bad2', 'good1', 'good2'].map(disputed),
    ],
    [
      'as a trusted key, by two mirrors without an origin: a key is no further mirror',
      { good1: key, good2: key, bad: serves(lockHash, 'right', { isKey: true }) },
      [disputed('bad'), file],
    ],
    ['by all mirrors', { good1: good, good2: good }, [file]],
    ['as a trusted key', { good1: key, good2: key, origin: key, bad }, [byOrigin, file]],
    [
      'as a trusted key, by the wrong signature of one mirror, for the bytes that the key confirms at others',
      { good1: signed, good2: signed, odd: key },
      [wrong('odd')],
    ],
    [
      'as a trusted key, by the wrong signatures of two mirrors',
      { good1: signed, good2: signed, odd: key, odd2: key },
      [wrong('odd'), wrong('odd2')],
    ],
    ['by one mirror against one: disputed', { good1: good, bad }, [disputed('bad'), disputed('good1')]],
    ['by the only mirror: the file is in doubt, and no mirror is accused', { good1: good }, [file]],
    ['by the only mirror, as a trusted key: the key is in doubt', { good1: key }, [file]],
    [
      'as a trusted key, by one mirror against one: disputed, because the key may be edited',
      { good1: key, bad: serves(lockHash, 'right', { isKey: true }) },
      [disputed('bad'), disputed('good1')],
    ],
    ['by one mirror, with two that agree: left', { odd: good, a: bad, b: bad }, [wrong('odd')]],
    ['by one mirror, with an origin that agrees: left', { odd: good, origin: bad }, [wrong('odd')]],
    [
      'by two mirrors, with an origin that agrees: left',
      { odd: good, odd2: good, origin: bad },
      [wrong('odd'), wrong('odd2')],
    ],
    [
      'by a checksum database',
      { good1: serves('h1:good', 'overruled'), good2: serves('h1:good', 'overruled') },
      [file],
    ],
  ])('%s', (_, said, want) => {
    const { play } = world(mirrorsOf(Object.keys(said)), (registry) => said[registry] ?? good);
    play.runTo(10 * minute);
    expect(found(play)).toEqual(want);
    const counted = play.settled.filter(({ outcome, isUnproven }) => outcome.tag === 'failed' && isUnproven !== true);
    const isLeft = want.some((one) => one.includes('mismatch/mismatch true'));
    expect(counted.length > 0).toBe(isLeft);
  });

  it('by the only mirror, for its canary: an outage that ends is over, because the mirror responds', () => {
    const mirrors = mirrorsOf(['good1']);
    const target = { ...aTarget('good1', 'zip'), canary: true };
    const down: Behaviour = {
      fails: { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } },
      afterMs: 1,
    };
    const isDown = (atMs: number): boolean => atMs > 10 * minute && atMs < 20 * minute;
    const config = { ...aConfig({ mirrors }), pinned: { go: lockAt }, pinnedAt: {} };
    const play = new Simulation({ config, targets: [target], script: (_, atMs) => (isDown(atMs) ? down : good) });
    play.runTo(19 * minute);
    expect(found(play).join()).toContain('outage/refused');
    play.runTo(40 * minute);
    expect(found(play)).toEqual(['self self/lock false']);
  });

  it.each(['peek', 'confirm', 'scheduled'] as const)(
    'by the only mirror: a response to each purpose: %s',
    (purpose) => {
      const { play } = world(mirrorsOf(['good1', 'other']), (registry) =>
        registry === 'good1'
          ? good
          : { fails: { tag: 'failed', failure: { kind: 'absent', status: 404 } }, afterMs: 10 },
      );
      play.runTo(10 * minute);
      const { outcome, facts } = outcomeAndFactsOf(good);
      const due = aDue(aTarget('good1', 'zip'), { purpose });
      play.settled.length = 0;
      play.apply(play.detector.take(aSample(due, play.nowMs, 10, outcome, { facts }), at(play.nowMs + 10)));
      play.runTo(play.nowMs + minute);
      expect(play.settled.find((one) => one.due.probeId === due.probeId)?.isUnproven).toBe(true);
    },
  );

  it('by the only mirror, for its canary: 503 after many probes of ours is an outage as soon as with a right file', () => {
    const mirrors = mirrorsOf(['good1']);
    const target = { ...aTarget('good1', 'zip'), canary: true };
    const busy: Behaviour = { fails: { tag: 'failed', failure: { kind: 'server', status: 503 } }, afterMs: 1 };
    const opened = [good, bad].map((usual) => {
      const config = { ...aConfig({ mirrors }), pinned: { go: lockAt }, pinnedAt: {} };
      const play = new Simulation({
        config,
        targets: [target],
        script: (_, atMs) => (atMs > 10 * minute ? busy : usual),
        everyMsOf: () => 5_000,
      });
      for (let ms = 9 * minute; ms < 10 * minute; ms += 1_000) {
        play.runTo(ms);
        const { outcome, facts } = outcomeAndFactsOf(usual);
        const due = aDue(target, { purpose: 'confirm' });
        const sample = aSample(due, ms, 10, outcome, { facts });
        play.apply(play.detector.take(play.detector.read(sample), at(ms + 10)));
      }
      play.runTo(11 * minute);
      return play.changes('outage');
    });
    expect(opened[0]).toEqual(opened[1]);
    expect(opened[0]?.[0]?.what).toBe('good1 opened');
  });

  it('by two mirrors of one host: disputed, because they count as one', () => {
    const [good1, good2, lone] = mirrorsOf(['good1', 'good2', 'bad']);
    if (good1 === undefined || good2 === undefined || lone === undefined) throw new Error('three mirrors');
    const { play } = world([good1, { ...good2, url: `${good1.url}/other/` }, lone], (registry) =>
      registry === 'bad' ? bad : good,
    );
    play.runTo(10 * minute);
    expect(found(play)).toEqual([
      'bad mismatch/peers false',
      'good1 mismatch/peers false',
      'good2 mismatch/peers false',
    ]);
  });

  it('by one mirror, with two of one host that agree: disputed', () => {
    const [odd, a, b] = mirrorsOf(['odd', 'a', 'b']);
    if (odd === undefined || a === undefined || b === undefined) throw new Error('three mirrors');
    const { play } = world([odd, a, { ...b, url: `${a.url}/other/` }], (registry) => (registry === 'odd' ? good : bad));
    play.runTo(10 * minute);
    expect(found(play).filter((one) => one.endsWith('true'))).toEqual([]);
  });

  it('by the only mirror that has the item accuses no mirror, and names both hashes', () => {
    const none: Behaviour = { fails: { tag: 'failed', failure: { kind: 'absent', status: 404 } }, afterMs: 100 };
    const { play } = world(mirrorsOf(['good1', 'bad']), (registry) => (registry === 'bad' ? none : good));
    play.runTo(60 * minute);
    expect(found(play)).toEqual(['self self/lock false']);
    expect(play.detector.findings().find(({ cause }) => cause === 'lock')?.text).toBe(
      'good1 serves h1:good for example.com/a@v1.0.0 (zip), but go.sum:12 states h1:lock. No other mirror has served it, so this does not show which of them is wrong. Compare the file with its history.',
    );
  });

  it('is named with its line, the module and both hashes', () => {
    const said: Readonly<Record<string, Behaviour>> = { good1: good, good2: good, origin: good, bad };
    const { play } = world(mirrorsOf(Object.keys(said)), (registry) => said[registry] ?? good);
    play.runTo(10 * minute);
    const lock = play.detector.findings().find(({ cause }) => cause === 'lock');
    expect(lock?.text).toBe(
      'go.sum:12 states a wrong hash for example.com/a@v1.0.0 (zip): good1, good2 and origin independently serve h1:good. The file states h1:lock. Find out who changed it.',
    );
    expect(lock?.scope).toEqual([{ module: 'example.com/a', version: 'v1.0.0', step: 'zip' }]);
    expect(lock?.evidence.sides?.map(({ registries, digest }) => [registries.length, digest])).toEqual([
      [3, 'h1:good'],
      [0, 'h1:lock'],
    ]);
  });

  it('ends when the file is right again, at the reload', () => {
    const said: Readonly<Record<string, Behaviour>> = { good1: good, good2: good, origin: good, bad };
    const { play, config, targets } = world(mirrorsOf(Object.keys(said)), (registry) => said[registry] ?? good);
    play.runTo(10 * minute);
    const fixed = { ...config, pinned: { go: { 'example.com/a@v1.0.0': 'h1:good' } } };
    play.detector.reconfigure(fixed, targets, at(play.nowMs));
    expect(found(play).filter((one) => one.startsWith('self'))).toEqual([]);
  });

  it('as a trusted key that a reload replaced, accuses no mirror while not all have responded since', () => {
    const names = ['good1', 'good2', 'good3'];
    const { play, config, targets } = world(mirrorsOf(names), (_, atMs) => (atMs < 10 * minute ? signed : key));
    play.runTo(10 * minute);
    play.detector.reconfigure(config, targets, at(play.nowMs));
    for (let ms = play.nowMs; ms < 20 * minute; ms += 1_000) {
      play.runTo(ms);
      expect(found(play).filter((one) => !one.startsWith('self'))).toEqual([]);
    }
    expect(found(play)).toEqual(['self self/lock false']);
  });

  it('was believed while one mirror alone differed: its finding ends when others agree with it', () => {
    const { play } = world(mirrorsOf(['good1', 'bad', 'good2']), (registry, atMs) => {
      if (registry === 'bad') return bad;
      return registry === 'good2' && atMs < 10 * minute ? bad : good;
    });
    play.runTo(9 * minute);
    expect(found(play)).toEqual(['good1 mismatch/mismatch true']);
  });

  it('that mirrors agreed with before: the bytes changed upstream, and the file is not blamed', () => {
    const { play } = world(mirrorsOf(['good1', 'good2', 'origin']), (_, atMs) => (atMs < 5 * minute ? bad : good));
    play.runTo(15 * minute);
    expect(found(play).some((one) => one.startsWith('self'))).toBe(false);
  });

  it('that only a frozen mirror still agrees with moves nobody to this mirror', () => {
    const { play } = world(mirrorsOf(['first', 'good', 'origin', 'frozen']), (registry, atMs) =>
      registry === 'frozen' || atMs < 5 * minute ? bad : good,
    );
    play.runTo(60 * minute);
    // The first mirror that changed was alone for a moment.
    expect(found(play).filter((one) => one.endsWith(' true'))).toEqual(['first mismatch/mismatch true']);
  });

  describe('beside a mirror with the bytes of the attacker', () => {
    it.each<[string, readonly string[], (time: number) => Behaviour, readonly string[]]>([
      [
        'other wrong bytes each time are found, if one good mirror agrees with the file',
        ['good'],
        (time) => serves(`h1:wrong${time}`, 'wrong'),
        ['bad mismatch/peers false'],
      ],
      [
        'wrong bytes now and then are found, if one good mirror agrees with the file',
        ['good'],
        (time) => (time % 3 === 0 ? serves('h1:wrong', 'wrong') : bad),
        ['bad mismatch/mismatch true'],
      ],
      [
        'another file of the version is found, and left, if two good mirrors agree with the file',
        ['good', 'good2'],
        () => serves('h1:wrong', 'wrong', {}, 'other.whl'),
        ['bad mismatch/mismatch true'],
      ],
    ])('%s', (_, names, hostile, want) => {
      let time = 0;
      const { play } = world(mirrorsOf([...names, 'bad']), (registry) => {
        if (registry !== 'bad') return bad;
        time += 1;
        return hostile(time);
      });
      play.runTo(60 * minute);
      expect(found(play)).toEqual(want);
    });

    it('is accused once, if this mirror agrees with the only other one now and then', () => {
      let count = 0;
      const { play } = world(mirrorsOf(['good1', 'bad']), (registry) => {
        if (registry === 'good1') return good;
        count += 1;
        return [bad, serves('h1:other', 'wrong'), good][count % 3] ?? bad;
      });
      const ids = new Set<string>();
      for (let ms = 0; ms < 60 * minute; ms += 5_000) {
        play.runTo(ms);
        for (const { id, cause } of play.detector.findings()) if (cause === 'lock') ids.add(id);
      }
      expect(ids.size).toBe(1);
    });

    it('is still accused if this mirror serves the bytes of the file now and then', () => {
      let time = 0;
      const { play } = world(mirrorsOf(['good1', 'good2', 'origin', 'bad']), (registry) => {
        if (registry === 'bad') time += 1;
        return registry === 'bad' && time % 2 === 1 ? bad : good;
      });
      play.runTo(60 * minute);
      expect(found(play)).toContain('self self/lock false');
    });
  });
});
