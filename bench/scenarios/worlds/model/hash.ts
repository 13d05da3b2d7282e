/** Mixes 32 bits, so that similar inputs give unrelated results (the finaliser of MurmurHash3). */
export function scramble(bits: number): number {
  let h = bits | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Combines a hash with a whole number of up to 2^53. */
export function join(hash: number, value: number): number {
  const low = scramble(hash ^ (value >>> 0));
  return scramble(low + Math.imul((value / 4_294_967_296) >>> 0, 0x9e3779b1) + 0x7f4a7c15);
}

/** The hash of a text. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return scramble(hash);
}

/** The `index`-th pseudo-random number of a hash, between 0 and 1, both excluded. */
export function uniformOf(hash: number, index: number): number {
  return (scramble(hash + Math.imul(index + 1, 0x9e3779b1)) + 0.5) / 4_294_967_296;
}
