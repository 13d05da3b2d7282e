import type { Advice } from '../../core/advice.ts';
import { endTextKeyOf, type Finding, findingTextKeyOf, isDisputed, onsetOf } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { upstreamKeyOf } from '../../core/mirror.ts';
import type { TrendRange } from '../../core/trend.ts';
import { failbackOf } from '../../words/verdict.ts';
import type { ApiDeps } from '../deps.ts';
import { viewGroupsOf } from '../views.ts';
import { renderAdviceCard, renderReasonNote } from './advice-card.ts';
import { mirrorPathOf } from './badges.ts';
import { renderFindingList } from './findings.ts';
import { dated, type Html, html, type PageSay, short, span } from './html.ts';
import { current, lengthOf, renderRangeNav } from './range.ts';
import { formatTick, type TickSpan, ticksOf } from './scale.ts';

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

const itemsShown = 200;
const rowPx = 14;
/** The width of the shortest bar, as a share of the whole width. */
const leastShare = 0.006;

export function renderTimeline(say: PageSay, deps: ApiDeps, query: TimelineQuery): Html {
  const nowMs = deps.now().wallMs;
  const all = listTimelineItems(deps);
  const chosen = all.find(({ id }) => id === query.item) ?? null;
  const window = windowOf(query, chosen, nowMs);
  const items = all.filter(
    (one) =>
      one.fromMs <= window.toMs &&
      (one.toMs ?? nowMs) >= window.fromMs &&
      (query.mirror === null || one.registries.includes(query.mirror)),
  );
  const shown = items.slice(0, itemsShown);
  // Links to items contain the end of the range. So a shared link still shows the same range later.
  const fixed = { ...query, untilMs: window.toMs };
  const frame: LaneFrame = { query: fixed, window, nowMs, vantage: deps.config().vantage, say };
  return html`<h1>${say('timeline.title')}</h1>
<p class="reason">${say('timeline.of', { from: short(window.fromMs), to: short(window.toMs) })}<br><span class="muted">${say(query.untilMs === null && window.toMs === nowMs ? 'timeline.follows' : 'timeline.stands')}</span></p>
<div class="choices">${renderRangeNav(query.range, say, (range) => timelinePathOf({ ...query, range, item: null }))}${moves(query, window, nowMs, say)}</div>${filter(deps, query, say)}
${query.item !== null && chosenSection(deps, chosen, frame)}
${shown.length === 0 ? html`<p class="none">${say('timeline.none')}</p>` : html`${lanes(deps, shown, frame)}<p class="legend">${say('timeline.legend')}</p>${list(shown, items.length, frame)}`}`;
}

function windowOf({ range, untilMs, item }: TimelineQuery, chosen: TimelineItem | null, nowMs: number): TickSpan {
  const lengthMs = lengthOf(range);
  const isOutside = chosen !== null && (chosen.toMs ?? nowMs) < nowMs - lengthMs;
  const bringsMs = item !== null && isOutside ? (chosen?.toMs ?? nowMs) + lengthMs / 10 : nowMs;
  const toMs = Math.min(nowMs, untilMs ?? bringsMs);
  return { fromMs: toMs - lengthMs, toMs };
}

function moves(query: TimelineQuery, { fromMs, toMs }: TickSpan, nowMs: number, say: PageSay): Html {
  const to = (untilMs: number | null): string => timelinePathOf({ ...query, item: null, untilMs });
  const nextMs = toMs + lengthOf(query.range);
  const later = nextMs >= nowMs ? to(null) : to(nextMs);
  return html`<nav class="choice" aria-label="${say('timeline.title')}"><a href="${to(fromMs)}">← ${say('timeline.earlier')}</a>${toMs < nowMs && html`<a href="${later}">${say('timeline.later')} →</a><a href="${to(null)}">${say('timeline.toNow')}</a>`}</nav>`;
}

