import type { ControlAnswer, Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice } from '../core/notice.ts';
import type { Now, Probed } from '../core/ports.ts';
import type { Transcript } from '../core/transcript.ts';
import { createAsker } from './asker.ts';
import { createDefects } from './defects.ts';
import { createEvents, type Events } from './events.ts';
import { type Absorb, type News, noNews } from './news.ts';
import { createPins } from './pins.ts';
import { createPublisher } from './publish.ts';
import type { Stages } from './stages.ts';
import { gapBetween } from './watch.ts';

/** What waits for the loop: outside events are queued and taken at our own pace, never acted on in their callback. */
type Input =
  | { readonly kind: 'probed'; readonly due: Due; readonly probed: Probed }
  | { readonly kind: 'control'; readonly answer: ControlAnswer; readonly round: Due['round'] }
  | { readonly kind: 'delivery'; readonly notice: Notice; readonly delivery: Delivery }
  | { readonly kind: 'command'; readonly run: (now: Now, absorb: Absorb) => () => void };

/** The loop that carries samples from the schedule to the notices. */
export interface Pipeline {
  start(): void;
  /** Runs `act` inside the loop's next turn; what it gives back is committed before the promise resolves. */
  command<T>(act: (now: Now, absorb: Absorb) => T): Promise<T>;
  readonly events: Events;
  /** No new probes; waits for those in flight and for deliveries, at most `limits.drainMs`. */
  drain(): Promise<void>;
  /** The last turn: takes what has come in, settles what was held, commits. Commands are refused from now on. */
  end(): void;
  /** Defects caught so far. */
  defects(): number;
  stateTrouble(): string | null;
  /** After a reload changed targets or access. */
  reconfigured(): Promise<void>;
}

const considerEveryMs = 2_000;
const controlEveryMs = 30_000;
const turnGapMs = 5;
const idleMs = 1_000;
const afterDefectMs = 250;

