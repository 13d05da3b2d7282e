import type { Advice, Candidate } from '../core/advice.ts';
import type { Reason } from '../core/failure.ts';
import { type Finding, isDeliberate } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { type Mirror, refTextOf } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import { round } from '../core/statistics.ts';
import { type Bypass, type Chain, type Remedy, showChain } from '../ecosystems/client.ts';
import { messageFor, phrase, saySentence } from '../words/tell.ts';
import { english } from '../words/words.ts';
import { remedyOfBypass, removeBypassLines } from './bypass.ts';
import { confidenceOf } from './cause.ts';
import { isTwiceOver } from './comparison/pair.ts';
import { type Composed, subjectOf } from './grounds.ts';
import { type Group, type LiveAdvice, mirrorAt, noChain } from './group.ts';
import { startLife } from './ledger.ts';
import { type Observed, observedAt } from './observed.ts';
import type { Prepared } from './prepare.ts';
import { reckon } from './refresh.ts';
import type { View } from './view.ts';
import type { Weighed } from './weigh.ts';

/**
 * Builds the advice of a decision, and starts its lifetime.
 * @param undo  the client setting in force; `null`: none
 */
export function compose(view: Prepared, decision: Composed, id: string, undo: Bypass | null): LiveAdvice {
  const { group, config } = view;
  const { wallMs, monotonicMs } = view.now;
  const before = group.chain ?? noChain;
  const after = decision.kind === 'refuse' ? before : decision.after;
  const to = decision.kind === 'move' ? decision.to.mirror : null;
  const { cause, at } = decision;
  const uncovered = to === null ? [] : listUncovered(view, to, after);
  const pair = group.contest.pairs.get(to?.name ?? '');
  const outages = to === null ? [] : view.fetchOutagesOf(cause, at, to);
  const subject = subjectOf(decision);
  const observed = observedAt(view, at, to, subject.fromMs);
  const { replay } = observed;
  const { message, fromMs, ...now } = reckon(view, subject);
  const reason = message ?? messageFor(`advice.cause.${cause}`, { from: at.name });
  const lines = linesOf(view, decision, before, after, undo);
  const rollback = lines?.rollback ?? '';
  const notes = [...(lines?.notes ?? []), ...uncovered];
  const advice: Advice = {
    id,
    ecosystem: group.kind.id,
    upstream: group.upstream,
    vantage: config.vantage,
    ...(decision.kind === 'refuse'
      ? { state: 'refused', settledAtMs: wallMs }
      : { state: 'proposed', settledAtMs: null }),
    ...now,
    issuedAtMs: wallMs,
    expiresAtMs: wallMs + config.advise.ttlMs,
    from: headNameOf(group, before),
    to: headNameOf(group, after),
    chain: { before: showChain(before), after: showChain(after) },
    reason: reason.text,
    sentence: reason.sentence,
    cause,
    refusal: decision.kind === 'refuse' ? decision.refusal : null,
    evidence: evidenceOf(decision, outages, observed, monotonicMs),
    candidates: decision.weighed.map(candidateOf),
    expected: {
      availability: { before: replay?.before.availability ?? null, after: replay?.after.availability ?? null },
      p95Seconds: { before: inSeconds(replay?.before.p95Ms), after: inSeconds(replay?.after.p95Ms) },
      fetchCostSeconds: {
        before: inSeconds(decision.weighed.find(({ mirror }) => mirror === at)?.scoreMs),
        after: decision.kind === 'move' ? inSeconds(decision.to.scoreMs) : null,
      },
    },
    confidence: confidenceOf(decision, {
      isLast: decision.kind === 'move' && decision.to.gate === 'mismatch',
      isSure: pair !== undefined && isTwiceOver(pair),
      isSuspect: view.vantage.suspect === true,
      outages,
      before: decision.kind === 'move' ? decision.before : undefined,
    }),
    bypass: decision.kind === 'bypass' ? decision.bypass.setting : null,
    remedy: lines?.remedy ?? {},
    doesNotCover: notes.map((one) => saySentence(one, english)),
    rollback: saySentence(rollback, english),
    sentences: { doesNotCover: notes, rollback: typeof rollback === 'string' ? null : rollback },
    trigger: triggerOf(view, decision),
  };
  return startLife(advice, config, view.now, fromMs);
}

function evidenceOf(of: Composed, outages: readonly Finding[], on: Observed, nowMs: number): Advice['evidence'] {
  const { cause, findings } = of;
  const { window, p95Ms } = on;
  const first = findings[0]?.evidence;
  return {
    windowSeconds: round(Math.max(0, nowMs - (window[0]?.atMs ?? nowMs)) / 1000),
    samples: window.length,
    observedSeconds: cause === 'slo' ? inSeconds(p95Ms) : (first?.observedSeconds ?? null),
    baselineSeconds: first?.baselineSeconds ?? null,
    failures: failuresOf(window.map((entry) => entry.reason)),
    findings: [...findings, ...outages].map(({ id }) => id),
  };
}

/**
 * `alertmanager` if an alert is the cause, or if an alert came at most `limits.roundMs` before the first finding
 * opened; else `detector`.
 */
