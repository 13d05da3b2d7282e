import { type Finding, mismatchCauseOf, type ScopeItem, type Side } from './finding.ts';
import { limits } from './limits.ts';

export function isSameItem(one: ScopeItem, other: ScopeItem): boolean {
  return one.module === other.module && one.version === other.version && one.step === other.step;
}

/**
 * True for a finding about disputed bytes if of the mirrors that serve each item, at least two independent ones and more than half serve
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
    const countOf = (side: Side | undefined): number => side?.units ?? side?.registries.length ?? 0;
    const own = countOf(sides.find(({ registries }) => registries.includes(registry)));
    const all = sides.reduce((sum, side) => sum + countOf(side), 0);
    return mismatchCauseOf(finding, item) === 'peers' && own >= 2 && 2 * own > all;
  });
}

/**
 * The modules of which a mirror serves wrong bytes, if only other mirrors or an editable file call them wrong. Empty: the
 * mirror serves no wrong bytes. `null`: an authority (such as a checksum database) calls them wrong, or the modules are
 * not all known; then the mirror is not to be used for any module.
 */
export function wrongModulesOf(findings: readonly Finding[]): readonly string[] | null {
  const modules = new Set<string>();
  for (const finding of findings) {
    if (finding.kind !== 'mismatch' || finding.state !== 'open') continue;
    if (finding.scope.length === 0 || finding.scope.length >= limits.scopeItems) return null;
    for (const item of finding.scope) {
      const cause = mismatchCauseOf(finding, item);
      const isWeak = item.by === 'file' || (cause !== 'authority' && cause !== 'fork');
      if (!isWeak || item.module === null) return null;
      modules.add(item.module);
    }
  }
  return [...modules];
}
