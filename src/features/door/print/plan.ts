import { createHash } from 'node:crypto';
import { type DoorRoute, routesOf } from '../../../config/door-routes.ts';
import { isLoopback } from '../../../core/addresses.ts';
import type { Config, DoorRule } from '../../../core/config.ts';
import { escapeExpression } from '../../../core/globs.ts';
import type { WireAccess } from '../../../core/ports.ts';
import { bookAccessOf } from '../../../daemon/book.ts';
import { registry } from '../../../ecosystems/registry.ts';
import { requestHeaders } from '../../../wire/credentials.ts';

export const engines = ['nginx', 'caddy', 'haproxy'] as const;
export type Engine = (typeof engines)[number];

/**
 * A path prefix of client requests and the matching one at a mirror. Both have leading and trailing slashes and no
 * percent escapes.
 */
export interface Join {
  readonly from: string;
  readonly to: string;
}

export interface PrintedMirror {
  readonly name: string;
  /** A unique name for use in the proxy's configuration: lower-case letters, digits and underscores. */
  readonly token: string;
  readonly isTls: boolean;
  /** The host name or address; IPv6 addresses without brackets. */
  readonly host: string;
  readonly port: number;
  /** Scheme, host and port; a default port is omitted. */
  readonly origin: string;
  /**
   * The path prefixes of client requests and of the mirror. The first match applies. If the list is empty, the mirror
   * is not used, and the next one is requested.
   */
  readonly joins: readonly Join[];
  readonly authorization: string | null;
  /** The name of the file with the CAs; `null`: the system's CAs apply. */
  readonly ca: string | null;
  /** The name of the file with client certificate and key; `null`: no client certificate. */
  readonly client: string | null;
}

export interface PrintedRoute {
  readonly key: string;
  readonly token: string;
  /** All mirrors of the upstream in the order of `DoorRoute.declared`, without those in `leftOut`. */
  readonly mirrors: readonly PrintedMirror[];
  readonly isNeverHtml: boolean;
  /** The path prefixes of client requests, with leading and trailing slashes. */
  readonly prefixes: readonly string[];
  /** A regular expression that an allowed path matches in full, after decoding. Only the prefix is case-sensitive. */
  readonly known: string;
  /** Regular expressions for decoded paths of private names. Such a path is refused even if `known` matches. */
  readonly private: readonly string[];
}

export interface PrintedDoor {
  readonly dir: string;
  readonly address: string;
  /** The name of the file with the listener's certificate and key; `null`: no TLS. */
  readonly pem: string | null;
  /** A regular expression for the required `Authorization` header of clients; `null`: no header is required. */
  readonly clients: string | null;
  /** A regular expression for the allowed `Host` header of clients, without port; `null`: any host is allowed. */
  readonly hosts: string | null;
  /**
   * A regular expression for a path as sent, without its query: a route's prefix, then plain characters and harmless
   * escapes.
   */
  readonly sound: string;
  readonly routes: readonly PrintedRoute[];
  /** Contents of certificate and key files, by file name. */
  readonly files: ReadonlyMap<string, string>;
  /** Mirrors that are omitted, with the configuration key that the proxy does not support. */
  readonly leftOut: readonly { readonly name: string; readonly key: 'proxy' | 'tls.pin' | 'url' | 'auth' }[];
}

const soundPath = `(?:[A-Za-z0-9._~!$&()*+,;=:@/-]|%(?:2[0-46-9A-DFa-df]|3[0-9A-Fa-f]|40|5[BDEbde]|7[BDEbde]))*`;
export const unsoundPath = `(?:/|%2[Ff])(?:/|%2[Ff]|\\.\\.?(?:/|;|%2[Ff]|\\?|$))`;
/**
 * The statuses after which the proxy requests the next mirror. Without the proxy, clients would stop at some of them.
 */
export const againStatuses = [401, 403, 404, 410, 429, 500, 501, 502, 503, 504, 507, 520, 521, 522, 523, 524, 530];
export const connectSeconds = 3;
/**
 * The proxy's timeout for a mirror's response head, and between two chunks, seconds. It is below pip's own timeout of
 * 15 s.
 */
