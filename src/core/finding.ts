import type { Reason } from './failure.ts';
import { limits } from './limits.ts';
import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './sentence.ts';
import type { Step } from './target.ts';
import type { HttpProtocol, Seen } from './transcript.ts';

/** Who is told, the least grave first: `info` only to be known, `warning` a ticket for working hours, `critical` a page, at night too. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What the stages after detect know of a kind of finding. */
export interface KindTraits {
  readonly severity: Severity;
  /** It is about this process or its place, and about no mirror. */
  readonly isAboutUs?: true;
  /** As the cause of advice; absent: no reason to move. */
  readonly advice?: {
    /** 1 is the gravest: it is named where several are open. */
    readonly rank: number;
    /** What it costs clients: a test of that is explained by it. `isHeavy`: first of all of artifacts. */
    readonly costs: 'failures' | 'time' | 'freshness';
    readonly isHeavy?: true;
    /** Staying is no choice: where no mirror can be proposed, the advice says so (refused). */
    readonly isForced?: true;
  };
  /** Whether one that is not closed speaks against its mirror; absent: where it is `actionable`. */
  readonly isAgainst?: (finding: { readonly state: string; readonly cause: string }) => boolean;
  /** It ends by an acknowledgement alone. */
  readonly endsByHand?: true;
  /** A card shows its own sentence, which says more than its fields. */
  readonly isToldInFull?: true;
  /** A card about it is as red as can be, whatever its severity. */
  readonly isRed?: true;
  /** Its `observedSeconds` are an age and no latency. */
  readonly observesAge?: true;
}

const kinds = {
  spike: { severity: 'warning', advice: { rank: 6, costs: 'time' } },
  level_shift: { severity: 'info', advice: { rank: 7, costs: 'time' } },
  outage: { severity: 'warning', advice: { rank: 2, costs: 'failures', isForced: true }, isRed: true },
  unreliable: { severity: 'warning', advice: { rank: 5, costs: 'failures' } },
  throughput: { severity: 'warning', advice: { rank: 8, costs: 'time', isHeavy: true } },
  refusal: { severity: 'warning', advice: { rank: 4, costs: 'failures', isForced: true } },
  lag: {
    severity: 'warning',
    advice: { rank: 9, costs: 'freshness' },
    // What goes backwards or vanished does not count.
    isAgainst: ({ state, cause }) => state === 'open' && isBehind(cause),
    isToldInFull: true,
    observesAge: true,
  },
  mismatch: {
    severity: 'critical',
    advice: { rank: 1, costs: 'failures', isForced: true },
    isAgainst: ({ state }) => state === 'open',
    endsByHand: true,
    isToldInFull: true,
  },
  certificate: {
    severity: 'warning',
    advice: { rank: 3, costs: 'failures', isForced: true },
    // Only once it fails, not while it merely nears its end.
    isAgainst: ({ cause }) => cause.startsWith('tls_'),
    isToldInFull: true,
  },
  vantage: { severity: 'warning', isAboutUs: true, isToldInFull: true },
  self: { severity: 'warning', isAboutUs: true, isToldInFull: true },
} as const satisfies Readonly<Record<string, KindTraits>>;

/** What can be detected; closed. The webhook type is `mirror.<kind>`. */
export type FindingKind = keyof typeof kinds;
export const findingKinds = Object.keys(kinds) as unknown as readonly [FindingKind, ...FindingKind[]];

/** What the stages after detect know of each kind: nothing else lists kinds. */
export const kindTraits: Readonly<Record<FindingKind, KindTraits>> = kinds;

/**
 * What a finding of kind `lag` is about, the gravest first: nothing new arrives at all while everybody else moves on; past the
 * limit; a version is gone that others have; a list, tag or serial went backwards.
 */
export type LagCause = 'stale' | 'behind' | 'vanished' | 'regression';

/** The rules that can be a finding's cause, beside the reasons of probes; closed. */
export const ruleCauses = [
  'slow',
  'relearned',
  'expires_soon',
  'all_failing',
  'partly_failing',
  'contaminated',
  'clock',
  'client_differs',
  'holds_thread',
  'many_requests',
  'behind',
  'regression',
  'vanished',
  'stale',
  'peers',
  'origin',
  'retag',
  'fork',
] as const;

/** True for a finding that says that its mirror is behind: what goes backwards or vanished is not. */
export function saysBehind({ kind, cause }: Pick<Finding, 'kind' | 'cause'>): boolean {
  return kind === 'lag' && isBehind(cause);
}

function isBehind(cause: string): boolean {
  return cause === 'stale' || cause === 'behind';
}

