import { formatCommand } from '../core/command-line.ts';
import type { Variables } from '../core/kind.ts';
import type { Mirror, Step } from '../core/mirror.ts';
import { error, ok, type Result, type Sentence } from '../core/result.ts';
import { maskChain, maskUrl } from '../core/secret.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { baseUrl } from '../core/url.ts';
import { phrase } from '../words/tell.ts';

/**
 * The separator between two members of a chain, as in GOPROXY. A chain is the ordered list of mirrors that a client
 * tries.
 */
export type Separator = ',' | '|';

/** One entry of a client's chain: a URL, or one of the words `direct` and `off`. */
export interface ChainMember {
  readonly kind: 'url' | 'direct' | 'off';
  /**
   * Identifies the member in comparisons. For a URL, it is the scheme, host and path without trailing slashes; else
   * `direct` or `off`.
   */
  readonly key: string;
  /** The text for an operator to paste, without user name and password. */
  readonly plain: string;
  /** The text to display: user-info and query values are masked. */
  readonly shown: string;
  /** True if the URL has user-info or a query, because either may contain a secret. */
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
 * How one member of a chain responds to a request, in the cases that clients treat differently. `tookMs`: how long a
 * client waits for the response.
 */
export type Reply =
  | { readonly tag: 'ok'; readonly tookMs: number }
  /** The status was 404 or 410. Only the status counts here, not the reason that mirrorwatch gives for the failure. */
  | {
      readonly tag: 'gone';
      readonly tookMs: number;
      readonly status?: number | null;
      readonly isDownload?: boolean;
    }
  | {
      readonly tag: 'failed';
      readonly tookMs: number;
      readonly status?: number | null;
      /** True if the response headers arrived, but not the whole body. */
      readonly isCut?: boolean;
      /**
       * True for a timeout after the request was sent, or for an HTTP/2 reset after which clients retry without end.
       * After such a failure, some clients try no further member.
       */
      readonly isHung?: boolean;
      /**
       * True if the request was for an artifact or its metadata and failed although the status was 200. Some clients
       * then try no further member.
       */
      readonly isArtifact?: boolean;
      /** True for a response to a request for an artifact itself. Some clients then try no further member. */
      readonly isDownload?: boolean;
    }
  | { readonly tag: 'unknown' };

/**
 * How a client's request through a chain ends. `at`: the index of the member at which the request ends. `unknown`: that
 * member was not measured.
 */
export type WalkEnd =
  | { readonly tag: 'ok'; readonly at: number; readonly tookMs: number }
  | { readonly tag: 'failed'; readonly at: number }
  | { readonly tag: 'unknown'; readonly at: number };

/**
 * Whether a mirror relays requests to Go's checksum database. `none`: it has no such relay. `broken`: it offers the
 * relay, but requests through the relay fail. `unknown`: the relay was not measured.
 */
export type RelayState = 'offers' | 'none' | 'broken' | 'unknown';

/**
 * A service that clients query besides the mirror, and to which the mirror may relay their requests. Today this is only
 * Go's checksum database.
 */
interface Relay {
  readonly title: Sentence;
  /**
   * The step (kind of request) that probes whether the mirror relays requests to the service. If its result has the
   * fact `notOffered`, the mirror has no relay.
   */
  readonly step: Step;
  /**
   * How clients query this service (Go's checksum database). `off`: not at all. `direct`: directly, not through
   * mirrors. `relayed`: through a mirror's relay if there is one.
   */
  need(settings: unknown): 'off' | 'direct' | 'relayed';
  settle(chain: Chain, relayOf: (member: ChainMember) => RelayState): RelayState;
}

/** How to change a client's settings, and how to change them back. */
export interface Remedy {
  /**
   * The lines to paste, keyed by the file or tool that they are for, such as `env` or `npmrc`. The lines of `json` are
   * for programs. Empty: there are no lines.
   */
  readonly remedy: Readonly<Record<string, string>>;
  /** The lines that restore the old settings, or a sentence if an operator must restore them by hand. */
  readonly rollback: string | Sentence;
  /** A `Sentence` is rendered in the reader's language; a string is English only. */
  readonly notes: readonly (Sentence | string)[];
}

/** The HTTP versions of a client that supports HTTP/2, the preferred version first. */
export const offersHttp2: readonly HttpProtocol[] = ['2', '1.1'];
export const offersHttp1: readonly HttpProtocol[] = ['1.1'];

export interface Client {
  /** Lower-case letters and digits, unique within the ecosystem: `pip`, `uv`. */
  readonly id: string;
  /**
   * Returns the program that uses this mirror, if the mirror's `profile` defines one, such as `apt`. If the method is
   * absent or returns `null`, the program is `id`.
   */
  nameAt?(mirror: Mirror): string | null;
  readonly describes: string;
  /** The error if the configured chain is not a string. It says what was expected. */
  readonly expected: Sentence;
  parse(chain: string): Result<Chain, ChainProblem>;
  /**
   * Checks a configured chain more strictly than `parse`. Returns what was expected, or `null` if the chain is valid.
   */
  mistake(chain: string): Sentence | null;
  /**
   * Returns the default chain, or an empty text if there is none.
   * @param url  the URL of the preferred mirror; `null`: there is none
   */
  usual(url: string | null): string;
  member(url: string): ChainMember;
  /** Returns how a request through the chain ends, by the client's own rules. */
  walk(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd;
  /**
   * Returns a chain that begins with `to` and that the client supports. If the method is absent, docs/decisions/0002
   * says which members follow `to`.
   * @param dropped  keys of members that the new chain must not have
   */
  headed?(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain;
  readonly relay?: Relay;
  /** The HTTP versions that the client uses with this mirror, the preferred one first. */
  protocols(mirror: Mirror): readonly HttpProtocol[];
  /**
   * True if the client verifies its downloads from this mirror independently of the mirror: by a signature, a lock file
   * or a checksum database. Absent: not known.
   */
  verifiesBytes?(mirror: Mirror, settings: unknown): boolean;
  /** The setting that limits the client to HTTP/1.1; absent or `null`: none is known. */
  withoutHttp2?(mirror: Pick<Mirror, 'own'>): Bypass | null;
  /** The keys of `Remedy.remedy` that the API offers besides `json`, such as `env`. */
  readonly forms: readonly string[];
  /**
   * For each `profile` (kind of file mirror), the key of `Remedy.remedy` that the API also offers: `apt` for `debian`.
   * Absent: there are none.
   */
  readonly profileForms?: Readonly<Record<string, string>>;
  /** The keys of `profileForms` whose lines an action can write into a file. Absent: there are none. */
  readonly profileFiles?: readonly string[];
  /**
   * For keys of `forms`, the end of the path of the user's settings file. An action then changes only the setting in
   * this file, as `Doctor.settle` does. Another file of an action is replaced by the lines of the remedy.
   */
  readonly userFiles?: Readonly<Record<string, string>>;
  readonly variables: Variables;
  /**
   * Returns the lines that change the client's chain from `before` to `after`.
   * @param of  the upstream and its mirrors, if known; some lines name the upstream or depend on a mirror's `profile`
   */
  remedy(
    before: Chain,
    after: Chain,
    privatePatterns: readonly string[],
    of?: { readonly upstream?: string; readonly mirrors?: readonly Pick<Mirror, 'own' | 'url'>[] },
  ): Remedy;
}

/** Formats a chain as text. The default field `shown` masks credentials. */
export function showChain({ members, separators }: Chain, field: 'shown' | 'plain' | 'key' = 'shown'): string {
  return members.map((member, i) => member[field] + (separators[i] ?? '')).join('');
}

/**
 * A URL that is safe between quotes, in shell lines and in settings files of all clients. It has no `$`: npm and yarn
 * replace `${NAME}` in values of variables and files, so a registry would receive the values of other variables. It has
 * no `,` and `|`, which separate URLs in GOPROXY.
 */
export const pasteableUrl = /^https?:\/\/[A-Za-z0-9._~%:/[\]+=@-]+$/;

/** True for the base URL of a mirror without credentials. */
export function isPlainUrl(text: string): boolean {
  return pasteableUrl.test(text) && baseUrl(text)?.user === null;
}

/**
 * Returns the URL of the first member, with a final slash to avoid a redirect. `null`: the chain has no URL there that
 * is safe to paste.
 */
export function pasteableHeadOf({ members: [head] }: Chain): string | null {
  if (head === undefined || !pasteableUrl.test(head.plain) || !URL.canParse(head.plain)) return null;
  return `${head.plain.replace(/(?<!\/)\/+$/, '')}/`;
}

/** Returns the settings that give one URL to several environment variables: as lines for a shell, and as JSON. */
export function variablesFor(names: readonly string[], url: string): { readonly env: string; readonly json: string } {
  return {
    env: names.map((name) => formatCommand`export ${name}=${url}`).join('\n'),
    json: JSON.stringify(Object.fromEntries(names.map((name) => [name, url]))),
  };
}

/**
 * A client setting that turns off a failing feature. For example, `GODEBUG=http2client=0` turns off HTTP/2 in the go
 * command.
 */
export interface Bypass {
  readonly client: string;
  readonly setting: string;
  /** The lines that apply the setting, keyed by the file or tool that they are for, such as `env`. */
  readonly set: Readonly<Record<string, string>>;
  readonly unset: Readonly<Record<string, string>>;
  readonly note: Sentence;
}

/**
 * Builds a bypass that is one entry of a comma-separated environment variable. The lines of `set` can safely run
 * several times. The lines of `unset` remove the entry only from the end of the value.
 * @see isSafeEnv, which accepts no other expansion of a variable
 */
export function listEntry(client: string, variable: string, entry: string): Bypass {
  const without = formatCommand`export ${variable}="\${${variable}:+\${${variable}%${entry}}}"`;
  return {
    client,
    setting: `${variable}=${entry}`,
    set: {
      env: `${without}\n${formatCommand`export ${variable}="\${${variable}:+\${${variable}%,},}${entry}"`}`,
      json: JSON.stringify({ [variable]: entry }),
    },
    unset: { env: `${without}\n${formatCommand`export ${variable}="\${${variable}:+\${${variable}%,}}"`}`, json: '{}' },
    note: phrase('note.bypassVariable', { variable }),
  };
}

/**
 * Returns how a client's request ends if the client tries the members of its chain in order. The request ends at the
 * first member that is ok, unmeasured or `off`, or whose reply is final; else at the last member. `tookMs` is the sum
 * over the tried members.
 * @param isFinal  true if the client tries no further member after this reply
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
 * @param between  matches the text between two members
 * @param mayEnd   whether the word `direct` may end the chain; the text after it is ignored
 * @returns        the chain, or an error: `empty` if there are no members; `not_a_url` with the index of the invalid
 *                 member
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

/** Parses a chain of exactly one URL, for clients that never try a second one. */
export function parseOneUrl(chain: string): Result<Chain, ChainProblem> {
  const text = chain.trim();
  if (text === '') return error({ kind: 'empty' });
  if (!/^https?:\/\/[^\s,|;]+$/i.test(text) || !URL.canParse(text)) return error({ kind: 'not_a_url', member: 0 });
  return ok({ members: [memberOfUrl(text)], separators: [] });
}

const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i;

/**
 * Makes the chain member for a URL.
 * @throws TypeError if the URL is invalid
 */
export function memberOfUrl(url: string): ChainMember {
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  const hasUser = username !== '' || password !== '';
  // A URL with a fragment, white space or `:…@` in its path may contain a token, or a second URL with a password.
  // `maskChain` also masks these parts; `maskUrl` does not.
  const isOdd = hash !== '' || /\s/.test(url) || /:[^/:@]*@/.test(pathname);
  const plain = hasUser ? withoutUser(url) : url;
  return {
    kind: 'url',
    key: `${protocol}//${host}${pathname.replace(/(?<!\/)\/+$/, '')}`,
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
