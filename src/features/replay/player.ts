import { createAdvisor } from '../../advise/advisor.ts';
import { createEvidenceBook } from '../../advise/evidence.ts';
import type { Advice } from '../../core/advice.ts';
import { type Config, paceOf } from '../../core/config.ts';
import type { Stretch, Taken, Told } from '../../core/history.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Calendar, Now, Random } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { declaredBy } from '../../daemon/assemble.ts';
import type { Judged, JudgeStages } from '../../daemon/judge.ts';
import type { Absorb } from '../../daemon/news.ts';
import { createDetector } from '../../detect/detector.ts';
import { registry } from '../../ecosystems/registry.ts';
import { Heap } from '../../schedule/heap.ts';
import { createDesk, type Desk, isOutOfTurn, type OutOfTurn } from './desk.ts';
import { type Around, createKept, createVirtualLoop, turnGapMs, type VirtualInput, type VirtualLoop } from './loop.ts';

/** The longest time from a probe's planned start to its response: the deadline, and a wait for a slot. */
const aheadMs = limits.timeoutMsMax + 70_000;

/** Feeds stored responses to the judging stages at their original times, under one configuration. */
export interface Player {
  /**
   * Takes the next time range. If the range is of another process, the judging stages start again from their stored
   * state.
   */
  take(stretch: Stretch): void;
  end(): void;
  /** By id, each in its last state. */
  readonly advice: ReadonlyMap<string, Advice>;
  readonly outOfTurn: readonly OutOfTurn[];
}

/** One process of the daemon, from start to end. */
interface Life {
  readonly id: string;
  readonly stages: JudgeStages;
  readonly loop: VirtualLoop;
  readonly desk: Desk;
  /** In time order; `next` is the index of the first input that was not taken. */
  readonly queue: Taken[];
  next: number;
  readonly claimed: Heap<VirtualInput>;
  /** Planned starts of probes: the daemon had a turn then. */
  readonly starts: Heap<null>;
  readonly gaps: { readonly fromMs: number; readonly toMs: number }[];
  turnAtMs: number;
  lastMs: number;
  /** Wall time minus monotonic time, milliseconds. */
  offsetMs: number;
}

