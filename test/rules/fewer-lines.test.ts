import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fewerLines } from '../../bench/fewer-lines.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { secondsBuckets } from '../../src/export/catalog/values.ts';
import { metricNames } from '../../src/export/catalog.ts';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';

const lists = fewerLines();
const page = readFileSync(join(repoDir, 'docs/scrape-cost.md'), 'utf8');
/** The alternatives of the regex of list `at`: `name;(a|b)` gives `a` and `b`. */
const wordsOf = (at: number): readonly string[] =>
  String(lists[at]?.relabel[0]?.['regex'] ?? '')
    .split(';')[1]
    ?.replace(/[()]/g, '')
    .split('|') ?? [];

describe('the drop lists of docs/scrape-cost.md', () => {
  test('name steps that exist: all but the canaries', () => {
    const canaries = new Set(registry.all.map(({ canary }) => canary));
    const others = registry.all.flatMap(({ steps }) => Object.keys(steps).filter((step) => !canaries.has(step)));
    expect(wordsOf(0).toSorted()).toEqual(others.toSorted());
  });

  test('name bounds that exist, but not the floor of the spike rule', () => {
    const bounds = secondsBuckets.map(String);
    expect(wordsOf(1).filter((bound) => !bounds.includes(bound))).toEqual([]);
    expect(wordsOf(1)).not.toContain('0.8');
    expect(wordsOf(1).length).toBeGreaterThan(bounds.length / 2 - 1);
  });

  test('name metrics that exist', () => {
    const named = lists.map(({ relabel }) => String(relabel[0]?.['regex']).replace(/;.*|_bucket.*/g, ''));
    expect(named).toHaveLength(3);
    for (const name of named) expect(metricNames).toContain(name.replace(/_bucket$/, ''));
  });
});

/** The output of promtool for a rejected configuration; `null` if it accepts the file. */
function complaintOf(config: object, tool = 'promtool'): string | null {
  const dir = tempDir('scrape-cost');
  const file = join(dir, 'prometheus.yml');
  // Every JSON document is also YAML.
  writeFileSync(file, JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(commandPath(tool), ['check', 'config', file], { encoding: 'utf8' });
  return status === 0 ? null : stdout + stderr;
}

const scrape = { job_name: 'mirrorwatch', static_configs: [{ targets: ['127.0.0.1:10120'] }] };

real('promtool', ['promtool'], () => {
  test.each(lists)('takes "$name"', ({ relabel }) =>
    expect(complaintOf({ scrape_configs: [{ ...scrape, metric_relabel_configs: relabel }] })).toBeNull(),
  );

  test('takes conversion to native histograms from 3.0 on', () => {
    const version = execFileSync(commandPath('promtool'), ['--version'], { encoding: 'utf8' });
    const major = Number(/version (\d+)\./.exec(version)?.[1]);
    const complaint = complaintOf({ scrape_configs: [{ ...scrape, convert_classic_histograms_to_nhcb: true }] });
    expect(complaint === null).toBe(major >= 3);
  });
});

real('promtool 3', ['promtool3'], () => {
  test.each(['scrape_native_histograms', 'convert_classic_histograms_to_nhcb'])('takes %s, as the page says', (key) => {
    expect(page).toContain(`${key}: true`);
    expect(complaintOf({ scrape_configs: [{ ...scrape, [key]: true }] }, 'promtool3')).toBeNull();
  });
});
