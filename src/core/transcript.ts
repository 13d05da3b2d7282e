import type { AuthorityCost } from './authority-cost.ts';
import type { WholeBody } from './body.ts';
import type { Outcome, Phase, ProbeFailure } from './failure.ts';
import type { Sentence } from './result.ts';
import type { Signature } from './signature.ts';

/** What a conversation asks for: one GET, or the head of one. */
export interface Ask {
  readonly url: string;
  /** `HEAD`: the head alone, a body is not sent; absent: GET. */
  readonly method?: 'HEAD';
  /**
   * Extra request headers, lower-case names. User-Agent and credentials are the wire's business. `accept-encoding` only where
   * clients offer encodings and the body is read whole and decoded; absent: `identity`.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** True for what the probe needs first (resolving `latest`, a token): recorded, not part of its time. */
  readonly aside?: boolean;
  /** True where the URL came out of an answer: the guard of design.md section 6 holds from the first hop on. */
  readonly foreign?: boolean;
  /** Cap on the body in bytes; a longer body is `oversize`. */
  readonly bodyBytesMax: number;
  /** Nothing is sent: this machine verifies a signature over what came from `url`, and its words are the answer's body. */
  readonly check?: SignatureCheck;
  /** A cap on what is read on purpose: stop after so many bytes and count the answer as whole (throughput samples). */
  readonly stopAfterBytes?: number;
  /** The bytes as they were sent: the client stores them so, whatever `Content-Encoding` says. Absent: decoded. */
  readonly asSent?: true;
  /**
   * An artifact that may be too long to be held: past `limits.bodyHeldBytes` the answer has its beginning, and `whole`.
   * Sent encoded although nobody asked for it, it is held, and one past `limits.bodyHeldBytesMax` is `oversize`.
   */
  readonly large?: true;
  /** Nothing is sent, and nothing answered: what would hold a thread for long is done meanwhile, and its loop turns once. */
  readonly work?: () => Promise<void>;
}

/** A file, and by whose keys it must be signed. */
export interface SignatureCheck {
  /** Absolute path of an OpenPGP keyring of the operator's. */
  readonly keyring: string;
  readonly signed: Uint8Array;
  /** Detached; absent: `signed` holds its own. */
  readonly signature?: Uint8Array;
}

/** What came back, as the conversation sees it. Redirects have been followed; bodies are whole or the answer failed. */
export type Answer =
  | {
      readonly tag: 'answered';
      readonly status: number;
      /** Lower-case names; repeated headers joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /** Where `body` is only the beginning of a `large` one: all of it, until the conversation ends. */
      readonly whole?: WholeBody;
      /** The URL of the last hop, credentials masked. */
      readonly finalUrl: string;
      /** Milliseconds over all hops: until a connection could carry the request, and from there to the last byte; absent: not timed. */
      readonly took?: { readonly connectMs: number; readonly answerMs: number };
    }
  | { readonly tag: 'failed'; readonly failure: ProbeFailure }
  | { readonly tag: 'unknown'; readonly because: 'proxy' | 'resolver' | 'local' | 'defect'; readonly code: string };

/** How a body began, and how long it was. */
export interface Seen {
  readonly bytes: number;
  readonly firstHex: string;
}

/**
 * What a mutable answer says that there is, for freshness: compared between mirrors and over time. What it does not say is
 * absent; each part has a bound, however long the answer was.
 */
export interface Contents {
  /**
   * Its versions in the one spelling that all mirrors share: how many, the newest `limits.contentVersions` of them by the
   * ecosystem's own order, the newest last, and which of these are pre-releases.
   */
  readonly versions?: {
    readonly count: number;
    readonly newest: readonly string[];
    readonly pre: readonly string[];
  };
  /** What names that move stand for: a version or a digest; at most `limits.contentTags`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** A number that only ever grows: of records, of changes. */
  readonly serial?: number;
  /** The date that it states of itself, wall milliseconds: its form's own, never a header's. */
  readonly modifiedAtMs?: number;
}

