import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repoDir } from '../../test/support/paths.ts';
import { freePort, listenAnywhere } from '../../test/support/ports.ts';
import { startProcess } from '../../test/support/process.ts';
import { watchOthers } from '../disturbance.ts';
import type { Progress } from '../progress.ts';
import type { FleetReport, PageRow } from './report.ts';
import { type Filled, fillPrometheus, fillVictoria, openGenerator } from './stores.ts';

// What the page of all places takes: `mirrorwatch fleet --listen` before a filled store, as an operator's browser sees it.

/** The page keeps a picture for 10 s: later it reads the store again. */
const againMs = 10_500;

/** Before a store: counts what its responses hold and what it says that they cost. */
async function startCounter(store: Filled) {
  const seen = { series: 0, samples: 0, bytes: 0 };
  const server = createServer(async (request, response) => {
    const answer = await fetch(`${store.url}${request.url}&stats=all`).catch(() => null);
    if (answer === null) return void response.writeHead(502).end();
    const text = await answer.text();
    const body = JSON.parse(text) as {
      data?: { result?: readonly unknown[]; stats?: { samples?: { totalQueryableSamples?: number } } };
    };
    seen.series += body.data?.result?.length ?? 0;
    seen.samples += body.data?.stats?.samples?.totalQueryableSamples ?? 0;
    seen.bytes += text.length;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  const port = await listenAnywhere(server);
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function measurePage(
  of: Pick<PageRow, 'store' | 'places' | 'seriesPerPlace'>,
  store: Filled,
  rounds: number,
  progress: Progress,
): Promise<PageRow> {
  const counter = await startCounter(store);
  const ms: number[] = [];
  let pageBytes = 0;
  // Timed without the counter in between; it counts one page more.
  const served = await serve(store.url);
  for (let round = 0; round < rounds; round += 1) {
    progress.say(`fleet: page ${round + 1} of ${rounds}, ${of.store}`);
    if (round > 0) await sleep(againMs);
    const beganMs = performance.now();
    const page = await fetch(served.url);
    pageBytes = (await page.text()).length;
    ms.push(performance.now() - beganMs);
    if (!page.ok) throw new Error(`the page: ${page.status}`);
  }
  const rssMib = peakMibOf(served.pid);
  await served.close();
  const counted = await serve(counter.url);
  const report = (await (await fetch(`${counted.url}/api/v1/fleet`)).json()) as { places: readonly unknown[] };
  await counted.close();
  counter.close();
  if (report.places.length !== of.places) throw new Error(`${report.places.length} places of ${of.places}`);
  return { ...of, ms, rssMib, pageBytes, ...counter.seen };
}

async function serve(store: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = await startProcess({
    name: 'mirrorwatch fleet',
    command: process.execPath,
    args: [
      join(repoDir, 'src/main.ts'),
      'fleet',
      '--store',
      store,
      '--listen',
      `127.0.0.1:${port}`,
      '--timeout',
      '30s',
    ],
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  return { url, pid: running.pid, close: running.close };
}

/** The most that a process had in memory so far. */
function peakMibOf(pid: number): number {
  const [, kib = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** Measures the page before each store. @param quick  a fifth of the places, two pages each */
export async function fleet(quick: boolean, progress: Progress): Promise<FleetReport> {
  const rounds = quick ? 2 : 5;
  const watch = watchOthers();
  const rows: PageRow[] = [];
  const [few, many] = quick ? [10, 40] : [50, 200];
  const prometheus = await fillPrometheus(few, 2_000, progress);
  const first = { store: 'Prometheus with our rules', places: few, seriesPerPlace: 2_000 };
  rows.push(await measurePage(first, prometheus, rounds, progress).finally(prometheus.close));
  const victoria = await fillVictoria(few, 2_000, progress);
  const second = { store: 'VictoriaMetrics without rules', places: few, seriesPerPlace: 2_000 };
  rows.push(await measurePage(second, victoria, rounds, progress).finally(victoria.close));
  const generator = await openGenerator(many);
  const third = { store: 'a generator, as with our rules', places: many, seriesPerPlace: 5_000 };
  rows.push(await measurePage(third, generator, rounds, progress).finally(generator.close));
  return { rows, stored: victoria.stored, othersCores: watch().othersCores };
}
