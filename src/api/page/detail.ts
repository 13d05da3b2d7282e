import type { Advice } from '../../core/advice.ts';
import { agrees, type ClientRun } from '../../core/client-run.ts';
import { isHeavy, type Mirror, refTextOf } from '../../core/mirror.ts';
import type { SeriesNow, SettledSample } from '../../core/sample.ts';
import type { Freshness, Standing } from '../../core/standing.ts';
import { capabilityLoss, formatCost, formatSignature } from '../../words/facts.ts';
import { renderIn, showStored } from '../../words/tell.ts';
import type { ApiDeps } from '../deps.ts';
import { canaryViewOf, costIn, pagePlaceOf, protocolIn } from '../views.ts';
import {
  mirrorPathOf,
  renderBecauseNote,
  renderGate,
  renderOutcomeLink,
  renderSinceNote,
  renderStandingNotes,
  renderStateBadge,
} from './badges.ts';
import { renderPhaseBar, renderPhaseKey, renderSampleStrip, renderScaleHeads, stripWithAxis } from './charts.ts';
import { renderFindingList } from './findings.ts';
import { pauseHand } from './hands.ts';
import {
  ago,
  at,
  dated,
  durationHtml,
  formatSamples,
  type Html,
  html,
  type PageSay,
  renderCode,
  span,
} from './html.ts';
import { keptIn, renderLinkedTime, renderMaintenance, thresholdOf } from './overview.ts';
import { rttsOf, type TimeScale, timeScaleOf } from './scale.ts';
import { adviceInForce, shownStateOf } from './shown-state.ts';

const seriesPerPage = 100;
const probesShown = 25;

/**
 * Renders the page of one mirror.
 * @param from      the number of series to skip
 * @param overTime  the rendered history section
 */
export function renderDetail(say: PageSay, deps: ApiDeps, mirror: Mirror, from: number, overTime: Html): Html {
  const nowMs = deps.now().wallMs;
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  const canary = canaryViewOf(deps.seriesOf(mirror.name));
  const advice = adviceInForce(deps);
  return html`<nav class="crumbs"><a href="/">${say('page.all')}</a></nav>
<h1>${mirror.name} ${renderStateBadge(say, shownStateOf(standing, advice))}</h1>
<p class="reason">${renderBecauseNote(say, standing)} ${renderStandingNotes(say, standing, advice, nowMs)}${standing && renderSinceNote(say, deps.stateSince(standing), nowMs)}</p>
${pauseHand(say, deps.config(), mirror.name, standing?.paused != null)}
${facts(say, deps, mirror, standing, advice)}
${canary && canarySection(say, deps, canary)}
${overTime}
${standing && standing.findings.length > 0 && html`<section aria-labelledby="h-findings"><h2 id="h-findings">${say('page.found')}</h2>${renderFindingList(say, deps, standing.findings, mirror.name)}</section>`}
${seriesSection(say, deps, mirror, from)}
${clientRunsSection(say, deps.clientRuns(mirror.name), nowMs)}
${probesSection(say, deps, mirror)}`;
}

