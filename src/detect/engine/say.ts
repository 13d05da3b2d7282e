import {
  type Confidence,
  type Finding,
  type FindingChange,
  type FindingKind,
  highestConfidenceOf,
  type KindTraits,
  kindTraits,
  lowerConfidenceOf,
  noEvidence,
  type ScopeItem,
  storyOf,
} from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { vantageFor } from '../confirm/witness.ts';
import { openFinding } from '../memory/lookups.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, stateOf } from '../memory/mirror-memory.ts';
import type { FindingRule } from '../memory/rule.ts';
import { type FindingStatement, mergeEvidence } from '../memory/says.ts';

/**
 * Applies a rule's statement about a mirror, or about this daemon if `mirror` is `null`. An open finding changes if its
 * scope, cause or `actionable` changes. New evidence alone causes no event.
 */
export function apply(
  memory: Memory,
  kind: FindingKind,
  mirror: MirrorMemory | null,
  statement: FindingStatement,
): void {
  if (statement === null) return;
  const registry = mirror?.mirror.name ?? null;
  if (statement.tag === 'well') {
    closeFinding(memory, kind, registry, { text: statement.text, sentence: statement.sentence }, statement.of);
    return;
  }
  const { scope = [], cause, actionable = false, text, sentence } = statement;
  const evidence = { ...noEvidence, ...statement.evidence };
  const known = openFinding(memory, kind, registry, cause);
  const parts = { scope, cause, evidence, actionable, text, sentence };
  const said =
    known === null
      ? newFinding(memory, kind, mirror, { ...parts, vantage: statement.vantage })
      : { ...known, ...parts, evidence: mergeEvidence(known.evidence, evidence) };
  const next: Finding = { ...said, confidence: confidenceOf(memory, said) };
  if (known !== null && isUnchanged(known, next)) memory.open.set(next.id, next);
  else say(memory, known === null ? 'opened' : 'changed', next);
}

type Parts = Pick<Finding, 'scope' | 'cause' | 'evidence' | 'actionable' | 'text' | 'sentence'> & {
  readonly vantage: Finding['vantage'] | undefined;
};

function newFinding(
  memory: Memory,
  kind: FindingKind,
  mirror: MirrorMemory | null,
  { scope, cause, vantage, ...rest }: Parts,
): Finding {
  const id = memory.random.id(memory.now.wallMs);
  memory.findingLog.openSince.set(id, memory.now.monotonicMs);
  const { name: registry = null, ecosystem = null, upstream = null } = mirror?.mirror ?? {};
  return {
    id,
    kind,
    state: 'open',
    ecosystem,
    upstream,
    registry,
    scope,
    openedAtMs: memory.now.wallMs,
    closedAtMs: null,
    cause,
    vantage: vantage ?? (mirror === null ? 'ok' : vantageFor(memory, mirror)),
    ...rest,
    acknowledged: null,
    confidence: 'low',
  };
}

/**
 * Closes the open finding of this kind about a mirror; if `registry` is `null`, about the daemon or its network. The
 * finding gets the evidence and text of `last`.
 * @param of  the cause of the finding, needed only if findings with this cause are counted separately (`storyOf`)
 */
export function closeFinding(
  memory: Memory,
  kind: FindingKind,
  registry: string | null,
  last: Partial<Pick<Finding, 'evidence' | 'text' | 'sentence'>> = {},
  of?: Finding['cause'],
): void {
  const known = openFinding(memory, kind, registry, of);
  if (known === null) return;
  const confidence = confidenceOf(memory, known);
  say(memory, 'closed', { ...known, ...last, confidence, state: 'closed', closedAtMs: memory.now.wallMs });
}

/**
 * Records that an operator acknowledged a finding. This ends a mismatch or a level shift. Returns `null` if no such
 * finding is open.
 */
export function acknowledgeFinding(memory: Memory, id: string, reason: string): Finding | null {
  const known = memory.open.get(id);
  if (known === undefined) return null;
  if (known.acknowledged !== null) return known;
  const acknowledged = { atMs: memory.now.wallMs, reason };
  const ends = ruleOf(memory.rules.all, known)?.endsByAcknowledgement === true;
  const next: Finding = ends
    ? { ...known, acknowledged, state: 'acknowledged', closedAtMs: memory.now.wallMs }
    : { ...known, acknowledged };
  say(memory, 'acknowledged', next);
  return next;
}

/** Updates the confidence of open findings, without an event. */
export function updateConfidence(memory: Memory): void {
  for (const finding of memory.open.values()) {
    const confidence = confidenceOf(memory, finding);
    if (confidence === finding.confidence) continue;
    const next = { ...finding, confidence };
    memory.open.set(next.id, next);
    writeFinding(memory, next);
  }
}

