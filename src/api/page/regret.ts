import type { LookedBack } from '../../core/advice.ts';
import { type Html, html } from './html.ts';
import type { PageSay } from './say.ts';

const monthsShown = 12;

interface Month {
  readonly name: string;
  readonly moves: number;
  readonly regretted: number;
}

/** Looked-back moves by month (UTC), the newest first, a year at most; months without any are left out. */
export function regretByMonth(all: readonly LookedBack[]): readonly Month[] {
  const months = new Map<string, Month>();
  for (const { atMs, isRegret } of all) {
    const name = new Date(atMs).toISOString().slice(0, 7);
    const { moves, regretted } = months.get(name) ?? { moves: 0, regretted: 0 };
    months.set(name, { name, moves: moves + 1, regretted: regretted + (isRegret ? 1 : 0) });
  }
  return [...months.values()].sort((a, b) => (a.name < b.name ? 1 : -1)).slice(0, monthsShown);
}

/** How often an accepted advice was regretted, by month; `null` where none was looked back at yet. */
export function regret(say: PageSay, all: readonly LookedBack[]): Html | null {
  const months = regretByMonth(all);
  if (months.length === 0) return null;
  return html`<section aria-labelledby="h-regret"><h2 id="h-regret">${say('regret.title')}</h2>
<p class="legend">${say('regret.legend')}</p>
<ul class="findings past">${months.map(({ name, moves, regretted }) => html`<li class="finding closed"><span class="kind">${name}</span> <span class="said">${say('regret.month', { regretted, moves })}</span></li>`)}</ul>
</section>`;
}
