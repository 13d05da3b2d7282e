import type { Advice } from '../../../src/core/advice.ts';
import type { Config } from '../../../src/core/config.ts';
import type { RecheckOrder } from '../../../src/core/due.ts';
import type { Mirror, Step } from '../../../src/core/mirror.ts';
import { mirror, type Said, Stage } from './stage.ts';

/** What a mirror answers, by its name, the step and the second of the story. */
export type World = (registry: string, step: Step, atSeconds: number) => Said;

/** How often each step is asked, seconds: the canary at its pace, the rest at the documented ones. */
const paces: readonly (readonly [Step, number])[] = [
  ['mod', 30],
  ['info', 300],
  ['list', 300],
  ['zip', 3_600],
];

type Again = { readonly order: RecheckOrder; readonly untilMs: number; nextMs: number };

/**
 * A stage on which all mirrors are asked together at the documented paces, and what the advisor wants asked again is, each
 * second: the schedule and the confirming rounds, without their budget.
 */
export class Rounds extends Stage {
  world: World;
  readonly #again = new Map<string, Again>();
  #moment = 0;
  #heavyMs = Number.NEGATIVE_INFINITY;

  constructor(declared: string, mirrors: readonly Mirror[], world: World, more: Partial<Config> = {}) {
    super(declared, mirrors, more);
    this.world = world;
  }

  /** Lives for so many seconds; `change` may turn the world at any of them. */
  live(seconds: number, world: World = this.world): void {
    this.world = world;
    for (let i = 0; i < seconds; i += 1) {
      this.pass(1);
      let isAsked = false;
      for (const [step, every] of paces) {
        if (this.seconds % every !== (step === 'mod' ? 0 : 10)) continue;
        isAsked = true;
        for (const mirror of this.config.mirrors) this.#ask(mirror.name, step);
      }
      for (const [key, again] of this.#again) {
        if (this.at.monotonicMs < again.nextMs) continue;
        isAsked = true;
        this.#moment += 1;
        const { order } = again;
        const asked = [order.registry, ...(order.registries ?? this.config.mirrors.map((one) => one.name))];
        for (const name of new Set(asked)) this.#ask(name, order.target.step, `look/${this.#moment}`);
        again.nextMs = this.at.monotonicMs + order.stepMs;
        if (again.nextMs > again.untilMs) this.#again.delete(key);
      }
      if (!isAsked && this.seconds % 5 !== 0) continue;
      this.consider();
      for (const order of this.looks) this.#order(order);
    }
  }

  #ask(registry: string, step: Step, round?: string): void {
    const isAway = (this.marks.get(registry)?.throttledUntilMs ?? 0) > this.at.wallMs;
    if (isAway) return;
    const said = this.world(registry, step, this.seconds);
    this.sample(registry, said, {
      step,
      ...(round === undefined ? {} : { round }),
      bytes: step === 'zip' ? 100_000 : 0,
    });
  }

  #order(order: RecheckOrder): void {
    if (order.isPeek) {
      const { step } = order.target;
      this.sample(order.registry, this.world(order.registry, step, this.seconds), { step, purpose: 'peek' });
      return;
    }
    const key = order.target.step;
    if (order.target.weight === 'heavy' && order.forMs === 0 && order.stepMs <= 10_000) {
      if (this.at.monotonicMs - this.#heavyMs < order.stepMs) return;
      this.#heavyMs = this.at.monotonicMs;
    }
    const nextMs = Math.min(this.#again.get(key)?.nextMs ?? Number.POSITIVE_INFINITY, this.at.monotonicMs + 1_000);
    this.#again.set(key, { order, untilMs: this.at.monotonicMs + Math.max(1_000, order.forMs), nextMs });
  }
}

export const chain = 'https://a.example.com,https://b.example.com,direct';
export const abc: readonly Mirror[] = [mirror('a'), mirror('b'), mirror('c')];
export const abcd: readonly Mirror[] = [...abc, mirror('d')];
export const hour = 3_600;
export const badGateway: Said = { status: 502, kind: 'server' };

/** All answer in so many milliseconds (a tenth more in every other moment), but for those named. */
export function all(ms: number, over: Readonly<Record<string, Said>> = {}): World {
  return (registry, _step, at) => over[registry] ?? (at % 60 < 30 ? ms : 1.1 * ms);
}

/** A story that has been calm for half an hour. */
export function calm(mirrors: readonly Mirror[] = abc, ms = 200, declared = chain): Rounds {
  const stage = new Rounds(declared, mirrors, all(ms));
  stage.live(1_800);
  if (stage.changes.length > 0) throw new Error(`a calm that was none: ${stage.story().join('; ')}`);
  return stage;
}

export function open(stage: Rounds): Advice {
  const advice = stage.advisor.list().find(({ state }) => state === 'proposed');
  if (advice === undefined) throw new Error('nothing is proposed');
  return advice;
}

/** Seconds from `fromSeconds` to the first change of the story after it. */
export function delay(stage: Rounds, fromSeconds: number): number {
  return (
    (stage.changes.find((one) => one.atSeconds > fromSeconds)?.atSeconds ?? Number.POSITIVE_INFINITY) - fromSeconds
  );
}

/** A number from 0 to 1 that is the same for the same words. */
export function chance(...words: readonly (string | number)[]): number {
  let word = 0x811c9dc5;
  for (const letter of words.join(' ')) word = Math.imul(word ^ letter.charCodeAt(0), 0x01000193);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32;
}

/** Like `all`, but `registry` fails that share of its answers. */
export function failing(
  registry: string,
  share: number,
  seed: number,
  over: Readonly<Record<string, Said>> = {},
): World {
  const usual = all(200, over);
  return (name, step, at) =>
    name === registry && chance(seed, step, at) < share ? { status: 500, kind: 'server' } : usual(name, step, at);
}
