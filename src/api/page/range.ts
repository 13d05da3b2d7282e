import type { Mirror } from '../../core/mirror.ts';
import { type TrendRange, trendGrids, trendRanges } from '../../core/trend.ts';
import type { ApiDeps } from '../deps.ts';
import { type Html, html, type PageSay } from './html.ts';

const lasts = {
  hour: 'range.lastHour',
  day: 'range.lastDay',
  week: 'range.lastWeek',
} as const satisfies Record<TrendRange, string>;

export function rangeOf(query: unknown, otherwise: TrendRange = 'day'): TrendRange {
  return trendRanges.find((one) => one === query) ?? otherwise;
}

/**
 * Returns the default time range of a history page: `hour` if no mirror's history is longer than an hour, else `day`;
 * also `day` if there is no history.
 */
export function chooseRange(deps: Pick<ApiDeps, 'trend'>, mirrors: readonly Mirror[]): TrendRange {
  const known = mirrors.flatMap(({ name }) => {
    const trend = deps.trend(name, 'day');
    const first = trend?.cells[0];
    return trend === null || first === undefined ? [] : [trend.toMs - first.startMs];
  });
  return known.length > 0 && Math.max(...known) <= lengthOf('hour') ? 'hour' : 'day';
}

export function lengthOf(range: TrendRange): number {
  return trendGrids[range].cellMs * trendGrids[range].cells;
}

export function formatRange(range: TrendRange, say: PageSay): string {
  return say(lasts[range]);
}

export function renderRangeNav(shown: TrendRange, say: PageSay, pathOf: (range: TrendRange) => string): Html {
  return html`<nav class="choice" aria-label="${say('range.choose')}">${trendRanges.map((range) => html`<a href="${pathOf(range)}"${current(range === shown)}>${say(`range.${range}`)}</a>`)}</nav>`;
}

export function current(isShown: boolean): Html | null {
  return isShown ? html` aria-current="true"` : null;
}
