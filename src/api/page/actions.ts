import { type ActionRow, type HeldReason, isUndoable } from '../../core/action.ts';
import { showStored } from '../../words/tell.ts';
import type { ApiDeps } from '../deps.ts';
import { renderActionForm } from './hands.ts';
import { ago, dated, type Html, html, type PageSay, renderCode } from './html.ts';

const rowsShown = 10;

export function renderActions(say: PageSay, deps: ApiDeps): Html | null {
  const config = deps.config();
  if (config.onAdvice === undefined) return null;
  const isStopped = deps.areActionsStopped();
  const rows = deps.actions().slice(0, rowsShown);
  return html`<section aria-labelledby="h-actions"><h2 id="h-actions">${say('actions.title')}</h2>
<p>${isStopped ? html`<b class="bad">${say('actions.stopped')}</b>` : say('actions.running')}</p>${renderActionForm(say, config, isStopped ? 'resume' : 'stop')}
${rows.length === 0 ? html`<p class="none">${say('actions.none')}</p>` : html`<ul class="findings">${rows.map((row) => item(say, deps, row))}</ul>`}
</section>`;
}

function item(say: PageSay, deps: ApiDeps, row: ActionRow): Html {
  const { id, action, kind, mode, advice, state, held, nextAtMs, because, plannedAtMs } = row;
  const word = html`<span class="kind">${say(`actions.state.${state}`)}</span>`;
  const what = html`<span class="said">${action} (${kind}, ${mode}) ${advice.upstream}: ${advice.from} → ${advice.to}</span>`;
  const why =
    held !== null ? heldText(say, held, nextAtMs) : because === null ? null : renderCode(showStored(because, say));
  const undo = isUndoable(row) && renderActionForm(say, deps.config(), 'undo', id);
  return html`<li class="finding ${state === 'failed' ? 'open' : 'closed'}">${word} ${what} <span class="muted">${ago(say, plannedAtMs, deps.now().wallMs)}</span>${why !== null && html` <span>${why}</span>`}${undo}</li>`;
}

function heldText(say: PageSay, held: HeldReason, untilMs: number | null): Html | string {
  const why = say(`actions.held.${held}`);
  return untilMs === null ? why : say.html('actions.heldUntil', { why, at: dated(untilMs) });
}
