import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { quantileOf } from '../core/quantile.ts';
import type { Chain, ChainMember, Reply } from '../ecosystems/client.ts';
import { type Entry, recent, replyOf, type Tally, trouble } from './tally.ts';
import { mirrorOf, type View } from './view.ts';
import { type Walker, walkChain } from './walk.ts';

/** What a chain would have done in some moments; `null` where no moment could be walked to its end. */
export interface Expectation {
  /** Share of walks that ended well, 0 to 1. */
  readonly availability: number | null;
  /** Of the walks that ended well; milliseconds of the canary request, all members asked on the way included. */
  readonly p95Ms: number | null;
  readonly walks: number;
}

/**
 * Replays the raw statuses of the canary over all members of a chain, moment by moment. A moment is one answer of the
 * mirror in question; another mirror's answer of the same confirming moment counts, else its nearest within `nearMs`.
 * A walk that meets what was not measured (`direct`, a mirror not configured here) is left out.
 */
function expectation(input: {
  readonly walker: Walker;
  readonly chain: Chain;
  readonly moments: readonly Entry[];
  readonly tallyOf: (registry: string) => Tally;
  readonly nearMs: number;
}): Expectation {
  const times: number[] = [];
  let walks = 0;
  for (const moment of input.moments) {
    const end = walkChain(input.walker, input.chain, (name) => replyAt(input.tallyOf(name), moment, input.nearMs));
    if (end.tag === 'unknown') continue;
    walks += 1;
    if (end.tag === 'ok') times.push(end.tookMs);
  }
  return {
    availability: walks === 0 ? null : times.length / walks,
    p95Ms: quantileOf(times, 0.95),
    walks,
  };
}

function replyAt(tally: Tally, moment: Entry, nearMs: number): Reply | null {
  if (tally.canary.includes(moment)) return replyOf(moment);
  let nearest: Entry | null = null;
  for (const entry of tally.canary) {
    if (moment.round !== null && entry.round === moment.round) return replyOf(entry);
    const apart = Math.abs(entry.atMs - moment.atMs);
    if (apart <= nearMs && (nearest === null || apart < Math.abs(nearest.atMs - moment.atMs))) nearest = entry;
  }
  return nearest === null ? null : replyOf(nearest);
}

/** The answers of a mirror that its trouble consists of, else those of the last 20 paces. Oldest first. */
export function moments(view: View, mirror: Mirror): readonly Entry[] {
  const { canary } = view.tallyOf(mirror.name);
  const run = trouble(canary);
  return run.length > 0 ? run : recent(canary, view.now.monotonicMs, view.by.canaryEveryMs, limits.measuredPaces);
}

/** What the chain in force and another one do in the same moments. */
export function expectations(
  view: View,
  at: Mirror,
  chain: Chain,
): { readonly before: Expectation; readonly after: Expectation } {
  const common = {
    walker: {
      client: view.group.client,
      nameOf: (member: ChainMember) => mirrorOf(view, member)?.name ?? null,
      unwatched: 'unknown',
    } as const,
    moments: moments(view, at),
    nearMs: view.nearMs,
    tallyOf: view.tallyOf,
  };
  const current = view.group.chain ?? { members: [], separators: [] };
  return { before: expectation({ ...common, chain: current }), after: expectation({ ...common, chain }) };
}
