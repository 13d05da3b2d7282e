import { limits } from '../../core/limits.ts';

/** One answer, or its absence, as the line saw it. Monotonic milliseconds. */
export interface Mark {
  readonly atMs: number;
  readonly answered: boolean;
}

/** What the line to one mirror showed. */
export interface Line {
  /** When the last probe began that got any HTTP answer, monotonic milliseconds. */
  answeredFromMs: number | null;
  /** Its answers and silences of the last two minutes. */
  marks: readonly Mark[];
  /** Where it was last reached. */
  address: string | null;
}

/** Marks kept of one mirror or control: more than a round of a second a piece makes in the window. */
const marksKept = 240;
/** From this share of silent answers on a unit fails partly. */
const partlyShare = 0.05;
/** Answers after silence, over all units, before anything is said: less is a blip of each. */
const recoveriesMin = 4;
const controlMarksMin = 4;

/** The marks with one more, without those that are over two minutes old. */
export function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const fromMs = mark.atMs - limits.vantageReviewMs;
  return [...marks.filter(({ atMs }) => atMs >= fromMs), mark].slice(-marksKept);
}

/** How one independent unit did over the last two minutes. */
export interface Loss {
  readonly answers: number;
  readonly silent: number;
  /** Answers that came right after silence: what is simply dead has none. */
  readonly recoveries: number;
}

/** Sums the marks of the members of one unit. */
export function lossOf(members: readonly (readonly Mark[])[], nowMs: number): Loss {
  let [answers, silent, recoveries] = [0, 0, 0];
  for (const marks of members) {
    let wasSilent = false;
    for (const { atMs, answered } of marks) {
      if (atMs < nowMs - limits.vantageReviewMs) continue;
      if (answered) answers += 1;
      else silent += 1;
      if (answered && wasSilent) recoveries += 1;
      wasSilent = !answered;
    }
  }
  return { answers, silent, recoveries };
}

/**
 * True where our own line loses some of everything: at least two thirds of two or more independent units fail partly
 * (5 % or more of their answers, and answer in between), or half of what the controls were asked stayed unanswered, now
 * and then. What fails for good is no loss: one dead mirror beside well ones is them.
 * @param units     mirrors joined by host and prefix, also those in outage: a lossy line makes some
 * @param controls  those that have answered since the start
 * @see docs/decisions/0009-them-or-us.md
 */
export function isLossy(units: readonly Loss[], controls: readonly Loss[]): boolean {
  // What answered nothing is dead, or was not asked: it says nothing of a loss.
  const all = [...units, ...controls].filter(({ answers }) => answers > 0);
  const partly = all.filter(isPartly);
  const recoveries = partly.reduce((sum, one) => sum + one.recoveries, 0);
  if (all.length >= 2 && partly.length * 3 >= all.length * 2 && recoveries >= recoveriesMin) return true;
  const asked = controls.reduce((sum, { answers, silent }) => sum + answers + silent, 0);
  const lost = controls.reduce((sum, { silent }) => sum + silent, 0);
  return asked >= controlMarksMin && lost * 2 >= asked && controls.some(isPartly) && units.some(isPartly);
}

function isPartly({ answers, silent, recoveries }: Loss): boolean {
  return recoveries > 0 && silent >= partlyShare * (answers + silent);
}
