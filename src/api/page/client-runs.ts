import { agrees, type ClientRun } from '../../core/client-run.ts';
import { tellIn } from '../../words/tell.ts';
import { ago, duration } from './format.ts';
import { type Html, html } from './html.ts';
import type { PageSay } from './say.ts';

/** What real clients said of a mirror the last time, beside what our steps said; `null` where none is run. */
export function clientRunsSection(say: PageSay, runs: readonly ClientRun[], nowMs: number): Html | null {
  if (runs.length === 0) return null;
  return html`<section aria-labelledby="h-clients"><h2 id="h-clients">${say('clients.title')}</h2>
<table class="probes"><thead><tr><th scope="col">${say('clients.client')}</th><th scope="col">${say('clients.last')}</th><th scope="col">${say('probe.outcome')}</th><th scope="col">${say('clients.steps')}</th><th scope="col" class="n">${say('clients.took')}</th></tr></thead>
<tbody>${runs.map((run) => row(say, run, nowMs))}</tbody></table></section>`;
}

function row(say: PageSay, run: ClientRun, nowMs: number): Html {
  const { client, module, version, outcome, reason, ours } = run;
  const differs = agrees(run) === false && html` <strong>${say('clients.differ')}</strong>`;
  return html`<tr><th scope="row">${client} <small>${version === null ? module : `${module}@${version}`}</small></th>
<td data-label="${say('clients.last')}">${ago(say, run.startedAtMs, nowMs)}</td>
<td data-label="${say('probe.outcome')}">${outcomeOf(say, outcome)}${reason !== null && html`<small class="muted"><bdi>${tellIn(say.language, { text: reason, sentence: run.sentence })}</bdi></small>`}</td>
<td data-label="${say('clients.steps')}">${ours === null ? html`<span class="muted">${say('clients.notAsked')}</span>` : ours.reason === null ? outcomeOf(say, ours.outcome) : `${ours.step}: ${ours.reason}`}${differs}</td>
<td class="n" data-label="${say('clients.took')}">${duration(say, run.tookMs)}</td></tr>`;
}

function outcomeOf(say: PageSay, outcome: ClientRun['outcome']): string {
  return outcome === 'unknown' ? say('state.unknown') : say(`outcome.${outcome}`);
}
