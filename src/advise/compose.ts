import type { Advice } from '../core/advice.ts';
import type { Reason } from '../core/failure.ts';
import type { Confidence, Finding } from '../core/finding.ts';
import { shownChain } from './clients/client.ts';
import { type Decision, expectations, moments } from './decide.ts';
import { headName, type View } from './group.ts';
import { lately } from './objective.ts';
import { candidate, round } from './rank.ts';
import { limitsOfAdvice, reasonText } from './words.ts';

type Said = Extract<Decision, { kind: 'propose' | 'refuse' }>;

const levels: readonly Confidence[] = ['low', 'medium', 'high'];

/**
 * How sure an advice is: what its surest finding is, low where the vantage could not be verified; a failback rests on
 * `hold` without a break and is high; what an alert says and our own measure bears out is medium.
 */
export function confidenceOf(cause: Advice['cause'], findings: readonly Finding[]): Confidence {
  if (cause === 'failback') return 'high';
  // Two witnesses: the alert, and our own measure that bears it out.
  if (cause === 'slo') return 'medium';
  if (findings.some((finding) => finding.vantage !== 'ok')) return 'low';
  return levels[Math.max(0, ...findings.map((finding) => levels.indexOf(finding.confidence)))] ?? 'low';
}

/** Puts a decision into the words, numbers and lines of an advice. */
export function compose(
  view: View,
  decision: Said,
  meta: { readonly id: string; readonly trigger: Advice['trigger'] },
): Advice {
  const { group, config, now } = view;
  const before = group.chain ?? { members: [], separators: [] };
  const after = decision.kind === 'propose' ? decision.after : before;
  const window = moments(view);
  const from = headName(view, before);
  const replay = decision.kind === 'propose' ? expectations(view, after) : null;
  const lines =
    decision.kind === 'propose' ? group.client.remedy(before, after, config.private[group.ecosystem] ?? []) : null;
  return {
    id: meta.id,
    ecosystem: group.ecosystem,
    upstream: group.upstream,
    vantage: config.vantage,
    state: decision.kind === 'propose' ? 'proposed' : 'refused',
    issuedAtMs: now.wallMs,
    expiresAtMs: now.wallMs + config.advise.ttlMs,
    settledAtMs: decision.kind === 'propose' ? null : now.wallMs,
    from,
    to: headName(view, after),
    chain: { before: shownChain(before), after: shownChain(after) },
    reason: reasonText(view, decision, from, window),
    cause: decision.cause,
    refusal: decision.kind === 'refuse' ? decision.refusal : null,
    evidence: {
      windowSeconds: round(Math.max(0, now.monotonicMs - (window[0]?.atMs ?? now.monotonicMs)) / 1000),
      samples: window.length,
      observedSeconds: observedSeconds(view, decision, from),
      baselineSeconds: decision.findings[0]?.evidence.baselineSeconds ?? null,
      failures: failuresOf(window.map((entry) => entry.reason)),
      findings: decision.findings.map((finding) => finding.id),
    },
    candidates: decision.weighed.map(candidate),
    expected: {
      availability: { before: replay?.before.availability ?? null, after: replay?.after.availability ?? null },
      p95Seconds: { before: inSeconds(replay?.before.p95Ms), after: inSeconds(replay?.after.p95Ms) },
    },
    confidence: confidenceOf(decision.cause, decision.findings),
    remedy: lines?.remedy ?? {},
    doesNotCover:
      decision.kind === 'propose' ? [...(lines?.notes ?? []), ...limitsOfAdvice(view, decision.to.mirror, after)] : [],
    rollback: lines?.rollback ?? '',
    trigger: meta.trigger,
  };
}

/** What the finding observed; where alerts are the cause, the p95 that we measured ourselves. */
function observedSeconds(view: View, decision: Said, from: string): number | null {
  if (decision.cause === 'slo') return inSeconds(lately(view, from).now.p95Ms);
  return decision.findings[0]?.evidence.observedSeconds ?? null;
}

function failuresOf(reasons: readonly (Reason | null)[]): Partial<Record<Reason, number>> {
  const counts: Partial<Record<Reason, number>> = {};
  for (const reason of reasons) if (reason !== null) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function inSeconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : round(ms / 1000);
}
