import { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Mirror } from '../../core/mirror.ts';
import { error, ok } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import type { Client } from '../../ecosystems/client.ts';
import { leadingClientOf } from '../../ecosystems/ecosystem.ts';
import { readable } from '../../ecosystems/fields.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import {
  cron,
  durationField,
  errorOf,
  flag,
  hosts,
  integer,
  list,
  mapping,
  name,
  serverAddress,
  text,
  word,
} from '../fields.ts';
import { checkUnique, type Path, type Reading, type Report } from '../reading.ts';
import { authKey, readAuth } from './auth.ts';
import { proxyKey, readProxy } from './proxy.ts';
import { readTls, tlsKey } from './tls.ts';

const aBaseUrl = phrase('expected.urlMirror', { example: 'https://mirror.example.com/go' });
const aScheme = phrase('expected.https');

/** True for a URL that lacks only its scheme: a host, perhaps with port and path. */
function isBare(text: string): boolean {
  return /^[a-z0-9.-]+(:\d+)?(\/|$)/i.test(text) && baseUrl(`https://${text}`) !== null;
}

const { all } = registry;
const publicUpstreams = all.flatMap(({ id, publicUpstream: to }) => (to === null ? [] : [`\`${to}\` for \`${id}\``]));
const ownKeys: object = Object.assign({}, ...all.map(({ mirrorKeys }) => mirrorKeys ?? {}));

const identityKeys = {
  name: name('Name of the mirror, unique in the file; metrics have it as the label `registry`.'),
  ecosystem: word(
    'Kind of the mirror: Go modules, npm packages, Python packages, images, Rust crates, or files.',
    registry.ids as [string, ...string[]],
  ),
  upstream: name(
    `The service that the mirror copies. Advice replaces a mirror only by one of the same upstream. Default: ${publicUpstreams.join(', ')}. All other mirrors must have this key.`,
    true,
  ).optional(),
  url: readable(
    'Base URL of the mirror. A user name and password in it are used for basic auth and never shown.',
    aBaseUrl,
    (value) => {
      if (baseUrl(value) !== null) return ok(value);
      return error(isBare(value) ? aScheme : aBaseUrl);
    },
  ),
  role: word('`origin`: the freshness of the other mirrors is compared with this one; at most one per upstream.', [
    'mirror',
    'origin',
  ]).prefault('mirror'),
  weight: integer('Preference among mirrors that are equally good, higher first. Default: 0.', 0, 1_000_000).optional(),
  region: text('Location of the mirror, for display.', phrase('expected.shortText'), 64).optional(),
  capacity: word(
    '`small`: the mirror cannot serve the clients of all places. Among mirrors of the same weight, it is preferred last. Of several small mirrors, daemons at different places prefer different ones.',
    ['small'],
  ).optional(),
};

const accessKeys = {
  tls: tlsKey,
  auth: authKey,
  proxy: proxyKey,
  resolve: mapping('How host names of this mirror are resolved.', {
    family: z
      .literal([4, 6], errorOf(phrase('expected.family')))
      .describe(
        'Address family of connections: IPv4 or IPv6. Default: that of the first address that the resolver returns.',
      )
      .optional(),
    server: serverAddress("DNS server for names of this mirror; by default the system's resolver.").optional(),
  }).prefault({}),
  connection: word(
    '`cold`: a new connection for each probe. `warm`: a connection that stays open between probes. `both`: probes of both kinds, as two separate series of results.',
    ['cold', 'warm', 'both'],
  ).prefault('cold'),
  protocol: word(
    'HTTP versions to offer. `client`: those that the package clients offer; `h1`: HTTP/1.1 only; `h2`: HTTP/2 only.',
    ['client', 'h1', 'h2'],
  ).prefault('client'),
  allowHosts: hosts(
    'Networks, addresses and host names to which responses of this mirror may redirect probes, in addition to public addresses. Over plain HTTP, also private addresses to which its host name may change from a public one, and link-local ones.',
    true,
  ).prefault([]),
};

const contentKeys = {
  servesPrivate: flag(
    'Whether the mirror also serves private names, as the index of a company does. If so, modules of lock files that come from this mirror are skipped.',
  ).prefault(false),
  gaps: mapping('Versions that the mirror omits by design: they count neither as lag nor as missing.', {
    prereleases: flag('Whether the mirror omits pre-releases.').prefault(false),
    releaseAge: durationField('Minimum age at which the mirror accepts a version.', {
      min: 1000,
      max: 365 * 86_400_000,
    }).optional(),
    without: list(text('', phrase('expected.without'), 200), phrase('expected.listVersions'), 64)
      .describe('Versions that the mirror never serves. `*` matches any text.')
      .prefault([]),
  }).optional(),
  maintenance: list(
    mapping(null, {
      cron: cron('Cron expression for the start of the window.'),
      for: durationField('Length of the window.', { min: 1000, max: 7 * 86_400_000 }),
    }),
    phrase('expected.listOf', { what: '{ cron, for }' }),
    64,
  )
    .describe('Maintenance windows, in which the mirror is neither probed nor judged.')
    .prefault([]),
};

const mirror = mapping(
  null,
  { ...identityKeys, ...accessKeys, ...contentKeys, ...ownKeys },
  phrase('expected.mappingWith', { keys: 'name, ecosystem and url' }),
);

export const mirrorsKey = list(mirror, phrase('expected.listMirrors'), limits.mirrors)
  .min(1, errorOf(phrase('expected.atLeastMirror')))
  .describe('The mirrors to monitor.');

type FileMirror = z.output<typeof mirror>;

export interface BesideMirrors {
  readonly timeZone: string | undefined;
  readonly clients: Pick<Config, 'client'>;
}

