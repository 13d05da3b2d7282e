import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FindingKind, findingKinds } from '../../../src/core/finding.ts';
import type { Row } from '../../../src/core/ports.ts';
import { createDetector } from '../../../src/detect/detector.ts';
import { findingRules, ownRules } from '../../../src/detect/findings/registry.ts';
import type { FindingRule } from '../../../src/detect/memory/rule.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

/** A kind that no file of `src` knows: the mirror answered with status 299 twice in a row. */
const odd299: FindingRule<number> = {
  name: 'odd_299',
  kind: 'odd_299' as FindingKind,
  none: () => 0,
  judge(own, { sample }) {
    const count = sample.status === 299 ? own + 1 : 0;
    const text = count >= 2 ? 'status 299' : 'no status 299';
    const said = { text, sentence: null as never };
    return {
      mirror: count,
      isDirty: count !== own,
      statement:
        count < 2
          ? { tag: 'well', ...said }
          : {
              tag: 'trouble',
              scope: [],
              cause: 'slow',
              evidence: { samples: count, failures: count, probeIds: [sample.due.probeId] },
              actionable: false,
              ...said,
            },
    };
  },
  write: (own) => ({ odd299: own }),
  read: ({ odd299: own }) => (typeof own === 'number' ? own : null),
};

const config = aConfig({ mirrors: [aMirror('near')] });
const target = aTarget('near');

function start(restored: readonly Row[], rules: readonly FindingRule[] = [...findingRules, odd299]) {
  const detector = createDetector({
    config,
    targets: [target],
    restored,
    random: countingRandom(`${restored.length}-`),
    now: at(0),
    rules,
  });
  const answer = (startMs: number, status: number) =>
    detector.take(aSample(aDue(target), startMs, 5, { tag: 'ok' }, { status }), at(startMs + 5));
  return { detector, answer };
}

describe('a kind of finding is a file and a line', () => {
  it('opens, keeps and closes the finding of a kind that is in the list alone', () => {
    const { detector, answer } = start([]);
    expect(answer(1_000, 299).findings).toEqual([]);
    const [opened] = answer(2_000, 299).findings;
    expect(opened).toMatchObject({
      change: 'opened',
      finding: { kind: 'odd_299', registry: 'near', text: 'status 299' },
    });
    expect(detector.standings()[0]?.findings.map(({ kind }) => kind)).toEqual(['odd_299']);
    const [closed] = answer(3_000, 200).findings;
    expect(closed).toMatchObject({ change: 'closed', finding: { text: 'no status 299' } });
  });

  it('stores the state of the kind in the row of the mirror and takes it up again', () => {
    const before = start([]);
    before.answer(1_000, 299);
    const { rows } = before.detector.flush(at(2_000));
    expect(rows.find(({ key }) => key === 'mirror|near')?.value).toMatchObject({ v: 1, odd299: 1, expiresAtMs: null });
    const after = start(rows);
    expect(after.answer(1_000, 299).findings.map(({ change }) => change)).toEqual(['opened']);
  });

  it('is not known where it is not in the list', () => {
    const { answer } = start([], findingRules);
    expect([answer(1_000, 299), answer(2_000, 299)].flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('has one place of state for each kind', () => {
    const names = findingRules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has a rule for each kind, and each rule a kind', () => {
    const kinds = [...findingRules, ...ownRules].map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(findingKinds));
  });

  // `vantage` is also why a sample is unknown.
  const names = findingKinds.filter((kind) => kind !== 'vantage');
  const files = globSync('src/detect/**/*.ts').filter(
    (path) => !/^src\/detect\/(findings|outage)\/|\/(mismatch-says|rule)\.ts$/.test(path),
  );

  it.each(files)('%s names no kind', (path) => {
    const text = readFileSync(path, 'utf8');
    expect(names.filter((name) => new RegExp(`['"\`]${name}['"\`]`).test(text))).toEqual([]);
  });
});
