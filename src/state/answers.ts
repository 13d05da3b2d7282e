import type { ControlAnswer } from '../core/due.ts';
import type { Stretch, Told } from '../core/history.ts';
import { limits } from '../core/limits.ts';
import type { Now, Row } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import { type AnswerCoder, newAnswerRow } from './answer-code.ts';

/**
 * The input of the judge for table `answer`, the history of `mirrorwatch replay`. Responses of a few minutes share one
 * row, which is rewritten while it grows: with every other commit of a turn, so that no decision is stored without its
 * basis, else every few seconds.
 */
export interface Answers {
  probed(sample: Sample, now: Now): void;
  control(answer: ControlAnswer, isRound: boolean, now: Now): void;
  /** The process was suspended or a clock jumped; monotonic milliseconds. */
  gap(fromMs: number, toMs: number, now: Now): void;
  told(told: Told, now: Now): void;
  /** After a reload. */
  judgedBy(settings: string): void;
  /** The rows to write now. `isDue`: the turn commits something else, or is the last. Empty without news. */
  rows(now: Now, isDue: boolean): readonly Row[];
}

/** @param settings  a fingerprint of the settings that affect judging */
export function createAnswers(life: Stretch['life'], settings: string): Answers {
  let by = settings;
  let open: { readonly key: string; readonly startedAt: Now; readonly coder: AnswerCoder } | null = null;
  let count = 0;
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  const dirty = new Map<string, Row>();

  function write(now: Now, act: (to: AnswerCoder) => void): void {
    const isOld = open !== null && now.monotonicMs - open.startedAt.monotonicMs >= limits.answerRowMs;
    if (open === null || isOld || open.coder.chars() >= limits.answerRowChars) {
      count += 1;
      const key = `${life.id}-${count.toString(36).padStart(6, '0')}`;
      open = { key, startedAt: now, coder: newAnswerRow(life, by, now) };
    }
    act(open.coder);
    const { key, startedAt, coder } = open;
    dirty.set(key, { table: 'answer', key, atMs: startedAt.wallMs, value: coder.row });
  }

  return {
    probed: (sample, now) => write(now, (to) => to.probed(sample, now)),
    control: (answer, isRound, now) => write(now, (to) => to.control(answer, isRound, now)),
    gap(fromMs, toMs, now) {
      write(now, (to) => to.gap(fromMs, toMs, now));
      // Later entries refer to the current clocks.
      open = null;
    },
    told: (told, now) => write(now, (to) => to.told(told, now)),
    judgedBy(next) {
      if (next !== by) open = null;
      by = next;
    },
    rows(now, isDue) {
      if (dirty.size === 0 || !(isDue || now.monotonicMs - writtenAtMs >= limits.answerWriteMs)) return [];
      writtenAtMs = now.monotonicMs;
      const rows = [...dirty.values()];
      dirty.clear();
      return rows;
    },
  };
}
