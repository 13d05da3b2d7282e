import type { Question } from '../../world.ts';
import type { Ask, Round } from '../rounds.ts';
import { paces, type Scene } from '../scene.ts';
import { Budget } from './budget.ts';
import { artifacts, burst } from './constants.ts';

/**
 * Repeats a request within seconds after an unexpected response, at the head and at the mirrors that may replace it.
 */
export class Bursts {
  private readonly budget: Budget;
  private plannedMs = 0;
  private downloadMs = Number.NEGATIVE_INFINITY;
  private question: Question | null = null;

  constructor(scene: Scene) {
    const { everyMs, often, light, heavy, mirrors } = scene;
    const rounds =
      (1 + often.length) / everyMs + light.length / paces.lightMs + heavy.length / paces.heavyMs + 1 / paces.sumdbMs;
    this.budget = new Budget(rounds * mirrors.length);
  }

  /**
   * After a bad or very slow response of the head: repeats a light request each second for 15 s, a heavy request once.
   */
  again(round: Round, mirrors: readonly number[], isUrgent: boolean, isWrong: boolean, ask: Ask): void {
    const { doneMs, question, isHeavy, isExtra } = round;
    if (isHeavy) {
      // If only one of several backends serves wrong bytes, more than one request is needed to see them again.
      const turns = isWrong && !isExtra ? burst.wrongLooks : 1;
      for (let turn = 1; turn <= turns; turn += 1)
        this.download(doneMs + (turn - 1) * artifacts.againMs, question, mirrors, isUrgent, ask);
      return;
    }
    this.question = question;
    this.plan(doneMs + burst.everyMs, doneMs + burst.forMs, doneMs, mirrors, isUrgent, ask);
  }

  /** Requests one download from these mirrors. Downloads are spread over time; with many in a row, one is left out. */
  download(nowMs: number, question: Question, mirrors: readonly number[], isUrgent: boolean, ask: Ask): void {
    const gapMs = isUrgent ? artifacts.againMs : artifacts.slowAgainMs;
    const atMs = Math.max(nowMs, this.downloadMs + gapMs);
    if (atMs > nowMs + gapMs || !this.budget.take(mirrors.length, nowMs, isUrgent)) return;
    this.downloadMs = atMs;
    ask(question, mirrors, atMs);
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
