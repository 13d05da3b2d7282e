import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testCerts } from '../test/support/certs.ts';
import { startNginx } from '../test/support/nginx.ts';
import { removeTempDir, tempDir } from '../test/support/paths.ts';
import { freePort } from '../test/support/ports.ts';
import { startFloor } from './memory-floor.ts';
import { moduleTree, NoFigures } from './no-figures.ts';
import type { Progress } from './progress.ts';
import { type Target, target } from './targets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Long enough for every module to have been asked whole, and for a thread that is not needed to end; not so long for a look. */
const seconds = { usual: 300, quick: 25 };
/** Design.md section 8. */
const rssMbMax = 130;

/** What the built package takes for three mirrors with one module; MB of 2^20 bytes, as `ps` and Kubernetes count them. */
export interface MemoryReport {
  readonly seconds: number;
  readonly probes: number;
  /** Probing threads that were awake. */
  readonly threads: readonly string[];
  readonly rssMb: number;
  readonly ownMb: number;
  readonly ofFilesMb: number;
  readonly pssMb: number;
  readonly mostMb: number;
  /** The same of a bare program of our parts (`startFloor`). */
  readonly floor: { readonly rssMb: number; readonly ownMb: number; readonly ofFilesMb: number };
}

/** As lines for people. */
export function memoryLines(report: MemoryReport): readonly string[] {
  const { probes, threads, rssMb, ownMb, ofFilesMb, pssMb, mostMb, floor } = report;
  return [
    `The built package, three mirrors with one module, after ${report.seconds} s: ${rssMb} MB`,
    `  own ${ownMb} MB, of files ${ofFilesMb} MB, shared out (PSS) ${pssMb} MB, at most ${mostMb} MB`,
    `  ${probes} probes ok, threads ${threads.join(' ')}`,
    `floor: Node with express, prom-client, and undici in two threads, the same requests: ${floor.rssMb} MB, own ${floor.ownMb} MB, of files ${floor.ofFilesMb} MB`,
  ];
}

/** The goal for few mirrors. */
export function memoryTargets({ rssMb }: MemoryReport): readonly Target[] {
  return [target('memory for three mirrors', `≤ ${rssMbMax} MB`, `${rssMb} MB`, rssMb <= rssMbMax)];
}

/** One line of /proc/<pid>/status or smaps_rollup, in MB as `ps` and Kubernetes count them (2^20 bytes). */
function megabytes(text: string, key: string): number {
  return Math.round(Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024);
}

/** Builds the package first, so that no stale one is measured. @throws NoFigures where no probe was ok */
export async function memory(quick: boolean, progress: Progress): Promise<MemoryReport> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    return await measured(quick ? seconds.quick : seconds.usual, closers, progress);
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

async function measured(
  forSeconds: number,
  closers: (() => Promise<void> | void)[],
  progress: Progress,
): Promise<MemoryReport> {
  progress.say('memory: building the package');
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'ignore' });
  const dir = tempDir('bench-memory');
  closers.push(() => removeTempDir(dir));
  const urls: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const nginx = await startNginx({ root: moduleTree() });
    closers.push(nginx.close);
    urls.push(nginx.httpsUrl);
  }
  const port = await freePort();
  const file = join(dir, 'mirrorwatch.yaml');
  writeFileSync(file, configOf(urls, port, dir));
  const args = [join(root, 'dist', 'main.js'), 'run', '--config', file, '--log-level', 'error'];
  const daemon = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
  closers.push(() => {
    daemon.kill('SIGTERM');
    return ended;
  });
  const { certFile } = testCerts().ca;
  const asked = urls.map((url) => `${url}/github.com/pkg/errors/@v/v0.9.1.mod`);
  const floor = startFloor(asked, readFileSync(certFile, 'utf8'), 1_333);
  closers.push(floor.close);
  progress.say(`memory: three mirrors for ${forSeconds} s`);
  await sleep(forSeconds * 1_000);
  const { mostMb, ...sizes } = sizesOf(daemon.pid ?? 0);
  const { mostMb: _, ...floorSizes } = sizesOf(floor.pid);
  const rollup = readFileSync(`/proc/${daemon.pid}/smaps_rollup`, 'utf8');
  const threads = probingThreads(daemon.pid ?? 0);
  // Asked last: a first scrape loads and makes things of its own.
  const probes = await okProbes(`http://127.0.0.1:${port}/metrics`);
  return {
    seconds: forSeconds,
    probes,
    threads,
    ...sizes,
    pssMb: megabytes(rollup, 'Pss'),
    mostMb,
    floor: floorSizes,
  };
}

function sizesOf(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    rssMb: megabytes(status, 'VmRSS'),
    ownMb: megabytes(status, 'RssAnon'),
    ofFilesMb: megabytes(status, 'RssFile'),
    mostMb: megabytes(status, 'VmHWM'),
  };
}

/** Probing threads that are awake, by name; the last one of the pool is for heavy steps. */
function probingThreads(pid: number): readonly string[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const names = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim());
  return names.filter((name) => name.startsWith('probe-')).sort();
}

/** @throws NoFigures where the daemon did not probe: its memory says nothing then */
async function okProbes(url: string): Promise<number> {
  const page = await (await fetch(url)).text();
  const total = (name: string): number =>
    [...page.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'gm'))].reduce(
      (all, [, count]) => all + Number(count),
      0,
    );
  const sum = total('mirror_probe_attempts_total') - total('mirror_probe_failures_total');
  if (sum === 0) throw new NoFigures('no probe was ok');
  return sum;
}

function configOf(urls: readonly string[], port: number, dir: string): string {
  const { certFile } = testCerts().ca;
  const mirrors = urls.map((url, n) => ({ name: `m${n}`, ecosystem: 'go', url, tls: { ca: certFile } }));
  // JSON is YAML.
  return JSON.stringify({
    vantage: 'bench',
    listen: `127.0.0.1:${port}`,
    schedule: { every: '2s', timeout: '5s', perHost: 2 },
    mirrors,
    clients: { go: `${urls.join(',')},direct` },
    modules: { go: ['github.com/pkg/errors@v0.9.1'] },
    go: { sumdb: 'off' },
    state: { path: join(dir, 'state.db') },
  });
}
