import type { NoAdvice } from '../core/advice.ts';
import { quantileOf } from '../core/statistics.ts';
import { messageFor } from '../words/tell.ts';
import { troubleOf } from './cause.ts';
import { isPassedOver } from './chain.ts';
import { choose } from './comparison/choose.ts';
import { isOfTime } from './comparison/pair.ts';
import { advisedChainOf, headOf, isSwitchDismissed } from './group.ts';
import type { View } from './view.ts';
import { listCandidates, weighRuleOf } from './weigh.ts';
import { secondsText } from './words.ts';

/**
 * The head if it is down, all its last light requests failed, clients try the next mirror (`isPassedOver`), and no
 * advice is open; else `null`.
 */
export function passedOverIn(view: View): NoAdvice | null {
  const { group } = view;
  const at = headOf(group);
  if (at === null || group.open !== null || !isPassedOver(advisedChainOf(group))) return null;
  if (view.standingOf(at.name)?.state !== 'down') return null;
  const tally = view.tallyOf(at.name);
  const trouble = troubleOf(tally);
  if (trouble?.kind !== 'all') return null;
  const failed = tally.samples.light.filter(({ atMs }) => atMs >= trouble.row.fromMs);
  const lostMs = quantileOf(
    failed.map(({ tookMs }) => tookMs),
    0.5,
  );
  if (lostMs === null) return null;
  const of = { ecosystem: group.kind.id, upstream: group.upstream, registry: at.name };
  return { ...of, ...messageFor('advice.passedOver', { from: at.name, time: secondsText(lostMs / 1000) }) };
}

/**
 * The head if it is slow, but clients leave it only once the slowness has lasted `advise.hold`, and no advice is open;
 * else `null`.
 * @see docs/decisions/0166-slow-spells.md
 */
export function waitingIn(view: View): NoAdvice | null {
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
