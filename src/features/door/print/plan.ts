import { createHash } from 'node:crypto';
import { isLoopback } from '../../../api/token.ts';
import { type Route, routesOf } from '../../../config/door-routes.ts';
import type { Config, DoorRule } from '../../../core/config.ts';
import { bookAccessOf } from '../../../daemon/book.ts';
import { escapeExpression } from '../../../ecosystems/escape-expression.ts';
import type { Registry } from '../../../ecosystems/registry.ts';
import { requestHeaders } from '../../../wire/credentials.ts';

/** Proxies that the door can be printed for. */
export const engines = ['nginx', 'caddy', 'haproxy'] as const;
export type Engine = (typeof engines)[number];

/** Where a path of clients leads at a mirror: both with a slash before and behind. */
export interface Join {
  readonly from: string;
  readonly to: string;
}

/** One mirror as a proxy's configuration names it. */
export interface PrintedMirror {
  readonly name: string;
  /** For variables and sections: small letters, digits and underscores; no two mirrors have the same. */
  readonly token: string;
  readonly isTls: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** `https://host:port`, the port only where it is not the usual one. */
  readonly origin: string;
  readonly joins: readonly Join[];
  /** `null`: none is sent. */
  readonly authorization: string | null;
  /** Names of files in the folder; `null`: the system's CAs, no client certificate. */
  readonly ca: string | null;
  /** Certificate and key in one file. */
  readonly client: string | null;
}

/** One upstream. */
export interface PrintedRoute {
  /** `ecosystem/upstream`. */
  readonly key: string;
  readonly token: string;
  /** Without the mirrors that were left out. */
  readonly mirrors: readonly PrintedMirror[];
  readonly isNeverHtml: boolean;
  /** Beginnings of the paths of clients, with a slash before and behind. */
  readonly prefixes: readonly string[];
  /** Regular expressions over the whole decoded path, case ignored but in the prefix: what passes, and before it what never does. */
  readonly known: string;
  readonly private: readonly string[];
}

/** All that a proxy's configuration is written from. */
export interface PrintedDoor {
  /** The folder of the files, absolute. */
  readonly dir: string;
  readonly address: string;
  /** The certificate file of the listener, with the key; `null`: no TLS. */
  readonly pem: string | null;
  /** `Authorization` of a client as a regular expression; `null`: none is needed. */
  readonly clients: string | null;
  /** `Host` of a client, without port; `null`: any. */
  readonly hosts: string | null;
  /** Paths as sent that begin as one of a route does, without what a lenient server could read in another way; the query is left out. */
  readonly sound: string;
  readonly routes: readonly PrintedRoute[];
  /** Further files by name: certificates and keys. */
  readonly files: ReadonlyMap<string, string>;
  /** Mirrors that no proxy can be told to use as the configuration says, and the key that says so. */
  readonly leftOut: readonly { readonly name: string; readonly key: 'proxy' | 'tls.pin' | 'url' | 'auth' }[];
}

const soundPath = `(?:[A-Za-z0-9._~!$&()*+,;=:@/-]|%(?:2[0-46-9A-DFa-df]|3[0-9A-Fa-f]|40|5[BDEbde]|7[BDEbde]))*`;
export const unsoundPath = `(?:/|%2[Ff])(?:/|%2[Ff]|\\.\\.?(?:/|;|%2[Ff]|\\?|$))`;
/** Statuses for which the next mirror is requested: no client would go on after all of them. */
export const againStatuses = [401, 403, 404, 410, 429, 500, 501, 502, 503, 504, 507, 520, 521, 522, 523, 524, 530];
export const connectSeconds = 3;
/** Until the head has come, and between two pieces: pip waits 15 s in all. */
export const stallSeconds = 10;
export const orderFile = 'door.order';
/** Headers of a client that reach a mirror; others may have credentials of the client. */
export const clientHeaders = [
  'Accept',
  'Accept-Encoding',
  'If-Modified-Since',
  'If-None-Match',
  'If-Range',
  'Range',
  'User-Agent',
];

const plain = /^[A-Za-z0-9._~/+@!,:=-]*$/;

