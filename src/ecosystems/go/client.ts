import { formatCommand } from '../../core/command-line.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type ChainProblem,
  type Client,
  listEntry,
  memberOfUrl,
  offersHttp2,
  pasteableUrl,
  type RelayState,
  type Remedy,
  type Reply,
  showChain,
  type WalkEnd,
  walkInOrder,
} from '../client.ts';
import type { GoSettings } from './context.ts';
import { isNarrow } from './patterns.ts';

const pasteablePattern = /^[A-Za-z0-9._~/*?[\]^+=@-]+$/;

export function parseGoproxy(chain: string): Result<Chain, ChainProblem> {
  const entries = readGoProxyList(chain);
  const members: ChainMember[] = [];
  for (const { kind, text } of entries) {
    if (kind === 'word') return error({ kind: 'reserved_word', member: members.length });
    if (kind === 'url' && !URL.canParse(text)) return error({ kind: 'not_a_url', member: members.length });
    members.push(
      kind === 'url' ? memberOfUrl(text) : { kind, key: text, plain: text, shown: text, hasCredentials: false },
    );
  }
  const separators = entries.slice(0, -1).map(({ separator }) => separator);
  return members.length === 0 ? error({ kind: 'empty' }) : ok({ members, separators });
}

/**
 * Returns how a request of the go command ends. If `,` follows a member, the command tries the next member only after
 * 404 and 410. If `|` follows, it tries the next member after any failure except a hanging mirror and a complete
 * artifact with wrong bytes.
 * @see docs/protocols/go.md#goproxy; test/real/go-bodies.test.ts, docs/http2.md: go 1.26
 */
export function walkGoproxy(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  return walkInOrder(chain, replyOf, (reply, at) => {
    if (reply.tag === 'gone') return false;
    const isSpoilt = reply.isArtifact === true && reply.isCut !== true;
    return chain.separators[at] !== '|' || isSpoilt || reply.isHung === true;
  });
}

/**
 * Returns the state of the relay through which the go command would query the checksum database. The members are
 * searched in order. Members without a relay are skipped, and members with a broken relay if `|` follows them. The
 * relay of any other member ends the search. `none`: the go command queries the database directly.
 * @see docs/protocols/go.md#relay
 */
export function relayOfGoproxy(chain: Chain, relayOf: (member: ChainMember) => RelayState): RelayState {
  for (const [at, member] of chain.members.entries()) {
    if (member.kind !== 'url') return 'none';
    const relay = relayOf(member);
    if (relay === 'none' || (relay === 'broken' && chain.separators[at] === '|')) continue;
    return relay;
  }
  return 'none';
}

/**
 * Returns the lines that set GOPROXY, and GOPRIVATE for private patterns, without credentials. Values that are not safe
 * to paste are left out, and a note says so.
 */
export function goRemedyFor(before: Chain, after: Chain, privatePatterns: readonly string[]): Remedy {
  const notes = notesOn(after);
  const rollback = pasteable(before);
  const proxy = pasteable(after);
  const patterns = privatePatterns.filter((pattern) => pasteablePattern.test(pattern) && isNarrow(pattern));
  if (patterns.length < privatePatterns.length) notes.push(phrase('note.goPrivatePattern'));
  const back = rollback === null ? phrase('back.chain') : formatCommand`export ${'GOPROXY'}=${rollback}`;
  if (before.members.some((member) => member.hasCredentials)) notes.push(phrase('note.goBackCredentials'));
  if (proxy === null) {
    notes.push(phrase('note.goByHand'));
    return { remedy: {}, rollback: back, notes };
  }
  const own = patterns.join(',');
  const settings = { GOPROXY: proxy, ...(own === '' ? {} : { GOPRIVATE: own }) };
  // The user's own list stays. Outside of a project, `go env` reads no go.mod, which could name another toolchain.
  const list = own === '' ? [] : [formatCommand`GOPRIVATE="\${GOPRIVATE:-$(cd / && go env GOPRIVATE)}",${own}`];
  const words = [formatCommand`${'GOPROXY'}=${proxy}`, ...list];
  const env = words.map((word) => ['export', word].join(' ')).join('\n');
  return {
    remedy: { env, goenv: ['go env -w', ...words].join(' '), json: JSON.stringify(settings) },
    rollback: back,
    notes,
  };
}

function notesOn(after: Chain): Sentence[] {
  const notes = [phrase('note.goWins')];
  if (after.separators[0] === ',') notes.push(phrase('note.goComma'));
  if (after.members.some((member) => member.hasCredentials)) notes.push(phrase('note.goCredentials'));
  return notes;
}

function pasteable(chain: Chain): string | null {
  const isSafe = chain.members.every(
    ({ kind, plain }) => kind !== 'url' || pasteableUrl.test(plain.replace(/^file:/, 'https:')),
  );
  return isSafe ? showChain(chain, 'plain') : null;
}

/** Characters that are illegal in URLs, and `;`, which is legal but a mistake in GOPROXY. */
const illegal = /[;"<>\\^`{}]|[^\x21-\x7e\p{L}\p{M}\p{N}]/u;

function isProxyUrl(url: string): boolean {
  if (illegal.test(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#@]*@/i, ''))) return false;
  return /^file:\/\/\/[^?#]*$/i.test(url) || baseUrl(url) !== null;
}

/**
 * Checks a configured GOPROXY value more strictly than `parseGoproxy`. Returns what was expected, or `null` if the
 * value is valid.
 */
export function checkGoproxy(chain: string): Sentence | null {
  const entries = readGoProxyList(chain);
  const isWrong = entries.some(({ kind, text }) => kind === 'word' || (kind === 'url' && !isProxyUrl(text)));
  if (isWrong) return phrase('expected.goProxies');
  return entries.length === 0 ? phrase('expected.goProxy') : null;
}

function isPlainGoproxy(chain: string): boolean {
  const parsed = checkGoproxy(chain) === null ? parseGoproxy(chain) : null;
  if (parsed?.tag !== 'ok' || pasteable(parsed.value) === null) return false;
  return parsed.value.members.every(({ hasCredentials }) => !hasCredentials);
}

const http2Off = listEntry('go', 'GODEBUG', 'http2client=0');

export const goClient: Client = {
  id: 'go',
  // https://go.dev/ref/mod#environment-variables
  // https://go.dev/ref/mod#goproxy-protocol
  describes: 'The current GOPROXY of the clients. Default: the mirror of the highest weight, then `,direct`.',
  expected: phrase('expected.goChain'),
  parse: parseGoproxy,
  mistake: checkGoproxy,
  usual: (url) => (url === null ? 'direct' : `${url},direct`),
  member: memberOfUrl,
  walk: walkGoproxy,
  relay: {
    title: phrase('relay.checksums'),
    step: 'sumdb',
    need(settings) {
      const { sumdb } = settings as GoSettings;
      return sumdb === null ? 'off' : sumdb.url === null ? 'relayed' : 'direct';
    },
    settle: relayOfGoproxy,
  },
  verifiesBytes: (_mirror, settings) => (settings as GoSettings).sumdb !== null,
  protocols: () => offersHttp2,
  withoutHttp2: () => http2Off,
  forms: ['env'],
  variables: {
    GOPROXY: isPlainGoproxy,
    GOPRIVATE: isNarrow,
    GODEBUG: (value) => value === 'http2client=0',
  },
  remedy: goRemedyFor,
};

interface GoProxyEntry {
  readonly kind: 'url' | 'direct' | 'off' | 'word';
  /** The text of the entry. A URL without a scheme gets `https://`. */
  readonly text: string;
  /** The separator after the entry; `,` if none follows. */
  readonly separator: ',' | '|';
}

/**
 * Splits GOPROXY as the go command does. Empty entries are skipped: the separator after `a` in `a,|b` is the comma.
 * `direct` and `off` end the list. An entry without `.`, `:` and `/` is a `word`, which the go command reserves.
 * @see docs/protocols/go.md#goproxy; cmd/go/internal/modfetch/proxy.go, proxyList
 */
export function readGoProxyList(list: string): readonly GoProxyEntry[] {
  const entries: GoProxyEntry[] = [];
  for (const part of list.split(/(?<=[,|])/)) {
    const separator = part.endsWith('|') ? '|' : ',';
    const text = part.replace(/[,|]$/, '').trim();
    if (text === '') continue;
    if (text === 'direct' || text === 'off') {
      entries.push({ kind: text, text, separator });
      break;
    }
    if (!/[.:/]/.test(text)) entries.push({ kind: 'word', text, separator });
    else entries.push({ kind: 'url', text: isWhole(text) ? text : `https://${text}`, separator });
  }
  return entries;
}

function isWhole(text: string): boolean {
  return text.includes(':/') || text.startsWith('/');
}
