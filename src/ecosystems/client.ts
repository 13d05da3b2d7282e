import type { Mirror, Step } from '../core/mirror.ts';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import { maskChain, maskUrl } from '../core/secret.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';

/** Separates two members of a chain, as in GOPROXY. */
export type Separator = ',' | '|';

/** One entry of a client's chain. */
export interface ChainMember {
  readonly kind: 'url' | 'direct' | 'off';
  /**
   * Identifies the member in comparisons. Of a URL: scheme, host and path without trailing slashes. Else `direct` or
   * `off`.
   */
  readonly key: string;
  /** The text to paste, without user-info. */
  readonly plain: string;
  /** The text to display: user-info and query values are masked. */
  readonly shown: string;
  /** The URL has user-info or a query, which may hold a token. */
  readonly hasCredentials: boolean;
}

/** A parsed chain. `separators[i]` is between member `i` and `i + 1`. */
export interface Chain {
  readonly members: readonly ChainMember[];
  readonly separators: readonly Separator[];
}

export type ChainProblem =
  | { readonly kind: 'empty' }
  | { readonly kind: 'reserved_word' | 'not_a_url'; readonly member: number };

/** What one member returned, as far as clients distinguish it. `tookMs`: how long a client waits for it. */
export type Reply =
  | { readonly tag: 'ok'; readonly tookMs: number }
  /** The status was 404 or 410. The reason why the probe failed does not matter. */
  | { readonly tag: 'gone'; readonly tookMs: number; readonly status?: number | null }
  | {
      readonly tag: 'failed';
      readonly tookMs: number;
      readonly status?: number | null;
      /** The response headers arrived, but not the whole body. */
      readonly isCut?: boolean;
      /**
       * A timeout after the request was sent, or a reset that clients retry without end. Some clients end the walk at
       * such a member.
       */
      readonly isHung?: boolean;
      /** Status 200 for an artifact or its metadata: some clients then use no other member. */
      readonly isArtifact?: boolean;
    }
  | { readonly tag: 'unknown' };

/**
 * How a client's request through a chain ends. `at`: the index of the member that decides it. `unknown`: that member is
 * not measured.
 */
export type WalkEnd =
  | { readonly tag: 'ok'; readonly at: number; readonly tookMs: number }
  | { readonly tag: 'failed'; readonly at: number }
  | { readonly tag: 'unknown'; readonly at: number };

/**
 * Whether a mirror relays Go's checksum database. `broken`: it offers the relay, but requests through the relay fail.
 */
export type RelayState = 'offers' | 'none' | 'broken' | 'unknown';

/** A second service that mirrors may relay: Go's checksum database. */
interface Relay {
  readonly title: Sentence;
  /** The step that probes the relay. Its fact `notOffered`: the mirror has no relay. */
  readonly step: Step;
  /**
   * `off`: clients do not use the service. `direct`: they use it without mirrors. `relayed`: they use a mirror's relay
   * if there is one.
   */
  need(settings: unknown): 'off' | 'direct' | 'relayed';
  settle(chain: Chain, relayOf: (member: ChainMember) => RelayState): RelayState;
}

/** How to change a client's settings, and how to change them back. */
export interface Remedy {
  /** The lines to paste, by form such as `env` or `npmrc`; `json` is for programs. Empty: there are none. */
  readonly remedy: Readonly<Record<string, string>>;
  /** Lines, or a sentence if the old settings must be restored by hand. */
  readonly rollback: string | Sentence;
  /** A `Sentence` is rendered in the reader's language; a string is English only. */
  readonly notes: readonly (Sentence | string)[];
}

/** The HTTP versions of a client with HTTP/2, the preferred one first. */
export const offersHttp2: readonly HttpProtocol[] = ['2', '1.1'];
export const offersHttp1: readonly HttpProtocol[] = ['1.1'];

