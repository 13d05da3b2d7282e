import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test waits for what must come. Many times what a slow and busy machine needs, below the limit of a test
 * (vitest.config.ts): it is for the message, never a bound that anything is held to. Whoever passes does not wait.
 */
export const patienceMs = 300_000;

/** After so many milliseconds what must come is looked for again, each time a third later: a look costs who is asked. */
const looksMs = { first: 20, growth: 4 / 3, most: 400 };

/** How long to wait before each look, one after the other, milliseconds. */
export function* looks(): Generator<number, never> {
  for (let ms = looksMs.first; ; ms = Math.min(looksMs.growth * ms, looksMs.most)) yield ms;
}

/**
 * Repeats a question until its answer pleases.
 * @throws Error when the patience is over, with the last answer and what else helps
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  pleases: (answer: T) => boolean,
  options: { readonly everyMs?: number; readonly help?: () => string } = {},
): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (const ms of looks()) {
    const answer = await ask();
    if (pleases(answer)) return answer;
    if (performance.now() > endMs)
      throw new Error(`not in ${patienceMs} ms: ${what}; last ${shown(answer)}\n${options.help?.() ?? ''}`);
    await sleep(options.everyMs ?? ms);
  }
  throw new Error('looks have no end');
}

function shown(answer: unknown): string {
  const plain = answer instanceof Map ? [...answer].filter(([, value]) => value !== 0) : answer;
  return JSON.stringify(plain)?.slice(0, 5_000) ?? String(plain);
}

/**
 * Tries the same with ever more time, each four times the time before, until it goes as it should: for what takes real
 * time by its nature, a limit that runs out or a delay that is to be seen. What a busy machine spoils at one length
 * goes well at a longer one; what is wrong is wrong at each.
 * @throws what the longest try throws
 */
export async function withMoreTime(
  firstMs: number,
  attempt: (ms: number) => void | Promise<void>,
  tries = 4,
): Promise<void> {
  for (let left = tries, ms = firstMs; ; left -= 1, ms *= 4) {
    try {
      return await attempt(ms);
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}
