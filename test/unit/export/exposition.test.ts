import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makePlan, targetsPerBoard } from '../../../src/export/boards.ts';
import { countLinesFor, metricNames, metricOf, unitOf } from '../../../src/export/catalog.ts';
import { createExporter } from '../../../src/export/exporter.ts';
import { countCalmLinesFor } from '../../../tools/calm-lines.ts';
import { real } from '../../support/requires.ts';
import { sampleTls } from '../../support/samples.ts';
import {
  advice,
  config,
  finding,
  mirror,
  sample,
  snapshot,
  standing,
  target,
  targetsOf,
  textOf,
  turn,
  values,
} from './fixture.ts';
import { readOpenMetrics } from './openmetrics.ts';

const openmetrics = 'application/openmetrics-text; version=1.0.0';
const hostile = 'example.com/we"ird\\mod # {probe_id="x"} 1 2';

beforeEach(() => {
  // prom-client stamps exemplars itself.
  vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_123);
});
afterEach(() => vi.restoreAllMocks());

const odd = target('a', 'mod', hostile, 'latest');
const targets = [...targetsOf('a'), odd];
const oneMirror = config({
  shard: { index: 1, count: 3 },
  labels: { group: 'eu', network: 'as3320', page: 'https://fra.example.com' },
  mirrors: [mirror('a')],
  clientRuns: { everyMs: 60_000, pairs: [{ registry: 'a', client: 'go' }], leftOut: [], timeoutMs: 1_000, user: null },
});
const capabilities = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => [name, true]));
/** Everything that can be on the page, on it: each metric of the catalogue has at least one series. */
function full() {
  const exporter = createExporter({ config: oneMirror, targets, version: '0.1.0', node: 'v24.0.0', turn });
  const tls = { ...sampleTls, issuer: 'Let\'s "R3"', expiresAtMs: 1_800_000_000_000 };
  const facts = { verified: { algorithm: 'h1', digest: 'x', against: 'sumdb' } } as const;
  const steady = { bytes: 300_000, ms: 3_000 };
  for (const of of targets) exporter.sample(sample(of, { tls, facts, steady, protocol: '2', quotaLeft: 0.25 }));
  exporter.sample(sample(targets[0] ?? odd, { rttMs: 130_000, quotaLeft: 0.25 }));
  exporter.sample(
    sample(odd, { quotaLeft: 0.25, outcome: { tag: 'failed', failure: { kind: 'reset', code: 'ECONNRESET' } } }),
  );
  const scope = [{ module: 'golang.org/x/net', version: 'v0.25.0', step: 'zip' }] as const;
  const mismatch = finding({ kind: 'mismatch', scope });
  const policy = finding({ id: 'policy', kind: 'refusal', cause: 'policy', scope });
  exporter.finding({ change: 'opened', finding: mismatch });
  exporter.snapshot(() =>
    snapshot({
      actionsStopped: false,
      standings: [standing('a', { state: 'down', isBack: true, capabilities, withdrawn: 1 })],
      vantage: {
        suspect: false,
        sinceMs: null,
        controls: [{ name: 'www.example.com:443', up: true }],
        contaminatedShare: null,
      },
      findings: [mismatch, policy],
      baselines: targets.map((of) => ({ target: of, connection: 'cold', baselineMs: 80, thresholdMs: 800, streak: 1 })),
      lags: [null, ...new Set(targets.flatMap(({ module }) => module ?? []))].map((module) => ({
        registry: 'a',
        module,
        lowerMs: 1,
        upperMs: 2,
        records: 3,
        missing: 4,
      })),
      advice: [advice()],
      ranks: [
        {
          ecosystem: 'go',
          upstream: 'go',
          candidates: [{ registry: 'a', scoreSeconds: 0.1, gate: 'current', sum: null, bound: null }],
        },
      ],
      queues: [{ receiver: 'ops', length: 1, oldestSeconds: 2.5 }],
      since: () => 1_500,
      inFlight: 1,
      memory: { resident: 1, virtual: 2, heap: 3 },
      descriptors: { open: 30, max: 1_024 },
    }),
  );
  return exporter;
}

