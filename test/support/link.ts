import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { addNamespace, removeNamespace } from './namespace.ts';
import { cacheDir, commandPath, repoDir } from './paths.ts';
import { patienceMs } from './patience.ts';
import { type CommandResult, mustRun, type RunOptions, run, startProcess } from './process.ts';

/** One end: our own network (`'host'`), a new namespace, or one that exists (to join several links in one place). */
export type LinkEnd = 'host' | 'new' | { readonly ns: string };

/** `ab`: from end A to end B. */
export type LinkDirection = 'ab' | 'ba';

/** How a link starts. Everything but the ends can be changed while it runs. */
export interface LinkOptions {
  /** One way, in ms, fractions allowed; a TCP connect takes twice that. Default 0. */
  readonly delayMs?: number;
  /** Added to each packet, uniform from 0 to this; order is kept. Default 0. */
  readonly jitterMs?: number;
  /** Share of packets lost, 0 to 1. Default 0. */
  readonly loss?: number;
  /** Seed of jitter and loss. Default 1. */
  readonly seed?: number;
  /** End A, where the prober is. Default `'new'`; `'host'` lets this very process connect through the link. */
  readonly near?: LinkEnd;
  /** End B, where the server is. Default `'new'`. */
  readonly far?: Exclude<LinkEnd, 'host'>;
}

/** What passed through a link in one direction, and how exact it was. */
export interface LinkStats {
  readonly passed: number;
  readonly lost: number;
  readonly overflowed: number;
  readonly refused: number;
  /** How long after its due time a packet was handed on, in ms. */
  readonly lateMsMean: number;
  readonly lateMsMax: number;
}

/** A running link. */
export interface Link {
  /** Namespace of end A; `null`: our own network. */
  readonly nsA: string | null;
  readonly nsB: string;
  /** IPv4 address of each end, from 10.77.0.0/16. A server in `nsB` listens on `addrB`. */
  readonly addrA: string;
  readonly addrB: string;
  readonly setDelay: (ms: number, direction?: LinkDirection) => Promise<void>;
  readonly setJitter: (ms: number, direction?: LinkDirection) => Promise<void>;
  /** 1 makes a black hole: packets vanish, nothing is refused. */
  readonly setLoss: (share: number, direction?: LinkDirection) => Promise<void>;
  readonly stats: () => Promise<Readonly<Record<LinkDirection, LinkStats>>>;
  /** Runs a command to its end in a namespace (`null`: here). Never throws. */
  readonly exec: (
    ns: string | null,
    command: string,
    args: readonly string[],
    options?: RunOptions,
  ) => Promise<CommandResult>;
  /** Removes the link, the namespaces it made, and every process in them. May be called again. */
  readonly close: () => Promise<void>;
}

/** The relay's binary, built from `netem/main.go` when it is missing or older than its source. */
async function netemBinary(): Promise<string> {
  const source = join(repoDir, 'test', 'support', 'netem');
  const binary = join(cacheDir, 'bin', 'netem');
  const sourceMs = statSync(join(source, 'main.go')).mtimeMs;
  if (existsSync(binary) && statSync(binary).mtimeMs > sourceMs) return binary;
  mkdirSync(join(cacheDir, 'bin'), { recursive: true });
  const fresh = `${binary}.${process.pid}`;
  await mustRun(commandPath('go'), ['build', '-o', fresh, '.'], { cwd: source });
  renameSync(fresh, binary);
  return binary;
}

let count = 0;

/** The two addresses of a /30 that nobody on this machine uses. */
async function addressPair(): Promise<readonly [string, string]> {
  const taken = (await run(commandPath('ip'), ['-4', '-o', 'addr', 'show'])).stdout;
  for (let tries = 0; tries < 1000; tries += 1) {
    count += 1;
    const index = (process.pid * 61 + count) % 16_384;
    const prefix = `10.77.${index >> 6}.`;
    const base = (index & 63) * 4;
    const [a, b] = [`${prefix}${base + 1}`, `${prefix}${base + 2}`];
    if (!taken.includes(`${a}/`) && !taken.includes(`${b}/`)) return [a, b];
  }
  throw new Error('no free address pair in 10.77.0.0/16');
}

