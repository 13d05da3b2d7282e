import { type Failback, type Gate, isSlowness } from '../core/advice.ts';
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
import { type TroubleText, troubleTextOf } from './words.ts';

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
  const obstacles = [...listObstacles(view, home, at, weighRuleOf(view, at))];
  const trouble = troubleAt(view, home, at);
  const why = reasonNow(view, home, at, obstacles, trouble);
  if (why !== null) return { registry, earliestAtMs: null, ...messageFor('failback.no', { home: registry, why }) };
  const dismissal = findDismissal(group, { from: at.name, to: registry, cause: 'failback' }, now.wallMs);
  if (dismissal !== null) {
    const { untilMs } = dismissal;
    const values = { home: registry, at: minuteTextOf(untilMs) };
    return { registry, earliestAtMs: untilMs, ...messageFor('failback.dismissed', values) };
  }
  if (obstacles.length === 0) return null;
  const missing = obstacles.map((one) => missingText(view, one, home, at));
  return { registry, earliestAtMs: null, ...messageFor('failback.missing', { home: registry, missing }) };
}

/** What is wrong now; `null`: nothing. */
function reasonNow(
  view: Prepared,
  home: Mirror,
  at: Mirror,
  obstacles: readonly Obstacle[],
  trouble: TroubleText | null,
): Filled | null {
  if (view.vantage.suspect === true) return phrase('ground.us');
  const gate = gateAt(view, home);
  if (!mayBeProposed(gate)) return reasonOfGate(view, home, gate, trouble);
  if (obstacles.length > 0 && trouble?.kind === 'failing') return trouble.text;
  if (obstacles.includes('failing')) return phrase('failback.failing', { home: home.name });
  if (obstacles.includes('slower') && trouble?.kind === 'slow') return trouble.text;
  const prices = obstacles.length > 0 ? undefined : view.head?.pricesOf(home, 'failback', null);
  if (prices === undefined || !isDearer(prices)) return null;
  const costOf = ({ costMs }: Price): string => secondsText((costMs ?? 0) / 1000);
  return phrase('failback.dearer', { at: at.name, here: costOf(prices.from), there: costOf(prices.to) });
}

function gateAt(view: Prepared, home: Mirror): Gate {
  return view.head?.weighed().find(({ mirror }) => mirror === home)?.gate ?? 'unmeasured';
}

/** The trouble of home, as the sentence of advice to leave it would say it; `null`: unknown. */
function troubleAt(view: Prepared, home: Mirror, at: Mirror): TroubleText | null {
  const accepted = view.group.accepted?.advice.cause ?? 'outage';
  const cause = gateAt(view, home) === 'refusal' ? 'refusal' : isSlowness(accepted) ? accepted : 'outage';
  const rest = { findings: [], fromMs: null, stay: null, before: null, prices: null };
  const subject = { cause, at: home, to: at, ...rest };
  return troubleTextOf(subject, view.groundsOf(subject));
}

/** Gates because of failed requests. The others have their reason in the state of the mirror, or are one of `own`. */
const ofFailures: ReadonlySet<Gate> = new Set(['outage', 'refusal', 'certificate', 'in_doubt', 'unmeasured']);
const own: ReadonlySet<Gate> = new Set(['in_doubt', 'no_relay']);

function reasonOfGate(view: View, home: Mirror, gate: Gate, trouble: TroubleText | null): Filled {
  if (ofFailures.has(gate) && trouble?.kind === 'failing') return trouble.text;
  if (gate === 'unmeasured') return phrase('failback.unmeasured', { home: home.name });
  const why = own.has(gate) ? undefined : view.standingOf(home.name)?.why;
  return why ?? phrase(`gate.${gate}`);
}

function missingText(view: View, obstacle: Obstacle, home: Mirror, at: Mirror): Filled {
  switch (obstacle) {
    case 'alert':
      return phrase('failback.alert', { name: view.evidenceOf(home.name)[0]?.alertname ?? '' });
    case 'responses':
      return phrase('failback.responses', { count: countGoodLeft(view.group.contest.health) });
    case 'failing':
      return phrase('failback.failing', { home: home.name });
    case 'slower':
    case 'failures':
    case 'hourly':
      return phrase(`failback.${obstacle}`, { at: at.name });
    case 'wait':
    case 'recent':
    case 'downloads':
    case 'spells':
      return phrase(`failback.${obstacle}`);
    default:
      return obstacle satisfies never;
  }
}
