import type { ActionRow } from './action.ts';
import type { Advice, AdviceCause, AdviceState, Candidate, Refusal } from './advice.ts';
import type { Reason } from './failure.ts';
import type { Confidence, Finding, FindingKind, ScopeItem, Side } from './finding.ts';
import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { Seen } from './transcript.ts';

/** A finding as the API and webhooks show it (design.md section 4.3): RFC 3339 stamps, unknown is `null`. */
export interface FindingView {
  readonly id: string;
  readonly kind: FindingKind;
  readonly state: Finding['state'];
  readonly ecosystem: EcosystemId | null;
  readonly upstream: string | null;
  readonly registry: string | null;
  readonly scope: readonly ScopeItem[];
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly cause: Finding['cause'];
  readonly vantage: Finding['vantage'];
  readonly confidence: Confidence;
  readonly evidence: Omit<Finding['evidence'], 'sides' | 'statements'> & {
    readonly sides: readonly SideView[];
    readonly statements: readonly string[];
  };
  readonly text: string;
}

/** The mirrors of one side of a mismatch, with the length and the first bytes that they serve. */
export interface SideView {
  readonly module: string | null;
  readonly version: string | null;
  readonly step: string;
  /** Empty: no mirror was seen to serve it; an authority names it. */
  readonly registries: readonly string[];
  readonly algorithm: string;
  readonly digest: string;
  readonly sinceAt: string | null;
  readonly bytes: number | null;
  readonly firstHex: string | null;
  /** The same first bytes as text, with a dot for each unprintable byte. */
  readonly firstText: string | null;
}

/** An advice as the API and webhooks show it (design.md section 4.4): RFC 3339 stamps, durations in seconds. */
export interface AdviceView {
  readonly id: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly vantage: string;
  readonly state: AdviceState;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly settledAt: string | null;
  readonly from: string;
  readonly to: string;
  readonly chain: { readonly before: string; readonly after: string };
  readonly reason: string;
  readonly cause: AdviceCause;
  readonly refusal: Refusal | null;
  readonly evidence: {
    readonly windowSeconds: number;
    readonly samples: number;
    readonly observedSeconds: number | null;
    readonly baselineSeconds: number | null;
    readonly failures: Readonly<Partial<Record<Reason, number>>>;
    readonly findings: readonly string[];
  };
  readonly candidates: readonly Candidate[];
  readonly expected: Advice['expected'];
  readonly confidence: Confidence;
  readonly bypass: string | null;
  readonly remedy: Readonly<Record<string, string>>;
  readonly doesNotCover: readonly string[];
  readonly rollback: string;
  readonly trigger: Advice['trigger'];
}

/**
 * A wall stamp as RFC 3339 UTC with milliseconds; `null` stays `null`.
 * @throws RangeError outside what a Date can hold: the caller's defect.
 */
export function stamp(wallMs: number): string;
export function stamp(wallMs: number | null): string | null;
export function stamp(wallMs: number | null): string | null {
  return wallMs === null ? null : new Date(wallMs).toISOString();
}

/** A finding as sent to people and programs; every key is always present. */
export function findingView(finding: Finding): FindingView {
  return {
    id: finding.id,
    kind: finding.kind,
    state: finding.state,
    ecosystem: finding.ecosystem,
    upstream: finding.upstream,
    registry: finding.registry,
    scope: finding.scope.map(({ module, version, step, family, protocol }) => ({
      module,
      version,
      step,
      ...(family === undefined ? {} : { family }),
      ...(protocol === undefined ? {} : { protocol }),
    })),
    openedAt: stamp(finding.openedAtMs),
    closedAt: stamp(finding.closedAtMs),
    cause: finding.cause,
    vantage: finding.vantage,
    confidence: finding.confidence,
    evidence: {
      samples: finding.evidence.samples,
      failures: finding.evidence.failures,
      observedSeconds: finding.evidence.observedSeconds,
      baselineSeconds: finding.evidence.baselineSeconds,
      thresholdSeconds: finding.evidence.thresholdSeconds,
      probeIds: [...finding.evidence.probeIds],
      sides: (finding.evidence.sides ?? []).map(sideView),
      statements: [...(finding.evidence.statements ?? [])],
    },
    text: finding.text,
  };
}

function sideView({ item, registries, algorithm, digest, sinceMs, seen }: Side): SideView {
  const { module, version, step } = item;
  const firstText = seen === null ? null : firstBytesTextOf(seen);
  const { bytes, firstHex } = seen ?? { bytes: null, firstHex: null };
  return {
    module,
    version,
    step,
    registries: [...registries],
    algorithm,
    digest,
    sinceAt: stamp(sinceMs),
    bytes,
    firstHex,
    firstText,
  };
}

/** First bytes as text, with a dot for each byte that is not printable ASCII. */
export function firstBytesTextOf({ firstHex }: Pick<Seen, 'firstHex'>): string {
  return (firstHex.match(/../g) ?? [])
    .map((hex) => Number.parseInt(hex, 16))
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    .join('');
}

/** An advice as sent to people and programs; every key is always present. */
export function adviceView(advice: Advice): AdviceView {
  return {
    id: advice.id,
    ecosystem: advice.ecosystem,
    upstream: advice.upstream,
    vantage: advice.vantage,
    state: advice.state,
    issuedAt: stamp(advice.issuedAtMs),
    expiresAt: stamp(advice.expiresAtMs),
    settledAt: stamp(advice.settledAtMs),
    from: advice.from,
    to: advice.to,
    chain: { before: advice.chain.before, after: advice.chain.after },
    reason: advice.reason,
    cause: advice.cause,
    refusal: advice.refusal,
    evidence: {
      windowSeconds: advice.evidence.windowSeconds,
      samples: advice.evidence.samples,
      observedSeconds: advice.evidence.observedSeconds,
      baselineSeconds: advice.evidence.baselineSeconds,
      failures: { ...advice.evidence.failures },
      findings: [...advice.evidence.findings],
    },
    candidates: advice.candidates.map(({ registry, scoreSeconds, gate, sum, bound }) => ({
      registry,
      scoreSeconds,
      gate,
      sum,
      bound,
    })),
    expected: {
      availability: { ...advice.expected.availability },
      p95Seconds: { ...advice.expected.p95Seconds },
      fetchCostSeconds: { ...advice.expected.fetchCostSeconds },
    },
    confidence: advice.confidence,
    bypass: advice.bypass ?? null,
    remedy: { ...advice.remedy },
    doesNotCover: [...advice.doesNotCover],
    rollback: advice.rollback,
    trigger: advice.trigger,
  };
}

/** A row of the journal as the API and webhooks show it. */
export type ActionView = ReturnType<typeof viewOfAction>;

/** @param say  `because` in the reader's language */
export function viewOfAction(row: ActionRow, say: (because: Sentence) => string) {
  const { id, action, kind, mode, advice, state, held, attempts, because, output, isInterrupted, undoneBy } = row;
  const { ecosystem, upstream, from, to, cause } = advice;
  return {
    id,
    action,
    kind,
    mode,
    advice: advice.id,
    ecosystem,
    upstream,
    from,
    to,
    cause,
    state,
    held,
    plannedAt: stamp(row.plannedAtMs),
    endedAt: stamp(row.endedAtMs),
    nextAt: stamp(row.nextAtMs),
    attempts,
    because: because === null ? null : say(because),
    output,
    interrupted: isInterrupted,
    undoneBy,
  };
}
