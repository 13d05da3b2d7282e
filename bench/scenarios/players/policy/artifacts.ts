import type { Question } from '../../world.ts';
import type { Ask, Round } from '../rounds.ts';
import type { Scene } from '../scene.ts';
import { artifacts } from './constants.ts';

/**
 * Requests artifacts between the scheduled downloads, as often as the daemon (docs/decisions/0010).
 */
export class Artifacts {
  private readonly heavy: readonly Question[];
  private readonly bytes = new Map<Question, number>();
  private readonly took: number[] = [];
  private turn = 0;
  private lastMs = 0;
  private besideMs = 0;

  constructor({ heavy }: Scene) {
    this.heavy = heavy;
  }

  /** After a canary: requests the first bytes of an artifact of the head, and now and then a download. */
  plan(
    round: Round,
    everyMs: number,
    head: number,
    isSoon: boolean,
    isAway: boolean,
    others: () => readonly number[],
    ask: Ask,
  ): void {
    const { doneMs, atMs } = round;
    const next = this.heavy[this.turn++ % this.heavy.length];
    if (!next || head < 0) return;
    ask({ ...next, bytesMax: artifacts.peekBytes }, [head], Math.max(doneMs, atMs + everyMs / 2));
    const sorted = [...this.bytes].toSorted(([, one], [, other]) => one - other);
    const [question, bytes] = sorted[isSoon ? sorted.length >> 1 : 0] ?? [this.heavy[0] ?? next, 0];
    const leastMs = (bytes / artifacts.bytesPerHour) * 3_600_000;
    if (doneMs - this.lastMs < Math.max(leastMs, isSoon ? artifacts.soonMs : artifacts.everyMs)) return;
    const isBeside = isSoon || isAway || doneMs - this.besideMs >= artifacts.besideMs;
    this.lastMs = doneMs;
    if (isBeside) this.besideMs = doneMs;
    ask(question, isBeside ? [...new Set([head, ...others()])] : [head], doneMs);
  }

  /** Records a download: the next one is due later, and a small one is chosen by size. */
  note({ question, doneMs, answers }: Round, head: number): void {
    if (answers[head]) this.lastMs = doneMs;
    const bytes = Math.max(...answers.map((answer) => (answer?.reason === null ? answer.bytes : 0)));
    const known = this.heavy.find(({ module }) => module === question.module);
    if (bytes > 0 && known) this.bytes.set(known, bytes);
  }

  /** True if the first bytes took far longer than those before. Also records the time. */
  isSlow(tookMs: number): boolean {
    const { took } = this;
    const median = took.toSorted((one, other) => one - other)[took.length >> 1] ?? 0;
    const mostMs =
      took.length < 8 ? Number.POSITIVE_INFINITY : Math.max(artifacts.slowFactor * median, artifacts.slowLeastMs);
    // A slow time counts only up to the limit, so that it does not become usual.
    took.push(Math.min(tookMs, mostMs));
    if (took.length > 30) took.shift();
    return tookMs > mostMs;
  }

  /** Forgets the times, because the head has changed. */
  reset(): void {
    this.took.length = 0;
  }
}
