import { costText } from '../../core/authority-cost.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { SettledSample } from '../../core/sample.ts';
import { signatureText } from '../../core/signature.ts';
import type { Freshness, Standing } from '../../core/standing.ts';
import { isHeavy } from '../../core/target.ts';
import { counted } from '../../core/units.ts';
import type { ApiDeps, SeriesView } from '../deps.ts';
import { canaryOf, costIn, placeOf } from '../views.ts';
import { stripWithAxis } from './axis.ts';
import { outcomeLink, sinceNote, standingNotes, stateBadge } from './badges.ts';
import { phaseBars, phaseKey, totalOf } from './charts.ts';
import { clientRunsSection } from './client-runs.ts';
import { findingList } from './findings.ts';
import { ago, at, dated, duration, span } from './format.ts';
import { pauseHand } from './hands.ts';
import { history } from './history.ts';
import { type Html, html } from './html.ts';
import { keptIn, linkedTime } from './overview.ts';
import { maintenanceWords } from './place.ts';
import { runningSum } from './running-sum.ts';
import { gateWords } from './words.ts';

/** Series on one page; the rest behind a link. */
const seriesPerPage = 100;
const probesShown = 25;

/**
 * One mirror: its canary's last samples large, every target, its findings, the last probes.
 * @param from  how many series to leave out, from 0
 */
export function detail(deps: ApiDeps, mirror: Mirror, from: number): Html {
  const nowMs = deps.now().wallMs;
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  const series = deps.seriesOf(mirror.name);
  const canary = canaryOf(series);
  return html`<nav class="crumbs"><a href="/">all mirrors</a></nav>
<h1>${mirror.name} ${stateBadge(standing?.state ?? 'unknown')}</h1>
<p class="reason"><bdi>${standing?.because ?? 'not asked yet'}</bdi> ${standingNotes(standing, nowMs)}${standing && sinceNote(deps.stateSince(standing), nowMs)}</p>
${pauseHand(deps.config(), mirror.name, standing?.paused != null)}
${facts(deps, mirror, standing, nowMs)}
${canary && canarySection(deps, canary)}
${standing && standing.findings.length > 0 && html`<section aria-labelledby="h-findings"><h2 id="h-findings">Found</h2>${findingList(standing.findings, { nowMs, mirror: mirror.name, ack: deps.config() })}</section>`}
${seriesSection(deps, mirror, series, from, nowMs)}
${clientRunsSection(deps.clientRuns(mirror.name), nowMs)}
${history(deps, mirror.name, nowMs)}
${probesSection(deps, mirror)}`;
}

function facts(deps: ApiDeps, mirror: Mirror, standing: Standing | undefined, nowMs: number): Html {
  const { candidate } = placeOf(deps, mirror);
  const certificate = standing?.certificate;
  const cost = costIn(deps.seriesOf(mirror.name));
  return html`<dl class="facts">
<div><dt>address</dt><dd><code>${mirror.url}</code></dd></div>
<div><dt>mirror of</dt><dd>${mirror.ecosystem}/${mirror.upstream}${mirror.role === 'origin' && ', the origin'}</dd></div>
<div><dt>region</dt><dd>${mirror.region ?? '—'}</dd></div>
<div><dt>weight</dt><dd>${mirror.weight ?? '—'}</dd></div>
<div><dt>connection</dt><dd>${mirror.connections.join(', ')}</dd></div>
<div><dt>last ok</dt><dd>${ago(standing?.lastOkAtMs ?? null, nowMs)}</dd></div>
<div><dt>certificate</dt><dd>${certificate == null || certificate.expiresAtMs === null ? 'unknown' : html`${certificate.expiresAtMs > nowMs ? `${span(certificate.expiresAtMs - nowMs)} left, until ` : 'expired '}${dated(certificate.expiresAtMs)}`}${certificate?.authorizationCode && html` <b>${certificate.authorizationCode}</b>`}</dd></div>
<div><dt>lag</dt><dd>${lagWords(deps.freshness(mirror.name))}</dd></div>
<div><dt>new releases</dt><dd>${arrivalWords(deps.freshness(mirror.name))}</dd></div>
${cost === undefined ? '' : html`<div><dt>a lookup costs a client</dt><dd>${costText(cost)}</dd></div>`}
<div><dt>maintenance</dt><dd>${mirror.maintenance.length === 0 ? 'no windows' : maintenanceWords(deps, mirror)}</dd></div>
<div><dt>as advice</dt><dd>${candidate === undefined ? '—' : html`${gateWords[candidate.gate]}${runningSum(candidate)}`}</dd></div>
</dl>`;
}