function filter(deps: ApiDeps, query: TimelineQuery, say: PageSay): Html | null {
  if (query.mirror === null) return null;
  return html`<p class="pages"><b>${say('timeline.only', { who: query.mirror })}</b> <a href="${timelinePathOf({ ...query, mirror: null })}">${say('timeline.everything')}</a>${!deps.config().mirrors.some(({ name }) => name === query.mirror) && ' ?'}</p>`;
}

function chosenSection(deps: ApiDeps, chosen: TimelineItem | null, { query, nowMs, say }: LaneFrame): Html {
  return html`<section class="chosen" id="chosen" tabindex="-1" aria-labelledby="h-chosen"><h2 id="h-chosen">${say('timeline.chosen')} <a class="close" href="${timelinePathOf({ ...query, item: null })}">${say('timeline.close')}</a></h2>
${chosen === null ? html`<p class="none">${say('timeline.gone')}</p>` : whole(say, deps, chosen, nowMs)}</section>`;
}

function whole(say: PageSay, deps: ApiDeps, { of, toMs }: TimelineItem, nowMs: number): Html {
  if (of.tag === 'finding') return renderFindingList(say, deps, [of.finding]);
  if (toMs === null)
    return renderAdviceCard(say, of.advice, deps.config(), nowMs, [], failbackOf(deps.verdicts(), of.advice.id));
  return html`<ul class="findings past">${renderAdviceEnd(say, of.advice)}</ul>`;
}

/**
 * Renders a lane for the daemon, one for each mirror, and one for the advice of each upstream. Lanes without items are
 * omitted.
 */
function lanes(deps: ApiDeps, items: readonly TimelineItem[], frame: LaneFrame): Html {
  const { window, say } = frame;
  const lane = (key: string | null, who: string): Html | null => {
    const mine = items.filter((item) => item.lane === key);
    return mine.length === 0 ? null : laneRow(who, mine, frame);
  };
  const groups = viewGroupsOf(deps.config());
  const known = new Set(groups.flatMap((group) => [...group.mirrors.map(({ name }) => name), upstreamKeyOf(group)]));
  const gone = [...new Set(items.flatMap(({ lane: key }) => (key === null || known.has(key) ? [] : [key])))];
  return html`<div class="lanes">${axis(window)}${lane(null, say('timeline.place'))}${groups.map(
    (group) =>
      html`${group.mirrors.map(({ name }) => lane(name, name))}${lane(upstreamKeyOf(group), `${say('timeline.advice')} ${upstreamKeyOf(group)}`)}`,
  )}${gone.map((key) => lane(key, key))}</div>`;
}

interface LaneFrame {
  readonly query: TimelineQuery;
  readonly window: TickSpan;
  readonly nowMs: number;
  readonly vantage: string;
  readonly say: PageSay;
}

/** Renders one lane. Its bars are hidden from screen readers, because the list below the lanes has the same content. */
function laneRow(who: string, items: readonly TimelineItem[], frame: LaneFrame): Html {
  const rows = stacked(items, frame);
  const heightPx = rows.length * rowPx + 4;
  return html`<div class="lane"><span class="who" title="${frame.say('timeline.lane', { who, count: items.length })}">${who}</span><svg width="100%" height="${heightPx}" aria-hidden="true" focusable="false">${grid(frame.window, heightPx)}${rows.map((row, i) => row.map((item) => bar(item, i, frame)))}</svg></div>`;
}

function stacked(items: readonly TimelineItem[], frame: LaneFrame): readonly (readonly TimelineItem[])[] {
  const rows: { endShare: number; items: TimelineItem[] }[] = [];
  for (const item of items.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const { from, length } = sharesOf(item, frame);
    const row = rows.find(({ endShare }) => endShare <= from) ?? { endShare: 0, items: [] };
    if (row.items.length === 0) rows.push(row);
    row.items.push(item);
    row.endShare = from + length;
  }
  return rows.map((row) => row.items);
}

