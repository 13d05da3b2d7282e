import type { RecheckOrder } from '../../../src/core/due.ts';
import { chain } from './outage.ts';
import { mirror, Stage } from './stage.ts';

export const abcd = ['a', 'b', 'c', 'd'].map((name) => mirror(name));
export const well = { a: 200, b: 200, c: 200, d: 200 } as const;

/** The four mirrors of a chain, with an allowance of bytes an hour. */
export function staged(bytesPerHour: number | null = null): Stage {
  const stage = new Stage(chain, abcd);
  return new Stage(chain, abcd, { schedule: { ...stage.config.schedule, bytesPerHour } });
}

/** The peeks that are ordered in a pace of 30 s: right after the canaries, or 20 s later. */
export function peeked(stage: Stage): readonly RecheckOrder[] {
  stage.pass(10);
  for (const [registry, ms] of Object.entries(well)) stage.sample(registry, ms);
  stage.consider();
  const atOnce = stage.looks;
  stage.pass(20);
  stage.consider();
  return [...atOnce, ...stage.looks].filter((one) => one.isPeek);
}

/** The orders of whole probes, without peeks. */
export function wanted(stage: Stage): readonly RecheckOrder[] {
  return stage.looks.filter((one) => !one.isPeek);
}
