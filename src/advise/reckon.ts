import type { Advice } from '../core/advice.ts';
import type { Message } from '../core/result.ts';
import { causeNowOf, isCauseOver } from './cause-now.ts';
import type { Subject } from './grounds.ts';
import type { Prepared } from './prepare.ts';
import { adviceReasonOf } from './words.ts';

/** What the measurements say now about the cause of an advice, and its phase. */
interface Reckoned extends Required<Pick<Advice, 'phase' | 'overAtMs' | 'causeNow'>> {
  /** The reason of the advice; `null`: too little is measured to state one. */
  readonly message: Message | null;
}

export function reckon(view: Prepared, subject: Subject): Reckoned {
  const on = view.groundsOf(subject);
  const now = causeNowOf(subject, on);
  const isOver = now !== null && subject.to !== null && isCauseOver(now, on);
  return {
    phase: isOver ? 'over' : 'active',
    overAtMs: isOver ? view.now.wallMs : null,
    causeNow: now?.kind ?? null,
    message: adviceReasonOf(subject, on, now),
  };
}