/** Creates a player. @param targets  responses of other targets are ignored */
export function createPlayer(input: {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly calendar: Calendar;
  readonly random: Random;
  /** Wall milliseconds: earlier inputs warm up. */
  readonly countedFromMs: number;
}): Player {
  const { config, targets, calendar, random, countedFromMs } = input;
  const byId = new Map(targets.map((target) => [target.id, target]));
  const kept = createKept(true);
  const advice = new Map<string, Advice>();
  const outOfTurn: OutOfTurn[] = [];
  const paused = new Map<string, number>();
  let life: Life | null = null;
  let count = 0;

  function begin({ life: { id, startedAt }, taken }: Stretch): Life {
    const first = taken[0]?.takenAt ?? startedAt;
    // If the first inputs of the process are not stored, the first stored input counts as its start.
    const isWhole = first.monotonicMs - startedAt.monotonicMs < limits.answerRowMs;
    const now = isWhole ? startedAt : first;
    const claimed = new Heap<VirtualInput>();
    const desk = createDesk({
      config,
      calendar,
      countedFromMs,
      deliver: (sample, takenMs) => claimed.push({ kind: 'probed', sample: configured(sample) }, takenMs),
    });
    outOfTurn.push(desk.outOfTurn);
    const stages: JudgeStages = {
      config,
      scheduler: desk.scheduler,
      detector: createDetector({
        config,
        targets,
        restored: kept.all('detector', 'finding', 'seen'),
        random,
        now,
      }),
      evidence: createEvidenceBook({ restored: [], now }),
      advisor: createAdvisor({
        config,
        declared: declaredBy(config, registry),
        restored: kept.all('advice', 'chain'),
        random,
        now,
      }),
    };
    for (const [name, untilMs] of paused)
      if (untilMs > now.wallMs) stages.detector.pause(name, { untilMs, reason: '' }, now);
    return {
      id,
      stages,
      loop: createVirtualLoop(stages, aroundOf(stages, desk, claimed), now),
      desk,
      queue: [],
      next: 0,
      claimed,
      starts: new Heap<null>(),
      gaps: [],
      turnAtMs: now.monotonicMs,
      lastMs: now.monotonicMs,
      offsetMs: now.wallMs - now.monotonicMs,
    };
  }

  function aroundOf(stages: JudgeStages, desk: Desk, claimed: Life['claimed']): Around {
    const at = (): Now => nowOf(life?.lastMs ?? 0);
    return {
      // The desk has delivered the stored response when the probe was ordered.
      probe: () => undefined,
      control({ name }, timeoutMs, round) {
        if (round === null) return;
        const answer = desk.control(name, timeoutMs, at());
        const run = (now: Now, absorb: Absorb): void =>
          absorb.detect(stages.detector.unasked(round.id, round.moment, name, now));
        if (answer !== null) claimed.push({ kind: 'control', answer, round }, answer.at.monotonicMs);
        else claimed.push({ kind: 'command', run }, at().monotonicMs);
      },
      judged({ rows, deletes }: Judged) {
        if (rows.length + deletes.length > 0) kept.commit({ puts: rows, deletes });
        for (const row of rows) if (row.table === 'advice') advice.set(row.key, row.value as Advice);
      },
      notify: () => undefined,
      wakeAtMs: () => null,
      // The history contains the daemon's gaps.
      gapBetween: () => null,
    };
  }

  function nowOf(monotonicMs: number): Now {
    return { monotonicMs, wallMs: monotonicMs + (life?.offsetMs ?? 0) };
  }

  function configured(sample: Sample): Sample {
    const target = byId.get(sample.due.target.id) ?? sample.due.target;
    count += 1;
    const timeoutMs = sample.due.timeoutMs > 0 ? sample.due.timeoutMs : paceOf(target, config).timeoutMs;
    const probeId = sample.due.probeId === '' ? `stored-${count}` : sample.due.probeId;
    return { ...sample, due: { ...sample.due, target, timeoutMs, probeId } };
  }

  function sort(to: Life, one: Taken): void {
    if (one.kind === 'probed' && !byId.has(one.targetId)) return;
    const isAsked = one.kind === 'probed' ? isOutOfTurn(one.sample.due) : one.kind === 'control' && one.isRound;
    if (isAsked && (one.kind === 'probed' || one.kind === 'control')) to.desk.shelve(one);
    else to.queue.push(one);
    if (one.kind === 'probed' && !isAsked) to.starts.push(null, one.sample.due.plannedAtMs);
    if (one.kind === 'gap') to.gaps.push(one);
  }

  function inputOf(to: Life, one: Taken): VirtualInput {
    switch (one.kind) {
      case 'probed':
        return { kind: 'probed', sample: configured(one.sample) };
      case 'control':
        return { kind: 'control', answer: one.answer, round: null };
      case 'gap':
        return { kind: 'gap', fromMs: one.fromMs, toMs: one.toMs };
      case 'told':
        return { kind: 'command', run: (now, absorb) => tell(to.stages, one.told, paused, now, absorb) };
      default:
        return one satisfies never;
    }
  }

  function run(to: Life, untilMs: number): void {
    for (;;) {
      const comesMs = to.queue[to.next]?.takenAt.monotonicMs ?? Number.POSITIVE_INFINITY;
      // A response arrives in a later turn than its request.
      const claimedMs = Math.max(to.claimed.leastKey(), to.lastMs + turnGapMs);
      while (to.starts.leastKey() <= to.lastMs) to.starts.pop();
      const atMs = Math.min(comesMs, claimedMs, awake(to, to.turnAtMs, to.starts.leastKey()));
      if (!(atMs <= untilMs)) return;
      const inputs: VirtualInput[] = [];
      for (let one = to.queue[to.next]; one !== undefined && one.takenAt.monotonicMs <= atMs; one = to.queue[to.next]) {
        to.offsetMs = one.takenAt.wallMs - one.takenAt.monotonicMs;
        inputs.push(inputOf(to, one));
        to.next += 1;
      }
      while (to.claimed.leastKey() <= atMs) {
        const one = to.claimed.pop();
        if (one !== null) inputs.push(one);
      }
      to.lastMs = atMs;
      to.turnAtMs = to.loop.turn(inputs, nowOf(atMs));
    }
  }

  /** While the process was suspended, the next turn is at the end of that gap. */
  function awake({ gaps }: Life, turnAtMs: number, startAtMs: number): number {
    const atMs = Math.min(turnAtMs, startAtMs);
    for (const { fromMs, toMs } of gaps) if (atMs > fromMs && atMs < toMs) return toMs;
    return atMs;
  }

  function end(): void {
    if (life === null) return;
    const lastMs = Math.max(life.lastMs, life.queue.at(-1)?.takenAt.monotonicMs ?? 0);
    run(life, lastMs);
    life.loop.end([], nowOf(lastMs + turnGapMs));
    life = null;
  }

  return {
    take(stretch) {
      if (life !== null && life.id !== stretch.life.id) end();
      life ??= begin(stretch);
      for (const one of stretch.taken) sort(life, one);
      const lastMs = stretch.taken.at(-1)?.takenAt.monotonicMs ?? 0;
      run(life, lastMs - aheadMs);
      const { gaps, lastMs: nowMs } = life;
      gaps.splice(0, gaps.length, ...gaps.filter(({ toMs }) => toMs > nowMs));
      life.queue.splice(0, life.next);
      life.next = 0;
    },
    end,
    advice,
    outOfTurn,
  };
}

/** Repeats operators' commands if they still apply. */
function tell(s: JudgeStages, told: Told, paused: Map<string, number>, now: Now, absorb: Absorb): void {
  switch (told.kind) {
    case 'accepted':
    case 'dismissed': {
      const { ecosystem, upstream, from, to } = told;
      const wanted = { ecosystem, upstream, from, to, state: 'proposed' } as const;
      const open = s.advisor
        .list()
        .find((one) => Object.entries(wanted).every(([key, value]) => one[key as keyof typeof wanted] === value));
      if (open === undefined) return;
      const said =
        told.kind === 'accepted'
          ? s.advisor.accept(open.id, now)
          : s.advisor.dismiss(open.id, told.untilMs - now.wallMs, '', now);
      if (said.tag === 'ok') absorb.advise(said.value);
      return;
    }
    case 'acknowledged': {
      const open = s.detector.findings().find((one) => one.kind === told.finding && one.registry === told.registry);
      const turn = open === undefined ? null : s.detector.acknowledge(open.id, '', now);
      if (turn !== null) absorb.detect(turn);
      return;
    }
    case 'paused': {
      const { registry, untilMs } = told;
      if (untilMs === null) paused.delete(registry);
      else paused.set(registry, untilMs);
      return absorb.detect(s.detector.pause(registry, untilMs === null ? null : { untilMs, reason: '' }, now));
    }
    default:
      told satisfies never;
  }
}
