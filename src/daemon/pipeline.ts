import type { ControlAnswer, Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice } from '../core/notice.ts';
import type { Now, Probed } from '../core/ports.ts';
import type { Transcript } from '../core/transcript.ts';
import { notSent } from '../notify/queue.ts';
import { createActions } from './actions.ts';
import { createAsker, createDefects } from './asker.ts';
import type { Stages } from './assemble.ts';
import { createJudge } from './judge.ts';
import type { JudgeTurn } from './judge-turn.ts';
import { createKnowledge } from './knowledge.ts';
import { type Absorb, gapBetween, type News, newNews, type Settled } from './news.ts';
import { createEvents, createPublisher, createReceiverLog } from './publish.ts';

/** Inputs of the loop, which are handled in a turn, never in their callback. */
type Input =
  | { readonly kind: 'probed'; readonly due: Due; readonly probed: Probed }
  | { readonly kind: 'control'; readonly answer: ControlAnswer; readonly round: Due['round'] }
  | { readonly kind: 'delivery'; readonly notice: Notice; readonly delivery: Delivery }
  /** A step of an action has ended; `actions` has its result. */
  | { readonly kind: 'acted' }
  | { readonly kind: 'command'; readonly run: (now: Now, absorb: Absorb) => () => void };

export type Pipeline = ReturnType<typeof createPipeline>;

const controlEveryMs = 30_000;
const turnGapMs = 5;
const idleMs = 1_000;
const afterDefectMs = 250;

