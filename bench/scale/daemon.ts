import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repoDir } from '../../test/support/paths.ts';
import { NoFigures } from '../no-figures.ts';
import { cpuMsOf } from '../process-cpu.ts';

const readyMsMax = 120_000;

/**
 * Runs in the daemon before it, in plain JavaScript so that the package stays what it is: tells on request how long the main
 * thread stood still, and how large its heap is, as it is or after a collection. A timer each millisecond costs CPU, so it runs only
 * while it is asked to.
 */
const watcher = `
  import { isMainThread } from 'node:worker_threads';
  import { monitorEventLoopDelay } from 'node:perf_hooks';
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  if (isMainThread && process.channel) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    process.on('message', (word) => {
      if (word === 'live') { setFlagsFromString('--expose-gc'); runInNewContext('gc')(); }
      if (word === 'heap' || word === 'live') { process.send(process.memoryUsage().heapUsed / 2 ** 20); return; }
      if (word === 'watch') delay.enable();
      else { delay.disable(); process.send(delay.max / 1e6); }
      if (word === 'watch') delay.reset();
    });
    process.channel.unref();
  }`;

/** One answer: what it took, and how many bytes came over the wire. */
export interface Asked {
  readonly tookMs: number;
  readonly bytes: number;
  readonly status: number;
  readonly body: Buffer;
}

/** The built package, run as users run it. */
export interface BuiltDaemon {
  readonly startedMs: number;
  readonly ask: (path: string, options?: { method?: string; headers?: Record<string, string> }) => Promise<Asked>;
  /** Memory now and at most so far, MB as `ps` and Kubernetes count them (2^20 bytes). */
  readonly memoryMb: () => { readonly now: number; readonly most: number };
  /** Heap of the main thread in use, garbage included, MB. */
  readonly heapMb: () => Promise<number>;
  /** The same after a full collection, which it asks for. */
  readonly liveHeapMb: () => Promise<number>;
  readonly cpuMs: () => number;
  readonly threads: () => number;
  readonly descriptors: () => number;
  /** Bytes that it has caused to be written to disk so far. */
  readonly writtenBytes: () => number;
  readonly stateBytes: () => number;
  /** How long the main thread stood still at most while `act` was under way, milliseconds. */
  readonly longestTurnMs: (act: () => Promise<void>) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Builds the package, so that no stale one is measured. */
export function buildPackage(): void {
  execFileSync('npm', ['run', 'build'], { cwd: repoDir, stdio: 'ignore' });
}

/** Starts it and waits until it is ready. @throws NoFigures where it is not within two minutes */
export async function startBuilt(configFile: string, port: number, statePath: string): Promise<BuiltDaemon> {
  const begunMs = performance.now();
  const load = `data:text/javascript,${encodeURIComponent(watcher)}`;
  const args = ['--import', load, join(repoDir, 'dist', 'main.js'), 'run', '--config', configFile];
  const child = spawn(process.execPath, [...args, '--log-level', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const pid = child.pid ?? 0;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ask: BuiltDaemon['ask'] = (path, options = {}) => asked(port, path, options);
  const told = (word: string): Promise<number> => {
    const answer = new Promise<number>((resolve) => child.once('message', (figure) => resolve(Number(figure))));
    child.send(word);
    return answer;
  };
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
  };
  for (;;) {
    const status = await ask('/-/ready').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) break;
    if (performance.now() - begunMs > readyMsMax || child.exitCode !== null) {
      await close();
      throw new NoFigures('the daemon did not come up');
    }
    await sleep(10);
  }
  const startedMs = performance.now() - begunMs;
  const status = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  return {
    startedMs,
    ask,
    memoryMb: () => ({ now: status('VmRSS'), most: status('VmHWM') }),
    heapMb: () => told('heap'),
    liveHeapMb: () => told('live'),
    cpuMs: () => cpuMsOf(pid),
    threads: () => readdirSync(`/proc/${pid}/task`).length,
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    writtenBytes: () => Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]),
    stateBytes: () =>
      readdirSync(dirname(statePath)).reduce((sum, name) => sum + statSync(join(dirname(statePath), name)).size, 0),
    async longestTurnMs(act) {
      child.send('watch');
      // Its own turn comes first: the figure begins with what follows.
      await sleep(50);
      await act();
      return told('tell');
    },
    close,
  };
}

function asked(
  port: number,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string> },
): Promise<Asked> {
  const begunMs = performance.now();
  return new Promise((resolve, reject) => {
    const call = get({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const body = Buffer.concat(chunks);
        resolve({ tookMs: performance.now() - begunMs, bytes: body.length, status: answer.statusCode ?? 0, body });
      });
    });
    call.once('error', reject);
  });
}
