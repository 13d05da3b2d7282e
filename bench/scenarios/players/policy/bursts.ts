import type { Question } from '../../world.ts';
import type { Ask, Round } from '../rounds.ts';
import { paces, type Scene } from '../scene.ts';
import { Budget } from './budget.ts';
import { burst } from './constants.ts';

/** Asks again within seconds what looked odd, of the head and of those that might replace it. */
export class Bursts {
  private readonly budget: Budget;
  private plannedMs = 0;
  private question: Question | null = null;

  constructor(scene: Scene) {
    const { everyMs, light, heavy, mirrors } = scene;
    const rounds = 1 / everyMs + light.length / paces.lightMs + heavy.length / paces.heavyMs + 1 / paces.sumdbMs;
    this.budget = new Budget(rounds * mirrors.length);
  }

  /** After a bad or very slow answer of the head: light each second for 15 s, heavy once more. */
  again(round: Round, mirrors: readonly number[], isUrgent: boolean, isWrong: boolean, ask: Ask): void {
    const { doneMs, question, isHeavy, isExtra } = round;
    if (isHeavy) {
      // Wrong bytes of one backend need more than one look to be seen twice.
      for (let turn = 1; turn <= (isWrong ? burst.wrongLooks : 1) && !isExtra; turn += 1) {
        if (!this.budget.take(mirrors.length, doneMs, isUrgent)) return;
        ask(question, mirrors, doneMs + turn * burst.everyMs);
      }
      return;
    }
    this.question = question;
    this.plan(doneMs + burst.everyMs, doneMs + burst.forMs, doneMs, mirrors, isUrgent, ask);
  }

  /** While a sum is high: every three seconds. */
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
