import type { Reason } from './failure.ts';
import { limits } from './limits.ts';
import type { EcosystemId, Step } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { HttpProtocol, Seen } from './transcript.ts';

/** Severities of findings, in ascending order. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** How a kind of finding is treated after its detection: in advice, messages and pages. */
export interface KindTraits {
  readonly severity: Severity;
  readonly isAboutUs?: true;
  /**
   * How the confidence in a finding rises. `hard`: it is medium at once, and high after `limits.confidenceLowMs`.
   * `tested`: it is low until the statistical test is sure, then medium. Absent: it rises with the age of the finding.
   * Advice that the finding causes may raise it further.
   */
  readonly confidence?: 'hard' | 'tested';
  /** How findings of this kind cause advice; absent: they never do. */
  readonly advice?: {
    /** The priority among causes of advice: 1 is the most severe. */
    readonly rank: number;
    readonly costs: 'failures' | 'time' | 'freshness';
    /** True: the finding is about downloads of artifacts. */
    readonly isHeavy?: true;
    /** True: if no other mirror is usable, advice is still issued, in state `refused`. */
    readonly isForced?: true;
  };
  /** Whether an open or acknowledged finding counts against its mirror; absent: it does if it is `actionable`. */
  readonly isAgainst?: (finding: { readonly state: string; readonly cause: string }) => boolean;
  /**
   * True: a finding of this kind ends when an operator acknowledges it. (So does a `level_shift`, although that kind
   * lacks this trait.)
   */
  readonly endsByHand?: true;
  /** True: a chat card also shows the text of the finding. */
  readonly isListedInFull?: true;
  readonly isRed?: true;
  /** True: `observedSeconds` in the evidence is an age, not a latency. */
  readonly observesAge?: true;
}

const kinds = {
  spike: { severity: 'warning', confidence: 'tested', advice: { rank: 6, costs: 'time' } },
  level_shift: { severity: 'info', confidence: 'tested', advice: { rank: 7, costs: 'time' } },
  outage: {
    severity: 'warning',
    confidence: 'hard',
    advice: { rank: 2, costs: 'failures', isForced: true },
    isRed: true,
  },
  unreliable: { severity: 'warning', confidence: 'tested', advice: { rank: 5, costs: 'failures' } },
  throughput: { severity: 'warning', confidence: 'tested', advice: { rank: 8, costs: 'time', isHeavy: true } },
  refusal: { severity: 'warning', confidence: 'hard', advice: { rank: 4, costs: 'failures', isForced: true } },
  lag: {
    severity: 'warning',
    advice: { rank: 9, costs: 'freshness' },
    isAgainst: ({ state, cause }) => state === 'open' && isBehind(cause),
    isListedInFull: true,
    observesAge: true,
  },
  mismatch: {
    severity: 'critical',
    confidence: 'hard',
    advice: { rank: 1, costs: 'failures', isForced: true },
    isAgainst: ({ state }) => state === 'open',
    endsByHand: true,
    isListedInFull: true,
  },
  certificate: {
    severity: 'warning',
    confidence: 'hard',
    advice: { rank: 3, costs: 'failures', isForced: true },
    // A certificate with cause `expires_soon` still works, so it does not count against the mirror.
    isAgainst: ({ cause }) => cause.startsWith('tls_'),
    isListedInFull: true,
  },
  capability: { severity: 'info', isAgainst: () => false, isListedInFull: true },
  vantage: { severity: 'warning', isAboutUs: true, isListedInFull: true },
  self: { severity: 'warning', isAboutUs: true, isListedInFull: true },
} as const satisfies Readonly<Record<string, KindTraits>>;

export type FindingKind = keyof typeof kinds;
/** Kinds of findings that cause advice. */
export type CausingKind = {
  [Kind in FindingKind]: (typeof kinds)[Kind] extends { readonly advice: unknown } ? Kind : never;
}[FindingKind];
export const findingKinds = Object.keys(kinds) as unknown as readonly [FindingKind, ...FindingKind[]];

export const kindTraits: Readonly<Record<FindingKind, KindTraits>> = kinds;

/**
 * Causes of `lag` findings. `stale`: the mirror gets no releases; `behind`: its lag is too long; `vanished`: a version
 * disappeared; `regression`: its contents went backwards.
 */
