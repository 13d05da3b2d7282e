import type { Config } from '../core/config.ts';
import { registry } from '../ecosystems/registry.ts';

/** Lists what probes cannot verify with this configuration, at most one entry per module. */
export function listUnchecked({ modules, mirrors }: Pick<Config, 'modules' | 'mirrors'>) {
  return modules.flatMap((module) => {
    const unchecked = registry.of(module.ecosystem)?.unchecked;
    const own = mirrors.filter((one) => one.ecosystem === module.ecosystem && one.upstream === module.upstream);
    const sentence = own.map((mirror) => unchecked?.({ mirror, ...module }) ?? null).find((one) => one !== null);
    return sentence === undefined ? [] : [{ module, sentence }];
  });
}
