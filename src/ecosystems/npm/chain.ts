import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { memberOfUrl } from '../chain.ts';
import type { Chain, ChainMember, ChainProblem, Reply, WalkEnd } from '../client.ts';

/**
 * Parses the chain of npm, pnpm and yarn: exactly one registry. The registry of a scope is a separate setting.
 * @see protocols.md 2.7
 */
export function parseRegistry(chain: string): Result<Chain, ChainProblem> {
  const text = chain.trim();
  if (text === '') return error({ kind: 'empty' });
  if (!/^https?:\/\/[^\s,|;]+$/i.test(text) || !URL.canParse(text)) return error({ kind: 'not_a_url', member: 0 });
  return ok({ members: [memberOfUrl(text)], separators: [] });
}

/** The expected form of a registry in the file; `null`: the text is valid. */
export function checkRegistries(chain: string): Sentence | null {
  return parseRegistry(chain).tag === 'ok' && baseUrl(chain.trim()) !== null ? null : phrase('expected.registryOne');
}

/**
 * One walk in one moment. None of these clients falls back to another registry. They retry the same one seconds later,
 * which is another moment: npm and pnpm twice, after 10 and 60 s, on 408, 420, 429, 5xx and most connection faults;
 * yarn 1 four times, on cuts and on 5xx of packuments; later versions of yarn three times, on 429 and 5xx.
 * @see design.md section 4.4; npm/make-fetch-happen lib/remote.js; test/real/npm-client.test.ts, pnpm-yarn.test.ts
 */
export function walkRegistry(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  const [member] = chain.members;
  const reply: Reply = member === undefined ? { tag: 'unknown' } : replyOf(member);
  if (reply.tag === 'unknown') return { tag: 'unknown', at: 0 };
  return reply.tag === 'ok' ? { tag: 'ok', at: 0, tookMs: reply.tookMs } : { tag: 'failed', at: 0 };
}

/** The chain of one registry, because these clients support no second one. */
export function chainOfRegistry(to: ChainMember): Chain {
  return { members: [to], separators: [] };
}
