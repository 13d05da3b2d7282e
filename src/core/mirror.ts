import { partOf } from './part.ts';
import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';
import type { HttpProtocol } from './transcript.ts';

export type EcosystemId = string;

/** `cold`: name resolution, TCP and TLS for each probe; `warm`: a connection that is kept open between probes. */
export type Connection = 'cold' | 'warm';

/** An HTTP version, and the clients that use it. */
export interface Speaks {
  readonly protocol: HttpProtocol;
  readonly clients: readonly string[];
  /** A client setting that forces HTTP/1.1, such as `GODEBUG=http2client=0`; `null`: none. */
  readonly bypass: string | null;
}

/** One configured endpoint of one ecosystem. `name` is the label `registry`, unique in the configuration. */
export interface Mirror extends Upstream {
  readonly name: string;
  /** Base URL without user-info, query, fragment or trailing slash. */
  readonly url: string;
  readonly role: 'mirror' | 'origin';
  /** Preference among equally good mirrors: a higher weight is preferred; `null` counts as 0. */
  readonly weight: number | null;
  readonly region: string | null;
  /**
   * `small`: the mirror ranks after other mirrors of the same weight. The daemon of each place (vantage) orders small
   * mirrors differently, to spread the load.
   */
  readonly capacity: 'small' | null;
  /** True if the mirror serves private names too, so that it is no proof that a name from it is public. */
  readonly servesPrivate?: true;
  readonly connections: readonly Connection[];
  /**
   * The only HTTP version to offer; absent: the versions that the leading client (the one that advice is for) offers.
   */
  readonly protocol?: 'h1' | 'h2';
  /** The HTTP versions of clients, the leading client's first; absent: no TLS, or `protocol` is set. */
  readonly speaks?: readonly Speaks[];
  readonly access: MirrorAccess;
  readonly maintenance: readonly MaintenanceWindow[];
  readonly gaps?: Gaps;
  /** Settings of the mirror that only the ecosystem's code reads, as that code parsed them. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** Versions that a mirror omits by design. */
export interface Gaps {
  readonly prereleases: boolean;
  /** The minimum age of a version at the mirror; 0: none. */
  readonly releaseAgeMs: number;
  /** Patterns of versions; `*` matches any text. */
  readonly without: readonly string[];
}

/** A maintenance window. It begins at each time that matches the cron expression. */
export interface MaintenanceWindow {
  readonly cron: string;
  readonly timeZone: string | null;
  readonly forMs: number;
}

export interface MirrorAccess {
  readonly tls: TlsAccess;
  readonly auth: Auth | null;
  readonly proxy: Proxy | null;
  readonly resolve: ResolveAccess;
  /** Networks, addresses or host names to which responses may redirect. Public addresses need no entry. */
  readonly allowHosts: readonly string[];
}

export interface TlsAccess {
  /** Additional trust roots as PEM texts; empty: only Node's own store. */
  readonly ca: readonly string[];
  /** The client certificate and its key as PEM texts; `null`: none. */
  readonly client: { readonly cert: string; readonly key: Secret } | null;
  /**
   * The pinned key: `sha256/<base64>` of the leaf's SubjectPublicKeyInfo (RFC 7469 section 2.4); `null`: none is
   * pinned.
   */
  readonly pin: string | null;
}

export interface Auth {
  readonly scheme: 'basic' | 'bearer';
  /** The user name; empty for a bearer token. */
  readonly username: string;
  readonly secret: Secret;
  /** Hosts that may get these credentials, in addition to the mirror's own host. */
  readonly hosts: readonly string[];
}

export interface Proxy {
  /** The proxy's URL: `http://host:port` or `https://host:port`, without user-info. */
  readonly url: string;
  readonly auth: { readonly username: string; readonly secret: Secret } | null;
}

export interface ResolveAccess {
  /** The only address family to use; `null`: no restriction. */
  readonly family: 4 | 6 | null;
  /** The DNS server, as `address` or `address:port`; `null`: the system's resolver. */
  readonly server: string | null;
}

/** Returns the egress of a mirror (proxy, resolver and address family) as one text, for comparison. */
export function egressOf(mirror: Pick<Mirror, 'access'>): string {
  const { proxy, resolve } = mirror.access;
  return `${proxy?.url ?? ''}|${resolve.server ?? ''}|${resolve.family ?? ''}`;
}

export function hasProxy(egress: string): boolean {
  return !egress.startsWith('|');
}

/**
 * True if measurements of `a` are also valid for `b`: both have the same name, upstream, URL, egress and connections.
 */
export function isSameMirror(a: Mirror, b: Mirror): boolean {
  return (
    a.name === b.name &&
    a.ecosystem === b.ecosystem &&
    a.upstream === b.upstream &&
    a.url === b.url &&
    egressOf(a) === egressOf(b) &&
    a.connections.join() === b.connections.join()
  );
}

/** The service or registry that a mirror copies. Mirrors of one upstream are interchangeable. */
export interface Upstream {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
}

/** Returns `<ecosystem>/<upstream>`, the key of an upstream. */
export function upstreamKeyOf({ ecosystem, upstream }: Upstream): string {
  return `${ecosystem}/${upstream}`;
}

/** Formats an upstream for display: `<ecosystem>/<upstream>`, or one word if both are equal. */
export function upstreamNameOf(one: Upstream): string {
  return one.ecosystem === one.upstream ? one.ecosystem : upstreamKeyOf(one);
}

export function upstreamsOf(mirrors: readonly Upstream[]): readonly Upstream[] {
  const all = mirrors.map(({ ecosystem, upstream }): Upstream => ({ ecosystem, upstream }));
  return [...new Map(all.map((one) => [upstreamKeyOf(one), one])).values()];
}

export interface Control {
  /** The configured name, else `host:port`. */
  readonly name: string;
  /** A URL with the scheme `http:`, `https:` or `tcp:`. */
  readonly url: string;
}

/** A kind of request that an ecosystem declares; a metric label. */
export type Step = string;

/** What a request transfers. `light`: a small response; `heavy`: an artifact. */
export type Weight = 'light' | 'heavy';

export function isHeavy({ weight }: Pick<Target, 'weight'>): boolean {
  return weight === 'heavy';
}

/** A module as configured. The version `latest` is not resolved. */
export interface ModuleRef extends Upstream {
  readonly module: string;
  /** The version; `null`: the ecosystem has no versions, or none was configured. */
  readonly version: string | null;
  /** What responses must contain, such as a hash or a size, as the ecosystem parsed it; absent: no requirement. */
  readonly expect?: unknown;
  /** True: only lock files name the module. Somebody may have edited such a file. */
  readonly isOfLock?: true;
}

/** What a probe tests. `module` and `version` are `null` if the step has none. */
export interface Target extends Upstream {
  /** Stable and unique: `registry|module|version|step`. The text of an absent part is empty. */
  readonly id: string;
  readonly registry: string;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
  readonly weight: Weight;
  /** What responses are verified against, for display; `null`: nothing. */
  readonly verifies: Sentence | null;
  /** True for the target that decides whether its mirror is up. */
  readonly canary: boolean;
}

/** True for a version that is the digest of its content, such as `sha256:…`. */
export function isDigest(version: string | null): boolean {
  return version !== null && /^sha\d+:/.test(version);
}

export function targetId(registry: string, module: string | null, version: string | null, step: Step): string {
  return `${registry}|${module ?? ''}|${version ?? ''}|${step}`;
}

export function registryOf(id: string): string {
  return id.slice(0, id.indexOf('|'));
}

export function seriesId(target: Pick<Target, 'id'>, connection: Connection): string {
  return `${target.id}|${connection}`;
}

/**
 * Returns a key made of step, module and version. Targets of different mirrors with the same request have the same key.
 */
export function questionOf({ step, module, version }: Pick<Target, 'step' | 'module' | 'version'>): string {
  return `${step} ${module ?? ''}@${version ?? ''}`;
}

/** Formats a module as `module@version`, or only its name; empty: no module. */
export function refTextOf({ module, version }: Pick<Target, 'module' | 'version'>): string {
  return [module, version].filter((part) => part !== null).join('@');
}

export function showTarget(target: Target): Omit<Target, 'weight' | 'verifies'> {
  return partOf(target, 'id', 'ecosystem', 'upstream', 'registry', 'module', 'version', 'step', 'canary');
}
