import type { WholeBody } from './body.ts';
import type { Outcome, Phase, ProbeFailure } from './failure.ts';
import type { Sentence } from './result.ts';

export interface ProbeRequest {
  readonly url: string;
  /** The HTTP method; absent: GET. */
  readonly method?: 'HEAD';
  /**
   * Headers with lower-case names. User-Agent and credentials are added when the request is sent. Without
   * `accept-encoding`, `identity` is sent.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** True for a preliminary request, for example for a token. It is not part of the probe's time. */
  readonly aside?: boolean;
  /** True if the URL came from a response. Its address is then checked before connecting (SSRF). */
  readonly foreign?: boolean;
  /** The maximum size of the body, bytes. A longer body fails as `oversize`. */
  readonly bodyBytesMax: number;
  /**
   * If set, no request is sent. Instead, a local program verifies a signature, and its output is the response's body.
   */
  readonly check?: SignatureCheck;
  /** After this many bytes the response counts as complete. */
  readonly stopAfterBytes?: number;
  /** True: the body is not decoded, because real clients store it as it was sent. */
  readonly asSent?: true;
  /**
   * True: if the body is longer than `limits.bodyHeldBytes`, the response has its beginning in `body` and all of it in
   * `whole`.
   */
  readonly large?: true;
  /** If set, no request is sent. Instead, this function runs a computation that would block the thread for long. */
  readonly work?: () => Promise<void>;
}

/** A file, and the keys that it must be signed by. */
export interface SignatureCheck {
  /** Absolute path of the operator's OpenPGP keyring. */
  readonly keyring: string;
  readonly signed: Uint8Array;
  /** The detached signature; absent: `signed` contains its signature. */
  readonly signature?: Uint8Array;
}

export type ProbeResponse =
  | {
      readonly tag: 'answered';
      readonly status: number;
      /** The response headers with lower-case names. Repeated headers are joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /**
       * The complete body if `large` was set and `body` is only the beginning; valid until the conversation (the probe)
       * ends.
       */
      readonly whole?: WholeBody;
      /** The URL after redirects, with credentials masked. */
      readonly finalUrl: string;
      /**
       * The time to open the connections, and the time of the responses over them, each summed over all hops; absent:
       * no time was measured.
       */
      readonly took?: { readonly connectMs: number; readonly answerMs: number };
    }
  | { readonly tag: 'failed'; readonly failure: ProbeFailure }
  | { readonly tag: 'unknown'; readonly because: 'resolver' | 'local' | 'defect'; readonly code: string };

export interface Seen {
  readonly bytes: number;
  /** The first bytes, lower-case hex; empty: the mirror has credentials, so no text of its bodies is stored. */
  readonly firstHex: string;
}

/** How an artifact begins. */
export interface Beginning {
  /** The SHA-256 of the first `limits.peekBytes` bytes, lower-case hex. */
  readonly digest: string;
  /** The length of the whole artifact; `null`: it was not read to its end, and the mirror does not state the length. */
  readonly bytes: number | null;
}

/** The entries of a mutable response (such as a version list), for comparison between mirrors and over time. */
export interface Contents {
  /**
   * `newest`: the newest versions, spelt in the same way for all mirrors, the newest last; `pre`: the pre-releases
   * among them; `yanked`: those among them that the response marks as withdrawn, absent: none.
   */
  readonly versions?: {
    readonly count: number;
    readonly newest: readonly string[];
    readonly pre: readonly string[];
    readonly yanked?: readonly string[];
  };
  readonly tags?: Readonly<Record<string, string>>;
  /** A number that only grows at the source, such as the number of records. */
  readonly serial?: number;
  /** When the contents were modified, as the body (not a header) states it; wall milliseconds. */
  readonly modifiedAtMs?: number;
}

/**
 * What a file that people can edit (a lock file, the configuration) says about the bytes of a response. Such a file is
 * weaker evidence than signatures, and than several mirrors that agree.
 */
export interface FileWord {
  /** The expected hash, as the file states it; for a key: what the key should have signed. */
  readonly want: string;
  /** `overruled`: an authority (a checksum database, a signature) confirms other bytes than the file. */
  readonly says: 'right' | 'wrong' | 'overruled';
  /** True if the decision is that of a key which a file states: the file may be edited, and the key be another one. */
  readonly isKey?: true;
  /**
   * True if the decision is about this copy alone: the file is beside the bytes, on the same mirror, or the bytes are
   * wrong without the file too, such as a zip that cannot be read.
   */
  readonly isOfCopy?: true;
}

