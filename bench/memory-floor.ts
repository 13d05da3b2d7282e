import { spawn } from 'node:child_process';
import { repoDir } from '../test/support/paths.ts';

/** V8's flags and glibc's bounds as the daemon sets them (src/cli/engine.ts). */
const flags =
  '--semi-space-growth-factor=1 --no-parallel-scavenge --heap-growing-percent=25 --no-opt --no-maglev'.split(' ');
const env = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };

/** A thread that requests one file of each mirror in turn, over a new connection each time. */
const probing = `
  const { workerData } = require('node:worker_threads');
  const Client = require('undici/lib/dispatcher/client.js');
  const request = require('undici/lib/api/api-request.js');
  const { urls, ca, everyMs } = workerData;
  let n = 0;
  setInterval(() => {
    const { origin, pathname } = new URL(urls[n++ % urls.length]);
    const client = new Client(origin, { connect: { ca } });
    request.call(client, { path: pathname, method: 'GET' }).then(({ body }) => body.text()).then(() => client.close());
  }, everyMs);`;

/** A server with a page of metrics, and two such threads. */
const program = `
  const { Worker } = await import('node:worker_threads');
  const { default: express } = await import('express');
  const { Registry, Histogram } = await import('prom-client');
  const [given] = process.argv.slice(-1);
  const registry = new Registry();
  const histogram = new Histogram({ name: 'seconds', help: 'Seconds.', labelNames: ['mirror'], registers: [registry] });
  for (const mirror of ['a', 'b', 'c']) histogram.observe({ mirror }, 1);
  const app = express();
  app.get('/metrics', (_, response) => void registry.metrics().then((page) => response.send(page)));
  app.listen(0, '127.0.0.1');
  const resourceLimits = { maxYoungGenerationSizeMb: 3 };
  for (const _ of [1, 2]) new Worker(${JSON.stringify(probing)}, { eval: true, execArgv: [], workerData: JSON.parse(given), resourceLimits });`;

/** Starts the least that a program of our parts needs: Node, express, prom-client, and undici's client in two threads. */
export function startFloor(
  urls: readonly string[],
  ca: string,
  everyMs: number,
): { pid: number; close: () => Promise<void> } {
  const given = JSON.stringify({ urls, ca, everyMs });
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', program, given], {
    cwd: repoDir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? 0,
    close() {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
