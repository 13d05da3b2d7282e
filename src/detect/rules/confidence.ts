import type { Confidence } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';

/** How sure a finding is by how long it has lasted: low until 30 s, high from 2 min. Milliseconds, ≥ 0. */
export function confidenceAfter(lastedMs: number): Confidence {
  if (lastedMs < limits.confidenceLowMs) return 'low';
  return lastedMs < limits.confidenceHighMs ? 'medium' : 'high';
}
