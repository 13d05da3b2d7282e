import type { Due } from '../../../src/core/due.ts';
import type { IncomingAlert } from '../../../src/core/evidence.ts';
import { type Without, withoutNone } from '../../../src/core/judge-rules.ts';
import type { Notice } from '../../../src/core/notice.ts';
import type { Now } from '../../../src/core/ports.ts';
import type { Sample } from '../../../src/core/sample.ts';
import type { Absorb, TurnChanges } from '../../../src/daemon/news.ts';
import { createKept } from '../../../src/features/replay/loop.ts';
import { createRandom } from '../../../src/io/random.ts';
import type { Sendable } from '../../../src/notify/notifier.ts';
import { Heap } from '../../../src/schedule/heap.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import type { Played, World, WorldEvent, WorldSetup } from '../world.ts';
import { type Alerting, createAlerting, evaluateEveryMs } from './alerts.ts';
import { configOf, declaredBy } from './config.ts';
import { createLoop, type Input, type Loop, type Surroundings, turnGapMs } from './loop.ts';
import { createMoves, type Moves } from './moves.ts';
import { controlOf, epochMs, sampleOf } from './sample.ts';
import { assemble, type Stages } from './stages.ts';
import { createTableCheck } from './table.ts';

const acceptAfterMs = 60_000;
const deliveryMs = 20;
/** The default of the key `group`: notices within this time are one message. Milliseconds. */
const groupMs = 15_000;

/** How operators and other systems react to the daemon in a run. */
export interface Manner {
  /**
   * True: an operator accepts each proposed advice after one minute, and clients use the accepted chain. False: clients
   * follow the remedy at once.
   */
  readonly accepts: boolean;
  /** True: a simulated Prometheus and Alertmanager post alerts to the daemon as evidence. */
  readonly hasAlerts: boolean;
  /** Rules that the daemon leaves out; absent: none. */
  readonly without?: Without;
  /** Hooks for tests. */
  readonly watch?: Watch;
}

/**
 * Hooks of a test: what it sees of a run, and what it changes in the run. Times are milliseconds from the start of the
 * world.
 */
export interface Watch {
  /** Called after each turn in which findings or advice changed. */
  judged(news: Pick<TurnChanges, 'findings' | 'advice'>, atMs: number): void;
  sent(notice: Notice, atMs: number): void;
  /** Called after each turn; if it returns true, the run ends. */
  turned?(s: Stages, now: Now): boolean;
  /** Changes a sample before it is judged, so that a test can add facts that no world simulates. */
  sampled?(sample: Sample): Sample;
  /** Actions of operators and other systems, each at its time. */
  readonly acts?: readonly { readonly atMs: number; run(s: Stages, now: Now, absorb: Absorb): void }[];
}

/**
 * Plays a world with the daemon's real stages (scheduler, detector, advisor, notifier) in virtual time. Turns occur at
 * the times at which `src/daemon/pipeline.ts` would run them.
 */
export function playDaemon(world: World, manner: Manner): Played {
  return new Run(world, manner).play();
}

/** The state of the daemon's process from one start to its end. */
interface Life {
  readonly stages: Stages;
  readonly loop: Loop;
  readonly inbox: Input[];
}

class Run {
  private readonly world: World;
  private readonly manner: Manner;
  private readonly random;
  private readonly kept;
  private readonly moves: Moves;
  private readonly table = createTableCheck();
  private readonly notices: { atMs: number; what: string; isAdded: boolean }[] = [];
  private cardAtMs = Number.NEGATIVE_INFINITY;
  private readonly probes = { scheduled: 0, extra: 0 };
  private readonly stalls;
  /** Future events by time: responses of pending probes, and actions of operators and other systems. */
  private readonly ahead = new Heap<() => void>();
  private readonly alerting: Alerting | null;
  private setup: WorldSetup;
  private nowMs = 0;
  private wallShiftMs = 0;
  private turnAtMs = Number.POSITIVE_INFINITY;
  private life: Life | null = null;
  private isOver = false;

