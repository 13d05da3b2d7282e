import type { Advice, Candidate } from '../core/advice.ts';
import type { Reason } from '../core/failure.ts';
import type { Confidence, Finding } from '../core/finding.ts';
import type { Mirror } from '../core/mirror.ts';
import { type Chain, type Remedy, shownChain } from '../ecosystems/client.ts';
import { saySentence, told } from '../words/tell.ts';
import { english } from '../words/words.ts';
import { bypassRemedy, withoutBypassLines } from './bypass.ts';
import { type Decision, ruleOf } from './decide.ts';
import { expectations, moments } from './expected.ts';
import { fetchCostsOf } from './fetch-costs.ts';
import type { Group } from './group.ts';
import { limitsOfAdvice } from './limits-of-advice.ts';
import { lately } from './objective.ts';
import { type Running, runningOf } from './paired/pair.ts';
import { candidate, round, type Weighed } from './rank.ts';
import { type Spared, sparedBy, sparedSaid } from './spared.ts';
import { headName, type View } from './view.ts';
import { reasonOf, type Subject } from './words.ts';

type Said = Exclude<Decision, { kind: 'none' | 'wait' }>;

const levels: readonly Confidence[] = ['low', 'medium', 'high'];

/**
 * How sure an advice is: what its surest finding is, low where the vantage could not be verified; a failback rests on
 * `hold` without a break and is high; what a running test alone says, or an alert that our own measure bears out, is medium.
 */
export function confidenceOf(cause: Advice['cause'], findings: readonly Finding[]): Confidence {
  if (cause === 'failback') return 'high';
  if (findings.length === 0) return 'medium';
  if (findings.some((finding) => finding.vantage !== 'ok')) return 'low';
  return levels[Math.max(0, ...findings.map((finding) => levels.indexOf(finding.confidence)))] ?? 'low';
}

/** The running test of each mirror against where clients are told to be now; `null` for that one and where nothing is weighed. */
function runningAt(view: View, at: Mirror | null, registry: string): Running | null {
  const pair = at === null || at.name === registry ? undefined : view.group.contest.pairs.get(registry);
  if (pair === undefined || at === null) return null;
  const { isRecent, ease } = ruleOf(view, at);
  return runningOf(pair, isRecent, ease);
}

/** Weighed mirrors as an advice, the API and the page show them. */
export function candidatesOf(view: View, at: Mirror | null, weighed: readonly Weighed[]): readonly Candidate[] {
  return weighed.map((one) => candidate(one, runningAt(view, at, one.mirror.name)));
}

/** Puts a decision into the words, numbers and lines of an advice. */
export function compose(
  view: View,
  decision: Said,
  meta: { readonly id: string; readonly trigger: Advice['trigger'] },
): Advice {
  const { group, config, now } = view;
  const before = group.chain ?? { members: [], separators: [] };
  const after = decision.kind === 'refuse' ? before : decision.after;
  const window = moments(view, decision.at);
  const reason =
    reasonOf(view, subjectOf(view, decision)) ?? told(`advice.cause.${decision.cause}`, { from: decision.at.name });
  const replay = decision.kind === 'move' ? expectations(view, decision.at, after) : null;
  const lines = linesOf(view, decision, before, after);
  const rollback = lines?.rollback ?? '';
  const limits = decision.kind === 'move' ? limitsOfAdvice(view, decision.to.mirror, after) : [];
  const notes = [...(lines?.notes ?? []), ...limits];
  return {
    id: meta.id,
    ecosystem: group.ecosystem,
    upstream: group.upstream,
    vantage: config.vantage,
    state: decision.kind === 'refuse' ? 'refused' : 'proposed',
    issuedAtMs: now.wallMs,
    expiresAtMs: now.wallMs + config.advise.ttlMs,
    settledAtMs: decision.kind === 'refuse' ? now.wallMs : null,
    from: headName(view, before),
    to: headName(view, after),
    chain: { before: shownChain(before), after: shownChain(after) },
    reason: reason.text,
    sentence: reason.sentence,
    cause: decision.cause,
    refusal: decision.kind === 'refuse' ? decision.refusal : null,
    evidence: {
      windowSeconds: round(Math.max(0, now.monotonicMs - (window[0]?.atMs ?? now.monotonicMs)) / 1000),
      samples: window.length,
      observedSeconds: observedSeconds(view, decision),
      baselineSeconds: decision.findings[0]?.evidence.baselineSeconds ?? null,
      failures: failuresOf(window.map((entry) => entry.reason)),
      findings: decision.findings.map((finding) => finding.id),
    },
    candidates: candidatesOf(view, decision.at, decision.weighed),
    expected: {
      availability: { before: replay?.before.availability ?? null, after: replay?.after.availability ?? null },
      p95Seconds: { before: inSeconds(replay?.before.p95Ms), after: inSeconds(replay?.after.p95Ms) },
      fetchCostSeconds: fetchCosts(view, decision),
    },
    confidence: confidenceOf(decision.cause, decision.findings),
    bypass: decision.kind === 'bypass' ? decision.bypass.setting : null,
    remedy: lines?.remedy ?? {},
    doesNotCover: notes.map((one) => saySentence(one, english)),
    rollback: saySentence(rollback, english),
    sentences: { doesNotCover: notes, rollback: typeof rollback === 'string' ? null : rollback },
    trigger: meta.trigger,
  };
}

