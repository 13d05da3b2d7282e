import type { Advice } from '../../core/advice.ts';
import { type Mirror, upstreamNameOf } from '../../core/mirror.ts';
import type { ApiDeps } from '../deps.ts';
import { renderStateBadge, rowIdOf } from './badges.ts';
import { type Html, html, type PageSay } from './html.ts';
import { isAdvised, type ShownState, shownStateOf, shownStates } from './shown-state.ts';

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
