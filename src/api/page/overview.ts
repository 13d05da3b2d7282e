import { limits } from '../../core/limits.ts';
import type { EcosystemId, Mirror } from '../../core/mirror.ts';
import type { ApiDeps, SeriesView } from '../deps.ts';
import { canaryOf, placeOf } from '../views.ts';
import { adviceCard } from './advice-card.ts';
import { stripWithAxis } from './axis.ts';
import { mirrorPath, probePath, sinceNote, standingNotes, stateBadge } from './badges.ts';
import { phaseBars, phaseKey, totalOf } from './charts.ts';
import { findingList } from './findings.ts';
import { ago, duration } from './format.ts';
import { history } from './history.ts';
import { type Html, html } from './html.ts';
import { place } from './place.ts';
import { regret } from './regret.ts';
import { runningSum } from './running-sum.ts';
import { type Stretch, stretchOf } from './ticks.ts';
import { gateWords } from './words.ts';

interface Group {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly mirrors: readonly Mirror[];
}

/** Everything at a glance: what to set, what was found, every mirror. */
export function overview(deps: ApiDeps): Html {
  const nowMs = deps.now().wallMs;
  const groups = groupsOf(deps);
  const { items: findings, next } = deps.findings({ limit: 50, cursor: null, history: false });
  return html`<h1 class="hidden">Mirrors seen from ${deps.config().vantage}</h1>
<section aria-labelledby="h-advice"><h2 id="h-advice">What to set now</h2>
${groups.map((group) => adviceOf(deps, group, nowMs))}
</section>
<section aria-labelledby="h-findings"><h2 id="h-findings">Found <span class="count">${findings.length}${next !== null && '+'}</span></h2>
${findings.length === 0 ? html`<p class="none">${nothingFound(deps)}</p>` : findingList(findings, { nowMs, mirror: null, ack: deps.config() })}
</section>
${groups.map((group) => mirrorsOf(deps, group, nowMs, groups.length > 1))}
${phaseKey}
<p class="legend">Bars: where the median round trip of the canary goes, each in its own scale; the thin one beneath is its length beside the slowest mirror. Lines: its last samples, times in UTC, each scaled to its own longest; the dashed line is where slow begins, ▲ is slow, ✕ failed, ○ the first fetch of a cache, hatched is what we could not tell.</p>
${place(deps)}
${history(deps, null, nowMs)}${regret(deps.lookedBack())}`;
}

/** The probe, still kept, whose round trip is nearest to a number of its series; else the last one. */
function nearestProbe(deps: ApiDeps, series: SeriesView, ms: number | null): string | null {
  if (ms === null) return null;
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

/** A time, linked to the probe that it was measured by. */
export function linkedTime(deps: ApiDeps, series: SeriesView | undefined, ms: number | null | undefined): Html {
  if (series === undefined || ms === null || ms === undefined)
    return html`<span class="muted" title="not measured">—</span>`;
  const probeId = nearestProbe(deps, series, ms);
  return probeId === null
    ? html`${duration(ms)}`
    : html`<a class="number" href="${probePath(probeId)}">${duration(ms)}</a>`;
}

/** Which samples of a series can still be walked: failing ones, and the last few. */
export function keptIn(series: SeriesView): (sample: SeriesView['recent'][number]) => boolean {
  const last = new Set(series.recent.slice(-limits.transcriptsPerSeries));
  return (sample) => sample.outcome.tag === 'failed' || last.has(sample);
}

function groupsOf(deps: ApiDeps): readonly Group[] {
  const groups = new Map<string, { ecosystem: EcosystemId; upstream: string; mirrors: Mirror[] }>();
  for (const mirror of deps.config().mirrors) {
    const { ecosystem, upstream } = mirror;
    const key = `${ecosystem}/${upstream}`;
    const group = groups.get(key) ?? { ecosystem, upstream, mirrors: [] };
    groups.set(key, group);
    group.mirrors.push(mirror);
  }
  return [...groups.values()];
}

function adviceOf(deps: ApiDeps, { ecosystem, upstream }: Group, nowMs: number): Html {
  const order = {
    proposed: 0,
    refused: 1,
    accepted: 2,
    superseded: 3,
    withdrawn: 3,
    expired: 3,
    dismissed: 3,
  } as const;
  const vantage = deps.vantage();
  const advice = deps
    .advice({ limit: limits.pageRows, cursor: null, history: false })
    .items.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream)
    .sort((a, b) => order[a.state] - order[b.state]);
  if (advice.length > 0) return html`${advice.map((one) => adviceCard(one, deps.config(), nowMs))}`;
  const chain = html`<code>${deps.chainInForce(ecosystem, upstream)}</code>`;
  if (vantage.suspect === true) return quiet(html`No advice while it may be us. Clients stay on ${chain}`);
  const isJudged = deps
    .standings()
    .some((one) => one.ecosystem === ecosystem && one.upstream === upstream && one.state !== 'unknown');
  return vantage.suspect === null || !isJudged
    ? quiet(html`Too early to tell. Clients are on ${chain}`)
    : html`<article class="advice right"><p>Nothing to change for ${ecosystem}: stay on ${chain}</p></article>`;
}

