import { type Finding, isOfFileAlone, mismatchCauseOf, type ScopeItem } from './finding.ts';
import { limits } from './limits.ts';

export function isSameItem(one: ScopeItem, other: ScopeItem): boolean {
  return one.module === other.module && one.version === other.version && one.step === other.step;
}

/**
 * The modules of which a mirror serves wrong bytes, if only other mirrors or an editable file call them wrong. Empty: the
 * mirror serves no wrong bytes. `null`: an authority (such as a checksum database) calls them wrong, or the modules are
 * not all known; then the mirror is not to be used for any module.
 */
export function wrongModulesOf(findings: readonly Finding[]): readonly string[] | null {
  const modules = new Set<string>();
  for (const finding of findings) {
    if (finding.kind !== 'mismatch' || finding.state !== 'open' || isOfFileAlone(finding)) continue;
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