/** Joins the stages: schedule → probe → measure → detect → advise → notify, with export, state and events after the commit. */
export function createPipeline(s: Stages): Pipeline {
  const inbox: Input[] = [];
  /** Probes that came back and are not settled yet: what detect settles is taken from here, so each counts once. */
  const awaiting = new Map<string, Transcript>();
  const events = createEvents();
  const pins = createPins(s);
  const publisher = createPublisher(s, events, pins);
  const defects = createDefects(s.log, s.clock);
  const { guarded } = defects;
  let timer: { cancel(): void } | null = null;
  let before = s.clock.now();
  let state: 'idle' | 'running' | 'draining' | 'stopped' = 'idle';
  let considerAtMs = 0;
  let controlAtMs = 0;
  let deliveriesInFlight = 0;
  let scheduleWakeMs: number | null = null;
  let detectWakeMs: number | null = null;
  /** What commands wait for: called when the turn they ran in has been committed. */
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
    isRunning: () => state === 'running',
    probed: (due, probed) => take({ kind: 'probed', due, probed }),
    answered: (answer, round) => take({ kind: 'control', answer, round }),
  });

  function absorbInto(news: News, now: Now): Absorb {
    const absorb: Absorb = {
      detect(turn) {
        for (const sample of turn.settled) {
          const transcript = awaiting.get(sample.due.probeId);
          if (awaiting.delete(sample.due.probeId) && transcript) news.settled.push({ sample, transcript });
        }
        news.findings.push(...turn.findings);
        news.rows.push(...turn.rows);
        news.deletes.push(...turn.deletes);
        detectWakeMs = turn.wakeAtMs;
        for (const { registry, on } of turn.doubt) s.scheduler.doubt(registry, on);
        s.scheduler.shed(turn.shed);
        asker.follow(turn, now, (roundId, moment, name) =>
          absorb.detect(s.detector.unasked(roundId, moment, name, now)),
        );
      },
      advise(change) {
        news.advice.push(...change.changes);
        news.rows.push(...change.rows);
        news.deletes.push(...change.deletes);
      },
      notify(change) {
        news.rows.push(...change.rows);
        news.deletes.push(...change.deletes);
        news.outcomes.push(...change.outcomes);
      },
    };
    return absorb;
  }

  function handle(input: Input, now: Now, absorb: Absorb): void {
    switch (input.kind) {
      case 'probed': {
        const { due, probed } = input;
        awaiting.set(due.probeId, probed.transcript);
        const { wireBytes, retryAfterMs } = probed.sample;
        s.scheduler.finished(due, { wireBytes, retryAfterMs: throttleOf(probed, retryAfterMs) }, now);
        noteThrottled(s, probed);
        if (due.purpose === 'scheduled')
          s.exporter.scheduleDelay(Math.max(0, probed.sample.startedMonotonicMs - due.plannedAtMs) / 1000);
        return absorb.detect(s.detector.take(probed.sample, now));
      }
      case 'control':
        return absorb.detect(s.detector.control(input.answer, input.round, now));
      case 'delivery':
        deliveriesInFlight -= 1;
        return absorb.notify(s.notifier.delivered(input.notice, input.delivery, now));
      case 'command':
        considerAtMs = 0;
        settle.push(input.run(now, absorb));
        return;
      default:
        input satisfies never;
    }
  }

  function plan(now: Now): void {
    if (state !== 'running') return;
    const { start, skipped, wakeAtMs } = s.scheduler.advance(now);
    scheduleWakeMs = wakeAtMs;
    for (const skip of skipped) {
      s.exporter.skipped(skip);
      s.detector.skipped(skip);
    }
    for (const due of start) asker.probe(due);
    if (now.monotonicMs < controlAtMs) return;
    controlAtMs = now.monotonicMs + controlEveryMs;
    asker.controls();
  }

  function consider(news: News, now: Now, absorb: Absorb): void {
    for (const { sample } of news.settled) s.advisor.observe(sample, now);
    if (news.findings.length === 0 && now.monotonicMs < considerAtMs) return;
    considerAtMs = now.monotonicMs + considerEveryMs;
    const evidence = s.evidence.firing(s.config, now);
    const standings = s.detector.standings();
    absorb.advise(s.advisor.consider({ standings, vantage: s.detector.vantage(), evidence }, now));
  }

  /** A probe whose taking in broke: unknown by our own fault, and counted as that. */
  function lose(input: Input, news: News): void {
    if (input.kind !== 'probed') return;
    const { sample, transcript } = input.probed;
    if (!awaiting.delete(sample.due.probeId)) return;
    const outcome = { tag: 'unknown', because: 'defect' } as const;
    news.settled.push({
      sample: { ...sample, outcome, cold: false, thresholdMs: null, baselineMs: null },
      transcript,
    });
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
    const news = noNews();
    const absorb = absorbInto(news, now);
    const defectsBefore = defects.count();
    guarded(() => {
      const gap = gapBetween(before, now);
      before = now;
      if (!gap) return;
      s.log.warn('time did not go on as it should', { ...gap });
      absorb.detect(s.detector.suspended(gap.fromMonotonicMs, gap.toMonotonicMs, now));
    });
    for (const input of inbox.splice(0)) if (!guarded(() => handle(input, now, absorb))) lose(input, news);
    guarded(() => maintain(now, absorb));
    guarded(() => absorb.detect(s.detector.tick(now)));
    guarded(() => plan(now));
    guarded(() => consider(news, now, absorb));
    guarded(() => absorb.notify(s.notifier.compose({ findings: news.findings, advice: news.advice }, now)));
    guarded(() => publisher.commit(news, now, state === 'stopped'));
    publisher.show(news, now, guarded);
    for (const done of settle.splice(0)) done();
    if (state === 'stopped') return;
    guarded(() => send(now));
    // A defect that comes back each turn must not keep the loop turning.
    const restMs = defects.count() > defectsBefore ? afterDefectMs : 0;
    wake(Math.max(restMs, inbox.length > 0 ? turnGapMs : nextWake(now)));
  }

  const inMaintenance = new Map<string, boolean>();
  function maintain(now: Now, absorb: Absorb): void {
    for (const { name, maintenance } of s.config.mirrors) {
      const on = maintenance.length > 0 && s.scheduler.inMaintenance(name, now);
      if ((inMaintenance.get(name) ?? false) === on) continue;
      inMaintenance.set(name, on);
      absorb.detect(s.detector.maintenance(name, on, now));
    }
  }

  function nextWake(now: Now): number {
    const times = [
      now.monotonicMs + idleMs,
      s.notifier.wakeAtMs(now),
      detectWakeMs,
      state === 'running' ? scheduleWakeMs : null,
    ];
    return Math.max(1, Math.min(...times.flatMap((time) => time ?? [])) - now.monotonicMs);
  }

  return {
    events,
    start() {
      state = 'running';
      before = s.clock.now();
      turn();
    },
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
    async drain() {
      state = 'draining';
      const untilMs = s.clock.monotonicMs() + limits.drainMs;
      while ((s.scheduler.inFlight() > 0 || deliveriesInFlight > 0) && s.clock.monotonicMs() < untilMs)
        await new Promise<void>((resolve) => s.timers.after(50, resolve));
    },
    end() {
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
    reconfigured: () => pins.configure(),
  };
}

function notSent(): Delivery {
  return { tag: 'failed', failure: { kind: 'network', code: 'DEFECT', retry: 'later' } };
}

function throttleOf(probed: Probed, retryAfterMs: number | null): number | null {
  const { outcome } = probed.sample;
  return outcome.tag === 'failed' && outcome.failure.kind === 'throttled' ? (retryAfterMs ?? 0) : null;
}

/** A host that asks us to stay away asks for all mirrors on it. */
function noteThrottled(s: Stages, { sample }: Probed): void {
  const own = sample.due.target.registry;
  const isNews = sample.outcome.tag === 'failed' && sample.outcome.failure.kind === 'throttled';
  for (const name of isNews ? s.config.mirrors.map((mirror) => mirror.name) : [own])
    s.detector.throttled(name, s.scheduler.throttledUntil(name));
}
