import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import express from 'express';
import { createScrapes } from '../src/api/scrape.ts';
import { createExporter } from '../src/export/exporter.ts';
import { nextTurn } from '../src/io/timers.ts';
import { startPrometheus } from '../test/support/prometheus.ts';
import { config, mirror, sample, snapshot, standing, target } from '../test/unit/export/fixture.ts';
import { fewerLines, type Relabel } from './fewer-lines.ts';
import { NoFigures } from './no-figures.ts';
import { cpuMsOf, rssMbOf } from './process-cpu.ts';
import { startProgress } from './progress.ts';
import { tableOf } from './report.ts';

// `node bench/prometheus-cost.ts [--targets 15000] [--scrapes 6]`: what one daemon's page costs the real Prometheus, as it
// is and with each of the drop lists of docs/scrape-cost.md; a fresh Prometheus each time.

const { values } = parseArgs({
  options: { targets: { type: 'string', default: '15000' }, scrapes: { type: 'string', default: '6' } },
});
const wanted = Number(values.targets);
const scrapes = Number(values.scrapes);
const everyMs = 10_000;
const mirrors = Array.from({ length: 10 }, (_, at) => mirror(`mirror-${at}`));
const steps = [
  ['list', null],
  ['latest', null],
  ['info', 'v1.25.0'],
  ['mod', 'v1.25.0'],
  ['zip', 'v1.25.0'],
] as const;

/** The page of so many targets, of which a third is probed between two scrapes. */
function openPage() {
  const modules = Array.from(
    { length: Math.max(1, Math.round(wanted / (mirrors.length * steps.length))) },
    (_, at) => `example.com/some/longer/module-${at}`,
  );
  const targets = mirrors.flatMap(({ name }) =>
    modules.flatMap((module) => steps.map(([step, version]) => target(name, step, module, version))),
  );
  const exporter = createExporter({
    config: config({ mirrors, limits: { lines: 5_000_000 } }),
    targets,
    version: 'bench',
    node: process.version,
    turn: nextTurn,
  });
  const read = snapshot({
    standings: mirrors.map(({ name }) => standing(name)),
    baselines: targets.map((of) => ({
      target: of,
      connection: 'cold',
      baselineMs: 80,
      thresholdMs: 800,
      streak: 0,
    })),
  });
  exporter.snapshot(() => read);
  let turn = 0;
  const probeSome = (): void => {
    turn += 1;
    for (const [at, of] of targets.entries())
      if (at % 3 === turn % 3) exporter.sample(sample(of, { rttMs: 20 + ((at * 7_919 + turn * 104_729) % 900) }));
  };
  return { exporter, probeSome, targets: targets.length };
}

interface Cost {
  readonly name: string;
  readonly series: number;
  readonly rssMb: number;
  readonly cpuMsPerScrape: number;
  readonly scrapeSeconds: number;
}

async function costOf(
  name: string,
  port: number | null,
  relabel: readonly Relabel[],
  probeSome: () => void,
): Promise<Cost> {
  const prometheus = await startPrometheus({
    targets: port === null ? [] : [`127.0.0.1:${port}`],
    intervalMs: everyMs,
    relabel,
  });
  try {
    // The first scrape makes all series, which is dear once.
    await sleep(3 * everyMs);
    const one = async (query: string): Promise<number> => (await prometheus.query(query))[0]?.value ?? 0;
    const doneBefore = await one('count_over_time(up[1h])');
    const cpuMs = cpuMsOf(prometheus.pid);
    for (let at = 0; at < scrapes; at += 1) {
      probeSome();
      await sleep(everyMs);
    }
    const spentMs = cpuMsOf(prometheus.pid) - cpuMs;
    // On a busy machine fewer are done than were to be.
    const done = port === null ? scrapes : (await one('count_over_time(up[1h])')) - doneBefore;
    const [up] = port === null ? [{ health: 'up', error: '' }] : await prometheus.targets();
    if (up?.health !== 'up') throw new NoFigures(`${name}: Prometheus could not scrape: ${up?.error}`);
    const series = await one('max_over_time(scrape_samples_post_metric_relabeling[1h])');
    if (port !== null && (series === 0 || done === 0)) throw new NoFigures(`${name}: nothing was scraped`);
    return {
      name,
      series,
      rssMb: rssMbOf(prometheus.pid),
      cpuMsPerScrape: spentMs / done,
      scrapeSeconds: await one('max_over_time(scrape_duration_seconds[1h])'),
    };
  } finally {
    await prometheus.close();
  }
}

async function bench(): Promise<void> {
  const progress = startProgress();
  const { exporter, probeSome, targets } = openPage();
  const broken = (cause: unknown): void => {
    throw cause;
  };
  const scrape = createScrapes({ metrics: (accept) => exporter.render(accept), defect: broken });
  const server = createServer(express().use(scrape));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ways = [
    { name: 'nothing scraped', port: null, relabel: [] },
    { name: 'all of it', port, relabel: [] },
    ...fewerLines().map(({ name, relabel }) => ({ name, port, relabel })),
  ];
  const costs: Cost[] = [];
  for (const way of ways) {
    progress.say(`Prometheus: ${way.name}`);
    costs.push(await costOf(way.name, way.port, way.relabel, probeSome));
  }
  progress.end();
  console.log(`${targets} targets, ${scrapes} scrapes after the first three, one each ${everyMs / 1_000} s`);
  const rows = costs.map(({ name, series, rssMb, cpuMsPerScrape, scrapeSeconds }) => [
    name,
    `${series}`,
    rssMb.toFixed(0),
    cpuMsPerScrape.toFixed(0),
    scrapeSeconds.toFixed(2),
  ]);
  console.log(tableOf([['', 'series', 'RSS MB', 'CPU ms a scrape', 'slowest scrape s'], ...rows]).join('\n'));
}

await bench().catch((cause: unknown) => {
  if (!(cause instanceof NoFigures)) throw cause;
  console.error(`\nbench: ${cause.message}`);
  process.exitCode = 1;
});
process.exit();
