import type { DaemonEvent } from '../api/deps.ts';
import type { FindingChange } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice, QueueStanding } from '../core/notice.ts';
import type { Log, Now, StateTrouble, Table } from '../core/ports.ts';
import { explainDelivery } from '../words/delivery.ts';
import { showStored } from '../words/tell.ts';
import { english, wordsOf } from '../words/words.ts';
import { foundInForce, type Stages } from './assemble.ts';
import type { TurnChanges } from './news.ts';

const nothingResponds =
  'no mirror has responded here yet: check the network of this place first; without a network, try `mirrorwatch demo`';

/**
 * The log level of each change of a finding. `changed` has the lowest level, because an open finding may change often.
 */
const findingLevel = {
  opened: 'warn',
  closed: 'info',
  acknowledged: 'info',
  changed: 'debug',
} as const satisfies Record<FindingChange['change'], keyof Log>;

/** After a failed commit, the next attempt waits this many times as long as the failed commit took. */
const retryAfter = 10;

const standingsEveryMs = 250;
const freshnessEveryMs = 60_000;
/** If no finding, advice or state changes, the records of upstreams are compared with the stored ones at this interval. */
const recordsEveryMs = 15_000;

/**
 * Tables whose rows may wait for a later transaction. `finding` is one of them: unless a turn reports a change of a
 * finding, its rows of findings contain only newer figures.
 */
const patient: ReadonlySet<Table> = new Set(['seen', 'detector', 'finding', 'probe', 'answer', 'trend']);

/** Writes the results of a turn (one pass of the main loop), and updates metrics, log and events. */
export class Publisher {
  readonly #stages: Stages;
  readonly #events: Events;
  #trouble: StateTrouble | null = null;
  #suspect: boolean | null = null;
  /** The last shown state of each mirror, as text. */
  readonly #shown = new Map<string, string>();
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #freshAtMs = Number.NEGATIVE_INFINITY;
  /** When records are due, monotonic milliseconds. */
  #recordsAtMs = Number.NEGATIVE_INFINITY;
  #committedAtMs = Number.NEGATIVE_INFINITY;
  #retryAtMs = Number.NEGATIVE_INFINITY;

  constructor(stages: Stages, events: Events) {
    this.#stages = stages;
    this.#events = events;
  }

  /** Returns why the last write of the state file failed; `null`: it succeeded, or there was none yet. */
  stateTrouble(): StateTrouble | null {
    return this.#trouble;
  }

