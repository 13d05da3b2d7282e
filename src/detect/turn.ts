import type { ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { ControlAnswer, LookOrder, Skipped } from '../core/due.ts';
import type { Finding, FindingChange } from '../core/finding.ts';
import type { Connection } from '../core/mirror.ts';
import type { Now, Row, Table } from '../core/ports.ts';
import type { Sample, SettledSample } from '../core/sample.ts';
import type { Freshness, Standing, VantageStanding } from '../core/standing.ts';
import type { Step, Target } from '../core/target.ts';
import type { HttpProtocol } from '../core/transcript.ts';

/** Ask these now, all in one moment of a confirming round. */
export interface RoundAsk {
  readonly id: string;
  /** Counts from 0 within the round. */
  readonly moment: number;
  /** One question of each mirror, or their canaries, over a fresh connection; `timeoutMs` is the deadline of each. */
  readonly dues: readonly { readonly target: Target; readonly timeoutMs: number }[];
  readonly controls: readonly { readonly name: string; readonly timeoutMs: number }[];
}

/** One probe that judges nothing; `family`: over which to ask, `null`: as usual. */
export interface Peek {
  readonly target: Target;
  readonly family: 4 | 6 | null;
  /** The HTTP version to speak; absent: as usual. */
  readonly protocol?: HttpProtocol;
}

/** What came of one call: everything to hand on, to run, and to commit in one transaction. */
export interface DetectTurn {
  /** Each sample once, in the order in which they were settled; confirming ones too. */
  readonly settled: readonly SettledSample[];
  readonly findings: readonly FindingChange[];
  readonly rounds: readonly RoundAsk[];
  /** Wrong hash seen once: look again over a fresh connection. */
  readonly rechecks: readonly Target[];
  /** The first bytes of these artifacts, or a canary over a family that did not answer. */
  readonly peeks: readonly Peek[];
  /** Mirrors that went in or out of doubt, in order. */
  readonly doubt: readonly { readonly registry: string; readonly on: boolean }[];
  /** Mirrors that went backwards, once for each answer that did. */
  readonly regressions: readonly string[];
  /** Releases that reached a mirror, and how long after the origin had first shown them. */
  readonly propagations: readonly { readonly registry: string; readonly seconds: number }[];
  /** Share of load to shed, 0 (none) to 0.8. */
  readonly shed: number;
  /** Rows of table `detector`, `finding` or `seen`. */
  readonly rows: readonly Row[];
  readonly deletes: readonly { readonly table: Table; readonly key: string }[];
  /** Monotonic time at which it wants `tick` at the latest; `null`: the usual second will do. */
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

/** The lag of one mirror in one subject, as of its last answer. */
export interface MirrorLag {
  readonly registry: string;
  /** `null`: of the mirror as a whole. */
  readonly module: string | null;
  readonly lowerMs: number | null;
  readonly upperMs: number | null;
  readonly records: number | null;
  readonly missing: number | null;
}

/** The judge: samples in, settled samples, findings and confirming rounds out. Made by `createDetector`. */
export interface Detector {
  /** Every probe's sample, of all purposes, once each. */
  take(sample: Sample, now: Now): DetectTurn;
  control(answer: ControlAnswer, round: { readonly id: string; readonly moment: number } | null, now: Now): DetectTurn;
  /** A member of a `RoundAsk` that could not be asked: a registry, or a control by its name. */
  unasked(roundId: string, moment: number, registry: string, now: Now): DetectTurn;
  /** Somebody else says that a mirror is in trouble: a confirming round starts at once. Nothing for an unknown name. */
  confirm(registry: string, now: Now): DetectTurn;
  /** A light probe is out for longer than a client waits: a confirming round starts at once, its answer ends it. */
  overdue(target: Target, now: Now): DetectTurn;
  /**
   * Asks one question of a mirror and of others beside it every `stepMs` for `forMs`: extends, not doubles, one under way
   * for the same question. A heavy target is asked once more of each. Nothing for an unknown name or target, while the
   * egress is suspect, or without a budget left.
   */
  look(order: LookOrder, now: Now): DetectTurn;
  /** What a real client came to at a mirror, and our own steps right after it. */
  clientRan(run: ClientRun, now: Now): DetectTurn;
  skipped(skipped: Skipped): void;
  /** About every second and at `wakeAtMs`. */
  tick(now: Now): DetectTurn;
  /** The process slept or a clock jumped: samples that touch the interval are `unknown('local')`. */
  suspended(fromMonotonicMs: number, toMonotonicMs: number, now: Now): DetectTurn;
  /** `null`: no such open finding. A mismatch or level shift ends by it; other findings stay open until they end. */
  acknowledge(findingId: string, reason: string, now: Now): DetectTurn | null;
  /** `untilMs` is wall time. */
  pause(registry: string, pause: { readonly untilMs: number; readonly reason: string } | null, now: Now): DetectTurn;
  maintenance(registry: string, on: boolean, now: Now): DetectTurn;
  /** `untilMs` is wall time; `null`: the step is requested as usual. */
  throttled(registry: string, step: Step, untilMs: number | null): void;
  /** Keeps baselines and standings of unchanged mirrors; closes the findings of removed and changed ones. */
  reconfigure(config: Config, targets: readonly Target[], now: Now): DetectTurn;
  /** Everything not yet written, for a shutdown; settles what is held. */
  flush(now: Now): DetectTurn;
  standings(): readonly Standing[];
  vantage(): VantageStanding;
  /** The address family to ask a mirror over now; `null`: as its name resolves. */
  familyFor(registry: string): 4 | 6 | null;
  /** Open findings, oldest first. */
  findings(): readonly Finding[];
  /** How far behind each mirror is, by module. */
  lags(): Iterable<MirrorLag>;
  /** How fresh each mirror is, by name. */
  freshness(): ReadonlyMap<string, Freshness>;
  /** Light series: what is usual there, what is slow, and how many slow ones in a row. */
  baselines(): Iterable<SeriesBaseline>;
}

export interface SeriesBaseline {
  readonly target: Target;
  readonly connection: Connection;
  readonly baselineMs: number | null;
  readonly thresholdMs: number | null;
  readonly streak: number;
}
