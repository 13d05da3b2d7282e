import { dirname, isAbsolute, resolve } from 'node:path';
import type { Config, Listen } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Control, EcosystemId, Mirror } from '../core/mirror.ts';
import { Secret } from '../core/secret.ts';
import { baseUrl } from '../core/url.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { readActions } from './actions.ts';
import { isLoopback } from './addresses.ts';
import { readAuth } from './auth.ts';
import { bearerToken } from './bearer.ts';
import { readClientRuns } from './client-runs.ts';
import { readDoor } from './door.ts';
import type { Env } from './env.ts';
import type { Path } from './issues.ts';
import { readListen, tokenNeeded } from './listen.ts';
import type { ReaderOf } from './lock.ts';
import { type Modules, readModules } from './modules.ts';
import { readPaces } from './paces.ts';
import { protocolOf, speaksOf } from './protocol.ts';
import { readProxy } from './proxy.ts';
import { readReceivers } from './receivers.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig, FileMirror } from './schema.ts';
import { seenTextOf } from './seen.ts';
import { settingsOf } from './settings.ts';
import { readTls } from './tls.ts';
import { parseControlUrl } from './urls.ts';

/** What a configuration is built from. */
export interface BuildInput {
  readonly file: FileConfig;
  /** The path of the file; `null` for the built-in configuration. */
  readonly path: string | null;
  readonly reader: Reader;
  readonly report: Report;
  readonly env: Env;
  readonly registry: Registry;
  readonly readerOf: ReaderOf;
}

/** Builds the configuration from a checked file: reads files, wraps secrets, checks relations between keys. */
export function buildConfig(input: BuildInput): { readonly config: Config; readonly modules: Modules } {
  const { file, path, reader, report, registry } = input;
  const mirrors = file.mirrors.flatMap((mirror, at) => readMirror(['mirrors', at], mirror, input) ?? []);
  checkMirrors(file, registry, report);
  checkUnique('webhooks', file.webhooks, report);
  checkUnique('onAdvice', file.onAdvice, report);
  const modules = readModules({ ...input, mirrors });
  const { pace, steps } = readPaces(file, registry, report);
  const listen = readListen(['listen'], file.listen, tokenNeeded, reader, report);
  const config: Config = {
    path,
    vantage: file.vantage,
    listen,
    contact: file.contact ?? null,
    schedule: { pace, perHost: file.schedule.perHost, bytesPerHour: file.schedule.bytesPerHour ?? null },
    steps,
    mirrors,
    controls: readControls(file, report),
    ...readClients(file),
    modules: modules.modules,
    pinned: modules.pinned,
    private: file.private,
    settings: settingsOf(file, registry, reader, report),
    detect: {
      spike: spikeRule(file, report),
      outage: outageRule(file),
      lagLimitMs: file.detect.lag.limit,
    },
    advise: adviseRule(file),
    webhooks: readReceivers(file, reader, report),
    ...readAlertmanager(file, listen, reader, report),
    ...readClientRuns(file, mirrors, registry, report),
    ...readActions(file, mirrors, registry, reader, report),
    ...readDoor(file, mirrors, listen, reader, report),
    ...readShard(file, input.env, report),
    ...readLabels(file),
    state: readState(file, reader, report),
    limits: file.limits,
  };
  return { config, modules };
}

/** Joins a name in the file to the file's own folder. */
export function resolverOf(path: string | null, cwd: string | null): (name: string) => string {
  const folder = path === null ? cwd : resolve(cwd ?? '/', path, '..');
  return (name) => (isAbsolute(name) || folder === null ? name : resolve(folder, name));
}

