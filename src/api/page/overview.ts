import { type ActionRow, type HeldReason, isUndoable } from '../../core/action.ts';
import type { Advice, Audited } from '../../core/advice.ts';
import { limits } from '../../core/limits.ts';
import { type MaintenanceWindow, type Mirror, upstreamNameOf } from '../../core/mirror.ts';
import type { QueueStanding } from '../../core/notice.ts';
import type { SeriesNow } from '../../core/sample.ts';
import { explainDelivery } from '../../words/delivery.ts';
import { renderIn, showStored } from '../../words/tell.ts';
import { failbackOf, noAdviceOf } from '../../words/verdict.ts';
import type { ApiDeps } from '../deps.ts';
import { canaryViewOf, pagePlaceOf, type ViewGroup, viewGroupsOf } from '../views.ts';
import { renderAdviceCard } from './advice-card.ts';
import {
  mirrorPathOf,
  probePath,
  renderBecauseNote,
  renderGate,
  renderSinceNote,
  renderStandingNotes,
  renderStateBadge,
  rowIdOf,
} from './badges.ts';
import { renderPhaseBar, renderPhaseKey, renderScaleHeads, type StripFrame, stripWithAxis } from './charts.ts';
import { renderFindingList } from './findings.ts';
import { renderActionForm } from './hands.ts';
import { ago, dated, durationHtml, type Html, html, type PageSay, renderCode, span } from './html.ts';
import { rttsOf, stretchOf, timeScaleOf } from './scale.ts';
import { adviceInForce, isAdvised, type ShownState, shownStateOf, shownStates } from './shown-state.ts';

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

const monthsShown = 12;

/**
 * Counts audited switches of mirrors for each month (UTC). The result has the newest `monthsShown` months that have
 * such switches, the newest first.
 */
export function regretByMonth(all: readonly Audited[]) {
  return [...Map.groupBy(all, ({ atMs }) => new Date(atMs).toISOString().slice(0, 7))]
    .map(([name, own]) => ({ name, moves: own.length, regretted: own.filter(({ isRegret }) => isRegret).length }))
    .sort((a, b) => (a.name < b.name ? 1 : -1))
    .slice(0, monthsShown);
}

function regret(say: PageSay, all: readonly Audited[]): Html | null {
  const months = regretByMonth(all);
  if (months.length === 0) return null;
  return html`<section aria-labelledby="h-regret"><h2 id="h-regret">${say('regret.title')}</h2>
<p class="legend">${say('regret.legend')}</p>
<ul class="findings past">${months.map(({ name, moves, regretted }) => html`<li class="finding closed"><span class="kind">${name}</span> <span class="said">${say('regret.month', { regretted, moves })}</span></li>`)}</ul>
</section>`;
}

export function renderOverview(say: PageSay, deps: ApiDeps): Html {
  const groups = viewGroupsOf(deps.config());
  const { items: findings, next } = deps.findings({ limit: 50, cursor: null, history: false });
  const advice = adviceInForce(deps);
  return html`<h1 class="hidden">${say('page.seenTitle', { vantage: deps.config().vantage })}</h1>
${renderSummary(say, deps, advice)}
<section aria-labelledby="h-advice"><h2 id="h-advice">${say('page.set')}</h2>
${groups.map((group) => adviceOf(say, deps, group, advice))}
</section>
${groups.map((group) => mirrorsOf(say, deps, group, advice, groups.length > 1))}
${renderPhaseKey(say)}
<p class="legend">${say('page.legend')}</p>
${renderActions(say, deps)}<section aria-labelledby="h-findings"><h2 id="h-findings">${say('page.found')} <span class="count">${findings.length}${next !== null && '+'}</span></h2>
${findings.length === 0 ? html`<p class="none">${say(deps.standings().some(({ state }) => state !== 'unknown') ? 'page.nothingFound' : 'page.nothingJudged')}</p>` : renderFindingList(say, deps, findings)}
</section>
${renderPlace(say, deps)}
${regret(say, deps.audited())}`;
}

/**
 * Returns the id of a probe: among the newest samples, the stored ok probe whose round trip is nearest to `ms`; if
 * there is none, the last probe. `null`: there is no probe.
 */
function nearestProbe(deps: ApiDeps, series: SeriesNow, ms: number): string | null {
  let best: { id: string; away: number } | null = null;
  for (const sample of series.recent.slice(-limits.transcriptsPerSeries)) {
    const { probeId } = sample.due;
    if (sample.outcome.tag !== 'ok' || sample.rttMs === null || probeId === null || deps.probe(probeId) === null)
      continue;
    const away = Math.abs(sample.rttMs - ms);
    if (best === null || away < best.away) best = { id: probeId, away };
  }
  return best?.id ?? series.last?.due.probeId ?? null;
}

