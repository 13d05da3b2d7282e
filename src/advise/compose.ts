import type { Advice, Candidate } from '../core/advice.ts';
import type { Reason } from '../core/failure.ts';
import type { Confidence, Finding } from '../core/finding.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import { type Chain, type Remedy, showChain } from '../ecosystems/client.ts';
import { phrase, saySentence, told } from '../words/tell.ts';
import { english } from '../words/words.ts';
import { remedyOfBypass, removeBypassLines } from './bypass.ts';
import type { Decision } from './decide.ts';
import { observedAt } from './expected.ts';
import type { Group } from './group.ts';
import { round } from './rank.ts';
import { type Running, runningOf } from './tests/choose.ts';
import { fetchCostMs } from './tests/costs.ts';
import type { TimeTest } from './tests/time.ts';
import type { View } from './view.ts';
import { headNameOf, mirrorAt, ruleOf, type Weighed } from './weigh.ts';
import { reasonOf, type Subject } from './words.ts';

type Said = Exclude<Decision, { kind: 'none' | 'wait' }>;

const levels: readonly Confidence[] = ['low', 'medium', 'high'];

/**
 * The confidence of an advice: that of its most certain finding; low if the vantage could not be verified. It is high
 * for a failback, and medium for a running test alone or an alert that our own measurement confirms.
 */
export function confidenceOf(cause: Advice['cause'], findings: readonly Finding[]): Confidence {
  if (cause === 'failback') return 'high';
  if (findings.length === 0) return 'medium';
  if (findings.some((finding) => finding.vantage !== 'ok')) return 'low';
  return levels[Math.max(0, ...findings.map((finding) => levels.indexOf(finding.confidence)))] ?? 'low';
}

/** The running test of a mirror against the mirror in force; `null` for the latter, and where nothing is weighed. */
function runningAt(view: View, at: Mirror | null, registry: string): Running | null {
  const pair = at === null || at.name === registry ? undefined : view.group.contest.pairs.get(registry);
  if (pair === undefined || at === null) return null;
  const { isRecent, ease } = ruleOf(view, at);
  return runningOf(pair, isRecent, ease);
}

/** Weighed mirrors in the form that an advice, the API and the page show. */
export function candidatesOf(view: View, at: Mirror | null, weighed: readonly Weighed[]): readonly Candidate[] {
  return weighed.map((one) => candidate(one, runningAt(view, at, one.mirror.name)));
}

/**
 * Turns a decision into the sentences, numbers and lines of an advice.
 * @returns `fromMs`: since when the time test has evidence, monotonic milliseconds; `null`: the advice rests on no
 * such test
 */
