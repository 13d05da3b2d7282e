import type { Declined, RecheckOrder } from '../../core/due.ts';
import type { FindingChange } from '../../core/finding.ts';
import type { Target } from '../../core/mirror.ts';
import type { Row, Table } from '../../core/ports.ts';
import type { SettledSample } from '../../core/sample.ts';
import type { HttpProtocol } from '../../core/transcript.ts';

/** The concurrent probes of a round (one moment), which start together now. */
export interface RoundRequest {
  readonly id: string;
  readonly moment: number;
  /** The probes of mirrors, over fresh connections. */
  readonly dues: readonly { readonly target: Target; readonly timeoutMs: number }[];
  readonly controls: readonly { readonly name: string; readonly timeoutMs: number }[];
}

/** A probe that is not judged. `family`: the address family that it must use; `null`: as usual. */
export interface Peek {
  readonly target: Target;
  readonly family: 4 | 6 | null;
  /** The HTTP version that the probe must use; absent: as usual. */
  readonly protocol?: HttpProtocol;
  /** The recheck order that this probe carries out; absent: no order caused it. */
  readonly order?: RecheckOrder;
}

export class TurnDraft {
  readonly settled: SettledSample[] = [];
  readonly findings: FindingChange[] = [];
  readonly rounds: RoundRequest[] = [];
  /** Targets to probe again over a fresh connection. */
  readonly rechecks: Target[] = [];
  readonly peeks: Peek[] = [];
  readonly declined: Declined[] = [];
  readonly doubt: { readonly registry: string; readonly on: boolean }[] = [];
  /** Mirrors whose contents returned to an earlier state, once per response. */
  readonly regressions: string[] = [];
  /** Releases that reached a mirror. `seconds`: how long after the origin; 0 if the mirror was first. */
  readonly propagations: { readonly registry: string; readonly seconds: number }[] = [];
  /** Versions that a mirror withdrew. `seconds`: how long after the origin. */
  readonly withdrawals: { readonly registry: string; readonly seconds: number }[] = [];
  readonly rows: Row[] = [];
  readonly deletes: { readonly table: Table; readonly key: string }[] = [];
  /** The fraction of scheduled probes to skip because this machine is overloaded, 0 to 1. */
  shed: number = 0;
  /** When to call `tick` at the latest, monotonic milliseconds; `null`: the usual interval of one second is enough. */
  wakeAtMs: number | null = null;
}

/** The result of one call of the detector: what the caller passes on, starts and stores. */
export type DetectTurn = Readonly<TurnDraft>;
