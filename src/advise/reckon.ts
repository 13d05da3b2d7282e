import type { Advice } from '../core/advice.ts';
import type { Message } from '../core/result.ts';
import { causeNowOf, isGone } from './cause-now.ts';
import { isFaster } from './comparison/rank.ts';
import type { Subject } from './grounds.ts';
import type { Prepared } from './prepare.ts';
import { mayBeProposed } from './weigh.ts';
import { adviceReasonOf } from './words.ts';

/** What the measurements say now about an advice. */
interface Reckoned extends Required<Pick<Advice, 'phase' | 'overAtMs' | 'newClients' | 'causeNow'>> {
  /** The reason of the advice; `null`: too little is measured to state one. */
  readonly message: Message | null;
  /**
   * From when on responses show whether the cause lasts, monotonic milliseconds: the start of the evidence, or now, if the
   * newest responses do not show what the test found; `null`: not known.
   */
  readonly fromMs: number | null;
}

/** @param before  the advice to update; absent: this is a new decision */
export function reckon(view: Prepared, subject: Subject, before?: Advice): Reckoned {
  const on = view.groundsOf(subject);
  const now = causeNowOf(subject, on);
  const isOver = now !== null && subject.to !== null && isGone(now) && !on.isRepeating;
  const wasUsual = before?.phase === 'over' && before.newClients === 'usual';
  const isUsual = subject.stay?.kind === 'refuse' || (isOver && (wasUsual || isUsualAgain(view, subject)));
  const newClients = isUsual ? 'usual' : 'advised';
  return {
    phase: isOver ? 'over' : 'active',
    overAtMs: isOver ? (before?.overAtMs ?? view.now.wallMs) : null,
    newClients,
    causeNow: now?.kind ?? null,
    message: adviceReasonOf(subject, on, now, newClients),
    fromMs: on.apart !== null && on.apart === subject.tested ? view.now.monotonicMs : subject.fromMs,
  };
}

/**
 * True if a client that has not switched should not switch now: the mirror to leave works again, and a fetch there costs
 * at most `advise.minGain` more than at the advised one. The costs contain recent failures, which may recur.
 */
function isUsualAgain(view: Prepared, { at, to }: Subject): boolean {
  const weighed = view.head?.weighed() ?? [];
  const [here, there] = [at, to].map((mirror) => weighed.find((one) => one.mirror === mirror));
  if (here === undefined || !mayBeProposed(here.gate) || !view.isGoodNow(at.name) || here.scoreMs === null)
    return false;
  return there?.scoreMs == null || !isFaster(here.scoreMs, there.scoreMs, view.config.advise.minGain);
}
