import { describe, expect, test } from 'vitest';
import type { Due } from '../../../../src/core/due.ts';
import type { Outcome } from '../../../../src/core/failure.ts';
import type { Probed } from '../../../../src/core/ports.ts';
import type { Sample } from '../../../../src/core/sample.ts';
import { expand } from '../../../../src/daemon/machine.ts';
import { downloadsFor, probeAfterRounds } from '../../../../src/features/rank/after.ts';
import { rankRow } from '../../../../src/features/rank/row.ts';
import { rankVerdict } from '../../../../src/features/rank/verdict.ts';
import { lostProbeOf } from '../../../../src/io/worker-protocol.ts';
import { manualTime } from '../../../daemon/manual-time.ts';
import { threeMirrors } from '../../../daemon/three-mirrors.ts';
import { readConfig } from '../../../daemon/world.ts';
import { aSample, countingRandom, refused } from '../../detect/world.ts';

const read = readConfig(threeMirrors());
if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
const config = read.value;
const targets = expand(config).filter(({ canary }) => canary);
const wrong: Outcome = { tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want: 'a', got: 'b' } };
const steady = { bytes: 2_000_000, ms: 500 };

/** Three rounds, each as fast as the place of its mirror; `down`: who never answered. */
const rowsOf = (down: readonly string[] = []) =>
  targets.map((target, place) => {
    const due = { target } as Due;
    const sample = down.includes(target.registry) ? aSample(due, 0, 1, refused) : aSample(due, 0, 10 * (place + 1));
    const answers = [0, 1, 2].map((slot) => ({ slot, sample }));
    return rankRow(target.registry, `https://${target.registry}.example.com`, answers, 3);
  });

async function afterThem(
  answer: (due: Due, nth: number) => Partial<Sample> & { readonly outcome?: Outcome },
  down: readonly string[] = [],
  samples: readonly Sample[] = [],
) {
  const time = manualTime();
  const asked: string[] = [];
  const ask = (due: Due): Promise<Probed | null> => {
    const { registry, step } = due.target;
    asked.push(`${registry} ${step}`);
    const { outcome, ...over } = answer(due, asked.filter((one) => one === `${registry} ${step}`).length);
    const sample = aSample(due, 1_000, 20, outcome, over);
    return Promise.resolve({ ...lostProbeOf(due, 'defect', 0, time.clock.now()), sample });
  };
  const input = {
    config,
    targets,
    samples,
    probe: ask,
    clock: time.clock,
    random: countingRandom(),
    stopped: () => false,
  };
  const rows = await probeAfterRounds(input, rowsOf(down), downloadsFor(config, targets));
  return { rows, asked };
}

const versions = (...newest: string[]) => ({ contents: { versions: { count: newest.length, newest, pre: [] } } });

describe('after the rounds of a rank', () => {
  test('the same artifact is downloaded once from each mirror that answered', async () => {
    const { rows, asked } = await afterThem(() => ({ steady, bytes: 2_300_000 }), ['c']);
    expect(asked.filter((one) => one.endsWith(' zip'))).toEqual(['a zip', 'b zip']);
    expect(new Set(downloadsFor(config, targets).map(({ module, version }) => `${module}@${version}`)).size).toBe(1);
    expect(rows.map(({ registry, download }) => [registry, download])).toEqual([
      ['a', { bytes: 2_300_000, rate: 4_000_000, reason: null }],
      ['b', { bytes: 2_300_000, rate: 4_000_000, reason: null }],
      ['c', null],
    ]);
  });

  test('one too small to measure has no rate; one that fails three times is no chance, and ranks its mirror lower', async () => {
    const { rows } = await afterThem(({ target }) =>
      target.registry === 'a' && target.step === 'zip' ? { outcome: refused } : {},
    );
    expect(rows.map(({ registry, failed, download }) => [registry, failed, download?.rate, download?.reason])).toEqual([
      ['b', 0, null, null],
      ['c', 0, null, null],
      ['a', 3, null, 'refused'],
    ]);
    const afterTen = rows.map((row) => ({ ...row, ok: row.ok + 7 }));
    expect(rankVerdict(config, 'go', afterTen).kind).toBe('change');
  });

  test('wrong bytes are requested again: after two wrong responses or more the mirror is not recommended', async () => {
    const { rows, asked } = await afterThem(({ target }) =>
      target.registry === 'a' && target.step === 'zip' ? { outcome: wrong } : {},
    );
    expect(asked.filter((one) => one === 'a zip')).toHaveLength(3);
    const a = rows.find(({ registry }) => registry === 'a');
    expect(a).toMatchObject({ mismatched: 3, failed: 3, reason: 'mismatch' });
    const verdict = rankVerdict(config, 'go', a === undefined ? [] : [{ ...a, ok: 100 }]);
    expect(verdict.kind).toBe('nobody');
  });

  test('wrong once and right then is right', async () => {
    const { rows } = await afterThem(({ target }, nth) =>
      target.registry === 'a' && target.step === 'zip' && nth === 1 ? { outcome: wrong } : { steady },
    );
    expect(rows.find(({ registry }) => registry === 'a')).toMatchObject({
      ...{ mismatched: 0, failed: 0, reason: null },
      download: { rate: 4_000_000, reason: null },
    });
  });

  test('lists show what is missing, compared with the others', async () => {
    const { rows } = await afterThem(({ target }) => {
      if (target.step !== 'list') return {};
      return { facts: target.registry === 'b' ? versions('v1.0.0') : versions('v1.0.0', 'v1.1.0', 'v1.2.0') };
    });
    expect(Object.fromEntries(rows.map(({ registry, lag }) => [registry, lag?.missing]))).toEqual({ a: 0, b: 2, c: 0 });
    expect(rows.map(({ lag }) => lag?.by)).toEqual(['peers', 'peers', 'peers']);
  });

  test('without a mirror to compare with, lag is unknown', async () => {
    const { rows } = await afterThem(
      ({ target }) => (target.step === 'list' ? { facts: versions('v1.0.0') } : {}),
      ['b'],
    );
    expect(rows.map(({ lag }) => lag)).toEqual([null, null, null]);
  });

  test('what a response has not is lacking if most mirrors have it, and never if a single one does', async () => {
    const offers: Readonly<Record<string, Readonly<Record<string, boolean | null>>>> = {
      a: { x: true, y: true, z: null },
      b: { x: null, y: null, z: false },
      c: { x: true, y: null, z: null },
    };
    const { rows } = await afterThem(({ target }) =>
      target.step === 'list' ? { facts: { ...versions('v1.0.0'), offers: offers[target.registry] ?? {} } } : {},
    );
    expect(Object.fromEntries(rows.map(({ registry, capabilities }) => [registry, capabilities]))).toEqual({
      a: { x: true, y: true },
      b: { x: false, z: false },
      c: { x: true },
    });
  });

  test('if the rounds have shown the versions, nothing is requested again', async () => {
    const samples = targets.map((target) =>
      aSample({ target } as Due, 0, 10, { tag: 'ok' }, { facts: versions('v1') }),
    );
    const { rows, asked } = await afterThem(() => ({}), [], samples);
    expect(asked).toEqual(['a zip', 'b zip', 'c zip']);
    expect(rows.map(({ lag }) => lag?.missing)).toEqual([0, 0, 0]);
  });
});
