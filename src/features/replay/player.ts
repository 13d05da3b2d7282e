import { Advisor } from '../../advise/advisor.ts';
import type { Advice } from '../../core/advice.ts';
import { type Config, paceOf } from '../../core/config.ts';
import type { Due } from '../../core/due.ts';
import type { OperatorCommand, Stretch, Taken } from '../../core/history.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Calendar, Now, Random } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { declaredBy } from '../../daemon/assemble.ts';
import type { JudgedTurn, JudgeStages } from '../../daemon/judge-turn.ts';
import type { Absorb } from '../../daemon/news.ts';
import { createDetector } from '../../detect/detector.ts';
import { Heap } from '../../schedule/heap.ts';
import { createEvidenceBook } from '../../state/evidence.ts';
import { createDesk, type Desk, isOutOfTurn, type OutOfTurn, type TakenProbe } from './desk.ts';
import { type Around, createKept, createVirtualLoop, turnGapMs, type VirtualInput, type VirtualLoop } from './loop.ts';

/** The longest time from a probe's planned start to its response: the timeout, and the wait for a slot. */
const aheadMs = limits.timeoutMsMax + 70_000;

/**
 * If a process received nothing for this time, the replay goes on as after a restart, milliseconds. In a damaged file the
 * time may be so long that its turns would never end.
 */
const silentMsMax = 86_400_000;

/** One process of the daemon, from its start to its end. */
interface Life {
  readonly id: string;
  readonly stages: JudgeStages;
  readonly loop: VirtualLoop;
  readonly desk: Desk;
  /** The inputs in order of time. `next` is the index of the first one that is not processed yet. */
  readonly queue: Taken[];
  next: number;
  readonly claimed: Heap<VirtualInput>;
  /** Scheduled probes by planned start. At each planned start, the daemon ran a turn (pass) of its main loop. */
  readonly starts: Heap<TakenProbe>;
  readonly gaps: { readonly fromMs: number; readonly toMs: number }[];
  turnAtMs: number;
  lastMs: number;
  /** The wall clock minus the monotonic clock, milliseconds. */
  offsetMs: number;
}

interface PlayerInput {
  readonly config: Config;
  /** The configured targets. Responses of other targets are ignored. */
  readonly targets: readonly Target[];
  readonly calendar: Calendar;
  readonly random: Random;
  /**
   * The start of the window, wall milliseconds. Earlier inputs only provide baselines, failure rates and the advice
   * that is in force at the start.
   */
  readonly countedFromMs: number;
}

/** Replays stored responses under one configuration. The stages that judge responses get them at their original times. */
export class Player {
  /** The advice by id, in its last state. */
  readonly advice = new Map<string, Advice>();
  readonly outOfTurn: OutOfTurn = { received: 0, unrequested: 0 };
  readonly #input: PlayerInput;
  readonly #byId: ReadonlyMap<string, Target>;
  readonly #kept = createKept();
  readonly #paused = new Map<string, number>();
  #life: Life | null = null;
  #count = 0;

  constructor(input: PlayerInput) {
    this.#input = input;
    this.#byId = new Map(input.targets.map((target) => [target.id, target]));
  }

  /**
   * Replays the next time range. If a later process of the daemon recorded the range (after a restart), judging starts
   * again from the state that the replay has stored.
   */
  take(stretch: Stretch): void {
    const firstMs = stretch.taken[0]?.takenAt.monotonicMs ?? 0;
    const before = this.#life;
    if (before !== null && (before.id !== stretch.life.id || firstMs - before.lastMs > silentMsMax)) this.end();
    const life = this.#life ?? this.#begin(stretch);
    this.#life = life;
    for (const one of stretch.taken) this.#sort(life, one);
    const lastMs = stretch.taken.at(-1)?.takenAt.monotonicMs ?? 0;
    this.#run(life, lastMs - aheadMs);
    const { gaps, lastMs: nowMs } = life;
    gaps.splice(0, gaps.length, ...gaps.filter(({ toMs }) => toMs > nowMs));
    life.queue.splice(0, life.next);
    life.next = 0;
  }

