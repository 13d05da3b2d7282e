import type { Sample } from '../core/sample.ts';
import { isHeavy } from '../core/target.ts';
import { apply } from './engine/say.ts';
import { isCanaryOut, seriesOf } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import { buildAnswer, buildSays, hearBuild } from './rules/build.ts';
import { isContaminated } from './rules/contaminated.ts';

/** Notes how long the first byte of a request takes alone: what its time in a build is compared with. */
export function noteAlone({ aloneMs }: MirrorMemory, { due, outcome, protocol, phases }: Sample): void {
  if (due.connection !== 'cold' || due.build !== undefined || isHeavy(due.target)) return;
  if (outcome.tag === 'ok' && protocol === '2' && phases.processing !== undefined)
    aloneMs.set(due.target.id, phases.processing);
}

/** Takes one of several requests at once over one connection. Where the mirror fails single requests too, that is told already. */
export function noteBuild(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { build, target } = sample.due;
  if (build === undefined) return;
  const isAlone = seriesOf(mirror, target, 'cold').serves && mirror.protocolFault === null;
  const counts = isAlone && mirror.doubt === null && !isCanaryOut(mirror) && !isContaminated(sample, null);
  const answer = counts ? buildAnswer(sample, mirror.aloneMs.get(target.id) ?? null) : null;
  const wasOpen = mirror.builds?.isOpen === true;
  mirror.builds = hearBuild(mirror.builds, build, answer, memory.config.detect.spike.floorMs);
  if (wasOpen || mirror.builds.isOpen)
    apply(memory, 'unreliable', mirror, buildSays(mirror.mirror.name, mirror.builds, mirror.mirror.speaks));
}
