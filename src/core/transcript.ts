import type { WholeBody } from './body.ts';
import type { Outcome, Phase, ProbeFailure } from './failure.ts';
import type { Sentence } from './result.ts';

/** One request of a conversation: GET or HEAD. */
export interface Ask {
  readonly url: string;
  /** `HEAD`: the head alone, a body is not sent; absent: GET. */
  readonly method?: 'HEAD';
  /**
   * Extra request headers, lower-case names. The wire adds User-Agent and credentials. `accept-encoding` only where
   * clients offer encodings and the body is read whole and decoded; absent: `identity`.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** True for a preliminary request (resolving `latest`, a token): recorded, but not part of the probe's time. */
  readonly aside?: boolean;
  /** True if the URL came from a response: the guard of design.md section 6 then checks the first hop too. */
  readonly foreign?: boolean;
  /** Cap on the body in bytes; a longer body is `oversize`. */
  readonly bodyBytesMax: number;
  /**
   * Sends nothing: this machine verifies a signature over the bytes from `url`; the verifier's output is the response's
   * body.
   */
  readonly check?: SignatureCheck;
  /** Stops reading after this many bytes and counts the response as complete (for throughput samples). */
  readonly stopAfterBytes?: number;
  /** The body is not decoded, whatever `Content-Encoding` says, because the client stores it so. Absent: decoded. */
  readonly asSent?: true;
  /**
   * The body may be too long for memory: above `limits.bodyHeldBytes` the response has its beginning, and `whole`. A body with
   * an encoding that was not requested is held in memory; above `limits.bodyHeldBytesMax` it is `oversize`.
   */
  readonly large?: true;
  /**
   * Sends nothing and gets no response: runs work that would block the thread for long, and yields to the event loop
   * once.
   */
  readonly work?: () => Promise<void>;
}

/** A file, and the keys that it must be signed by. */
export interface SignatureCheck {
  /** Absolute path of the operator's OpenPGP keyring. */
  readonly keyring: string;
  readonly signed: Uint8Array;
  /** A detached signature; absent: `signed` contains its signature. */
  readonly signature?: Uint8Array;
}

/** The response as the conversation gets it: redirects are followed, and the body is complete, or it is a failure. */
export type Answer =
  | {
      readonly tag: 'answered';
      readonly status: number;
      /** Lower-case names; repeated headers joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /** The whole body if `body` is only the beginning of a `large` one; valid until the conversation ends. */
      readonly whole?: WholeBody;
      /** The URL of the last hop, credentials masked. */
      readonly finalUrl: string;
      /** Milliseconds over all hops: for connecting, and from then on to the last byte; absent: not timed. */
      readonly took?: { readonly connectMs: number; readonly answerMs: number };
    }
  | { readonly tag: 'failed'; readonly failure: ProbeFailure }
  | { readonly tag: 'unknown'; readonly because: 'proxy' | 'resolver' | 'local' | 'defect'; readonly code: string };

/** The first bytes and the length of a body. */
export interface Seen {
  readonly bytes: number;
  readonly firstHex: string;
}

/**
 * The contents that a mutable response lists, for freshness: compared between mirrors and over time. Fields that it does not
 * have are absent; each field is bounded, however long the response is.
 */
export interface Contents {
  /**
   * The listed versions, in the one spelling that all mirrors share: how many, the newest `limits.contentVersions` of them
   * by the ecosystem's order (the newest last), and the pre-releases among those.
   */
  readonly versions?: {
    readonly count: number;
    readonly newest: readonly string[];
    readonly pre: readonly string[];
  };
  /** The version or digest of each tag; at most `limits.contentTags`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** A number that never falls: of records in a log, or of the last change. */
  readonly serial?: number;
  /** The date that the content itself states, wall milliseconds; never that of a header. */
  readonly modifiedAtMs?: number;
}

