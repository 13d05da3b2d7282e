import type { Advice, Candidate, Gate } from '../../core/advice.ts';
import { isPartial } from '../../core/finding.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { SamplePoint, SettledSample } from '../../core/sample.ts';
import type { Standing } from '../../core/standing.ts';
import { renderIn, saySentence } from '../../words/tell.ts';
import type { Vantage } from '../views.ts';
import { at, formatCoordinate, type Html, html, type PageSay, percentHtml, span } from './html.ts';
import { causeNowIn, isToLeave, type ShownState, slownessOf } from './shown-state.ts';

/** Each state has a shape of its own, so that colour alone never says it. */
const shapes: Readonly<Record<ShownState, Html>> = {
  up: html`<circle cx="6" cy="6" r="4.5"/>`,
  slow: html`<path d="M1 0h10v2L7.5 6 11 10v2H1v-2l3.5-4L1 2z"/>`,
  degraded: html`<path d="M6 1l5.2 9.6H.8z"/>`,
  wrong: html`<path d="M6-.5L12.5 6 6 12.5-.5 6z"/>`,
  down: html`<path d="M2 0L0 2l4 4-4 4 2 2 4-4 4 4 2-2-4-4 4-4-2-2-4 4z"/>`,
  unknown: html`<rect x="1" y="1" width="10" height="10" rx="5" fill="url(#hatch)"/>`,
};

/** @param count  how many mirrors have this state; absent: the badge is that of one mirror */
export function renderStateBadge(say: PageSay, state: ShownState, count?: number): Html {
  const word = say(`state.${state}`);
  const text = count === undefined ? word : say('summary.count', { count, state: word });
  return html`<span class="state ${state}"><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${shapes[state]}</svg>${text}</span>`;
}

/** Why a mirror is in its state. If its canary is well but something else is slow, that is the reason. */
export function renderBecauseNote(say: PageSay, standing: Standing | undefined): Html {
  if (standing === undefined) return html`<bdi>${say('standing.notAsked')}</bdi>`;
  const slowness = slownessOf(standing);
  const text = slowness === undefined ? saySentence(standing.why, say) : renderIn(say.language, slowness);
  return html`<bdi>${text}</bdi>`;
}

export function renderSinceNote(say: PageSay, sinceMs: number | null, nowMs: number): Html | null {
  return sinceMs === null
    ? null
    : html`<small class="muted">${say.html('finding.since', { at: at(sinceMs), span: span(say, nowMs - sinceMs) })}</small>`;
}

/** @param advice  the advice in force */
export function renderStandingNotes(
  say: PageSay,
  standing: Standing | undefined,
  advice: readonly Advice[],
  nowMs: number,
): Html[] {
  if (standing === undefined) return [];
  const notes: Html[] = [];
  const leaving = standing.state === 'up' ? advice.find((one) => isToLeave(one, standing)) : undefined;
  if (leaving !== undefined) {
    const why = say(`advice.cause.${causeNowIn(leaving)}`, { from: leaving.from });
    notes.push(html`<span class="tag">${say('standing.left', { why })}</span>`);
  }
  if (standing.inDoubt) notes.push(html`<span class="tag">${say('standing.inDoubt')}</span>`);
  if (standing.paused)
    notes.push(
      html`<span class="tag">${say.html('standing.paused', { at: at(standing.paused.untilMs) })}${standing.paused.reason && html`${say('list.colon')}<bdi>${standing.paused.reason}</bdi>`}</span>`,
    );
  if (standing.inMaintenance) notes.push(html`<span class="tag">${say('gate.maintenance')}</span>`);
  if (standing.throttledUntilMs !== null && standing.throttledUntilMs > nowMs)
    notes.push(
      html`<span class="tag">${say('standing.throttled', { span: span(say, standing.throttledUntilMs - nowMs) })}</span>`,
    );
  return notes;
}

