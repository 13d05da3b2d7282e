import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  memberOfUrl,
  offersHttp1,
  type Remedy,
  type Reply,
  type WalkEnd,
} from '../client.ts';
import { checkIndexes, headed, linesFor, notesFor, parseIndexes, pasteable, rollbackTo, variables } from './chain.ts';

/**
 * One walk of pip: it queries all its indexes and takes the best version, of equals the file of the last index. It
 * skips an index that fails, times out or has other content. It stops at a 401, where it prompts for a password, and at
 * a cut page. A wrong file or wrong metadata of the last index ends the walk too. The time is the sum of all requests.
 * @see test/real/pypi-clients.test.ts, pypi-bodies.test.ts: pip 23.2 and 26.3
 */
function walkPip(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  let tookMs = 0;
  let best: number | null = null;
  let isBestWrong = false;
  let unmeasured: number | null = null;
  for (const [at, member] of chain.members.entries()) {
    const reply = replyOf(member);
    if (reply.tag === 'unknown') {
      unmeasured ??= at;
      continue;
    }
    tookMs += reply.tookMs;
    const isWrong = reply.tag === 'failed' && reply.isArtifact === true;
    if (reply.tag === 'ok' || isWrong) {
      best = at;
      isBestWrong = isWrong;
    } else if (reply.status === 401 || (reply.tag === 'failed' && reply.isCut === true && reply.isHung !== true))
      return unmeasured === null ? { tag: 'failed', at } : { tag: 'unknown', at: unmeasured };
  }
  if (unmeasured !== null) return { tag: 'unknown', at: unmeasured };
  if (best === null) return { tag: 'failed', at: chain.members.length - 1 };
  return isBestWrong ? { tag: 'failed', at: best } : { tag: 'ok', at: best, tookMs };
}

const fileFor = (url: string): string => `[global]\nindex-url = ${url}`;

/** The lines for pip and for clients with its settings. `extra-index-url` and `trusted-host` are never set. */
function pipRemedy(before: Chain, after: Chain, privatePatterns: readonly string[]): Remedy {
  const url = pasteable(after);
  const rollback = rollbackTo(before, fileFor);
  const notes = [...notesFor(before, after, privatePatterns)];
  if (url === null) {
    notes.push(phrase('note.pipByHand'));
    return { remedy: {}, rollback, notes };
  }
  notes.push(phrase('note.pipWins'), phrase('note.poetry', { url, pdm: url }));
  return {
    remedy: {
      pip: fileFor(url),
      ...linesFor(url),
    },
    rollback,
    notes,
  };
}

/** pip: one index-url and extra ones, which it merges. */
export const pip: Client = {
  id: 'pip',
  spec: [
    'https://pip.pypa.io/en/stable/cli/pip_install/#finding-packages',
    'https://pip.pypa.io/en/stable/topics/configuration/',
  ],
  describes:
    "pip's index-url of today, then its extra-index-url ones, with spaces between. Default: the mirror of the highest weight.",
  expected: phrase('expected.pypiChain'),
  parse: parseIndexes,
  mistake: checkIndexes,
  usual: (url) => url ?? '',
  member: memberOfUrl,
  walk: walkPip,
  headed,
  protocols: () => offersHttp1,
  forms: ['pip', 'env'],
  variables,
  remedy: pipRemedy,
};
