import type { Step, Target } from '../../src/core/mirror.ts';
import { registry } from '../../src/ecosystems/registry.ts';

/** What a target's ecosystem declares of its step; light and verified by nothing where none does. */
export function declared(step: Step): Pick<Target, 'weight' | 'verifies'> {
  const found = registry.all.map(({ steps }) => steps[step]).find((one) => one !== undefined);
  return { weight: found?.weight ?? 'light', verifies: found?.verifies ?? null };
}
