import type { Config } from '../core/config.ts';
import type { ModuleRef } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import { registry } from '../ecosystems/registry.ts';

export interface UncheckedItem {
  readonly module: ModuleRef;
  readonly sentence: Sentence;
}

/** Lists what probes cannot verify with this configuration, at most one entry per module. */
export function listUnchecked({ modules, mirrors }: Pick<Config, 'modules' | 'mirrors'>): readonly UncheckedItem[] {
  return modules.flatMap((module) => {
    const unchecked = registry.of(module.ecosystem)?.unchecked;
    const own = mirrors.filter((one) => one.ecosystem === module.ecosystem && one.upstream === module.upstream);
    const sentence = own.map((mirror) => unchecked?.({ mirror, ...module }) ?? null).find((one) => one !== null);
    return sentence === undefined ? [] : [{ module, sentence }];
  });
}