export interface Client {
  /** Lower-case letters and digits, unique within the ecosystem: `pip`, `uv`. */
  readonly id: string;
  /** The program that uses this mirror, if the mirror's `profile` names one: `cargo`. Absent or `null`: `id`. */
  nameAt?(mirror: Mirror): string | null;
  readonly spec: readonly string[];
  readonly describes: string;
  /** What was expected if the configured chain is not a string. */
  readonly expected: Sentence;
  parse(chain: string): Result<Chain, ChainProblem>;
  /** What was expected of a configured chain; `null`: the chain is valid. Stricter than `parse`. */
  mistake(chain: string): Sentence | null;
  /**
   * The default chain; empty: none.
   * @param url  the URL of the preferred mirror; `null`: there is none
   */
  usual(url: string | null): string;
  member(url: string): ChainMember;
  /** How a request through the chain ends, by the client's own rules. */
  walk(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd;
  /**
   * The chain with `to` first, in a form that the client supports. Absent: the default of docs/decisions/0002.
   * @param dropped  keys of members that the new chain must not have
   */
  headed?(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain;
  readonly relay?: Relay;
  /** The HTTP versions that the client uses with this mirror, the preferred one first. */
  protocols(mirror: Mirror): readonly HttpProtocol[];
  /**
   * True if the client verifies what it downloads from this mirror by something that the mirror does not control: a
   * signature, a lock file, a checksum database. Absent: not known.
   */
  verifiesBytes?(mirror: Mirror, settings: unknown): boolean;
  /** The setting that limits the client to HTTP/1.1; absent or `null`: none is known. */
  withoutHttp2?(mirror: Mirror): Bypass | null;
  /** The forms of the remedy that the API offers besides `json`. */
  readonly forms: readonly string[];
  /** By the `profile` of a mirror: one more form. */
  readonly profileForms?: Readonly<Record<string, string>>;
  /** The environment variables that the remedy's shell lines may set. */
  readonly variables: readonly string[];
  /**
   * The lines that change the client's chain from `before` to `after`.
   * @param of  if known; some lines name the upstream or depend on a mirror's `profile`
   */
  remedy(
    before: Chain,
    after: Chain,
    privatePatterns: readonly string[],
    of?: { readonly upstream?: string; readonly mirrors?: readonly Mirror[] },
  ): Remedy;
}

/** A chain as text. The default field masks credentials. */
export function showChain({ members, separators }: Chain, field: 'shown' | 'plain' | 'key' = 'shown'): string {
  return members.map((member, i) => member[field] + (separators[i] ?? '')).join('');
}

export function urlKeysOf(chain: Chain): readonly string[] {
  return chain.members.filter(({ kind }) => kind === 'url').map(({ key }) => key);
}

/** A setting by which a client avoids a feature that fails, as `GODEBUG=http2client=0` turns off HTTP/2 in go. */
export interface Bypass {
  readonly client: string;
  readonly setting: string;
  /** The lines that set it, by form. */
  readonly set: Readonly<Record<string, string>>;
  readonly unset: Readonly<Record<string, string>>;
  readonly note: Sentence;
}

/**
 * A bypass that is one entry of a comma-separated variable. The lines of `set` may run repeatedly. Those of `unset`
 * remove the entry only from the end of the value.
 * @see isSafeEnv, which accepts no other expansion of a variable
 */
export function listEntry(client: string, variable: string, entry: string): Bypass {
  const without = `export ${variable}="\${${variable}:+\${${variable}%${entry}}}"`;
  return {
    client,
    setting: `${variable}=${entry}`,
    set: {
      env: `${without}\nexport ${variable}="\${${variable}:+\${${variable}%,},}${entry}"`,
      json: JSON.stringify({ [variable]: entry }),
    },
    unset: { env: `${without}\nexport ${variable}="\${${variable}:+\${${variable}%,}}"`, json: '{}' },
    note: phrase('note.bypassVariable', { variable }),
  };
}

/**
 * Tries one member after the other until one is ok, unmeasured or `off`, or `isFinal` ends the walk. `tookMs` is the
 * sum over the tried members.
 */
export function walkInOrder(
  chain: Chain,
  replyOf: (member: ChainMember) => Reply,
  isFinal: (reply: Extract<Reply, { tag: 'failed' | 'gone' }>, at: number) => boolean = () => false,
): WalkEnd {
  let tookMs = 0;
  for (const [at, member] of chain.members.entries()) {
    if (member.kind === 'off') return { tag: 'failed', at };
    const reply = replyOf(member);
    if (reply.tag === 'unknown') return { tag: 'unknown', at };
    tookMs += reply.tookMs;
    if (reply.tag === 'ok') return { tag: 'ok', at, tookMs };
    if (isFinal(reply, at)) return { tag: 'failed', at };
  }
  return { tag: 'failed', at: chain.members.length - 1 };
}

export function chainOf(members: readonly ChainMember[]): Chain {
  return { members, separators: members.slice(1).map(() => '|') };
}

/**
 * Parses a chain of http(s) URLs.
 * @param between  separates two members
 * @param mayEnd   whether `direct` may end the chain; what follows is ignored
 * @returns        the error `empty` without members; `not_a_url` with the index of the invalid member
 */
export function parseUrls(chain: string, between: RegExp, mayEnd = false): Result<Chain, ChainProblem> {
  const members: ChainMember[] = [];
  for (const word of chain.split(between).filter((one) => one !== '')) {
    if (mayEnd && word === 'direct') {
      members.push({ kind: 'direct', key: word, plain: word, shown: word, hasCredentials: false });
      break;
    }
    if (!/^https?:\/\//i.test(word) || !URL.canParse(word)) return error({ kind: 'not_a_url', member: members.length });
    members.push(memberOfUrl(word));
  }
  return members.length === 0 ? error({ kind: 'empty' }) : ok(chainOf(members));
}

const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i;

/**
 * The chain member for a URL.
 * @throws TypeError if the URL is invalid
 */
export function memberOfUrl(url: string): ChainMember {
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  const hasUser = username !== '' || password !== '';
  // A second URL with a password may follow a space or a slash. A fragment may be a token.
  const isOdd = hash !== '' || /\s/.test(url) || /:[^/]*@/.test(pathname);
  const plain = hasUser ? withoutUser(url) : url;
  return {
    kind: 'url',
    key: `${protocol}//${host}${pathname.replace(/\/+$/, '')}`,
    plain,
    shown: isOdd ? maskChain(url) : search !== '' ? maskUrl(url) : hasUser ? plain.replace('://', '://***@') : url,
    hasCredentials: hasUser || search !== '',
  };
}

function withoutUser(url: string): string {
  const cut = url.replace(userInfo, '$1');
  if (cut !== url && URL.parse(cut)?.username === '' && URL.parse(cut)?.password === '') return cut;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}