function quiet(text: Html): Html {
  return html`<article class="advice none-yet"><p>${text}</p></article>`;
}

function nothingFound(deps: ApiDeps): string {
  const states = deps.standings().map(({ state }) => state);
  const unknown = states.filter((state) => state === 'unknown').length;
  if (states.length === 0 || unknown === states.length) return 'Nothing found, and nothing could be judged yet.';
  return unknown > 0 ? `Nothing found; of ${unknown} of ${states.length} mirrors we cannot tell.` : 'Nothing found.';
}

function mirrorsOf(deps: ApiDeps, group: Group, nowMs: number, isNamed: boolean): Html {
  const canaries = new Map(group.mirrors.map((mirror) => [mirror.name, canaryOf(deps.seriesOf(mirror.name))]));
  const scaleMs = Math.max(0, ...[...canaries.values()].map((series) => totalOf(series?.phases ?? {})));
  const stretch = stretchOf(
    [...canaries.values()].map((series) => series?.recent ?? []),
    nowMs,
  );
  const id = `h-${group.ecosystem}-${group.upstream}`;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">Mirrors <span class="count">${isNamed || group.upstream !== group.ecosystem ? `${group.ecosystem}/${group.upstream}, ` : null}${group.mirrors.length}</span></h2>
<table class="mirrors"><thead><tr><th scope="col">mirror</th><th scope="col">state</th><th scope="col" class="n">p50</th><th scope="col" class="n">p95</th><th scope="col">phases</th><th scope="col">last samples</th><th scope="col" class="n">rank</th></tr></thead>
<tbody>${group.mirrors.map((mirror) => mirrorRow(deps, mirror, canaries.get(mirror.name), { longestMs: scaleMs, stretch, nowMs }))}</tbody></table></section>`;
}

function mirrorRow(
  deps: ApiDeps,
  mirror: Mirror,
  canary: SeriesView | undefined,
  { longestMs, stretch, nowMs }: { longestMs: number; stretch: Stretch | null; nowMs: number },
): Html {
  const standing = deps.standings().find(({ registry }) => registry === mirror.name);
  const baseline = canary && deps.baseline(canary.target.id, canary.connection);
  const state = standing?.state ?? 'unknown';
  const place = [
    mirror.role === 'origin' ? 'origin' : null,
    mirror.region,
    mirror.weight === null ? null : `weight ${mirror.weight}`,
  ];
  return html`<tr class="${state}">
<th scope="row"><a href="${mirrorPath(mirror.name)}">${mirror.name}</a><small>${mirror.url.replace(/^https:\/\//, '')}</small><small class="muted">${place.filter((part) => part !== null).join(' · ')}</small></th>
<td data-label="state">${stateBadge(state)}<small><bdi>${standing?.because ?? 'not asked yet'}</bdi></small>${standing && sinceNote(deps.stateSince(standing), nowMs)}${standingNotes(standing, nowMs)}<small class="muted">last ok ${ago(standing?.lastOkAtMs ?? null, nowMs)}</small></td>
<td class="n" data-label="p50">${linkedTime(deps, canary, canary?.p50Ms)}</td>
<td class="n" data-label="p95">${linkedTime(deps, canary, canary?.p95Ms)}</td>
<td class="wide" data-label="phases">${phaseBars(canary?.phases ?? {}, longestMs)}</td>
<td class="wide" data-label="last samples">${stripWithAxis(canary?.recent ?? [], { width: 230, height: 44, thresholdMs: baseline?.thresholdMs ?? null, isKept: canary ? keptIn(canary) : () => false, labelled: false, stretch })}</td>
<td class="n" data-label="rank">${rankOf(deps, mirror)}</td>
</tr>`;
}

function rankOf(deps: ApiDeps, mirror: Mirror): Html {
  const { candidate, rank } = placeOf(deps, mirror);
  if (candidate === undefined) return html`<span class="muted">—</span>`;
  const { scoreSeconds } = candidate;
  return html`${rank !== null ? html`<b>${rank}</b>` : html`<span class="muted">—</span>`}<small>${gateWords[candidate.gate]}</small><small class="muted" title="what one client fetch (info and mod, cold) is expected to take">${scoreSeconds === null ? null : `fetch ${duration(scoreSeconds * 1000)}`}</small>${runningSum(candidate)}`;
}
