import type { Config } from '../core/config.ts';
import { getOrMake } from '../core/get-or-make.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import type { WireAccess, WorkerBook } from '../core/ports.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { isInnerHost } from '../core/url.ts';
import { offersHttp1 } from '../ecosystems/client.ts';
import { type Known, leadingClientOf } from '../ecosystems/ecosystem.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';

export type Learnt = ReadonlyMap<EcosystemId, Known>;

export const nothingLearnt: Learnt = new Map();

const nothing: Known = new Map();

export interface BookInput {
  readonly config: Config;
  readonly learnt: Learnt;
  readonly version: string;
  /** The known ecosystems. If absent, the built-in ones are used. */
  readonly registry?: Registry;
}

/**
 * Returns the part of a configuration that probing threads need: for each mirror, its access with secrets in clear
 * text, and the input of its probes. Hashes that an authority confirmed take precedence over those of lock files.
 */
export function buildWorkerBook({ config, learnt, version, registry = builtIn }: BookInput): WorkerBook {
  const userAgent = userAgentOf(config, version);
  const contextOf = contexts(config, learnt, registry);
  return {
    access: Object.fromEntries(
      config.mirrors.map((mirror) => [mirror.name, accessOf(mirror, userAgent, config, registry)]),
    ),
    context: Object.fromEntries(config.mirrors.map((mirror) => [mirror.name, contextOf(mirror)])),
    ecosystems: [...new Set(config.mirrors.map(({ ecosystem }) => ecosystem))],
    otherNames: otherNames(config, registry),
  };
}

function contexts(
  config: Config,
  learnt: Learnt,
  registry: Registry,
): (mirror: Mirror) => WorkerBook['context'][string] {
  const pins = new Map<string, Readonly<Record<string, string>>>();
  const pinsOf = ({ ecosystem: id, upstream }: Mirror): Readonly<Record<string, string>> => {
    const { learning } = registry.of(id) ?? {};
    return getOrMake(pins, `${id} ${upstream}`, () => learning?.pinned(learnt.get(id) ?? nothing, upstream) ?? {});
  };
  return (mirror) => {
    const { ecosystem: id } = mirror;
    const given = {
      mirror,
      origin: originOf(mirror, config),
      modules: config.modules.filter(({ ecosystem }) => ecosystem === id),
      privatePatterns: config.private[id] ?? [],
      settings: config.settings[id],
      client: config.client?.[id] ?? null,
      known: learnt.get(id) ?? null,
    };
    const locked = config.pinned?.[id];
    return {
      baseUrl: mirror.url,
      pinned: pinsOf(mirror),
      ...(locked && { locked }),
      own: registry.of(id)?.context(given) ?? null,
    };
  };
}

function originOf({ ecosystem, upstream }: Mirror, { mirrors }: Config): string | null {
  const isSame = (one: Mirror): boolean => one.ecosystem === ecosystem && one.upstream === upstream;
  return mirrors.find((one) => one.role === 'origin' && isSame(one))?.url ?? null;
}

/**
 * Returns host names for testing a resolver: the hosts of controls and of public mirrors. Names of private mirrors are
 * excluded, because they must not reach other resolvers. So are names of a company's network: its own mirror may copy
 * the public upstream.
 */
function otherNames(config: Config, registry: Registry): readonly string[] {
  const isPublic = ({ ecosystem, upstream, servesPrivate }: Mirror): boolean =>
    upstream === registry.of(ecosystem)?.publicUpstream && servesPrivate !== true;
  const hosts = [...config.mirrors.filter(isPublic), ...config.controls].map(({ url }) => new URL(url).hostname);
  return [...new Set(hosts)].filter((host) => /[a-z]/i.test(host) && !host.includes(':') && !isInnerHost(host));
}

function userAgentOf(config: Pick<Config, 'contact'>, version: string): string {
  return config.contact === null ? `mirrorwatch/${version}` : `mirrorwatch/${version} (+${config.contact})`;
}

const forced: Readonly<Record<NonNullable<Mirror['protocol']>, readonly HttpProtocol[]>> = { h1: ['1.1'], h2: ['2'] };

export function bookAccessOf(config: Config, mirror: Mirror, version: string): WireAccess {
  return accessOf(mirror, userAgentOf(config, version), config, builtIn);
}

function accessOf(mirror: Mirror, userAgent: string, config: Config, registry: Registry): WireAccess {
  const kind = registry.of(mirror.ecosystem);
  const protocols =
    kind === null
      ? offersHttp1
      : mirror.protocol === undefined
        ? leadingClientOf(kind, config).protocols(mirror)
        : forced[mirror.protocol];
  const { tls, auth, proxy, resolve, allowHosts } = mirror.access;
  return {
    registry: mirror.name,
    url: mirror.url,
    ca: tls.ca,
    client: tls.client === null ? null : { cert: tls.client.cert, key: tls.client.key.reveal() },
    pin: tls.pin,
    auth:
      auth === null
        ? null
        : { scheme: auth.scheme, username: auth.username, secret: auth.secret.reveal(), hosts: auth.hosts },
    proxy:
      proxy === null
        ? null
        : { url: proxy.url, username: proxy.auth?.username ?? null, password: proxy.auth?.secret.reveal() ?? null },
    family: resolve.family,
    dnsServer: resolve.server,
    allowHosts,
    userAgent,
    protocols,
  };
}