export function readMirrors(
  written: readonly FileMirror[],
  beside: BesideMirrors,
  reading: Reading,
): readonly Mirror[] {
  checkUnique('mirrors', written, reading);
  checkOrigins(written, reading);
  return written.flatMap((mirror, at) => readMirror(['mirrors', at], mirror, beside, reading) ?? []);
}

function readMirror(
  path: Path,
  mirror: FileMirror,
  { timeZone, clients }: BesideMirrors,
  reading: Reading,
): Mirror | null {
  const split = baseUrl(mirror.url);
  if (split === null) return null; // the check against the schema has reported the invalid URL
  const { family = null, server = null } = mirror.resolve;
  const built: Mirror = {
    name: mirror.name,
    ecosystem: mirror.ecosystem,
    upstream: upstreamOf(mirror),
    url: split.url,
    role: mirror.role,
    weight: mirror.weight ?? null,
    region: mirror.region ?? null,
    capacity: mirror.capacity ?? null,
    ...(mirror.servesPrivate ? { servesPrivate: true } : {}),
    connections: mirror.connection === 'both' ? ['cold', 'warm'] : [mirror.connection],
    ...protocolOf(path, mirror, split.url, reading),
    access: {
      tls: readTls([...path, 'tls'], mirror.tls, split.url, reading),
      auth: readAuth(path, mirror.auth, split, reading),
      proxy: readProxy(path, mirror.proxy, split.url, reading),
      resolve: { family, server },
      allowHosts: mirror.allowHosts,
    },
    maintenance: mirror.maintenance.map(({ cron, for: forMs }) => ({ cron, timeZone: timeZone ?? null, forMs })),
    ...gapsOf(mirror),
    ...ownOf(path, mirror, reading),
  };
  return { ...built, ...speaksOf(built, clients) };
}

function gapsOf({ gaps }: FileMirror): Pick<Mirror, 'gaps'> {
  if (gaps === undefined) return {};
  const { prereleases, releaseAge, without } = gaps;
  return { gaps: { prereleases, releaseAgeMs: releaseAge ?? 0, without } };
}

/** Reads the keys that the ecosystem adds to a mirror. Keys of another ecosystem are reported. */
function ownOf(path: Path, mirror: FileMirror, { error: report }: Report): Pick<Mirror, 'own'> {
  const written: Readonly<Record<string, unknown>> = mirror;
  const own: Record<string, unknown> = {};
  for (const { id, mirrorKeys } of all)
    for (const key of Object.keys(mirrorKeys ?? {})) {
      if (written[key] === undefined) continue;
      if (id === mirror.ecosystem) own[key] = written[key];
      else report([...path, key], phrase('expected.nothingKey', { key, kind: id }));
    }
  return Object.keys(own).length === 0 ? {} : { own };
}

function protocolOf(path: Path, { protocol }: FileMirror, url: string, report: Report): Pick<Mirror, 'protocol'> {
  if (protocol === 'client') return {};
  // Without TLS, a server negotiates no protocol, and clients use HTTP/1.1.
  if (protocol === 'h2' && !url.startsWith('https:')) report.error([...path, 'protocol'], phrase('expected.http2Tls'));
  return { protocol };
}

/**
 * Returns the setting that turns HTTP/2 off in the only client of the list. `null`: there is no such setting, or the
 * list has several clients.
 */
function bypassOf(mirror: Mirror, [client, more]: readonly Client[]): string | null {
  return more === undefined ? (client?.withoutHttp2?.(mirror)?.setting ?? null) : null;
}

/**
 * Returns which clients use which HTTP version to a mirror; empty over plain HTTP, and if the mirror's key `protocol`
 * is set.
 */
function speaksOf(mirror: Mirror, config: Pick<Config, 'client'>): Pick<Mirror, 'speaks'> {
  const kind = registry.of(mirror.ecosystem);
  if (kind === null || mirror.protocol !== undefined || !mirror.url.startsWith('https:')) return {};
  const leading = leadingClientOf(kind, config);
  const clients = [leading, ...kind.clients.filter((one) => one !== leading)];
  const speaks = Map.groupBy(clients, (client) => client.protocols(mirror)[0] ?? '1.1');
  return {
    speaks: [...speaks].map(([protocol, alike]) => ({
      protocol,
      clients: alike.map((client) => client.nameAt?.(mirror) ?? client.id),
      bypass: protocol === '2' ? bypassOf(mirror, alike) : null,
    })),
  };
}

function upstreamOf(mirror: FileMirror): string {
  return mirror.upstream ?? registry.of(mirror.ecosystem)?.publicUpstream ?? mirror.ecosystem;
}

/** Checks that each mirror has an upstream, and that each upstream has at most one origin. */
function checkOrigins(written: readonly FileMirror[], { error: report }: Report): void {
  const origins = new Map<string, string>();
  for (const [at, mirror] of written.entries()) {
    const kind = registry.of(mirror.ecosystem);
    if (mirror.upstream === undefined && kind?.publicUpstream === null)
      report(['mirrors', at, 'upstream'], phrase('expected.upstreamOf', { kind: kind.id }), {
        needs: [['mirrors', at, 'ecosystem']],
      });
    if (mirror.role !== 'origin') continue;
    const upstream = upstreamOf(mirror);
    const key = `${mirror.ecosystem}|${upstream}`;
    const before = origins.get(key);
    const path = ['mirrors', at];
    if (before === undefined) origins.set(key, mirror.name);
    else
      report([...path, 'role'], phrase('expected.oneOrigin', { kind: upstream, name: `"${before}"` }), {
        needs: [[...path, 'upstream']],
      });
  }
}
