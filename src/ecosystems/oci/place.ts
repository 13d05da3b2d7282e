import type { Filled, Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import type { Chain, ChainMember } from '../client.ts';

/** A mirror as the files of clients name it. */
export interface Place {
  /** As it is written in the chain, without a trailing slash. */
  readonly url: string;
  readonly isPlain: boolean;
  /** With its port, where it has one. */
  readonly host: string;
  /** Before and after the `v2` of the path; `project` is `null` where there is no `v2`. */
  readonly path: string;
  readonly project: string | null;
}

/** Characters that a pasted URL may hold: none that a quote of TOML or JSON gives a meaning. */
const pasteable = /^https?:\/\/[A-Za-z0-9._~%:/[\]+=@!-]+$/;

/** Where a mirror is; `null` where its URL cannot be pasted safely. */
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

/** The mirrors of a chain in their order, and whether the registry itself comes after them. */
export interface Places {
  readonly mirrors: readonly Place[];
  readonly isDirect: boolean;
}

/** `null` where one of them cannot be pasted safely. */
export function placesOf({ members }: Chain): Places | null {
  const mirrors = members.filter(({ kind }) => kind === 'url').map(placeOf);
  if (mirrors.includes(null)) return null;
  return {
    mirrors: mirrors.filter((place) => place !== null),
    isDirect: members.some(({ kind }) => kind === 'direct'),
  };
}

/** What is said of mirrors whose URL is not printed. */
export const unpasteable = phrase('note.mirrorsByHand');

/** What is said where a chain has credentials; empty where it has none. */
export function credentialNotes({ members }: Chain, from: Filled): readonly Sentence[] {
  return members.some(({ hasCredentials }) => hasCredentials) ? [phrase('note.credentials', { from })] : [];
}