function facts(
  say: PageSay,
  deps: ApiDeps,
  mirror: Mirror,
  standing: Standing | undefined,
  advice: readonly Advice[],
): Html {
  const nowMs = deps.now().wallMs;
  const gate = renderGate(say, pagePlaceOf(deps, mirror), standing, advice);
  const series = deps.seriesOf(mirror.name);
  const cost = costIn(series);
  const protocol = protocolIn(series);
  return html`<dl class="facts">
<div><dt>${say('mirror.address')}</dt><dd><code>${mirror.url}</code></dd></div>
<div><dt>${say('mirror.of')}</dt><dd>${mirror.ecosystem}/${mirror.upstream}${mirror.role === 'origin' && say('mirror.theOrigin')}</dd></div>
<div><dt>${say('mirror.region')}</dt><dd>${mirror.region ?? '—'}</dd></div>
<div><dt>${say('mirror.weight')}</dt><dd>${mirror.weight ?? '—'}</dd></div>
<div><dt>${say('mirror.connection')}</dt><dd>${[...mirror.connections.map((one) => say(`connection.${one}`)), ...(protocol === null ? [] : [`HTTP/${protocol}`])].join(say('list.comma'))}</dd></div>
<div><dt>${say('mirror.lastOk')}</dt><dd>${ago(say, standing?.lastOkAtMs ?? null, nowMs)}</dd></div>
<div><dt>${say('kind.certificate')}</dt><dd>${certificateWords(say, standing, nowMs)}</dd></div>
<div><dt>${say('mirror.lag')}</dt><dd>${lagWords(say, deps.freshness(mirror.name))}</dd></div>
<div><dt>${say('mirror.releases')}</dt><dd>${arrivalWords(say, deps.freshness(mirror.name))}</dd></div>
${capabilityRow(say, standing)}
${cost === undefined ? '' : html`<div><dt>${say('mirror.lookup')}</dt><dd>${formatCost(cost, say)}</dd></div>`}
<div><dt>${say('place.maintenance')}</dt><dd>${mirror.maintenance.length === 0 ? say('place.noWindows') : renderMaintenance(say, deps, mirror)}</dd></div>
<div><dt>${say('mirror.asAdvice')}</dt><dd>${gate ?? '—'}</dd></div>
</dl>`;
}

/**
 * The capabilities of a mirror; empty while none is known. Those that it lacks are at the end, each with what clients
 * lose.
 */
function capabilityRow(say: PageSay, standing: Standing | undefined): Html | string {
  const known = Object.entries(standing?.capabilities ?? {});
  if (known.length === 0) return '';
  const offered = known
    .filter(([, has]) => has)
    .map(([name], at) => {
      const title = say('mirror.capabilityWithout', { name, loss: capabilityLoss(name, say) });
      return html`${at > 0 && say('list.comma')}<span title="${title}">${name}</span>`;
    });
  const lacked = known
    .filter(([, has]) => !has)
    .map(([name], at) => {
      const what = say('mirror.capabilitiesLack', { what: name });
      return html`${(at > 0 || offered.length > 0) && html`<br>`}<b>${what}</b> <small>${renderCode(capabilityLoss(name, say))}</small>`;
    });
  return html`<div><dt>${say('mirror.capabilities')}</dt><dd>${offered}${lacked}</dd></div>`;
}

function certificateWords(say: PageSay, standing: Standing | undefined, nowMs: number): Html | string {
  const { expiresAtMs = null, authorizationCode = null } = standing?.certificate ?? {};
  const words =
    expiresAtMs === null
      ? say('mirror.unknown')
      : expiresAtMs > nowMs
        ? say.html('mirror.certificateLeft', { span: span(say, expiresAtMs - nowMs), at: dated(expiresAtMs) })
        : say.html('mirror.certificateEnded', { at: dated(expiresAtMs) });
  return authorizationCode === null ? words : html`${words} <b>${authorizationCode}</b>`;
}

function lagWords(say: PageSay, freshness: Freshness | null): string {
  if (freshness === null || freshness.lowerMs === null) return say('mirror.unknown');
  const { lowerMs, upperMs, missing } = freshness;
  const lower = span(say, lowerMs);
  const bounds =
    upperMs === null ? say('history.lagAtLeast', { lower }) : say('lag.between', { upper: span(say, upperMs), lower });
  const lag = lowerMs === 0 && missing === 0 ? say('lag.none') : bounds;
  if (missing === null || missing === 0) return lag;
  return [lag, say('lag.missing', { count: missing })].join(say('list.also'));
}

function arrivalWords(say: PageSay, freshness: Freshness | null): string {
  const { releases = 0, p50Ms = null, p90Ms = null } = freshness?.propagation ?? {};
  if (p50Ms === null || p90Ms === null) return say('lag.noArrivals');
  return say('lag.arrivals', { half: span(say, p50Ms), most: span(say, p90Ms), count: releases });
}

