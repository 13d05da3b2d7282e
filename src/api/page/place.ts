import type { MaintenanceWindow, Mirror } from '../../core/mirror.ts';
import type { QueueStanding } from '../../core/notice.ts';
import { explainDelivery } from '../../words/delivery.ts';
import type { ApiDeps } from '../deps.ts';
import { mirrorPathOf } from './badges.ts';
import { type Html, html, type PageSay, renderCode, span } from './html.ts';

export function renderPlace(say: PageSay, deps: ApiDeps): Html {
  const { mirrors, controls } = deps.config();
  const upByName = new Map(deps.vantage().controls.map(({ name, up }) => [name, up]));
  const kept = mirrors.filter(({ maintenance }) => maintenance.length > 0);
  return html`<section aria-labelledby="h-place"><h2 id="h-place">${say('place.title')}</h2><dl class="facts place">
<div><dt>${say('place.controls')}</dt>${
    controls.length === 0
      ? html`<dd class="muted">${say('place.noControls')}</dd>`
      : controls.map(({ name }) => html`<dd>${name} ${controlMark(say, upByName.get(name) ?? null)}</dd>`)
  }</div>
<div><dt>${say('place.webhooks')}</dt>${receivers(say, deps.receivers())}</div>
<div><dt>${say('place.maintenance')}</dt>${
    kept.length === 0
      ? html`<dd class="muted">${say('place.noWindows')}</dd>`
      : kept.map(
          (mirror) =>
            html`<dd><a href="${mirrorPathOf(mirror.name)}">${mirror.name}</a> ${renderMaintenance(say, deps, mirror)}</dd>`,
        )
  }</div>
</dl></section>`;
}

export function renderMaintenance(say: PageSay, deps: ApiDeps, mirror: Mirror): Html {
  const isNow = deps.standings().find(({ registry }) => registry === mirror.name)?.inMaintenance ?? false;
  return html`${mirror.maintenance.map((one, i) => html`${i > 0 && say('list.comma')}${windowWords(say, one)}`)}${isNow && html` <b>${say('place.now')}</b>`}`;
}

function windowWords(say: PageSay, { cron, timeZone, forMs }: MaintenanceWindow): Html {
  const words = say.html('place.window', { cron: html`<code>${cron}</code>`, span: span(say, forMs) });
  return html`${words}${timeZone !== null && ` (${timeZone})`}`;
}

export function controlWordOf(say: PageSay, up: boolean | null): string {
  return say(up === null ? 'standing.notAsked' : up ? 'place.answers' : 'place.silent');
}

function controlMark(say: PageSay, up: boolean | null): Html {
  const word = controlWordOf(say, up);
  return up === false ? html`<b class="bad">${word}</b>` : html`<span class="muted">${word}</span>`;
}

function receivers(say: PageSay, all: readonly QueueStanding[]): Html {
  if (all.length === 0) return html`<dd class="muted">${say('place.none')}</dd>`;
  return html`${all.map(({ receiver, length, oldestSeconds, disabled, failure, nextAttemptSeconds }) => {
    const oldest = oldestSeconds !== null && say('place.oldest', { span: span(say, oldestSeconds * 1000) });
    const next =
      nextAttemptSeconds !== null && say('place.nextAttempt', { span: span(say, nextAttemptSeconds * 1000) });
    const times = [oldest, next].filter((text) => text !== false);
    const waits =
      length === 0
        ? html`<span class="muted">${say('place.nothingWaits')}</span>`
        : html`<b class="bad">${say('place.waits', { count: length })}</b><span class="muted">${times.map((text) => `${say('list.clause')}${text}`)}</span>`;
    const trouble =
      failure !== null && !disabled && html`${say('list.also')}${renderCode(explainDelivery(failure, say))}`;
    const gone = disabled && html`${say('list.also')}<b class="bad">${say('place.gone')}</b>`;
    return html`<dd>${receiver}${say('list.colon')}${waits}${trouble}${gone}</dd>`;
  })}`;
}
