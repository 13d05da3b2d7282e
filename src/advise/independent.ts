import type { Chain, ChainMember, Client, Reply, WalkEnd } from '../ecosystems/client.ts';
import type { PastMoment } from './paired/past.ts';

/** Walks of one question that are tried out at most, over all its members' kinds of answers; and over all questions. */
const walksMost = 7_000;

/** What walks of one weight come to where each member answers by itself. Shares 0 to 1, milliseconds. */
export interface Alone {
  readonly failed: number;
  readonly unmeasured: number;
  /** Of the walks that end well; `null` without any. */
  readonly meanMs: number | null;
}

interface Branch {
  readonly share: number;
  readonly reply: Reply;
}

/**
 * What a chain would do if its members failed independently: every combination of their answers to a question, each with
 * the product of its shares. Questions count alike. `null` where no question was answered by all of `watched`.
 * @param nameOf  the mirror behind a member; `null`: not measured
 */
export function walkAlone(
  client: Client,
  chain: Chain,
  moments: readonly PastMoment[],
  watched: readonly string[],
  nameOf: (member: ChainMember) => string | null,
): Alone | null {
  let [questions, ok, failed, timeMs, left] = [0, 0, 0, 0, walksMost];
  for (const asked of byQuestion(moments)) {
    const branches = new Map(watched.map((name) => [name, branchesOf(asked, name)]));
    const combinations = [...branches.values()].reduce((product, one) => product * one.length, 1);
    if (combinations === 0 || combinations > left) continue;
    left -= combinations;
    questions += 1;
    for (const { share, end } of ends(client, chain, branches, nameOf, new Map())) {
      if (end.tag === 'failed') failed += share;
      if (end.tag !== 'ok') continue;
      ok += share;
      timeMs += share * end.tookMs;
    }
  }
  if (questions === 0) return null;
  return {
    failed: failed / questions,
    unmeasured: Math.max(0, questions - ok - failed) / questions,
    meanMs: ok === 0 ? null : timeMs / ok,
  };
}

function byQuestion(moments: readonly PastMoment[]): readonly (readonly PastMoment[])[] {
  return [...Map.groupBy(moments, ({ question }) => question).values()];
}

/** A mirror's answers to one question, those that no client tells apart together, at their mean time. */
function branchesOf(moments: readonly PastMoment[], name: string): readonly Branch[] {
  const replies = moments.flatMap((moment) => {
    const reply = moment.isMerelyLate(name) ? null : moment.replyOf(name);
    return reply === null || reply.tag === 'unknown' ? [] : [reply];
  });
  const alike = Map.groupBy(replies, (reply) => JSON.stringify({ ...reply, tookMs: 0 }));
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const tookMs = group.reduce((sum, one) => sum + one.tookMs, 0) / group.length;
    return [{ share: group.length / replies.length, reply: { ...first, tookMs } }];
  });
}

/** Every way in which a walk can go; a member's answer is chosen when the walk asks it. */
function ends(
  client: Client,
  chain: Chain,
  branches: ReadonlyMap<string, readonly Branch[]>,
  nameOf: (member: ChainMember) => string | null,
  chosen: ReadonlyMap<string, Reply>,
): readonly { readonly share: number; readonly end: WalkEnd }[] {
  let open: string | null = null;
  const end = client.walk(chain, (member) => {
    const name = nameOf(member);
    const reply = name === null ? undefined : chosen.get(name);
    if (name !== null && reply === undefined) open ??= name;
    return reply ?? { tag: 'unknown' };
  });
  const name = open as string | null;
  if (name === null) return [{ share: 1, end }];
  return (branches.get(name) ?? []).flatMap(({ share, reply }) =>
    ends(client, chain, branches, nameOf, new Map([...chosen, [name, reply]])).map((one) => ({
      share: share * one.share,
      end: one.end,
    })),
  );
}