function triggerOf(view: View, decision: Composed): Advice['trigger'] {
  if (decision.cause === 'slo') return 'alertmanager';
  const first = Math.min(...decision.findings.map(({ openedAtMs }) => openedAtMs));
  const isResponse = view
    .evidenceOf(decision.at.name)
    .some(({ takenAtMs }) => takenAtMs <= first && first - takenAtMs <= limits.roundMs);
  return isResponse ? 'alertmanager' : 'detector';
}

function linesOf(view: View, decision: Composed, before: Chain, after: Chain, undo: Bypass | null): Remedy | null {
  const { group } = view;
  if (decision.kind === 'refuse') return null;
  const ofChain = (): Remedy => remedyOf(view, before, after, sparedBy(decision));
  if (decision.kind === 'move') return removeBypassLines(ofChain(), undo);
  const isMove = showChain(before) !== showChain(after);
  const isDeclared = group.declared !== null && showChain(group.declared) === showChain(after);
  return remedyOfBypass(decision, isDeclared && !isMove ? null : ofChain(), isMove);
}

/**
 * The remedy (the lines that an operator pastes) for all clients of the ecosystem. Its rollback covers only the client
 * that advice is for.
 */
function remedyOf(view: View, before: Chain, after: Chain, spared: ReturnType<typeof sparedBy>): Remedy {
  const { kind, client, upstream, roster } = view.group;
  const privatePatterns = view.config.private[kind.id] ?? [];
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
  const notes = all.flatMap((one) => one.notes);
  if (spared !== null)
    notes.push(
      phrase('note.spared', { clients: spared.clients.join(', '), head: spared.head, protocol: spared.protocol }),
    );
  return {
    // The snippet formats of the client that advice is for come first, and replace formats of the same name. The format
    // `json` is merged from all clients.
    remedy: { ...own.remedy, ...Object.assign({}, ...others.map(({ remedy }) => remedy)), ...own.remedy, ...programs },
    rollback: own.rollback,
    notes: [...new Map(notes.map((one) => [saySentence(one, english), one])).values()],
  };
}

function failuresOf(reasons: readonly (Reason | null)[]): Partial<Record<Reason, number>> {
  const counts: Partial<Record<Reason, number>> = {};
  for (const reason of reasons) if (reason !== null) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function inSeconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : round(ms / 1000);
}

export function candidateOf({ mirror, scoreMs, gate, running }: Weighed): Candidate {
  const [sum, bound] = running === null ? [null, null] : [round(running.sum), round(running.bound)];
  return { registry: mirror.name, scoreSeconds: inSeconds(scoreMs), gate, sum, bound };
}

/** The first member of a chain: the name of a mirror, `direct`, `off` or `other`. */
function headNameOf(group: Group, { members: [head] }: Chain): string {
  return mirrorAt(group, head)?.name ?? (head?.kind === 'direct' || head?.kind === 'off' ? head.kind : 'other');
}

/** Clients that need not leave the mirror `head`, because the HTTP version that they use still works there; else `null`. */
function sparedBy(decision: Composed) {
  if (decision.kind !== 'move' || decision.cause === 'failback') return null;
  const broken = decision.findings
    .flatMap(({ scope }) => scope)
    .find(({ protocol }) => protocol !== undefined)?.protocol;
  const { name, speaks } = decision.at;
  const other = broken === undefined ? undefined : speaks?.find(({ protocol }) => protocol !== broken);
  return other === undefined ? null : { ...other, head: name };
}

/**
 * Notes on what the remedy does not set (credentials, a certificate, a proxy), and on what is unknown (the state of the
 * origin, or of the relay).
 */
function listUncovered(view: View, to: Mirror, after: Chain): Sentence[] {
  const notes: Sentence[] = [];
  const origin = view.mirrors.find((mirror) => mirror.role === 'origin');
  const reached = origin !== undefined && view.tallyOf(origin.name).canary.at(-1)?.tag === 'ok';
  if (origin !== undefined && !reached) notes.push(phrase('note.originUnreached', { origin: origin.name }));
  else if (origin === undefined) notes.push(phrase('note.noOrigin'));
  const { kind, roster } = view.group;
  const unverified = roster.modules.map(({ version }) => kind.unverified?.(version) ?? null);
  notes.push(...unverified.filter((one) => one !== null).slice(0, 1));
  for (const member of after.members) {
    const mirror = mirrorAt(view.group, member);
    if (mirror?.access.auth) notes.push(phrase('note.asksCredentials', { mirror: mirror.name }));
  }
  if (to.access.tls.ca.length > 0 || to.access.tls.client !== null)
    notes.push(phrase('note.certificate', { mirror: to.name }));
  if (to.access.proxy !== null) notes.push(phrase('note.proxy', { mirror: to.name }));
  const { relay } = view.group.client;
  const need = relay?.need(view.config.settings[view.group.kind.id]) ?? 'off';
  if (relay !== undefined && need !== 'off' && view.tallyOf(to.name).relay.state === 'unknown')
    notes.push(phrase('note.relay', { mirror: to.name, relay: relay.title }));
  const withheld = view.standingOf(to.name)?.findings.find((one) => one.state === 'open' && isDeliberate(one));
  if (withheld !== undefined)
    notes.push(
      phrase('note.withheld', { mirror: to.name, what: withheld.scope.map(refTextOf).slice(0, 3).join(', ') }),
    );
  return notes;
}
