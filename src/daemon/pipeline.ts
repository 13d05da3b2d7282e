import type { ControlResponse, Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice } from '../core/notice.ts';
import type { Now, Probed } from '../core/ports.ts';
import type { Transcript } from '../core/transcript.ts';
import { notSent } from '../notify/queue.ts';
import { Actions } from './actions.ts';
import { createAsker, createDefects, type Defects } from './asker.ts';
import type { Stages } from './assemble.ts';
import { createJudge } from './judge.ts';
import type { JudgeTurn } from './judge-turn.ts';
import { createKnowledge } from './knowledge.ts';
import { type Absorb, absorbInto, gapBetween, newTurnChanges, type Settled, type TurnChanges } from './news.ts';
import { createEvents, createReceiverLog, Publisher } from './publish.ts';

/** Inputs of the main loop. They are handled in a turn of the loop, not in the callback that received them. */
type Input =
  | { readonly kind: 'probed'; readonly due: Due; readonly probed: Probed }
  | { readonly kind: 'control'; readonly response: ControlResponse; readonly round: Due['round'] }
  | { readonly kind: 'delivery'; readonly notice: Notice; readonly delivery: Delivery }
  /** A step of an action has ended; `actions` has its result. */
  | { readonly kind: 'acted' }
  | { readonly kind: 'command'; readonly run: (now: Now, absorb: Absorb) => () => void };

const turnGapMs = 5;
const idleMs = 1_000;
const afterDefectMs = 250;

/** The main loop: schedule → probe → detect → advise → notify → commit → export and events. */
export class Pipeline {
  readonly events = createEvents();
  readonly actions: Actions;
  readonly defects: Defects;
  readonly publisher: Publisher;
  readonly knowledge: ReturnType<typeof createKnowledge>;
  readonly #stages: Stages;
  readonly #judge: ReturnType<typeof createJudge>;
  readonly #asker: ReturnType<typeof createAsker>;
  readonly #deliveries: ReturnType<typeof createDeliveries>;
  readonly #inbox: Input[] = [];
  /** Transcripts of samples that are not settled (whose verdict is not final), by probe id. */
  readonly #awaiting = new Map<string, Transcript>();
  /** Functions that settle the promises of a turn's commands. They are called after the commit of the turn. */
  readonly #settle: (() => void)[] = [];
  #timer: { cancel(): void } | null = null;
  #before: Now;
  #state: 'idle' | 'running' | 'draining' | 'stopped' = 'idle';