/** What the sentence of a decision is about. */
export function subjectOf(view: View, decision: Said): Subject {
  const { cause, findings, at } = decision;
  const nowhere = { cause, findings, at, to: null, fromMs: null, refused: null, bypass: null, before: null };
  if (decision.kind === 'refuse') return { ...nowhere, refused: decision };
  if (decision.kind === 'bypass') return { ...nowhere, bypass: decision };
  const { alarm, to } = decision;
  const time = view.group.contest.pairs.get(to.mirror.name)?.time;
  const test = alarm === 'time' ? time?.light : alarm === 'heavy_time' ? time?.heavy : undefined;
  return { ...nowhere, to: to.mirror, fromMs: test?.fromMs ?? null };
}

/** What is to be pasted; `null`: nothing is advised. */
function linesOf(view: View, decision: Said, before: Chain, after: Chain): Remedy | null {
  const { group, config } = view;
  if (decision.kind === 'refuse') return null;
  const spared = sparedBy(decision);
  const ofChain = (): Remedy => remedyOf(group, { before, after, spared }, config.private[group.ecosystem] ?? []);
  if (decision.kind === 'move') return withoutBypassLines(ofChain(), decision.undo);
  const isMove = shownChain(before) !== shownChain(after);
  const isDeclared = group.declared !== null && shownChain(group.declared) === shownChain(after);
  return bypassRemedy(decision, isDeclared && !isMove ? null : ofChain(), isMove);
}

/** The lines of the client whose chain decides, then those of the ecosystem's others; what they say to programs is joined. */
function remedyOf(
  group: Group,
  { before, after, spared }: { readonly before: Chain; readonly after: Chain; readonly spared: Spared | null },
  privatePatterns: readonly string[],
): Remedy {
  const { kind, client, upstream, roster } = group;
  const of = { upstream, mirrors: roster.mirrors };
  const isSpared = (one: typeof client): boolean => spared?.clients.includes(one.id) === true;
  const linesOf = (one: typeof client): Remedy =>
    one.remedy(before, isSpared(one) ? before : after, privatePatterns, of);
  const own = linesOf(client);
  const others = kind.clients.filter((one) => one !== client).map(linesOf);
  if (others.length === 0) return own;
  const all = [own, ...others];
  const texts = all.flatMap(({ remedy }) => (remedy['json'] === undefined ? [] : [remedy['json']]));
  const programs =
    texts.length === 0 ? {} : { json: JSON.stringify(Object.assign({}, ...texts.map((text) => JSON.parse(text)))) };
  return {
    // Its own forms come first, and hold where another client has one of the same name.
    remedy: { ...own.remedy, ...Object.assign({}, ...others.map(({ remedy }) => remedy)), ...own.remedy, ...programs },
    rollback: own.rollback,
    notes: [...distinct(all.flatMap(({ notes }) => notes)), ...(spared === null ? [] : [sparedSaid(spared)])],
  };
}

/** Notes that clients share are said once. */
function distinct(notes: Remedy['notes']): Remedy['notes'] {
  return [...new Map(notes.map((one) => [saySentence(one, english), one])).values()];
}

function fetchCosts(view: View, decision: Said): Advice['expected']['fetchCostSeconds'] {
  const { hereMs, thereMs } = fetchCostsOf(view, decision);
  return { before: inSeconds(hereMs), after: inSeconds(thereMs) };
}

/** What the finding observed; where alerts are the cause, the p95 that we measured ourselves. */
function observedSeconds(view: View, decision: Said): number | null {
  if (decision.cause === 'slo') return inSeconds(lately(view, decision.at.name).now.p95Ms);
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
