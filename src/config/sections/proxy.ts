import { addressBytesOf, hostAndPort, isLoopback, isWithin, parseNetwork } from '../../core/addresses.ts';
import type { Proxy as MirrorProxy } from '../../core/mirror.ts';
import { Secret } from '../../core/secret.ts';
import { baseUrl, hostOf, type SplitUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import type { Env } from '../env.ts';
import { checked } from '../fields.ts';
import type { Path, Reading } from '../reading.ts';

export const proxyKey = checked(
  'HTTP proxy for this mirror; `direct`: no proxy. By default HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide.',
  phrase('expected.urlDirect'),
  (value) => value === 'direct' || parseProxyUrl(value) !== null,
).optional();

/**
 * Returns the proxy for a mirror: the configured one, else that of the environment variables.
 * @param path  the path of the mirror in the configuration
 */
export function readProxy(
  path: Path,
  named: string | undefined,
  url: string,
  { env, error }: Reading,
): MirrorProxy | null {
  if (named === 'direct') return null;
  if (named !== undefined) return proxyOf(named);
  const found = findEnvProxy(url, env);
  if (found === null) return null;
  const proxy = proxyOf(found.value);
  if (proxy === null) {
    error([...path, 'url'], phrase('expected.proxyIn', { variable: found.variable }));
  }
  return proxy;
}

/**
 * Returns the proxy for a URL according to `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. Upper-case names take
 * precedence. `null`: none is set, or the URL is on loopback or excluded by `NO_PROXY`.
 * @see golang.org/x/net/http/httpproxy, whose rules the go command follows
 */
export function findEnvProxy(url: string, env: Env): { readonly variable: string; readonly value: string } | null {
  const { protocol, hostname } = new URL(url);
  const names = protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy'];
  const variable = names.find((name) => (env[name] ?? '') !== '');
  const value = variable === undefined ? undefined : env[variable];
  if (variable === undefined || value === undefined) return null;
  const { NO_PROXY = '', no_proxy = '' } = env;
  if (isLoopback(hostname) || isExcepted(url, NO_PROXY === '' ? no_proxy : NO_PROXY)) return null;
  return { variable, value: /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}` };
}

/** True if a `NO_PROXY` value names the host of a URL. */
export function isExcepted(url: string, exceptions: string): boolean {
  const target = hostOf(url);
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = Number(target.slice(target.lastIndexOf(':') + 1));
  const bytes = addressBytesOf(host);
  return exceptions
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const net = parseNetwork(entry);
      if (net !== null) return bytes !== null && isWithin(bytes, net);
      const read = hostAndPort(entry);
      if (read === null || (read.port !== null && read.port !== port)) return false;
      const literal = addressBytesOf(read.host);
      if (literal !== null) return bytes !== null && isWithin(bytes, { bytes: literal, bits: literal.length * 8 });
      return bytes === null && matchesName(host, read.host);
    });
}

function matchesName(host: string, entry: string): boolean {
  const below = entry.replace(/^\*/, '');
  if (below.startsWith('.')) return host.endsWith(below);
  return below !== '' && (host === below || host.endsWith(`.${below}`));
}

function proxyOf(text: string): MirrorProxy | null {
  const split = parseProxyUrl(text);
  if (split === null) return null;
  const { user } = split;
  return {
    url: split.url,
    auth: user === null ? null : { username: user.username, secret: new Secret(user.password) },
  };
}

/** Reads the URL of a proxy; `null`: invalid, or with a path. */
export function parseProxyUrl(text: string): SplitUrl | null {
  const split = baseUrl(text);
  return split !== null && new URL(split.url).pathname === '/' ? split : null;
}
