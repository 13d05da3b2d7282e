import type { WholeBody } from './body.ts';
import type { Outcome, Phase, ProbeFailure } from './failure.ts';
import type { Sentence } from './result.ts';

/** One request of a conversation: GET or HEAD. */
export interface Ask {
  readonly url: string;
  /** Absent: GET. */
  readonly method?: 'HEAD';
  /** Lower-case names; the wire adds User-Agent and credentials. Absent `accept-encoding`: `identity`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** True for a preliminary request (a token): recorded, but no part of the probe's time. */
  readonly aside?: boolean;
  /** True if the URL came from a response: the guard checks the first hop too (design.md section 6). */
  readonly foreign?: boolean;
  /** A longer body is `oversize`. */
  readonly bodyBytesMax: number;
  /** Sends nothing: this machine verifies a signature over the bytes from `url`; `body` is the verifier's output. */
  readonly check?: SignatureCheck;
  /** After this many bytes the response counts as complete. */
  readonly stopAfterBytes?: number;
  /** The body is not decoded, because the client stores it as sent. */
  readonly asSent?: true;
  /** A body above `limits.bodyHeldBytes` comes as a beginning and `whole`; one that is decoded must fit into memory. */
  readonly large?: true;
  /** Sends nothing: runs work that would block the thread for long, and yields to the event loop once. */
  readonly work?: () => Promise<void>;
}

/** A file, and the keys that it must be signed by. */
export interface SignatureCheck {
  /** Absolute path of the operator's OpenPGP keyring. */
  readonly keyring: string;
  readonly signed: Uint8Array;
  /** Absent: `signed` contains its signature. */
  readonly signature?: Uint8Array;
}

/** The response as a conversation gets it, after redirects. */
export type Answer =
  | {
      readonly tag: 'answered';
      readonly status: number;
      /** Lower-case names; repeated headers joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /** Of a `large` body, where `body` is only the beginning; valid until the conversation ends. */
      readonly whole?: WholeBody;
      /** Credentials masked. */
      readonly finalUrl: string;
      /** Over all hops; absent: not timed. */
      readonly took?: { readonly connectMs: number; readonly answerMs: number };
    }
  | { readonly tag: 'failed'; readonly failure: ProbeFailure }
  | { readonly tag: 'unknown'; readonly because: 'proxy' | 'resolver' | 'local' | 'defect'; readonly code: string };

/** The first bytes and the length of a body. */
export interface Seen {
  readonly bytes: number;
  readonly firstHex: string;
}

/** The contents of a mutable response, compared between mirrors and over time; each field is bounded. */
export interface Contents {
  /** In the spelling that all mirrors share: how many, the newest (the newest last), and pre-releases of these. */
  readonly versions?: {
    readonly count: number;
    readonly newest: readonly string[];
    readonly pre: readonly string[];
  };
  /** The version or digest of each tag. */
  readonly tags?: Readonly<Record<string, string>>;
  /** A number that never falls: of records, or of the last change. */
  readonly serial?: number;
  /** The date in the content, wall milliseconds; not that of a header. */
  readonly modifiedAtMs?: number;
}

