import type { Config } from '../../../src/core/config.ts';
import type { Due } from '../../../src/core/due.ts';
import type { Outcome } from '../../../src/core/failure.ts';
import type { FindingChange } from '../../../src/core/finding.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Connection, Target } from '../../../src/core/mirror.ts';
import type { Row } from '../../../src/core/ports.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import type { Facts, HttpProtocol } from '../../../src/core/transcript.ts';
import { createDetector, type Detector, type DetectTurn } from '../../../src/detect/detector.ts';
import { primaryConnectionOf } from '../../../src/detect/memory/mirror-memory.ts';
import { aDue, aSample, at, countingRandom } from './world.ts';

/** What a mirror does with one probe: answers after so long, fails after so long, or says nothing at all. */
export type Behaviour =
  | { readonly rttMs: number; readonly facts?: Facts; readonly protocol?: HttpProtocol }
  | { readonly fails: Outcome; readonly afterMs: number; readonly facts?: Facts }
  | 'black hole';

/** `due.family` and `due.protocol` are those that it goes over. */
export type Script = (target: Target, atMs: number, due: Due) => Behaviour;

/**
 * Plays scheduler, workers and rounds around a detector on a clock of its own. Targets are probed at their pace, spread
 * by their place in the list; mirrors in doubt are not; each mirror has one confirming slot.
 */
export class Simulation {
  nowMs = 0;
  readonly findings: (FindingChange & { readonly atMs: number })[] = [];
  readonly settled: (SettledSample & { readonly settledAtMs: number })[] = [];
  readonly asked: {
    readonly atMs: number;
    readonly registries: readonly string[];
    readonly steps: readonly string[];
    readonly timeouts: readonly number[];
  }[] = [];
  readonly taken: string[] = [];
  readonly doubts: { readonly atMs: number; readonly registry: string; readonly on: boolean }[] = [];
  readonly store = new Map<string, Row>();
  detector: Detector;
  script: Script;
  /** Mirrors whose name has an address of each family, IPv6 first; the others have IPv4 alone. */
  readonly bothFamilies: Set<string>;
  controlUp: (name: string, atMs: number) => boolean = () => true;
  readonly #targets: readonly Target[];
  #events: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;
  #epoch = 0;
  #wake = 0;
  readonly #doubted = new Set<string>();
  readonly #awayUntilMs = new Map<string, number>();
  readonly #confirming = new Set<string>();
  readonly #config: Config;
  readonly #everyMsOf: ((target: Target) => number) | null;

  constructor(input: {
    config: Config;
    targets: readonly Target[];
    script: Script;
    /** The pace of a target where it is not the schedule's. */
    everyMsOf?: (target: Target) => number;
    bothFamilies?: readonly string[];
  }) {
    this.bothFamilies = new Set(input.bothFamilies ?? []);
    this.#everyMsOf = input.everyMsOf ?? null;
    this.#config = input.config;
    this.#targets = input.targets;
    this.script = input.script;
    this.detector = this.#create([]);
    this.#begin();
  }

