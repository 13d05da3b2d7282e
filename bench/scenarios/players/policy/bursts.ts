import type { Question } from '../../world.ts';
import type { Ask, Round } from '../rounds.ts';
import { paces, type Scene } from '../scene.ts';
import { Budget } from './budget.ts';
import { burst } from './constants.ts';

/**
 * Repeats a request within seconds after an unexpected response, at the head and at the mirrors that may replace it.
 */
export class Bursts {
  private readonly budget: Budget;
  private plannedMs = 0;
  private question: Question | null = null;

  constructor(scene: Scene) {
    const { everyMs, light, heavy, mirrors } = scene;
    const rounds = 1 / everyMs + light.length / paces.lightMs + heavy.length / paces.heavyMs + 1 / paces.sumdbMs;
    this.budget = new Budget(rounds * mirrors.length);
  }

  /**
   * After a bad or very slow response of the head: repeats a light request each second for 15 s, a heavy request once.
   */
  again(round: Round, mirrors: readonly number[], isUrgent: boolean, isWrong: boolean, ask: Ask): void {
    const { doneMs, question, isHeavy, isExtra } = round;
    if (isHeavy) {
      // If only one of several backends serves wrong bytes, more than one request is needed to see them again.
      for (let turn = 1; turn <= (isWrong ? burst.wrongLooks : 1) && !isExtra; turn += 1) {
        if (!this.budget.take(mirrors.length, doneMs, isUrgent)) return;
        ask(question, mirrors, doneMs + turn * burst.everyMs);
      }
      return;
    }
    this.question = question;
    this.plan(doneMs + burst.everyMs, doneMs + burst.forMs, doneMs, mirrors, isUrgent, ask);
  }

  /** While the sum of a test is high: repeats the last such light request, or the canary, every three seconds. */
  keepWatch(
    atMs: number,
    canary: Question | null,
    mirrors: () => readonly number[],
    isUrgent: boolean,
    ask: Ask,
  ): void {
    if (this.plannedMs > atMs) return;
    this.question ??= canary;
    this.plan(atMs + burst.watchEveryMs, atMs + burst.watchEveryMs, atMs, mirrors(), isUrgent, ask);
  }

  private plan(
    fromMs: number,
    toMs: number,
    nowMs: number,
    mirrors: readonly number[],
    isUrgent: boolean,
    ask: Ask,
  ): void {
    const first = Math.max(fromMs, this.plannedMs + burst.everyMs);
    for (let atMs = first; atMs <= toMs && this.question; atMs += burst.everyMs) {
      if (!this.budget.take(mirrors.length, nowMs, isUrgent)) return;
      ask(this.question, mirrors, atMs);
      this.plannedMs = atMs;
    }
  }
}
