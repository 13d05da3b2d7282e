import type { NoAdvice, NoAdviceLists } from '../core/advice.ts';
import { quantileOf } from '../core/statistics.ts';
import { minuteTextOf } from '../core/views.ts';
import { messageFor, phrase } from '../words/tell.ts';
import { choose } from './comparison/choose.ts';
import { isOfTime } from './comparison/pair.ts';
import { decide } from './decide.ts';
import { findDismissal, headOf, isSwitchDismissed } from './group.ts';
import { prepareView } from './prepare.ts';
import { secondsText } from './time-words.ts';
import { passedOverFromMs } from './trouble.ts';
import type { View } from './view.ts';
import { listCandidates, weighRuleOf } from './weigh.ts';

/** @param views  one for each group of mirrors */
export function listNoAdvice(views: readonly View[]): NoAdviceLists {
  const listBy = (find: (view: View) => NoAdvice | null) => views.flatMap((view) => find(view) ?? []);
  return { passedOver: listBy(passedOverIn), waiting: listBy(waitingIn), dismissed: listBy(dismissedIn) };
}

/**
 * The head if it is down, all its last light requests failed, clients try the next mirror (`isPassedOver`), and no
 * advice is open; else `null`.
 */
function passedOverIn(view: View): NoAdvice | null {
  const { group } = view;
  const at = headOf(group);
  const fromMs = at === null || group.open !== null ? null : passedOverFromMs(view, at);
  if (at === null || fromMs === null) return null;
  const failed = view.tallyOf(at.name).samples.light.filter(({ atMs }) => atMs >= fromMs);
  const lostMs = quantileOf(
    failed.map(({ tookMs }) => tookMs),
    0.5,
  );
  if (lostMs === null) return null;
  const of = { ecosystem: group.kind.id, upstream: group.upstream, registry: at.name };
  return { ...of, ...messageFor('advice.passedOver', { from: at.name, time: secondsText(lostMs / 1000) }) };
}

/**
 * The head if it has a fault now, an operator dismissed the switch away from it for this cause, and no advice is open;
 * else `null`.
 */
function dismissedIn(view: View): NoAdvice | null {
  const { group, now } = view;
  const at = headOf(group);
  if (at === null || group.open !== null || !isSwitchDismissed(group, at.name, now.wallMs)) return null;
  const prepared = prepareView({ ...view, group: { ...group, muted: [] } });
  const decision = decide(prepared);
  const move = decision.kind === 'move' ? decision : null;
  // The evidence for a move starts anew when advice ends, so after the dismissal only the findings show the cause.
  const cause = move === null ? prepared.causesOf(at).gravest?.kind : move.cause;
  if (cause === undefined) return null;
  const muted = findDismissal(group, { from: at.name, to: move?.to.mirror.name, cause }, now.wallMs);
  if (muted === null || muted.cause === 'failback' || muted.to === at.name) return null;
  const of = { ecosystem: group.kind.id, upstream: group.upstream, registry: at.name };
  const why = phrase(`advice.cause.${muted.cause}`, { from: at.name });
  const until = minuteTextOf(muted.untilMs);
  return { ...of, ...messageFor('advice.muted', { from: at.name, to: muted.to, until, why }) };
}

/**
 * The head if it is slow, but clients leave it only once the slowness has lasted `advise.hold`, and no advice is open;
 * else `null`.
 * @see docs/decisions/0166-slow-spells.md
 */
function waitingIn(view: View): NoAdvice | null {
  const { group, now } = view;
  const at = headOf(group);
  if (at === null || group.open !== null || isSwitchDismissed(group, at.name, now.wallMs)) return null;
  const rule = weighRuleOf(view, at);
  if (rule.slowForMs === 0) return null;
  const names = listCandidates(view, at).map(({ name }) => name);
  const soon = choose(group.contest, names, { ...rule, slowForMs: 0 });
  if (soon === null || !isOfTime(soon.alarm) || choose(group.contest, names, rule) !== null) return null;
  const of = { ecosystem: group.kind.id, upstream: group.upstream, registry: at.name };
  const words = { from: at.name, hold: secondsText(rule.slowForMs / 1000) };
  return { ...of, ...messageFor('advice.waiting', words) };
}
