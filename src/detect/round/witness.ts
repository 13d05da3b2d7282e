import { isCanaryOut, type Memory, type MirrorMemory } from '../memory.ts';
import { unitsOf } from './vantage.ts';

/** How far "them or us" could be decided now, outside of a moment: a control is up, or another mirror can be compared. */
export function vantageWord(memory: Memory, mirror: MirrorMemory): 'ok' | 'unverified' {
  for (const control of memory.controls.values()) if (control.up === true) return 'ok';
  const others = [...memory.mirrors.values()].filter(
    (other) => other === mirror || (other.egress === mirror.egress && other.hasOk && !isCanaryOut(other)),
  );
  return unitsOf(others.map(placeOf)).length >= 2 ? 'ok' : 'unverified';
}

/** A mirror as the independence rule sees it. */
export function placeOf(mirror: MirrorMemory) {
  return {
    registry: mirror.mirror.name,
    url: mirror.mirror.url,
    address: mirror.mirror.access.proxy === null ? mirror.address : null,
  };
}
