import { kindOf } from '../../config/kinds.ts';
import { isSafeSetting, withoutOwnList } from '../../core/advice.ts';
import { formatCommand } from '../../core/command-line.ts';
import { limits } from '../../core/limits.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import type { Machine } from '../../core/trap.ts';
import type { Settling } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/words.ts';
import { readSurroundings } from './assignments.ts';

/**
 * Returns the file changes that apply a remedy to an ecosystem's clients.
 * @param remedy  the remedy in the snippet format `json`
 * @returns `null` if the remedy is invalid or sets more than the variables that a remedy may set, a text in it is longer
 *   than `limits.remedyChars`, or no file is known for it
 */
export async function settleDoctor(
  machine: Machine,
  id: EcosystemId,
  remedy: Readonly<Record<string, unknown>>,
  say: Say,
): Promise<Settling | null> {
  const variables = kindOf(id)?.variables ?? {};
  const isSafe = Object.entries(remedy).every((setting) => isSafeSetting(...setting, variables));
  if (!isBounded(remedy) || !(isSafe || Object.keys(variables).length === 0)) return null;
  const doctor = await registry.of(id)?.doctor?.();
  if (doctor === undefined) return null;
  return doctor.settle(await readSurroundings(machine), remedy, say);
}

/**
 * Returns lines for a shell in which a list that is set on this machine keeps its entries. If GOPRIVATE had only the
 * patterns of the daemon, the names of the user's own private modules would be sent to the mirror.
 */
export async function keepOwnLists(machine: Machine, id: string, text: string): Promise<string> {
  const doctor = await registry.of(id)?.doctor?.();
  const lines = text
    .split('\n')
    .map(withoutOwnList)
    .map(async (line) => {
      const [, name = '', value = ''] = /^export (\w+)='([^']*)'$/.exec(line) ?? [];
      const own = await doctor?.listInForce?.({ machine, assignments: [], privatePatterns: [] }, name);
      if (own == null) return line;
      const entries = new Set([...own.split(','), ...value.split(',')].filter((entry) => entry !== ''));
      return formatCommand`export ${name}=${[...entries].join(',')}`;
    });
  return (await Promise.all(lines)).join('\n');
}

function isBounded(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= limits.remedyChars;
  return typeof value !== 'object' || value === null || Object.entries(value).flat().every(isBounded);
}
