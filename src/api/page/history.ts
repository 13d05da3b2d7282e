import type { Advice } from '../../core/advice.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { ApiDeps } from '../deps.ts';
import { renderReasonNote } from './advice-card.ts';
import { mirrorPathOf } from './badges.ts';
import { keptBy, renderFindingItem } from './findings.ts';
import { dated, type Html, html, type PageSay, span } from './html.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

interface Ended {
  readonly endedAtMs: number;
  readonly item: Html;
}

/**
 * Renders findings and advice that ended in the last day. Findings and advice of the six days before that are folded.
 * @param registry  only findings about this mirror, and advice to use or to leave it; `null`: all
 */
export function renderHistory(say: PageSay, deps: ApiDeps, registry: string | null, nowMs: number): Html {
  const { ended, isCut } = endedOf(say, deps, registry);
  const day = ended.filter(({ endedAtMs }) => endedAtMs >= nowMs - dayMs);
  const week = ended.filter(({ endedAtMs }) => endedAtMs < nowMs - dayMs && endedAtMs >= nowMs - weekMs);
  const more = isCut
    ? html`<p class="legend">${say.html('past.more', { findings: html`<a href="/api/v1/findings?state=all">${say('page.findings')}</a>`, advice: html`<a href="/api/v1/advice?state=all">${say('page.advice')}</a>` })}</p>`
    : null;
  return html`<section aria-labelledby="h-past"><h2 id="h-past">${say('past.title')} <span class="count">${say('past.counts', { day: day.length, week: week.length })}</span></h2>
${day.length === 0 ? html`<p class="none">${say('past.none')}</p>` : html`<ul class="findings past">${day.map(({ item }) => item)}</ul>`}
${week.length > 0 && html`<details id="past-week"><summary>${say('past.week', { count: week.length })}</summary><ul class="findings past">${week.map(({ item }) => item)}</ul></details>`}${more}
</section>`;
}

/**
 * Lists ended findings and advice; the last one to end is first. `isCut`: true if findings or advice have more than one
 * page, of which only the first is read.
 */
function endedOf(
  say: PageSay,
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
      .flatMap((one) => endedFinding(say, deps, one, registry)),
    ...advice.items
      .filter((one) => !current.has(one.id) && one.state !== 'proposed')
      .filter((one) => registry === null || one.from === registry || one.to === registry)
      .map((one) => adviceEndOf(say, one)),
  ];
  return {
    ended: ended.sort((a, b) => b.endedAtMs - a.endedAtMs),
    isCut: findings.next !== null || advice.next !== null,
  };
}

function endedFinding(say: PageSay, deps: ApiDeps, finding: Finding, registry: string | null): readonly Ended[] {
  const endedAtMs = finding.closedAtMs ?? finding.acknowledged?.atMs ?? null;
  if (finding.state === 'open' || endedAtMs === null) return [];
  return [
    {
      endedAtMs,
      item: renderFindingItem(say, finding, { nowMs: endedAtMs, mirror: registry, ack: null, isKept: keptBy(deps) }),
    },
  ];
}

export function adviceEndOf(say: PageSay, advice: Advice): Ended {
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
  return {
    endedAtMs,
    item: html`<li class="finding closed" id="advice-${advice.id}"><span class="kind">${say('page.advice')}</span> <span class="said">${move}${say('list.colon')}${renderReasonNote(say, advice)}</span>
<span class="muted">${say.html('past.ended', end)}</span></li>`,
  };
}

/** Renders the name of a mirror as a link. `direct`, `off` and `other` are no mirrors and have no page. */
function linked(name: string): Html {
  return ['direct', 'off', 'other'].includes(name) ? html`${name}` : html`<a href="${mirrorPathOf(name)}">${name}</a>`;
}
