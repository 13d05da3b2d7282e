import { becauses, type Outcome, type Phase, phases, reasons } from '../core/failure.ts';
import type { PhaseTimes, SamplePoint, SettledSample } from '../core/sample.ts';

/** Outcomes by number: ok, then each reason, then each because. Together fewer than 128: the top bit says `cold`. */
const outcomes: readonly SamplePoint['outcome'][] = [
  { tag: 'ok' },
  ...reasons.map((kind) => ({ tag: 'failed', failure: { kind } }) as const),
  ...becauses.map((because) => ({ tag: 'unknown', because }) as const),
];
const coldBit = 128;
const words = new Map(outcomes.map((outcome, number) => [wordOf(outcome), number]));

function wordOf(outcome: SamplePoint['outcome'] | Outcome): string {
  if (outcome.tag === 'ok') return 'ok';
  return outcome.tag === 'failed' ? `failed ${outcome.failure.kind}` : `unknown ${outcome.because}`;
}

/** Rows to begin with; a series that is asked once an hour never has more. */
const rowsAtFirst = 4;

/** Times of a row. */
const perRow = 3;

/** Columns for so many rows. */
interface Columns {
  /** Start, round trip and threshold; NaN: nothing was timed, none was in force. */
  readonly times: Float64Array;
  /** A phase each, in their order; NaN: did not happen. Milliseconds, to seven digits. */
  readonly phases: Float32Array;
  readonly outcomes: Uint8Array;
  readonly probeIds: (string | null)[];
}

function columns(rows: number): Columns {
  return {
    times: new Float64Array(perRow * rows),
    phases: new Float32Array(phases.length * rows),
    outcomes: new Uint8Array(rows),
    probeIds: Array.from({ length: rows }, () => null),
  };
}

/**
 * The last samples of a series in columns: 55 bytes each, where a sample as it came is 1.6 KB. The oldest goes when one more comes.
 */
export class Points {
  readonly #size: number;
  #rows = rowsAtFirst;
  #columns = columns(rowsAtFirst);
  /** Row of the oldest. */
  #from = 0;
  #count = 0;

  /** @param size  how many, at least 1 */
  constructor(size: number) {
    this.#size = size;
    this.#lay(Math.min(rowsAtFirst, size));
  }

  /** @param named  of so many, the newest, the probe's id is kept; of failed ones always */
  push(sample: SettledSample, named: number): void {
    if (this.#count === this.#rows && this.#rows < this.#size) this.#lay(Math.min(2 * this.#rows, this.#size));
    if (this.#count === this.#rows) {
      this.#from = (this.#from + 1) % this.#rows;
      this.#count -= 1;
    }
    this.#write(this.#rowOf(this.#count), sample);
    this.#count += 1;
    const forgotten = this.#count - 1 - named;
    if (forgotten < 0) return;
    const row = this.#rowOf(forgotten);
    if (outcomes[(this.#columns.outcomes[row] ?? 0) % coldBit]?.tag !== 'failed') this.#columns.probeIds[row] = null;
  }

  /** Oldest first; made for whoever asks. */
  items(): readonly SamplePoint[] {
    return Array.from({ length: this.#count }, (_, at) => this.#read(this.#rowOf(at)));
  }

  /** When the newest began that had begun by then, wall milliseconds; `null`: none had. */
  lastBy(wallMs: number): number | null {
    for (let at = this.#count - 1; at >= 0; at -= 1) {
      const startedAtMs = this.#columns.times[perRow * this.#rowOf(at)] ?? 0;
      if (startedAtMs <= wallMs) return startedAtMs;
    }
    return null;
  }

  #rowOf(at: number): number {
    return (this.#from + at) % this.#rows;
  }

  #write(row: number, { startedAtMs, rttMs, thresholdMs, phases: took, outcome, cold, due }: SamplePoint): void {
    const { times, phases: parts, outcomes: numbers, probeIds } = this.#columns;
    times.set([startedAtMs, rttMs ?? Number.NaN, thresholdMs ?? Number.NaN], perRow * row);
    parts.set(
      phases.map((phase) => took[phase] ?? Number.NaN),
      phases.length * row,
    );
    numbers[row] = (words.get(wordOf(outcome)) ?? 0) + (cold ? coldBit : 0);
    probeIds[row] = due.probeId;
  }

  #read(row: number): SamplePoint {
    const { times, phases: parts, outcomes: numbers, probeIds } = this.#columns;
    const [startedAtMs = 0, rttMs = Number.NaN, thresholdMs = Number.NaN] = times.subarray(
      perRow * row,
      perRow * (row + 1),
    );
    const number = numbers[row] ?? 0;
    return {
      startedAtMs,
      rttMs: Number.isNaN(rttMs) ? null : rttMs,
      thresholdMs: Number.isNaN(thresholdMs) ? null : thresholdMs,
      phases: phasesOf(parts.subarray(phases.length * row, phases.length * (row + 1))),
      outcome: outcomes[number % coldBit] ?? { tag: 'ok' },
      cold: number >= coldBit,
      due: { probeId: probeIds[row] ?? null },
    };
  }

  /** Moves everything to columns of so many rows. */
  #lay(rows: number): void {
    const before = this.items();
    this.#columns = columns(rows);
    this.#rows = rows;
    this.#from = 0;
    for (const [row, point] of before.entries()) this.#write(row, point);
  }
}

function phasesOf(parts: Float32Array): PhaseTimes {
  const took: { [P in Phase]?: number } = {};
  for (const [at, phase] of phases.entries()) {
    const ms = parts[at] ?? Number.NaN;
    if (!Number.isNaN(ms)) took[phase] = ms;
  }
  return took;
}
