import { symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repoDir, stateDir } from '../support/paths.ts';
import { patienceMs, until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { type CommandResult, compileCacheOf, type RunningProcess, run, startProcess } from '../support/process.ts';

/** How to start the real daemon. */
export interface DaemonOptions {
  /** The configuration without `listen` and `state`, which are added; `null`: no file at all, so the built-in default. */
  readonly yaml: string | null;
  /** `true`: no `--config`; the daemon finds the file in its working folder. */
  readonly isUnnamed?: boolean;
  /** Further options of the command. */
  readonly args?: readonly string[];
  /** `true`: the configuration is a symbolic link to a file of another name. */
  readonly isLinked?: boolean;
  /** Folder of the configuration and the state; default: a new one. Given again, the daemon finds its old state. */
  readonly dir?: string;
  /** Default: a free one. Without a file it is 10120, so `ns` must then be a namespace of the test's own. */
  readonly port?: number;
  readonly ns?: string | null;
  /** `ulimit -n` of the daemon; default: that of the tests. */
  readonly descriptors?: number;
  /** Beside the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** `true`: V8 is as users have it, since the memory of the daemon is measured. Default: as `engine`. */
  readonly isAsShipped?: boolean;
}

/** The daemon as a process of its own. */
export interface DaemonProcess {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly configFile: string;
  readonly pid: number;
  /** Asks it, from its own network namespace. @throws Error where nothing answers */
  readonly get: (path: string) => Promise<DaemonAnswer>;
  readonly post: (path: string, body?: unknown) => Promise<DaemonAnswer>;
  /** The JSON of `GET /api/v1/<path>`. @throws Error with the answer where the status is not 200 */
  readonly api: <T>(path: string) => Promise<T>;
  /** `/metrics` in text form, by name with labels as printed. */
  readonly metrics: () => Promise<ReadonlyMap<string, number>>;
  /** Runs `mirrorwatch <args>` against this daemon's configuration. */
  readonly cli: (...args: readonly string[]) => Promise<CommandResult>;
  /** All it wrote so far. */
  readonly log: () => string;
  /** SIGKILL, without a word. */
  readonly kill: () => Promise<void>;
  /** SIGTERM. @returns its exit code, `null` where a signal ended it @throws Error where it lives on */
  readonly stop: () => Promise<number | null>;
  /** Ends what is left of it and removes its folder where it was made here. For afterAll; may be called again. */
  readonly close: () => Promise<void>;
}

/** One HTTP answer. */
export interface DaemonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const program = join(repoDir, 'src', 'main.ts');

/** The daemon saves memory by collecting a small young generation often (decision 0023): its CPU time is ours here. */
const engine = ['--min-semi-space-size=16'];

/** Nothing of the environment of the tests may steer the daemon. */
const plainEnv = {
  HTTP_PROXY: undefined,
  HTTPS_PROXY: undefined,
  NO_PROXY: undefined,
  http_proxy: undefined,
  https_proxy: undefined,
  no_proxy: undefined,
  MIRRORWATCH_CONFIG: undefined,
  MIRRORWATCH_LOG_LEVEL: undefined,
  NODE_OPTIONS: undefined,
} as const;

/** Commands that live long, which set other V8 flags than those that end soon (src/cli/engine.ts). */
const lasting = ['run', 'fleet'];

/** Runs `mirrorwatch` to its end, with the Node that runs the tests. */
export function mirrorwatch(
  args: readonly string[],
  options: { readonly cwd?: string; readonly ns?: string | null; readonly timeoutMs?: number } = {},
): Promise<CommandResult> {
  return run(process.execPath, [...engine, program, ...args], {
    ...options,
    env: { ...plainEnv, ...compileCacheOf(lasting.includes(args[0] ?? '') ? 'run' : 'brief') },
  });
}

/**
 * Starts `mirrorwatch run` and waits until it is ready.
 * @throws Error with all it wrote when it exits or is never ready
 */
export async function startDaemon(options: DaemonOptions): Promise<DaemonProcess> {
  const dir = options.dir ?? stateDir('daemon');
  const ns = options.ns ?? null;
  if (options.yaml === null && ns === null)
    throw new Error('the built-in default listens on 10120, which a daemon of this machine may have: give a namespace');
  const port = options.port ?? (options.yaml === null ? 10_120 : await freePort());
  const url = `http://127.0.0.1:${port}`;
  const configFile = join(dir, 'mirrorwatch.yaml');
  if (options.yaml !== null) {
    const head = `listen: 127.0.0.1:${port}\nstate: { path: state.db }\n`;
    const written = options.isLinked === true ? `${configFile}.first` : configFile;
    writeFileSync(written, head + options.yaml);
    if (options.isLinked === true) symlinkSync(basename(written), configFile);
  }
  const ask = (path: string, init: RequestInit = {}): Promise<DaemonAnswer> => fetchFrom(ns, url + path, init);
  const isNamed = options.yaml !== null && options.isUnnamed !== true;
  const own = [
    ...(options.isAsShipped === true ? [] : engine),
    program,
    'run',
    ...(isNamed ? ['--config', configFile] : []),
    ...(options.args ?? []),
  ];
  const daemon = await startProcess({
    name: 'mirrorwatch',
    ...withDescriptors(options.descriptors, own),
    cwd: dir,
    env: { ...plainEnv, ...compileCacheOf('run'), ...options.env },
    ns,
    ready: async () => (await ask('/-/ready')).status === 200,
  });
  return {
    url,
    port,
    dir,
    configFile,
    pid: daemon.pid,
    get: (path) => ask(path),
    post: (path, body = {}) =>
      ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    api: async <T>(path: string): Promise<T> => {
      const answer = await ask(`/api/v1/${path}`);
      if (answer.status !== 200) throw new Error(`GET /api/v1/${path}: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text) as T;
    },
    metrics: async () => parseMetrics((await ask('/metrics')).text),
    cli: (...args) => mirrorwatch([...args, '--config', configFile], { ns, cwd: dir }),
    log: daemon.log,
    kill: async () => {
      daemon.signal('SIGKILL');
      await exitOf(daemon);
    },
    stop: () => {
      daemon.signal('SIGTERM');
      return exitOf(daemon);
    },
    close: daemon.kill,
  };
}

/** Node with these arguments and a limit of descriptors, soft and hard. */
export function withDescriptors(
  count: number | undefined,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  if (count === undefined) return { command: process.execPath, args };
  return { command: 'sh', args: ['-c', `ulimit -n ${count}; exec "$@"`, 'sh', process.execPath, ...args] };
}

/** @throws Error with all it wrote where the process lives on */
async function exitOf(daemon: RunningProcess): Promise<number | null> {
  await until('the end of the daemon', daemon.hasExited, Boolean, { everyMs: 20, help: daemon.log });
  return daemon.child.exitCode;
}

/** Of Node's own client: `fetch` takes twice as long to load. */
const asker = `
const { request } = require('node:http');
const [url, init] = process.argv.slice(1);
const { method, headers, body } = JSON.parse(init);
const asked = request(url, { method, headers, signal: AbortSignal.timeout(${patienceMs}) }, async (answer) => {
  const text = Buffer.concat(await answer.toArray()).toString();
  console.log(JSON.stringify({ status: answer.statusCode, headers: answer.headers, text }));
});
asked.end(body);
`;

/** One request, from a network namespace (`null`: ours). @throws Error where nothing answers */
export async function fetchFrom(ns: string | null, url: string, init: RequestInit = {}): Promise<DaemonAnswer> {
  if (ns === null) {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
  }
  const args = ['-e', asker, url, JSON.stringify(init)];
  const asked = await run(process.execPath, args, { ns, env: plainEnv });
  if (asked.code !== 0) throw new Error(`GET ${url} in ${ns}: ${asked.stderr}`);
  return JSON.parse(asked.stdout) as DaemonAnswer;
}

/** Samples of the text format, without their stamps. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const samples = text.split('\n').flatMap((line): [string, number][] => {
    const [, name, value] = /^([a-z_]+(?:\{.*\})?) (\S+)/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, Number(value.replace('Inf', 'Infinity'))]];
  });
  return new Map(samples);
}

/** The configuration of one mirror that nothing listens for. */
export const yamlOfDeadMirror = `
schedule: { every: 5m }
mirrors: [ { name: a, ecosystem: go, url: "http://127.0.0.1:9/a" } ]
controls: [ "tcp://127.0.0.1:9" ]
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: off }
`;