  /**
   * Writes all waiting rows in one transaction. If the transaction fails, the rows stay queued (too many:
   * `createLedger` drops some), and `stateTrouble` returns the reason. If only rows of `patient` tables wait, they may
   * wait for a later turn, at most `limits.commitMs`. `isLast`: the daemon ends, so even rows that are written at
   * intervals are written now. `isAwaited`: a caller waits for the write, so rows of `patient` tables do not wait
   * either. After a failed transaction, all rows wait (`retryAfter`).
   */
  commit(
    changes: TurnChanges,
    now: Now,
    { isLast, isAwaited }: { readonly isLast: boolean; readonly isAwaited: boolean },
  ): void {
    this.#addRows(changes, now, isLast);
    if (!isLast && (now.monotonicMs < this.#retryAtMs || (!isAwaited && this.#mayWait(changes, now)))) return;
    this.#committedAtMs = now.monotonicMs;
    const { ledger, clock } = this.#stages;
    try {
      const fromMs = clock.monotonicMs();
      const flushed = ledger.flush();
      const tookMs = clock.monotonicMs() - fromMs;
      if (flushed.tag === 'ok') this.#logTrouble(null, {});
      else {
        this.#logTrouble(flushed.trouble.kind, { trouble: flushed.trouble, waiting: flushed.rows });
        this.#retryAtMs = fromMs + retryAfter * tookMs;
      }
    } catch (cause) {
      this.#logTrouble('defect', {});
      throw cause;
    }
  }

  /**
   * Shows the changes in metrics, log and events. Each part is guarded: a defect in one part must not hide the changes
   * in the other parts.
   */
  show(changes: TurnChanges, now: Now, guarded: (step: () => void) => void): void {
    const { exporter, workers } = this.#stages;
    this.#showSettled(changes, now, guarded);
    guarded(() => this.#showVantage(now));
    guarded(() => this.#showChanges(changes, now));
    guarded(() => this.#showStandings(now));
    guarded(() => this.#keepFreshness(now));
    guarded(() => this.#showActions(changes));
    guarded(() => {
      for (const { receiver, outcome } of changes.outcomes) exporter.delivery(receiver, outcome);
      for (const registry of changes.regressions) exporter.regression(registry);
      for (const { registry, seconds } of changes.propagations)
        exporter.travel('mirror_propagation_seconds', registry, seconds);
      for (const { registry, seconds } of changes.withdrawals)
        exporter.travel('mirror_withdrawal_seconds', registry, seconds);
      for (const { worker, delaysMs } of workers.loopDelays()) exporter.loopDelays(worker, delaysMs);
    });
  }

  #addRows(changes: TurnChanges, now: Now, isLast: boolean): void {
    const s = this.#stages;
    for (const { sample } of changes.settled) {
      s.lastOk.take(sample);
      s.trends.take(sample, now);
    }
    const failing = changes.settled.filter(({ sample }) => sample.outcome.tag === 'failed');
    const probes = failing.map(({ sample, transcript }) => ({
      table: 'probe' as const,
      key: sample.due.probeId,
      atMs: sample.startedAtMs,
      value: { sample, transcript },
    }));
    const rows = [...changes.rows, ...probes, ...s.lastOk.rows(now, isLast)];
    const cited = s.cited.follow(
      { open: s.detector.findings(), rows, settled: changes.settled, inForce: () => foundInForce(s) },
      now.wallMs,
    );
    s.ledger.add(cited.rows, cited.deletes);
    s.ledger.add([...rows, ...s.responses.rows(), ...s.trends.rows(now, isLast)], changes.deletes);
  }

  #mayWait({ findings, advice, deletes, rows }: TurnChanges, now: Now): boolean {
    if (findings.length + advice.length + deletes.length > 0) return false;
    if (this.#stages.ledger.waiting() >= limits.commitRows) return false;
    return rows.every(({ table }) => patient.has(table)) && now.monotonicMs - this.#committedAtMs < limits.commitMs;
  }

  #logTrouble(kind: StateTrouble | null, fields: Readonly<Record<string, unknown>>): void {
    if (kind === this.#trouble) return;
    this.#trouble = kind;
    if (kind === null) this.#stages.log.info('state is written again');
    else this.#stages.log.error('state cannot be written; watching goes on', fields);
  }

  #showSettled({ settled }: TurnChanges, now: Now, guarded: (step: () => void) => void): void {
    for (const { sample, transcript } of settled) {
      guarded(() => this.#stages.exporter.sample(sample));
      guarded(() => this.#stages.board.take(sample, transcript));
      guarded(() => this.#events.emit('sample', now.wallMs, sample));
    }
  }

  /**
   * Reports a change of the vantage (whether our own network is suspect). It runs before findings and advice are
   * reported, because they may follow from that change.
   */
  #showVantage(now: Now): void {
    const vantage = this.#stages.detector.vantage();
    if (vantage.suspect === this.#suspect) return;
    const { suspect } = vantage;
    this.#suspect = suspect;
    this.#stages.log.info('vantage judged', { suspect });
    if (suspect && this.#stages.detector.standings().every(({ lastOkAtMs }) => lastOkAtMs === null))
      this.#stages.log.warn(nothingResponds, { vantage: this.#stages.config.vantage });
    this.#events.emit('vantage', now.wallMs, vantage);
  }

  #showChanges({ findings, advice }: TurnChanges, now: Now): void {
    if (findings.length + advice.length > 0) this.#recordsAtMs = now.monotonicMs;
    for (const change of findings) {
      const { id: finding, kind, registry, text } = change.finding;
      this.#stages.exporter.finding(change);
      this.#stages.log[findingLevel[change.change]](`finding ${change.change}`, { finding, kind, registry, text });
      this.#events.emit('finding', now.wallMs, change);
    }
    for (const change of advice) {
      const { id, from, to, confidence, reason } = change.advice;
      this.#stages.exporter.advice(change);
      this.#stages.log.warn(`advice ${change.change}`, { advice: id, from, to, confidence, reason });
      this.#events.emit('advice', now.wallMs, change);
    }
  }

  #showActions({ actions }: TurnChanges): void {
    for (const { result, row } of actions) {
      const { id, action, held, isInterrupted } = row;
      this.#stages.exporter.action(action, result);
      this.#stages.log[result === 'failed' ? 'error' : 'warn'](`action ${result}`, {
        action: id,
        ...(held === null ? {} : { held }),
        ...(row.because === null ? {} : { because: showStored(row.because, english) }),
        ...(isInterrupted ? { isInterrupted } : {}),
      });
    }
  }

  /** Reports new states of mirrors. It does not run in each turn, because a state is computed from all targets. */
  #showStandings(now: Now): void {
    if (now.monotonicMs - this.#shownAtMs < standingsEveryMs) return;
    this.#shownAtMs = now.monotonicMs;
    const standings = this.#stages.detector.standings();
    for (const standing of standings) {
      const { registry, state, inDoubt, paused, inMaintenance } = standing;
      const word = JSON.stringify([state, inDoubt, paused, inMaintenance]);
      if (this.#shown.get(registry) === word) continue;
      this.#shown.set(registry, word);
      this.#recordsAtMs = now.monotonicMs;
      this.#events.emit('standing', now.wallMs, standing);
    }
    // Making a record takes up to a millisecond for ten mirrors.
    if (now.monotonicMs < this.#recordsAtMs) return;
    this.#recordsAtMs = now.monotonicMs + recordsEveryMs;
    this.#stages.ledger.add(this.#stages.book.take(this.#stages.advisor.verdicts(), now), []);
  }

  #keepFreshness(now: Now): void {
    if (now.monotonicMs - this.#freshAtMs < freshnessEveryMs) return;
    this.#freshAtMs = now.monotonicMs;
    for (const [registry, freshness] of this.#stages.detector.freshness())
      this.#stages.trends.fresh(registry, freshness, now);
  }
}

export type Events = ReturnType<typeof createEvents>;

/** Creates the list of listeners to the daemon's events. A listener that throws is removed. */
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

/** Logs a failed delivery, unless the receiver's last failure was the same. Logs the first success after a failure. */
export function createReceiverLog(
  log: Log,
): (notice: Notice, delivery: Delivery, queues: () => readonly QueueStanding[]) => void {
  const failing = new Map<string, string>();
  return ({ id, receiver }, delivery, queues) => {
    const because = delivery.tag === 'failed' ? explainDelivery(delivery.failure, say) : '';
    // The refused address may differ in each attempt, because a name can have several addresses.
    const isForbidden = delivery.tag === 'failed' && delivery.failure.kind === 'forbidden_target';
    const trouble = isForbidden ? 'forbidden_target' : because;
    if ((failing.get(receiver) ?? '') === trouble) return;
    if (delivery.tag === 'delivered') {
      failing.delete(receiver);
      log.info('receiver takes notices again', { receiver });
      return;
    }
    failing.set(receiver, trouble);
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
