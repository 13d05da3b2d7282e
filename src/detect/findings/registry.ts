import type { FindingRule, OwnRule } from '../memory/rule.ts';
import { builds } from './builds.ts';
import { capability } from './capability.ts';
import { certificate } from './certificate.ts';
import { clientDiffers } from './client-differs.ts';
import { heldThread } from './held-thread.ts';
import { lag } from './lag.ts';
import { levelShift } from './level-shift.ts';
import { lock } from './lock.ts';
import { mismatch } from './mismatch.ts';
import { outage } from './outage.ts';
import { policy } from './policy.ts';
import { refusal } from './refusal.ts';
import { self, unstored } from './self.ts';
import { spike } from './spike.ts';
import { throughput } from './throughput.ts';
import { unreliable } from './unreliable.ts';
import { allSlow, vantage } from './vantage.ts';
import { withdrawn } from './withdrawn.ts';

/** The rules about mirrors, in the order in which they judge. */
export const findingRules: readonly FindingRule[] = [
  spike,
  levelShift,
  outage,
  heldThread,
  builds,
  throughput,
  lag,
  withdrawn,
  unreliable,
  refusal,
  policy,
  mismatch,
  certificate,
  capability,
];

/** The rules about this process and the network of this host. */
export const ownRules: readonly OwnRule[] = [self, clientDiffers, unstored, lock, vantage, allSlow];
