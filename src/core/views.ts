import type { ActionRow } from './action.ts';
import type { Advice } from './advice.ts';
import type { Finding, ScopeItem, Side } from './finding.ts';
import { partOf } from './part.ts';
import type { Sentence } from './result.ts';
import type { Seen } from './transcript.ts';

/** A finding as the API and webhooks show it (docs/api.md#finding). */
export interface FindingView
  extends Omit<Finding, 'openedAtMs' | 'closedAtMs' | 'evidence' | 'actionable' | 'sentence' | 'acknowledged'> {
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly acknowledgedReason: string | null;
  readonly evidence: Omit<Finding['evidence'], 'sides' | 'statements'> & {
    readonly sides: readonly SideView[];
    readonly statements: readonly string[];
  };
}

export interface SideView
  extends Pick<ScopeItem, 'module' | 'version' | 'step'>,
    Omit<Side, 'item' | 'units' | 'sinceMs' | 'seen'> {
  readonly sinceAt: string | null;
  readonly bytes: number | null;
  readonly firstHex: string | null;
  readonly firstText: string | null;
}

/** An advice as the API and webhooks show it (docs/api.md#advice). */
export interface AdviceView
  extends Omit<
    Advice,
    'issuedAtMs' | 'expiresAtMs' | 'settledAtMs' | 'overAtMs' | 'causeNow' | 'sentence' | 'bypass' | 'sentences'
  > {
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly settledAt: string | null;
  readonly overAt: string | null;
  readonly bypass: string | null;
}

/**
 * Formats a wall time as RFC 3339 UTC with milliseconds; `null` stays `null`.
 * @throws RangeError if no Date can represent the time, which is a defect of the caller
 */
export function stamp(wallMs: number): string;
export function stamp(wallMs: number | null): string | null;
export function stamp(wallMs: number | null): string | null {
  return wallMs === null ? null : new Date(wallMs).toISOString();
}

/**
 * Formats the minute of a wall time for people: `2026-01-31 12:00 UTC`.
 * @throws RangeError as `stamp`
 */
export function minuteTextOf(wallMs: number): string {
  return `${stamp(wallMs).slice(0, 16).replace('T', ' ')} UTC`;
}

/** Converts a finding for the API; all keys are present, except `family` and `protocol` of scope items. */
export function findingView(finding: Finding): FindingView {
  const { scope, evidence } = finding;
  return {
    ...partOf(finding, 'id', 'kind', 'state', 'ecosystem', 'upstream', 'registry'),
    scope: scope.map((item) => partOf(item, 'module', 'version', 'step', 'family', 'protocol')),
    openedAt: stamp(finding.openedAtMs),
    closedAt: stamp(finding.closedAtMs),
    acknowledgedReason: finding.acknowledged?.reason ?? null,
    ...partOf(finding, 'cause', 'vantage', 'confidence'),
    evidence: {
      ...partOf(evidence, 'samples', 'failures', 'observedSeconds', 'baselineSeconds', 'thresholdSeconds'),
      probeIds: evidence.probeIds,
      sides: (evidence.sides ?? []).map(sideView),
      statements: evidence.statements ?? [],
    },
    text: finding.text,
  };
}

function sideView({ item, registries, algorithm, digest, sinceMs, seen }: Side): SideView {
  const { module, version, step } = item;
  const served = { registries, algorithm, digest, sinceAt: stamp(sinceMs) };
  const firstText = seen === null ? null : firstBytesTextOf(seen);
  return { module, version, step, ...served, bytes: seen?.bytes ?? null, firstHex: seen?.firstHex ?? null, firstText };
}

/** Formats first bytes as text, with a dot for each byte that is not printable ASCII. */
export function firstBytesTextOf({ firstHex }: Pick<Seen, 'firstHex'>): string {
  return (firstHex.match(/../g) ?? [])
    .map((hex) => Number.parseInt(hex, 16))
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    .join('');
}

/** Converts an advice for the API; all keys are present. */
export function adviceView(advice: Advice): AdviceView {
  const { evidence } = advice;
  return {
    ...partOf(advice, 'id', 'ecosystem', 'upstream', 'vantage', 'state'),
    issuedAt: stamp(advice.issuedAtMs),
    expiresAt: stamp(advice.expiresAtMs),
    settledAt: stamp(advice.settledAtMs),
    // Advice that version 1.0 stored has none of these.
    phase: advice.phase ?? 'ended',
    overAt: stamp(advice.overAtMs ?? null),
    newClients: advice.newClients ?? 'usual',
    ...partOf(advice, 'from', 'to'),
    chain: partOf(advice.chain, 'before', 'after'),
    ...partOf(advice, 'reason', 'cause', 'refusal'),
    evidence: {
      ...partOf(evidence, 'windowSeconds', 'samples', 'observedSeconds', 'baselineSeconds'),
      ...partOf(evidence, 'failures', 'findings'),
    },
    candidates: advice.candidates.map((one) => partOf(one, 'registry', 'scoreSeconds', 'gate', 'sum', 'bound')),
    expected: partOf(advice.expected, 'availability', 'p95Seconds', 'fetchCostSeconds'),
    confidence: advice.confidence,
    bypass: advice.bypass ?? null,
    ...partOf(advice, 'remedy', 'doesNotCover', 'rollback', 'trigger'),
  };
}

export type ActionView = ReturnType<typeof viewOfAction>;

/** Converts a row of the action journal for the API. @param say  returns `because` in the reader's language */
export function viewOfAction(row: ActionRow, say: (because: Sentence) => string) {
  const { advice, because } = row;
  return {
    ...partOf(row, 'id', 'action', 'kind', 'mode'),
    advice: advice.id,
    ...partOf(advice, 'ecosystem', 'upstream', 'from', 'to', 'cause'),
    ...partOf(row, 'state', 'held'),
    plannedAt: stamp(row.plannedAtMs),
    endedAt: stamp(row.endedAtMs),
    nextAt: stamp(row.nextAtMs),
    attempts: row.attempts,
    because: because === null ? null : say(because),
    output: row.output,
    interrupted: row.isInterrupted,
    undoneBy: row.undoneBy,
  };
}

/** Returns a digest without the name of its algorithm: `sha256:3ca6…`, `sha512-9f86…` and `h1:47DE…` begin with it. */
export function bareDigestOf({ algorithm, digest }: { readonly algorithm: string; readonly digest: string }): string {
  const isNamed = digest.startsWith(`${algorithm}:`) || digest.startsWith(`${algorithm}-`);
  return isNamed ? digest.slice(algorithm.length + 1) : digest;
}