function readMirror(
  path: Path,
  mirror: FileMirror,
  { file, reader, report, env, registry }: BuildInput,
): Mirror | null {
  const split = baseUrl(mirror.url);
  if (split === null) return null; // the schema has told it
  const {
    resolve: { family = null, server = null },
  } = mirror;
  const built: Mirror = {
    name: mirror.name,
    ecosystem: mirror.ecosystem,
    upstream: upstreamOf(mirror, registry),
    url: split.url,
    role: mirror.role,
    weight: mirror.weight ?? null,
    region: mirror.region ?? null,
    capacity: mirror.capacity ?? null,
    connections: mirror.connection === 'both' ? ['cold', 'warm'] : [mirror.connection],
    ...protocolOf(path, mirror, split.url, report),
    access: {
      tls: readTls([...path, 'tls'], mirror, split.url, reader, report),
      auth: readAuth(path, mirror, split, reader, report, env),
      proxy: readProxy(path, mirror.proxy, split.url, env, report),
      resolve: { family, server },
      allowHosts: mirror.allowHosts,
    },
    maintenance: mirror.maintenance.map((window) => ({
      cron: window.cron,
      timeZone: file.schedule.timeZone ?? null,
      forMs: window.for,
    })),
    ...gapsOf(mirror),
    ...ownOf(path, mirror, registry, report),
  };
  return { ...built, ...speaksOf(built, readClients(file), registry) };
}

function gapsOf({ gaps }: FileMirror): Pick<Mirror, 'gaps'> {
  if (gaps === undefined) return {};
  const { prereleases, releaseAge, without } = gaps;
  return { gaps: { prereleases, releaseAgeMs: releaseAge ?? 0, without } };
}

/** The keys of a mirror for its ecosystem only; those of another ecosystem are a mistake. */
function ownOf(path: Path, mirror: FileMirror, registry: Registry, report: Report): Pick<Mirror, 'own'> {
  const written: Readonly<Record<string, unknown>> = mirror;
  const own: Record<string, unknown> = {};
  for (const { id, mirrorKeys } of registry.all)
    for (const key of Object.keys(mirrorKeys ?? {})) {
      if (written[key] === undefined) continue;
      if (id === mirror.ecosystem) own[key] = written[key];
      else report.error([...path, key], phrase('expected.nothingKey', { key, kind: id }));
    }
  return Object.keys(own).length === 0 ? {} : { own };
}

function upstreamOf(mirror: FileMirror, registry: Registry): string {
  return mirror.upstream ?? registry.of(mirror.ecosystem)?.publicUpstream ?? mirror.ecosystem;
}

function readClients(file: FileConfig): Pick<Config, 'clients' | 'client'> {
  const clients: Record<EcosystemId, Secret> = {};
  const client: Record<EcosystemId, string> = {};
  for (const [id, written] of Object.entries(file.clients)) {
    if (typeof written === 'string') clients[id] = new Secret(written);
    else
      for (const [name, chain] of Object.entries(written ?? {})) {
        clients[id] = new Secret(chain);
        client[id] = name;
      }
  }
  return { clients, ...(Object.keys(client).length === 0 ? {} : { client }) };
}

function checkMirrors(file: FileConfig, registry: Registry, report: Report): void {
  checkUnique('mirrors', file.mirrors, report);
  const origins = new Map<string, string>();
  for (const [at, mirror] of file.mirrors.entries()) {
    const kind = registry.of(mirror.ecosystem);
    if (mirror.upstream === undefined && kind?.publicUpstream === null)
      report.error(['mirrors', at, 'upstream'], phrase('expected.upstreamOf', { kind: kind.id }), {
        needs: [['mirrors', at, 'ecosystem']],
      });
    if (mirror.role !== 'origin') continue;
    const upstream = upstreamOf(mirror, registry);
    const key = `${mirror.ecosystem}|${upstream}`;
    const before = origins.get(key);
    const path = ['mirrors', at];
    if (before === undefined) origins.set(key, mirror.name);
    else
      report.error([...path, 'role'], phrase('expected.oneOrigin', { kind: upstream, name: `"${before}"` }), {
        needs: [[...path, 'upstream']],
      });
  }
}

function checkUnique(
  key: 'mirrors' | 'webhooks' | 'onAdvice',
  entries: readonly { readonly name: string }[],
  report: Report,
): void {
  const first = new Map<string, number>();
  for (const [at, { name }] of entries.entries()) {
    const before = first.get(name);
    if (before === undefined) first.set(name, at);
    else
      report.error([key, at, 'name'], phrase('expected.nameOnceEntry'), {
        needs: [[key, before, 'name']],
      });
  }
}