function canarySection(say: PageSay, deps: ApiDeps, canary: SeriesNow): Html {
  const thresholdMs = thresholdOf(deps, canary);
  const times = timeScaleOf(rttsOf(canary, thresholdMs));
  const [first] = canary.recent;
  const samples = formatSamples(say, canary.recent.length);
  return html`<section aria-labelledby="h-canary"><h2 id="h-canary">${say('target.canaryTitle')} <span class="count">${nameOf(say, canary)}</span></h2>
${renderSampleStrip(say, canary.recent, { heightPx: 182, thresholdMs, isKept: keptIn(canary), labelled: true, stretch: null, times })}
<p class="legend">${first === undefined ? samples : say.html('target.samples', { samples, from: at(first.startedAtMs), to: at(canary.recent.at(-1)?.startedAtMs ?? 0) })}${say('list.colon')}${say('target.legend')}</p></section>`;
}

function seriesSection(say: PageSay, deps: ApiDeps, mirror: Mirror, from: number): Html {
  const series = deps.seriesOf(mirror.name);
  const sorted = [...series].sort(
    (a, b) => urgency(deps, b) - urgency(deps, a) || (a.target.id < b.target.id ? -1 : 1),
  );
  const shown = sorted.slice(from, from + seriesPerPage);
  const times = timeScaleOf(shown.flatMap((one) => rttsOf(one, thresholdOf(deps, one))));
  const path = mirrorPathOf(mirror.name);
  const rest = sorted.length - from - shown.length;
  return html`<section aria-labelledby="h-targets"><h2 id="h-targets">${say('target.title')} <span class="count">${series.length}</span></h2>
${series.length === 0 ? html`<p class="none">${say('target.none')}</p>` : null}
<table class="targets"><thead><tr><th scope="col">${say('target.target')}</th><th scope="col">${say('target.last')}</th><th scope="col" class="n">p50</th><th scope="col" class="n">p95</th><th scope="col" class="n">${say('target.baseline')}</th><th scope="col" class="n">${say('target.slowAbove')}</th><th scope="col" class="n">${say('target.streak')}</th>${renderScaleHeads(say, times)}</tr></thead>
<tbody>${shown.map((one) => seriesRow(say, deps, one, times))}</tbody></table>
${renderPhaseKey(say)}
<p class="pages">${from > 0 && html`<a href="${path}?from=${Math.max(0, from - seriesPerPage)}">${say('page.before')}</a> `}${rest > 0 && html`<a href="${path}?from=${from + seriesPerPage}">${say('history.more', { count: rest })}</a>`}</p></section>`;
}

function seriesRow(say: PageSay, deps: ApiDeps, series: SeriesNow, times: TimeScale): Html {
  const nowMs = deps.now().wallMs;
  const baseline = deps.baseline(series.target.id, series.connection);
  const heavy = isHeavy(series.target);
  const unjudged = html`<span class="muted">${say(heavy ? 'target.notJudged' : 'target.warming')}</span>`;
  const thresholdMs = baseline?.thresholdMs ?? null;
  return html`<tr>
<th scope="row"><span class="step">${series.target.step}</span>${series.target.canary && html` <span class="tag">${say('target.canary')}</span>`}${series.connection === 'warm' && html` <span class="tag">${say('connection.warm')}</span>`}<small>${refTextOf(series.target) || say('target.itself')}</small></th>
<td data-label="${say('target.last')}">${series.last === null ? firstDue(say, deps, series, nowMs) : html`${renderOutcomeLink(say, series.last)}<small class="muted">${ago(say, series.last.startedAtMs, nowMs)}</small>${unverified(say, series.last)}`}</td>
<td class="n" data-label="p50">${renderLinkedTime(say, deps, series, series.p50Ms)}</td>
<td class="n" data-label="p95">${renderLinkedTime(say, deps, series, series.p95Ms)}</td>
<td class="n" data-label="${say('target.baseline')}">${baseline?.baselineMs == null ? unjudged : durationHtml(say, baseline.baselineMs)}</td>
<td class="n" data-label="${say('target.slowAbove')}">${thresholdMs === null ? unjudged : durationHtml(say, thresholdMs)}</td>
<td class="n" data-label="${say('target.streak')}">${baseline == null || thresholdMs === null ? unjudged : baseline.streak}</td>
<td class="wide">${renderPhaseBar(say, series.phases, times)}</td>
<td class="wide">${stripWithAxis(say, series.recent, { heightPx: 34, thresholdMs, isKept: keptIn(series), labelled: false, stretch: null, times })}</td>
</tr>`;
}