/** How far behind, between its bounds, and what is missing. */
function lagWords(freshness: Freshness | null): string {
  if (freshness === null || freshness.lowerMs === null) return 'unknown';
  const { lowerMs, upperMs, missing } = freshness;
  const most = upperMs === null ? 'at least' : `at most ${span(upperMs)}, at least`;
  const lacks =
    missing === null || missing === 0 ? '' : `; ${missing} ${missing === 1 ? 'version' : 'versions'} missing`;
  return `${lowerMs === 0 && missing === 0 ? 'none seen' : `${most} ${span(lowerMs)}`}${lacks}`;
}

/** How long the last releases took to arrive. */
function arrivalWords(freshness: Freshness | null): string {
  const { releases = 0, p50Ms = null, p90Ms = null } = freshness?.propagation ?? {};
  if (p50Ms === null || p90Ms === null) return 'none seen to arrive yet';
  return `half within ${span(p50Ms)}, nine of ten within ${span(p90Ms)} (the last ${releases})`;
}

function canarySection(deps: ApiDeps, canary: SeriesView): Html {
  const baseline = deps.baseline(canary.target.id, canary.connection);
  return html`<section aria-labelledby="h-canary"><h2 id="h-canary">Canary <span class="count">${nameOf(canary)}</span></h2>
${stripWithAxis(canary.recent, { width: 960, height: 182, thresholdMs: baseline?.thresholdMs ?? null, isKept: keptIn(canary), labelled: true, stretch: null })}
<p class="legend">${counted(canary.recent.length, 'sample')}${canary.recent[0] && html` from ${at(canary.recent[0].startedAtMs)} to ${at(canary.recent.at(-1)?.startedAtMs ?? 0)}`}: ▲ slow, ✕ failed, ○ the first fetch of a cache, hatched: could not tell. The ones we still hold are links.</p></section>`;
}

function seriesSection(
  deps: ApiDeps,
  mirror: Mirror,
  series: readonly SeriesView[],
  from: number,
  nowMs: number,
): Html {
  const sorted = [...series].sort(
    (a, b) => urgency(deps, b) - urgency(deps, a) || (a.target.id < b.target.id ? -1 : 1),
  );
  const shown = sorted.slice(from, from + seriesPerPage);
  const scaleMs = Math.max(0, ...shown.filter(({ target }) => !isHeavy(target)).map((one) => totalOf(one.phases)));
  const path = `/mirrors/${encodeURIComponent(mirror.name)}`;
  const rest = sorted.length - from - shown.length;
  return html`<section aria-labelledby="h-targets"><h2 id="h-targets">Targets <span class="count">${series.length}</span></h2>
${series.length === 0 ? html`<p class="none">No target of this mirror has been asked yet.</p>` : null}
<table class="targets"><thead><tr><th scope="col">target</th><th scope="col">last</th><th scope="col" class="n">p50</th><th scope="col" class="n">p95</th><th scope="col" class="n">baseline</th><th scope="col" class="n">slow above</th><th scope="col" class="n">slow in a row</th><th scope="col">phases</th><th scope="col">last samples</th></tr></thead>
<tbody>${shown.map((one) => seriesRow(deps, one, scaleMs, nowMs))}</tbody></table>
${phaseKey}
<p class="pages">${from > 0 && html`<a href="${path}?from=${Math.max(0, from - seriesPerPage)}">before</a> `}${rest > 0 && html`<a href="${path}?from=${from + seriesPerPage}">${rest} more</a>`}</p></section>`;
}