function sharesOf(item: TimelineItem, { window, nowMs }: LaneFrame): { from: number; length: number } {
  const lengthMs = window.toMs - window.fromMs;
  const share = (ms: number): number => Math.min(1, Math.max(0, (ms - window.fromMs) / lengthMs));
  const end = share(item.toMs ?? nowMs);
  const from = Math.min(share(item.fromMs), 1 - leastShare);
  return { from, length: Math.max(leastShare, end - from) };
}

function bar(item: TimelineItem, row: number, frame: LaneFrame): Html {
  const { query, say, vantage, nowMs } = frame;
  const { from, length } = sharesOf(item, frame);
  const y = row * rowPx + 3;
  const isChosen = item.id === query.item;
  const open = item.toMs === null && html`<text x="100%" dx="1" y="${y + 9}" class="open-end">▸</text>`;
  return html`<a href="${timelinePathOf({ ...query, item: item.id })}" tabindex="-1"><rect x="${percent(from)}%" width="${percent(length)}%" y="${y}" height="${rowPx - 4}" rx="2" class="bar-of ${toneOf(item)}${isChosen && ' chosen'}"><title>${formatItem(item, vantage, say)}${say('list.clause')}${short(item.fromMs)}${say('list.clause')}${lasted(item, nowMs, say)}</title></rect>${open}</a>`;
}

function axis(window: TickSpan): Html {
  return html`<div class="lane axis-lane"><span class="who"></span><svg width="100%" height="16" aria-hidden="true" focusable="false">${ticksIn(window).map(({ share, wallMs }, i) => share > 0.04 && share < 0.96 && html`<text x="${percent(share)}%" y="12" class="axis-word tick-word${i % 2 === 1 && ' minor'}">${formatTick(wallMs, window)}</text>`)}</svg></div>`;
}

function grid(window: TickSpan, heightPx: number): Html[] {
  return ticksIn(window).map(
    ({ share }) => html`<line x1="${percent(share)}%" x2="${percent(share)}%" y1="0" y2="${heightPx}" class="tick"/>`,
  );
}

function ticksIn({ fromMs, toMs }: TickSpan): readonly { readonly share: number; readonly wallMs: number }[] {
  return ticksOf({ fromMs, toMs }, 8).map((wallMs) => ({ wallMs, share: (wallMs - fromMs) / (toMs - fromMs) }));
}

function percent(share: number): string {
  return (share * 100).toFixed(2);
}

function list(items: readonly TimelineItem[], count: number, { query, nowMs, vantage, say }: LaneFrame): Html {
  return html`<section aria-labelledby="h-list"><h2 id="h-list">${say('timeline.list')} <span class="count">${count}</span></h2>
<ul class="findings timeline">${items.map(
    (item) =>
      html`<li class="finding ${item.toMs !== null && 'closed'}${item.id === query.item && ' chosen'}"><span class="kind ${toneOf(item)}">${item.kind === 'advice' ? say('timeline.advice') : say(`kind.${item.kind}`)}</span> <a href="${timelinePathOf({ ...query, item: item.id })}"${current(item.id === query.item)}><bdi>${formatItem(item, vantage, say)}</bdi></a>
<span class="muted">${dated(item.fromMs)}${say('list.clause')}${lasted(item, nowMs, say)}</span></li>`,
  )}</ul>${count > items.length && html`<p class="legend">${say('timeline.cut', { count: items.length })}</p>`}</section>`;
}

function toneOf({ kind }: TimelineItem): string {
  return kind === 'advice' ? 'advised' : kind;
}

function lasted({ fromMs, toMs }: TimelineItem, nowMs: number, say: PageSay): string {
  return toMs === null
    ? say('timeline.lasts', { length: span(say, nowMs - fromMs) })
    : say('timeline.lasted', { length: span(say, toMs - fromMs) });
}

const pagesRead = 2;

export interface TimelineQuery {
  readonly range: TrendRange;
  /**
   * The end of the time range, wall milliseconds; `null`: now. But if `item` ended too long ago for a range that ends
   * now, `null` means shortly after the end of `item`.
   */
  readonly untilMs: number | null;
  /** The id of the selected item, `finding-<id>` or `advice-<id>`; `null`: no item is selected. */
  readonly item: string | null;
  readonly mirror: string | null;
}

