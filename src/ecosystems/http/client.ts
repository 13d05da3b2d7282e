import type { Mirror } from '../../core/mirror.ts';
import type { Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  chainOf,
  memberOfUrl,
  offersHttp1,
  offersHttp2,
  parseUrls,
  pasteableUrl,
  type Remedy,
  type Reply,
  type WalkEnd,
  walkInOrder,
} from '../client.ts';
import { profileOf, profiles } from './profiles.ts';

function mistake(chain: string): Sentence | null {
  const urls = chain.split(/\s+/).filter((url) => url !== '');
  if (urls.length === 0) return phrase('expected.oneUrl');
  // `,`, `;` and `|` are legal in a path. But here they are always a mistake, because other settings use them as
  // separators.
  return urls.every((url) => baseUrl(url) !== null && !/[,;|]/.test(url)) ? null : phrase('expected.urlsSpaces');
}

/**
 * Returns the chain with `to` first. A chain of one URL gets no second member, because most package managers support
 * only one URL.
 */
function headed(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
  const others = chain.members.length < 2 ? [] : chain.members.filter(({ key }) => key !== to.key && !dropped.has(key));
  return chainOf([to, ...others]);
}

/**
 * pacman's servers and apt's mirror list are tried in order. Complete wrong bytes with status 200 end the fetch: the
 * client accepts them, and its hash check fails later.
 * @see test/real/http-lists.test.ts, apt-bodies.test.ts: pacman 6.0, apt 2.6
 */
function walkFiles(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  return walkInOrder(
    chain,
    replyOf,
    (reply) => reply.status === 200 && (reply.tag !== 'failed' || reply.isCut !== true),
  );
}

function httpRemedy(before: Chain, after: Chain, mirrors: readonly Pick<Mirror, 'own' | 'url'>[] = []): Remedy {
  const notes: Sentence[] = [];
  if ([...before.members, ...after.members].some(({ hasCredentials }) => hasCredentials))
    notes.push(phrase('note.credentials', { from: phrase('note.credentialsOfClient') }));
  const urls = after.members.map(({ plain }) => plain);
  const isSafe = [...before.members, ...after.members].every(({ plain }) => pasteableUrl.test(plain));
  const byHand = phrase('back.entries');
  if (!isSafe) {
    notes.push(phrase('note.urlByHand'));
    return { remedy: {}, rollback: byHand, notes };
  }
  const keys = after.members.map(({ key }) => key);
  const own = mirrors.toSorted((a, b) => rank(keys, a) - rank(keys, b));
  const profile = own.map((mirror) => profileOf(mirror.own?.['profile'])).find((one) => one !== null);
  if (profile == null) {
    notes.push(phrase('note.noProfile'));
    const back = before.members.map(({ plain }) => plain).join(' ');
    return { remedy: { json: JSON.stringify({ urls }) }, rollback: back === '' ? byHand : back, notes };
  }
  const lines = profile.lines(before, after);
  return {
    remedy: { [profile.client]: lines.text, json: JSON.stringify({ [profile.client]: urls }) },
    rollback: lines.rollback,
    notes: [...notes, ...lines.notes],
  };
}

function rank(keys: readonly string[], { url }: Pick<Mirror, 'url'>): number {
  const at = keys.indexOf(memberOfUrl(url).key);
  return at < 0 ? keys.length : at;
}

export const filesClient: Client = {
  id: 'files',
  nameAt: (mirror) => profileOf(mirror.own?.['profile'])?.client ?? null,
  spec: ['https://www.rfc-editor.org/rfc/rfc9110', ...new Set(profiles.flatMap(({ spec }) => spec))],
  describes:
    "The base URLs that clients use today, separated by spaces. Several are possible for pacman's servers and apt's mirror list. Default: the mirror of the highest weight, alone.",
  expected: phrase('expected.httpChain'),
  // mirrorwatch prints `|` between the members of a chain, so it also accepts `|` here.
  parse: (chain) => parseUrls(chain, /[\s|]+/),
  mistake,
  usual: (url) => url ?? '',
  member: memberOfUrl,
  walk: walkFiles,
  headed,
  verifiesBytes: (mirror) => profileOf(mirror.own?.['profile'])?.verifiesBytes === true,
  protocols: (mirror) => (profileOf(mirror.own?.['profile'])?.offersHttp2 === true ? offersHttp2 : offersHttp1),
  withoutHttp2: (mirror) => profileOf(mirror.own?.['profile'])?.withoutHttp2 ?? null,
  forms: [],
  profileForms: Object.fromEntries(profiles.map(({ id, client }) => [id, client])),
  variables: {},
  remedy: (before, after, _privatePatterns, of) => httpRemedy(before, after, of?.mirrors),
};