export type Offers = Readonly<Record<string, boolean | null>>;

export interface Facts {
  /** The version that `latest` resolved to. */
  readonly resolvedVersion?: string;
  /** True if the mirror does not offer an optional endpoint. The outcome is ok nevertheless. */
  readonly notOffered?: boolean;
  /** True if the mirror serves the artifact of a version that its index lacks. */
  readonly isUnlisted?: true;
  /** The valid versions in a version list; `newest` is `null` for an empty list. */
  readonly listed?: { readonly count: number; readonly newest: string | null };
  readonly contents?: Contents;
  /** The pinned or signed hash that an immutable response was verified against. */
  readonly verified?: {
    readonly algorithm: string;
    readonly digest: string;
    /** The source of the hash: `pinned`, or the ecosystem's name of an authority. */
    readonly against: string;
  };
  /** Absent: no editable file names these bytes, or it names those that an authority confirms. */
  readonly file?: FileWord;
  /**
   * A digest to compare between mirrors. `of`: what was hashed; only digests with the same `of` are compared. `fitsSum`:
   * the mirror serves a checksum beside the bytes, and it fits.
   */
  readonly compared?: {
    readonly algorithm: string;
    readonly digest: string;
    readonly of?: string;
    readonly fitsSum?: true;
  };
  /**
   * An artifact that an index names. `step`: the step that fetches the artifact; `at`: a digest of its location, which
   * changes if the artifact moves.
   */
  readonly artifact?: { readonly step: string; readonly at: string };
  /** The length and first bytes of the hashed body. */
  readonly seen?: Seen;
  /** How the artifact begins; absent: it was not downloaded, or may change without a new version. */
  readonly begins?: Beginning;
  /** The result of checking the authority's signature; absent: not checked. */
  readonly signature?: Signature;
  /** A text about what was not checked, and why; absent: everything was checked. */
  readonly unchecked?: Sentence;
  /**
   * What the response has for clients that go further than a download, by the name of the capability. `true`: it has it;
   * `false`: it cannot have it, such as a page in HTML; `null`: it has none, but perhaps the item has none anywhere.
   */
  readonly offers?: Offers;
  /** A text about a client that refuses this response, although others accept it; absent: none is known. */
  readonly refused?: Sentence;
  /** The signed tree head of a checksum database. */
  readonly treeHead?: { readonly name: string; readonly size: number; readonly rootBase64: string };
  /**
   * The number of records in the authority's own database. `size` is `null` if the database is not reachable from
   * here. Absent: no request was sent.
   */
  readonly authority?: { readonly name: string; readonly size: number | null };
  readonly authorityCost?: AuthorityCost;
  /** Two signed statements of one authority that contradict each other, in full. */
  readonly forked?: { readonly name: string; readonly statements: readonly [string, string] };
  /** Hashes that an authority has signed, with keys and values as in `ProbeContext.pinned`. */
  readonly logged?: Readonly<Record<string, string>>;
  /** Facts that only the ecosystem's own code reads. */
  readonly own?: Readonly<Record<string, unknown>>;
}

export function dropContents({ contents: _, ...kept }: Facts): Facts {
  return kept;
}

export interface Verdict {
  readonly outcome:
    | Extract<Outcome, { tag: 'ok' | 'failed' }>
    | { readonly tag: 'unknown'; readonly because: 'resolver' | 'local' | 'defect' };
  readonly facts: Facts;
}

/** Monotonic times of one hop; an event that did not happen is absent. */
export interface Marks {
  /** The start of the hop. If the previous hop is of the same kind (timed or aside), this is the end of that hop. */
  readonly start: number;
  readonly resolved?: number;
  /**
   * When the TCP connection was open. With a proxy, this includes TLS to an https proxy, and CONNECT for an https
   * target.
   */
  readonly connected?: number;
  readonly secured?: number;
  readonly firstByte?: number;
  /** When the last byte of the body arrived, or when the hop failed. */
  readonly end: number;
}