export type LagCause = 'stale' | 'behind' | 'vanished' | 'regression';

/** Causes of findings that are not the reason of a failed probe (`Reason`). */
export const ruleCauses = [
  'slow',
  'relearned',
  'expires_soon',
  'all_failing',
  'partly_failing',
  'all_slow',
  'contaminated',
  'clock',
  'client_differs',
  'unstored',
  'lock',
  'holds_thread',
  'many_requests',
  'behind',
  'regression',
  'vanished',
  'stale',
  'stripped',
  'withdrawn',
  'peers',
  'origin',
  'retag',
  'fork',
] as const;

/** True for a lag finding with cause `stale` or `behind`. */
export function isOfBehind({ kind, cause }: Pick<Finding, 'kind' | 'cause'>): boolean {
  return kind === 'lag' && isBehind(cause);
}

function isBehind(cause: string): boolean {
  return cause === 'stale' || cause === 'behind';
}

/**
 * Causes of mismatch findings; values of a metric label. With `retag` and `peers` it is unknown which mirror is right.
 */
export const mismatchCauses = ['authority', 'origin', 'retag', 'fork', 'peers'] as const;
export type MismatchCause = (typeof mismatchCauses)[number];

export function mismatchCauseOf(
  { cause, actionable }: Pick<Finding, 'cause' | 'actionable'>,
  item: ScopeItem,
): MismatchCause {
  const own = item.cause ?? (cause === 'retag' && actionable ? 'mismatch' : cause);
  return mismatchCauses.find((one) => one === own) ?? 'authority';
}

/** The levels of confidence, in ascending order. */
export const confidences = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof confidences)[number];

/** Returns the highest of the given confidences; `low` if there are none. */
export function highestConfidenceOf(all: readonly Confidence[]): Confidence {
  return confidences[Math.max(0, ...all.map((one) => confidences.indexOf(one)))] ?? 'low';
}

/** Returns `confidence`, or `most` if that is lower. */
export function lowerConfidenceOf(confidence: Confidence, most: Confidence): Confidence {
  return confidences.indexOf(confidence) > confidences.indexOf(most) ? most : confidence;
}

export interface ScopeItem {
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
  /** The address family that the item is limited to; absent: it is not limited to one. */
  readonly family?: 4 | 6;
  /** The HTTP version that the item is limited to; absent: it is not limited to one. */
  readonly protocol?: HttpProtocol;
  /** The cause for this item; absent: it is the cause of the finding. */
  readonly cause?: Finding['cause'];
  /** `file`: only a file that people can edit (such as a lock file) calls the bytes of the item wrong. */
  readonly by?: 'file';
}

/** One digest of an artifact, and the mirrors that serve it. */
export interface Side {
  readonly item: ScopeItem;
  /** The mirrors that serve these bytes, at most `limits.sideNames`; empty: none is known. */
  readonly registries: readonly string[];
  /** The number of independent ones among them; absent: all are independent. */
  readonly units?: number;
  readonly algorithm: string;
  readonly digest: string;
  /** When these bytes were first seen, wall milliseconds; `null`: never. */
  readonly sinceMs: number | null;
  readonly seen: Seen | null;
}

/** True for a mismatch in which it is unknown which mirror is right (docs/decisions/0018). */
export function isDisputed({ kind, cause, actionable }: Pick<Finding, 'kind' | 'cause' | 'actionable'>): boolean {
  return kind === 'mismatch' && !actionable && (cause === 'peers' || cause === 'retag');
}

/** True for a mismatch that an earlier version opened by an editable file alone. It is no reason against its mirror. */
export function isOfFileAlone(finding: Pick<Finding, 'kind' | 'cause' | 'actionable' | 'scope'>): boolean {
  const { kind, actionable, scope } = finding;
  return kind === 'mismatch' && !actionable && !isDisputed(finding) && scope.some(({ by }) => by === 'file');
}

/** Sentences about an outage of some targets of a mirror that works otherwise. */
const partly: ReadonlySet<string> = new Set(['found.part', 'found.partOnly']);

/** True for a finding about items that a mirror withholds by a rule of its operator. It is no fault of the mirror. */
export function isDeliberate({ cause }: Pick<Finding, 'cause'>): boolean {
  return cause === 'policy';
}

