import type { Mirror } from '../../core/mirror.ts';
import { type TrendRange, trendGrids, trendRanges } from '../../core/trend.ts';
import type { ApiDeps } from '../deps.ts';
import { type Html, html, type PageSay } from './html.ts';

const lasts = {
  hour: 'range.lastHour',
  day: 'range.lastDay',
  week: 'range.lastWeek',
} as const satisfies Record<TrendRange, string>;

/** The range of a query; `otherwise` for an unknown one. */
export function rangeOf(query: unknown, otherwise: TrendRange = 'day'): TrendRange {
  return trendRanges.find((one) => one === query) ?? otherwise;
}

/** The default range of a history page: an hour while the history of the mirrors is not longer, else a day. */
export function chooseRange(deps: Pick<ApiDeps, 'trend'>, mirrors: readonly Mirror[]): TrendRange {
  const known = mirrors.flatMap(({ name }) => {
    const trend = deps.trend(name, 'day');
    const first = trend?.cells[0];
    return trend === null || first === undefined ? [] : [trend.toMs - first.startMs];
  });
  return known.length > 0 && Math.max(...known) <= lengthOf('hour') ? 'hour' : 'day';
}

/** The length of a range, milliseconds. */
export function lengthOf(range: TrendRange): number {
  return trendGrids[range].cellMs * trendGrids[range].cells;
}

/** The name of a range: `the last day`. */
export function formatRange(range: TrendRange, say: PageSay): string {
  return say(lasts[range]);
}

/** Links to all ranges; the current one is marked. @param pathOf  the address of each */
export function renderRangeNav(shown: TrendRange, say: PageSay, pathOf: (range: TrendRange) => string): Html {
  return html`<nav class="choice" aria-label="${say('range.choose')}">${trendRanges.map((range) => html`<a href="${pathOf(range)}"${current(range === shown)}>${say(`range.${range}`)}</a>`)}</nav>`;
}

/** Marks the link to the current page. */
export function current(isShown: boolean): Html | null {
  return isShown ? html` aria-current="true"` : null;
}
