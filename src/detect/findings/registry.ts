import { builds } from './builds.ts';
import { certificate } from './certificate.ts';
import { heldThread } from './held-thread.ts';
import { lag } from './lag.ts';
import { levelShift } from './level-shift.ts';
import { mismatch } from './mismatch.ts';
import { outage } from './outage.ts';
import { refusal } from './refusal.ts';
import type { FindingRule } from './rule.ts';
import { spike } from './spike.ts';
import { throughput } from './throughput.ts';
import { unreliable } from './unreliable.ts';

/** Every kind, in the order in which they judge a sample. */
export const findingRules: readonly FindingRule[] = [
  spike,
  levelShift,
  outage,
  heldThread,
  builds,
  throughput,
  lag,
  unreliable,
  refusal,
  mismatch,
  certificate,
];