export function compose(
  view: View,
  decision: Said,
  meta: { readonly id: string; readonly trigger: Advice['trigger'] },
): { readonly advice: Advice; readonly fromMs: number | null } {
  const { group, config, now } = view;
  const before = group.chain ?? { members: [], separators: [] };
  const after = decision.kind === 'refuse' ? before : decision.after;
  const { window, p95Ms, replay } = observedAt(view, decision.at, decision.kind === 'move' ? after : null);
  const subject = subjectOf(view, decision);
  const reason = reasonOf(view, subject) ?? told(`advice.cause.${decision.cause}`, { from: decision.at.name });
  const lines = linesOf(view, decision, before, after);
  const rollback = lines?.rollback ?? '';
  const limits = decision.kind === 'move' ? limitsOfAdvice(view, decision.to.mirror, after) : [];
  const notes = [...(lines?.notes ?? []), ...limits];
  const advice: Advice = {
    id: meta.id,
    ecosystem: group.ecosystem,
    upstream: group.upstream,
    vantage: config.vantage,
    state: decision.kind === 'refuse' ? 'refused' : 'proposed',
    issuedAtMs: now.wallMs,
    expiresAtMs: now.wallMs + config.advise.ttlMs,
    settledAtMs: decision.kind === 'refuse' ? now.wallMs : null,
    from: headNameOf(view, before),
    to: headNameOf(view, after),
    chain: { before: showChain(before), after: showChain(after) },
    reason: reason.text,
    sentence: reason.sentence,
    cause: decision.cause,
    refusal: decision.kind === 'refuse' ? decision.refusal : null,
    evidence: {
      windowSeconds: round(Math.max(0, now.monotonicMs - (window[0]?.atMs ?? now.monotonicMs)) / 1000),
      samples: window.length,
      observedSeconds:
        decision.cause === 'slo' ? inSeconds(p95Ms) : (decision.findings[0]?.evidence.observedSeconds ?? null),
      baselineSeconds: decision.findings[0]?.evidence.baselineSeconds ?? null,
      failures: failuresOf(window.map((entry) => entry.reason)),
      findings: decision.findings.map((finding) => finding.id),
    },
    candidates: candidatesOf(view, decision.at, decision.weighed),
    expected: {
      availability: { before: replay?.before.availability ?? null, after: replay?.after.availability ?? null },
      p95Seconds: { before: inSeconds(replay?.before.p95Ms), after: inSeconds(replay?.after.p95Ms) },
      fetchCostSeconds: fetchCostsOf(view, decision),
    },
    confidence: confidenceOf(decision.cause, decision.findings),
    bypass: decision.kind === 'bypass' ? decision.bypass.setting : null,
    remedy: lines?.remedy ?? {},
    doesNotCover: notes.map((one) => saySentence(one, english)),
    rollback: saySentence(rollback, english),
    sentences: { doesNotCover: notes, rollback: typeof rollback === 'string' ? null : rollback },
    trigger: meta.trigger,
  };
  return { advice, fromMs: subject.fromMs };
}

/** The subject of a decision's sentence. */
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

/** The remedy; `null`: nothing is advised. */
function linesOf(view: View, decision: Said, before: Chain, after: Chain): Remedy | null {
  const { group, config } = view;
  if (decision.kind === 'refuse') return null;
  const spared = sparedBy(decision);
  const ofChain = (): Remedy => remedyOf(group, { before, after, spared }, config.private[group.ecosystem] ?? []);
  if (decision.kind === 'move') return removeBypassLines(ofChain(), decision.undo);
  const isMove = showChain(before) !== showChain(after);
  const isDeclared = group.declared !== null && showChain(group.declared) === showChain(after);
  return remedyOfBypass(decision, isDeclared && !isMove ? null : ofChain(), isMove);
}

/** The lines of the deciding client, then those of the ecosystem's other clients. Outputs for programs are joined. */
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
    // The deciding client's forms come first, and win over those of another client with the same name.
    remedy: { ...own.remedy, ...Object.assign({}, ...others.map(({ remedy }) => remedy)), ...own.remedy, ...programs },
    rollback: own.rollback,
    notes: [...distinct(all.flatMap(({ notes }) => notes)), ...(spared === null ? [] : [sparedSaid(spared)])],
  };
}

/** The notes, without duplicates. */
function distinct(notes: Remedy['notes']): Remedy['notes'] {
  return [...new Map(notes.map((one) => [saySentence(one, english), one])).values()];
}

function failuresOf(reasons: readonly (Reason | null)[]): Partial<Record<Reason, number>> {
  const counts: Partial<Record<Reason, number>> = {};
  for (const reason of reasons) if (reason !== null) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function inSeconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : round(ms / 1000);
}

/** A weighed mirror as an advice shows it, with its test nearest to the bound; `null`: nothing is weighed. */
function candidate(one: Weighed, running: { readonly sum: number; readonly bound: number } | null): Candidate {
  return {
    registry: one.mirror.name,
    scoreSeconds: one.scoreMs === null ? null : round(one.scoreMs / 1000),
    gate: one.gate,
    sum: running === null ? null : round(running.sum),
    bound: running === null ? null : round(running.bound),
  };
}

