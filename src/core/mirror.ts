import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';
import type { HttpProtocol } from './transcript.ts';

/** An ecosystem: label value, config key and fixture folder. */
export type EcosystemId = string;

/** `cold`: new resolve, TCP and TLS for each probe; `warm`: a kept connection. Never mixed in one series. */
export type Connection = 'cold' | 'warm';

/** An HTTP version, and the clients that use it. */
export interface Speaks {
  readonly protocol: HttpProtocol;
  /** Ids: `go`, `uv`. */
  readonly clients: readonly string[];
  /** A setting that makes all of them speak HTTP/1.1 (`GODEBUG=http2client=0`); `null`: none. */
  readonly bypass: string | null;
}

/** One configured endpoint of one ecosystem. `name` is the label `registry`, unique in the file. */
export interface Mirror extends Upstream {
  readonly name: string;
  /** Base URL without user-info, query, fragment or trailing slash. */
  readonly url: string;
  readonly role: 'mirror' | 'origin';
  /** Preference among equals, higher first; `null`: none, ranks as 0. */
  readonly weight: number | null;
  readonly region: string | null;
  /** `small`: among equals, daemons spread over such mirrors by a hash of their vantage. */
  readonly capacity: 'small' | null;
  readonly connections: readonly Connection[];
  /** Absent: the HTTP versions that the ecosystem's clients offer. */
  readonly protocol?: 'h1' | 'h2';
  /** The HTTP versions that clients use, the leading client's first; absent: no TLS, or `protocol` names one. */
  readonly speaks?: readonly Speaks[];
  readonly access: MirrorAccess;
  readonly maintenance: readonly MaintenanceWindow[];
  readonly gaps?: Gaps;
  /** Keys of the ecosystem, as it parses them: plain data; absent: none. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** Versions that a mirror omits by design, which are no lag. */
export interface Gaps {
  /** True: no pre-releases. */
  readonly prereleases: boolean;
  /** The minimum age of a version at the mirror; 0: none. */
  readonly releaseAgeMs: number;
  /** Patterns of versions; `*` matches any text. */
  readonly without: readonly string[];
}

/** From each time of the cron expression, for this length. */
export interface MaintenanceWindow {
  readonly cron: string;
  readonly timeZone: string | null;
  readonly forMs: number;
}

/** How to reach one mirror, with the contents of all files. */
export interface MirrorAccess {
  readonly tls: TlsAccess;
  readonly auth: Auth | null;
  readonly proxy: Proxy | null;
  readonly resolve: ResolveAccess;
  /** CIDRs, addresses or host names that responses may lead to, besides public addresses. */
  readonly allowHosts: readonly string[];
}

export interface TlsAccess {
  /** Extra trust roots, PEM texts; empty: Node's own store alone. */
  readonly ca: readonly string[];
  /** Client certificate pair, PEM texts. */
  readonly client: { readonly cert: string; readonly key: Secret } | null;
  /** `sha256/<base64>` of the leaf's SubjectPublicKeyInfo (RFC 7469 section 2.4), or `null`. */
  readonly pin: string | null;
}

export interface Auth {
  readonly scheme: 'basic' | 'bearer';
  /** Empty for bearer. */
  readonly username: string;
  readonly secret: Secret;
  /** Hosts besides the mirror's own that may get these credentials. */
  readonly hosts: readonly string[];
}

export interface Proxy {
  /** `http://host:port` or `https://host:port`, without user-info. */
  readonly url: string;
  readonly auth: { readonly username: string; readonly secret: Secret } | null;
}

interface ResolveAccess {
  /** `null`: the resolver's first address. */
  readonly family: 4 | 6 | null;
  /** DNS server to use, `address` or `address:port`; `null`: the system's resolver. */
  readonly server: string | null;
}

/** The egress of a mirror as one text: proxy, resolver and family. */
export function egressOf(mirror: Pick<Mirror, 'access'>): string {
  const { proxy, resolve } = mirror.access;
  return `${proxy?.url ?? ''}|${resolve.server ?? ''}|${resolve.family ?? ''}`;
}

/** True if state of `a` is still valid for `b`. */
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

/** Mirrors of one upstream are interchangeable. */
export interface Upstream {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
}

/** The key of an upstream, in rows too. */
export function upstreamKeyOf({ ecosystem, upstream }: Upstream): string {
  return `${ecosystem}/${upstream}`;
}

/** The name of an upstream for display: one word where both are the same. */
export function upstreamNameOf(one: Upstream): string {
  return one.ecosystem === one.upstream ? one.ecosystem : upstreamKeyOf(one);
}

/** The upstreams of mirrors, each once. */
export function upstreamsOf(mirrors: readonly Upstream[]): readonly Upstream[] {
  const all = mirrors.map(({ ecosystem, upstream }): Upstream => ({ ecosystem, upstream }));
  return [...new Map(all.map((one) => [upstreamKeyOf(one), one])).values()];
}

export interface Control {
  /** `host:port` unless named in the file. */
  readonly name: string;
  /** `http:`, `https:` or `tcp:`. */
  readonly url: string;
}

/** A kind of request, as ecosystems declare; a metric label. */
export type Step = string;

/** `light`: a small response, judged by spikes and outages. `heavy`: an artifact, judged by throughput and outages. */
export type Weight = 'light' | 'heavy';

export function isHeavy({ weight }: Pick<Target, 'weight'>): boolean {
  return weight === 'heavy';
}

/** A module as configured: `latest` stays `latest`. */
export interface ModuleRef extends Upstream {
  readonly module: string;
  /** `null` where the ecosystem has no versions, or none was written. */
  readonly version: string | null;
  /** What responses must have (a hash, a size), as the ecosystem parses it: plain data; absent: none. */
  readonly expect?: unknown;
}

/** What is probed. `module` and `version` are `null` where the step has none. */
export interface Target extends Upstream {
  /** Stable and unique: `registry|module|version|step`, empty for an absent part. */
  readonly id: string;
  readonly registry: string;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
  readonly weight: Weight;
  /** What responses are verified by, for display; `null`: nothing. */
  readonly verifies: Sentence | null;
  /** True for the one target of its mirror that liveness is judged by. */
  readonly canary: boolean;
}

export function targetId(registry: string, module: string | null, version: string | null, step: Step): string {
  return `${registry}|${module ?? ''}|${version ?? ''}|${step}`;
}

/** The name of the mirror in the id of a target. */
export function registryOf(id: string): string {
  return id.slice(0, id.indexOf('|'));
}

export function seriesId(target: Pick<Target, 'id'>, connection: Connection): string {
  return `${target.id}|${connection}`;
}

/** The key of a question, the same at all mirrors. */
export function questionOf({ step, module, version }: Pick<Target, 'step' | 'module' | 'version'>): string {
  return `${step} ${module ?? ''}@${version ?? ''}`;
}

/** A module with its version for display: `module@version`, or only the module; empty: no module. */
export function refTextOf({ module, version }: Pick<Target, 'module' | 'version'>): string {
  return [module, version].filter((part) => part !== null).join('@');
}

/** A target as the API shows it. */
export function showTarget(target: Target): Omit<Target, 'weight' | 'verifies'> {
  const { id, ecosystem, upstream, registry, module, version, step, canary } = target;
  return { id, ecosystem, upstream, registry, module, version, step, canary };
}
