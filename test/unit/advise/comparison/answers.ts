import { assess, type Choice, type ChoiceRule, choiceOf } from '../../../../src/advise/comparison/choose.ts';
import type { Contest, Surroundings } from '../../../../src/advise/comparison/contest.ts';
import type { MomentResponse } from '../../../../src/advise/comparison/moments.ts';
import { lastOf, type RecordOutcome } from '../../../../src/advise/comparison/record.ts';
import { addResponse, closeOverdue } from '../../../../src/advise/comparison/replay.ts';
import type { Reply } from '../../../../src/ecosystems/client.ts';
import { goClient } from '../../../../src/ecosystems/go/client.ts';

/** A number took so many milliseconds; `x` failed and `gone` was a 404, each after 40 ms. */
export type Reply1 = number | 'x' | 'gone';

export function reply(said: Reply1): Reply {
  if (typeof said === 'number') return { tag: 'ok', tookMs: said };
  return { tag: said === 'x' ? 'failed' : 'gone', tookMs: 40 };
}

/** An answer at its own pace to the question `mod`. */
export function answer(
  registry: string,
  said: Reply1,
  atMs: number,
  over: Partial<MomentResponse> = {},
): MomentResponse {
  return {
    registry,
    question: 'mod',
    isHeavy: false,
    reply: reply(said),
    atMs,
    fromMs: atMs,
    plannedAtMs: atMs,
    round: null,
    isScheduled: true,
    isGivenUp: false,
    ...over,
  };
}

const noOutcome = { tookMs: 0, bad: false, isHeavy: false, late: 0, question: 'mod', isScheduled: true } as const;

export function good(atMs: number, tookMs: number, over: Partial<RecordOutcome> = {}): RecordOutcome {
  return { ...noOutcome, atMs, fromMs: atMs, tookMs, ...over };
}

export function bad(atMs: number, over: Partial<RecordOutcome> = {}): RecordOutcome {
  return { ...noOutcome, atMs, fromMs: atMs, bad: true, ...over };
}

/** Chains by head, in letters: `a,b|direct`. `x` is not watched. */
export function around(chains: Readonly<Record<string, string>>, over: Partial<Surroundings> = {}): Surroundings {
  const parsed = Object.entries(chains).map(([name, text]) => {
    const chain = goClient.parse(text.replace(/\b[a-z]\b/g, (letter) => `https://${letter}.example.com`));
    if (chain.tag === 'error') throw new Error(chain.error.kind);
    return [name, chain.value] as const;
  });
  return {
    client: goClient,
    chains: new Map(parsed),
    nameOf: (member) => {
      const name = /^https:\/\/([a-z])\./.exec(member.key)?.[1] ?? 'x';
      return name === 'x' ? null : name;
    },
    isAway: () => false,
    paceMs: () => 30_000,
    home: 'a',
    ratio: 1.25,
    isRecent: false,
    ...over,
  };
}

/** One moment: every mirror answers at once. */
export function moment(
  contest: Contest,
  by: Surroundings,
  atMs: number,
  said: Readonly<Record<string, Reply1>>,
  over: Partial<MomentResponse> = {},
): readonly RecordOutcome[] {
  return Object.entries(said).flatMap(([name, one]) => addResponse(contest, answer(name, one, atMs, over), by));
}

/** So many moments, 30 s apart, the first at `fromMs`; what waits is closed at the end. */
export function momentsOf(
  contest: Contest,
  by: Surroundings,
  fromMs: number,
  count: number,
  said: Readonly<Record<string, Reply1>>,
  over: Partial<MomentResponse> = {},
): void {
  for (let i = 0; i < count; i += 1) moment(contest, by, fromMs + 30_000 * i, said, over);
  closeOverdue(contest, () => by, fromMs + 30_000 * count);
}

/** What each mirror would have done as the head, of the last moment. */
export function lasts(contest: Contest): Record<string, RecordOutcome | undefined> {
  return Object.fromEntries([...contest.records].map(([name, record]) => [name, lastOf(record)]));
}

export const took = (outcome: RecordOutcome | null | undefined): number | 'bad' | undefined =>
  outcome == null ? undefined : outcome.bad ? 'bad' : outcome.tookMs;

/** The candidate that the tests choose; `null`: none. */
export function choose(contest: Contest, candidates: readonly string[], by: ChoiceRule): Choice | null {
  return choiceOf(assess(contest, candidates, by), by);
}

/** The mirrors of tests of `choose`, the first preferred. */
export const order = ['a', 'b', 'c', 'd'];

/** How `choose` decides at a time, unless a test says otherwise. */
export function rule(nowMs: number, over: Partial<ChoiceRule> = {}): ChoiceRule {
  return {
    nowMs,
    failuresMin: 3,
    spanMs: 4_000,
    ratio: 1.25,
    minGain: 0.2,
    isRecent: false,
    ease: 1,
    failureCostMs: 300_000,
    uncaught: 1,
    inOrder: (a, b) => order.indexOf(a) - order.indexOf(b),
    isAwaited: () => false,
    slowForMs: 0,
    ...over,
  };
}
