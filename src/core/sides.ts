import { type Finding, mismatchCauseOf, type ScopeItem } from './finding.ts';

export function isSameItem(one: ScopeItem, other: ScopeItem): boolean {
  return one.module === other.module && one.version === other.version && one.step === other.step;
}

/**
 * True for a finding about disputed bytes if of the mirrors that serve each item, at least two and more than half serve
 * the bytes of this mirror. The finding stays open, but does not exclude the mirror from advice.
 * @see docs/decisions/0018-peers-and-forks.md
 */
export function isOfMost(
  finding: Pick<Finding, 'kind' | 'cause' | 'actionable' | 'registry' | 'scope' | 'evidence'>,
): boolean {
  const { kind, registry, scope, evidence } = finding;
  if (kind !== 'mismatch' || registry === null || scope.length === 0) return false;
  return scope.every((item) => {
    const sides = (evidence.sides ?? []).filter((side) => isSameItem(side.item, item));
    const own = sides.find(({ registries }) => registries.includes(registry))?.registries.length ?? 0;
    const all = sides.reduce((sum, { registries }) => sum + registries.length, 0);
    return mismatchCauseOf(finding, item) === 'peers' && own >= 2 && 2 * own > all;
  });
}