/** The loop: schedule → probe → detect → advise → notify → commit → export and events. */
export function createPipeline(s: Stages) {
  const inbox: Input[] = [];
  /** Transcripts of samples that are not yet settled, by probe id. */
  const awaiting = new Map<string, Transcript>();
  const events = createEvents();
  const knowledge = createKnowledge(s);
  const publisher = createPublisher(s, events);
  const defects = createDefects(s.log, s.clock);
  const { guarded } = defects;
  const logDelivery = createReceiverLog(s.log);
  let timer: { cancel(): void } | null = null;
  let before = s.clock.now();
  let state: 'idle' | 'running' | 'draining' | 'stopped' = 'idle';
  let controlAtMs = 0;
  let deliveriesInFlight = 0;
  const settle: (() => void)[] = [];

  const wake = (delayMs: number): void => {
    timer?.cancel();
    timer = s.timers.after(Math.max(0, delayMs), turn);
  };
  const take = (input: Input): void => {
    inbox.push(input);
    if (state !== 'stopped' && inbox.length === 1) wake(turnGapMs);
  };
  const asker = createAsker(s, {
    defects,
    probed: (due, probed) => take({ kind: 'probed', due, probed }),
    answered: (answer, round) => take({ kind: 'control', answer, round }),
  });

  const actions = createActions(s, s.actor, s.store.all('action'), () => take({ kind: 'acted' }));
  const judge = createJudge(s, () => state === 'running');

  function absorbInto(news: News, judging: JudgeTurn): Absorb {
    return {
      detect: judging.detect,
      advise: (change) => judging.advise({ looks: [], ...change }),
      notify(change) {
        news.rows.push(...change.rows);
        news.deletes.push(...change.deletes);
        news.outcomes.push(...change.outcomes);
      },
    };
  }

  function handle(input: Input, now: Now, judging: JudgeTurn, absorb: Absorb): void {
    switch (input.kind) {
      case 'probed': {
        const { due, probed } = input;
        awaiting.set(due.probeId, probed.transcript);
        s.answers.probed(probed.sample, now);
        if (due.purpose === 'scheduled')
          s.exporter.scheduleDelay(Math.max(0, probed.sample.startedMonotonicMs - due.plannedAtMs) / 1000);
        return judging.probed(probed.sample);
      }
      case 'control':
        s.answers.control(input.answer, input.round !== null, now);
        return judging.control(input.answer, input.round);
      case 'delivery':
        deliveriesInFlight -= 1;
        absorb.notify(s.notifier.delivered(input.notice, input.delivery, now));
        return logDelivery(input.notice, input.delivery, () => s.notifier.queues(now));
      case 'acted':
        return;
      case 'command':
        judge.considerSoon();
        settle.push(input.run(now, absorb));
        return;
      default:
        input satisfies never;
    }
  }

  function plan(now: Now, judging: JudgeTurn): void {
    for (const skip of judging.plan()) s.exporter.skipped(skip);
    if (state !== 'running' || now.monotonicMs < controlAtMs) return;
    controlAtMs = now.monotonicMs + controlEveryMs;
    asker.controls();
  }

  function carryOut(judging: JudgeTurn): void {
    const { probes, controls } = judging.carryOut();
    for (const due of probes) asker.probe(due);
    for (const { due, round } of controls) asker.control(due, round);
  }

  function lose(input: Input, judging: JudgeTurn): void {
    if (input.kind !== 'probed' || !awaiting.has(input.due.probeId)) return;
    const outcome = { tag: 'unknown', because: 'defect' } as const;
    judging.judged.settled.push({
      ...input.probed.sample,
      outcome,
      cold: false,
      thresholdMs: null,
      baselineMs: null,
    });
  }

  function withTranscripts({ judged }: JudgeTurn): Settled[] {
    return judged.settled.flatMap((sample) => {
      const transcript = awaiting.get(sample.due.probeId);
      return awaiting.delete(sample.due.probeId) && transcript ? [{ sample, transcript }] : [];
    });
  }

  function learn(news: News): boolean {
    const rows = knowledge.learn(news.settled.map(({ sample }) => sample));
    news.rows.push(...rows);
    return rows.length > 0;
  }

  function send(now: Now): void {
    for (const { notice, message } of s.notifier.takeDue(now)) {
      deliveriesInFlight += 1;
      void defects
        .or(() => s.post.send(message), notSent)
        .then((delivery) => take({ kind: 'delivery', notice, delivery }));
    }
  }

  function turn(): void {
    const now = s.clock.now();
    const judging = judge.turn(now);
    const news = newNews(judging.judged);
    const absorb = absorbInto(news, judging);
    const defectsBefore = defects.count();
    guarded(() => {
      const gap = gapBetween(before, now);
      before = now;
      if (!gap) return;
      s.log.warn('time did not go on as it should', { ...gap });
      s.answers.gap(gap.fromMonotonicMs, gap.toMonotonicMs, now);
      judging.suspended(gap.fromMonotonicMs, gap.toMonotonicMs);
    });
    for (const input of inbox.splice(0)) if (!guarded(() => handle(input, now, judging, absorb))) lose(input, judging);
    guarded(judging.maintain);
    guarded(judging.tick);
    guarded(() => plan(now, judging));
    guarded(judging.consider);
    guarded(() => carryOut(judging));
    guarded(() => actions.turn(judging.judged.advice, news, now, absorb, state !== 'running'));
    news.settled.push(...withTranscripts(judging));
    guarded(() => absorb.notify(s.notifier.compose(news, now)));
    let hasLearnt = false;
    guarded(() => {
      hasLearnt = learn(news);
    });
    guarded(() => publisher.commit(news, now, { isLast: state === 'stopped', isAwaited: settle.length > 0 }));
    publisher.show(news, now, guarded);
    if (hasLearnt) guarded(() => void knowledge.configure());
    for (const done of settle.splice(0)) done();
    if (state === 'stopped') return;
    guarded(() => send(now));
    if (state === 'running') guarded(() => actions.begin(publisher.stateTrouble() === null));
    // A defect that recurs must not keep the loop busy.
    const restMs = defects.count() > defectsBefore ? afterDefectMs : 0;
    wake(Math.max(restMs, inbox.length > 0 ? turnGapMs : nextWake(now)));
  }

  function nextWake(now: Now): number {
    const times = [now.monotonicMs + idleMs, s.notifier.wakeAtMs(now), judge.wakeAtMs()];
    return Math.max(1, Math.min(...times.flatMap((time) => time ?? [])) - now.monotonicMs);
  }

  return {
    events,
    actions,
    start(): void {
      state = 'running';
      before = s.clock.now();
      turn();
    },
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
        if (state === 'stopped') reject(new Error('the loop has ended'));
        else take({ kind: 'command', run });
      });
    },
    /** Starts no new probes; waits for running probes, deliveries and actions, at most `limits.drainMs`. */
    async drain(): Promise<void> {
      state = 'draining';
      const untilMs = s.clock.monotonicMs() + limits.drainMs;
      while (
        (s.scheduler.inFlight() > 0 || deliveriesInFlight > 0 || actions.inFlight() > 0) &&
        s.clock.monotonicMs() < untilMs
      )
        await new Promise<void>((resolve) => s.timers.after(50, resolve));
    },
    /** The last turn: settles held samples and commits. Later commands are refused. */
    end(): void {
      if (state === 'stopped') return;
      state = 'stopped';
      timer?.cancel();
      const flush = (now: Now, absorb: Absorb): (() => void) => {
        absorb.detect(s.detector.flush(now));
        return () => undefined;
      };
      inbox.push({ kind: 'command', run: flush });
      turn();
    },
    defects: defects.count,
    stateTrouble: publisher.stateTrouble,
    reconfigured: () => knowledge.configure(),
  };
}