  constructor(stages: Stages) {
    this.#stages = stages;
    this.#before = stages.clock.now();
    this.defects = createDefects(stages.log, stages.clock);
    this.publisher = new Publisher(stages, this.events);
    this.knowledge = createKnowledge(stages);
    const delivered = (notice: Notice, delivery: Delivery): void => this.#take({ kind: 'delivery', notice, delivery });
    this.#deliveries = createDeliveries(stages, this.defects, delivered);
    this.#asker = createAsker(stages, {
      defects: this.defects,
      probed: (due, probed) => this.#take({ kind: 'probed', due, probed }),
      onResponse: (response, round) => this.#take({ kind: 'control', response, round }),
    });
    const acted = (): void => this.#take({ kind: 'acted' });
    this.actions = new Actions(stages, stages.actor, stages.store.all('action'), acted);
    this.#judge = createJudge(stages, () => this.#state === 'running');
  }

  start(): void {
    this.#state = 'running';
    this.#before = this.#stages.clock.now();
    this.#turn();
  }

  /** Runs `act` in the next turn; the promise settles after that turn's commit, which may have failed. */
  command<T>(act: (now: Now, absorb: Absorb) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (now: Now, absorb: Absorb): (() => void) => {
        try {
          const given = act(now, absorb);
          return () => resolve(given);
        } catch (cause) {
          return () => reject(cause instanceof Error ? cause : new Error('command failed', { cause }));
        }
      };
      if (this.#state === 'stopped') reject(new Error('the loop has ended'));
      else this.#take({ kind: 'command', run });
    });
  }

  /** Starts no new probes; waits for running probes, deliveries and actions, at most `limits.drainMs`. */
  async drain(): Promise<void> {
    const { clock, timers, scheduler } = this.#stages;
    this.#state = 'draining';
    const untilMs = clock.monotonicMs() + limits.drainMs;
    const inFlight = (): number => scheduler.inFlight() + this.#deliveries.inFlight() + this.actions.inFlight();
    while (inFlight() > 0 && clock.monotonicMs() < untilMs)
      await new Promise<void>((resolve) => timers.after(50, resolve));
  }

  /**
   * Runs the last turn. Samples whose verdict is not final are settled, and the state is written. Later commands are
   * refused.
   */
  end(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#timer?.cancel();
    const flush = (now: Now, absorb: Absorb): (() => void) => {
      absorb.detect(this.#stages.detector.flush(now));
      return () => undefined;
    };
    this.#inbox.push({ kind: 'command', run: flush });
    this.#turn();
  }

  #wake(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#stages.timers.after(Math.max(0, delayMs), () => this.#turn());
  }

  #take(input: Input): void {
    this.#inbox.push(input);
    if (this.#state !== 'stopped' && this.#inbox.length === 1) this.#wake(turnGapMs);
  }

  #turn(): void {
    const { notifier, clock } = this.#stages;
    const { guarded } = this.defects;
    const now = clock.now();
    const judging = this.#judge.turn(now);
    const changes = newTurnChanges(judging.judged);
    const absorb = absorbInto(judging, ({ rows, deletes, outcomes }) => {
      changes.rows.push(...rows);
      changes.deletes.push(...deletes);
      changes.outcomes.push(...outcomes);
    });
    const defectsBefore = this.defects.count();
    guarded(() => this.#noteGap(now, judging));
    for (const input of this.#inbox.splice(0))
      if (!guarded(() => this.#handle(input, now, judging, absorb))) this.#lose(input, judging);
    guarded(judging.maintain);
    guarded(() => judging.tick(this.publisher.stateTrouble()));
    guarded(() => this.#plan(now, judging));
    guarded(judging.consider);
    guarded(() => this.#carryOut(judging));
    guarded(() => this.actions.turn(judging.judged.advice, changes, now, absorb, this.#state !== 'running'));
    changes.settled.push(...this.#withTranscripts(judging));
    guarded(() => absorb.notify(notifier.compose(changes, now)));
    let hasLearnt = false;
    guarded(() => {
      hasLearnt = this.#learn(changes);
    });
    this.#publish(changes, now);
    if (hasLearnt) guarded(() => void this.knowledge.configure());
    for (const done of this.#settle.splice(0)) done();
    if (this.#state === 'stopped') return;
    guarded(() => this.#deliveries.send(now));
    if (this.#state === 'running') guarded(() => this.actions.begin(this.publisher.stateTrouble() === null));
    // After a defect the loop waits longer, so that a recurring defect does not keep it busy.
    const restMs = this.defects.count() > defectsBefore ? afterDefectMs : 0;
    this.#wake(Math.max(restMs, this.#inbox.length > 0 ? turnGapMs : this.#nextWake(now)));
  }

  #noteGap(now: Now, judging: JudgeTurn): void {
    const gap = gapBetween(this.#before, now);
    this.#before = now;
    if (!gap) return;
    this.#stages.log.warn('time did not go on as it should', { ...gap });
    this.#stages.responses.gap(gap.fromMonotonicMs, gap.toMonotonicMs, now);
    judging.suspended(gap.fromMonotonicMs, gap.toMonotonicMs);
  }

  #handle(input: Input, now: Now, judging: JudgeTurn, absorb: Absorb): void {
    const { responses, exporter } = this.#stages;
    switch (input.kind) {
      case 'probed': {
        const { due, probed } = input;
        this.#awaiting.set(due.probeId, probed.transcript);
        responses.probed(probed.sample, now);
        if (due.purpose === 'scheduled')
          exporter.scheduleDelay(Math.max(0, probed.sample.startedMonotonicMs - due.plannedAtMs) / 1000);
        return judging.probed(probed.sample);
      }
      case 'control':
        responses.control(input.response, input.round !== null, now);
        return judging.control(input.response, input.round);
      case 'delivery':
        return absorb.notify(this.#deliveries.record(input.notice, input.delivery, now));
      case 'acted':
        return;
      case 'command':
        this.#judge.considerSoon();
        this.#settle.push(input.run(now, absorb));
        return;
      default:
        input satisfies never;
    }
  }

  #plan(now: Now, judging: JudgeTurn): void {
    for (const skip of judging.plan()) this.#stages.exporter.skipped(skip);
    if (this.#state === 'running') this.#asker.controls(now);
  }

  #carryOut(judging: JudgeTurn): void {
    const { probes, controls } = judging.carryOut();
    for (const due of probes) this.#asker.probe(due);
    for (const { due, round } of controls) this.#asker.control(due, round);
  }

  #lose(input: Input, judging: JudgeTurn): void {
    if (input.kind !== 'probed' || !this.#awaiting.has(input.due.probeId)) return;
    const outcome = { tag: 'unknown', because: 'defect' } as const;
    judging.judged.settled.push({
      ...input.probed.sample,
      outcome,
      cold: false,
      thresholdMs: null,
      baselineMs: null,
    });
  }

  #withTranscripts({ judged }: JudgeTurn): Settled[] {
    return judged.settled.flatMap((sample) => {
      const transcript = this.#awaiting.get(sample.due.probeId);
      return this.#awaiting.delete(sample.due.probeId) && transcript ? [{ sample, transcript }] : [];
    });
  }

  #learn(changes: TurnChanges): boolean {
    const rows = this.knowledge.learn(changes.settled.map(({ sample }) => sample));
    changes.rows.push(...rows);
    return rows.length > 0;
  }

  #publish(changes: TurnChanges, now: Now): void {
    const { guarded } = this.defects;
    const how = { isLast: this.#state === 'stopped', isAwaited: this.#settle.length > 0 };
    guarded(() => this.publisher.commit(changes, now, how));
    this.publisher.show(changes, now, guarded);
  }

  #nextWake(now: Now): number {
    const times = [now.monotonicMs + idleMs, this.#stages.notifier.wakeAtMs(now), this.#judge.wakeAtMs()];
    return Math.max(1, Math.min(...times.flatMap((time) => time ?? [])) - now.monotonicMs);
  }
}

/**
 * Sends the messages that are due, and reports how each delivery ended.
 * @param ended  called when a delivery has ended, to request a turn of the main loop, which calls `record`
 */
function createDeliveries(s: Stages, defects: Defects, ended: (notice: Notice, delivery: Delivery) => void) {
  const logDelivery = createReceiverLog(s.log);
  let inFlight = 0;
  return {
    send(now: Now): void {
      for (const { notice, message } of s.notifier.takeDue(now)) {
        inFlight += 1;
        void defects.or(() => s.post.send(message), notSent).then((delivery) => ended(notice, delivery));
      }
    },
    record(notice: Notice, delivery: Delivery, now: Now) {
      inFlight -= 1;
      const change = s.notifier.delivered(notice, delivery, now);
      logDelivery(notice, delivery, () => s.notifier.queues(now));
      return change;
    },
    inFlight: () => inFlight,
  };
}