  #create(restored: readonly Row[]): Detector {
    return createDetector({
      config: this.#config,
      targets: this.#targets,
      restored,
      random: countingRandom(`id${this.#epoch}`),
      now: at(this.nowMs),
    });
  }

  #begin(): void {
    const { cadence } = this.#config.schedule.pace;
    const everyMs = cadence.kind === 'every' ? cadence.everyMs : 30_000;
    this.#targets.forEach((target, i) => {
      const ownMs = this.#everyMsOf?.(target) ?? everyMs;
      this.#due(target, this.nowMs + Math.round(((i + 0.5) / this.#targets.length) * ownMs), ownMs);
    });
    this.#tick();
  }

  /** Kills the process without warning and starts it again `downMs` later from what was committed. */
  restart(downMs: number): void {
    this.#epoch += 1;
    this.#events = [];
    this.#doubted.clear();
    this.#confirming.clear();
    this.nowMs += downMs;
    this.detector = this.#create([...this.store.values()]);
    this.#begin();
  }

  /** Plays on until `toMs`. */
  runTo(toMs: number): void {
    for (;;) {
      let next = this.#events[0];
      for (const event of this.#events) {
        if (next === undefined) break;
        if (event.atMs < next.atMs || (event.atMs === next.atMs && event.order < next.order)) next = event;
      }
      if (next === undefined || next.atMs > toMs) break;
      this.#events.splice(this.#events.indexOf(next), 1);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = toMs;
  }

  /** Hands a turn of a direct call over as the daemon would. */
  apply(turn: DetectTurn): void {
    for (const change of turn.findings) this.findings.push({ ...change, atMs: this.nowMs });
    for (const sample of turn.settled) this.settled.push({ ...sample, settledAtMs: this.nowMs });
    for (const { table, key } of turn.deletes) this.store.delete(`${table} ${key}`);
    // As the state file does: what comes back has been through JSON.
    for (const row of turn.rows) this.store.set(`${row.table} ${row.key}`, JSON.parse(JSON.stringify(row)) as Row);
    for (const { registry, on } of turn.doubt) {
      this.doubts.push({ atMs: this.nowMs, registry, on });
      if (on) this.#doubted.add(registry);
      else this.#doubted.delete(registry);
    }
    for (const round of turn.rounds) this.#ask(round);
    for (const target of turn.rechecks) this.#probe(aDue(target, { purpose: 'recheck' }));
    for (const { target, family, protocol } of turn.peeks) {
      const over = { ...(family === null ? {} : { family }), ...(protocol === undefined ? {} : { protocol }) };
      this.#probe(aDue(target, { purpose: 'peek', ...over }));
    }
    const wake = ++this.#wake;
    if (turn.wakeAtMs === null) return;
    this.#after(Math.max(1, turn.wakeAtMs - this.nowMs), () => {
      // A later turn has said anew when to wake.
      if (wake === this.#wake) this.apply(this.detector.tick(at(this.nowMs)));
    });
  }

  /** Changes of one kind, as `<registry> <change>` with their time. */
  changes(kind: string): readonly { readonly what: string; readonly atMs: number }[] {
    return this.findings
      .filter(({ finding }) => finding.kind === kind)
      .map(({ change, finding, atMs }) => ({ what: `${finding.registry ?? 'us'} ${change}`, atMs }));
  }

  state(registry: string): string {
    return this.detector.standings().find((standing) => standing.registry === registry)?.state ?? 'not there';
  }

  #after(delayMs: number, run: () => void): void {
    this.#events.push({ atMs: this.nowMs + delayMs, order: this.#order++, run });
  }

  #tick(): void {
    this.#after(1_000, () => {
      this.apply(this.detector.tick(at(this.nowMs)));
      this.#tick();
    });
  }

  #due(target: Target, atMs: number, everyMs: number): void {
    this.#after(atMs - this.nowMs, () => {
      this.#due(target, this.nowMs + everyMs, everyMs);
      if (this.#doubted.has(target.registry) || this.#isAway(target)) {
        this.detector.skipped({ target, connection: 'cold', because: 'paused', count: 1 });
      } else this.#probe(aDue(target, { plannedAtMs: this.nowMs, connection: this.#connectionOf(target) }));
    });
  }

  #connectionOf({ registry }: Target): Connection {
    const mirror = this.#config.mirrors.find(({ name }) => name === registry);
    return mirror === undefined ? 'cold' : primaryConnectionOf(mirror);
  }

  #ask(round: DetectTurn['rounds'][number]): void {
    this.asked.push({
      atMs: this.nowMs,
      registries: round.dues.map((due) => due.target.registry),
      steps: round.dues.map((due) => due.target.step),
      timeouts: round.dues.map((due) => due.timeoutMs),
    });
    const place = { id: round.id, moment: round.moment };
    for (const { target, timeoutMs } of round.dues) {
      if (this.#confirming.has(target.registry) || this.#isAway(target)) {
        this.#after(0, () =>
          this.apply(this.detector.unrequested(round.id, round.moment, target.registry, at(this.nowMs))),
        );
        continue;
      }
      this.#confirming.add(target.registry);
      this.#probe(aDue(target, { purpose: 'confirm', timeoutMs, round: place, plannedAtMs: this.nowMs }));
    }
    for (const { name, timeoutMs } of round.controls) {
      const up = this.controlUp(name, this.nowMs);
      this.#after(up ? 20 : timeoutMs, () => {
        const answer = { name, answered: up, latencyMs: up ? 20 : null, code: up ? null : 'timeout' };
        this.apply(this.detector.control({ ...answer, at: at(this.nowMs) }, place, at(this.nowMs)));
      });
    }
  }

  #isAway({ registry, step }: Target): boolean {
    return (this.#awayUntilMs.get(`${registry} ${step}`) ?? 0) > this.nowMs;
  }

  /** A wait that was asked for is kept, as the scheduler does. */
  #heed({ registry, step }: Target, outcome: Outcome): void {
    if (outcome.tag !== 'failed' || outcome.failure.kind !== 'throttled') return;
    const waitMs = Math.min(outcome.failure.retryAfterMs ?? limits.throttleMsMin, limits.throttleMsMax);
    const key = `${registry} ${step}`;
    const untilMs = Math.max(this.nowMs + waitMs, this.#awayUntilMs.get(key) ?? 0);
    this.#awayUntilMs.set(key, untilMs);
    this.detector.throttled(registry, step, at(untilMs).monotonicMs);
  }

  #probe(wanted: Due): void {
    const startMs = this.nowMs;
    const { registry } = wanted.target;
    const over = wanted.family ?? this.detector.familyFor(registry);
    const due = over === null ? wanted : { ...wanted, family: over };
    const family = this.bothFamilies.has(registry) ? (over ?? 6) : 4;
    const leading = this.#config.mirrors.find(({ name }) => name === registry)?.speaks?.[0]?.protocol;
    const protocol = due.protocol ?? leading;
    const spoken = protocol === undefined ? {} : { protocol };
    const behaviour = this.script(due.target, startMs, { ...due, family, ...spoken });
    const negotiated = typeof behaviour === 'object' && 'protocol' in behaviour ? { protocol: behaviour.protocol } : {};
    const { tookMs, outcome } = outcomeOf(behaviour, due.timeoutMs);
    const facts = behaviour === 'black hole' ? {} : (behaviour.facts ?? {});
    this.#after(tookMs, () => {
      if (due.purpose === 'confirm') this.#confirming.delete(due.target.registry);
      this.taken.push(due.probeId);
      const sample = this.detector.read(
        aSample(due, startMs, tookMs, outcome, { family, facts, ...spoken, ...negotiated }),
      );
      this.#heed(due.target, sample.outcome);
      this.apply(this.detector.take(sample, at(this.nowMs)));
    });
  }
}

function outcomeOf(behaviour: Behaviour, timeoutMs: number): { readonly tookMs: number; readonly outcome: Outcome } {
  const timeout: Outcome = { tag: 'failed', failure: { kind: 'timeout_processing', limitMs: timeoutMs } };
  if (behaviour === 'black hole') return { tookMs: timeoutMs, outcome: timeout };
  if ('fails' in behaviour) {
    return behaviour.afterMs >= timeoutMs
      ? { tookMs: timeoutMs, outcome: timeout }
      : { tookMs: behaviour.afterMs, outcome: behaviour.fails };
  }
  return behaviour.rttMs >= timeoutMs
    ? { tookMs: timeoutMs, outcome: timeout }
    : { tookMs: behaviour.rttMs, outcome: { tag: 'ok' } };
}
