import { randomBytes } from 'node:crypto';
import type { Random } from '../core/ports.ts';

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
/** The number of base-36 digits for wall milliseconds: nine are enough until the year 5188. */
const stampChars = 9;
const idChars = 20;

function idFrom(next: () => number, nowWallMs: number): string {
  let id = Math.max(0, Math.floor(nowWallMs)).toString(36).padStart(stampChars, '0').slice(-stampChars);
  while (id.length < idChars) id += digits[Math.floor(next() * digits.length)] ?? '0';
  return id;
}

function unpredictable(): number {
  const bytes = randomBytes(6);
  return bytes.readUIntBE(0, 6) / 2 ** 48;
}

export const systemRandom: Random = {
  next: unpredictable,
  id: (nowWallMs) => idFrom(unpredictable, nowWallMs),
};

/**
 * Creates a random generator that gives the same sequence for the same seed (mulberry32).
 * @param seed  only its low 32 bits are used
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, id: (nowWallMs) => idFrom(next, nowWallMs) };
}
