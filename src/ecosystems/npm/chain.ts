import { baseUrl } from '../../core/base-url.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import type { Chain, ChainMember, ChainProblem, Reply, WalkEnd } from '../client.ts';
import { urlMember } from '../url-member.ts';

/** The chain of npm, pnpm and yarn: one registry. A scope's own registry is a setting apart. @see protocols.md 2.7 */
export function parseRegistry(chain: string): Result<Chain, ChainProblem> {
  const text = chain.trim();
  if (text === '') return error({ kind: 'empty' });
  if (!/^https?:\/\/[^\s,|;]+$/i.test(text) || !URL.canParse(text)) return error({ kind: 'not_a_url', member: 0 });
  return ok({ members: [urlMember(text)], separators: [] });
}

/** What was expected of a registry in the file; `null`: it is fine. */
export function registryMistake(chain: string): Sentence | null {
  return parseRegistry(chain).tag === 'ok' && baseUrl(chain.trim()) !== null ? null : phrase('expected.registryOne');
}

/**
 * One walk in one moment: none of these clients goes on to another registry. They ask the same one again, seconds later:
 * npm and pnpm twice, after 10 and 60 s, on 408, 420, 429, 5xx and most connection faults; yarn 1 four times, on 5xx
 * (of packuments alone) and cuts; later ones three times, on 429 and 5xx. Those are other moments.
 * @see design.md section 4.4; npm/make-fetch-happen lib/remote.js; test/real/npm-client.test.ts, pnpm-yarn.test.ts
 */
export function walkRegistry(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  const [member] = chain.members;
  const reply: Reply = member === undefined ? { tag: 'unknown' } : replyOf(member);
  if (reply.tag === 'unknown') return { tag: 'unknown', at: 0 };
  return reply.tag === 'ok' ? { tag: 'ok', at: 0, tookMs: reply.tookMs } : { tag: 'failed', at: 0 };
}

/** The chain with another registry first: that one alone. */
export function onlyRegistry(to: ChainMember): Chain {
  return { members: [to], separators: [] };
}
