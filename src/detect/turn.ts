import type { FindingChange } from '../core/finding.ts';
import type { Target } from '../core/mirror.ts';
import type { Row, Table } from '../core/ports.ts';
import type { SettledSample } from '../core/sample.ts';
import type { HttpProtocol } from '../core/transcript.ts';

/** Probes of one moment of a confirming round, to start now. */
export interface RoundAsk {
  readonly id: string;
  /** Counts from 0 within the round. */
  readonly moment: number;
  /** One question to each mirror, or the canaries, over a fresh connection; `timeoutMs` is each one's deadline. */
  readonly dues: readonly { readonly target: Target; readonly timeoutMs: number }[];
  readonly controls: readonly { readonly name: string; readonly timeoutMs: number }[];
}

/** A probe that is not judged; `family`: the address family to use, `null`: as usual. */
export interface Peek {
  readonly target: Target;
  readonly family: 4 | 6 | null;
  /** The HTTP version to use; absent: as usual. */
  readonly protocol?: HttpProtocol;
}

/** A turn under construction. */
export class TurnDraft {
  /** Each sample once, in the order of settling, confirming ones too. */
  readonly settled: SettledSample[] = [];
  readonly findings: FindingChange[] = [];
  readonly rounds: RoundAsk[] = [];
  /** Targets to probe again over a fresh connection. */
  readonly rechecks: Target[] = [];
  /** First bytes of artifacts, and light probes over another address family or HTTP version. */
  readonly peeks: Peek[] = [];
  /** Mirrors whose doubt started or ended, in order. */
  readonly doubt: { readonly registry: string; readonly on: boolean }[] = [];
  /** Mirrors whose contents regressed, once per such response. */
  readonly regressions: string[] = [];
  /** Releases that reached a mirror, with their delay after the origin. */
  readonly propagations: { readonly registry: string; readonly seconds: number }[] = [];
  /** Rows of table `detector`, `finding` or `seen`. */
  readonly rows: Row[] = [];
  readonly deletes: { readonly table: Table; readonly key: string }[] = [];
  /** Share of load to shed, 0 (none) to 1. */
  shed: number = 0;
  /** Monotonic time of the next `tick` at the latest; `null`: the usual second is enough. */
  wakeAtMs: number | null = null;
}

/** The result of one call: what to pass on, to start, and to commit in one transaction. */
export type DetectTurn = Readonly<TurnDraft>;