export const stallSeconds = 10;
export const orderFile = 'door.order';
/** Request headers of a client that are sent on to a mirror. Other headers may contain the client's credentials. */
export const clientHeaders = [
  'Accept',
  'Accept-Encoding',
  'If-Modified-Since',
  'If-None-Match',
  'If-Range',
  'Range',
  'User-Agent',
];

/** Matches a path without quotes, blanks and percent escapes, because all proxies treat such a path in the same way. */
export const plain = /^[A-Za-z0-9._~/+@!,:=-]*$/;

/**
 * Returns a name for variables, sections and sockets. It is lower case, because nginx ignores case. It is short,
 * because the path of a socket must be short.
 */
function tokenOf(name: string): string {
  const clean = name.toLowerCase().replace(/[^a-z0-9]/g, '_');
  if (/^[a-z0-9/-]{1,32}$/.test(name)) return clean;
  return `${clean.slice(0, 24)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/**
 * Derives what a proxy's configuration needs from our configuration.
 * @param dir  absolute path with letters, digits and `._/-` only
 * @param isMasked  true for display: credentials are `***`
 * @param joins  by mirror: pairs of path prefixes (of client requests, and of the mirror), derived from the links on
 *   the mirror's project pages; a mirror without an entry gets the usual prefixes
 */
export function planOf(
  config: Config,
  rule: DoorRule,
  dir: string,
  isMasked: boolean,
  joins: ReadonlyMap<string, readonly Join[]> = new Map(),
): PrintedDoor {
  const { listen } = rule;
  const plan: Plan = {
    config,
    mayUseSecrets: listen.token !== null || isLoopback(listen.host),
    isMasked,
    joins,
    files: new Map(),
    leftOut: [],
  };
  const { files, leftOut } = plan;
  const routes = routesOf(config).map((route) => routeOf(plan, route));
  const hosts = ['localhost', listen.host, '[::1]', ...(listen.hosts ?? [])];
  const token = (isMasked ? listen.token?.toString() : listen.token?.reveal()) ?? null;
  const basic = (name: string): string => `Basic ${Buffer.from(`${name}:${token}`).toString('base64')}`;
  return {
    dir,
    address: `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`,
    pem: listen.tls === null ? null : keepFile(plan, 'door.pem', `${listen.tls.cert}\n${listen.tls.key.reveal()}`),
    clients: token === null ? null : `^(?:${[`Bearer ${token}`, basic('door')].map(escapeWords).join('|')})$`,
    hosts: token !== null || !isLoopback(listen.host) ? null : `^(?:${hosts.map(escapeExpression).join('|')})$`,
    sound: `^(?:${routes.flatMap(({ prefixes }) => prefixes.flatMap(spellingsOf).map(escapeExpression)).join('|')})${soundPath}`,
    routes,
    files,
    leftOut,
  };
}

/** The input of a proxy's configuration, and the results that are collected while it is derived. */
interface Plan {
  readonly config: Config;
  readonly mayUseSecrets: boolean;
  readonly isMasked: boolean;
  readonly joins: ReadonlyMap<string, readonly Join[]>;
  readonly files: Map<string, string>;
  readonly leftOut: { readonly name: string; readonly key: LeftOutKey }[];
}

type LeftOutKey = PrintedDoor['leftOut'][number]['key'];

function keepFile({ files }: Plan, name: string, text: string): string {
  files.set(name, text);
  return name;
}

function routeOf(plan: Plan, route: DoorRoute): PrintedRoute {
  const { config } = plan;
  const { patterns, neverHtml } = route.paths;
  const isPublic = registry.of(route.ecosystem)?.publicUpstream === route.upstream;
  const hidden = (isPublic ? (config.private[route.ecosystem] ?? []) : []).map(patterns.privateOf);
  const mirrors = route.declared.flatMap((name) => mirrorOf(plan, route, name));
  const main = route.prefix;
  const froms = [main, ...mirrors.flatMap((mirror) => mirror.joins.map(({ from }) => from))];
  const prefixes = [...new Set(froms)].sort((a, b) => b.length - a.length);
  const exact = (from: string): string => `(?-i:${escapeExpression(from)})`;
  const { files } = patterns;
  const known = [
    exact(main) + patterns.paths,
    ...(files === undefined ? [] : prefixes.map((from) => exact(from) + files.paths)),
  ];
  return {
    key: route.key,
    token: tokenOf(route.prefix.slice(1, -1)),
    mirrors,
    isNeverHtml: neverHtml === true,
    prefixes,
    known: `^(?:${known.join('|')})$`,
    private: hidden.map((one) => `^${escapeExpression(main)}${one}`),
  };
}

/** Returns the description of one mirror for a proxy; empty: the mirror is omitted. */
function mirrorOf(plan: Plan, route: DoorRoute, name: string): readonly PrintedMirror[] {
  const { config, mayUseSecrets, isMasked, joins, leftOut } = plan;
  const keep = (file: string, text: string): string => keepFile(plan, file, text);
  const mirror = route.mirrors.get(name);
  if (mirror === undefined) return [];
  const access = bookAccessOf(config, mirror, '');
  const url = new URL(`${mirror.url}/`);
  const authorization = (mayUseSecrets ? requestHeaders(url, {}, access)['authorization'] : undefined) ?? null;
  const key = unsupportedKeyOf(access, url, authorization);
  if (key !== null) {
    leftOut.push({ name, key });
    return [];
  }
  const { client } = access;
  const isTls = url.protocol === 'https:';
  return [
    {
      name,
      token: tokenOf(name),
      isTls,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      origin: url.origin,
      joins: joins.get(name) ?? joinsOf(route, url.pathname),
      authorization: authorization === null || !isMasked ? authorization : '***',
      ca: access.ca.length === 0 ? null : keep(`ca-${name}.pem`, access.ca.join('\n')),
      client: client === null || !mayUseSecrets ? null : keep(`client-${name}.pem`, `${client.cert}\n${client.key}`),
    },
  ];
}

/** Returns the first key of a mirror's configuration that a proxy does not support; `null`: it supports all. */
function unsupportedKeyOf({ proxy, pin }: WireAccess, url: URL, authorization: string | null): LeftOutKey | null {
  if (proxy !== null) return 'proxy';
  if (pin !== null) return 'tls.pin';
  if (!plain.test(url.pathname)) return 'url';
  const isPlain = authorization === null || /^(?:Basic|Bearer) [A-Za-z0-9._~+/=-]+$/.test(authorization);
  return isPlain ? null : 'auth';
}

function escapeWords(text: string): string {
  return text.split(' ').map(escapeExpression).join('\\x20');
}

/**
 * Lists for each position the mirror to request. `first_…` is the first mirror of a route, and `after_…` is the mirror
 * after a failed mirror. `undefined`: there is no further mirror.
 */
export function listNext(
  routes: readonly PrintedRoute[],
  namesOf: (route: PrintedRoute) => readonly PrintedMirror[],
): readonly (readonly [name: string, next: PrintedMirror | undefined])[] {
  return routes.flatMap((route) => {
    const ordered = namesOf(route);
    return [
      [`first_${route.token}`, ordered[0]],
      ...route.mirrors.map((mirror) => {
        const place = ordered.indexOf(mirror);
        return [`after_${mirror.token}`, place < 0 ? undefined : ordered[place + 1]] as const;
      }),
    ] as const;
  });
}

/**
 * Returns the joins (a path prefix of the door, and the matching one of the mirror) of a mirror whose project pages
 * were not read: one for the route's prefix and, if the ecosystem usually has its files in a folder beside that prefix,
 * one for this folder.
 */
function joinsOf({ prefix, paths }: DoorRoute, pathname: string): readonly Join[] {
  const { files } = paths.patterns;
  const main = { from: prefix, to: pathname };
  if (files === undefined) return [main];
  const besideOf = (path: string): string => `${path.replace(/(?<![^/])[^/]*\/$/, '')}${files.beside}/`;
  return [main, { from: besideOf(prefix), to: besideOf(pathname) }];
}

/**
 * Returns the spellings of a prefix that clients may send. For example, pip escapes every character that is not
 * unreserved (RFC 3986).
 */
export function spellingsOf(from: string): readonly string[] {
  const escaped = from.replace(/[^A-Za-z0-9._~/-]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  return escaped === from ? [from] : [from, escaped];
}
