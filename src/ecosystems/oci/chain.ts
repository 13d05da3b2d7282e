import { error, type Filled, ok, type Result, type Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { type Chain, type ChainMember, type ChainProblem, type Client, memberOfUrl, type Reply } from '../client.ts';

const separator = /[\s,|]+/;
const expected = phrase('expected.mirrorsPipe');

/**
 * Parses a client's mirrors in order. The clients have no such line, only files: this is their content. `direct` is the
 * registry itself, which every client tries last; members after it are never used.
 */
function parseMirrors(chain: string): Result<Chain, ChainProblem> {
  const words = chain.split(separator).filter((word) => word !== '');
  const members: ChainMember[] = [];
  for (const word of words) {
    if (word === 'direct') {
      members.push({ kind: 'direct', key: word, plain: word, shown: word, hasCredentials: false });
      break;
    }
    if (!/^https?:\/\//i.test(word) || !URL.canParse(word)) return error({ kind: 'not_a_url', member: members.length });
    members.push(memberOfUrl(word));
  }
  if (members.length === 0) return error({ kind: 'empty' });
  return ok({ members, separators: members.slice(1).map(() => '|' as const) });
}

/** The expected form of such a line in the file; `null`: the text is valid. */
function mirrorsMistake(chain: string): Sentence | null {
  const words = chain.split(separator).filter((word) => word !== '');
  const isFine = words.every((word, at) => (word === 'direct' ? at === words.length - 1 : baseUrl(word) !== null));
  return isFine && words.length > 0 ? null : expected;
}

/** True for a response that a client accepts before it turns out wrong: the client then tries no other mirror. */
export function isTaken({ status }: { readonly status?: number | null }): boolean {
  return status !== undefined && status !== null && status >= 200 && status < 300;
}

/** True for a response that was cut. */
export function isCut(reply: Reply): boolean {
  return reply.tag === 'failed' && reply.isCut === true;
}

/** True for a response that a client without a response timeout waits for. */
export function isHung(reply: Reply): boolean {
  return reply.tag === 'failed' && reply.isHung === true;
}

/** The common spelling of hosts among clients of images. */
export const hostChain = {
  expected: phrase('expected.ociChain'),
  parse: parseMirrors,
  mistake: mirrorsMistake,
  usual: (url) => (url === null ? 'direct' : `${url}|direct`),
  member: memberOfUrl,
  variables: [],
} as const satisfies Partial<Client>;

/** A mirror as written in client files. */
export interface Place {
  /** As in the chain, without a trailing slash. */
  readonly url: string;
  readonly isPlain: boolean;
  /** With its port, if any. */
  readonly host: string;
  /** The parts of the path before and after `v2`; `project` is `null` without a `v2`. */
  readonly path: string;
  readonly project: string | null;
}

/** A URL that is safe to paste: no character has a meaning in a quoted text of TOML or JSON. */
const pasteable = /^https?:\/\/[A-Za-z0-9._~%:/[\]+=@!-]+$/;

/** The place of a mirror; `null` if its URL is not safe to paste. */
function placeOf({ plain }: ChainMember): Place | null {
  if (!pasteable.test(plain)) return null;
  const url = plain.replace(/\/+$/, '');
  const { protocol, host, pathname } = new URL(url);
  const [, path = pathname, project = null] = /^(.*?)\/v2(?:\/(.*))?$/.exec(pathname) ?? [];
  const isRoot = /(^|\/)v2(\/|$)/.test(pathname);
  return {
    url,
    isPlain: protocol === 'http:',
    host,
    path: path.replace(/\/+$/, ''),
    project: isRoot ? (project ?? '') : null,
  };
}

/** The mirrors of a chain in order, and whether the registry itself follows. */
export interface Places {
  readonly mirrors: readonly Place[];
  readonly isDirect: boolean;
}

/** `null` if one of them is not safe to paste. */
export function placesOf({ members }: Chain): Places | null {
  const mirrors = members.filter(({ kind }) => kind === 'url').map(placeOf);
  if (mirrors.includes(null)) return null;
  return {
    mirrors: mirrors.filter((place) => place !== null),
    isDirect: members.some(({ kind }) => kind === 'direct'),
  };
}

/** The note about mirrors whose URL is not printed. */
export const unpasteable = phrase('note.mirrorsByHand');

/** Notes about a chain with credentials; empty without credentials. */
export function listCredentialNotes({ members }: Chain, from: Filled): readonly Sentence[] {
  return members.some(({ hasCredentials }) => hasCredentials) ? [phrase('note.credentials', { from })] : [];
}
