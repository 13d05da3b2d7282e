import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';
import type { HttpProtocol } from './transcript.ts';

/** An ecosystem id: label value, config key and fixture folder. The registry of ecosystems lists all of them. */
export type EcosystemId = string;

/** `cold`: new resolve, TCP and TLS for each probe; `warm`: a kept connection. Never mixed in one series. */
export type Connection = 'cold' | 'warm';

/** An HTTP version, and the clients of a mirror's ecosystem that use it. */
export interface Speaks {
  readonly protocol: HttpProtocol;
  /** Ids of these clients: `go`, `uv`. */
  readonly clients: readonly string[];
  /** A setting that makes them speak HTTP/1.1 instead (`GODEBUG=http2client=0`); `null`: there is none for all of them. */
  readonly bypass: string | null;
}

/** One configured endpoint of one ecosystem. `name` is the label `registry`, unique in the file. */
export interface Mirror {
  readonly name: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  /** Base URL without user-info, query, fragment or trailing slash; shown to people as it is. */
  readonly url: string;
  readonly role: 'mirror' | 'origin';
  /** Preference among equals, higher first; `null` if the file has none (ranks as 0). */
  readonly weight: number | null;
  readonly region: string | null;
  /** `small`: among equals, daemons spread over such mirrors by a hash of their vantage; `null`: they do not. */
  readonly capacity: 'small' | null;
  readonly connections: readonly Connection[];
  /** The HTTP version to use; absent: those that the ecosystem's clients offer. */
  readonly protocol?: 'h1' | 'h2';
  /**
   * The HTTP versions that clients use with it, the leading client's first; absent: it has no TLS, or `protocol` names
   * one.
   */
  readonly speaks?: readonly Speaks[];
  readonly access: MirrorAccess;
  readonly maintenance: readonly MaintenanceWindow[];
  /** Versions it omits by design, which are no lag; absent: none. */
  readonly gaps?: Gaps;
  /** The mirror's keys that only its ecosystem knows, as the ecosystem parses them: plain data; absent: none. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** Versions that a mirror does not have, or not yet, by decision of its operator. */
export interface Gaps {
  /** True: the mirror has no pre-releases. */
  readonly prereleases: boolean;
  /** The minimum age of a version at the mirror after its release; 0: none. */
  readonly releaseAgeMs: number;
  /** Versions that it never has; `*` matches any text. */
  readonly without: readonly string[];
}

/** A planned maintenance: from each time of the cron expression, for this length. The time zone is the schedule's. */
export interface MaintenanceWindow {
  readonly cron: string;
  readonly timeZone: string | null;
  readonly forMs: number;
}

/** How to reach one mirror. All files are read with the configuration, so a worker opens none. */
export interface MirrorAccess {
  readonly tls: TlsAccess;
  readonly auth: Auth | null;
  readonly proxy: Proxy | null;
  readonly resolve: ResolveAccess;
  /** CIDRs (`10.0.0.0/8`), single addresses or host names that responses may redirect to, besides public addresses. */
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
  /** Hosts besides the mirror's own that may get these credentials (`auth.hosts`). */
  readonly hosts: readonly string[];
}

export interface Proxy {
  /** `http://host:port` or `https://host:port`, without user-info. */
  readonly url: string;
  readonly auth: { readonly username: string; readonly secret: Secret } | null;
}

interface ResolveAccess {
  /** Address family to use: 4, 6, or `null` for the resolver's first address. */
  readonly family: 4 | 6 | null;
  /** DNS server to use, `address` or `address:port`; `null`: the system's resolver. */
  readonly server: string | null;
}

/** The egress of a mirror: proxy, resolver and family as one text. Egresses are judged separately. */
export function egressOf(mirror: Pick<Mirror, 'access'>): string {
  const { proxy, resolve } = mirror.access;
  return `${proxy?.url ?? ''}|${resolve.server ?? ''}|${resolve.family ?? ''}`;
}

/** True if state of `a` is still valid for `b`: name, upstream, URL, egress and kinds of connection are the same. */
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

/** What mirrors are copies of: those of one upstream are interchangeable. */
export interface Upstream {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
}

/** The key of an upstream, in rows too, and its full name: `ecosystem/upstream`. */
export function upstreamKeyOf({
  ecosystem,
  upstream,
}: {
  readonly ecosystem: string;
  readonly upstream: string;
}): string {
  return `${ecosystem}/${upstream}`;
}

/** The name of an upstream for display: that of the ecosystem alone where both are the same. */
export function upstreamNameOf(one: { readonly ecosystem: string; readonly upstream: string }): string {
  return one.ecosystem === one.upstream ? one.ecosystem : upstreamKeyOf(one);
}

/** The upstreams of mirrors, each once, in their order. */
export function upstreamsOf(mirrors: readonly Upstream[]): readonly Upstream[] {
  const all = mirrors.map(({ ecosystem, upstream }): Upstream => ({ ecosystem, upstream }));
  return [...new Map(all.map((one) => [upstreamKeyOf(one), one])).values()];
}

/** A host that is not a mirror and only shows whether this host is online. */
export interface Control {
  /** `host:port` unless named in the file. */
  readonly name: string;
  /** `http:`, `https:` or `tcp:`. */
  readonly url: string;
}

/** One kind of request of an ecosystem's protocol; the label `step`. The ecosystems declare the closed set. */
export type Step = string;

/** `light`: a small response, judged by spikes and outages. `heavy`: an artifact, judged by throughput and outages. */
export type Weight = 'light' | 'heavy';

/**
 * True for steps that fetch an artifact: judged by throughput and outage, never by spikes; the first to stop over budget.
 */
export function isHeavy({ weight }: Pick<Target, 'weight'>): boolean {
  return weight === 'heavy';
}

/** A module as configured: its version is not resolved (`latest` stays `latest`). */
export interface ModuleRef {
  readonly ecosystem: EcosystemId;
  /** The upstream it belongs to: the ecosystem's public one, or a named one. */
  readonly upstream: string;
  readonly module: string;
  /** `null` where the ecosystem has no versions, or none was written. */
  readonly version: string | null;
  /** What the configuration expects of responses (a hash, a size), as the ecosystem parses it: plain data; absent: none. */
  readonly expect?: unknown;
}

/** What is probed: (mirror, module, version, step). `module` and `version` are `null` where the step has none. */
export interface Target {
  /** Stable and unique: `registry|module|version|step`, empty for an absent part. */
  readonly id: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly registry: string;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
  /** The weight of the step, as the ecosystem declares it. */
  readonly weight: Weight;
  /** What responses are verified by, for display, as the ecosystem declares it; `null`: nothing. */
  readonly verifies: Sentence | null;
  /** True for the one target of its mirror that liveness is judged by. */
  readonly canary: boolean;
}

/** The stable id of a target. */
export function targetId(registry: string, module: string | null, version: string | null, step: Step): string {
  return `${registry}|${module ?? ''}|${version ?? ''}|${step}`;
}

/** The name of the mirror in the id of a target. */
export function registryOf(id: string): string {
  return id.slice(0, id.indexOf('|'));
}

/** The id of one series of a target: cold and warm are never mixed. */
export function seriesId(target: Pick<Target, 'id'>, connection: Connection): string {
  return `${target.id}|${connection}`;
}

/** The key of a question: responses of several mirrors to one question are compared. */
export function questionOf({ step, module, version }: Pick<Target, 'step' | 'module' | 'version'>): string {
  return `${step} ${module ?? ''}@${version ?? ''}`;
}

/** A module with its version for display: `module@version`, or only the module; empty: no module. */
export function refTextOf({ module, version }: Pick<Target, 'module' | 'version'>): string {
  return [module, version].filter((part) => part !== null).join('@');
}

/** A target as the API shows it: without the fields that only the daemon's stages use. */
export function showTarget(target: Target): Omit<Target, 'weight' | 'verifies'> {
  const { id, ecosystem, upstream, registry, module, version, step, canary } = target;
  return { id, ecosystem, upstream, registry, module, version, step, canary };
}
