import type { Advice } from '../../core/advice.ts';

/** One advice with the time of its end, wall milliseconds; `null`: it was in force at the end of the window. */
export type AdviceStory = Advice & { readonly endedAtMs: number | null };

/** A time range in which the advised chain did not change. */
export interface InForce {
  readonly fromMs: number;
  readonly toMs: number;
  /** The chain with masked credentials; `null`: the declared chain. */
  readonly chain: string | null;
}

/** Returns the advice that was in force at some time in a window, oldest first. Refused advice is left out. */
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
  return { ...one, endedAtMs: lastMs < toMs ? lastMs : null };
}

/** Returns the advised chains of one upstream over time. At each time the latest advice in force counts. */
export function inForce(stories: readonly AdviceStory[], fromMs: number, toMs: number): readonly InForce[] {
  const times = new Set([fromMs]);
  for (const { issuedAtMs, endedAtMs } of stories)
    for (const at of [issuedAtMs, endedAtMs ?? toMs]) if (at > fromMs && at < toMs) times.add(at);
  const sorted = [...times].toSorted((a, b) => a - b);
  const stretches: InForce[] = [];
  sorted.forEach((startMs, at) => {
    const endMs = sorted[at + 1] ?? toMs;
    const holding = stories.findLast((one) => one.issuedAtMs <= startMs && (one.endedAtMs ?? toMs) > startMs);
    const chain = holding?.chain.after ?? null;
    const before = stretches.at(-1);
    if (before?.chain === chain) stretches.splice(-1, 1, { ...before, toMs: endMs });
    else stretches.push({ fromMs: startMs, toMs: endMs, chain });
  });
  return stretches;
}
