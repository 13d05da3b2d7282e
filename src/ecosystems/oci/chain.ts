import type { Filled, Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  memberOfUrl,
  parseUrls,
  type Remedy,
  type Reply,
} from '../client.ts';

const separator = /[\s,|]+/;
const expected = phrase('expected.mirrorsPipe');

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

/**
 * The chain of image clients. These clients have only files: the chain describes their content. `direct` is the
 * registry itself, which every client tries last; members after it are never used.
 */
export const hostChain = {
  expected: phrase('expected.ociChain'),
  parse: (chain) => parseUrls(chain, separator, true),
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
function placesOf({ members }: Chain): Places | null {
  const mirrors = members.filter(({ kind }) => kind === 'url').map(placeOf);
  if (mirrors.includes(null)) return null;
  return {
    mirrors: mirrors.filter((place) => place !== null),
    isDirect: members.some(({ kind }) => kind === 'direct'),
  };
}

/** The file of a client, built from the mirrors of a chain. */
interface HostFile {
  /** The form of its lines in a remedy. */
  readonly form: string;
  /** Its text as lines to paste, and its data for programs. */
  text(places: Places): string;
  json(places: Places, text: string): unknown;
  /** The rollback for a chain that is not safe to paste. */
  readonly back: string | Sentence;
  /** Where its credentials come from. */
  readonly login: Filled;
  /** The note about a mirror that the client cannot use; absent: it can use all. */
  lost?(place: Place): Sentence | null;
  /** All notes, from those about lost mirrors and credentials. */
  notes(others: readonly Sentence[]): readonly Sentence[];
}

/** A client's remedy: its file. Credentials are never printed, and URLs that are not safe to paste give a note. */
export function remedyOf(before: Chain, after: Chain, file: HostFile): Remedy {
  const [old, now] = [placesOf(before), placesOf(after)];
  const rollback = old === null ? file.back : file.text(old);
  const hasCredentials = after.members.some((member) => member.hasCredentials);
  const credentials = hasCredentials ? [phrase('note.credentials', { from: file.login })] : [];
  if (now === null) return { remedy: {}, rollback, notes: [phrase('note.mirrorsByHand'), ...credentials] };
  const lost = now.mirrors.flatMap((place) => file.lost?.(place) ?? []);
  const others = [...lost, ...credentials];
  if (lost.length > 0 && lost.length === now.mirrors.length) return { remedy: {}, rollback, notes: others };
  const text = file.text(now);
  const json = JSON.stringify({ [file.form]: file.json(now, text) });
  return { remedy: { [file.form]: text, json }, rollback, notes: file.notes(others) };
}
