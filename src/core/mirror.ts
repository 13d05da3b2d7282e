import type { Secret } from './secret.ts';
import type { HttpProtocol } from './transcript.ts';

/** An ecosystem id: label value, config key and fixture folder. The registry of ecosystems lists all of them. */
export type EcosystemId = string;

/** `cold`: new resolve, TCP and TLS for each probe; `warm`: a kept connection. Never mixed in one series. */
export type Connection = 'cold' | 'warm';

/** An HTTP version, and the clients of a mirror's ecosystem that use it. */
export interface Speaks {
  readonly protocol: HttpProtocol;
  /** Their ids: `go`, `uv`. */
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
  /** Keys of the mirror for its ecosystem only, as that parses them: plain data; absent: none. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** Versions that a mirror does not have, or not yet, by decision of its operator. */
export interface Gaps {
  /** It has no pre-releases. */
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

export interface ResolveAccess {
  /** Address family to use: 4, 6, or `null` for the resolver's first address. */
  readonly family: 4 | 6 | null;
  /** DNS server to use, `address` or `address:port`; `null`: the system's resolver. */
  readonly server: string | null;
}

/** A host that is not a mirror and only shows whether this host is online. */
export interface Control {
  /** `host:port` unless named in the file. */
  readonly name: string;
  /** `http:`, `https:` or `tcp:`. */
  readonly url: string;
}