export function timelinePathOf({ range, untilMs, item, mirror }: TimelineQuery): string {
  const words = new URLSearchParams({ range });
  if (untilMs !== null) words.set('until', new Date(untilMs).toISOString());
  if (mirror !== null) words.set('mirror', mirror);
  if (item !== null) words.set('item', item);
  return `/timeline?${words}${item === null ? '' : '#chosen'}`;
}

interface TimelineItem {
  /** The item's id in page addresses, `finding-<id>` or `advice-<id>`. */
  readonly id: string;
  readonly of:
    | { readonly tag: 'finding'; readonly finding: Finding }
    | { readonly tag: 'advice'; readonly advice: Advice };
  readonly kind: Finding['kind'] | 'advice';
  /**
   * The lane in which the item is drawn: the name of a mirror, or the upstream of an advice; `null`: the daemon's lane.
   */
  readonly lane: string | null;
  readonly registries: readonly string[];
  readonly fromMs: number;
  /** The end of the item, wall milliseconds; `null`: it has not ended. */
  readonly toMs: number | null;
}

/**
 * Lists the open items and the newest of all items. It reads one page of each list, but up to `pagesRead` pages of all
 * findings.
 */
function listTimelineItems(deps: ApiDeps): readonly TimelineItem[] {
  const page = { limit: limits.pageRows, cursor: null };
  const inForce = deps.advice({ ...page, history: false }).items;
  const current = new Set(inForce.map(({ id }) => id));
  const findings = [...findingsOf(deps), ...deps.findings({ ...page, history: false }).items];
  const advice = [...deps.advice({ ...page, history: true }).items, ...inForce];
  const items = [...findings.map(findingItem), ...advice.map((one) => adviceItem(one, current.has(one.id)))];
  return [...new Map(items.map((item) => [item.id, item])).values()].sort((a, b) => b.fromMs - a.fromMs);
}

function findingsOf(deps: ApiDeps): readonly Finding[] {
  const found: Finding[] = [];
  let cursor: string | null = null;
  for (let read = 0; read < pagesRead; read += 1) {
    const { items, next } = deps.findings({ limit: limits.pageRows, cursor, history: true });
    found.push(...items);
    if (next === null) break;
    cursor = next;
  }
  return found;
}

function findingItem(finding: Finding): TimelineItem {
  const { id, kind, registry, openedAtMs, closedAtMs, acknowledged } = finding;
  return {
    id: `finding-${id}`,
    of: { tag: 'finding', finding },
    kind,
    lane: registry,
    registries: registry === null ? [] : [registry],
    fromMs: onsetOf(finding, openedAtMs),
    toMs: finding.state === 'open' ? null : (closedAtMs ?? acknowledged?.atMs ?? null),
  };
}

function adviceItem(advice: Advice, isCurrent: boolean): TimelineItem {
  const { id, from, to, issuedAtMs, settledAtMs, expiresAtMs } = advice;
  return {
    id: `advice-${id}`,
    of: { tag: 'advice', advice },
    kind: 'advice',
    lane: upstreamKeyOf(advice),
    registries: [from, to],
    fromMs: issuedAtMs,
    toMs: isCurrent ? null : (settledAtMs ?? expiresAtMs),
  };
}

export function formatItem({ of }: TimelineItem, vantage: string, say: PageSay): string {
  if (of.tag === 'advice') {
    const { from, to, state, refusal, bypass } = of.advice;
    if (bypass != null && from === to) return bypass;
    const isRefusal = state === 'refused' || (refusal !== null && from === to);
    return isRefusal ? say('timeline.stay', { from }) : say('timeline.move', { from, to });
  }
  const who = of.finding.registry ?? vantage;
  const { finding } = of;
  const key = finding.state === 'closed' ? endTextKeyOf(finding) : findingTextKeyOf(finding, isDisputed(finding));
  return say(key, { who });
}
