import type { Mirror } from '../core/mirror.ts';

/**
 * Compares two mirror names by weight, then by capacity, then by order in the configuration file. Mirrors of small
 * capacity are ordered by a hash of the vantage (the daemon's place) and the name, so that daemons at different places
 * prefer different mirrors.
 */
export function preferenceOf(mirrors: readonly Mirror[], vantage: string): (a: string, b: string) => number {
  const places = new Map(mirrors.map((mirror, at) => [mirror.name, { mirror, at }]));
  return (a, b) => {
    const [one, other] = [places.get(a), places.get(b)];
    if (one === undefined || other === undefined) return 0;
    const byWeight = (other.mirror.weight ?? 0) - (one.mirror.weight ?? 0);
    if (byWeight !== 0) return byWeight;
    const bySize = Number(isSmall(one.mirror)) - Number(isSmall(other.mirror));
    if (bySize !== 0) return bySize;
    if (isSmall(one.mirror)) return hash(`${vantage}\n${b}`) - hash(`${vantage}\n${a}`);
    return one.at - other.at;
  };
}

function isSmall(mirror: Mirror): boolean {
  return mirror.capacity === 'small';
}

/** FNV-1a with a final mix, so that names that differ in one letter get distant hashes. */
function hash(text: string): number {
  let word = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) word = Math.imul(word ^ text.charCodeAt(at), 0x01000193);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  return (word ^ (word >>> 13)) >>> 0;
}
