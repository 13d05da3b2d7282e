import type { Config } from '../../src/core/config.ts';
import type { Target } from '../../src/core/mirror.ts';
import type { Sample } from '../../src/core/sample.ts';
import { expand } from '../../src/daemon/machine.ts';
import { startProbing } from '../../src/daemon/probe-now.ts';
import { loadText } from '../../src/terminal/load.ts';
import { english } from '../../src/words/words.ts';
import type { Progress } from '../progress.ts';
import { type Part, packagesOf, type Served } from './part.ts';
import { type Asked, type Row, rowOf } from './verdicts.ts';

type ProbeNow = ReturnType<typeof startProbing>;

/** Each step of each module of a part, asked at each of its servers by the daemon's own worker, and each module installed. */
export async function askPart(part: Part, progress: Progress, tell: (line: string) => void): Promise<readonly Row[]> {
  const config = await configOf(part);
  const probing = startProbing({ version: 'corpus', node: process.version, log: { level: 'warn', pretty: false } });
  const rows: Row[] = [];
  try {
    for (const server of part.servers) {
      const installed = await installAll(part, server, progress);
      const asked = await askServer(part, server, { config, probing, progress, tell });
      const counts = { packages: packagesOf(part.modules), items: part.modules.length, installed };
      rows.push(rowOf({ part: part.word, server: server.name, ...counts }, asked));
    }
  } finally {
    await probing.close();
  }
  return rows;
}

/** @returns how many items the real client installed */
async function installAll({ word, modules }: Part, server: Served, progress: Progress): Promise<number> {
  let installed = 0;
  for (let at = 0; at < modules.length; at += 100) {
    progress.say(`${word} ${barOf(at, modules.length)} installed from ${server.name}`);
    installed += (await server.install(modules.slice(at, at + 100).map(({ name }) => name))).size;
  }
  return installed;
}

function barOf(done: number, of: number): string {
  const full = Math.floor((20 * done) / Math.max(of, 1));
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}] ${done} of ${of}`;
}

interface Asking {
  readonly config: Config;
  readonly probing: ProbeNow;
  readonly progress: Progress;
  readonly tell: (line: string) => void;
}

async function askServer(part: Part, server: Served, { config, probing, progress, tell }: Asking): Promise<Asked[]> {
  const mirror = config.mirrors.find(({ name }) => name === server.name);
  if (mirror === undefined) throw new Error(`no mirror ${server.name}`);
  // Of one mirror: what is sent to the thread before each probe is the smaller.
  const own = { ...config, mirrors: [mirror] };
  const targets = expand(own).filter((one) => part.isLeftOut?.(one.step, nameOf(part, one)) !== true);
  const asked: Asked[] = [];
  for (const target of targets) {
    if (asked.length % 50 === 0)
      progress.say(`${part.word} ${barOf(asked.length, targets.length)} asked of ${server.name}`);
    const { module, version, step } = target;
    const only = { ...own, modules: own.modules.filter((one) => one.module === module) };
    const probed = await probing.probe(module === null ? own : only, { mirror, module, version, step });
    const name = nameOf(part, target);
    if (probed.tag === 'error') {
      asked.push({ ...unanswered, server: server.name, module: name, step, isHeavy: target.weight === 'heavy' });
      tell(`${part.word} ${server.name} ${name ?? ''} ${step}: no answer of the thread`);
      continue;
    }
    const { sample } = probed.value;
    const isFault = sample.outcome.tag === 'failed';
    const installed = !isFault || name === null ? null : (await server.install([name])).has(name);
    const one = { ...askedOf(sample, target), server: server.name, module: name, installed };
    if (one.outcome !== 'ok' || one.unverified !== null) tell(lineOf(part, one, sample));
    asked.push(one);
  }
  return asked;
}

const unanswered = {
  outcome: 'unknown',
  reason: 'no answer',
  verifies: false,
  unverified: null,
  tookMs: 0,
  heldMs: 0,
  bytes: 0,
  installed: null,
} as const;

function lineOf(part: Part, one: Asked, { outcome }: Sample): string {
  const what = `${part.word} ${one.server} ${one.module ?? 'mirror'} ${one.step}`;
  if (one.outcome === 'ok') return `${what}: unverifiable, ${one.unverified}`;
  const whose = one.installed === false ? 'the client fails too' : 'FALSE';
  return `${what}: ${one.outcome} ${JSON.stringify(outcome)}${one.outcome === 'failed' ? `, ${whose}` : ''}`;
}

/** The module of a target as the part names it. */
function nameOf({ modules }: Part, { module, version }: Target): string | null {
  if (module === null) return null;
  const marks = ['@', '==', ':'];
  const isIt = (name: string): boolean =>
    name === module ||
    marks.some((mark) => (version === null ? name.startsWith(module + mark) : name === module + mark + version));
  const found = modules.find(({ name }) => isIt(name));
  if (found === undefined) throw new Error(`no module of the corpus is ${module} ${version}`);
  return found.name;
}

function askedOf(sample: Sample, { verifies }: Target): Omit<Asked, 'server' | 'module' | 'installed'> {
  const { outcome, facts, bytes, heldMs = 0, due } = sample;
  const reason = outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag === 'unknown' ? outcome.because : null;
  const isVerified = facts.verified !== undefined || facts.compared !== undefined || facts.signature?.state === 'valid';
  const lacks = outcome.tag === 'ok' && verifies !== null && facts.notOffered !== true && !isVerified;
  const why = facts.unchecked?.key ?? facts.signature?.state ?? 'no hash';
  return {
    step: due.target.step,
    isHeavy: due.target.weight === 'heavy',
    outcome: outcome.tag,
    reason,
    verifies: verifies !== null && facts.notOffered !== true,
    unverified: lacks ? why : null,
    tookMs: sample.endedMonotonicMs - sample.startedMonotonicMs,
    heldMs,
    bytes,
  };
}

async function configOf(part: Part): Promise<Config> {
  const text = JSON.stringify({
    vantage: 'corpus',
    schedule: { every: '1d', timeout: '60s' },
    mirrors: part.servers.map(({ name, url, keys }) => ({ name, ecosystem: part.ecosystem, url, ...keys })),
    modules: {
      [part.ecosystem]: [
        ...part.modules.map(({ written }) => written),
        ...(part.locks ?? []).map((from) => ({ from })),
      ],
    },
    state: { path: ':memory:' },
    ...part.keys,
  });
  const loaded = await loadText({ env: {}, cwd: process.cwd(), say: english }, text, null);
  if (loaded.tag === 'error') throw new Error(loaded.error.text);
  return loaded.value.config;
}
