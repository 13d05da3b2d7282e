import type { MaintenanceWindow, Mirror } from '../../core/mirror.ts';
import type { ApiDeps, ReceiverView } from '../deps.ts';
import { mirrorPath } from './badges.ts';
import { span } from './format.ts';
import { type Html, html } from './html.ts';

/** What is ours: whether controls answer, what waits for receivers, when mirrors are left alone on purpose. */
export function place(deps: ApiDeps): Html {
  const { mirrors, controls } = deps.config();
  const answers = new Map(deps.vantage().controls.map(({ name, up }) => [name, up]));
  const kept = mirrors.filter(({ maintenance }) => maintenance.length > 0);
  return html`<section aria-labelledby="h-place"><h2 id="h-place">This place</h2><dl class="facts place">
<div><dt>controls</dt>${
    controls.length === 0
      ? html`<dd class="muted">none: whether it is us or them then rests on the mirrors alone</dd>`
      : controls.map(({ name }) => html`<dd>${name} ${controlWord(answers.get(name) ?? null)}</dd>`)
  }</div>
<div><dt>webhooks</dt>${receivers(deps.receivers())}</div>
<div><dt>maintenance</dt>${
    kept.length === 0
      ? html`<dd class="muted">no windows</dd>`
      : kept.map(
          (mirror) =>
            html`<dd><a href="${mirrorPath(mirror.name)}">${mirror.name}</a> ${maintenanceWords(deps, mirror)}</dd>`,
        )
  }</div>
</dl></section>`;
}

/** When a mirror is left alone, and whether that is now. */
export function maintenanceWords(deps: ApiDeps, mirror: Mirror): Html {
  const isNow = deps.standings().find(({ registry }) => registry === mirror.name)?.inMaintenance ?? false;
  return html`${mirror.maintenance.map((one, i) => html`${i > 0 && ', '}${windowWords(one)}`)}${isNow && html` <b>now</b>`}`;
}

function windowWords({ cron, timeZone, forMs }: MaintenanceWindow): Html {
  return html`<code>${cron}</code> for ${span(forMs)}${timeZone !== null && ` (${timeZone})`}`;
}

function controlWord(up: boolean | null): Html {
  if (up === null) return html`<span class="muted">not asked yet</span>`;
  return up ? html`<span class="muted">answers</span>` : html`<b class="bad">silent</b>`;
}

function receivers(all: readonly ReceiverView[]): Html {
  if (all.length === 0) return html`<dd class="muted">none</dd>`;
  return html`${all.map(({ receiver, length, oldestSeconds, disabled }) => {
    const waits =
      length === 0
        ? html`<span class="muted">nothing waits</span>`
        : html`<b class="bad">${length} wait${length === 1 && 's'}</b>${oldestSeconds !== null && html` <span class="muted">the oldest for ${span(oldestSeconds * 1000)}</span>`}`;
    return html`<dd>${receiver} ${waits}${disabled && html` <b class="bad">gone (410): left alone until the next reload</b>`}</dd>`;
  })}`;
}
