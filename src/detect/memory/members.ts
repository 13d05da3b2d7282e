import { isSameMirror, type Mirror, type Target } from '../../core/mirror.ts';
import { addMark } from './loss.ts';
import type { Memory } from './memory.ts';
import { MirrorMemory, type SeriesMemory } from './mirror-memory.ts';

/**
 * Applies a new configuration to a known mirror. Returns false if the mirror was removed, or if another mirror now has
 * its name.
 */
export function replaceMirror(known: MirrorMemory, mirror: Mirror | undefined): boolean {
  if (mirror === undefined || !isSameMirror(known.mirror, mirror)) return false;
  known.mirror = mirror;
  return true;
}

/**
 * Adds a mirror.
 * @param replaced  the mirror that had its name before; its pause and maintenance window apply to the new mirror too
 */
export function addMirror({ mirrors, now }: Memory, mirror: Mirror, replaced: MirrorMemory | undefined): void {
  const { absence } = replaced ?? {};
  mirrors.set(mirror.name, new MirrorMemory(mirror, absence && { absence, atMs: now.monotonicMs }));
}

/**
 * Replaces the targets of a mirror.
 * @returns the series of targets that are no longer configured
 */
export function replaceOwnTargets(memory: Memory, mirror: MirrorMemory, own: readonly Target[]): Set<SeriesMemory> {
  mirror.canary = own.find((target) => target.canary) ?? null;
  const canaries = own.filter((target) => target.step === mirror.canary?.step);
  mirror.modules = new Set(canaries.flatMap(({ module }) => (module === null ? [] : [module]))).size;
  const dropped = new Set<SeriesMemory>();
  for (const [id, series] of mirror.series) {
    const target = memory.targets.get(series.target.id);
    if (target !== undefined) {
      series.target = target;
      continue;
    }
    dropped.add(series);
    mirror.series.delete(id);
  }
  return dropped;
}

export function replaceControls({ controls, config }: Memory): void {
  const wanted = new Set(config.controls.map(({ name }) => name));
  for (const name of controls.keys()) if (!wanted.has(name)) controls.delete(name);
  for (const name of wanted) if (!controls.has(name)) controls.set(name, { up: null, known: false, marks: [] });
}

export function recordControl({ controls, now }: Memory, name: string, responded: boolean, sentMs: number): void {
  const known = controls.get(name);
  if (known === undefined) return;
  const marks = addMark(known.marks, { sentMs, atMs: now.monotonicMs, result: responded ? 'responded' : 'silent' });
  controls.set(name, { up: responded, known: known.known || responded, marks });
}