/**
 * What speaks against the bytes of a mismatch; closed: the label `cause` of its metrics. Under `retag` and `peers` it is not
 * known which mirror is right.
 */
export const mismatchCauses = ['authority', 'origin', 'retag', 'fork', 'peers'] as const;
export type MismatchCause = (typeof mismatchCauses)[number];

/** What speaks against one artifact of a mismatch. */
export function mismatchCauseOf(
  { cause, actionable }: Pick<Finding, 'cause' | 'actionable'>,
  item: ScopeItem,
): MismatchCause {
  const own = item.cause ?? (cause === 'retag' && actionable ? 'mismatch' : cause);
  return mismatchCauses.find((one) => one === own) ?? 'authority';
}

export type Confidence = 'low' | 'medium' | 'high';

export interface ScopeItem {
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
  /** It fails over this address family alone; absent: over any. */
  readonly family?: 4 | 6;
  /** It fails over this HTTP version alone; absent: over any. */
  readonly protocol?: HttpProtocol;
  /** Of a mismatch: what speaks against this artifact, `mismatch` for an authority; absent: the finding's own cause. */
  readonly cause?: Finding['cause'];
}

/** One of the things that mirrors serve, or should, for one artifact of a mismatch. */
export interface Side {
  readonly item: ScopeItem;
  /** Who serves it, at most `limits.sideNames`; empty: nobody that we saw, an authority names it. */
  readonly registries: readonly string[];
  readonly algorithm: string;
  readonly digest: string;
  /** Since when we know it to be served so, wall milliseconds; `null`: not seen. */
  readonly sinceMs: number | null;
  /** Length and first bytes of the body; `null`: not seen. */
  readonly seen: Seen | null;
}

/**
 * True for bytes that differ without an authority to settle it: they keep clients from moving there, move nobody, and stay
 * a guess (docs/decisions/0018).
 */
export function isDisputed({ kind, cause, actionable }: Pick<Finding, 'kind' | 'cause' | 'actionable'>): boolean {
  return kind === 'mismatch' && !actionable && (cause === 'peers' || cause === 'retag');
}

/** A side of a mismatch; of many mirrors the first are named. */
export function sideOf(item: ScopeItem, { registries, ...what }: Omit<Side, 'item'>): Side {
  return { item, registries: registries.slice(0, limits.sideNames), ...what };
}

/** Something detected: opened once, perhaps widened, closed once. Stamps are wall milliseconds here; RFC 3339 at the edge. */
export interface Finding {
  readonly id: string;
  readonly kind: FindingKind;
  readonly state: 'open' | 'closed' | 'acknowledged';
  readonly ecosystem: EcosystemId | null;
  readonly upstream: string | null;
  /** `null` for findings about us (`vantage`, `self`). */
  readonly registry: string | null;
  readonly scope: readonly ScopeItem[];
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  /** Closed vocabulary: a probe reason, or the rule that spoke. */
  readonly cause: Reason | (typeof ruleCauses)[number];
  readonly vantage: 'ok' | 'unverified' | 'suspect';
  readonly confidence: Confidence;
  readonly evidence: {
    readonly samples: number;
    readonly failures: number;
    readonly observedSeconds: number | null;
    readonly baselineSeconds: number | null;
    readonly thresholdSeconds: number | null;
    /** Oldest first, at most `limits.findingProbes`: those it began with, the slowest, the newest. */
    readonly probeIds: readonly string[];
    /** Of slowness: the slowest of them, and how long it took; absent: not told. */
    readonly slowest?: { readonly probeId: string; readonly ms: number };
    /** Of a mismatch: who serves what, at most `limits.sidesKept`; absent: nothing of it is known. */
    readonly sides?: readonly Side[];
    /** Of a fork: signed statements that cannot all be true, in full. */
    readonly statements?: readonly string[];
  };
  /** True when it alone is reason enough to leave the mirror (canary or half of the light targets and at least two). */
  readonly actionable: boolean;
  /** One sentence for people, in English. */
  readonly text: string;
  /** The same for any language; `null` or absent (it was stored before there were languages): in English alone. */
  readonly sentence?: Sentence | null;
  /** Who acknowledged it and why; `null` before. */
  readonly acknowledged: { readonly atMs: number; readonly reason: string } | null;
}

/** A cause that is a story of its own beside the others of its kind, with news of its own; `null`: one of those. */
export function storyOf(cause: Finding['cause'] | undefined): Finding['cause'] | null {
  return cause === 'client_differs' || cause === 'holds_thread' || cause === 'many_requests' ? cause : null;
}

/** What became of a finding in one turn. */
export interface FindingChange {
  readonly change: 'opened' | 'changed' | 'closed' | 'acknowledged';
  readonly finding: Finding;
}