/** A name for variables, sections and sockets of all engines: nginx ignores case in it, and a socket's path is short. */
function tokenOf(name: string): string {
  const clean = name.toLowerCase().replace(/[^a-z0-9]/g, '_');
  if (/^[a-z0-9/-]{1,32}$/.test(name)) return clean;
  return `${clean.slice(0, 24)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/**
 * Reads what a proxy is told from the configuration.
 * @param dir  absolute, of letters, digits and `._/-`
 * @param isMasked  for display: credentials are `***`
 */
export function planOf(
  config: Config,
  rule: DoorRule,
  dir: string,
  registry: Registry,
  isMasked: boolean,
): PrintedDoor {
  const { listen } = rule;
  const files = new Map<string, string>();
  const leftOut: { name: string; key: PrintedDoor['leftOut'][number]['key'] }[] = [];
  const mayUseSecrets = listen.token !== null || isLoopback(listen.host);
  const keep = (name: string, text: string): string => {
    files.set(name, text);
    return name;
  };

  function mirrorOf(route: Route, name: string): readonly PrintedMirror[] {
    const mirror = route.mirrors.get(name);
    if (mirror === undefined) return [];
    const access = bookAccessOf(config, mirror, '');
    const url = new URL(`${mirror.url}/`);
    const authorization = (mayUseSecrets ? requestHeaders(url, {}, access)['authorization'] : undefined) ?? null;
    const key =
      access.proxy !== null
        ? 'proxy'
        : access.pin !== null
          ? 'tls.pin'
          : !plain.test(url.pathname)
            ? 'url'
            : authorization !== null && !/^(?:Basic|Bearer) [A-Za-z0-9._~+/=-]+$/.test(authorization)
              ? 'auth'
              : null;
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
        joins: joinsOf(route, url.pathname),
        authorization: authorization === null || !isMasked ? authorization : '***',
        ca: access.ca.length === 0 ? null : keep(`ca-${name}.pem`, access.ca.join('\n')),
        client: client === null || !mayUseSecrets ? null : keep(`client-${name}.pem`, `${client.cert}\n${client.key}`),
      },
    ];
  }

  const routes = routesOf(config, registry).map((route): PrintedRoute => {
    const { patterns, neverHtml } = route.paths;
    const isPublic = registry.of(route.ecosystem)?.publicUpstream === route.upstream;
    const hidden = (isPublic ? (config.private[route.ecosystem] ?? []) : []).map(patterns.privateOf);
    const [main = '', ...beside] = joinsOf(route, '/').map(({ from }) => from);
    const exact = (from: string): string => `(?-i:${escapeExpression(from)})`;
    const known = [exact(main) + patterns.paths, ...beside.map((from) => `${exact(from)}.+`)];
    return {
      key: route.key,
      token: tokenOf(route.prefix.slice(1, -1)),
      mirrors: route.declared.flatMap((name) => mirrorOf(route, name)),
      isNeverHtml: neverHtml === true,
      prefixes: [main, ...beside],
      known: `^(?:${known.join('|')})$`,
      private: hidden.map((one) => `^${escapeExpression(main)}${one}`),
    };
  });
  const hosts = ['localhost', listen.host, '[::1]', ...(listen.hosts ?? [])];
  const token = (isMasked ? listen.token?.toString() : listen.token?.reveal()) ?? null;
  const basic = (name: string): string => `Basic ${Buffer.from(`${name}:${token}`).toString('base64')}`;
  return {
    dir,
    address: `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`,
    pem: listen.tls === null ? null : keep('door.pem', `${listen.tls.cert}\n${listen.tls.key.reveal()}`),
    clients: token === null ? null : `^(?:${[`Bearer ${token}`, basic('door')].map(escapeWords).join('|')})$`,
    hosts: token !== null || !isLoopback(listen.host) ? null : `^(?:${hosts.map(escapeExpression).join('|')})$`,
    sound: `^(?:${routes.flatMap(({ prefixes }) => prefixes.map(escapeExpression)).join('|')})${soundPath}`,
    routes,
    files,
    leftOut,
  };
}

function escapeWords(text: string): string {
  return text.split(' ').map(escapeExpression).join('\\x20');
}

/** Below the prefix as it is; a folder with files beside the index, beside it. */
function joinsOf({ prefix, paths }: Route, pathname: string): readonly Join[] {
  const { beside } = paths.patterns;
  const main = { from: prefix, to: pathname };
  if (beside === undefined) return [main];
  const besideOf = (path: string): string => `${path.replace(/[^/]*\/$/, '')}${beside}/`;
  return [main, { from: besideOf(prefix), to: besideOf(pathname) }];
}
