import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testCerts } from '../test/support/certs.ts';
import { startNginx } from '../test/support/nginx.ts';
import { removeTempDir, tempDir } from '../test/support/paths.ts';
import { freePort } from '../test/support/ports.ts';
import { moduleTree, NoFigures } from './no-figures.ts';

// `node bench/memory.ts`: what the built package takes for three mirrors with one module, as docs/decisions/0023-memory.md
// has it. Builds the package first, so that no stale one is measured. `--seconds 90` is long enough for the thread of
// heavy steps to have ended.

const root = fileURLToPath(new URL('..', import.meta.url));
const secondsAt = process.argv.indexOf('--seconds');
const seconds = secondsAt < 0 ? 25 : Number(process.argv[secondsAt + 1]);
const closers: (() => Promise<void> | void)[] = [];

/** One line of /proc/<pid>/status or smaps_rollup, in MB as `ps` and Kubernetes count them (2^20 bytes). */
function megabytes(text: string, key: string): number {
  return Math.round(Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024);
}

async function measure(): Promise<void> {
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
  await sleep(seconds * 1_000);
  const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${daemon.pid}/smaps_rollup`, 'utf8');
  const threads = probingThreads(daemon.pid ?? 0).join(' ');
  // Asked last: a first scrape loads and makes things of its own.
  const probes = await okProbes(`http://127.0.0.1:${port}/metrics`);
  const rss = megabytes(status, 'VmRSS');
  console.log(`three mirrors after ${seconds} s, ${probes} probes ok, threads ${threads}: ${rss} MB (goal 110)`);
  console.log(
    `  own ${megabytes(status, 'RssAnon')} MB, of files ${megabytes(status, 'RssFile')} MB, ` +
      `shared out (PSS) ${megabytes(rollup, 'Pss')} MB, at most ${megabytes(status, 'VmHWM')} MB`,
  );
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

try {
  await measure();
} catch (cause) {
  if (!(cause instanceof NoFigures)) throw cause;
  console.error(`bench: ${cause.message}`);
  process.exitCode = 1;
} finally {
  for (const closer of closers.reverse()) await closer();
}
process.exit();
