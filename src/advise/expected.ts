import type { AlertEvidence } from '../core/evidence.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { quantileOf } from '../core/statistics.ts';
import type { Chain, ChainMember, Reply } from '../ecosystems/client.ts';
import { type Entry, recentOf, replyOf, type Tally } from './tally.ts';
import type { View } from './view.ts';
import { type Walker, walkChain } from './walk.ts';
import { mirrorAt } from './weigh.ts';

/** What a chain would have done in some moments; `null` where no moment could be walked to its end. */
export interface Expectation {
  /** Share of walks that ended well, 0 to 1. */
  readonly availability: number | null;
  /** Over walks that ended well: milliseconds of the canary request, including all members requested before. */
  readonly p95Ms: number | null;
}

/**
 * Replays the raw statuses of the canary over all members of a chain, moment by moment. A moment is one sample of the
 * mirror in question, with another mirror's sample of the same confirming moment, else its nearest within `nearMs`. A
 * walk that reaches something unmeasured (`direct`, a mirror not configured here) is left out.
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

/** What the canary measured around a decision. */
export interface Observed {
  /** The samples that make up the trouble of the mirror to be left, else those of its last 20 paces. Oldest first. */
  readonly window: readonly Entry[];
  /** Over its last 20 paces, milliseconds; `null` without any. */
  readonly p95Ms: number | null;
  /** What the chain in force and the advised chain do in those moments; `null`: none is advised. */
  readonly replay: { readonly before: Expectation; readonly after: Expectation } | null;
}

/** @param after  the chain that a move leads to; `null`: none does */
export function observedAt(view: View, at: Mirror, after: Chain | null): Observed {
  const lately = lastCanaryOf(view, at.name);
  const run = troubleIn(view.tallyOf(at.name).canary);
  const window = run.length > 0 ? run : lately;
  const { p95Ms } = measuredOf(lately);
  if (after === null) return { window, p95Ms, replay: null };
  const walker: Walker = {
    client: view.group.client,
    nameOf: (member: ChainMember) => mirrorAt(view.group, member)?.name ?? null,
    unwatched: 'unknown',
  };
  const { tallyOf, nearMs } = view;
  const replayOf = (chain: Chain) => expectation({ walker, chain, moments: window, tallyOf, nearMs });
  const before = replayOf(view.group.chain ?? { members: [], separators: [] });
  return { window, p95Ms, replay: { before, after: replayOf(after) } };
}

/** What our canary measured at a mirror in one period. */
interface Measured {
  readonly answers: number;
  readonly failed: number;
  /** Over responses and timeouts, milliseconds; `null` without any. */
  readonly p95Ms: number | null;
}

/** Summarizes samples. Cold fetches count as responses, but not as round trips. */
export function measuredOf(entries: readonly Entry[]): Measured {
  const timed = entries.filter((entry) => !entry.cold && (entry.tag === 'ok' || entry.slow));
  return {
    answers: entries.length,
    failed: entries.filter((entry) => entry.tag === 'failed').length,
    p95Ms: quantileOf(
      timed.map((entry) => entry.tookMs),
      0.95,
    ),
  };
}

/** The samples of a mirror's canary in its last 20 paces, without those of confirming rounds. */
export function lastCanaryOf(view: View, registry: string): readonly Entry[] {
  const { canary } = view.tallyOf(registry);
  return recentOf(canary, view.now.monotonicMs, view.by.canaryEveryMs, limits.measuredPaces);
}

/** The alert that has fired longest against a mirror; `null` without one. */
export function findAlert(view: View, registry: string): AlertEvidence | null {
  return view.evidenceOf(registry)[0] ?? null;
}

/** The latest samples in a row that were slow or failed, rounds included; empty when the last one was good. */
export function troubleIn(series: readonly Entry[]): readonly Entry[] {
  let start = series.length;
  while (start > 0) {
    const entry = series[start - 1];
    if (entry === undefined || (entry.tag === 'ok' && !entry.slow)) break;
    start -= 1;
  }
  return series.slice(start);
}