export function renderLinkedTime(say: PageSay, deps: ApiDeps, series: SeriesNow | undefined, ms?: number | null): Html {
  if (series === undefined || ms === null || ms === undefined)
    return html`<span class="muted" title="${say('rank.unmeasured')}">—</span>`;
  const probeId = nearestProbe(deps, series, ms);
  return probeId === null
    ? html`${durationHtml(say, ms)}`
    : html`<a class="number" href="${probePath(probeId)}">${durationHtml(say, ms)}</a>`;
}

/**
 * Returns a function that guesses whether the probe of a sample is still stored, without reading the store. It returns
 * true for failed samples and for the newest samples.
 */
export function keptIn(series: SeriesNow): (sample: SeriesNow['recent'][number]) => boolean {
  const last = new Set(series.recent.slice(-limits.transcriptsPerSeries));
  return (sample) => sample.outcome.tag === 'failed' || last.has(sample);
}

const adviceOrder: readonly Advice['state'][] = ['proposed', 'refused', 'accepted'];

function adviceOf(say: PageSay, deps: ApiDeps, { ecosystem, upstream }: ViewGroup, all: readonly Advice[]): Html {
  const vantage = deps.vantage();
  const advice = all
    .filter((one) => one.ecosystem === ecosystem && one.upstream === upstream)
    .sort((a, b) => adviceOrder.indexOf(a.state) - adviceOrder.indexOf(b.state));
  const chain = html`<code>${deps.chainInForce(ecosystem, upstream)}</code>`;
  const verdicts = deps.verdicts().filter((one) => one.ecosystem === ecosystem && one.upstream === upstream);
  const { dismissed, passedOver, waiting } = noAdviceOf(verdicts);
  const [reason] = [...dismissed, ...passedOver, ...waiting];
  const why = reason === undefined ? null : quiet(html`${renderIn(say.language, reason)} ${chain}`);
  if (advice.length > 0)
    return html`${advice.map((one) => renderAdviceCard(say, one, deps.config(), deps.now().wallMs, deps.doorLines(ecosystem, upstream), failbackOf(verdicts, one.id)))}${why}`;
  if (vantage.suspect === true) return quiet(say.html('page.noAdviceUs', { chain }));
  const isJudged = deps
    .standings()
    .some((one) => one.ecosystem === ecosystem && one.upstream === upstream && one.state !== 'unknown');
  if (why !== null) return why;
  return vantage.suspect === null || !isJudged
    ? quiet(say.html('page.tooEarly', { chain }))
    : html`<article class="advice right"><p>${say.html('page.nothingToChange', { ecosystem, chain })}</p></article>`;
}

function quiet(text: Html): Html {
  return html`<article class="advice none-yet"><p>${text}</p></article>`;
}

