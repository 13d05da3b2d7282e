import { limits } from '../core/limits.ts';
import type { ProbeResponse } from '../core/transcript.ts';

type Refused = Pick<Extract<ProbeResponse, { tag: 'answered' }>, 'status' | 'headers' | 'body'>;

/**
 * Texts by which repository managers refuse one item on purpose: a cool-down after its release, a curation, a scan.
 * @see docs/protocols/common.md#deliberate-refusals for the source of each
 */
export const policyTexts: readonly RegExp[] = [
  // Sonatype Nexus Repository Firewall
  /\brequested item is quarantined\b/i,
  // JFrog Curation, and JFrog Xray
  /\bblocked by jfrog packages curation service\b/i,
  /\bdue to the download blocking policy configured in Xray\b(?!.{0,200}\bXray is unavailable\b)/,
  // nora
  /"blocked_by_policy"|\bheld by quarantine policy on registry\b/,
  // artifact-keeper
  /\bcuration_blocked\b|"age_gate_blocked"|\bquarantined and pending security review\b|\brejected during security review\b|\bblocked by scan policy\b/,
  // Harbor: vulnerable or unsigned images
  /"PROJECTPOLICYVIOLATION"/,
  // openartifact
  /"BLOCKED_BY_POLICY"/,
];

/** Headers of the same refusals, which a response to HEAD has too. */
const policyHeaders = ['x-nora-decision', 'x-nora-quarantine', 'x-oa-block-reason'] as const;

/** Statuses by which servers refuse an item on purpose, if the text or a header says so. */
const policyStatuses: ReadonlySet<number> = new Set([403, 409, 412, 423]);

/**
 * True for a refusal of one item on purpose. 451 always is one. So is 412 without a body, Harbor's response to HEAD:
 * probes send no conditions.
 */
export function isPolicy({ status, headers, body }: Refused): boolean {
  if (status === 451 || (status === 412 && body.length === 0)) return true;
  if (!policyStatuses.has(status)) return false;
  return policyHeaders.some((name) => headers[name] !== undefined) || matches(policyTexts, body);
}

/** Texts of a 404 that a repository manager sends because it cannot reach its upstream. */
const maskTexts: readonly RegExp[] = [
  // Sonatype Nexus Repository: BlockingHttpClient, ProxyHandler
  /\bRemote (?:Auto Blocked until|Manually Blocked)\b/,
];

/** True for the text of a 404 or 410 by which a repository manager hides that it cannot reach its upstream. */
export function isBlockedUpstream(text: string): boolean {
  return maskTexts.some((pattern) => pattern.test(text));
}

/** As `isBlockedUpstream`, for a response. */
export function isMaskedResponse({ body }: Pick<Refused, 'body'>): boolean {
  return matches(maskTexts, body);
}

function matches(texts: readonly RegExp[], body: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(body.subarray(0, limits.errorBodyBytes));
  return texts.some((pattern) => pattern.test(text));
}
