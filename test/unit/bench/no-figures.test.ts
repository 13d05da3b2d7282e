import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answered, finite, moduleTree, NoFigures, treeModules } from '../../../bench/no-figures.ts';
import { tempDir } from '../../support/paths.ts';

describe('the bench measures only what answers', () => {
  it('refuses a tree without what it asks for, and says how to get it', () => {
    const dir = tempDir('tree');
    expect(() => moduleTree(dir)).toThrow(NoFigures);
    expect(() => moduleTree(dir)).toThrow('github.com/pkg/errors/@v/v0.9.1.mod, rsc.io/quote/@v/v1.5.2.mod: run .ci');
    for (const { module, version } of treeModules) {
      const file = join(dir, `${module}/@v/${version}.mod`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `module ${module}\n`);
    }
    expect(moduleTree(dir)).toBe(dir);
  });

  it.each([
    ['nothing at all', { ok: 0, failed: 0 }, false],
    ['only failures', { ok: 0, failed: 107_394 }, false],
    ['just above 1 % failures', { ok: 989, failed: 11 }, false],
    ['1 % failures', { ok: 990, failed: 10 }, true],
    ['no failure', { ok: 1, failed: 0 }, true],
  ])('a round of %s', (_, round, isTaken) => {
    if (isTaken) expect(answered('ours', round)).toBe(round);
    else expect(() => answered('ours', round)).toThrow(`ours: ${round.failed} of ${round.ok + round.failed} probes`);
  });

  it.each([
    ['NaN deep in a list', { rows: [{ judged: { median: 0.1, p99: Number.NaN } }] }, 'accuracy.rows.0.judged.p99'],
    ['an infinite figure', { cpuRatio: { most: Number.POSITIVE_INFINITY } }, 'accuracy.cpuRatio.most'],
    ['numbers, texts and nothing', { a: 1, b: 'NaN', c: null, d: [0] }, null],
  ])('a report with %s', (_, report, bad) => {
    if (bad === null) expect(finite('accuracy', report)).toBe(report);
    else expect(() => finite('accuracy', report)).toThrow(`${bad} is no number`);
  });
});