describe('the two texts', () => {
  test('OpenMetrics is valid to a strict reader, each family once and typed as in the catalogue', async () => {
    const families = readOpenMetrics(await textOf(full().render(openmetrics)));
    const rows = metricNames.map((name) => [name.replace(/_total$/, ''), metricOf(name).type, unitOf(name)] as const);
    expect([...families].map(([name, { type, unit }]) => [name, type, unit])).toEqual(rows);
  });

  test('hold the same numbers in the same form', async () => {
    const exporter = full();
    const bare = (text: string) =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('#') && line !== '')
        .map((line) => line.replace(/ # \{probe_id="p1"\} \S+ \S+$/, ''));
    const inOpenMetrics = bare(await textOf(exporter.render(openmetrics)));
    const inText = bare(await textOf(exporter.render('text/plain')));
    // A second rendering counts its own lines anew, to the same number.
    expect(inText).toEqual(inOpenMetrics);
    expect(inText.length).toBeGreaterThan(400);
  });

  test('differ in exemplars, the end mark, units and the names of counter families', async () => {
    const exporter = full();
    const om = (await textOf(exporter.render(openmetrics))).split('\n');
    const text = (await textOf(exporter.render(undefined))).split('\n');
    expect(om.filter((line) => line.endsWith(' # {probe_id="p1"} 0.08 1700000000.123'))).toHaveLength(5);
    expect(
      om.filter((line) => line.includes('le="+Inf"') && line.endsWith(' # {probe_id="p1"} 130 1700000000.123')),
    ).toHaveLength(1);
    expect(om).toContain('# TYPE mirror_probe_attempts counter');
    expect(om).toContain('# UNIT mirror_probe_rtt_seconds seconds');
    expect(text).toContain('# TYPE mirror_probe_attempts_total counter');
    expect(
      text.filter((line) => line.startsWith('# UNIT') || line === '# EOF' || / # \{probe_id="p1"\} /.test(line)),
    ).toEqual([]);
  });

  test('a label that looks like an exemplar keeps its text', async () => {
    const written = String.raw`module="example.com/we\"ird\\mod # {probe_id=\"x\"} 1 2"`;
    const text = await textOf(full().render(undefined));
    expect(
      text.split('\n').filter((line) => line.startsWith('mirror_probe_attempts_total') && line.includes(written)),
    ).toHaveLength(1);
  });

  test.each([
    { accept: undefined, contentType: 'text/plain; version=0.0.4; charset=utf-8' },
    { accept: openmetrics, contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8' },
  ])('$accept is answered as $contentType, its last line ended', async ({ accept, contentType }) => {
    const answer = full().render(accept);
    expect(answer.contentType).toBe(contentType);
    expect((await textOf(answer)).endsWith('\n')).toBe(true);
  });

  test.each([
    { file: 'metrics.golden.txt', accept: undefined },
    { file: 'metrics.golden.openmetrics.txt', accept: openmetrics },
  ])('$file is what the page says (UPDATE_GOLDEN=1 rewrites it)', async ({ file, accept }) => {
    const path = join(import.meta.dirname, '../../golden', file);
    const text = await textOf(full().render(accept));
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, 'utf8'));
  });
});

/** One line of each target, in order. */
const linesOfTargets = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('mirror_probe_attempts_total{'))
    .toSorted();