function mirrorsOf(say: PageSay, deps: ApiDeps, group: ViewGroup, advice: readonly Advice[], isNamed: boolean): Html {
  const canaries = new Map(group.mirrors.map((mirror) => [mirror.name, canaryViewOf(deps.seriesOf(mirror.name))]));
  const series = [...canaries.values()].filter((one) => one !== undefined);
  const times = timeScaleOf(series.flatMap((one) => rttsOf(one, thresholdOf(deps, one))));
  const stretch = stretchOf(
    series.map(({ recent }) => recent),
    deps.now().wallMs,
  );
  const id = `h-${group.ecosystem}-${group.upstream}`;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${say('page.mirrors')} <span class="count">${isNamed || group.upstream !== group.ecosystem ? `${group.ecosystem}/${group.upstream}${say('list.clause')}` : null}${group.mirrors.length}</span></h2>
<table class="mirrors"><thead><tr><th scope="col">${say('table.mirror')}</th><th scope="col">${say('table.state')}</th><th scope="col" class="n">p50</th><th scope="col" class="n">p95</th>${renderScaleHeads(say, times)}<th scope="col" class="n">${say('table.rank')}</th></tr></thead>
<tbody>${group.mirrors.map((mirror) => mirrorRow(say, deps, mirror, canaries.get(mirror.name), { times, stretch }, advice))}</tbody></table></section>`;
}

/** The threshold above which responses of a series are slow, milliseconds; `null`: it is not known yet. */
export function thresholdOf(deps: ApiDeps, { target, connection }: SeriesNow): number | null {
  return deps.baseline(target.id, connection)?.thresholdMs ?? null;
}

function mirrorRow(
  say: PageSay,
  deps: ApiDeps,
  mirror: Mirror,
  canary: SeriesNow | undefined,
  axes: Pick<StripFrame, 'times' | 'stretch'>,
  advice: readonly Advice[],
): Html {
  const nowMs = deps.now().wallMs;
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  const state = shownStateOf(standing, advice);
  const about = [
    mirror.role === 'origin' ? say('mirror.origin') : null,
    mirror.region,
    mirror.weight === null ? null : say('mirror.weightOf', { weight: mirror.weight }),
  ];
  const notes = renderStandingNotes(say, standing, advice, nowMs);
  const place = pagePlaceOf(deps, mirror);
  const scoreSeconds = place.candidate?.scoreSeconds ?? null;
  const cost = scoreSeconds === null ? null : say('mirror.fetch', { time: durationHtml(say, scoreSeconds * 1000) });
  return html`<tr id="${rowIdOf(mirror)}" class="${state === 'up' && notes.length === 0 ? 'up well' : state}">
<th scope="row"><a href="${mirrorPathOf(mirror.name)}">${mirror.name}</a><small>${mirror.url.replace(/^https:\/\//, '')}</small><small class="muted">${about.filter((part) => part !== null).join(' · ')}</small></th>
<td data-label="${say('table.state')}">${renderStateBadge(say, state)}<small>${renderBecauseNote(say, standing)}</small>${standing && renderSinceNote(say, deps.stateSince(standing), nowMs)}${notes}<small class="muted">${say('mirror.lastOk')} ${ago(say, standing?.lastOkAtMs ?? null, nowMs)}</small></td>
<td class="n" data-label="p50">${renderLinkedTime(say, deps, canary, canary?.p50Ms)}</td>
<td class="n" data-label="p95">${renderLinkedTime(say, deps, canary, canary?.p95Ms)}</td>
<td class="wide">${renderPhaseBar(say, canary?.phases ?? {}, axes.times)}</td>
<td class="wide">${stripWithAxis(say, canary?.recent ?? [], { heightPx: 44, thresholdMs: canary === undefined ? null : thresholdOf(deps, canary), isKept: canary ? keptIn(canary) : () => false, labelled: false, ...axes })}</td>
<td class="n" data-label="${say('table.rank')}">${place.rank !== null ? html`<b>${place.rank}</b>` : html`<span class="muted">—</span>`}${renderGate(say, place, standing, advice)}${cost === null ? null : html`<small class="muted" title="${say('mirror.fetchTitle')}">${cost}</small>`}</td>
</tr>`;
}

/** Up to this many mirrors of a state are named. */
const namesShown = 3;
/** These states have a count even if it is 0. */
const alwaysShown: readonly ShownState[] = ['up', 'slow', 'down'];

/**
 * Groups the configured mirrors by the state that pages show.
 * @param advice  the advice in force
 */
export function mirrorsByState(deps: ApiDeps, advice: readonly Advice[]): ReadonlyMap<ShownState, readonly Mirror[]> {
  const standings = new Map(deps.standings().map((one) => [one.registry, one]));
  return Map.groupBy(deps.config().mirrors, ({ name }) => shownStateOf(standings.get(name), advice));
}

/**
 * Renders the strip at the top of the page: how many mirrors are in which state, and for which upstreams a switch is
 * advised.
 * @param advice  the advice in force
 */
export function renderSummary(say: PageSay, deps: ApiDeps, advice: readonly Advice[]): Html {
  const found = mirrorsByState(deps, advice);
  const states = shownStates.filter((state) => alwaysShown.includes(state) || found.has(state));
  return html`<ul class="summary" aria-label="${say('summary.label')}">${states.map((state) => stateItem(say, state, found.get(state) ?? []))}${adviceItem(say, advice.filter(isAdvised))}</ul>`;
}

function stateItem(say: PageSay, state: ShownState, mirrors: readonly Mirror[]): Html {
  const badge = renderStateBadge(say, state, mirrors.length);
  const [first] = mirrors;
  if (first === undefined) return html`<li class="none-of">${badge}</li>`;
  if (state === 'up') return html`<li><a href="#${rowIdOf(first)}">${badge}</a></li>`;
  const names = mirrors.slice(0, namesShown);
  const list = html`${names.map((one, i) => html`${i > 0 && say('list.comma')}<a href="#${rowIdOf(one)}">${one.name}</a>`)}`;
  const more = mirrors.length - names.length;
  return html`<li>${badge} ${more > 0 ? say.html('list.more', { list, more }) : list}</li>`;
}

function adviceItem(say: PageSay, advised: readonly Advice[]): Html {
  if (advised.length === 0) return html`<li class="none-of">${say('summary.none')}</li>`;
  const what = [...new Set(advised.map(upstreamNameOf))].join(say('list.comma'));
  const text = say(advised.some(({ from, to }) => from !== to) ? 'summary.switch' : 'summary.setting', { what });
  return html`<li><a class="advised" href="#h-advice"><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><path d="M0 4.5h6.5V1L12 6l-5.5 5V7.5H0z"/></svg>${text}</a></li>`;
}

function renderPlace(say: PageSay, deps: ApiDeps): Html {
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