  constructor(world: World, manner: Manner) {
    this.world = { ...world, ask: world.asker?.() ?? world.ask };
    this.manner = manner;
    this.random = createRandom(world.seed);
    this.setup = world.setup;
    // Without a restart nothing is read again, so nothing is stored.
    const hasRestart = world.events.some((event) => event.kind === 'restart');
    this.kept = hasRestart ? createKept() : { commit: () => undefined, all: () => [] };
    this.stalls = world.events.filter((event) => event.kind === 'stall');
    this.moves = createMoves(manner.accepts ? 'accepted' : 'remedy');
    this.alerting = manner.hasAlerts
      ? createAlerting({
          post: (alert) => this.post(alert),
          after: (delayMs, act) => this.after(delayMs, () => act(this.nowMs)),
        })
      : null;
  }

  play(): Played {
    for (const event of this.world.events) this.ahead.push(() => this.happen(event), event.atMs);
    for (const act of this.manner.watch?.acts ?? []) this.ahead.push(() => this.command(act.run), act.atMs);
    if (this.alerting !== null) this.after(evaluateEveryMs, () => this.evaluate());
    this.begin();
    for (;;) {
      const isTurn = this.turnAtMs < this.ahead.leastKey();
      this.nowMs = isTurn ? this.turnAtMs : this.ahead.leastKey();
      if (this.isOver || !(this.nowMs < this.world.durationMs)) break;
      if (isTurn) this.turn();
      else this.ahead.pop()?.();
    }
    const { moves } = this.moves;
    return { moves, notices: this.notices, probes: this.probes, againstTable: this.table.against };
  }

  private now(): Now {
    return { wallMs: epochMs + this.nowMs + this.wallShiftMs, monotonicMs: this.nowMs };
  }

  private after(delayMs: number, act: () => void): void {
    this.ahead.push(act, this.nowMs + delayMs);
  }

  /** Sets the time of the next turn. A turn that would be in a stall runs at the end of the stall. */
  private wakeAt(atMs: number): void {
    this.turnAtMs = Math.ceil(atMs);
    for (const { atMs: fromMs, forMs } of this.stalls)
      if (this.turnAtMs >= fromMs && this.turnAtMs < fromMs + forMs) this.turnAtMs = Math.ceil(fromMs + forMs);
  }

  private turn(): void {
    const { life } = this;
    if (life !== null) this.wakeAt(life.loop.turn(life.inbox.splice(0), this.now()));
  }

  /** Adds an input to the inbox. An input for a process that has ended is lost. */
  private take(to: Life | null, input: Input): void {
    if (to === null || to !== this.life) return;
    to.inbox.push(input);
    if (to.inbox.length === 1) this.wakeAt(this.nowMs + turnGapMs);
  }

  private command(run: (s: Stages, now: Now, absorb: Absorb) => void): void {
    const { life } = this;
    this.take(life, { kind: 'command', run: (now, absorb) => life && run(life.stages, now, absorb) });
  }

  private begin(): void {
    const stages = assemble(this.setup, this.kept, this.random, this.now(), this.manner.without ?? withoutNone);
    const around = this.surroundings(stages, () => life);
    const life: Life = { stages, loop: createLoop(stages, this.kept, around, this.now()), inbox: [] };
    this.life = life;
    this.wakeAt(this.nowMs);
  }

  private surroundings(stages: Stages, own: () => Life): Surroundings {
    const { world, stalls } = this;
    return {
      probe: (due) => {
        this.probes[due.purpose === 'scheduled' ? 'scheduled' : 'extra'] += 1;
        const address = this.setup.mirrors.find(({ name }) => name === due.target.registry)?.address ?? null;
        const made = sampleOf(world, address, due, this.nowMs, this.now().wallMs, stalls);
        const sample = this.manner.watch?.sampled?.(made) ?? made;
        this.ahead.push(() => this.take(own(), { kind: 'probed', due, sample }), sample.endedMonotonicMs);
      },
      control: ({ name }, timeoutMs, round: Due['round']) => {
        const { endMs, answer } = controlOf(world, name, timeoutMs, this.nowMs, stalls);
        const said = (): Input => ({ kind: 'control', response: { ...answer, at: this.now() }, round });
        this.ahead.push(() => this.take(own(), said()), endMs);
      },
      send: (sent) => {
        this.notices.push({ atMs: this.nowMs, what: whatOf(sent), isAdded: this.isAdded(sent) });
        this.manner.watch?.sent(sent.notice, this.nowMs);
        this.after(deliveryMs, () => this.take(own(), { kind: 'delivery', sent }));
      },
      settled: (samples) => this.alerting?.observe(samples),
      considered: ({ advice, findings }) => {
        for (const one of advice) this.table.note(one);
        if (advice.length + findings.length > 0) this.manner.watch?.judged({ findings, advice }, this.nowMs);
        if (this.manner.watch?.turned?.(stages, this.now()) === true) this.isOver = true;
        this.moves.note(stages.advisor, stages.setup, stages.declared, this.nowMs);
        if (!this.manner.accepts) return;
        for (const { change, advice: one } of advice)
          if (change === 'proposed') this.after(acceptAfterMs, () => this.accept(one.id));
      },
    };
  }

