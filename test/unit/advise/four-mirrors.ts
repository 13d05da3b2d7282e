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

/** A pace of 30 s with usual answers; what it wants downloaded whole. */
export function pace(stage: Stage): readonly RecheckOrder[] {
  stage.paces(1, well);
  return wanted(stage);
}

/** Seconds until the next order, looked at each 30 s; `null`: none within two hours. */
export function next(stage: Stage): number | null {
  const fromSeconds = stage.seconds;
  for (let i = 0; i < 240; i += 1) if (pace(stage).length > 0) return stage.seconds - fromSeconds;
  return null;
}

/** `a` answers with an artifact of so many bytes, as do all others, each a second later than the one before. */
export function downloaded(stage: Stage, bytes: number, module?: string): void {
  for (const { name } of abcd) {
    stage.sample(name, 900, { step: 'zip', bytes, ...(module === undefined ? {} : { module }) });
    stage.pass(1);
  }
}
