import { type LoadInput, loadConfig } from '../../src/config/load.ts';
import type { Config, ConfigIssue } from '../../src/core/config.ts';
import type { Delivery, Post } from '../../src/core/notice.ts';
import type { Files, Log, Wire } from '../../src/core/ports.ts';
import { error, ok, type Result } from '../../src/core/result.ts';
import type { DaemonPorts } from '../../src/daemon/assemble.ts';
import { type Daemon, startDaemon } from '../../src/daemon/lifecycle.ts';
import { loadProber } from '../../src/ecosystems/prober.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { cronCalendar } from '../../src/io/calendar.ts';
import { createRandom } from '../../src/io/random.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';
import { breathe, type ManualTime, manualTime } from './manual-time.ts';
import { type MemoryStore, memoryStore } from './memory-store.ts';
import { type Script, type ScriptedWire, scriptedWire } from './scripted-wire.ts';

/** One line of the log, with the simulated second it was written at. */
export interface LogLine {
  readonly atSeconds: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One webhook as it left. */
export interface SentPost {
  readonly atSeconds: number;
  readonly url: string;
  readonly id: string;
  readonly body: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
  readonly headers: Readonly<Record<string, string>>;
}

/** How to start a world. Everything is in the configuration's text; the listener's port is a free one whatever it says. */
export interface WorldOptions {
  readonly yaml: string;
  readonly script: Script;
  readonly time?: ManualTime;
  readonly store?: MemoryStore;
  readonly seed?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly receiver?: World['receiver'];
  /** Files that the configuration names, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Changes the ports, for what goes wrong inside. */
  readonly ports?: (ports: DaemonPorts) => DaemonPorts;
}

/** A whole daemon in this process, on a clock that stands still between two calls. */
export interface World {
  readonly time: ManualTime;
  readonly wire: ScriptedWire;
  readonly store: MemoryStore;
  readonly daemon: Daemon;
  readonly log: readonly LogLine[];
  readonly posts: readonly SentPost[];
  /** What receivers answer. */
  receiver: (url: string, atMs: number) => Delivery | 'hangs';
  /** The text that the next reload reads. */
  yaml: string;
  /** Lets simulated seconds go by. */
  seconds(count: number): Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<Said>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Said>;
  /** Kills the process without a word and starts it again on what was committed. */
  restart(changes?: Partial<WorldOptions>): Promise<World>;
  /** What happened, in words with the second: `[15, 'finding opened spike a']`. */
  story(): readonly (readonly [number, string])[];
  stop(): Promise<void>;
}

/** An answer of the daemon's own HTTP side. */
export interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

/** Reads a configuration as the daemon would, with the listener on a free port. */
export function readConfig(
  text: string,
  env: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
  readerOf: LoadInput['readerOf'] = undefined,
): Result<Config, readonly ConfigIssue[]> {
  const input = { text, path: null, env, files: filesOf(files), cwd: '/nowhere', expand: expandTargets };
  const read = loadConfig({ ...input, ...(readerOf && { readerOf }) });
  if (read.tag === 'error') return error(read.error);
  const { config } = read.value;
  return ok({ ...config, listen: { ...config.listen, port: 0 } });
}

function filesOf(files: Readonly<Record<string, string>>): Files {
  return {
    read: (path) => {
      const text = files[path];
      return text === undefined ? { tag: 'error', code: 'ENOENT' } : { tag: 'ok', text };
    },
    list: () => ({ tag: 'error', code: 'ENOENT' }),
  };
}

/** Of simulated time, while real sockets close. */
const stopStepMs = 50;
const open = new Set<World>();

/** Stops every world that a test left running. For `afterEach`. */
export async function stopWorlds(): Promise<void> {
  for (const world of [...open]) await world.stop();
}

/** Starts a world at simulated second 0 of its own time, or goes on in a time that is given. @throws Error on a bad configuration */
export async function startWorld(options: WorldOptions): Promise<World> {
  const time = options.time ?? manualTime();
  // Simulated time would run on while the first probe loads what it needs.
  for (const { id } of registry.all) await loadProber(id);
  const wire = scriptedWire(time, options.script);
  const store = options.store ?? memoryStore();
  const first = readConfig(options.yaml, options.env, options.files);
  if (first.tag === 'error') throw new Error(JSON.stringify(first.error, null, 1));
  const log: LogLine[] = [];
  const posts: SentPost[] = [];
  const receiver: { answer: World['receiver'] } = {
    answer: options.receiver ?? (() => ({ tag: 'delivered', status: 204 })),
  };
  const ports = portsOf({
    time,
    wire,
    store,
    seed: options.seed ?? 1,
    log,
    post: postOf(time, posts, () => receiver.answer),
  });
  const started = await startDaemon(first.value, options.ports?.(ports) ?? ports, () =>
    readConfig(world.yaml, options.env, options.files),
  );
  if (started.tag === 'error') throw new Error(`the daemon did not start: ${started.error.code}`);
  const daemon = started.value;
  const ask = (path: string, init: RequestInit, stepMs: number): Promise<Said> =>
    settled(time, said(fetch(new URL(path, daemon.url), init)), stepMs);
  const world: World = {
    time,
    wire,
    store,
    daemon,
    log,
    posts,
    get receiver() {
      return receiver.answer;
    },
    set receiver(answer) {
      receiver.answer = answer;
    },
    yaml: options.yaml,
    seconds: (count) => time.pass(count * 1000),
    get: (path, headers = {}) => ask(path, { headers }, 0),
    post: (path, body = {}, headers = {}) =>
      ask(
        path,
        { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) },
        1,
      ),
    story: () => log.flatMap((line) => tellOf(line)),
    async restart(changes = {}) {
      open.delete(world);
      const next = { ...options, time: time.next(), store: store.afterKill(), yaml: world.yaml, ...changes };
      // Nobody sees the old process any more; it is run to its end so that its port is free.
      await settled(time, daemon.stop(), stopStepMs);
      return startWorld(next);
    },
    async stop() {
      open.delete(world);
      await settled(time, daemon.stop(), stopStepMs);
    },
  };
  open.add(world);
  return world;
}