  end(): void {
    const life = this.#life;
    if (life === null) return;
    const lastMs = Math.max(life.lastMs, life.queue.at(-1)?.takenAt.monotonicMs ?? 0);
    this.#run(life, lastMs);
    life.loop.end([], this.#nowOf(lastMs + turnGapMs));
    this.#life = null;
  }

  #begin({ life: { id, startedAt }, taken }: Stretch): Life {
    const first = taken[0]?.takenAt ?? startedAt;
    // If the first inputs of the original process are not stored, the replay of the process starts at its first stored
    // input.
    const isWhole = first.monotonicMs - startedAt.monotonicMs < limits.responseRowMs;
    const now = isWhole ? startedAt : first;
    const [claimed, starts] = [new Heap<VirtualInput>(), new Heap<TakenProbe>()];
    const { config, targets, calendar, random, countedFromMs } = this.#input;
    const desk = createDesk({
      config,
      calendar,
      countedFromMs,
      outOfTurn: this.outOfTurn,
      deliver: (sample, takenMs) => claimed.push({ kind: 'probed', sample }, takenMs),
      starting: (now) => takeStarts(starts, now),
    });
    const stages: JudgeStages = {
      config,
      scheduler: desk.scheduler,
      detector: createDetector({
        config,
        targets,
        restored: this.#kept.all('detector', 'finding', 'seen'),
        random,
        now,
      }),
      evidence: createEvidenceBook({ restored: [], now }),
      advisor: new Advisor({
        config,
        declared: declaredBy(config),
        restored: this.#kept.all('advice', 'chain'),
        random,
        now,
      }),
    };
    for (const [name, untilMs] of this.#paused)
      if (untilMs > now.wallMs) stages.detector.pause(name, { untilMs, reason: '' }, now);
    return {
      id,
      stages,
      loop: createVirtualLoop(stages, this.#aroundOf(stages, desk, claimed)),
      desk,
      queue: [],
      next: 0,
      claimed,
      starts,
      gaps: [],
      turnAtMs: now.monotonicMs,
      lastMs: now.monotonicMs,
      offsetMs: now.wallMs - now.monotonicMs,
    };
  }

  #aroundOf(stages: JudgeStages, desk: Desk, claimed: Life['claimed']): Around {
    const at = (): Now => this.#nowOf(this.#life?.lastMs ?? 0);
    return {
      // Nothing to do: the stored response was delivered when the probe was requested.
      probe: () => undefined,
      control({ name }, timeoutMs, round) {
        if (round === null) return;
        const response = desk.control(name, timeoutMs, at());
        const run = (now: Now, absorb: Absorb): void =>
          absorb.detect(stages.detector.unrequested(round.id, round.moment, name, now));
        if (response !== null) claimed.push({ kind: 'control', response, round }, response.at.monotonicMs);
        else claimed.push({ kind: 'command', run }, at().monotonicMs);
      },
      judged: ({ rows, deletes }: JudgedTurn) => {
        if (rows.length + deletes.length > 0) this.#kept.commit({ puts: rows, deletes });
        for (const row of rows) if (row.table === 'advice') this.advice.set(row.key, row.value as Advice);
      },
    };
  }

  #nowOf(monotonicMs: number): Now {
    return { monotonicMs, wallMs: monotonicMs + (this.#life?.offsetMs ?? 0) };
  }

  #configured(sample: Sample): Sample {
    const target = this.#byId.get(sample.due.target.id) ?? sample.due.target;
    this.#count += 1;
    const timeoutMs = sample.due.timeoutMs > 0 ? sample.due.timeoutMs : paceOf(target, this.#input.config).timeoutMs;
    const probeId = sample.due.probeId === '' ? `stored-${this.#count}` : sample.due.probeId;
    return { ...sample, due: { ...sample.due, target, timeoutMs, probeId } };
  }

  #sort(to: Life, taken: Taken): void {
    if (taken.kind === 'probed' && !this.#byId.has(taken.targetId)) return;
    const one = taken.kind === 'probed' ? { ...taken, sample: this.#configured(taken.sample) } : taken;
    const isOrdered = one.kind === 'probed' ? isOutOfTurn(one.sample.due) : one.kind === 'control' && one.isRound;
    if (isOrdered && (one.kind === 'probed' || one.kind === 'control')) to.desk.shelve(one);
    else to.queue.push(one);
    if (one.kind === 'probed' && !isOrdered) to.starts.push(one, one.sample.due.plannedAtMs);
    if (one.kind === 'gap') to.gaps.push(one);
  }

  #inputOf(to: Life, one: Taken): VirtualInput {
    switch (one.kind) {
      case 'probed':
        return { kind: 'probed', sample: one.sample };
      case 'control':
        return { kind: 'control', response: one.answer, round: null };
      case 'gap':
        return { kind: 'gap', fromMs: one.fromMs, toMs: one.toMs };
      case 'told':
        return { kind: 'command', run: (now, absorb) => applyCommand(to.stages, one.told, this.#paused, now, absorb) };
      default:
        return one satisfies never;
    }
  }

  #run(to: Life, untilMs: number): void {
    for (;;) {
      const comesMs = to.queue[to.next]?.takenAt.monotonicMs ?? Number.POSITIVE_INFINITY;
      // A response is processed in a later turn than its request.
      const claimedMs = Math.max(to.claimed.leastKey(), to.lastMs + turnGapMs);
      const nextMs = Math.min(comesMs, claimedMs, this.#awake(to, to.turnAtMs, to.starts.leastKey()));
      // In a damaged file, an input may have been planned long before the inputs that were received before it.
      const atMs = Math.max(to.lastMs, nextMs);
      if (!(atMs <= untilMs)) return;
      const inputs: VirtualInput[] = [];
      for (let one = to.queue[to.next]; one !== undefined && one.takenAt.monotonicMs <= atMs; one = to.queue[to.next]) {
        to.offsetMs = one.takenAt.wallMs - one.takenAt.monotonicMs;
        inputs.push(this.#inputOf(to, one));
        to.next += 1;
      }
      while (to.claimed.leastKey() <= atMs) {
        const one = to.claimed.pop();
        if (one !== null) inputs.push(one);
      }
      to.lastMs = atMs;
      to.turnAtMs = to.loop.turn(inputs, this.#nowOf(atMs));
    }
  }

  /**
   * Returns the time of the next turn (pass of the main loop). If the process was suspended at that time, returns the
   * end of the suspension.
   */
  #awake({ gaps }: Life, turnAtMs: number, startAtMs: number): number {
    const atMs = Math.min(turnAtMs, startAtMs);
    for (const { fromMs, toMs } of gaps) if (atMs > fromMs && atMs < toMs) return toMs;
    return atMs;
  }
}

/**
 * Removes the planned starts up to now, and returns the probes that then begin to wait for their response. A probe whose
 * response is known in the same turn does not wait.
 */
function takeStarts(starts: Heap<TakenProbe>, { monotonicMs }: Now): Due[] {
  const begun: Due[] = [];
  while (starts.leastKey() <= monotonicMs) {
    const one = starts.pop();
    if (one !== null && one.takenAt.monotonicMs > monotonicMs) begun.push(one.sample.due);
  }
  return begun;
}

/** Repeats an operator's command if it still applies. */
function applyCommand(
  s: JudgeStages,
  command: OperatorCommand,
  paused: Map<string, number>,
  now: Now,
  absorb: Absorb,
): void {
  switch (command.kind) {
    case 'accepted':
    case 'dismissed': {
      const { ecosystem, upstream, from, to } = command;
      const wanted = { ecosystem, upstream, from, to, state: 'proposed' } as const;
      const open = s.advisor
        .list()
        .find((one) => Object.entries(wanted).every(([key, value]) => one[key as keyof typeof wanted] === value));
      if (open === undefined) return;
      const text =
        command.kind === 'accepted'
          ? s.advisor.accept(open.id, now)
          : s.advisor.dismiss(open.id, command.untilMs - now.wallMs, '', now);
      if (text.tag === 'ok') absorb.advise(text.value);
      return;
    }
    case 'acknowledged': {
      const open = s.detector
        .findings()
        .find((one) => one.kind === command.finding && one.registry === command.registry);
      const turn = open === undefined ? null : s.detector.acknowledge(open.id, '', now);
      if (turn !== null) absorb.detect(turn);
      return;
    }
    case 'paused': {
      const { registry, untilMs } = command;
      if (untilMs === null) paused.delete(registry);
      else paused.set(registry, untilMs);
      return absorb.detect(s.detector.pause(registry, untilMs === null ? null : { untilMs, reason: '' }, now));
    }
    default:
      command satisfies never;
  }
}