/** Facts that a conversation learns in addition to its verdict; all optional, all small. */
export interface Facts {
  /** The version that `latest` resolved to. */
  readonly resolvedVersion?: string;
  /** An optional endpoint is not offered: ok, but nothing was read. */
  readonly notOffered?: boolean;
  /** Valid versions of a list: how many, and the newest; `null` of none. */
  readonly listed?: { readonly count: number; readonly newest: string | null };
  /** The contents that the response lists; removed after the comparison. */
  readonly contents?: Contents;
  /** An immutable response was verified against a pinned or signed hash. `against` names the authority. */
  readonly verified?: {
    readonly algorithm: string;
    readonly digest: string;
    /** `pinned`, or the ecosystem's word for another authority. */
    readonly against: string;
  };
  /**
   * A digest without an authority, which can only be compared between mirrors: algorithm and value. `of`: what was hashed, if
   * module and version are not enough (a file's name, its date); only digests with the same `of` are compared.
   */
  readonly compared?: { readonly algorithm: string; readonly digest: string; readonly of?: string };
  /** The body whose digest is named: its length, and its first bytes as hex, at most `limits.bytesShown`. */
  readonly seen?: Seen;
  /** The result of verifying the authority's signature over this response; absent: there is none, and none is required. */
  readonly signature?: Signature;
  /** Size and root of a signed tree head, for lag in records and consistency. */
  readonly treeHead?: { readonly name: string; readonly size: number; readonly rootBase64: string };
  /**
   * The number of records at the relayed authority itself, requested in the same probe; `null`: it cannot be reached from
   * here; absent: not requested.
   */
  readonly authority?: { readonly name: string; readonly size: number | null };
  /** The time that a client spends on requests to the authority, measured from here. */
  readonly authorityCost?: AuthorityCost;
  /** Two contradicting signed statements of one authority, in full. */
  readonly forked?: { readonly name: string; readonly statements: readonly [string, string] };
  /**
   * Hashes confirmed by an authority's own signature, in the form of `ProbeContext.pinned`: they may be pinned.
   */
  readonly logged?: Readonly<Record<string, string>>;
  /** Facts for its own ecosystem only (`learn`), small; never used as labels. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** The facts that are kept and shown of a probe: without contents, which are only compared. */
export function dropContents({ contents: _, ...kept }: Facts): Facts {
  return kept;
}

/** How a conversation ends. */
export interface Verdict {
  readonly outcome:
    | Extract<Outcome, { tag: 'ok' | 'failed' }>
    | { readonly tag: 'unknown'; readonly because: 'proxy' | 'resolver' | 'local' | 'defect' };
  readonly facts: Facts;
}

/** Times of one hop on the monotonic clock, milliseconds. An event that did not happen is absent. */
export interface Marks {
  /** Just before the hop's first action; for hop 2 and later the end of the hop before (time between belongs here). */
  readonly start: number;
  /** The name is resolved. Absent for address literals and reused connections. */
  readonly resolved?: number;
  /** TCP is up; behind a proxy also TLS to it and CONNECT. */
  readonly connected?: number;
  /** The TLS handshake with the mirror is done. */
  readonly secured?: number;
  /** First byte of the response head. */
  readonly firstByte?: number;
  /** Last byte of the body, or the instant of failure. */
  readonly end: number;
}

/** Facts of the handshake, recorded also when verification failed; absent when the handshake itself failed. */
export interface TlsFacts {
  readonly version: string;
  readonly cipher: string;
  /** Common name or organisation of the issuer, at most 80 characters. */
  readonly issuer: string;
  /** Wall milliseconds; `null` where the certificate could not be read. */
  readonly expiresAtMs: number | null;
  readonly spkiSha256: string | null;
  readonly resumed: boolean;
  /** Node's verdict code, or `null` when it verified. */
  readonly authorizationCode: string | null;
}

/** The fault that ended a hop before its response was complete: our own kind, and the code of the runtime. */
export interface WireFault {
  /**
   * `err.code` of the runtime, or one of our own codes, which begin with `MW_` (`MW_DEADLINE`, `MW_H2_RESET`).
   * `probe/classify.ts` lists all of them.
   */
  readonly code: string;
  /** Phase in which it happened, by the marks. */
  readonly phase: Phase;
  /** Static text or OpenSSL reason; never a body, at most 200 characters. */
  readonly text: string;
  /** `text` for any language; absent: only in English, or not our text. */
  readonly sentence?: Sentence;
  readonly bytesRead: number;
  /** Only for `timeout`s: the limit that was hit. */
  readonly limitMs?: number;
  /** For a failed resolve: whether another name resolved through the same resolver at the same time; `null`: not tried. */
  readonly resolverAnswersOthers?: boolean | null;
}

/** The version of HTTP that a connection speaks. */
export type HttpProtocol = '1.1' | '2';

/** One request and its response, as sent. Serializable as JSON; has no body and no secrets. */
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
  /** Absent: no connection came about, or an older release stored it. */
  readonly protocol?: HttpProtocol;
  /** The server did not take the request at first and it was sent again: REFUSED_STREAM, or GOAWAY before our stream. */
  readonly repeated?: 'refused_stream' | 'goaway';
  /** Absent: GET, or an older release stored it. */
  readonly method?: 'HEAD';
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly status: number | null;
  /** Response headers, secrets redacted (`set-cookie`, `www-authenticate` tokens …), at most `limits.headersKept`. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Body bytes as received, after transfer decoding. */
  readonly bodyBytes: number;
  /** When `limits.slowStartBytes` of the body had arrived (monotonic), and the bytes by then; absent: a shorter body. */
  readonly ramp?: { readonly atMs: number; readonly bytes: number };
  readonly fault: WireFault | null;
}

/** The whole conversation of one probe: every hop in order, asides included, and how it ended. */
export interface Transcript {
  readonly probeId: string;
  readonly startedAtMs: number;
  readonly startedMonotonicMs: number;
  readonly hops: readonly Hop[];
  readonly verdict: Verdict;
  /** First line of an error body, printable, at most 200 characters; `masked_upstream` is detected in it. */
  readonly errorLine: string | null;
  /** Worst event-loop delay of the worker between start and end, milliseconds. */
  readonly loopDelayMsMax: number;
  /** Which worker ran it. */
  readonly worker: number;
}

/**
 * The cost for a client with an empty cache of verifying one artifact against an authority, besides the artifact itself:
 * requests, and waiting time in milliseconds.
 */
export interface Cost {
  readonly requests: number;
  readonly ms: number;
}

/** The cost of verification over each way to the authority. A client with verification switched off has none. */
export interface AuthorityCost {
  /** Through the mirror's relay, over the client's existing connection to it; `null`: the mirror has no relay. */
  readonly relayed: Cost | null;
  /** From the authority itself, over a connection of its own; `null`: not reachable from here, or not probed. */
  readonly direct: Cost | null;
}

/** The result of checking an authority's own signature over a response. Closed. A wrong signature is a `mismatch`. */
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
  | 'no_tool';

/** A signature over a response as far as it could be checked. */
export interface Signature {
  readonly state: SignatureState;
  /** The authority's name of the key: a label, at most `limits.keyNameChars` printable characters; `null`: none. */
  readonly key: string | null;
}