/** What a conversation learns besides its verdict. */
export interface Facts {
  /** The version that `latest` resolved to. */
  readonly resolvedVersion?: string;
  /** An optional endpoint is not offered, which is ok. */
  readonly notOffered?: boolean;
  /** Valid versions of a list; `newest` is `null` of none. */
  readonly listed?: { readonly count: number; readonly newest: string | null };
  /** Removed after the comparison. */
  readonly contents?: Contents;
  /** An immutable response was verified against a pinned or signed hash. */
  readonly verified?: {
    readonly algorithm: string;
    readonly digest: string;
    /** `pinned`, or the ecosystem's word for another authority. */
    readonly against: string;
  };
  /** A digest to compare between mirrors; only those with the same `of`, which says what was hashed. */
  readonly compared?: { readonly algorithm: string; readonly digest: string; readonly of?: string };
  /** The body whose digest is named; at most `limits.bytesShown` first bytes. */
  readonly seen?: Seen;
  /** Of the authority over this response; absent: none, and none is required. */
  readonly signature?: Signature;
  /** A signed tree head, for lag in records and consistency. */
  readonly treeHead?: { readonly name: string; readonly size: number; readonly rootBase64: string };
  /** Records at the relayed authority itself; `null`: not reachable from here; absent: not requested. */
  readonly authority?: { readonly name: string; readonly size: number | null };
  readonly authorityCost?: AuthorityCost;
  /** Two contradicting signed statements of one authority, in full. */
  readonly forked?: { readonly name: string; readonly statements: readonly [string, string] };
  /** Hashes that an authority's own signature confirms, as in `ProbeContext.pinned`. */
  readonly logged?: Readonly<Record<string, string>>;
  /** For the ecosystem only (`learn`), small. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** The facts that are kept of a probe. */
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

/** Monotonic times of one hop. An event that did not happen is absent. */
export interface Marks {
  /** Just before the first action; after another hop, the end of that one. */
  readonly start: number;
  readonly resolved?: number;
  /** TCP is up; with a proxy also TLS to it and CONNECT. */
  readonly connected?: number;
  /** The TLS handshake with the mirror is done. */
  readonly secured?: number;
  /** First byte of the response head. */
  readonly firstByte?: number;
  /** Last byte of the body, or the instant of failure. */
  readonly end: number;
}

/** Facts of a handshake, also if verification failed. */
export interface TlsFacts {
  readonly version: string;
  readonly cipher: string;
  /** Common name or organisation of the issuer, at most 80 characters. */
  readonly issuer: string;
  /** `null`: the certificate could not be read. */
  readonly expiresAtMs: number | null;
  readonly spkiSha256: string | null;
  readonly resumed: boolean;
  /** Node's code; `null`: verified. */
  readonly authorizationCode: string | null;
}

/** The fault that ended a hop before its response was complete. */
export interface WireFault {
  /** `err.code` of the runtime, or one of ours, which begin with `MW_`: listed in `probe/classify.ts`. */
  readonly code: string;
  /** Phase in which it happened, by the marks. */
  readonly phase: Phase;
  /** Static text or OpenSSL reason, at most 200 characters. */
  readonly text: string;
  /** `text` for any language; absent: only in English, or not our text. */
  readonly sentence?: Sentence;
  readonly bytesRead: number;
  /** Only for `timeout`s: the limit that was hit. */
  readonly limitMs?: number;
  /** For a failed resolve: whether another name resolved at the same time; `null`: not tried. */
  readonly resolverAnswersOthers?: boolean | null;
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
  /** Absent: no connection, or an older row. */
  readonly protocol?: HttpProtocol;
  /** The request was sent again: REFUSED_STREAM, or GOAWAY before our stream. */
  readonly repeated?: 'refused_stream' | 'goaway';
  /** Absent: GET, or an older release stored it. */
  readonly method?: 'HEAD';
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly status: number | null;
  /** Secrets redacted, at most `limits.headersKept`. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** As received, after transfer decoding. */
  readonly bodyBytes: number;
  /** When `limits.slowStartBytes` had arrived (monotonic), and the bytes by then; absent: a shorter body. */
  readonly ramp?: { readonly atMs: number; readonly bytes: number };
  readonly fault: WireFault | null;
}

/** The whole conversation of one probe, asides included. */
export interface Transcript {
  readonly probeId: string;
  readonly startedAtMs: number;
  readonly startedMonotonicMs: number;
  readonly hops: readonly Hop[];
  readonly verdict: Verdict;
  /** First line of an error body, printable, at most 200 characters; `masked_upstream` is detected in it. */
  readonly errorLine: string | null;
  /** Worst event-loop delay of the worker meanwhile. */
  readonly loopDelayMsMax: number;
  readonly worker: number;
}

/** What a client with an empty cache spends on verifying one artifact, besides the artifact itself. */
export interface Cost {
  readonly requests: number;
  readonly ms: number;
}

/** The cost of verification over each way to the authority. */
export interface AuthorityCost {
  /** Through the mirror's relay, over the existing connection; `null`: no relay. */
  readonly relayed: Cost | null;
  /** From the authority itself; `null`: not reachable from here, or not probed. */
  readonly direct: Cost | null;
}

/** The result of checking a signature, closed. A wrong one is a `mismatch`. */
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

export interface Signature {
  readonly state: SignatureState;
  /** The name of the key, at most `limits.keyNameChars` printable characters; `null`: none. */
  readonly key: string | null;
}
