import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import express from 'express';
import { createScrapes } from '../src/api/scrape.ts';
import type { Sample } from '../src/core/sample.ts';
import { createExporter } from '../src/export/exporter.ts';
import { nextTurn } from '../src/io/timers.ts';
import { config, mirror, snapshot, standing, target } from '../test/unit/export/fixture.ts';
import { type Child, startChild } from './child.ts';

type Exporter = ReturnType<typeof createExporter>;

const mirrorCount = 10;
/** Two small pages tell how many lines a module adds. */
const modulesTried = [5, 15] as const;

/** The main thread's other work while probes run: a page of so many lines, asked for every two seconds. */
export interface ScrapeLoad {
  readonly lines: number;
  readonly start: () => void;
  /** Nobody scrapes any more, until `start` is called again. */
  readonly stop: () => Promise<void>;
  /** Counts a sample as the daemon would, so that the page lives. */
  readonly sample: (sample: Sample) => void;
  readonly scrapes: () => number;
  /** How long the main thread stood still at most since `start`, milliseconds. */
  readonly mainDelayMsMax: () => number;
  readonly close: () => Promise<void>;
}

interface Page {
  readonly exporter: Exporter;
  readonly names: readonly string[];
}

function pageOf(modules: number): Page {
  const mirrors = Array.from({ length: mirrorCount }, (_, index) => mirror(`mirror-${index}`));
  const names = Array.from({ length: modules }, (_, index) => `example.com/some/longer/module-${index}`);
  const targets = mirrors.flatMap(({ name }) => names.map((module) => target(name, 'mod', module, 'v1.25.0')));
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
  return { exporter, names };
}

async function linesOf({ exporter }: Page): Promise<number> {
  let lines = 0;
  for await (const piece of exporter.render('application/openmetrics-text').pieces)
    lines += String(piece).split('\n').length - 1;
  return lines;
}

/** A page of about `lines` lines behind an HTTP server of this thread, and a scraper in a process of its own. */
export async function openScrapeLoad(lines: number, everyMs: number): Promise<ScrapeLoad> {
  const [few, more] = modulesTried;
  const fewLines = await linesOf(pageOf(few));
  const perModule = ((await linesOf(pageOf(more))) - fewLines) / (more - few);
  const page = pageOf(few + Math.ceil((lines - fewLines) / perModule));
  const { exporter, names } = page;
  const broken = (cause: unknown): void => {
    throw cause;
  };
  const server = createServer(
    express().use(createScrapes({ metrics: (accept) => exporter.render(accept), defect: broken })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let scraper: Child | null = null;
  let scrapes = 0;
  let turn = 0;
  async function stop(): Promise<void> {
    delay.disable();
    await scraper?.close();
    scraper = null;
  }
  return {
    lines: await linesOf(page),
    start() {
      scraper = startChild('scraper', [`http://127.0.0.1:${port}/metrics`, `${everyMs}`]);
      scraper.process.on('message', () => {
        scrapes += 1;
      });
      delay.enable();
    },
    stop,
    sample(sample) {
      turn += 1;
      const of = target(`mirror-${turn % mirrorCount}`, 'mod', names[turn % names.length] ?? '', 'v1.25.0');
      exporter.sample({
        ...sample,
        due: { ...sample.due, target: of },
        cold: false,
        thresholdMs: null,
        baselineMs: null,
      });
    },
    scrapes: () => scrapes,
    mainDelayMsMax: () => delay.max / 1e6,
    async close() {
      await stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
