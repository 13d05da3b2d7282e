import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Target } from '../src/core/mirror.ts';
import { createExporter } from '../src/export/exporter.ts';
import { contentTypes } from '../src/export/negotiate.ts';
import { createRandom } from '../src/io/random.ts';
import { commandPath, removeTempDir, tempDir } from '../test/support/paths.ts';
import { freePort } from '../test/support/ports.ts';
import { startProcess } from '../test/support/process.ts';
import { config, mirror, sample, snapshot, target, textOf } from '../test/unit/export/fixture.ts';
import { seriesOfLine, seriesOfPage, writeSeries } from './remote-write.ts';
import { tableOf } from './report.ts';

// `node bench/histogram-storage.ts [--mirrors 3] [--modules 10] [--hours 6]`: what Prometheus 3 stores a day of classic
// and of native histograms, from the same page scraped each 30 s. A snapshot of its database is measured.

const { values } = parseArgs({
  options: {
    mirrors: { type: 'string', default: '3' },
    modules: { type: 'string', default: '10' },
    hours: { type: 'string', default: '6' },
  },
});
const hours = Number(values.hours);
const everyMs = 30_000;
const startMs = Date.UTC(2026, 2, 2);
const scrapeLabels = { job: 'mirrorwatch', instance: '10.0.0.5:10120' };
const forms = ['classic', 'native'] as const;

const names = Array.from({ length: Number(values.mirrors) }, (_, at) => `mirror-${at}`);
const modules = Array.from({ length: Number(values.modules) }, (_, at) => `example.com/module-${at}`);

/** Paces as the daemon has them: the canary each 30 s, other light steps each 5 min, artifacts each hour. */
const paces: readonly (readonly [step: string, paceMs: number])[] = [
  ['mod', 30_000],
  ['info', 300_000],
  ['list', 300_000],
  ['zip', 3_600_000],
];

const targets: readonly Target[] = names.flatMap((name) =>
  modules.flatMap((module, at) =>
    paces.map(([step]) => ({
      ...target(name, step, module, step === 'list' ? null : 'v1.0.0'),
      canary: step === 'mod' && at === 0,
    })),
  ),
);

/** The page after each scrape's probes, with log-normal round trips around 80 ms. */
function openPage(histograms: (typeof forms)[number]) {
  const base = config({ mirrors: names.map((name) => mirror(name)), limits: { lines: 5_000_000 } });
  const listen =
    histograms === 'native' ? { ...base.listen, protobuf: { histograms, buckets: 160 } } : { ...base.listen };
  const turn = () => Promise.resolve();
  const exporter = createExporter({
    config: { ...base, listen },
    targets,
    version: 'bench',
    node: process.version,
    turn,
  });
  exporter.snapshot(() => snapshot());
  const random = createRandom(20_261_124);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return {
    exporter,
    probe(nowMs: number): void {
      for (const [at, of] of targets.entries()) {
        const paceMs = of.canary ? everyMs : Math.max(300_000, new Map(paces).get(of.step) ?? everyMs);
        if ((nowMs - startMs + at * everyMs) % paceMs !== 0) continue;
        exporter.sample({ ...sample(of, { rttMs: 80 * Math.exp(0.5 * normal()) }), startedAtMs: nowMs });
      }
    },
  };
}

function bytesIn(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0);
}

async function stored(form: (typeof forms)[number]): Promise<{ series: number; bytes: number }> {
  const dir = tempDir('storage');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(dir, 'prometheus.yml'), '{}\n');
  const server = await startProcess({
    name: 'prometheus',
    command: commandPath('prometheus3'),
    args: [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      '--storage.tsdb.retention.time=100y',
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: dir,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  try {
    const { exporter, probe } = openPage(form);
    let series = 0;
    for (let nowMs = startMs; nowMs < startMs + hours * 3_600_000; nowMs += everyMs) {
      const all = form === 'native' ? await nativeSeries(exporter, nowMs) : await classicSeries(exporter, nowMs);
      series = all.length;
      await writeSeries(url, all);
      probe(nowMs);
    }
    const response = await fetch(`${url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
    const { data } = (await response.json()) as { data: { name: string } };
    return { series, bytes: bytesIn(join(dir, 'data', 'snapshots', data.name)) };
  } finally {
    await server.close();
    removeTempDir(dir);
  }
}

type Exporter = ReturnType<typeof createExporter>;

async function nativeSeries(exporter: Exporter, nowMs: number): Promise<readonly object[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of exporter.render(contentTypes.protobuf).pieces)
    if (typeof piece !== 'string') pieces.push(piece);
  return seriesOfPage(Buffer.concat(pieces), scrapeLabels, nowMs);
}

async function classicSeries(exporter: Exporter, nowMs: number): Promise<readonly object[]> {
  const own = Object.entries(scrapeLabels).map(([label, value]) => `${label}="${value}"`);
  const lines = (await textOf(exporter.render('text/plain'))).split('\n').filter((line) => /^\w/.test(line));
  return lines.map((line) => {
    const [, series = '', value = ''] = /^(.+) (\S+)$/.exec(line) ?? [];
    const labelled = series.endsWith('}') ? `${series.slice(0, -1)},${own.join(',')}}` : `${series}{${own.join(',')}}`;
    return seriesOfLine(`${labelled} ${value} ${nowMs / 1000}`);
  });
}

const rows: string[][] = [];
for (const form of forms) {
  const { series, bytes } = await stored(form);
  rows.push([form, String(series), String(Math.round((bytes * 24) / hours / 1000))]);
}
console.log(`${names.length} mirrors × ${modules.length} modules, scraped each 30 s, ${hours} hours written`);
console.log(tableOf([['form', 'series', 'KB a day'], ...rows]).join('\n'));
process.exit();
