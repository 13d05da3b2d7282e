import type { Config } from '../core/config.ts';
import { matchesGoPatterns } from '../core/go-patterns.ts';
import { type EcosystemId, type Mirror, publicUpstream } from '../core/mirror.ts';
import { isHeavy, type ModuleRef, type Step, stepsOf, type Target, targetId } from '../core/target.ts';

/** What a step is asked for: a module's version, a module, or the mirror as a whole. */
const grainOf: Readonly<Record<Step, 'version' | 'module' | 'mirror'>> = {
  mod: 'version',
  info: 'version',
  zip: 'version',
  list: 'module',
  latest: 'module',
  sumdb: 'mirror',
  metadata: 'module',
  tarball: 'version',
  index: 'module',
  file: 'version',
  manifest: 'version',
  blob: 'version',
  get: 'module',
};

/** The light step that judges liveness: immutable and hash-checkable where the protocol has such a one. */
const canaryStep: Readonly<Record<EcosystemId, Step>> = {
  go: 'mod',
  npm: 'metadata',
  pypi: 'index',
  oci: 'manifest',
  http: 'get',
};

/**
 * Every (mirror, module, version, step) of a configuration, by mirror in the order of the file, each once.
 * A module goes to the mirrors of its own upstream; a name that matches a private pattern to none of the public one's.
 * `sumdb` goes to mirrors of Go's public upstream while the checksum database is on. One target of each mirror is its
 * canary: of the first module with a fixed version, else of the first module, else its first light step.
 */
export function expandTargets(config: Config): Target[] {
  return config.mirrors.flatMap((mirror) => targetsOf(mirror, config));
}

function targetsOf(mirror: Mirror, config: Config): Target[] {
  const modules = config.modules.filter((module) => mayAsk(mirror, module, config));
  const targets = new Map<string, Target>();
  const add = (step: Step, module: string | null, version: string | null) => {
    const id = targetId(mirror.name, module, version, step);
    const { ecosystem, upstream, name: registry } = mirror;
    targets.set(id, { id, ecosystem, upstream, registry, module, version, step, canary: false });
  };
  for (const step of stepsOf[mirror.ecosystem])
    if (grainOf[step] === 'mirror' && answersSumdb(mirror, config)) add(step, null, null);
  for (const { module, version } of modules)
    for (const step of stepsOf[mirror.ecosystem]) {
      if (grainOf[step] === 'version') add(step, module, version);
      if (grainOf[step] === 'module') add(step, module, null);
    }
  const canaryId = canaryOf(mirror, modules, [...targets.values()]);
  return [...targets.values()].map((target) => ({ ...target, canary: target.id === canaryId }));
}

function mayAsk(mirror: Mirror, ref: ModuleRef, config: Config): boolean {
  if (ref.ecosystem !== mirror.ecosystem || ref.upstream !== mirror.upstream) return false;
  const isPublic = mirror.upstream === publicUpstream[mirror.ecosystem];
  return !(isPublic && matchesGoPatterns(config.private[ref.ecosystem] ?? [], ref.module));
}

function answersSumdb(mirror: Mirror, config: Config): boolean {
  return config.go.sumdb !== null && mirror.upstream === publicUpstream.go;
}

function canaryOf(mirror: Mirror, modules: readonly ModuleRef[], targets: readonly Target[]): string | null {
  const step = canaryStep[mirror.ecosystem];
  const chosen = modules.find(({ version }) => version !== 'latest') ?? modules[0];
  if (chosen !== undefined)
    return targetId(mirror.name, chosen.module, grainOf[step] === 'version' ? chosen.version : null, step);
  return targets.find((target) => !isHeavy(target.step))?.id ?? null;
}
