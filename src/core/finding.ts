import type { Reason } from './failure.ts';
import { limits } from './limits.ts';
import type { EcosystemId, Step } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { HttpProtocol, Seen } from './transcript.ts';

/** The least grave first: `info` informs, `warning` is a ticket for working hours, `critical` a page at any time. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** A kind of finding, for the stages after detect. */
export interface KindTraits {
  readonly severity: Severity;
  /** About this process or its vantage, not about a mirror. */
  readonly isAboutUs?: true;
  /** As a cause of advice; absent: no reason to leave a mirror. */
  readonly advice?: {
    /** 1 is the gravest. */
    readonly rank: number;
    /** What it costs clients. `isHeavy`: mainly for artifacts. */
    readonly costs: 'failures' | 'time' | 'freshness';
    readonly isHeavy?: true;
    /** Clients should not stay: if no other mirror can be proposed, the advice is `refused`. */
    readonly isForced?: true;
  };
  /** Whether a finding that is not closed counts against its mirror; absent: if `actionable`. */
  readonly isAgainst?: (finding: { readonly state: string; readonly cause: string }) => boolean;
  /** Only an acknowledgement ends such a finding. */
  readonly endsByHand?: true;
  /** A card shows the sentence, not fields. */
  readonly isToldInFull?: true;
  /** A card is red whatever the severity. */
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
    // Not while the expiry is merely near.
    isAgainst: ({ cause }) => cause.startsWith('tls_'),
    isToldInFull: true,
  },
  vantage: { severity: 'warning', isAboutUs: true, isToldInFull: true },
  self: { severity: 'warning', isAboutUs: true, isToldInFull: true },
} as const satisfies Readonly<Record<string, KindTraits>>;

/** The closed list of kinds; the webhook type is `mirror.<kind>`. */
export type FindingKind = keyof typeof kinds;
export const findingKinds = Object.keys(kinds) as unknown as readonly [FindingKind, ...FindingKind[]];

export const kindTraits: Readonly<Record<FindingKind, KindTraits>> = kinds;

/** The gravest first: no releases arrive, lag above the limit, a version is gone, a list or tag went backwards. */
export type LagCause = 'stale' | 'behind' | 'vanished' | 'regression';

/** Causes of findings besides the reasons of probes; closed. */
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

/** True for a mirror that is behind, not for contents that regressed or vanished. */
export function saysBehind({ kind, cause }: Pick<Finding, 'kind' | 'cause'>): boolean {
  return kind === 'lag' && isBehind(cause);
}

function isBehind(cause: string): boolean {
  return cause === 'stale' || cause === 'behind';
}

/** The evidence for a mismatch: a metric label. With `retag` and `peers` it is unknown which mirror is right. */
export const mismatchCauses = ['authority', 'origin', 'retag', 'fork', 'peers'] as const;
export type MismatchCause = (typeof mismatchCauses)[number];

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
  /** The probes fail over this address family, or HTTP version, only; absent: over any. */
  readonly family?: 4 | 6;
  readonly protocol?: HttpProtocol;
  /** For a mismatch, `mismatch` for an authority; absent: the finding's own cause. */
  readonly cause?: Finding['cause'];
}

/** One version of an artifact's bytes that mirrors serve or an authority names. */
export interface Side {
  readonly item: ScopeItem;
  /** Mirrors that serve it, at most `limits.sideNames`; empty: only an authority names it. */
  readonly registries: readonly string[];
  readonly algorithm: string;
  readonly digest: string;
  /** Since when it is served, wall milliseconds; `null`: not seen. */
  readonly sinceMs: number | null;
  /** `null`: not seen. */
  readonly seen: Seen | null;
}

/** True for differing bytes without an authority: no reason to leave or choose a mirror (docs/decisions/0018). */
export function isDisputed({ kind, cause, actionable }: Pick<Finding, 'kind' | 'cause' | 'actionable'>): boolean {
  return kind === 'mismatch' && !actionable && (cause === 'peers' || cause === 'retag');
}

export function sideOf(item: ScopeItem, { registries, ...what }: Omit<Side, 'item'>): Side {
  return { item, registries: registries.slice(0, limits.sideNames), ...what };
}

/** A detected problem. Times are wall milliseconds. */
export interface Finding {
  readonly id: string;
  readonly kind: FindingKind;
  readonly state: 'open' | 'closed' | 'acknowledged';
  readonly ecosystem: EcosystemId | null;
  readonly upstream: string | null;
  /** `null`: about this daemon. */
  readonly registry: string | null;
  readonly scope: readonly ScopeItem[];
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly cause: Reason | (typeof ruleCauses)[number];
  readonly vantage: 'ok' | 'unverified' | 'suspect';
  readonly confidence: Confidence;
  readonly evidence: {
    readonly samples: number;
    readonly failures: number;
    readonly observedSeconds: number | null;
    readonly baselineSeconds: number | null;
    readonly thresholdSeconds: number | null;
    /** Oldest first, at most `limits.findingProbes`. */
    readonly probeIds: readonly string[];
    /** For slowness; absent: not known. */
    readonly slowest?: { readonly probeId: string; readonly ms: number };
    /** For a mismatch: which mirrors serve what; absent: not known. */
    readonly sides?: readonly Side[];
    /** For a fork: the contradictory signed statements. */
    readonly statements?: readonly string[];
  };
  /** True if the finding is reason enough to leave the mirror. */
  readonly actionable: boolean;
  /** One sentence in English. */
  readonly text: string;
  /** `text` for any language; `null` or absent: in English only. */
  readonly sentence?: Sentence | null;
  /** When and why it was acknowledged; `null` before. */
  readonly acknowledged: { readonly atMs: number; readonly reason: string } | null;
}

export const noEvidence: Finding['evidence'] = {
  samples: 0,
  failures: 0,
  observedSeconds: null,
  baselineSeconds: null,
  thresholdSeconds: null,
  probeIds: [],
};

/** The cause, if its findings have a story of their own within the kind; else `null`. */
export function storyOf(cause: Finding['cause'] | undefined): Finding['cause'] | null {
  return cause === 'client_differs' || cause === 'holds_thread' || cause === 'many_requests' ? cause : null;
}

export interface FindingChange {
  readonly change: 'opened' | 'changed' | 'closed' | 'acknowledged';
  readonly finding: Finding;
}
