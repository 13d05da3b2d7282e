import { builds } from './builds.ts';
import { certificate } from './certificate.ts';
import { heldThread } from './held-thread.ts';
import { lag } from './lag.ts';
import { mismatch } from './mismatch.ts';
import { refusal } from './refusal.ts';
import type { FindingRule } from './rule.ts';
import { throughput } from './throughput.ts';
import { unreliable } from './unreliable.ts';

/** Every kind, in the order in which they judge a sample. */
export const findingRules: readonly FindingRule[] = [
  heldThread,
  builds,
  throughput,
  lag,
  unreliable,
  refusal,
  mismatch,
  certificate,
];
