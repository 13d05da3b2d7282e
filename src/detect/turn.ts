import type { ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { ControlAnswer, LookOrder, Skipped } from '../core/due.ts';
import type { Finding, FindingChange } from '../core/finding.ts';
import type { Connection, Step, Target } from '../core/mirror.ts';
import type { Now, Row, Table } from '../core/ports.ts';
import type { Sample, SettledSample } from '../core/sample.ts';
import type { Freshness, Standing, VantageStanding } from '../core/standing.ts';
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

/** The result of one call: what to pass on, to start, and to commit in one transaction. */
export interface DetectTurn {
  /** Each sample once, in the order of settling, confirming ones too. */
  readonly settled: readonly SettledSample[];
  readonly findings: readonly FindingChange[];
  readonly rounds: readonly RoundAsk[];
  /** After a first wrong hash: probe again over a fresh connection. */
  readonly rechecks: readonly Target[];
  /** First bytes of artifacts, or canaries over an address family that failed. */
  readonly peeks: readonly Peek[];
  /** Mirrors whose doubt started or ended, in order. */
  readonly doubt: readonly { readonly registry: string; readonly on: boolean }[];
  /** Mirrors whose contents regressed, once per such response. */
  readonly regressions: readonly string[];
  /** Releases that reached a mirror, with their delay after the origin. */
  readonly propagations: readonly { readonly registry: string; readonly seconds: number }[];
  /** Share of load to shed, 0 (none) to 0.8. */
  readonly shed: number;
  /** Rows of table `detector`, `finding` or `seen`. */
  readonly rows: readonly Row[];
  readonly deletes: readonly { readonly table: Table; readonly key: string }[];
  /** Monotonic time of the next `tick` at the latest; `null`: the usual second is enough. */
  readonly wakeAtMs: number | null;
}

/** A turn under construction. */
export interface TurnDraft {
  readonly settled: SettledSample[];
  readonly findings: FindingChange[];
  readonly rounds: RoundAsk[];
  readonly rechecks: Target[];
  readonly peeks: Peek[];
  readonly doubt: { readonly registry: string; readonly on: boolean }[];
  readonly regressions: string[];
  readonly propagations: { readonly registry: string; readonly seconds: number }[];
  readonly rows: Row[];
  readonly deletes: { readonly table: Table; readonly key: string }[];
}

/** An empty turn. */
export function newTurn(): TurnDraft {
  return {
    settled: [],
    findings: [],
    rounds: [],
    rechecks: [],
    peeks: [],
    doubt: [],
    regressions: [],
    propagations: [],
    rows: [],
    deletes: [],
  };
}

/** The lag of one mirror in one subject, as of its last response. */
export interface MirrorLag {
  readonly registry: string;
  /** `null`: of the mirror as a whole. */
  readonly module: string | null;
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  readonly records: number | null;
  readonly missing: number | null;
}

/** Judges samples: returns settled samples, findings and confirming rounds. Created by `createDetector`. */
export interface Detector {
  /** Every probe's sample, of all purposes, once each. */
  take(sample: Sample, now: Now): DetectTurn;
  control(answer: ControlAnswer, round: { readonly id: string; readonly moment: number } | null, now: Now): DetectTurn;
  /** A member of a `RoundAsk` could not be probed: a registry, or a control by its name. */
  unasked(roundId: string, moment: number, registry: string, now: Now): DetectTurn;
  /** Another system reports trouble of a mirror: a confirming round starts at once. An unknown name is ignored. */
  confirm(registry: string, now: Now): DetectTurn;
  /**
   * A light probe is pending for longer than a client waits: a confirming round starts at once; the probe's response ends
   * it.
   */
  overdue(target: Target, now: Now): DetectTurn;
  /**
   * Probes one question at a mirror and its siblings every `stepMs` for `forMs`; extends a running look for the same
   * question. A heavy target is probed once more at each. Does nothing for an unknown name or target, while the egress is
   * suspect, or without budget.
   */
  look(order: LookOrder, now: Now): DetectTurn;
  /** The result of a real client at a mirror, and of our own steps right after it. */
  clientRan(run: ClientRun, now: Now): DetectTurn;
  skipped(skipped: Skipped): void;
  /** To be called about every second and at `wakeAtMs`. */
  tick(now: Now): DetectTurn;
  /** The process was suspended or a clock jumped: samples that overlap the interval are `unknown('local')`. */
  suspended(fromMonotonicMs: number, toMonotonicMs: number, now: Now): DetectTurn;
  /** `null`: no such open finding. It ends a mismatch or level shift; other findings stay open until they end. */
  acknowledge(findingId: string, reason: string, now: Now): DetectTurn | null;
  /** `untilMs` is wall time. */
  pause(registry: string, pause: { readonly untilMs: number; readonly reason: string } | null, now: Now): DetectTurn;
  maintenance(registry: string, on: boolean, now: Now): DetectTurn;
  /** `untilMs` is wall time; `null`: the step is no longer throttled. */
  throttled(registry: string, step: Step, untilMs: number | null): void;
  /** Keeps the state of unchanged mirrors; closes the findings of removed and changed ones. */
  reconfigure(config: Config, targets: readonly Target[], now: Now): DetectTurn;
  /** Returns everything unwritten, for a shutdown; settles held samples. */
  flush(now: Now): DetectTurn;
  standings(): readonly Standing[];
  vantage(): VantageStanding;
  /** The address family to probe a mirror over now; `null`: any. */
  familyFor(registry: string): 4 | 6 | null;
  /** Open findings, oldest first. */
  findings(): readonly Finding[];
  /** The lag of each mirror, by module. */
  lags(): Iterable<MirrorLag>;
  /** How fresh each mirror is, by name. */
  freshness(): ReadonlyMap<string, Freshness>;
  /** Light series: baseline, threshold for slow, and slow samples in a row. */
  baselines(): Iterable<SeriesBaseline>;
}

export interface SeriesBaseline {
  readonly target: Target;
  readonly connection: Connection;
  readonly baselineMs: number | null;
  readonly thresholdMs: number | null;
  readonly streak: number;
}
