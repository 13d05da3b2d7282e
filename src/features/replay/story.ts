import type { Advice, AdviceCause, AdviceState } from '../../core/advice.ts';
import type { EcosystemId } from '../../core/mirror.ts';

/** One advice with its beginning and end. Times are wall milliseconds, costs seconds per fetch. */
export interface AdviceStory {
  readonly issuedAtMs: number;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly from: string;
  readonly to: string;
  readonly cause: AdviceCause;
  readonly costSeconds: { readonly before: number | null; readonly after: number | null };
  /** Masked. */
  readonly chainAfter: string;
  /** The end of its validity; `null`: still in force. */
  readonly endedAtMs: number | null;
  readonly state: AdviceState;
  readonly reason: string;
}

/** A time range in which clients that follow the advice use one chain. */
export interface InForce {
  readonly fromMs: number;
  readonly toMs: number;
  /** The masked text; `null`: the declared one. */
  readonly chain: string | null;
}

/** All moves in force within a window, oldest first, without refusals. */
export function storiesOf(advice: Iterable<Advice>, fromMs: number, toMs: number): readonly AdviceStory[] {
  return [...advice]
    .filter(({ state }) => state !== 'refused')
    .map((one) => storyOf(one, toMs))
    .filter(({ issuedAtMs, endedAtMs }) => issuedAtMs < toMs && (endedAtMs ?? toMs) > fromMs)
    .toSorted((a, b) => a.issuedAtMs - b.issuedAtMs);
}

function storyOf(one: Advice, toMs: number): AdviceStory {
  const isLive = one.state === 'proposed' || one.state === 'accepted';
  const lastMs = isLive ? one.expiresAtMs : (one.settledAtMs ?? one.expiresAtMs);
  return {
    issuedAtMs: one.issuedAtMs,
    ecosystem: one.ecosystem,
    upstream: one.upstream,
    from: one.from,
    to: one.to,
    cause: one.cause,
    costSeconds: one.expected.fetchCostSeconds,
    chainAfter: one.chain.after,
    endedAtMs: lastMs < toMs ? lastMs : null,
    state: one.state,
    reason: one.reason,
  };
}

/** The advised chains of one upstream over time: that of the latest advice in force; none if there is no advice. */
export function inForce(stories: readonly AdviceStory[], fromMs: number, toMs: number): readonly InForce[] {
  const times = new Set([fromMs]);
  for (const { issuedAtMs, endedAtMs } of stories)
    for (const at of [issuedAtMs, endedAtMs ?? toMs]) if (at > fromMs && at < toMs) times.add(at);
  const sorted = [...times].toSorted((a, b) => a - b);
  const stretches: InForce[] = [];
  sorted.forEach((startMs, at) => {
    const endMs = sorted[at + 1] ?? toMs;
    const holding = stories.findLast((one) => one.issuedAtMs <= startMs && (one.endedAtMs ?? toMs) > startMs);
    const chain = holding?.chainAfter ?? null;
    const before = stretches.at(-1);
    if (before?.chain === chain) stretches.splice(-1, 1, { ...before, toMs: endMs });
    else stretches.push({ fromMs: startMs, toMs: endMs, chain });
  });
  return stretches;
}