async function placeDevice(device: string, ns: string | null, address: string): Promise<void> {
  const ip = commandPath('ip');
  if (ns !== null) await mustRun(ip, ['link', 'set', device, 'netns', ns]);
  const here = ns === null ? [] : ['-n', ns];
  // IPv6 would talk on its own, and change which packets a seeded loss hits.
  await run('sh', ['-c', `echo 1 >/proc/sys/net/ipv6/conf/${device}/disable_ipv6`], { ns });
  await mustRun(ip, [...here, 'addr', 'add', `${address}/30`, 'dev', device]);
  await mustRun(ip, [...here, 'link', 'set', device, 'up']);
}

/** Sends command lines one after the other and gives each its answer. */
function conversation(child: { stdin: NodeJS.WritableStream | null; stdout: NodeJS.ReadableStream | null }) {
  const waiting: ((line: string) => void)[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) waiting.shift()?.(line);
  });
  return async (line: string): Promise<string> => {
    const answer = new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`netem did not answer "${line}"`)), patienceMs);
      waiting.push((text) => {
        clearTimeout(timer);
        resolve(text);
      });
      child.stdin?.write(`${line}\n`);
    });
    const text = await answer;
    if (!text.startsWith('ok ')) throw new Error(`netem refused "${line}": ${text}`);
    return text.slice(3);
  };
}

function parseStats(text: string): Readonly<Record<LinkDirection, LinkStats>> {
  const one = (part: string): LinkStats => {
    const value = (key: string): number => Number(new RegExp(`${key}=([0-9.]+)`).exec(part)?.[1] ?? Number.NaN);
    return {
      passed: value('passed'),
      lost: value('lost'),
      overflowed: value('overflowed'),
      refused: value('refused'),
      lateMsMean: value('lateMsMean'),
      lateMsMax: value('lateMsMax'),
    };
  };
  const [ab = '', ba = ''] = text.split(' ba ');
  return { ab: one(ab), ba: one(ba) };
}

async function endOf(end: LinkEnd, made: string[]): Promise<string | null> {
  if (end === 'host') return null;
  if (end !== 'new') return end.ns;
  const ns = await addNamespace();
  made.push(ns);
  return ns;
}

/**
 * A network link of known delay and loss between two network namespaces, or between ours and a new one: the
 * kernel's netem is missing from many small machines, so packets go through a relay of our own (`netem/main.go`).
 * Needs root (`real(…, ['netns'], …)`). There is no way out of the namespaces it makes.
 */
export async function openLink(options: LinkOptions = {}): Promise<Link> {
  const binary = await netemBinary();
  const made: string[] = [];
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0)) await closer();
    for (const ns of made.splice(0)) await removeNamespace(ns);
  };
  try {
    const nsA = await endOf(options.near ?? 'new', made);
    const nsB = (await endOf(options.far ?? 'new', made)) as string;
    const [addrA, addrB] = await addressPair();
    const [deviceA, deviceB] = [`mwa${process.pid}n${count}`, `mwb${process.pid}n${count}`];
    const settings = { delay: options.delayMs, jitter: options.jitterMs, loss: options.loss, seed: options.seed };
    const flags = Object.entries(settings).flatMap(([key, value]) =>
      value === undefined ? [] : [`-${key}`, `${value}`],
    );
    const relay = await startProcess({
      name: 'netem',
      command: binary,
      args: ['-a', deviceA, '-b', deviceB, ...flags],
      stdin: true,
      ready: (process) => process.log().includes('ready '),
    });
    closers.push(relay.close);
    await placeDevice(deviceA, nsA, addrA);
    await placeDevice(deviceB, nsB, addrB);
    const say = conversation(relay.child);
    await say('start');
    const set = (what: string) => async (value: number, direction?: LinkDirection) => {
      await say(`${what} ${value}${direction === undefined ? '' : ` ${direction}`}`);
    };
    return {
      nsA,
      nsB,
      addrA,
      addrB,
      setDelay: set('delay'),
      setJitter: set('jitter'),
      setLoss: set('loss'),
      stats: async () => parseStats(await say('stats')),
      exec: (ns, command, args, runOptions) => run(command, args, { ...runOptions, ns }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
