import type { DaemonEvent } from '../api/deps.ts';
import type { FindingChange } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice, QueueStanding } from '../core/notice.ts';
import type { Log, Now, StateTrouble, Table } from '../core/ports.ts';
import { explainDelivery } from '../words/delivery.ts';
import { showStored } from '../words/tell.ts';
import { english, wordsOf } from '../words/words.ts';
import { foundInForce, type Stages } from './assemble.ts';
import type { News } from './news.ts';

const nothingAnswers =
  'nothing answers here: this speaks of the place, not of the mirrors; without a network, try `mirrorwatch demo`';

/** The log level of each change: an open finding may change often. */
const findingLevel = {
  opened: 'warn',
  closed: 'info',
  acknowledged: 'info',
  changed: 'debug',
} as const satisfies Record<FindingChange['change'], keyof Log>;

/** After a failed commit the next attempt waits this many times the duration of the failed one. */
const retryAfter = 10;

const standingsEveryMs = 250;
const freshnessEveryMs = 60_000;

/** Tables whose rows may wait for a later transaction. A row of `finding` without an event has only newer figures. */
const patient: ReadonlySet<Table> = new Set(['seen', 'detector', 'finding', 'probe', 'answer', 'trend']);

export function createPublisher(s: Stages, events: Events) {
  let trouble: StateTrouble | null = null;
  let suspect: boolean | null = null;
  const told = new Map<string, string>();
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let freshAtMs = Number.NEGATIVE_INFINITY;
  let committedAtMs = Number.NEGATIVE_INFINITY;
  let retryAtMs = Number.NEGATIVE_INFINITY;

  function mayWait({ findings, advice, deletes, rows }: News, now: Now): boolean {
    if (findings.length + advice.length + deletes.length > 0) return false;
    if (s.ledger.waiting() >= limits.commitRows) return false;
    return rows.every(({ table }) => patient.has(table)) && now.monotonicMs - committedAtMs < limits.commitMs;
  }

  function said(kind: StateTrouble | null, fields: Readonly<Record<string, unknown>>): void {
    if (kind === trouble) return;
    trouble = kind;
    if (kind === null) s.log.info('state is written again');
    else s.log.error('state cannot be written; watching goes on', fields);
  }

  function showSettled({ settled }: News, now: Now, guarded: (step: () => void) => void): void {
    for (const { sample, transcript } of settled) {
      guarded(() => s.exporter.sample(sample));
      guarded(() => s.board.take(sample, transcript));
      guarded(() => events.emit('sample', now.wallMs, sample));
    }
  }

  /** Before findings and advice, which may follow from the vantage's state. */
  function showVantage(now: Now): void {
    const vantage = s.detector.vantage();
    if (vantage.suspect === suspect) return;
    suspect = vantage.suspect;
    s.log.info('vantage judged', { suspect });
    if (suspect && s.detector.standings().every(({ lastOkAtMs }) => lastOkAtMs === null))
      s.log.warn(nothingAnswers, { vantage: s.config.vantage });
    events.emit('vantage', now.wallMs, vantage);
  }

  function showChanges({ findings, advice }: News, now: Now): void {
    for (const change of findings) {
      const { id: finding, kind, registry, text } = change.finding;
      s.exporter.finding(change);
      s.log[findingLevel[change.change]](`finding ${change.change}`, { finding, kind, registry, text });
      events.emit('finding', now.wallMs, change);
    }
    for (const change of advice) {
      const { id, from, to, reason } = change.advice;
      s.exporter.advice(change);
      s.log.warn(`advice ${change.change}`, { advice: id, from, to, reason });
      events.emit('advice', now.wallMs, change);
    }
  }

  function showActions({ actions }: News): void {
    for (const { result, row } of actions) {
      const { id, action, held, isInterrupted } = row;
      s.exporter.action(action, result);
      s.log[result === 'failed' ? 'error' : 'warn'](`action ${result}`, {
        action: id,
        ...(held === null ? {} : { held }),
        ...(row.because === null ? {} : { because: showStored(row.because, english) }),
        ...(isInterrupted ? { isInterrupted } : {}),
      });
    }
  }

  /** Reports new states of mirrors; not in each turn, because a state is derived from all targets. */
  function showStandings(now: Now): void {
    if (now.monotonicMs - toldAtMs < standingsEveryMs) return;
    toldAtMs = now.monotonicMs;
    const standings = s.detector.standings();
    s.ledger.add(s.since.take(standings, now), []);
    for (const standing of standings) {
      const { registry, state, inDoubt, paused, inMaintenance } = standing;
      const word = JSON.stringify([state, inDoubt, paused, inMaintenance]);
      if (told.get(registry) === word) continue;
      told.set(registry, word);
      events.emit('standing', now.wallMs, standing);
    }
  }

  function keepFreshness(now: Now): void {
    if (now.monotonicMs - freshAtMs < freshnessEveryMs) return;
    freshAtMs = now.monotonicMs;
    for (const [registry, freshness] of s.detector.freshness()) s.trends.fresh(registry, freshness, now);
  }

  return {
    /**
     * Writes all waiting rows in one transaction. While that fails, they wait on, and `stateTrouble` returns why. Rows
     * of `patient` tables alone may wait for a later turn, at most `limits.commitMs`. `isLast`: also writes what is
     * written rarely. `isAwaited`: a caller waits for the write.
     */
    commit(
      news: News,
      now: Now,
      { isLast, isAwaited }: { readonly isLast: boolean; readonly isAwaited: boolean },
    ): void {
      for (const { sample } of news.settled) {
        s.lastOk.take(sample);
        s.trends.take(sample, now);
      }
      const failing = news.settled.filter(({ sample }) => sample.outcome.tag === 'failed');
      const probes = failing.map(({ sample, transcript }) => ({
        table: 'probe' as const,
        key: sample.due.probeId,
        atMs: sample.startedAtMs,
        value: { sample, transcript },
      }));
      const rows = [...news.rows, ...probes, ...s.lastOk.rows(now, isLast)];
      const cited = s.cited.follow(
        { open: s.detector.findings(), rows, settled: news.settled, inForce: () => foundInForce(s) },
        now.wallMs,
      );
      s.ledger.add(cited.rows, cited.deletes);
      s.ledger.add([...rows, ...s.answers.rows(), ...s.trends.rows(now, isLast)], news.deletes);
      if (!isLast && (now.monotonicMs < retryAtMs || (!isAwaited && mayWait(news, now)))) return;
      committedAtMs = now.monotonicMs;
      try {
        const fromMs = s.clock.monotonicMs();
        const flushed = s.ledger.flush();
        const tookMs = s.clock.monotonicMs() - fromMs;
        if (flushed.tag === 'ok') said(null, {});
        else {
          said(flushed.trouble.kind, { trouble: flushed.trouble, waiting: flushed.rows });
          retryAtMs = fromMs + retryAfter * tookMs;
        }
      } catch (cause) {
        said('defect', {});
        throw cause;
      }
    },
    /** Shows the changes in metrics, log and events, in parts: one defect must not hide the rest. */
    show(news: News, now: Now, guarded: (step: () => void) => void): void {
      showSettled(news, now, guarded);
      guarded(() => showVantage(now));
      guarded(() => showChanges(news, now));
      guarded(() => showStandings(now));
      guarded(() => keepFreshness(now));
      guarded(() => showActions(news));
      guarded(() => {
        for (const { receiver, outcome } of news.outcomes) s.exporter.delivery(receiver, outcome);
        for (const registry of news.regressions) s.exporter.regression(registry);
        for (const { registry, seconds } of news.propagations) s.exporter.propagation(registry, seconds);
        for (const { worker, delaysMs } of s.workers.loopDelays()) s.exporter.loopDelays(worker, delaysMs);
      });
    },
    /** Why the last write of the state file failed; `null`: it did not. */
    stateTrouble: () => trouble,
  };
}

