import type { LookOrder } from '../core/due.ts';
import { type Mirror, questionOf, type Target, targetId } from '../core/mirror.ts';
import { everyMs } from '../core/pace.ts';
import { artifactOf } from '../ecosystems/ecosystem.ts';
import { newPeeks, newRota, nextInRota, type Rota } from './first-bytes.ts';
import type { Group } from './group.ts';
import type { View } from './view.ts';

const stepMs = 1_000;

/**
 * Orders the first bytes of one artifact of the head, of all modules in turn, at the canary's pace. They are cheap,
 * and they detect a mirror that answers light steps but serves artifacts slowly or not at all.
 * @see docs/decisions/0010-small-downloads.md
 */
export function requestPeek(view: View, at: Mirror): readonly LookOrder[] {
  const { group, now } = view;
  if (group.peeks.head !== at.name) group.peeks = newPeeks(at.name);
  const { peeks } = group;
  if (now.monotonicMs - peeks.lastMs < everyMs(view.config.schedule.pace)) return [];
  const artifacts = artifactsOf(group, at.name);
  if (artifacts.length === 0) return [];
  peeks.lastMs = now.monotonicMs;
  const byQuestion = new Map(inFileOrder(view, artifacts).map((target) => [questionOf(target), target]));
  const question = nextInRota(rotaOf(group, at.name), [...byQuestion.keys()]);
  const target = question === null ? undefined : byQuestion.get(question);
  if (target === undefined) return [];
  return [{ registry: at.name, target, registries: [], forMs: 0, stepMs, isUrgent: false, isPeek: true }];
}

/** The rota of a mirror's artifacts. */
export function rotaOf(group: Group, registry: string): Rota {
  const rota = group.rotas.get(registry) ?? newRota(null);
  group.rotas.set(registry, rota);
  return rota;
}

/** In the order of the configuration; for a lock file, the most required modules come first. */
function inFileOrder({ config, group }: View, artifacts: readonly Target[]): readonly Target[] {
  const places = new Map<string, number>();
  for (const { ecosystem, upstream, module, version } of config.modules)
    if (ecosystem === group.ecosystem && upstream === group.upstream)
      places.set(`${module}@${version ?? ''}`, places.size);
  const placeOf = ({ module, version }: Target): number => places.get(`${module}@${version ?? ''}`) ?? places.size;
  return artifacts.toSorted((a, b) => placeOf(a) - placeOf(b) || (a.id < b.id ? -1 : 1));
}

/** The artifact of every module, including those not requested yet. */
export function artifactsOf(group: Group, registry: string): readonly Target[] {
  const artifact = artifactOf(group.kind);
  if (artifact === null) return [];
  const found = new Map<string, Target>();
  for (const asked of group.targets.values()) {
    const target = asked.get(registry);
    if (target === undefined || target.module === null) continue;
    const id = targetId(target.registry, target.module, target.version, artifact.step);
    if (!found.has(id)) found.set(id, { ...target, id, ...artifact, canary: false });
  }
  return [...found.values()];
}
