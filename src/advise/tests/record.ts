/** What one possible head did in one moment, through the chain it would give. */
export interface Outcome {
  /** When this head's own answer of the moment came, monotonic milliseconds. */
  readonly atMs: number;
  /** The time of a good walk, milliseconds; meaningless where `bad`. */
  readonly tookMs: number;
  readonly bad: boolean;
  readonly isHeavy: boolean;
  /** Where it was bad because we gave it up early: how likely that is by chance, 0 to 1; else 0. */
  readonly late: number;
}

/** Failures are remembered this long for how reliable a head is, and times. Milliseconds. */
export const windowMs = 30 * 60_000;
/** Outcomes kept of one head: more than half an hour of rounds at one a second is never needed. */
export const kept = 1_200;
/** Heavy answers are rare: so many of the last are looked at, whatever their age. */
const heavyKept = 8;

const slowMemory = 1 / 400;
const fastMemory = 0.12;

/** What was given up early and may have been late more often than this counts neither as failed nor as answered. */
export const lateMax = 0.005;

/** Outcomes of one question at its pace, kept for how often it fails. */
const keptOfQuestion = 64;
const questionsKept = 400;

/** What is remembered of one possible head: plain data, bounded, oldest first. */
export interface HeadRecord {
  /** Light outcomes at their own pace, by question: what was asked more often than others tells no more of a build. */
  readonly questions: Map<string, Outcome[]>;
  light: Outcome[];
  heavy: Outcome[];
  /** Shares of bad outcomes, forgetting slowly and fast; scheduled moments alone feed the slow one. */
  slowRate: number;
  fastRate: number;
  /** Scheduled outcomes that failed by themselves, not in a row, and all of them: its background over the long run. */
  readonly background: { bad: number; all: number; row: number };
  last: Outcome | null;
  lastHeavy: Outcome | null;
}

/** A head that has not answered. */
export function newRecord(): HeadRecord {
  const background = { bad: 0, all: 0, row: 0 };
  return {
    questions: new Map(),
    light: [],
    heavy: [],
    slowRate: 0,
    fastRate: 0,
    background,
    last: null,
    lastHeavy: null,
  };
}

/** Takes in one outcome. `isScheduled`: of a round at its pace, which alone says how often it usually fails. */
export function recordOutcome(record: HeadRecord, question: string, outcome: Outcome, isScheduled: boolean): void {
  if (isScheduled && !outcome.isHeavy) noteQuestion(record, question, outcome);
  const bad = outcome.bad ? 1 : 0;
  if (isScheduled) {
    record.slowRate += slowMemory * (bad - record.slowRate);
    noteBackground(record.background, outcome.bad);
  }
  record.fastRate += fastMemory * (bad - record.fastRate);
  record.last = outcome;
  if (outcome.isHeavy) {
    record.lastHeavy = outcome;
    record.heavy.push(outcome);
    if (record.heavy.length > heavyKept) record.heavy.shift();
    return;
  }
  record.light.push(outcome);
  if (record.light.length > 2 * kept) record.light.splice(0, record.light.length - kept);
}

/** More failures in a row are trouble, and no background. */
const backgroundRow = 2;
/** Outcomes after which the older half is forgotten: about a day and a half of them. */
const backgroundKept = 8_000;

function noteBackground(background: HeadRecord['background'], isBad: boolean): void {
  if (isBad) {
    background.row += 1;
    return;
  }
  if (background.row <= backgroundRow) {
    background.bad += background.row;
    background.all += background.row;
  }
  background.row = 0;
  background.all += 1;
  if (background.all < backgroundKept) return;
  background.bad /= 2;
  background.all /= 2;
}

function noteQuestion(record: HeadRecord, question: string, outcome: Outcome): void {
  const known = record.questions.get(question);
  if (known === undefined) {
    if (record.questions.size < questionsKept) record.questions.set(question, [outcome]);
    return;
  }
  known.push(outcome);
  if (known.length > 2 * keptOfQuestion) known.splice(0, known.length - keptOfQuestion);
}

/** Good downloads that follow a bad one before it is over. */
const heavyClean = 4;

/**
 * True where no download failed lately, or enough came well since: one, where the last to fail belonged to a trouble that
 * has ended.
 * @param troubledMs  when that trouble was seen last, monotonic milliseconds
 */
export function isHeavyClean(record: HeadRecord, troubledMs: number): boolean {
  const { heavy } = record;
  const lastBad = heavy.findLastIndex((one) => one.bad);
  if (lastBad < 0) return true;
  const isOfTrouble = (heavy[lastBad]?.atMs ?? 0) <= troubledMs;
  return heavy.length - 1 - lastBad >= (isOfTrouble ? 1 : heavyClean);
}

/** Mean of the good times since a time, of heavy steps of the last few whatever their age; `null` without any. Milliseconds. */
export function meanMsFrom(record: HeadRecord, weight: 'light' | 'heavy', fromMs: number): number | null {
  const outcomes = record[weight];
  let count = 0;
  let sum = 0;
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const one = outcomes[i];
    if (one === undefined || (weight === 'light' && one.atMs < fromMs)) break;
    if (one.bad) continue;
    count += 1;
    sum += one.tookMs;
  }
  return count === 0 ? null : sum / count;
}