/** Facts that a conversation learned beside its verdict; all optional, all small. */
export interface Facts {
  /** What `latest` stood for this time. */
  readonly resolvedVersion?: string;
  /** An optional endpoint is not offered: ok, but nothing was read. */
  readonly notOffered?: boolean;
  /** Valid versions of a list: how many, and the newest; `null` of none. */
  readonly listed?: { readonly count: number; readonly newest: string | null };
  /** What it says that there is; taken out once it was compared. */
  readonly contents?: Contents;
  /** An immutable answer was checked against a pinned or signed hash. `against` names the authority. */
  readonly verified?: {
    readonly algorithm: string;
    readonly digest: string;
    /** `pinned`, or the ecosystem's word for another authority. */
    readonly against: string;
  };
  /**
   * A digest that only other mirrors can be held against (no authority at hand): algorithm and value. `of`: what exactly was
   * hashed, where module and version do not say it all (a file's name, its date): only the same is compared.
   */
  readonly compared?: { readonly algorithm: string; readonly digest: string; readonly of?: string };
  /** The body whose digest is named: its length, and its first bytes as hex, at most `limits.bytesShown`. */
  readonly seen?: Seen;
  /** What came of the authority's signature over this answer; absent: there is none, and nobody said that there should be. */
  readonly signature?: Signature;
  /** Size and root of a signed tree head, for lag in records and consistency. */
  readonly treeHead?: { readonly name: string; readonly size: number; readonly rootBase64: string };
  /**
   * The authority that is relayed, asked itself in the same probe: how many records it has, `null` where it can't be
   * reached from here; absent: not asked.
   */
  readonly authority?: { readonly name: string; readonly size: number | null };
  /** What the authority costs a client, as it was asked here. */
  readonly authorityCost?: AuthorityCost;
  /** Two signed statements of one authority, in full, that cannot both be true. */
  readonly forked?: { readonly name: string; readonly statements: readonly [string, string] };
  /**
   * Hashes that an authority's own signature vouches for, keyed and written as `ProbeContext.pinned` is: they may be pinned.
   */
  readonly logged?: Readonly<Record<string, string>>;
  /** What only its own ecosystem reads (`learn`), small; its words are never labels. */
  readonly own?: Readonly<Record<string, unknown>>;
}

/** The facts without what is only compared: what is kept and shown of a probe. */
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

/** Instants of one hop on the monotonic clock, milliseconds. What did not happen is absent. */
export interface Marks {
  /** Just before the hop's first action; for hop 2 and later the end of the hop before (time between belongs here). */
  readonly start: number;
  /** The name is an address. Absent for address literals and kept connections. */
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

/** What ended a hop before its answer was whole: our own word for it beside the code that the runtime gave. */
export interface WireFault {
  /** `err.code`, or one of ours: `MW_DEADLINE`, `MW_FORBIDDEN_TARGET`, `MW_PIN`, `MW_HEAD_TOO_LARGE`, `MW_BODY_TOO_LARGE`, `MW_BODY_LONGER`, `MW_PROXY_STATUS`, `MW_BAD_HEAD`; of HTTP/2 `MW_H2_RESET`, `MW_H2_RESET_PROTOCOL`, `MW_H2_GOAWAY`, `MW_H2_UNTAKEN`, `MW_H2_PROTOCOL`. */
  readonly code: string;
  /** Phase in which it happened, by the marks. */
  readonly phase: Phase;
  /** Static text or OpenSSL reason; never a body, at most 200 characters. */
  readonly text: string;
  /** The same for any language; absent: in English alone, or not our words. */
  readonly sentence?: Sentence;
  readonly bytesRead: number;
  /** Only for `timeout`s: the limit that was hit. */
  readonly limitMs?: number;
  /** For a failed resolve: whether another name resolved through the same resolver in the same moment; `null` unasked. */
  readonly resolverAnswersOthers?: boolean | null;
}

/** The version of HTTP that a connection speaks. */
export type HttpProtocol = '1.1' | '2';

/** One request and its answer, as they were on the wire. Survives JSON; carries no body and no secret. */
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
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly status: number | null;
  /** Response headers, secrets redacted (`set-cookie`, `www-authenticate` tokens …), at most `limits.headersKept`. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Body bytes as they came over the wire, after transfer decoding. */
  readonly bodyBytes: number;
  /** When `limits.slowStartBytes` of the body had come, monotonic, and how many had by then; absent: it was no longer than that. */
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
  /** First line of an error body, printable, at most 200 characters; what `masked_upstream` was read from. */
  readonly errorLine: string | null;
  /** Worst event-loop delay of the worker between start and end, milliseconds. */
  readonly loopDelayMsMax: number;
  /** Which worker ran it. */
  readonly worker: number;
}
