import { systemClock } from '../../src/io/clock.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { createWorkers } from '../../src/io/workers.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

/** One mirror of a daemon that watches three good ones beside it. */
export interface Attack {
  /** Starts what plays the hostile mirror, on a server of its own or on that of a good one. */
  readonly start: (good: FakeMirror) => Promise<Hostile>;
  /** Further top-level lines of the configuration. */
  readonly more?: string;
  /** The hostile mirror's ecosystem; default `go`. */
  readonly ecosystem?: string;
  /** Further modules, as `, pypi: [ x ]`. */
  readonly modules?: string;
  /** Further keys of its entry, as `, prefix: x`. */
  readonly mirror?: string;
  /** Files that the configuration names, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether it is found to take too much of a thread; absent: either. */
  readonly holds?: boolean;
  /** The file that the threads of the daemon run; default: that of the program. */
  readonly entry?: URL;
  /** States that the hostile mirror may be in at the end; default: all but `up`. */
  readonly guilty?: readonly string[];
}

/** A hostile mirror that listens on loopback. */
export interface Hostile {
  readonly url: string;
  /** Requests so far. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}

/** What became of one mirror in a stretch of time. */
export interface Fared {
  /** Of those that its pace asks for, the share of scheduled probes of the canary that were judged. */
  readonly judgedShare: number;
  readonly failed: number;
  /** All states that it was seen in, and kinds of findings about it with their causes. */
  readonly states: readonly string[];
  readonly findings: readonly string[];
}

/** The daemon with its mirrors. */
export interface BesideGood {
  readonly real: RealDaemon;
  /** The hostile mirrors by name: `hostile`, `hostile-2`… */
  readonly hostile: ReadonlyMap<string, Hostile>;
  /** The state of each mirror now. */
  states(): Promise<ReadonlyMap<string, string>>;
  /** Watches for so long. */
  fares(ms: number): Promise<Readonly<Record<string, Fared>>>;
  close(): Promise<void>;
}

export const goodNames: readonly string[] = ['good-1', 'good-2', 'good-3'];
const paceMs = 1_000;
const lookEveryMs = 250;

interface Seen {
  readonly mirrors: readonly { readonly registry: string; readonly state: string }[];
}

interface Found {
  readonly findings: readonly {
    readonly registry: string | null;
    readonly kind: string;
    readonly cause: string | null;
  }[];
}

/** Starts three good Go mirrors, a hostile one for each attack beside them, and a whole daemon with threads of its own that watches all. */
export async function startBesideGood(...attacks: readonly Attack[]): Promise<BesideGood> {
  const good = await Promise.all(goodNames.map(() => startFakeMirror()));
  const [first] = good;
  if (first === undefined) throw new Error('no good mirror');
  const hostile = new Map<string, Hostile>();
  const entries = goodNames.map((name, at) => `  - { name: ${name}, ecosystem: go, url: "${good[at]?.url}" }`);
  for (const [at, attack] of attacks.entries()) {
    const name = at === 0 ? 'hostile' : `hostile-${at + 1}`;
    const one = await attack.start(first);
    hostile.set(name, one);
    entries.push(
      `  - { name: ${name}, ecosystem: ${attack.ecosystem ?? 'go'}, url: "${one.url}"${attack.mirror ?? ''} }`,
    );
  }
  const yaml = `
listen: 127.0.0.1:10120
schedule: { every: ${paceMs}ms, timeout: 10s, perHost: 8 }
steps: { list: 1s, info: 1s, latest: 1s, zip: 5s }
mirrors:
${entries.join('\n')}
modules: { go: [ "example.com/hello@v1.0.0" ]${attacks.map(({ modules = '' }) => modules).join('')} }
go: { sumdb: off }
state: { path: /nowhere/state.db }
${attacks.map(({ more = '' }) => more).join('\n')}
`;
  const entry = attacks.find((attack) => attack.entry !== undefined)?.entry;
  const own = { clock: systemClock, timers: systemTimers, log: silentLog, ...(entry === undefined ? {} : { entry }) };
  const real = await startRealDaemon(
    yaml,
    {},
    Object.assign({}, ...attacks.map(({ files }) => files)),
    null,
    undefined,
    { ports: { workers: (book) => createWorkers({ count: 2, book, ...own }) } },
  );
  return {
    real,
    hostile,
    states: async () => statesOf(await seen(real)),
    fares: (ms) => fares(real, [...goodNames, ...hostile.keys()], ms),
    async close() {
      await real.daemon.stop();
      await Promise.all([...good, ...hostile.values()].map((one) => one.close()));
    },
  };
}

async function seen(real: RealDaemon): Promise<Seen> {
  return JSON.parse((await real.get('/api/v1/mirrors')).text);
}

function statesOf({ mirrors }: Seen): ReadonlyMap<string, string> {
  return new Map(mirrors.map(({ registry, state }) => [registry, state]));
}

const silentLog = { debug() {}, info() {}, warn() {}, error() {} };

async function fares(real: RealDaemon, names: readonly string[], ms: number): Promise<Readonly<Record<string, Fared>>> {
  const json = async (path: string) => JSON.parse((await real.get(path)).text);
  const states = new Map(names.map((name) => [name, new Set<string>()]));
  const kinds = new Map(names.map((name) => [name, new Set<string>()]));
  const fromMs = performance.now();
  const before = await counted(real);
  while (performance.now() - fromMs < ms) {
    for (const [registry, state] of statesOf(await seen(real))) states.get(registry)?.add(state);
    for (const { registry, kind, cause } of ((await json('/api/v1/findings')) as Found).findings)
      if (registry !== null) kinds.get(registry)?.add(`${kind}: ${cause}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  const after = await counted(real);
  const due = (performance.now() - fromMs) / paceMs;
  return Object.fromEntries(
    names.map((name) => {
      const since = (of: 'judged' | 'failed') => (after[of][name] ?? 0) - (before[of][name] ?? 0);
      const fared = { judgedShare: since('judged') / due, failed: since('failed') };
      return [name, { ...fared, states: [...(states.get(name) ?? [])], findings: [...(kinds.get(name) ?? [])] }];
    }),
  );
}

async function counted(real: RealDaemon) {
  const { text } = await real.get('/metrics');
  const of = (metric: string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const [, labels = '', count] of text.matchAll(new RegExp(`^${metric}\\{(.*)\\} (\\d+)$`, 'gm'))) {
      const name = /registry="([^"]*)"/.exec(labels)?.[1] ?? '';
      if (labels.includes('step="mod"')) counts[name] = (counts[name] ?? 0) + Number(count);
    }
    return counts;
  };
  return { judged: of('mirror_probe_attempts_total'), failed: of('mirror_probe_target_failures_total') };
}
