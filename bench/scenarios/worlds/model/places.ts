import type { Question, WorldSetup } from '../../world.ts';
import type { Effect } from './effect.ts';
import { hashText, join } from './hash.ts';
import { stepNumber, stepOrder } from './mirror-model.ts';

/**
 * The numbers of all questions (requests) of a world: step × (modules + 1) + module, where module 0 stands for no
 * module.
 */
export interface Places {
  readonly count: number;
  readonly moduleNumbers: ReadonlyMap<string, number>;
  /** The numbers of the modules whose `mod` is a canary: the first module of each upstream. */
  readonly canaries: ReadonlySet<number>;
}

/** An effect, prepared for a world: which questions it affects, and the `salt` of its random numbers. */
export interface Felt {
  readonly effect: Effect;
  readonly fromMs: number;
  readonly toMs: number;
  /** By number of the question: 1 if the effect applies to it. */
  readonly covers: Uint8Array;
  readonly salt: number;
}

/** Numbers all questions of `setup`. */
export function placesOf(setup: WorldSetup): Places {
  const moduleNumbers = new Map<string, number>();
  const canaries = new Set<number>();
  const seen = new Set<string>();
  for (const { module, upstream } of setup.modules) {
    if (!moduleNumbers.has(module)) moduleNumbers.set(module, moduleNumbers.size + 1);
    if (!seen.has(upstream)) canaries.add(moduleNumbers.get(module) ?? 0);
    seen.add(upstream);
  }
  return { count: stepOrder.length * (moduleNumbers.size + 1), moduleNumbers, canaries };
}

/** The number of a question. A module that is not configured counts as no module. */
export function placeOf(places: Places, question: Question): number {
  const module = question.module === null ? 0 : (places.moduleNumbers.get(question.module) ?? 0);
  return stepNumber[question.step] * (places.moduleNumbers.size + 1) + module;
}

/** Prepares effects for a world. `salt` determines the random numbers of each effect. */
export function feel(effects: readonly Effect[], places: Places, salt: number): readonly Felt[] {
  return effects.map((effect, index) => ({
    effect,
    fromMs: effect.fromMs,
    toMs: effect.toMs,
    covers: coversOf(effect, places),
    salt: join(salt, hashText(`effect ${index}`)),
  }));
}

function coversOf(effect: Effect, places: Places): Uint8Array {
  const covers = new Uint8Array(places.count);
  const numbers = effect.modules?.map((module) => places.moduleNumbers.get(module));
  const width = places.moduleNumbers.size + 1;
  for (const [step, name] of stepOrder.entries()) {
    if (effect.steps !== undefined && !effect.steps.includes(name)) continue;
    for (let module = 0; module < width; module += 1) {
      if (numbers !== undefined && !numbers.includes(module)) continue;
      const isCanary = step === stepNumber.mod && places.canaries.has(module);
      if (effect.sparesCanary === true && isCanary) continue;
      covers[step * width + module] = 1;
    }
  }
  return covers;
}
