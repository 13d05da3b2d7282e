import type { Machine } from '../core/machine.ts';
import type { EcosystemId } from '../core/mirror.ts';
import type { Settling } from '../ecosystems/doctor.ts';
import { registry } from '../ecosystems/registry.ts';
import type { Say } from '../words/say.ts';
import { readAssignments } from './assignments.ts';

/**
 * What sets a remedy in the files of an ecosystem's clients.
 * @param remedy  its form for programs; `null` comes back where it is not of that form, or no file is known for it
 */
export async function settle(
  machine: Machine,
  id: EcosystemId,
  remedy: Readonly<Record<string, unknown>>,
  say: Say,
): Promise<Settling | null> {
  const doctor = await registry.of(id)?.doctor?.();
  if (doctor === undefined) return null;
  const assignments = await readAssignments(machine);
  return doctor.settle({ machine, assignments, privatePatterns: [] }, remedy, say);
}
