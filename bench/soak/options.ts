import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What one soak does. */
export interface SoakOptions {
  /** How long things go wrong; what must come right afterwards is waited for beyond it. */
  readonly seconds: number;
  /** Decides the whole script. */
  readonly seed: number;
  /** Where each event is written as it happens, a JSON line each. */
  readonly log: string;
}

export const soakUsage =
  'usage: npm run soak -- [--seconds N] [--seed N] [--log FILE]   (half an hour, a seed of its own)';

/** Shorter, and there is no room for trouble before the end. */
const secondsMin = 20;

/**
 * The options of a command line.
 * @returns `null` where it is not understood or asks for help: print `soakUsage`
 */
export function soakOptionsOf(argv: readonly string[]): SoakOptions | null {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seconds: { type: 'string', default: '1800' },
        seed: text,
        log: text,
        help: { type: 'boolean', default: false },
      },
    });
    const seconds = Number(values.seconds);
    if (values.help || !Number.isInteger(seconds) || seconds < secondsMin) return null;
    if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed)) return null;
    const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
    return { seconds, seed, log: values.log ?? join(tmpdir(), `mirrorwatch-soak-${seed}.jsonl`) };
  } catch {
    return null;
  }
}
