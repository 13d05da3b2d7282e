import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { repoDir } from '../../test/support/paths.ts';
import { until } from '../../test/support/patience.ts';
import { type RunningProcess, startProcess } from '../../test/support/process.ts';
import { type EventStream, eventsOf } from '../event-stream.ts';

/** What a process holds, by the kernel's account. */
export interface Holdings {
  readonly rssBytes: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly sockets: number;
}

/** The daemon, over all its lives. */
export interface Guest {
  readonly url: string;
  /** Counts its processes: 1, 2, 3… */
  readonly life: () => number;
  /** Up and meant to be. */
  readonly isUp: () => boolean;
  /** Ended without being told to. */
  readonly hasDied: () => boolean;
  /** Starts it and waits until it is ready. */
  readonly start: () => Promise<void>;
  /** @returns its exit code, `null` where a signal ended it */
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
  readonly reload: () => void;
  readonly holdings: () => Holdings;
  /** Advice and vantage as told by this life's event stream. */
  readonly events: () => EventStream['all'];
  readonly close: () => Promise<void>;
}

export interface GuestOptions {
  readonly port: number;
  readonly configFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Each line that it writes. */
  readonly wrote: (line: string) => void;
}

const program = join(repoDir, 'src', 'main.ts');
/** Nothing of this environment may steer it. */
const plainEnv = Object.fromEntries(
  [
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'MIRRORWATCH_CONFIG',
    'MIRRORWATCH_LOG_LEVEL',
    'NODE_OPTIONS',
  ].map((name) => [name, undefined]),
);

/** A daemon that is not started yet. */
export function makeGuest({ port, configFile, env, wrote }: GuestOptions): Guest {
  const url = `http://127.0.0.1:${port}`;
  let running: RunningProcess | null = null;
  let stream: EventStream | null = null;
  let life = 0;
  let isUp = false;

  /** A file that takes five seconds to read is refused, on a busy machine too. */
  async function start(): Promise<void> {
    life += 1;
    for (running = null; running === null; )
      running = await started().catch((error: unknown) => {
        if (!String(error).includes('ETIMEDOUT')) throw error;
        return null;
      });
    stream = eventsOf(get(`${url}/api/v1/events?types=vantage,advice`, { agent: false }));
    isUp = true;
  }

  function started(): Promise<RunningProcess> {
    let isHeard = false;
    return startProcess({
      name: 'mirrorwatch',
      command: process.execPath,
      args: [program, 'run', '--config', configFile],
      env: { ...plainEnv, ...env },
      ready: async (child) => {
        if (!isHeard) listen(child);
        isHeard = true;
        return (await fetch(`${url}/-/ready`)).ok;
      },
    });
  }

  function listen({ child }: RunningProcess): void {
    for (const pipe of [child.stdout, child.stderr]) {
      let rest = '';
      pipe?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) wrote(line);
      });
    }
  }

  return {
    url,
    life: () => life,
    isUp: () => isUp,
    hasDied: () => isUp && running?.hasExited() === true,
    start,
    async end(signal) {
      isUp = false;
      const ending = running;
      ending?.signal(signal);
      if (ending !== null) await until('the end of the daemon', ending.hasExited, Boolean, { help: ending.log });
      stream?.close();
      await ending?.close();
      return ending?.child.exitCode ?? null;
    },
    reload: () => running?.signal('SIGHUP'),
    holdings: () => holdingsOf(running?.pid ?? 0),
    events: () => stream?.all ?? [],
    async close() {
      isUp = false;
      stream?.close();
      await running?.close();
    },
  };
}

/** @see proc_pid_status(5), proc_pid_fd(5) */
function holdingsOf(pid: number): Holdings {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  const names = readdirSync(`/proc/${pid}/fd`);
  const sockets = names.filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  });
  return {
    rssBytes: number('VmRSS') * 1_024,
    threads: number('Threads'),
    descriptors: names.length,
    sockets: sockets.length,
  };
}