  /**
   * True if the notice needs no message of its own: it updates an earlier notice, or comes within `groupMs` of a
   * message.
   */
  private isAdded({ notice }: Sendable): boolean {
    if ('updates' in JSON.parse(notice.body).data || this.nowMs - this.cardAtMs <= groupMs) return true;
    this.cardAtMs = this.nowMs;
    return false;
  }

  private accept(id: string): void {
    this.command((s, now, absorb) => {
      const accepted = s.advisor.accept(id, now);
      if (accepted.tag === 'ok') absorb.advise(accepted.value);
    });
  }

  private happen(event: WorldEvent): void {
    switch (event.kind) {
      case 'restart':
        this.life?.loop.end(this.life.inbox.splice(0), this.now());
        this.life = null;
        this.turnAtMs = Number.POSITIVE_INFINITY;
        return this.after(event.downMs, () => this.begin());
      case 'reload':
        this.moves.reload(this.setup, event.setup);
        this.setup = event.setup;
        return this.command((s, now, absorb) => reload(s, event.setup, now, absorb));
      case 'clock_jump':
        this.wallShiftMs += event.byMs;
        return;
      case 'stall':
        // Nothing to do: `wakeAt` and `sampleOf` already take stalls into account.
        return;
      default:
        event satisfies never;
    }
  }

  private evaluate(): void {
    const detector = this.life?.stages.detector ?? null;
    const seen = detector && {
      baselines: detector.baselines(),
      standings: detector.standings(),
      isSuspect: detector.vantage().suspect === true,
    };
    this.alerting?.evaluate(seen, this.nowMs);
    this.after(evaluateEveryMs, () => this.evaluate());
  }

  /** Receives an alert as `src/daemon/api-deps.ts` does. Returns false if the daemon is down. */
  private post(alert: IncomingAlert): boolean {
    this.command((s, now, absorb) => {
      const turn = s.evidence.take([alert], s.config, now);
      absorb.notify({ ...turn, outcomes: [] });
      for (const { registry } of turn.fresh) absorb.detect(s.detector.confirm(registry, now));
    });
    return this.life !== null;
  }
}

/** Applies a new configuration as `src/daemon/lifecycle.ts` does. */
function reload(s: Stages, setup: WorldSetup, now: Now, absorb: Absorb): void {
  const config = configOf(setup);
  const targets = expandTargets(config);
  s.setup = setup;
  s.config = config;
  s.declared = declaredBy(setup);
  s.scheduler.replace(config, targets, now);
  absorb.detect(s.detector.reconfigure(config, targets, now));
  absorb.advise(s.advisor.reconfigure(config, s.declared, now));
  absorb.notify(s.notifier.reconfigure(config, now));
}

/** A short text about a notice: `advice proposed for go`, `outage opened: a`, `recovery: a`. */
function whatOf({ notice }: Sendable): string {
  const { data } = JSON.parse(notice.body) as {
    data: {
      advice?: { state: string; upstream: string };
      finding?: { kind: string; registry: string | null };
    };
  };
  const { advice, finding } = data;
  if (advice !== undefined) return `advice ${advice.state} for ${advice.upstream}`;
  const what = notice.type === 'mirror.recovery' ? 'recovery' : `${finding?.kind} opened`;
  return `${what}: ${finding?.registry ?? 'us'}`;
}
