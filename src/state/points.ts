import { becauses, type Outcome, type Phase, phases, reasons } from '../core/failure.ts';
import type { PhaseTimes, SamplePoint, SettledSample } from '../core/sample.ts';

/**
 * Outcomes by code (the position in this list). There must be fewer than 128, because the top bit of the code's byte
 * stores `cold`.
 */
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

/** The first size of the buffer, in rows. It doubles when it is full. */
const rowsAtFirst = 4;

/** Byte offsets of the fields in a row. A time has 64 bits, a phase 32. */
const at = { startedAtMs: 0, rttMs: 8, thresholdMs: 16, phases: 24, outcome: 24 + 4 * phases.length } as const;
const rowBytes = at.outcome + 1;
const noBytes = new DataView(new ArrayBuffer(0));
/** Rows store NaN for a value that is `null` or absent. */
const orNaN = (ms: number | null | undefined): number => ms ?? Number.NaN;
const orNull = (ms: number): number | null => (Number.isNaN(ms) ? null : ms);

/**
 * Keeps the last samples of a series, each packed into `rowBytes` bytes. Times of phases keep seven digits. All rows
 * share one buffer, because each buffer needs about 300 bytes in addition.
 */
export class Points {
  readonly #size: number;
  /**
   * The capacity of the buffer in rows. It is 0 until the first sample, because a reload may add thousands of series in
   * one turn.
   */
  #rows = 0;
  #bytes = noBytes;
  #probeIds: (string | null)[] = [];
  /** The row of the buffer with the oldest sample. */
  #from = 0;
  #count = 0;

  /** @param size  the maximum number of samples, at least 1 */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Adds a sample. @param named  this many of the newest samples keep their probe's id; failed samples always keep it
   */
  push(sample: SettledSample, named: number): void {
    if (this.#count === this.#rows && this.#rows < this.#size)
      this.#lay(Math.min(Math.max(rowsAtFirst, 2 * this.#rows), this.#size));
    if (this.#count === this.#rows) {
      this.#from = (this.#from + 1) % this.#rows;
      this.#count -= 1;
    }
    this.#write(this.#rowOf(this.#count), sample);
    this.#count += 1;
    const forgotten = this.#count - 1 - named;
    if (forgotten < 0) return;
    const row = this.#rowOf(forgotten);
    if (this.#outcome(row)?.tag !== 'failed') this.#probeIds[row] = null;
  }

  /** Returns the samples, oldest first. Each call decodes them again. */
  items(): readonly SamplePoint[] {
    return Array.from({ length: this.#count }, (_, place) => this.#read(this.#rowOf(place)));
  }

  /** Returns the start of the newest sample at or before `wallMs`, wall milliseconds; `null`: there is none. */
  lastBy(wallMs: number): number | null {
    for (let place = this.#count - 1; place >= 0; place -= 1) {
      const startedAtMs = this.#bytes.getFloat64(rowBytes * this.#rowOf(place) + at.startedAtMs);
      if (startedAtMs <= wallMs) return startedAtMs;
    }
    return null;
  }

  #rowOf(place: number): number {
    return (this.#from + place) % this.#rows;
  }

  #outcome(row: number): SamplePoint['outcome'] | undefined {
    return outcomes[this.#bytes.getUint8(rowBytes * row + at.outcome) % coldBit];
  }

  #write(row: number, { startedAtMs, rttMs, thresholdMs, phases: took, outcome, cold, due }: SamplePoint): void {
    const [bytes, from] = [this.#bytes, rowBytes * row];
    bytes.setFloat64(from + at.startedAtMs, startedAtMs);
    bytes.setFloat64(from + at.rttMs, orNaN(rttMs));
    bytes.setFloat64(from + at.thresholdMs, orNaN(thresholdMs));
    for (const [place, phase] of phases.entries()) bytes.setFloat32(from + at.phases + 4 * place, orNaN(took[phase]));
    bytes.setUint8(from + at.outcome, (words.get(wordOf(outcome)) ?? 0) + (cold ? coldBit : 0));
    this.#probeIds[row] = due.probeId;
  }

  #read(row: number): SamplePoint {
    const [bytes, from] = [this.#bytes, rowBytes * row];
    return {
      startedAtMs: bytes.getFloat64(from + at.startedAtMs),
      rttMs: orNull(bytes.getFloat64(from + at.rttMs)),
      thresholdMs: orNull(bytes.getFloat64(from + at.thresholdMs)),
      phases: this.#phases(from + at.phases),
      outcome: this.#outcome(row) ?? { tag: 'ok' },
      cold: bytes.getUint8(from + at.outcome) >= coldBit,
      due: { probeId: this.#probeIds[row] ?? null },
    };
  }

  #phases(from: number): PhaseTimes {
    const took: { [P in Phase]?: number } = {};
    for (const [place, phase] of phases.entries()) {
      const ms = this.#bytes.getFloat32(from + 4 * place);
      if (!Number.isNaN(ms)) took[phase] = ms;
    }
    return took;
  }

  #lay(rows: number): void {
    const before = this.items();
    this.#bytes = new DataView(new ArrayBuffer(rowBytes * rows));
    this.#probeIds = Array.from({ length: rows }, () => null);
    this.#rows = rows;
    this.#from = 0;
    for (const [row, point] of before.entries()) this.#write(row, point);
  }
}
