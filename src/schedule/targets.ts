import type { Config } from '../core/config.ts';
import { isHeavy, type Mirror, type ModuleRef, type Step, type Target, targetId } from '../core/mirror.ts';
import { atOnce, itemsPerSlice, type Slices } from '../core/slices.ts';
import { type Ecosystem, isKeptFrom, sortSteps } from '../ecosystems/ecosystem.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';
import { targetsOfShard } from './shard.ts';

/**
 * Lists the targets of a configuration by mirror, in the order of the file. A shard (one of several daemons that divide
 * the targets) lists only its own. A module that matches a private pattern is never requested from the public upstream.
 */
export function expandTargets(config: Config, registry: Registry = builtIn): Target[] {
  return atOnce(expandTargetsInSlices(config, registry));
}

export function* expandTargetsInSlices(config: Config, registry: Registry): Slices<Target[]> {
  const targets: Target[] = [];
  let inSlice = 0;
  for (const mirror of config.mirrors) {
    const kind = registry.of(mirror.ecosystem);
    const own = kind === null ? [] : targetsOfShard(targetsOf(mirror, kind, config), config);
    targets.push(...own);
    inSlice += 1 + own.length;
    if (inSlice < itemsPerSlice) continue;
    inSlice = 0;
    yield;
  }
  return targets;
}

function targetsOf(mirror: Mirror, kind: Ecosystem, config: Config): Target[] {
  const modules = config.modules.filter((module) => mayProbe(mirror, kind, module, config));
  const targets = new Map<string, Target>();
  const add = (step: Step, module: string | null, version: string | null) => {
    const id = targetId(mirror.name, module, version, step);
    const { ecosystem, upstream, name: registry } = mirror;
    const { weight = 'light', verifies = null } = kind.steps[step] ?? {};
    targets.set(id, { id, ecosystem, upstream, registry, module, version, step, weight, verifies, canary: false });
  };
  const settings = config.settings[kind.id];
  const steps = sortSteps(kind).filter((step) => kind.steps[step]?.isRequested?.(mirror, settings) ?? true);
  const grainOf = (step: Step) => kind.steps[step]?.grain;
  for (const step of steps) if (grainOf(step) === 'mirror') add(step, null, null);
  for (const { module, version } of modules)
    for (const step of steps) {
      if (grainOf(step) === 'version') add(step, module, version);
      if (grainOf(step) === 'module') add(step, module, null);
    }
  const canaryId = canaryOf(mirror, kind, modules, [...targets.values()]);
  return [...targets.values()].map((target) => ({ ...target, canary: target.id === canaryId }));
}

function mayProbe(mirror: Mirror, kind: Ecosystem, ref: ModuleRef, config: Config): boolean {
  if (ref.ecosystem !== mirror.ecosystem || ref.upstream !== mirror.upstream) return false;
  return !isKeptFrom(kind, mirror.upstream, config.private, ref.module);
}

function canaryOf(
  mirror: Mirror,
  { canary, steps, names }: Ecosystem,
  modules: readonly ModuleRef[],
  targets: readonly Target[],
): string | null {
  const fixed = modules.filter(({ version }) => names.isFixed(version));
  const chosen = fixed.find(({ isOfLock }) => isOfLock !== true) ?? fixed[0] ?? modules[0];
  if (chosen !== undefined)
    return targetId(mirror.name, chosen.module, steps[canary]?.grain === 'version' ? chosen.version : null, canary);
  return targets.find((target) => !isHeavy(target))?.id ?? null;
}
