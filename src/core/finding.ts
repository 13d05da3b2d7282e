import type { Reason } from './failure.ts';
import { limits } from './limits.ts';
import type { EcosystemId, Step } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { HttpProtocol, Seen } from './transcript.ts';

/**
 * Severities, the least grave first: `info` only informs, `warning` is a ticket for working hours, `critical` a page at
 * any time.
 */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What the stages after detect need to know about a kind of finding. */
export interface KindTraits {
  readonly severity: Severity;
  /** Such a finding is about this process or its vantage, not about a mirror. */
  readonly isAboutUs?: true;
  /** The role of the kind as a cause of advice; absent: no reason to leave a mirror. */
  readonly advice?: {
    /** 1 is the gravest. Of several open kinds, advice names the gravest. */
    readonly rank: number;
    /** What it costs clients: it explains a test of that cost. `isHeavy`: the cost is mainly that of artifacts. */
    readonly costs: 'failures' | 'time' | 'freshness';
    readonly isHeavy?: true;
    /** Clients should not stay at the mirror: if no other one can be proposed, there is `refused` advice. */
    readonly isForced?: true;
  };
  /** Whether an open finding counts against its mirror; absent: only an `actionable` one does. */
  readonly isAgainst?: (finding: { readonly state: string; readonly cause: string }) => boolean;
  /** Only an acknowledgement ends such a finding. */
  readonly endsByHand?: true;
  /** A card shows the finding's sentence, which contains more than the finding's fields. */
  readonly isToldInFull?: true;
  /** A card about such a finding is red, whatever the severity. */
  readonly isRed?: true;
  /** `observedSeconds` is an age and no latency. */
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
    // Contents that regressed or vanished do not count.
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
    // Only once verification fails, not while the expiry is merely near.
    isAgainst: ({ cause }) => cause.startsWith('tls_'),
    isToldInFull: true,
  },
  vantage: { severity: 'warning', isAboutUs: true, isToldInFull: true },
  self: { severity: 'warning', isAboutUs: true, isToldInFull: true },
} as const satisfies Readonly<Record<string, KindTraits>>;

/** The kinds of findings; closed. The webhook type is `mirror.<kind>`. */
export type FindingKind = keyof typeof kinds;
export const findingKinds = Object.keys(kinds) as unknown as readonly [FindingKind, ...FindingKind[]];

/** The traits of each kind, for the stages after detect: the only list of kinds there. */
export const kindTraits: Readonly<Record<FindingKind, KindTraits>> = kinds;

/**
 * The causes of a `lag` finding, the gravest first: no release arrives while all other mirrors get them; the lag is above
 * the limit; a version that others have is gone; a list, tag or serial went backwards.
 */
export type LagCause = 'stale' | 'behind' | 'vanished' | 'regression';

/** Rules that can be a finding's cause, besides the reasons of probes; closed. */
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

/** True for a finding about a mirror that is behind, not about contents that regressed or vanished. */
export function saysBehind({ kind, cause }: Pick<Finding, 'kind' | 'cause'>): boolean {
  return kind === 'lag' && isBehind(cause);
}

function isBehind(cause: string): boolean {
  return cause === 'stale' || cause === 'behind';
}

/**
 * The evidence for a mismatch; closed: the label `cause` of its metrics. With `retag` and `peers` it is unknown which
 * mirror is right.
 */
export const mismatchCauses = ['authority', 'origin', 'retag', 'fork', 'peers'] as const;
export type MismatchCause = (typeof mismatchCauses)[number];

/** The evidence against one artifact of a mismatch. */
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
  /** The probes fail over this address family only; absent: over any. */
  readonly family?: 4 | 6;
  /** The probes fail over this HTTP version only; absent: over any. */
  readonly protocol?: HttpProtocol;
  /** For a mismatch: the evidence against this artifact, `mismatch` for an authority; absent: the finding's own cause. */
  readonly cause?: Finding['cause'];
}

/** One version of an artifact's bytes that mirrors serve or an authority names. */
export interface Side {
  readonly item: ScopeItem;
  /** The mirrors that serve it, at most `limits.sideNames`; empty: none seen, an authority names it. */
  readonly registries: readonly string[];
  readonly algorithm: string;
  readonly digest: string;
  /** Since when it is known to be served, wall milliseconds; `null`: not seen. */
  readonly sinceMs: number | null;
  /** Length and first bytes of the body; `null`: not seen. */
  readonly seen: Seen | null;
}

/**
 * True for differing bytes without an authority to decide. Because of them, advice moves clients neither away from the
 * mirror nor to it, and confidence stays low (docs/decisions/0018).
 */
export function isDisputed({ kind, cause, actionable }: Pick<Finding, 'kind' | 'cause' | 'actionable'>): boolean {
  return kind === 'mismatch' && !actionable && (cause === 'peers' || cause === 'retag');
}

/** A side of a mismatch; of many mirrors only the first are named. */
export function sideOf(item: ScopeItem, { registries, ...what }: Omit<Side, 'item'>): Side {
  return { item, registries: registries.slice(0, limits.sideNames), ...what };
}

/** A detected problem: opened once, possibly extended, closed once. Times are wall milliseconds here; RFC 3339 outside. */
export interface Finding {
  readonly id: string;
  readonly kind: FindingKind;
  readonly state: 'open' | 'closed' | 'acknowledged';
  readonly ecosystem: EcosystemId | null;
  readonly upstream: string | null;
  /** `null` for findings about this daemon (`vantage`, `self`). */
  readonly registry: string | null;
  readonly scope: readonly ScopeItem[];
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  /** Closed vocabulary: a probe reason, or the rule that triggered. */
  readonly cause: Reason | (typeof ruleCauses)[number];
  readonly vantage: 'ok' | 'unverified' | 'suspect';
  readonly confidence: Confidence;
  readonly evidence: {
    readonly samples: number;
    readonly failures: number;
    readonly observedSeconds: number | null;
    readonly baselineSeconds: number | null;
    readonly thresholdSeconds: number | null;
    /** Oldest first, at most `limits.findingProbes`: the first ones, the slowest, the newest. */
    readonly probeIds: readonly string[];
    /** For slowness: the slowest probe and its time; absent: not known. */
    readonly slowest?: { readonly probeId: string; readonly ms: number };
    /** For a mismatch: which mirrors serve what, at most `limits.sidesKept`; absent: not known. */
    readonly sides?: readonly Side[];
    /** For a fork: the full texts of contradictory signed statements. */
    readonly statements?: readonly string[];
  };
  /** True if it is reason enough to leave the mirror (canary, or half of the light targets and at least two). */
  readonly actionable: boolean;
  /** One sentence for people, in English. */
  readonly text: string;
  /** `text` for any language; `null` or absent (stored by a release without languages): in English only. */
  readonly sentence?: Sentence | null;
  /** When and why it was acknowledged; `null` before. */
  readonly acknowledged: { readonly atMs: number; readonly reason: string } | null;
}

/** The evidence of a finding without samples. */
export const noEvidence: Finding['evidence'] = {
  samples: 0,
  failures: 0,
  observedSeconds: null,
  baselineSeconds: null,
  thresholdSeconds: null,
  probeIds: [],
};

/** The cause, if its findings have a story and notices separate from other causes of the kind; else `null`. */
export function storyOf(cause: Finding['cause'] | undefined): Finding['cause'] | null {
  return cause === 'client_differs' || cause === 'holds_thread' || cause === 'many_requests' ? cause : null;
}

/** The change of a finding in one turn. */
export interface FindingChange {
  readonly change: 'opened' | 'changed' | 'closed' | 'acknowledged';
  readonly finding: Finding;
}
