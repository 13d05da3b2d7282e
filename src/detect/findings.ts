import type { Finding, FindingChange, FindingKind, ScopeItem } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Target } from '../core/target.ts';
import { confidenceAfter } from './confidence.ts';
import type { Memory } from './memory.ts';
import type { TurnDraft } from './turn.ts';

/** What a rule says of a finding; identity, stamps and confidence are added here. */
export type FindingDraft = Pick<
  Finding,
  'kind' | 'ecosystem' | 'upstream' | 'registry' | 'scope' | 'cause' | 'vantage' | 'evidence' | 'actionable' | 'text'
>;

/** The open finding of a kind about a mirror, or about us (`null`); there is never more than one. */
export function openFinding(memory: Memory, kind: FindingKind, registry: string | null): Finding | null {
  for (const finding of memory.open.values()) {
    if (finding.kind === kind && finding.registry === registry) return finding;
  }
  return null;
}

/**
 * Opens the finding, or changes the open one of its kind and subject where scope, cause or weight differ. Evidence
 * alone is no news: it is kept and goes out with the next change.
 */
export function putFinding(memory: Memory, turn: TurnDraft, draft: FindingDraft): void {
  const known = openFinding(memory, draft.kind, draft.registry);
  if (known === null) {
    const id = memory.random.id(memory.now.wallMs);
    memory.openSince.set(id, memory.now.monotonicMs);
    const finding: Finding = {
      id,
      state: 'open',
      openedAtMs: memory.now.wallMs,
      closedAtMs: null,
      confidence: 'low',
      acknowledged: null,
      ...draft,
    };
    say(memory, turn, 'opened', finding);
    return;
  }
  const next: Finding = {
    ...known,
    scope: draft.scope,
    cause: draft.cause,
    evidence: draft.evidence,
    actionable: draft.actionable,
    text: draft.text,
    confidence: confidenceOf(memory, known),
  };
  if (isSameNews(known, next)) memory.open.set(known.id, next);
  else say(memory, turn, 'changed', next);
}

/** Closes the open finding of a kind and subject, if there is one, with its last evidence. */
export function closeFinding(
  memory: Memory,
  turn: TurnDraft,
  kind: FindingKind,
  registry: string | null,
  last: Partial<Pick<Finding, 'evidence' | 'text'>> = {},
): void {
  const known = openFinding(memory, kind, registry);
  if (known === null) return;
  const confidence = confidenceOf(memory, known);
  say(memory, turn, 'closed', { ...known, ...last, confidence, state: 'closed', closedAtMs: memory.now.wallMs });
}

/**
 * Notes that a person has seen a finding. A mismatch or a level shift ends by it: nothing else could end the one, and
 * the other is a fact by now. `null`: no such open finding.
 */
export function acknowledgeFinding(memory: Memory, turn: TurnDraft, id: string, reason: string): Finding | null {
  const known = memory.open.get(id);
  if (known === undefined) return null;
  if (known.acknowledged !== null) return known;
  const acknowledged = { atMs: memory.now.wallMs, reason };
  const ends = known.kind === 'mismatch' || known.kind === 'level_shift';
  const next: Finding = ends
    ? { ...known, acknowledged, state: 'acknowledged', closedAtMs: memory.now.wallMs }
    : { ...known, acknowledged };
  say(memory, turn, 'acknowledged', next);
  return next;
}

/** Lets confidence rise with time; no news of its own, and rows older than a day are written again so as not to expire. */
export function ageFindings(memory: Memory, turn: TurnDraft): void {
  for (const finding of memory.open.values()) {
    const confidence = confidenceOf(memory, finding);
    if (confidence === finding.confidence) continue;
    const next = { ...finding, confidence };
    memory.open.set(finding.id, next);
    writeFinding(memory, turn, next);
  }
}

/** Writes every open finding again, so that rows which age by their stamp do not expire under an open finding. */
export function rewriteFindings(memory: Memory, turn: TurnDraft): void {
  for (const finding of memory.open.values()) writeFinding(memory, turn, finding);
}

/** What a finding covers, at most `limits.scopeItems`. */
export function scopeOf(targets: Iterable<Target>): readonly ScopeItem[] {
  const items = new Map<string, ScopeItem>();
  for (const { id, module, version, step } of targets) {
    if (items.size >= limits.scopeItems) break;
    items.set(id, { module, version, step });
  }
  return [...items.values()];
}

/** Milliseconds as the seconds of an evidence, to the tenth of a millisecond. */
export function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10_000;
}

function confidenceOf(memory: Memory, finding: Finding): Finding['confidence'] {
  const sinceMs = memory.openSince.get(finding.id) ?? memory.now.monotonicMs;
  return confidenceAfter(memory.now.monotonicMs - sinceMs);
}

function isSameNews(a: Finding, b: Finding): boolean {
  return (
    a.actionable === b.actionable &&
    a.cause === b.cause &&
    a.scope.length === b.scope.length &&
    a.scope.every((item, i) => {
      const other = b.scope[i];
      return item.module === other?.module && item.version === other.version && item.step === other.step;
    })
  );
}

function say(memory: Memory, turn: TurnDraft, change: FindingChange['change'], finding: Finding): void {
  if (finding.state === 'open') memory.open.set(finding.id, finding);
  else {
    memory.open.delete(finding.id);
    memory.openSince.delete(finding.id);
  }
  turn.findings.push({ change, finding });
  writeFinding(memory, turn, finding);
}

function writeFinding(memory: Memory, turn: TurnDraft, finding: Finding): void {
  turn.rows.push({ table: 'finding', key: finding.id, atMs: memory.now.wallMs, value: finding });
}
