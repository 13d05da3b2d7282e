import { certificate } from './certificate.ts';
import type { FindingRule } from './rule.ts';

/** Every kind, in the order in which they judge a sample. */
export const findingRules: readonly FindingRule[] = [certificate];