/**
 * Renders a note if a client refuses the response, if some content could not be verified, or if a signature is not
 * valid; else `null`.
 */
function unverified(
  say: PageSay,
  { facts: { signature, unchecked, refused = unchecked } }: SettledSample,
): Html | null {
  if (refused !== undefined) return html`<small class="unverified">${showStored(refused, say)}</small>`;
  if (signature === undefined || signature.state === 'valid') return null;
  return html`<small class="unverified"><bdi>${formatSignature(signature, say)}</bdi></small>`;
}

function firstDue(say: PageSay, deps: ApiDeps, series: SeriesNow, nowMs: number): Html {
  const dueAtMs = deps.dueAt(series);
  const when =
    dueAtMs === null
      ? say('target.dueNever')
      : dueAtMs <= nowMs
        ? say('target.dueNow')
        : say('target.dueIn', { span: span(say, dueAtMs - nowMs) });
  return html`<span class="muted">${say('target.notYet')}</span><small class="muted">${when}</small>`;
}

function probesSection(say: PageSay, deps: ApiDeps, mirror: Mirror): Html | null {
  const probes = deps.probesOf(mirror.name, probesShown);
  if (probes.length === 0) return null;
  return html`<section aria-labelledby="h-probes"><h2 id="h-probes">${say('probe.title')}</h2><table class="probes"><thead><tr><th scope="col">${say('probe.at')}</th><th scope="col">${say('target.target')}</th><th scope="col">${say('probe.purpose')}</th><th scope="col">${say('probe.outcome')}</th><th scope="col" class="n">${say('probe.roundTrip')}</th></tr></thead><tbody>${probes.map(
    ({ sample }) =>
      html`<tr><td data-label="${say('probe.at')}">${at(sample.startedAtMs)}</td><th scope="row">${sample.due.target.step} <small>${refTextOf(sample.due.target)}</small></th><td data-label="${say('probe.purpose')}">${say(`purpose.${sample.due.purpose}`)}</td><td data-label="${say('probe.outcome')}">${renderOutcomeLink(say, sample)}</td><td class="n" data-label="${say('probe.roundTrip')}">${durationHtml(say, sample.rttMs)}</td></tr>`,
  )}</tbody></table></section>`;
}

/**
 * Returns a number to sort series by, the highest first: failing series, then slow ones, then the canary, then the
 * others.
 */
function urgency(deps: ApiDeps, series: SeriesNow): number {
  if (series.last?.outcome.tag === 'failed') return 3;
  if ((deps.baseline(series.target.id, series.connection)?.streak ?? 0) > 0) return 2;
  return series.target.canary ? 1 : 0;
}

function nameOf(say: PageSay, series: SeriesNow): string {
  return [`${series.target.step} ${refTextOf(series.target)}`, say(`connection.${series.connection}`)].join(
    say('list.clause'),
  );
}

function clientRunsSection(say: PageSay, runs: readonly ClientRun[], nowMs: number): Html | null {
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
<td data-label="${say('probe.outcome')}">${outcomeOf(say, outcome)}${reason !== null && html`<small class="muted"><bdi>${renderIn(say.language, { text: reason, sentence: run.sentence })}</bdi></small>`}</td>
<td data-label="${say('clients.steps')}">${ours === null ? html`<span class="muted">${say('clients.notAsked')}</span>` : ours.reason === null ? outcomeOf(say, ours.outcome) : `${ours.step}: ${ours.reason}`}${differs}</td>
<td class="n" data-label="${say('clients.took')}">${durationHtml(say, run.tookMs)}</td></tr>`;
}

function outcomeOf(say: PageSay, outcome: ClientRun['outcome']): string {
  return outcome === 'unknown' ? say('state.unknown') : say(`outcome.${outcome}`);
}
