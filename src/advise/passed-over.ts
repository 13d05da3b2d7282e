import type { PassedOver } from '../core/advice.ts';
import { quantileOf } from '../core/statistics.ts';
import { messageFor } from '../words/tell.ts';
import { troubleOf } from './cause.ts';
import { advisedChainOf, headOf } from './group.ts';
import type { View } from './view.ts';
import { secondsText } from './words.ts';

/**
 * The head if it is down, all its last light requests failed, the separator `|` lets clients try the next member of the
 * chain, and no advice is open; else `null`.
 */
export function passedOverIn(view: View): PassedOver | null {
  const { group } = view;
  const at = headOf(group);
  if (at === null || group.open !== null || advisedChainOf(group)?.separators[0] !== '|') return null;
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