function seriesRow(deps: ApiDeps, series: SeriesView, scaleMs: number, nowMs: number): Html {
  const baseline = deps.baseline(series.target.id, series.connection);
  const heavy = isHeavy(series.target);
  const unjudged = html`<span class="muted">${heavy ? 'not judged' : 'warming'}</span>`;
  const thresholdMs = baseline?.thresholdMs ?? null;
  return html`<tr>
<th scope="row"><span class="step">${series.target.step}</span>${series.target.canary && html` <span class="tag">canary</span>`}${series.connection === 'warm' && html` <span class="tag">warm</span>`}<small>${moduleOf(series) || 'the mirror itself'}</small></th>
<td data-label="last">${series.last === null ? firstDue(deps, series, nowMs) : html`${outcomeLink(series.last)}<small class="muted">${ago(series.last.startedAtMs, nowMs)}</small>${unverified(series.last)}`}</td>
<td class="n" data-label="p50">${linkedTime(deps, series, series.p50Ms)}</td>
<td class="n" data-label="p95">${linkedTime(deps, series, series.p95Ms)}</td>
<td class="n" data-label="baseline">${baseline?.baselineMs == null ? unjudged : duration(baseline.baselineMs)}</td>
<td class="n" data-label="slow above">${thresholdMs === null ? unjudged : duration(thresholdMs)}</td>
<td class="n" data-label="slow in a row">${baseline == null || thresholdMs === null ? unjudged : baseline.streak}</td>
<td class="wide" data-label="phases">${phaseBars(series.phases, heavy ? totalOf(series.phases) : scaleMs)}</td>
<td class="wide" data-label="last samples">${stripWithAxis(series.recent, { width: 180, height: 34, thresholdMs, isKept: keptIn(series), labelled: false, stretch: null })}</td>
</tr>`;
}

/** What no authority's signature bears out is not fine, though the answer was ok. */
function unverified({ facts: { signature } }: SettledSample): Html | null {
  if (signature === undefined || signature.state === 'valid') return null;
  return html`<small class="unverified"><bdi>${signatureText(signature)}</bdi></small>`;
}

/** A target that waits for its first probe says when that is due. */
function firstDue(deps: ApiDeps, series: SeriesView, nowMs: number): Html {
  const dueAtMs = deps.dueAt(series);
  const when = dueAtMs === null ? 'never' : dueAtMs <= nowMs ? 'now' : html`in ${span(dueAtMs - nowMs)}`;
  return html`<span class="muted">not yet</span><small class="muted">first probe due ${when}</small>`;
}

function probesSection(deps: ApiDeps, mirror: Mirror): Html | null {
  const probes = deps.probesOf(mirror.name, probesShown);
  if (probes.length === 0) return null;
  return html`<section aria-labelledby="h-probes"><h2 id="h-probes">Last probes</h2><table class="probes"><thead><tr><th scope="col">at</th><th scope="col">target</th><th scope="col">why</th><th scope="col">outcome</th><th scope="col" class="n">round trip</th></tr></thead><tbody>${probes.map(
    ({ sample }) =>
      html`<tr><td data-label="at">${at(sample.startedAtMs)}</td><th scope="row">${sample.due.target.step} <small>${[sample.due.target.module, sample.due.target.version].filter((part) => part !== null).join('@')}</small></th><td data-label="why">${sample.due.purpose}</td><td data-label="outcome">${outcomeLink(sample)}</td><td class="n" data-label="round trip">${duration(sample.rttMs)}</td></tr>`,
  )}</tbody></table></section>`;
}

/** What needs eyes comes first: failing, then slow, then the canary, then the rest. */
function urgency(deps: ApiDeps, series: SeriesView): number {
  if (series.last?.outcome.tag === 'failed') return 3;
  if ((deps.baseline(series.target.id, series.connection)?.streak ?? 0) > 0) return 2;
  return series.target.canary ? 1 : 0;
}

function moduleOf({ target }: SeriesView): string {
  return [target.module, target.version].filter((part) => part !== null).join('@');
}

function nameOf(series: SeriesView): string {
  return `${series.target.step} ${moduleOf(series)}, ${series.connection}`;
}