/** Returns the outcome of a sample as text. The reason of a failure is as in the metrics, so it is not translated. */
export function outcomeTextOf(say: PageSay, { outcome }: Pick<SamplePoint, 'outcome'>): string {
  if (outcome.tag === 'failed') return outcome.failure.kind;
  return outcome.tag === 'ok' ? say('outcome.ok') : say('outcome.unknown', { because: outcome.because });
}

export function renderOutcomeLink(say: PageSay, sample: SettledSample): Html {
  const isSlow = sample.thresholdMs !== null && sample.rttMs !== null && sample.rttMs > sample.thresholdMs;
  const tone = sample.outcome.tag === 'ok' ? (isSlow ? 'slow' : 'ok') : sample.outcome.tag;
  const word = sample.outcome.tag === 'ok' && isSlow ? say('outcome.slow') : outcomeTextOf(say, sample);
  return html`<a class="outcome ${tone}" href="${probePath(sample.due.probeId)}">${word}</a>`;
}

export function probePath(probeId: string): string {
  return `/probes/${encodeURIComponent(probeId)}`;
}

/** The id of a mirror's row on the page of all mirrors. */
export function rowIdOf({ name }: Pick<Mirror, 'name'>): string {
  return `mirror-${name}`;
}

export function mirrorPathOf(registry: string): string {
  return `/mirrors/${encodeURIComponent(registry)}`;
}

/**
 * Renders whether a mirror may be advised now, and the evidence for it.
 * @param advice  the advice in force
 */
export function renderGate(
  say: PageSay,
  { candidate, isAhead }: Vantage,
  standing: Standing | undefined,
  advice: readonly Advice[],
): Html | null {
  if (candidate === undefined) return null;
  const limit = candidate.gate === 'ok' && standing !== undefined ? limitOf(standing, advice) : null;
  const words = say(`gate.${limit ?? (isAhead ? 'ahead' : candidate.gate)}`);
  // The test of a way back says nothing beside the advice to leave, nor evidence for a switch that is not possible.
  const isLeft = standing !== undefined && advice.some((one) => isToLeave(one, standing));
  return html`<small>${words}</small>${isLeft || excluding.has(candidate.gate) ? null : renderRunningSum(say, candidate)}`;
}

/** Gates that no evidence for a switch opens. */
const excluding: ReadonlySet<Gate> = new Set(['origin', 'paused', 'maintenance', 'mismatch']);

/** Why a mirror that qualifies is not simply one that can be advised; `null`: it is. */
function limitOf(standing: Standing, advice: readonly Advice[]): 'part' | 'left' | null {
  if (standing.findings.some((one) => one.kind === 'outage' && one.state === 'open' && isPartial(one))) return 'part';
  return advice.some((one) => isToLeave(one, standing)) ? 'left' : null;
}

/** Renders the progress of the test for a switch to this mirror (docs/detection.md) as a bar; `null`: no test runs. */
export function renderRunningSum(
  say: PageSay,
  { sum, bound, registry }: Pick<Candidate, 'sum' | 'bound' | 'registry'>,
): Html | null {
  if (sum === null || bound === null || !(bound > 0)) return null;
  const share = Math.min(1, Math.max(0, sum / bound));
  const words =
    share === 0
      ? say('sum.nothing')
      : share === 1
        ? say('sum.enough')
        : say('sum.part', { share: percentHtml(say, Math.max(1, Math.floor(share * 100)) / 100) });
  const text = say('sum.said', {
    registry,
    sum: Number(sum.toPrecision(3)),
    bound: Number(bound.toPrecision(3)),
    words,
  });
  return html`<span class="sum" title="${text}"><svg class="gauge" viewBox="0 0 100 5" preserveAspectRatio="none" role="img" aria-label="${text}"><rect width="100" height="5" class="track"/><rect width="${formatCoordinate(share * 100)}" height="5" class="sum-fill"/></svg><small class="muted">${words}</small></span>`;
}
