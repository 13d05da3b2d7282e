import type { Advice } from '../../core/advice.ts';
import type { ApiDeps } from '../deps.ts';
import { renderReasonNote } from './advice-card.ts';
import { mirrorPathOf } from './badges.ts';
import { keptBy, renderFindingItem } from './findings.ts';
import { dated, type Html, html, type PageSay, span } from './html.ts';
import { listTimelineItems, timelinePathOf } from './timeline-items.ts';

const dayMs = 86_400_000;

/**
 * Renders findings and advice that ended in the last day, and a link to the timeline of the last week.
 * @param registry  only findings about this mirror, and advice to use or to leave it; `null`: all
 */
export function renderHistory(say: PageSay, deps: ApiDeps, registry: string | null, nowMs: number): Html {
  const ended = listTimelineItems(deps)
    .flatMap((item) => (item.toMs === null ? [] : [{ ...item, toMs: item.toMs }]))
    .filter(({ toMs }) => toMs >= nowMs - dayMs && toMs <= nowMs)
    .filter(({ registries }) => registry === null || registries.includes(registry))
    .sort((a, b) => b.toMs - a.toMs);
  const items = ended.map(({ of, toMs }) =>
    of.tag === 'advice'
      ? renderAdviceEnd(say, of.advice)
      : renderFindingItem(say, of.finding, { nowMs: toMs, mirror: registry, ack: null, isKept: keptBy(deps) }),
  );
  const week = timelinePathOf({ range: 'week', untilMs: null, mirror: registry, item: null });
  return html`<section aria-labelledby="h-past"><h2 id="h-past">${say('past.title')} <span class="count">${items.length}</span></h2>
${items.length === 0 ? html`<p class="none">${say('past.none')}</p>` : html`<ul class="findings past">${items}</ul>`}
<p class="legend">${say.html('past.earlier', { timeline: html`<a href="${week}">${say('page.timeline')}</a>` })}</p>
</section>`;
}

export function renderAdviceEnd(say: PageSay, advice: Advice): Html {
  const { from, to, cause, state, issuedAtMs } = advice;
  const endedAtMs = advice.settledAtMs ?? issuedAtMs;
  const why = say(`advice.cause.${cause}`, { from });
  const move =
    state === 'refused' || (advice.refusal !== null && from === to)
      ? say.html('past.noMove', { from: linked(from), why })
      : advice.bypass != null && from === to
        ? say.html('past.bypass', { bypass: html`<code>${advice.bypass}</code>`, why })
        : say.html('past.move', { from: linked(from), to: linked(to), why });
  const end = { at: dated(issuedAtMs), how: say(`ended.as.${state}`), span: span(say, endedAtMs - issuedAtMs) };
  return html`<li class="finding closed" id="advice-${advice.id}"><span class="kind">${say('page.advice')}</span> <span class="said">${move}${say('list.colon')}${renderReasonNote(say, advice)}</span>
<span class="muted">${say.html('past.ended', end)}</span></li>`;
}

/** Renders the name of a mirror as a link. `direct`, `off` and `other` are no mirrors and have no page. */
function linked(name: string): Html {
  return ['direct', 'off', 'other'].includes(name) ? html`${name}` : html`<a href="${mirrorPathOf(name)}">${name}</a>`;
}