export type Events = ReturnType<typeof createEvents>;

/** The listeners to events. One that throws is removed. */
export function createEvents() {
  const listeners = new Set<(event: DaemonEvent) => void>();
  return {
    emit(type: DaemonEvent['type'], atMs: number, data: unknown): void {
      const event: DaemonEvent = { type, atMs, data };
      for (const listener of listeners) {
        try {
          listener(event);
        } catch {
          listeners.delete(listener);
        }
      }
    },
    subscribe(listener: (event: DaemonEvent) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const say = wordsOf('en');

/** Logs a failed delivery, unless it repeats the receiver's last failure, and the first success after a failure. */
export function createReceiverLog(
  log: Log,
): (notice: Notice, delivery: Delivery, queues: () => readonly QueueStanding[]) => void {
  const failing = new Map<string, string>();
  return ({ id, receiver }, delivery, queues) => {
    const because = delivery.tag === 'failed' ? explainDelivery(delivery.failure, say) : '';
    if ((failing.get(receiver) ?? '') === because) return;
    if (delivery.tag === 'delivered') {
      failing.delete(receiver);
      log.info('receiver takes notices again', { receiver });
      return;
    }
    failing.set(receiver, because);
    const { retry } = delivery.failure;
    log.warn('receiver takes no notices', {
      receiver,
      notice: id,
      because,
      ...(typeof retry === 'string' ? {} : { askedSeconds: retry.afterMs / 1_000 }),
      nextAttemptSeconds: queues().find((one) => one.receiver === receiver)?.nextAttemptSeconds ?? null,
    });
  };
}