/** Writes open findings again, because rows expire with age. */
export function rewriteFindings(memory: Memory): void {
  for (const finding of memory.open.values()) writeFinding(memory, finding);
}

/**
 * Writes open findings that have new evidence, each at most once every `limits.evidenceWriteMs`. The rows keep their
 * old time stamps.
 * @param everything  true for a shutdown: writes without that limit
 */
export function writeEvidence(memory: Memory, everything: boolean): void {
  for (const finding of memory.open.values()) {
    const written = memory.findingLog.written.get(finding.id);
    if (written === undefined || written.evidence === finding.evidence) continue;
    if (!everything && memory.now.monotonicMs - written.atMs < limits.evidenceWriteMs) continue;
    writeFinding(memory, finding, written.stampMs);
  }
}

/**
 * The confidence of a finding: the highest so far, unless its rule fixes one. It is `low` if the finding's vantage is
 * `suspect`. It is at most `medium` if the vantage was `unverified` when the finding opened and still is.
 */
function confidenceOf(memory: Memory, finding: Finding): Confidence {
  const rule = ruleOf(memory.rules.all, finding);
  const mirror = memory.mirrors.get(finding.registry ?? '');
  const ofAdvice = memory.findingLog.assured.get(`${finding.kind} ${finding.registry}`) ?? 'low';
  const earned = earnedConfidence(memory, rule, finding, mirror);
  const now = rule?.confidence?.(finding) ?? highestConfidenceOf([finding.confidence, earned, ofAdvice]);
  if (finding.vantage === 'suspect') return 'low';
  const isUnverified = finding.vantage === 'unverified' && mirror !== undefined && vantageFor(memory, mirror) !== 'ok';
  return isUnverified ? lowerConfidenceOf(now, 'medium') : now;
}

function earnedConfidence(
  memory: Memory,
  rule: FindingRule | null,
  { id, kind }: Finding,
  mirror: MirrorMemory | undefined,
): Confidence {
  const { confidence: manner }: Partial<KindTraits> = kindTraits[kind] ?? {};
  if (manner === 'tested') {
    if (rule === null || mirror === undefined) return 'low';
    const isSure = rule.isSure?.(stateOf(rule, mirror), { view: memory, mirror }) ?? true;
    return isSure ? 'medium' : 'low';
  }
  const sinceMs = memory.findingLog.openSince.get(id) ?? memory.now.monotonicMs;
  const byAge = confidenceFor(memory.now.monotonicMs - sinceMs);
  if (manner !== 'hard') return byAge;
  return byAge === 'low' ? 'medium' : 'high';
}

/** The fields of an item in the scope whose change is a change of the finding. */
const itemFields = ['module', 'version', 'step', 'family', 'protocol', 'cause'] as const;

function isUnchanged(a: Finding, b: Finding): boolean {
  const isSame = (item: ScopeItem, i: number): boolean => itemFields.every((key) => item[key] === b.scope[i]?.[key]);
  return (
    a.actionable === b.actionable && a.cause === b.cause && a.scope.length === b.scope.length && a.scope.every(isSame)
  );
}

function say(memory: Memory, change: FindingChange['change'], finding: Finding): void {
  if (finding.state === 'open') memory.open.set(finding.id, finding);
  else for (const map of [memory.open, memory.findingLog.openSince, memory.findingLog.written]) map.delete(finding.id);
  memory.turn.findings.push({ change, finding });
  writeFinding(memory, finding);
}

function writeFinding(memory: Memory, finding: Finding, stampMs: number = memory.now.wallMs): void {
  memory.turn.rows.push({ table: 'finding', key: finding.id, atMs: stampMs, value: finding });
  if (finding.state === 'open') recordFindingRow(memory, finding, stampMs);
}

/** Records that the row of an open finding is written with this time stamp. */
export function recordFindingRow({ findingLog, now }: Memory, { id, evidence }: Finding, stampMs: number): void {
  findingLog.written.set(id, { evidence, stampMs, atMs: now.monotonicMs });
}

/** The rule for a finding's kind and story (a cause that is counted separately); `null`: no such rule is registered. */
export function ruleOf(rules: readonly FindingRule[], { kind, cause }: Finding): FindingRule | null {
  return rules.find((rule) => rule.kind === kind && (rule.story ?? null) === storyOf(cause)) ?? null;
}

/** The confidence of a finding that has lasted for `lastedMs` milliseconds, ≥ 0. */
export function confidenceFor(lastedMs: number): Confidence {
  if (lastedMs < limits.confidenceLowMs) return 'low';
  return lastedMs < limits.confidenceHighMs ? 'medium' : 'high';
}