/** True if the sentence of a finding is about an outage of some targets only. */
export function isPartial(finding: Pick<Finding, 'sentence'> | null): boolean {
  return finding?.sentence != null && partly.has(finding.sentence.key);
}

/** The text of an open finding, or of its end: that of its kind, unless its cause has a text of its own. */
export function findingTextKeyOf(
  finding: Pick<Finding, 'kind' | 'cause' | 'sentence'>,
  disputed: boolean,
): `finding.${FindingKind | 'disputed' | 'part' | 'fork' | OwnTextCause}` {
  const { kind, cause } = finding;
  if (disputed) return 'finding.disputed';
  if (isPartial(finding)) return 'finding.part';
  return cause === 'fork' || isOwnText(cause) ? `finding.${cause}` : `finding.${kind}`;
}

export function endTextKeyOf({ kind, cause }: Pick<Finding, 'kind' | 'cause'>): `ended.${FindingKind | OwnTextCause}` {
  return isOwnText(cause) ? `ended.${cause}` : `ended.${kind}`;
}

/** The text of a finding's cause. With cause `peers`, a spike is about latency, a mismatch about bytes. */
export function causeTextKeyOf({ kind, cause }: Pick<Finding, 'kind' | 'cause'>) {
  return kind === 'spike' && cause === 'peers' ? 'cause.slower' : (`cause.${cause}` as const);
}

/** Causes of findings that have texts of their own. */
type OwnTextCause = 'unstored' | 'all_slow' | 'lock' | 'withdrawn' | 'policy';

const ownTexts: readonly Finding['cause'][] = ['unstored', 'all_slow', 'lock', 'withdrawn', 'policy'];

function isOwnText(cause: Finding['cause']): cause is OwnTextCause {
  return ownTexts.includes(cause);
}

export function sideOf(item: ScopeItem, { registries, ...what }: Omit<Side, 'item'>): Side {
  return { item, registries: registries.slice(0, limits.sideNames), ...what };
}

/** A detected problem. Its times are wall milliseconds. */
export interface Finding {
  readonly id: string;
  readonly kind: FindingKind;
  readonly state: 'open' | 'closed' | 'acknowledged';
  readonly ecosystem: EcosystemId | null;
  readonly upstream: string | null;
  /** The mirror that the finding is about; `null`: the finding is about this daemon or its network. */
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
    /** Ids of the probes that the finding cites, at most `limits.findingProbes`. */
    readonly probeIds: readonly string[];
    readonly slowest?: { readonly probeId: string; readonly ms: number } | undefined;
    /** The different digests and the mirrors that serve them. Only for a mismatch. */
    readonly sides?: readonly Side[];
    /** Only for a fork: signed statements that contradict each other. */
    readonly statements?: readonly string[];
  };
  /** Whether the finding counts against its mirror, unless `KindTraits.isAgainst` decides. */
  readonly actionable: boolean;
  /** What was detected, in English. */
  readonly text: string;
  /** `text` as a key and values, to render it in any language; `null` or absent: only English exists. */
  readonly sentence?: Sentence | null;
  readonly acknowledged: { readonly atMs: number; readonly reason: string } | null;
}

/**
 * When the trouble of a finding began. Our own network must have had trouble for some time before its finding opens.
 * @param openedMs  when the finding opened, wall milliseconds
 */
export function onsetOf({ kind }: Pick<Finding, 'kind'>, openedMs: number): number {
  return kind === 'vantage' ? openedMs - limits.vantageFindingMs : openedMs;
}

export const noEvidence: Finding['evidence'] = {
  samples: 0,
  failures: 0,
  observedSeconds: null,
  baselineSeconds: null,
  thresholdSeconds: null,
  probeIds: [],
};

const ownCauses: readonly Finding['cause'][] = [
  'client_differs',
  'unstored',
  'lock',
  'all_slow',
  'holds_thread',
  'many_requests',
  'withdrawn',
  'policy',
];

/**
 * Some causes have a finding of their own, which can be open beside another finding of the same kind and mirror.
 * Returns the cause if it is one of them; otherwise `null`.
 */
export function storyOf(cause: Finding['cause'] | undefined): Finding['cause'] | null {
  return ownCauses.find((one) => one === cause) ?? null;
}

export interface FindingChange {
  readonly change: 'opened' | 'changed' | 'closed' | 'acknowledged';
  readonly finding: Finding;
}