function readAlertmanager(
  file: FileConfig,
  listen: Listen,
  reader: Reader,
  report: Report,
): Pick<Config, 'alertmanager'> {
  const { alertmanager } = file;
  if (alertmanager === undefined) return {};
  const { token, tokenFile, repeat } = alertmanager;
  if ((token === undefined) === (tokenFile === undefined)) {
    report.error(['alertmanager'], phrase('expected.tokenEither'), { by: ['token', 'tokenFile'] });
    return {};
  }
  const secret = bearerToken(['alertmanager'], { token, tokenFile }, !isLoopback(listen.host), reader, report);
  return secret === null ? {} : { alertmanager: { token: new Secret(secret), repeatMs: repeat } };
}

/** A missing folder of the state file is created at start, so only an impossible one is a mistake. */
function readState({ state }: FileConfig, reader: Reader, report: Report): Config['state'] {
  const path = ['state', 'path'];
  const absolute = reader.resolve(state.path);
  const seen = seenTextOf(state.path, path); // the default too, where none is written
  if (state.path.endsWith('/') || reader.kind(absolute) === 'folder')
    report.error(path, phrase('expected.pathFolder'), { seen });
  else if (reader.kind(dirname(absolute)) === 'file_or_below_file')
    report.error(path, phrase('expected.pathIn'), { seen });
  return { path: absolute, keepMs: state.keep };
}

function readControls(file: FileConfig, report: Report): readonly Control[] {
  const names = new Set<string>();
  return file.controls.flatMap((entry, at) => {
    const split = parseControlUrl(typeof entry === 'string' ? entry : entry.url);
    if (split === null) return [];
    const name = typeof entry === 'string' ? split.name : entry.name;
    if (names.has(name)) report.error(['controls', at], phrase('expected.nameOnce', { name: `"${name}"` }));
    names.add(name);
    return [{ name, url: split.url }];
  });
}

function spikeRule(file: FileConfig, report: Report): Config['detect']['spike'] {
  const { floor, relearn, ...rest } = file.detect.spike;
  if (rest.warmup > rest.window) {
    report.error(['detect', 'spike', 'warmup'], phrase('expected.window', { window: rest.window }), {
      seen: `${rest.warmup}`,
      needs: [['detect', 'spike', 'window']],
    });
  }
  return { ...rest, floorMs: floor, relearnMs: relearn };
}

function outageRule(file: FileConfig): Config['detect']['outage'] {
  const { open, over, close, share } = file.detect.outage;
  return { open, overMs: over, close, share };
}

function adviseRule(file: FileConfig): Config['advise'] {
  const { hold, ttl, minGain, failureCost } = file.advise;
  return { holdMs: hold, ttlMs: ttl, minGain, failureCostMs: failureCost };
}

function readLabels({ labels }: FileConfig): Pick<Config, 'labels'> {
  if (labels === undefined) return {};
  const { group, network, page } = labels;
  return {
    labels: {
      ...(group === undefined ? {} : { group }),
      ...(network === undefined ? {} : { network }),
      ...(page === undefined ? {} : { page: page.replace(/\/+$/, '') }),
    },
  };
}

/** `0/3`, or `NAME-0/3` with the name of a pod. */
const shardPattern = /^(?:.*-)?(\d{1,4})\/(\d{1,4})$/;

function readShard({ shard }: FileConfig, env: Env, report: Report): Pick<Config, 'shard'> {
  const set = env['MIRRORWATCH_SHARD'] ?? '';
  const [, index, count] = shardPattern.exec(set) ?? [];
  const wanted = set === '' ? shard : { index: Number(index ?? 1), count: Number(count ?? 0) };
  if (wanted === undefined) return {};
  if (wanted.index < wanted.count && wanted.count <= limits.shards) return wanted.count === 1 ? {} : { shard: wanted };
  const seen = set === '' ? `${wanted.index}` : `MIRRORWATCH_SHARD=${set}`;
  report.error(['shard'], phrase('expected.shard', { most: limits.shards }), { seen });
  return {};
}