function tellOf({ atSeconds, message, fields }: LogLine): [number, string][] {
  if (message.startsWith('finding '))
    return [[atSeconds, `${message} ${fields['kind']} ${fields['registry'] ?? 'us'}`]];
  if (message.startsWith('advice ')) return [[atSeconds, `${message} ${fields['from']} → ${fields['to']}`]];
  if (message === 'vantage judged') return [[atSeconds, `vantage suspect ${fields['suspect']}`]];
  return [];
}

/** Runs timers, and time in steps, until a promise settles; real sockets move on between the steps. */
export async function settled<T>(time: ManualTime, promise: Promise<T>, stepMs: number): Promise<T> {
  let done = false;
  const end = promise.finally(() => {
    done = true;
  });
  end.catch(() => undefined);
  for (let turn = 0; !done; turn += 1) {
    // Sockets need a moment of the real world; simulated time stays as good as still.
    if (turn > 3) await new Promise((resolve) => setTimeout(resolve, 1));
    else await breathe();
    await time.pass(turn % 4 === 3 ? stepMs : 0);
  }
  return end;
}

async function said(fetched: Promise<Response>): Promise<Said> {
  const response = await fetched;
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
}

function postOf(time: ManualTime, posts: SentPost[], receiver: () => World['receiver']): Post {
  return {
    send(message) {
      posts.push({
        atSeconds: time.nowMs() / 1000,
        url: message.url,
        id: message.headers['webhook-id'] ?? '',
        headers: message.headers,
        body: JSON.parse(message.body) as SentPost['body'],
      });
      const delivery = receiver()(message.url, time.nowMs());
      return new Promise((resolve) => {
        if (delivery === 'hangs')
          time.timers.after(message.timeoutMs, () =>
            resolve({ tag: 'failed', failure: { kind: 'timeout', code: 'MW_DEADLINE', retry: 'later' } }),
          );
        else time.timers.after(10, () => resolve(delivery));
      });
    },
  };
}

/** The ports of a daemon on a manual clock. */
export function portsOf(parts: {
  readonly time: ManualTime;
  readonly wire: Wire;
  readonly store: MemoryStore;
  readonly seed: number;
  readonly log: LogLine[];
  readonly post: Post;
  readonly loopDelayMsMax?: () => number;
}): DaemonPorts {
  const { time, wire, store, seed, post } = parts;
  const line =
    (level: LogLine['level']): Log['info'] =>
    (message, fields = {}) =>
      void parts.log.push({ atSeconds: time.nowMs() / 1000, level, message, fields });
  return {
    clock: time.clock,
    timers: time.timers,
    random: createRandom(seed),
    calendar: cronCalendar,
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    store,
    post,
    workers: (book) =>
      createInlineWorkers({
        ...{ book, wire, clock: time.clock, loopDelayMsMax: parts.loopDelayMsMax ?? (() => 0) },
        // No mirror of such a world holds the thread, and what the machine is busy with changes nothing in it.
        spentMs: () => 0,
      }),
    version: '0.0.0-test',
    node: 'v0.0.0',
  };
}
