import type { Mirror, Step } from '../core/mirror.ts';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import { maskChain, maskUrl } from '../core/secret.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { phrase } from '../words/tell.ts';

/** The separator after a member of a chain: which failures make the client use the next member. */
export type Separator = ',' | '|';

/** One entry of a client's chain. */
export interface ChainMember {
  readonly kind: 'url' | 'direct' | 'off';
  /**
   * The key that members are compared by: scheme, host and path without user-info and trailing slash; for others the word.
   */
  readonly key: string;
  /** The text to paste: as the user wrote it, with a scheme, without user-info. */
  readonly plain: string;
  /** The text to show: like `plain`, with `***@` for user-info, and query values masked. */
  readonly shown: string;
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

/** What one member returned to one question, as far as it matters to the client. Times are milliseconds. */
export type Reply =
  | { readonly tag: 'ok'; readonly tookMs: number }
  /** 404 or 410 on the wire, whatever the reason. */
  | { readonly tag: 'gone'; readonly tookMs: number; readonly status?: number | null }
  /** `status` as on the wire, for clients that distinguish them; `null` or absent: there was no response head. */
  | {
      readonly tag: 'failed';
      readonly tookMs: number;
      readonly status?: number | null;
      /** The head arrived, but not the whole body. */
      readonly isCut?: boolean;
      /**
       * The rest did not arrive within the probe's timeout, or HTTP/2 repeats the request for ever: some clients wait
       * without a limit.
       */
      readonly isHung?: boolean;
      /** The head of an artifact or of its metadata arrived: some clients then use no other mirror for it. */
      readonly isArtifact?: boolean;
    }
  /** Not measured for that question. */
  | { readonly tag: 'unknown' };

/** The end of a walk; `at` is the index of its last member. `unknown`: the walk reached something unmeasured. */
export type WalkEnd =
  | { readonly tag: 'ok'; readonly at: number; readonly tookMs: number }
  | { readonly tag: 'failed'; readonly at: number }
  | { readonly tag: 'unknown'; readonly at: number };

/** The state of a member's relay: `broken` offers it and then fails. */
export type RelayState = 'offers' | 'none' | 'broken' | 'unknown';

/** A second service that a client reaches through its mirrors, which some mirrors do not relay: Go's checksum database. */
interface Relay {
  /** For display: the checksum database. */
  readonly title: Sentence;
  /** The step that shows whether a mirror relays it: not if `notOffered` is among its facts. */
  readonly step: Step;
  /**
   * `off`: clients do not use it; `direct`: they reach it without mirrors; `relayed`: mirrors relay it. A changed chain must
   * then keep a relay if it had one.
   */
  need(settings: unknown): 'off' | 'direct' | 'relayed';
  /** The relay that the client would use. */
  settle(chain: Chain, relayOf: (member: ChainMember) => RelayState): RelayState;
}

/** Lines to paste, by form, and notes beside them. */
export interface Remedy {
  /** By form, the first one for people. `json`: the same for programs. */
  readonly remedy: Readonly<Record<string, string>>;
  /** The rollback lines, or why they must be set by hand. */
  readonly rollback: string | Sentence;
  /** A note without a key in the catalogue is in English only. */
  readonly notes: readonly (Sentence | string)[];
}

/** The mirrors that a remedy is for; absent fields are not known. */
interface Served {
  readonly upstream?: string;
  readonly mirrors?: readonly Mirror[];
}

/** The offer of Go's HTTP client and others: HTTP/2 if the server accepts it. */
export const offersHttp2: readonly HttpProtocol[] = ['2', '1.1'];
export const offersHttp1: readonly HttpProtocol[] = ['1.1'];

/** How one client of an ecosystem parses and walks its chain, and the lines for its users. */
export interface Client {
  /** `go`, `pip`, `uv`: lower-case letters and digits; used where an ecosystem has several. */
  readonly id: string;
  /**
   * The name of the program that uses a mirror, where the mirror's own keys determine it: `cargo`; absent or `null`: the
   * id.
   */
  nameAt?(mirror: Mirror): string | null;
  readonly spec: readonly string[];
  /** Description of its chain as a key of the file, and what is expected of one. */
  readonly describes: string;
  readonly expected: Sentence;
  /** Parses a chain as the client does. */
  parse(chain: string): Result<Chain, ChainProblem>;
  /**
   * What was expected of a chain that an operator writes; `null`: it is valid. Stricter than `parse`: a typo is no mirror.
   */
  mistake(chain: string): Sentence | null;
  /** The client's default chain. `url`: of the preferred mirror; `null`: there is none. Empty: no chain. */
  usual(url: string | null): string;
  /** A member for a configured mirror. */
  member(url: string): ChainMember;
  /** A whole walk through the responses to one question, by the client's rules for raw statuses. */
  walk(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd;
  /**
   * The chain with `to` first in a form that the client supports, without the members in `dropped` (by key). Absent: the
   * others stay behind `to` in their order, and the tail stays (docs/decisions/0002).
   */
  headed?(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain;
  readonly relay?: Relay;
  /**
   * The HTTP versions that it offers a mirror in ALPN, the preferred one first: measured with the real client.
   * @see test/real/offered-protocols.test.ts
   */
  protocols(mirror: Mirror): readonly HttpProtocol[];
  /** The setting that makes it use only HTTP/1.1 with a mirror; absent or `null`: there is none. */
  withoutHttp2?(mirror: Mirror): Bypass | null;
  /** The forms of its remedy that the API offers beside `json`, of the closed list of design.md section 4.3. */
  readonly forms: readonly string[];
  /** A further form by the `profile` of its mirrors, where the profile determines the client program. */
  readonly profileForms?: Readonly<Record<string, string>>;
  /** The variables that its shell lines may set. */
  readonly variables: readonly string[];
  /** `of`: the mirrors in the lines, for files that name mirrors and for the mirrors' own keys about the client. */
  remedy(before: Chain, after: Chain, privatePatterns: readonly string[], of?: Served): Remedy;
}

/** A chain as text for display: credentials masked. */
export function showChain(chain: Chain): string {
  return chain.members.map((member, i) => member.shown + (chain.separators[i] ?? '')).join('');
}

/** The URL members of a chain by key. */
export function urlKeysOf(chain: Chain): readonly string[] {
  return chain.members.filter(({ kind }) => kind === 'url').map(({ key }) => key);
}

/** A setting that makes a client avoid the broken part, as `GODEBUG=http2client=0` turns HTTP/2 off for go. */
export interface Bypass {
  /** The client's own name: `go`, `cargo`. */
  readonly client: string;
  /** As an operator writes it. */
  readonly setting: string;
  /** The lines that set it, by form of a remedy: the first one for people, `json` for programs. */
  readonly set: Readonly<Record<string, string>>;
  /** The lines that only remove it: the same forms. */
  readonly unset: Readonly<Record<string, string>>;
  /** A note beside the lines. */
  readonly note: Sentence;
}

/**
 * A setting that is an entry of a comma-separated list in a variable. `set` appends the entry to the variable's value,
 * once however often it runs; `unset` removes it from the end.
 * @see isSafeEnv, which lets no other expansion through
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
 * Walks a chain from member to member. A failed member is skipped, unless `isFinal` says that its reply ends the walk;
 * `off` ends it too. The time is the sum over all requested members.
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

/** A chain of these members with the separator of clients that have no other. */
export function chainOf(members: readonly ChainMember[]): Chain {
  return { members, separators: members.slice(1).map(() => '|') };
}

/**
 * Parses a chain of http(s) URLs.
 * @param between  separates two members
 * @param mayEnd   `direct` is a member, the last one that counts
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
 * The member of a chain for a URL. Members are compared by scheme, host and path. The text to paste has no credentials;
 * in the text to show they are masked.
 * @param url  one that `URL` reads
 */
export function memberOfUrl(url: string): ChainMember {
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  const hasUser = username !== '' || password !== '';
  // After a space or a slash there may be a second URL, and the fragment, which is never sent, may be a token.
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

/** The URL as written, without user-info. `URL` also parses `https:\\u:p@host` and `https:/u:p@host`. */
function withoutUser(url: string): string {
  const cut = url.replace(userInfo, '$1');
  if (cut !== url && URL.parse(cut)?.username === '' && URL.parse(cut)?.password === '') return cut;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}