describe('rendering', () => {
  const many = Array.from({ length: 450 }, (_, index) => target('a', 'mod', `example.com/m${index}`, 'v1.0.0'));
  const options = { config: config({ mirrors: [mirror('a')] }), targets: many, version: '1', node: '24' };

  test('lets the loop go on while the series of a new configuration are opened, twice as often for twice as many', async () => {
    const all = Array.from({ length: 900 }, (_, index) => target('a', 'mod', `example.com/m${index}`, 'v1.0.0'));
    const turnsFor = async (targets: typeof many): Promise<number> => {
      let turns = 0;
      const count = async (): Promise<void> => {
        turns += 1;
      };
      const exporter = createExporter({ ...options, targets: targets.slice(0, 1), turn: count });
      await exporter.prepare(options.config, targets);
      const prepared = turns;
      exporter.reconfigure(options.config, targets);
      const text = await textOf(exporter.render(undefined));
      expect(text).toBe(await textOf(createExporter({ ...options, targets, turn }).render(undefined)));
      return prepared;
    };
    const [half, whole] = [await turnsFor(all.slice(0, 450)), await turnsFor(all)];
    expect(half).toBeGreaterThan(3);
    expect(whole / half).toBeCloseTo(2, 0);
  });

  test('shows nothing of what went, swept or not, and all of what comes back', async () => {
    const page = createExporter({ ...options, turn });
    const kept = many.slice(0, 1);
    page.reconfigure(options.config, kept);
    expect(linesOfTargets(await textOf(page.render(undefined)))).toHaveLength(1);
    page.reconfigure(options.config, many);
    page.reconfigure(options.config, kept);
    page.reconfigure(options.config, many);
    expect(linesOfTargets(await textOf(page.render(undefined)))).toHaveLength(many.length);
    page.reconfigure(options.config, kept);
    await page.prepare(options.config, many);
    page.reconfigure(options.config, many);
    expect(linesOfTargets(await textOf(page.render(undefined)))).toHaveLength(many.length);
  });

  test('lets the loop go on between registries of at most 200 targets', async () => {
    let turns = 0;
    const exporter = createExporter({
      ...options,
      turn: () => {
        turns += 1;
        return Promise.resolve();
      },
    });
    const text = await textOf(exporter.render(openmetrics));
    expect(turns).toBeGreaterThan(many.length / targetsPerBoard);
    expect(text.match(/^# TYPE mirror_probe_attempts counter$/gm)).toHaveLength(1);
    expect(text.match(/^mirror_probe_attempts_total\{/gm)).toHaveLength(many.length);
  });

  test('counts the lines that it leaves out once for each answer, and reads what is so now each time', async () => {
    let reads = 0;
    const exporter = createExporter({ ...options, turn });
    exporter.snapshot(() => {
      reads += 1;
      return snapshot();
    });
    const both = await Promise.all([textOf(exporter.render(openmetrics)), textOf(exporter.render(undefined))]);
    expect(reads).toBe(2);
    const [one, other] = both.map((text) => [...values(text.replaceAll(/ # \{.*$/gm, '')).keys()]);
    expect(other).toEqual(one);
  });

  test('hands on pieces of a bounded size, none of which splits a series', async () => {
    const sizes: number[] = [];
    for await (const piece of createExporter({ ...options, turn }).render(openmetrics).pieces) {
      sizes.push(piece.length);
      const buckets = [...String(piece).matchAll(/^mirror_probe_rtt_seconds_bucket\{le="0.005",(.*)\} /gm)];
      for (const [, labels = ''] of buckets) expect(piece).toContain(`mirror_probe_rtt_seconds_count{${labels}} `);
    }
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(1_500_000);
  });

  test('works again after a snapshot that threw', async () => {
    const exporter = createExporter({ ...options, turn });
    exporter.snapshot(() => {
      throw new Error('not yet');
    });
    await expect(textOf(exporter.render(undefined))).rejects.toThrow('not yet');
    exporter.snapshot(() => snapshot());
    expect(await textOf(exporter.render(undefined))).toContain('mirrorwatch_build_info');
  });
});

describe('the cap on lines', () => {
  test('reckons with as many lines as there are when every gauge is known', async () => {
    const plan = makePlan(oneMirror, targets);
    const sum = (lines: readonly number[]) => lines.reduce((all, one) => all + one, 0);
    const entities = [...plan.entities.values()];
    const daemon = plan.daemon.map(({ kind }) => countLinesFor(kind));
    const page = values(await textOf(full().render(undefined)));
    const isFirst = (series: string) => /^mirror_(probe_failures|integrity_mismatches)_/.test(series);
    expect([...page.keys()].filter(isFirst)).toHaveLength(2);
    const calm = sum([...entities.map(({ kind, heavy }) => countCalmLinesFor(kind, heavy)), ...daemon]);
    expect(page.size).toBe(calm + 2);
    expect(sum([...entities.map(({ lines }) => lines), ...daemon])).toBeGreaterThan(calm + 2);
  });

  const eight = [...targetsOf('a'), ...targetsOf('b')];
  const ids = (text: string) =>
    [...values(text).keys()].filter((series) => series.startsWith('mirror_probe_attempts_total')).length;
  const cappedAt = (lines: number) =>
    createExporter({ config: config({ limits: { lines } }), targets: eight, version: '1', node: '24', turn });
  const page = async (lines: number) => {
    const capped = cappedAt(lines);
    const first = await textOf(capped.render(undefined));
    const dropped = values(first).get('mirrorwatch_exposition_lines_dropped_total') ?? 0;
    const again = values(await textOf(capped.render(undefined))).get('mirrorwatch_exposition_lines_dropped_total');
    return { targets: ids(first), lines: values(first).size, dropped, again };
  };

  test('leaves out whole targets, the last configured first, and counts their lines at each rendering', async () => {
    const whole = await page(500_000);
    expect(whole).toMatchObject({ targets: 8, dropped: 0, again: 0 });
    const steps: number[] = [];
    for (let lines = 3_000; lines >= 0; lines -= 50) {
      const now = await page(lines);
      if (now.targets > 0) expect(now.lines).toBeLessThanOrEqual(lines);
      expect(now.dropped > 0).toBe(now.targets < 8);
      expect(now.again).toBe(2 * now.dropped);
      if (steps.at(-1) !== now.targets) steps.push(now.targets);
    }
    expect(steps).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  test('a target left out is one that was configured last', async () => {
    const capped = cappedAt(800);
    capped.snapshot(() => snapshot({ standings: [standing('a'), standing('b')] }));
    const kept = values(await textOf(capped.render(undefined)));
    const attempts = [...kept.keys()].filter((series) => series.startsWith('mirror_probe_attempts_total'));
    const all = eight.map(({ registry, step }) => `${registry} ${step}`);
    const shown = attempts.map(
      (series) => `${/registry="(\w)"/.exec(series)?.[1]} ${/step="(\w+)"/.exec(series)?.[1]}`,
    );
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(8);
    expect(shown).toEqual(all.slice(0, shown.length));
    // The state of a mirror is never left out.
    expect(kept.get('mirror_up{ecosystem="go",upstream="go",registry="b"}')).toBe(1);
  });
});

real('promtool', ['promtool'], () => {
  // It reads the old text only; OpenMetrics is held to a strict reader above, and to a real Prometheus in test/real.
  test('check metrics is clean', async () => {
    const text = await textOf(full().render(undefined));
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
  });
});
