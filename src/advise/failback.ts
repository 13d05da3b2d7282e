import type { Failback } from '../core/advice.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import { minuteTextOf } from '../core/views.ts';
import { messageFor, phrase } from '../words/tell.ts';
import { countGoodLeft } from './comparison/home.ts';
import { findDismissal, headOf, homeOf } from './group.ts';
import { listObstacles } from './obstacles.ts';
import { type Prepared, prepareView } from './prepare.ts';
import { isDearer } from './prices.ts';
import type { View } from './view.ts';
import { mayBeProposed, weighRuleOf } from './weigh.ts';

/**
 * Why clients that follow accepted advice are not advised to switch back to home: the first reason that holds. `null`:
 * they do not follow accepted advice, they use home, another switch is proposed, or the switch back is due now.
 * @see docs/decisions/0210-no-hour-of-a-return.md
 */
export function failbackOf(given: View): Failback | null {
  const { group } = given;
  const [home, at] = [homeOf(group), headOf(group)];
  if (group.accepted === null || group.open?.advice.state === 'proposed') return null;
  if (home === null || at === null || home === at) return null;
  const why = reasonOf(prepareView(given), home, at);
  return why && { registry: home.name, ...messageFor('failback.no', { home: home.name, why }) };
}

function reasonOf(view: Prepared, home: Mirror, at: Mirror): Sentence | null {
  const { group, now } = view;
  const dismissal = findDismissal(group, { from: at.name, to: home.name, cause: 'failback' }, now.wallMs);
  if (dismissal !== null) return phrase('failback.dismissed', { at: minuteTextOf(dismissal.untilMs) });
  if (view.vantage.suspect === true) return phrase('ground.us');
  const gate = view.head?.weighed().find(({ mirror }) => mirror === home)?.gate ?? 'unmeasured';
  if (!mayBeProposed(gate)) {
    const isOwn = gate === 'in_doubt' || gate === 'no_relay' || gate === 'unmeasured';
    return (isOwn ? null : view.standingOf(home.name)?.why) ?? phrase(`gate.${gate}`);
  }
  const [obstacle] = listObstacles(view, home, at, weighRuleOf(view, at));
  if (obstacle === 'responses') return phrase('failback.responses', { count: countGoodLeft(group.contest.health) });
  if (obstacle !== undefined) return phrase(`failback.${obstacle}`, { at: at.name });
  const prices = view.head?.pricesOf(home, 'failback', null);
  return prices !== undefined && isDearer(prices) ? phrase('failback.dearer', { at: at.name }) : null;
}
