import type { Candidate } from '../../core/advice.ts';
import { formatCoordinate, type Html, html, type PageSay, percent } from './html.ts';

/**
 * The progress of the test for a move to this mirror (design.md section 5.4), as a bar. Empty for the chain in force
 * and where nothing is compared.
 */
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
        : say('sum.part', { share: percent(say, Math.max(1, Math.floor(share * 100)) / 100) });
  const said = say('sum.said', {
    registry,
    sum: Number(sum.toPrecision(3)),
    bound: Number(bound.toPrecision(3)),
    words,
  });
  return html`<span class="sum" title="${said}"><svg class="gauge" viewBox="0 0 100 5" preserveAspectRatio="none" role="img" aria-label="${said}"><rect width="100" height="5" class="track"/><rect width="${formatCoordinate(share * 100)}" height="5" class="sum-fill"/></svg><small class="muted">${words}</small></span>`;
}
