import type { Phase } from '../core/failure.ts';
import type { Clock, Timers } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import type { Marks } from '../core/transcript.ts';
import { phrase, saySentence } from '../words/tell.ts';
import { english } from '../words/words.ts';

type Cancel = () => void;

/** The interval at which a limit on idle time is checked, milliseconds. */
const idleCheckMs = 1_000;

/**
 * Ends the current stage of a hop (such as name resolution or the TLS handshake) with `MW_DEADLINE` when the deadline
 * passes. Stages run one at a time.
 */
export class Deadline {
  readonly #timer: { cancel(): void };
  readonly #clock: Clock;
  readonly timers: Timers;
  #idle: { cancel(): void } | null = null;
  checks: { cancel(): void } | null = null;
  #cut: WireStop | null = null;
  #stop: ((why: WireStop) => void) | null = null;

  constructor(clock: Clock, timers: Timers, deadlineMs: number) {
    this.#clock = clock;
    this.timers = timers;
    const leftMs = deadlineMs - clock.monotonicMs();
    this.#timer =
      leftMs > 0 ? timers.after(leftMs, () => this.cut(lateness(clock.monotonicMs()))) : { cancel: () => undefined };
    if (leftMs <= 0) this.#cut = lateness(clock.monotonicMs());
  }

  /** Fails the current stage and all later ones with this reason. Only the first reason counts. */
  cut(why: WireStop): void {
    this.#cut ??= why;
    this.#stop?.(this.#cut);
  }

  /** Runs one stage: `begin` starts it and returns how to cancel it. @throws WireStop, or what `begin` throws */
  run<T>(begin: (done: (value: T) => void, failed: (why: WireStop) => void) => Cancel): Promise<T> {
    if (this.#cut !== null) return Promise.reject(this.#cut);
    return new Promise<T>((resolve, reject) => {
      let cancel: Cancel | null = null;
      const stop = (why: WireStop): void => {
        failed(why);
        cancel?.();
      };
      // The socket of an earlier stage may fail later and end that stage again. This must not end the deadline of the
      // current stage.
      const ended = (): void => {
        if (this.#stop === stop) this.#stop = null;
      };
      const failed = (why: WireStop): void => {
        ended();
        reject(why);
      };
      this.#stop = stop;
      cancel = begin((value) => {
        ended();
        resolve(value);
      }, failed);
    });
  }

  /**
   * Ends the stages with `cut` if `progress` returns the same number for `idleMs` milliseconds. Call this at most once.
   */
  limitIdle(idleMs: number, progress: () => number): void {
    let [before, sinceMs] = [progress(), this.#clock.monotonicMs()];
    const check = (): void => {
      const [now, nowMs] = [progress(), this.#clock.monotonicMs()];
      if (now !== before) [before, sinceMs] = [now, nowMs];
      if (nowMs - sinceMs >= idleMs) this.cut(lateness(nowMs, idleMs));
      else this.#idle = this.timers.after(Math.min(idleCheckMs, sinceMs + idleMs - nowMs), check);
    };
    check();
  }

  every(ms: number, run: () => void): void {
    this.checks?.cancel();
    this.checks = this.timers.after(ms, () => {
      this.every(ms, run);
      run();
    });
  }

  /** Releases the timers. Every code path must call it. */
  clear(): void {
    this.#timer.cancel();
    this.checks?.cancel();
    this.#idle?.cancel();
  }
}

function lateness(atMs: number, idleMs: number | null = null): WireStop {
  return new WireStop('MW_DEADLINE', phrase('fault.deadline'), 0, atMs, idleMs);
}

export type LiveMarks = { -readonly [K in keyof Marks]: Marks[K] };

export class WireStop extends Error {
  readonly code: string;
  readonly bytesRead: number;
  /** The translatable message; `null`: the message is plain text. */
  readonly sentence: Sentence | null;
  /** The monotonic time at which the request ended; `null`: unknown. */
  readonly atMs: number | null;
  /** The limit on idle time that was exceeded, milliseconds; `null`: the request ended for another reason. */
  readonly idleMs: number | null;

  constructor(
    code: string,
    text: string | Sentence,
    bytesRead = 0,
    atMs: number | null = null,
    idleMs: number | null = null,
  ) {
    super(saySentence(text, english).slice(0, 200));
    this.code = code;
    this.sentence = typeof text === 'string' ? null : text;
    this.bytesRead = bytesRead;
    this.atMs = atMs;
    this.idleMs = idleMs;
  }
}

/**
 * Returns the phase that a hop has reached. Its marks (times of its events) show it.
 * @param isSecure   the connection needs TLS
 * @param isReady    the connection was open before this hop
 * @param isLiteral  the host is an address, so nothing is resolved
 */
export function phaseOf(marks: Marks, isSecure: boolean, isReady: boolean, isLiteral: boolean): Phase {
  if (marks.firstByte !== undefined) return 'transfer';
  if (isReady || marks.secured !== undefined) return 'processing';
  if (marks.connected !== undefined) return isSecure ? 'tls' : 'processing';
  return marks.resolved !== undefined || isLiteral ? 'connect' : 'resolve';
}

function fieldOf(error: unknown, name: 'code' | 'reason'): string | null {
  if (typeof error !== 'object' || error === null || !(name in error)) return null;
  const value = (error as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * Returns an error's code: its own, else the code of its cause. Without a cause, it is the code of the first error of
 * an aggregate. `null`: there is none.
 */
export function stopCodeOf(error: unknown): string | null {
  const own = fieldOf(error, 'code');
  if (own !== null || !(error instanceof Error)) return own;
  if (error.cause !== undefined) return stopCodeOf(error.cause);
  return error instanceof AggregateError ? stopCodeOf(error.errors[0]) : null;
}

/**
 * Converts any error to a `WireStop`; a `WireStop` is returned unchanged. For an OpenSSL error, the message is its
 * `reason`.
 */
export function stopOf(error: unknown, bytesRead = 0, atMs: number | null = null): WireStop {
  if (error instanceof WireStop) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new WireStop(stopCodeOf(error) ?? 'MW_DEFECT', fieldOf(error, 'reason') ?? message, bytesRead, atMs);
}
