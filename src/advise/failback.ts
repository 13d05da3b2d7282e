import type { Failback } from '../core/advice.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Filled } from '../core/result.ts';
import { minuteTextOf } from '../core/views.ts';
import { messageFor, phrase } from '../words/tell.ts';
import { countGoodLeft } from './comparison/home.ts';
import { findDismissal, headOf, homeOf } from './group.ts';
import { listObstacles, type Obstacle } from './obstacles.ts';
import { type Prepared, prepareView } from './prepare.ts';
import { isDearer, type Price } from './prices.ts';
import { secondsText } from './time-words.ts';
import type { View } from './view.ts';
import { mayBeProposed, weighRuleOf } from './weigh.ts';

/**
 * Why clients that follow accepted advice are not advised to switch back to home; `null`: they do not follow accepted
 * advice, they use home, another switch is proposed, or the switch back is due now.
 * @see docs/decisions/0210-no-hour-of-a-return.md
 */
export function failbackOf(given: View): Failback | null {
  const { group, now } = given;
  const [home, at] = [homeOf(group), headOf(group)];
  if (group.accepted === null || group.open?.advice.state === 'proposed') return null;
  if (home === null || at === null || home === at) return null;
  const view = prepareView(given);
  const { name: registry } = home;
  const dismissal = findDismissal(group, { from: at.name, to: registry, cause: 'failback' }, now.wallMs);
  if (dismissal !== null) {
    const values = { home: registry, at: minuteTextOf(dismissal.untilMs) };
    return { registry, ...messageFor('failback.dismissed', values) };
  }
  const obstacles = [...listObstacles(view, home, at, weighRuleOf(view, at))];
  const why = reasonNow(view, home, at, obstacles.length === 0);
  if (why !== null) return { registry, ...messageFor('failback.no', { home: registry, why }) };
  if (obstacles.length === 0) return null;
  const missing = obstacles.map((one) => missingText(view, one, home, at));
  return { registry, ...messageFor('failback.missing', { home: registry, missing }) };
}

/** What is wrong now; `null`: nothing. @param isReady  no obstacle is left */
function reasonNow(view: Prepared, home: Mirror, at: Mirror, isReady: boolean): Filled | null {
  if (view.vantage.suspect === true) return phrase('ground.us');
  const gate = view.head?.weighed().find(({ mirror }) => mirror === home)?.gate ?? 'unmeasured';
  if (!mayBeProposed(gate)) {
    const isOwn = gate === 'in_doubt' || gate === 'no_relay' || gate === 'unmeasured';
    return (isOwn ? null : view.standingOf(home.name)?.why) ?? phrase(`gate.${gate}`);
  }
  const prices = isReady ? view.head?.pricesOf(home, 'failback', null) : undefined;
  if (prices === undefined || !isDearer(prices)) return null;
  const costOf = ({ costMs }: Price): string => secondsText((costMs ?? 0) / 1000);
  return phrase('failback.dearer', { at: at.name, here: costOf(prices.from), there: costOf(prices.to) });
}

function missingText(view: View, obstacle: Obstacle, home: Mirror, at: Mirror): Filled {
  switch (obstacle) {
    case 'alert':
      return phrase('failback.alert', { name: view.evidenceOf(home.name)[0]?.alertname ?? '' });
    case 'responses':
      return phrase('failback.responses', { count: countGoodLeft(view.group.contest.health) });
    case 'slower':
    case 'failures':
    case 'hourly':
      return phrase(`failback.${obstacle}`, { at: at.name });
    case 'failing':
    case 'wait':
    case 'recent':
    case 'downloads':
    case 'spells':
      return phrase(`failback.${obstacle}`);
    default:
      return obstacle satisfies never;
  }
}
