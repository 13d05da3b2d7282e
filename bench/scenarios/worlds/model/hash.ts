/** Scrambles 32 bits so that neighbours have nothing in common (the finaliser of MurmurHash3). */
export function scramble(bits: number): number {
  let h = bits | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Joins a whole number of any size up to 2^53 to a hash. */
export function join(hash: number, value: number): number {
  const low = scramble(hash ^ (value >>> 0));
  return scramble(low + Math.imul((value / 4_294_967_296) >>> 0, 0x9e3779b1) + 0x7f4a7c15);
}

/** The hash of a text; for names, once each. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return scramble(hash);
}

/** The `index`-th number of a hash, in (0, 1): never 0, never 1. */
export function uniformOf(hash: number, index: number): number {
  return (scramble(hash + Math.imul(index + 1, 0x9e3779b1)) + 0.5) / 4_294_967_296;
}
