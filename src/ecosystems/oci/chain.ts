import type { Filled, Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  memberOfUrl,
  parseUrls,
  pasteableUrl,
  type Remedy,
} from '../client.ts';

const separator = /[\s,|]+/;
const expected = phrase('expected.mirrorsPipe');

/** Checks a configured chain. Returns what was expected, or `null` if the text is valid. */
function mirrorsMistake(chain: string): Sentence | null {
  const words = chain.split(separator).filter((word) => word !== '');
  const isFine = words.every((word, at) => (word === 'direct' ? at === words.length - 1 : baseUrl(word) !== null));
  return isFine && words.length > 0 ? null : expected;
}

/**
 * The properties that containerd, podman and Docker share as clients. `direct` is the registry itself; members after it
 * are ignored.
 */
export const hostChain = {
  expected: phrase('expected.ociChain'),
  parse: (chain) => parseUrls(chain, separator, true),
  mistake: mirrorsMistake,
  usual: (url) => (url === null ? 'direct' : `${url}|direct`),
  member: memberOfUrl,
  variables: {},
} as const satisfies Partial<Client>;

/** The parts of a mirror's URL that the clients' configuration files contain. */
export interface HostsFile {
  /** The mirror's URL, without a trailing slash. */
  readonly url: string;
  /** True if the URL is http. */
  readonly isPlain: boolean;
  /** The host, with the port if the URL has one. */
  readonly host: string;
  /** The path before `v2`; the whole path if it has no `v2`. */
  readonly path: string;
  /** The path after `v2`; `null`: the path has no `v2`. */
  readonly project: string | null;
}

function placeOf({ plain }: ChainMember): HostsFile | null {
  if (!pasteableUrl.test(plain)) return null;
  const url = plain.replace(/(?<!\/)\/+$/, '');
  const { protocol, host, pathname } = new URL(url);
  const [isRoot, path = pathname, project = ''] = /^(.*?)\/v2(?:\/(.*))?$/s.exec(pathname) ?? [];
  return {
    url,
    isPlain: protocol === 'http:',
    host,
    path: path.replace(/(?<!\/)\/+$/, ''),
    project: isRoot === undefined ? null : project,
  };
}

/** The mirrors of a chain. `isDirect`: the registry itself follows the mirrors. */
export interface Places {
  readonly mirrors: readonly HostsFile[];
  readonly isDirect: boolean;
}

function placesOf({ members }: Chain): Places | null {
  const mirrors = members.filter(({ kind }) => kind === 'url').map(placeOf);
  if (mirrors.includes(null)) return null;
  return {
    mirrors: mirrors.filter((place) => place !== null),
    isDirect: members.some(({ kind }) => kind === 'direct'),
  };
}

interface HostFile {
  readonly form: string;
  text(places: Places): string;
  /**
   * Returns the content of the client's file as data for programs.
   * @param text  the text of the file, from the method `text`
   */
  json(places: Places, text: string): unknown;
  /** The rollback if the old chain is not safe to paste. */
  readonly back: string | Sentence;
  readonly login: Filled;
  /**
   * Returns the note about a mirror that the client cannot use; `null` for other mirrors. If the method is absent, the
   * client can use all mirrors.
   */
  lost?(place: HostsFile): Sentence | null;
  /** Returns the notes `others` together with the notes that only this client has. */
  notes(others: readonly Sentence[]): readonly Sentence[];
}

/**
 * Builds the remedy of a client: the text of its configuration file, without credentials. A note replaces the file if a
 * URL is not safe to paste, or if the client can use none of the mirrors.
 */
export function ociRemedyOf(before: Chain, after: Chain, file: HostFile): Remedy {
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
