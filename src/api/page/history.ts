import type { Advice } from '../../core/advice.ts';
import { renderReasonNote } from './advice-card.ts';
import { mirrorPathOf } from './badges.ts';
import { dated, type Html, html, type PageSay, span } from './html.ts';

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