/** Facts of a TLS handshake, also if verification failed. */
export interface TlsFacts {
  readonly version: string;
  readonly cipher: string;
  /** Common name or organisation of the issuer, at most 80 characters. */
  readonly issuer: string;
  /** When the certificate expires, wall milliseconds; `null`: the certificate could not be read. */
  readonly expiresAtMs: number | null;
  readonly spkiSha256: string | null;
  readonly resumed: boolean;
  /**
   * Node's error code of the certificate check; `null`: chain, dates and name are valid. The pin is checked separately.
   */
  readonly authorizationCode: string | null;
}

export interface WireFault {
  /** The error code: `err.code` of Node, or one of our own codes, which begin with `MW_`. */
  readonly code: string;
  readonly phase: Phase;
  /** A text of this program, or OpenSSL's reason; at most 200 characters. */
  readonly text: string;
  /** `text` as a key and values, to render it in any language; absent: only English exists. */
  readonly sentence?: Sentence;
  readonly bytesRead: number;
  /** The limit that was exceeded. Only for timeouts. */
  readonly limitMs?: number;
  /** If the name did not resolve: whether another name resolved at the same time; `null`: not tried. */
  readonly resolvesOthers?: boolean | null;
}

export type HttpProtocol = '1.1' | '2';

/** One request and its response, without body and secrets. */
export interface Hop {
  readonly url: string;
  readonly aside: boolean;
  readonly marks: Marks;
  readonly reused: boolean;
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  readonly family: 4 | 6 | null;
  readonly proxy: string | null;
  readonly tls: TlsFacts | null;
  /** The HTTP version of the connection; absent: there was no connection, or the row is from an older release. */
  readonly protocol?: HttpProtocol;
  /** Why HTTP/2 sent the request again: REFUSED_STREAM, or a GOAWAY that excludes the stream. Absent: neither. */
  readonly repeated?: 'refused_stream' | 'goaway';
  /** The HTTP method; absent: GET. */
  readonly method?: 'HEAD';
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly status: number | null;
  /** At most `limits.headersKept` response headers, with secrets redacted. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /**
   * The length of the body as it was received: the transfer encoding is decoded, the content encoding (gzip) is not.
   */
  readonly bodyBytes: number;
  /**
   * When `limits.slowStartBytes` had arrived (monotonic), and the number of bytes at that time; absent: the body is
   * shorter.
   */
  readonly ramp?: { readonly atMs: number; readonly bytes: number };
  readonly fault: WireFault | null;
}

export interface Transcript {
  readonly probeId: string;
  readonly startedAtMs: number;
  readonly startedMonotonicMs: number;
  readonly hops: readonly Hop[];
  readonly verdict: Verdict;
  /**
   * The first line of an error body, or of the message of our own defect: printable, at most 200 characters; `null`:
   * none, or the mirror has credentials.
   */
  readonly errorLine: string | null;
  /** The longest delay of the thread's event loop during the probe. */
  readonly loopDelayMsMax: number;
  /** The sum of the event-loop delays since the start of the probe. Present only if a body transfer timed out. */
  readonly loopDelayMsSum?: number;
  readonly worker: number;
}

/** What one lookup in the database of an authority (a checksum database) costs a client with an empty cache. */
export interface Cost {
  readonly requests: number;
  readonly ms: number;
}

/**
 * What the verification of hashes at an authority (such as a checksum database) costs a client: through the mirror, if
 * the mirror relays requests to the authority, and directly.
 */
export interface AuthorityCost {
  /** The cost through the mirror; `null`: the mirror relays no requests to the authority. */
  readonly relayed: Cost | null;
  /**
   * The cost at the authority itself; `null`: no request was sent to the authority from here, or the request failed.
   */
  readonly direct: Cost | null;
}

/** The result of checking a signature. A wrong signature is a `mismatch` instead. */
export type SignatureState =
  | 'valid'
  | 'no_key'
  | 'unknown_key'
  | 'expired_key'
  | 'revoked_key'
  | 'undated'
  | 'expired'
  | 'unsupported'
  | 'unsigned'
  | 'unlisted'
  | 'no_tool';

export interface Signature {
  readonly state: SignatureState;
  /** The name of the key, at most `limits.keyNameChars` printable characters; `null`: none. */
  readonly key: string | null;
}
