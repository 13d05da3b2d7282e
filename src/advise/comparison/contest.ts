import { type Without, withoutNone } from '../../core/judge-rules.ts';
import type { Chain } from '../../ecosystems/client.ts';
import { ArtifactTimes } from './artifact-times.ts';
import { recordOf } from './costs.ts';
import { newFailureTest } from './failures.ts';
import { healthBound, lastTroubleOf } from './home.ts';
import { dropResponse, Moments } from './moments.ts';
import { newPair, type Pair } from './pair.ts';
import { dropBad, type HeadRecord, type RecordOutcome } from './record.ts';
import type { Walker } from './walk.ts';

/** The comparison of two mirrors that led to the last change of the head, from one of them to the other. */
export interface LeftComparison {
  readonly from: string;
  readonly to: string;
  readonly pair: Pair;
  /** The artifact (its question) whose download was last bad or slow; `null`: none was. */
  readonly artifact: string | null;
  /** The number of downloads ordered from both mirrors since the change. */
  downloads: number;
  /** When the last of these downloads was ordered, monotonic milliseconds. */
  downloadMs: number;
}

/** The comparisons of the head (the first mirror of the chain) with every other mirror. */
export class Contest {
  /** The mirror that is the first member of the advised chain; `null`: this member is not monitored. */
  head: string | null;
  readonly without: Without;
  records = new Map<string, HeadRecord>();
  readonly pairs = new Map<string, Pair>();
  /**
   * The comparison that led to the last change of the head; `null`: no such comparison. Its tests continue, because
   * more evidence raises the confidence of the advice.
   */
  left: LeftComparison | null = null;
  readonly moments = new Moments();
  artifactTimes = new ArtifactTimes();
  /** Evidence that home (the first declared mirror) works again since clients left it: a log-likelihood ratio. */
  health = 0;
  /**
   * When a download was last ordered: `downloadMs` from the head, `besideMs` from other mirrors too. Monotonic
   * milliseconds.
   */
  downloadMs = Number.NEGATIVE_INFINITY;
  besideMs = Number.NEGATIVE_INFINITY;
  /**
   * By candidate: when downloads that decide on a switch to it were first requested since the head last changed.
   * Monotonic milliseconds.
   */
  readonly awaited = new Map<string, number>();
  /**
   * By mirror: when a download from it was last requested, to compare it with a download from the head. Monotonic
   * milliseconds.
   */
  readonly triedMs = new Map<string, number>();
  /**
   * True if builds with another mirror are faster than with the head, or may be, because too few downloads are known.
   * Updated when downloads are ordered.
   */
  hasPromise = false;
  /** When the last downloads were ordered because a test and the table disagree, monotonic milliseconds. */
  disputedMs: readonly number[] = [];
  /**
   * The question (request) of the head's last bad or slow response: `light` of metadata, `heavy` of a download.
   * `requested`: the mirrors of the last recheck.
   */
  odd: { light?: string; heavy?: string; requested?: readonly string[] } = {};
  /** The outcomes of the head since the last turn. */
  outcomes: RecordOutcome[] = [];
  /** The surroundings by the last turn; `null`: there was no turn and no response yet. */
  around: (() => Surroundings) | null = null;

  constructor(head: string | null, without: Without = withoutNone) {
    this.head = head;
    this.without = without;
  }
}

export interface Surroundings extends Walker {
  /** By mirror, the chain with that mirror as the head; for the head, the advised chain. */
  readonly chains: ReadonlyMap<string, Chain>;
  /** True for a mirror whose missing response is not awaited, because it is paused, in maintenance or throttles us. */
  readonly isAway: (registry: string) => boolean;
  readonly paceMs: (question: string) => number;
  readonly home: string | null;
  readonly ratio: number;
  readonly isRecent: boolean;
}

/**
 * Changes the head. All comparisons start again, because each is between the head and another mirror.
 * @param used  the first mirror of the chain that clients use; `null`: it is not monitored; absent: the head so far
 */
export function moveTo(contest: Contest, head: string | null, home: string | null, used = contest.head): void {
  if (contest.head === head) return;
  if (head !== null && head === home && contest.health >= healthBound) {
    // The failures that made clients leave home (the first declared mirror) have ended. They are dropped: clients must
    // not leave home again for the same failures.
    const record = recordOf(contest, home);
    dropBad(record, Number.NEGATIVE_INFINITY, lastTroubleOf(record));
  }
  if (contest.head === home || head === home || home === null) contest.health = 0;
  const { head: before } = contest;
  // If clients have not made the last switch, the confidence depends on the comparison with the mirror that they use.
  const from = used === null || used === head ? before : used;
  const pair = from === before ? contest.pairs.get(head ?? '') : pairBetween(contest, from, head);
  const { left } = contest;
  // A corrected advice still leaves the same mirror, for the same download.
  const artifact = (from === before ? contest.odd.heavy : left?.from === from ? left?.artifact : null) ?? null;
  contest.left =
    pair === undefined || from === null || head === null
      ? null
      : { from, to: head, pair, artifact, downloads: 0, downloadMs: Number.NEGATIVE_INFINITY };
  contest.head = head;
  contest.pairs.clear();
  contest.awaited.clear();
  contest.hasPromise = false;
  contest.odd = {};
}

function pairBetween(contest: Contest, from: string | null, to: string | null): Pair | undefined {
  return from === null || to === null ? undefined : newPair(recordOf(contest, from), recordOf(contest, to));
}

/** Drops all evidence against the head, and comparisons that still wait for responses. Records of mirrors stay. */
export function dropEvidence(contest: Contest): void {
  contest.pairs.clear();
  contest.left = null;
  contest.moments.open.clear();
  contest.odd = {};
}

/**
 * Drops the failures of a mirror since `fromMs`, because clients get responses from it over the other address family
 * (IPv4 or IPv6).
 */
export function dropFailures(contest: Contest, registry: string, fromMs: number): void {
  dropBad(recordOf(contest, registry), fromMs);
  for (const open of contest.moments.open.values())
    for (const moment of open)
      if (moment.responses.get(registry)?.reply.tag === 'failed') dropResponse(moment, registry);
  if (contest.head !== registry) return;
  contest.odd = {};
  contest.outcomes = contest.outcomes.filter(({ bad }) => !bad);
  for (const [name, pair] of contest.pairs)
    contest.pairs.set(name, { ...pair, failures: { all: newFailureTest(), heavy: newFailureTest() } });
}
