import { agrees, type ClientRun } from '../../core/client-run.ts';
import { ago, duration } from './format.ts';
import { type Html, html } from './html.ts';

/** What real clients said of a mirror the last time, beside what our steps said; `null` where none is run. */
export function clientRunsSection(runs: readonly ClientRun[], nowMs: number): Html | null {
  if (runs.length === 0) return null;
  return html`<section aria-labelledby="h-clients"><h2 id="h-clients">Real clients</h2>
<table class="probes"><thead><tr><th scope="col">client</th><th scope="col">last run</th><th scope="col">outcome</th><th scope="col">our steps</th><th scope="col" class="n">took</th></tr></thead>
<tbody>${runs.map((run) => row(run, nowMs))}</tbody></table></section>`;
}

function row(run: ClientRun, nowMs: number): Html {
  const { client, module, version, outcome, reason, ours } = run;
  const differs = agrees(run) === false && html` <strong>they differ</strong>`;
  return html`<tr><th scope="row">${client} <small>${version === null ? module : `${module}@${version}`}</small></th>
<td data-label="last run">${ago(run.startedAtMs, nowMs)}</td>
<td data-label="outcome">${outcome}${reason !== null && html`<small class="muted"><bdi>${reason}</bdi></small>`}</td>
<td data-label="our steps">${ours === null ? html`<span class="muted">not asked</span>` : ours.reason === null ? ours.outcome : `${ours.step}: ${ours.reason}`}${differs}</td>
<td class="n" data-label="took">${duration(run.tookMs)}</td></tr>`;
}
