import type { Config } from '../core/config.ts';
import { type Mirror, publicUpstream } from '../core/mirror.ts';
import type { WireAccess, WorkerBook } from '../core/ports.ts';

/** What an authority has told so far: hashes by `module@version[/go.mod]`, and the largest verified head of its tree. */
export interface Learnt {
  readonly pinned: Readonly<Record<string, string>>;
  readonly treeHead: { readonly name: string; readonly size: number; readonly rootBase64: string } | null;
  /** The module that the checksum database is asked about next; `null`: none that may be asked about. */
  readonly lookup: { readonly module: string; readonly version: string } | null;
}

/** Before any answer. */
export const nothingLearnt: Learnt = { pinned: {}, treeHead: null, lookup: null };

/**
 * What workers must know of a configuration: access in the clear (the one place where a mirror's secrets are
 * revealed), and what conversations need.
 * @param learnt  what verified answers told so far; hashes of the configuration's go.sum files come on top from an authority, by `module@version[/go.mod]`
 */
export function workerBook(config: Config, learnt: Learnt, version: string): WorkerBook {
  const userAgent = userAgentOf(config, version);
  const pinned = { ...learnt.pinned, ...config.pinned };
  return {
    access: Object.fromEntries(config.mirrors.map((mirror) => [mirror.name, accessOf(mirror, userAgent)])),
    context: Object.fromEntries(
      config.mirrors.map((mirror) => [
        mirror.name,
        {
          baseUrl: mirror.url,
          sumdb:
            config.go.sumdb === null ? null : { name: config.go.sumdb.name, verifierKey: config.go.sumdb.verifierKey },
          privatePatterns: config.private[mirror.ecosystem] ?? [],
          pinned,
          ...(learnt.lookup === null || mirror.upstream !== publicUpstream.go ? {} : { lookup: learnt.lookup }),
          ...(learnt.treeHead === null ? {} : { treeHead: learnt.treeHead }),
        },
      ]),
    ),
    otherNames: otherNames(config),
  };
}

/**
 * Names that tell a broken resolver from a broken name: the hosts of controls and of public mirrors, address literals left
 * out. A private mirror's name goes to its own resolver alone.
 */
function otherNames(config: Config): readonly string[] {
  const isPublic = ({ ecosystem, upstream }: Mirror): boolean => upstream === publicUpstream[ecosystem];
  const hosts = [...config.mirrors.filter(isPublic), ...config.controls].map(({ url }) => new URL(url).hostname);
  return [...new Set(hosts)].filter((host) => /[a-z]/i.test(host) && !host.includes(':'));
}

/** `mirrorwatch/<version> (+<contact>)`: named by who we are, so that an operator knows whom to write to. */
export function userAgentOf(config: Pick<Config, 'contact'>, version: string): string {
  return config.contact === null ? `mirrorwatch/${version}` : `mirrorwatch/${version} (+${config.contact})`;
}

function accessOf(mirror: Mirror, userAgent: string): WireAccess {
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
  };
}
