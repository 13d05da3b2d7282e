import type { ProbeFailure, Reason } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { Chain, ChainMember, Client, Reply, WalkEnd } from '../../ecosystems/client.ts';
import type { Ecosystem, StepDeclaration } from '../../ecosystems/ecosystem.ts';

/** In decisions, a member without measurements is assumed to fail after this time. Milliseconds. */
export const unwatchedMs = 5_000;
/** A reply is too old after this many intervals of its question. */
const currentPaces = 3;

export interface Walker {
  readonly client: Client;
  readonly nameOf: (member: ChainMember) => string | null;
  /** The reply of a member that is not monitored: `failed` for decisions, `unknown` for display. */
  readonly unwatched: 'failed' | 'unknown';
}

/**
 * How one request of a client ends in a chain, by the client's rules for statuses and separators.
 * @param replyOf  of a mirror; `null`: not measured
 */
export function walkChain(
  { client, nameOf, unwatched }: Walker,
  chain: Chain,
  replyOf: (registry: string) => Reply | null,
): WalkEnd {
  return client.walk(chain, (member) => {
    const name = nameOf(member);
    if (name !== null) return replyOf(name) ?? { tag: 'unknown' };
    return unwatched === 'failed' ? { tag: 'failed', tookMs: unwatchedMs } : { tag: 'unknown' };
  });
}

/** True if a reply is not too old. Milliseconds, both times of the same clock. */
export function isCurrentReply(atMs: number, nowMs: number, paceMs: number): boolean {
  return nowMs - atMs <= currentPaces * paceMs;
}

type Kind = Pick<StepDeclaration, 'weight' | 'isOfArtifact'>;

/** The reply as a client sees it: a failure with status 404 or 410 is `gone`, whatever the reason. */
export function replyWith(reason: Reason | null, status: number | null, tookMs: number, step?: Kind): Reply {
  if (reason === null) return { tag: 'ok', tookMs };
  if (status === 404 || status === 410) return { tag: 'gone', tookMs, status };
  const isHung = reason === 'timeout_processing' || reason === 'timeout_transfer';
  const isCut = reason === 'cut' || reason === 'timeout_transfer';
  const isArtifact = status === 200 && (step?.weight === 'heavy' || step?.isOfArtifact === true);
  return replyOfFailure(tookMs, status, { isCut, isHung, isArtifact });
}

export function replyOfFailure(
  tookMs: number,
  status: number | null,
  { isCut, isHung, isArtifact }: { readonly isCut: boolean; readonly isHung: boolean; readonly isArtifact: boolean },
): Reply {
  return {
    tag: 'failed',
    tookMs,
    status,
    ...(isCut ? { isCut } : {}),
    ...(isHung ? { isHung } : {}),
    ...(isArtifact ? { isArtifact } : {}),
  };
}

/** HTTP/2 resets after which clients retry without end: docs/http2.md. */
const resent: readonly string[] = ['MW_H2_UNTAKEN', 'MW_H2_RESET_PROTOCOL'];

/** As `replyWith`, but a reset that clients retry without end counts as hung. */
export function replyToFailure(failure: ProbeFailure, status: number | null, tookMs: number, step?: Kind): Reply {
  const reply = replyWith(failure.kind, status, tookMs, step);
  const isResent = failure.kind === 'reset' && resent.includes(failure.code);
  return isResent && reply.tag === 'failed' ? { ...reply, isHung: true } : reply;
}

export function replyTo(sample: Sample, { steps }: Pick<Ecosystem, 'steps'>): Reply {
  const { due, outcome, status } = sample;
  const tookMs = clientTimeOf(sample);
  if (outcome.tag === 'failed') return replyToFailure(outcome.failure, status, tookMs, steps[due.target.step]);
  return replyWith(null, status, tookMs);
}

/** How long a client waits for this response, milliseconds: longer over the address family that it tries second. */
export function clientTimeOf({
  due,
  outcome,
  family,
  rttMs,
  startedMonotonicMs,
  endedMonotonicMs,
}: Pick<Sample, 'due' | 'outcome' | 'family' | 'rttMs' | 'startedMonotonicMs' | 'endedMonotonicMs'>): number {
  const tookMs = rttMs ?? endedMonotonicMs - startedMonotonicMs;
  const isSecond = outcome.tag === 'ok' && due.family !== undefined && due.family === family;
  return isSecond ? tookMs + limits.familyFallbackMs : tookMs;
}

/** Walked combinations of replies, over all questions; a question that would exceed this is skipped. */
const walksMost = 7_000;

/** The ends of walks if members fail independently: shares 0 to 1. */
export interface Alone {
  readonly failed: number;
  readonly unmeasured: number;
  /** Of successful walks, milliseconds; `null`: none. */
  readonly meanMs: number | null;
}

export interface Replies {
  readonly question: string;
  replyOf(registry: string): Reply | null;
  /** True for a given-up probe that may only have been late: it counts as neither failed nor succeeded. */
  isMerelyLate(registry: string): boolean;
}

interface Branch {
  readonly share: number;
  readonly reply: Reply;
}

/** What a chain would do if its members failed independently; `null`: no question was walked. */
export function walkAlone(
  walker: Walker,
  chain: Chain,
  moments: readonly Replies[],
  measured: readonly string[],
): Alone | null {
  let [questions, ok, failed, timeMs, left] = [0, 0, 0, 0, walksMost];
  for (const replies of Map.groupBy(moments, ({ question }) => question).values()) {
    const branches = new Map(measured.map((name) => [name, branchesOf(replies, name)]));
    const combinations = [...branches.values()].reduce((product, one) => product * one.length, 1);
    if (combinations === 0 || combinations > left) continue;
    left -= combinations;
    questions += 1;
    for (const { share, end } of ends(walker, chain, branches, new Map())) {
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

/** Replies that differ only in time are joined, at their mean. */
function branchesOf(moments: readonly Replies[], name: string): readonly Branch[] {
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

function ends(
  walker: Walker,
  chain: Chain,
  branches: ReadonlyMap<string, readonly Branch[]>,
  chosen: ReadonlyMap<string, Reply>,
): readonly { readonly share: number; readonly end: WalkEnd }[] {
  let open: string | null = null;
  const end = walkChain(walker, chain, (name) => {
    const reply = chosen.get(name) ?? null;
    if (reply === null) open ??= name;
    return reply;
  });
  const name = open as string | null;
  if (name === null) return [{ share: 1, end }];
  return (branches.get(name) ?? []).flatMap(({ share, reply }) =>
    ends(walker, chain, branches, new Map([...chosen, [name, reply]])).map((one) => ({
      share: share * one.share,
      end: one.end,
    })),
  );
}