/**
 * What a decision changes for one fetch. With a time test, both sides are taken over the moments of that test: the
 * last half hour would hide a recent change, and one mirror's worst minute is not comparable with the other's usual
 * hour.
 * @returns seconds at the mirror in force, and at the advised one; `null`: not measured, or no move
 */
function fetchCostsOf(view: View, decision: Said): Advice['expected']['fetchCostSeconds'] {
  const { contest } = view.group;
  const here = contest.records.get(decision.at.name);
  if (decision.kind !== 'move') return { before: inSeconds(fetchCostMs(here, view.by)), after: null };
  const { name } = decision.to.mirror;
  const isAboutTime = decision.alarm === 'time' || decision.alarm === 'heavy_time';
  const pair = isAboutTime ? contest.pairs.get(name) : undefined;
  if (pair === undefined)
    return { before: inSeconds(fetchCostMs(here, view.by)), after: inSeconds(decision.to.scoreMs) };
  const meansOf = (ms: (test: TimeTest) => number) => ({
    light: meanOf(pair.time.light, ms),
    heavy: meanOf(pair.time.heavy, ms),
  });
  const heads = meansOf((test) => test.headTookMs);
  const candidates = meansOf((test) => test.candidateMs);
  return {
    before: inSeconds(fetchCostMs(here, view.by, heads)),
    after: inSeconds(fetchCostMs(contest.records.get(name), view.by, candidates)),
  };
}

/** The mean since the test's sum left zero; `null` while the sum is zero. Milliseconds. */
function meanOf(test: TimeTest, ms: (test: TimeTest) => number): number | null {
  return test.sum > 0 && test.rounds > 0 ? ms(test) / test.rounds : null;
}

/** Clients that need no move, because the HTTP version that they use works at the mirror to be left. */
interface Spared {
  readonly clients: readonly string[];
  readonly protocol: HttpProtocol;
  /** The mirror. */
  readonly head: string;
}

/** The clients that a decision does not concern; `null`: it concerns all. */
function sparedBy(decision: Decision): Spared | null {
  if (decision.kind !== 'move' || decision.cause === 'failback') return null;
  const broken = decision.findings
    .flatMap(({ scope }) => scope)
    .find(({ protocol }) => protocol !== undefined)?.protocol;
  const { name, speaks } = decision.at;
  const other = broken === undefined ? undefined : speaks?.find(({ protocol }) => protocol !== broken);
  return other === undefined ? null : { ...other, head: name };
}

/** The note about clients that need no move. */
function sparedSaid({ clients, protocol, head }: Spared): Sentence {
  return phrase('note.spared', { clients: clients.join(', '), head, protocol });
}

/** What the lines cannot change, or what is unknown. The caller adds the client's own notes. */
function limitsOfAdvice(view: View, to: Mirror, after: Chain): Sentence[] {
  const notes: Sentence[] = [];
  const origin = view.mirrors.find((mirror) => mirror.role === 'origin');
  const reached = origin !== undefined && view.tallyOf(origin.name).canary.at(-1)?.tag === 'ok';
  if (origin !== undefined && !reached) notes.push(phrase('note.originUnreached', { origin: origin.name }));
  else if (origin === undefined) notes.push(phrase('note.noOrigin'));
  for (const member of after.members) {
    const mirror = mirrorAt(view.group, member);
    if (mirror?.access.auth) notes.push(phrase('note.asksCredentials', { mirror: mirror.name }));
  }
  if (to.access.tls.ca.length > 0 || to.access.tls.client !== null)
    notes.push(phrase('note.certificate', { mirror: to.name }));
  if (to.access.proxy !== null) notes.push(phrase('note.proxy', { mirror: to.name }));
  const { relay } = view.group.client;
  const need = relay?.need(view.config.settings[view.group.ecosystem]) ?? 'off';
  if (relay !== undefined && need !== 'off' && view.tallyOf(to.name).relay.state === 'unknown')
    notes.push(phrase('note.relay', { mirror: to.name, relay: relay.title }));
  return notes;
}
