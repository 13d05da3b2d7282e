import type { Advice, AdviceState } from '../../core/advice.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { ApiDeps } from '../deps.ts';
import { mirrorPath } from './badges.ts';
import { findingItem } from './findings.ts';
import { dated, span } from './format.ts';
import { type Html, html } from './html.ts';
import { causeWords } from './words.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

/** Something that is over, with when it ended. */
interface Ended {
  readonly endedAtMs: number;
  readonly item: Html;
}

const endWords: Readonly<Record<AdviceState, string>> = {
  proposed: 'proposed',
  accepted: 'accepted',
  superseded: 'replaced by other advice',
  withdrawn: 'taken back',
  expired: 'expired',
  refused: 'refused',
  dismissed: 'put aside',
};

/**
 * Findings and advice that are over: the last day as a list, the week before it folded.
 * @param registry  whose: findings about it, advice that leads from it or to it; `null`: everybody's
 */
export function history(deps: ApiDeps, registry: string | null, nowMs: number): Html {
  const { ended, isCut } = endedOf(deps, registry);
  const day = ended.filter(({ endedAtMs }) => endedAtMs >= nowMs - dayMs);
  const week = ended.filter(({ endedAtMs }) => endedAtMs < nowMs - dayMs && endedAtMs >= nowMs - weekMs);
  const more = isCut
    ? html`<p class="legend">There is more than is shown here: <a href="/api/v1/findings?state=all">findings</a> and <a href="/api/v1/advice?state=all">advice</a> as JSON hold all of it.</p>`
    : null;
  return html`<section aria-labelledby="h-past"><h2 id="h-past">Past <span class="count">${day.length} in the last day, ${week.length} in the six before</span></h2>
${day.length === 0 ? html`<p class="none">Nothing ended in the last day.</p>` : html`<ul class="findings past">${day.map(({ item }) => item)}</ul>`}
${week.length > 0 && html`<details id="past-week"><summary>the six days before, ${week.length}</summary><ul class="findings past">${week.map(({ item }) => item)}</ul></details>`}${more}
</section>`;
}

/** Newest end first, out of the newest rows that one page of the API holds. */
function endedOf(
  deps: ApiDeps,
  registry: string | null,
): { readonly ended: readonly Ended[]; readonly isCut: boolean } {
  const page = { limit: limits.pageRows, cursor: null };
  const findings = deps.findings({ ...page, history: true });
  const advice = deps.advice({ ...page, history: true });
  const current = new Set(deps.advice({ ...page, history: false }).items.map(({ id }) => id));
  const ended = [
    ...findings.items
      .filter((one) => registry === null || one.registry === registry)
      .flatMap((one) => endedFinding(one, registry)),
    ...advice.items
      .filter((one) => !current.has(one.id) && one.state !== 'proposed')
      .filter((one) => registry === null || one.from === registry || one.to === registry)
      .map(endedAdvice),
  ];
  return {
    ended: ended.sort((a, b) => b.endedAtMs - a.endedAtMs),
    isCut: findings.next !== null || advice.next !== null,
  };
}

function endedFinding(finding: Finding, registry: string | null): readonly Ended[] {
  const endedAtMs = finding.closedAtMs ?? finding.acknowledged?.atMs ?? null;
  if (finding.state === 'open' || endedAtMs === null) return [];
  return [{ endedAtMs, item: findingItem(finding, { nowMs: endedAtMs, mirror: registry, ack: null }) }];
}

function endedAdvice(advice: Advice): Ended {
  const { from, to, cause, state, issuedAtMs } = advice;
  const endedAtMs = advice.settledAtMs ?? issuedAtMs;
  const move = state === 'refused' ? html`no move from ${linked(from)}` : html`from ${linked(from)} to ${linked(to)}`;
  return {
    endedAtMs,
    item: html`<li class="finding closed" id="advice-${advice.id}"><span class="kind">advice</span> <span class="said">${move}, because of ${causeWords[cause]}: <bdi>${advice.reason}</bdi></span>
<span class="muted">${dated(issuedAtMs)}, ${endWords[state]} after ${span(endedAtMs - issuedAtMs)}</span></li>`,
  };
}

/** `direct`, `off` and `other` are places without a page. */
function linked(name: string): Html {
  return ['direct', 'off', 'other'].includes(name) ? html`${name}` : html`<a href="${mirrorPath(name)}">${name}</a>`;
}
