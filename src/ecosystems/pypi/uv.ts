import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  memberOfUrl,
  offersHttp2,
  type Remedy,
  type Reply,
  type WalkEnd,
} from '../client.ts';
import { checkIndexes, headed, linesFor, notesFor, parseIndexes, pasteable, rollbackTo, variables } from './chain.ts';

/**
 * One walk of uv by its first-index rule: extra indexes in order, the default one last. It takes the first with a page
 * of the project and continues only after a 404. Anything else ends it: 410, 401, 403, 5xx, a hang, a page without the
 * version.
 * @see test/real/pypi-clients.test.ts: uv 0.13
 */
function walkUv(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  const order = [...chain.members.keys()].slice(1);
  if (chain.members.length > 0) order.push(0);
  let tookMs = 0;
  for (const at of order) {
    const member = chain.members[at];
    if (member === undefined) break;
    const reply = replyOf(member);
    if (reply.tag === 'unknown') return { tag: 'unknown', at };
    tookMs += reply.tookMs;
    if (reply.tag === 'ok') return { tag: 'ok', at, tookMs };
    if (reply.tag !== 'gone' || reply.status === 410) return { tag: 'failed', at };
  }
  return { tag: 'failed', at: 0 };
}

const fileFor = (url: string): string => `[[index]]\nname = "mirror"\nurl = "${url}"\ndefault = true`;

/** The lines for uv: only its default index. */
function uvRemedy(before: Chain, after: Chain, privatePatterns: readonly string[]): Remedy {
  const url = pasteable(after);
  const rollback = rollbackTo(before, fileFor);
  const notes = [...notesFor(before, after, privatePatterns)];
  if (url === null) {
    notes.push(phrase('note.uvByHand'));
    return { remedy: {}, rollback, notes };
  }
  notes.push(phrase('note.uvLock'));
  return {
    remedy: {
      uv: fileFor(url),
      ...linesFor(url),
    },
    rollback,
    notes,
  };
}

/** uv: one default index and others before it. */
export const uv: Client = {
  id: 'uv',
  spec: ['https://docs.astral.sh/uv/concepts/indexes/', 'https://docs.astral.sh/uv/reference/environment/'],
  describes:
    "uv's default index of today, then those of UV_INDEX, which it asks before, with spaces between. Default: the mirror of the highest weight.",
  expected: phrase('expected.pypiChain'),
  parse: parseIndexes,
  mistake: checkIndexes,
  usual: (url) => url ?? '',
  member: memberOfUrl,
  walk: walkUv,
  headed,
  protocols: () => offersHttp2,
  forms: ['uv', 'env'],
  variables,
  remedy: uvRemedy,
};
