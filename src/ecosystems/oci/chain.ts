import { baseUrl } from '../../core/base-url.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import type { Chain, ChainMember, ChainProblem, Client, Reply } from '../client.ts';
import { urlMember } from '../url-member.ts';

const separator = /[\s,|]+/;
const expected = phrase('expected.mirrorsPipe');

/**
 * Reads the mirrors of a client in their order. None of the clients has such a line: they have files, and this is what
 * stands in them. `direct` is the registry itself, which all of them ask last; what would follow it is never asked.
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
    members.push(urlMember(word));
  }
  if (members.length === 0) return error({ kind: 'empty' });
  return ok({ members, separators: members.slice(1).map(() => '|' as const) });
}

/** What was expected of such a line in the file; `null`: it is fine. */
function mirrorsMistake(chain: string): Sentence | null {
  const words = chain.split(separator).filter((word) => word !== '');
  const isFine = words.every((word, at) => (word === 'direct' ? at === words.length - 1 : baseUrl(word) !== null));
  return isFine && words.length > 0 ? null : expected;
}

/** True for an answer that was taken and then turned out wrong: who took it asks nobody else. */
export function isTaken({ status }: { readonly status?: number | null }): boolean {
  return status !== undefined && status !== null && status >= 200 && status < 300;
}

/** True for an answer of which a part came. */
export function isCut(reply: Reply): boolean {
  return reply.tag === 'failed' && reply.isCut === true;
}

/** True for an answer that a client without a timeout for responses waits for. */
export function isHung(reply: Reply): boolean {
  return reply.tag === 'failed' && reply.isHung === true;
}

/** What the clients of images share: how their hosts are written and read. */
export const hostChain = {
  expected: phrase('expected.ociChain'),
  parse: parseMirrors,
  mistake: mirrorsMistake,
  usual: (url) => (url === null ? 'direct' : `${url}|direct`),
  member: urlMember,
  variables: [],
} as const satisfies Partial<Client>;
