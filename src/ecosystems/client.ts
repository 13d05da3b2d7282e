import type { Mirror, Step } from '../core/mirror.ts';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import { maskChain, maskUrl } from '../core/secret.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';

/** The separator after a member of a chain: it decides after which failures of that member the client uses the next one. */
export type Separator = ',' | '|';

/** One entry of a client's chain. */
export interface ChainMember {
  readonly kind: 'url' | 'direct' | 'off';
  /**
   * The key that members are compared by. Of a URL: scheme, host and path, without user-info, query and trailing slashes.
   * Otherwise: `direct` or `off`.
   */
  readonly key: string;
  /** The text to paste: as the user wrote it, with a scheme, without user-info. */
  readonly plain: string;
  /** The text to show: like `plain`, with `***@` for user-info, and query values masked. */
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

/**
 * What one member returned to one question, as far as clients distinguish it. `tookMs`: milliseconds until it ended.
 * `status`: the HTTP status, if known.
 */
export type Reply =
  | { readonly tag: 'ok'; readonly tookMs: number }
  /** Status 404 or 410, whatever reason the sample failed for. */
  | { readonly tag: 'gone'; readonly tookMs: number; readonly status?: number | null }
  | {
      readonly tag: 'failed';
      readonly tookMs: number;
      readonly status?: number | null;
      /** The head arrived, but not the whole body. */
      readonly isCut?: boolean;
      /** Some clients wait for this reply without a limit, or repeat the request for ever. */
      readonly isHung?: boolean;
      /** Status 200 for an artifact or its metadata: some clients then request it from no other mirror. */
      readonly isArtifact?: boolean;
    }
  | { readonly tag: 'unknown' };

/** The end of a walk; `at` is the index of the member that decides it. `unknown`: that member is not measured. */
export type WalkEnd =
  | { readonly tag: 'ok'; readonly at: number; readonly tookMs: number }
  | { readonly tag: 'failed'; readonly at: number }
  | { readonly tag: 'unknown'; readonly at: number };

/** The state of a member's relay. `broken`: the member offers the relay, but requests through it fail. */
export type RelayState = 'offers' | 'none' | 'broken' | 'unknown';

/** A second service that a client reaches through its mirrors: Go's checksum database. Some mirrors do not relay it. */
interface Relay {
  readonly title: Sentence;
  /** The step whose sample has the fact `notOffered` if a mirror does not relay the service. */
  readonly step: Step;
  /**
   * `off`: clients do not use the service. `direct`: they reach it without mirrors. `relayed`: they reach it through
   * mirrors, so a new chain must have a relay if the old one had one.
   */
  need(settings: unknown): 'off' | 'direct' | 'relayed';
  settle(chain: Chain, relayOf: (member: ChainMember) => RelayState): RelayState;
}

/** How to change a client's settings, and how to change them back. */
export interface Remedy {
  /** The lines by form; `json` is for programs. Empty: there are no lines to paste. */
  readonly remedy: Readonly<Record<string, string>>;
  /** Lines, or a sentence if the old settings must be restored by hand. */
  readonly rollback: string | Sentence;
  /** A `Sentence` is rendered in the reader's language; a string is English only. */
  readonly notes: readonly (Sentence | string)[];
}

/** HTTP versions that clients offer in ALPN, the preferred one first. */
export const offersHttp2: readonly HttpProtocol[] = ['2', '1.1'];
export const offersHttp1: readonly HttpProtocol[] = ['1.1'];

/** One client program of an ecosystem. */
export interface Client {
  /** Lower-case letters and digits, unique within the ecosystem: `pip`, `uv`. */
  readonly id: string;
  /** The program that uses this mirror, if the mirror's own keys determine it: `cargo`. Absent or `null`: `id`. */
  nameAt?(mirror: Mirror): string | null;
  readonly spec: readonly string[];
  /** Description of the configuration key that holds the client's chain. */
  readonly describes: string;
  /** What was expected of the chain if its value in the configuration is not a text. */
  readonly expected: Sentence;
  parse(chain: string): Result<Chain, ChainProblem>;
  /** What was expected of a chain in the configuration; `null`: it is valid. Stricter than `parse`. */
  mistake(chain: string): Sentence | null;
  /**
   * The chain if the configuration has none; empty: none.
   * @param url  of the preferred mirror; `null`: no mirror is configured
   */
  usual(url: string | null): string;
  member(url: string): ChainMember;
  /** Walks the chain through the replies to one question, by the client's own rules. */
  walk(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd;
  /**
   * The chain with `to` first, in a form that the client supports.
   * Absent: the other members follow `to` in their order, and the end of the chain stays (docs/decisions/0002).
   * @param dropped  keys of members that the new chain must not have
   */
  headed?(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain;
  readonly relay?: Relay;
  /** The HTTP versions that the client offers this mirror in ALPN, as in test/real/offered-protocols.test.ts. */
  protocols(mirror: Mirror): readonly HttpProtocol[];
  /** Limits the client to HTTP/1.1 with this mirror; absent or `null`: no setting does. */
  withoutHttp2?(mirror: Mirror): Bypass | null;
  /** The forms of the client's remedy that the API offers beside `json`, from the closed list of design.md section 4.3. */
  readonly forms: readonly string[];
  /** For each `profile` of a mirror that determines the client program: the name of one more form. */
  readonly profileForms?: Readonly<Record<string, string>>;
  /** The environment variables that the remedy's shell lines may set. */
  readonly variables: readonly string[];
  /**
   * The lines that change the client's chain from `before` to `after`.
   * @param of  what the chain is for, if known: some lines name the upstream or depend on a mirror's own keys
   */
  remedy(
    before: Chain,
    after: Chain,
    privatePatterns: readonly string[],
    of?: { readonly upstream?: string; readonly mirrors?: readonly Mirror[] },
  ): Remedy;
}

/** A chain as text for display, with credentials masked; or by another field of its members. */
export function showChain({ members, separators }: Chain, field: 'shown' | 'plain' | 'key' = 'shown'): string {
  return members.map((member, i) => member[field] + (separators[i] ?? '')).join('');
}

/** The URL members of a chain by key. */
export function urlKeysOf(chain: Chain): readonly string[] {
  return chain.members.filter(({ kind }) => kind === 'url').map(({ key }) => key);
}

/** A setting by which a client avoids a feature that fails, as `GODEBUG=http2client=0` turns off HTTP/2 in go. */
export interface Bypass {
  readonly client: string;
  readonly setting: string;
  /** The lines that set it, by form as in `Remedy.remedy`. */
  readonly set: Readonly<Record<string, string>>;
  /** The lines that remove it. */
  readonly unset: Readonly<Record<string, string>>;
  readonly note: Sentence;
}

/**
 * A setting that is an entry of a comma-separated list in a variable. `set` appends the entry to the variable's value, and
 * only once, however often its lines run. `unset` removes the entry from the end of the value.
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
 * Requests one member after the other until one is ok, unknown or `off`, or `isFinal` is true of a reply. `tookMs` of
 * the end is the sum over the requested members.
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

/** A chain for a client without separators of its own. */
export function chainOf(members: readonly ChainMember[]): Chain {
  return { members, separators: members.slice(1).map(() => '|') };
}

/**
 * Parses a chain of http(s) URLs.
 * @param between  separates two members
 * @param mayEnd   whether `direct` is a member; what follows `direct` is ignored
 * @returns        `empty` without members; `not_a_url` with the index of the member
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
 * The member of a chain for a URL. `plain` has no user-info, but keeps a query. `shown` has no credentials.
 * @throws TypeError if the `URL` class cannot parse it
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

/** The URL as written, without user-info; the normalised URL for `https:\\u:p@host`, which the `URL` class also accepts. */
function withoutUser(url: string): string {
  const cut = url.replace(userInfo, '$1');
  if (cut !== url && URL.parse(cut)?.username === '' && URL.parse(cut)?.password === '') return cut;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}
