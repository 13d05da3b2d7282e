import type { AdviceChange } from '../core/advice.ts';
import type { FindingChange } from '../core/finding.ts';
import type { DeliveryOutcome } from '../core/notice.ts';
import type { Row, Table } from '../core/ports.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Transcript } from '../core/transcript.ts';
import type { DetectTurn } from '../detect/detector.ts';

/** A settled sample with the transcript that it was measured from. */
export interface Settled {
  readonly sample: SettledSample;
  readonly transcript: Transcript;
}

/** The changes of one turn of the loop: committed in one transaction, then shown and sent. */
export interface News {
  readonly settled: Settled[];
  readonly findings: FindingChange[];
  readonly advice: AdviceChange[];
  readonly regressions: DetectTurn['regressions'][number][];
  readonly propagations: DetectTurn['propagations'][number][];
  readonly rows: Row[];
  readonly deletes: { readonly table: Table; readonly key: string }[];
  readonly outcomes: { readonly receiver: string; readonly outcome: DeliveryOutcome }[];
}

/** A turn without changes. */
export function noNews(): News {
  return {
    settled: [],
    findings: [],
    advice: [],
    regressions: [],
    propagations: [],
    rows: [],
    deletes: [],
    outcomes: [],
  };
}

/** Adds a stage's result to the turn's changes, and starts what it requested. */
export interface Absorb {
  detect(turn: DetectTurn): void;
  advise(change: {
    readonly changes: readonly AdviceChange[];
    readonly rows: readonly Row[];
    readonly deletes: readonly News['deletes'][number][];
  }): void;
  notify(change: {
    readonly rows: readonly Row[];
    readonly deletes: readonly News['deletes'][number][];
    readonly outcomes: readonly News['outcomes'][number][];
  }): void;
}
