import type { Secret } from './secret.ts';
import type { HttpProtocol } from './transcript.ts';

/** One kind of mirror: label value, config key and fixture folder alike. An opaque word here; the registry of ecosystems has them all. */
export type EcosystemId = string;

/** Fresh resolve, TCP and TLS for each probe (`cold`), or a kept connection (`warm`); never mixed in one series. */
export type Connection = 'cold' | 'warm';

/** An HTTP version, and the clients of a mirror's ecosystem that speak it. */
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
  /** Preference among equals, higher first; `null` where the file names none (ranks as 0). */
  readonly weight: number | null;
  readonly region: string | null;
  /** `small`: among equals, daemons spread over such mirrors by a hash of their vantage; `null`: no such care. */
  readonly capacity: 'small' | null;
  readonly connections: readonly Connection[];
  /** The HTTP version to speak; absent: what the ecosystem's clients offer. */
  readonly protocol?: 'h1' | 'h2';
  /** The HTTP versions that clients speak to it, the leading client's first; absent: it has no TLS, or `protocol` names one. */
  readonly speaks?: readonly Speaks[];
  readonly access: MirrorAccess;
  readonly maintenance: readonly MaintenanceWindow[];
  /** What it leaves out by design, which is no lag; absent: nothing. */
  readonly gaps?: Gaps;
  /** Keys of the mirror that its ecosystem alone reads, as it reads them: plain data; absent: none. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** Versions that a mirror does not have, or not yet, because its operator wants it so. */
export interface Gaps {
  /** It has no pre-releases. */
  readonly prereleases: boolean;
  /** It takes a version no sooner than so long after its release; 0: at once. */
  readonly releaseAgeMs: number;
  /** Versions that it never has; `*` stands for any text. */
  readonly without: readonly string[];
}

/** A planned silence: from each time the cron expression names, for so long. The zone is the schedule's. */
export interface MaintenanceWindow {
  readonly cron: string;
  readonly timeZone: string | null;
  readonly forMs: number;
}

/** How to reach one mirror. All file contents are read when the configuration is, so a worker opens no files. */
export interface MirrorAccess {
  readonly tls: TlsAccess;
  readonly auth: Auth | null;
  readonly proxy: Proxy | null;
  readonly resolve: ResolveAccess;
  /** CIDRs (`10.0.0.0/8`), single addresses or host names where answers may send us beside public addresses. */
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
  /** Hosts beside the mirror's own that may be given these credentials (`auth.hosts`). */
  readonly hosts: readonly string[];
}

export interface Proxy {
  /** `http://host:port` or `https://host:port`, without user-info. */
  readonly url: string;
  readonly auth: { readonly username: string; readonly secret: Secret } | null;
}

export interface ResolveAccess {
  /** Address family to use: 4, 6, or `null` for the resolver's first answer. */
  readonly family: 4 | 6 | null;
  /** DNS server to ask, `address` or `address:port`; `null`: the system's resolver. */
  readonly server: string | null;
}

/** Something that is not a mirror and only says whether we are online. */
export interface Control {
  /** `host:port` unless named in the file. */
  readonly name: string;
  /** `http:`, `https:` or `tcp:`. */
  readonly url: string;
}
