import { type Target, targetId } from '../../src/core/mirror.ts';
import { declared } from './declared.ts';

/** A target of a Go mirror unless said otherwise, with what its ecosystem declares of the step; `mod` is the canary. */
export function sampleTarget(of: Pick<Target, 'registry' | 'step' | 'module' | 'version'> & Partial<Target>): Target {
  const { registry, step, module, version } = of;
  const id = targetId(registry, module, version, step);
  return { id, ecosystem: 'go', upstream: 'go', ...declared(step), canary: step === 'mod', ...of };
}
