import { parseArgs } from 'node:util';

/** The parts of the bench, in the order in which they run: the one that needs a quiet machine most comes first. */
export const parts = ['accuracy', 'cpu', 'reaction', 'hash'] as const;
export type Part = (typeof parts)[number];

/** What one run of the bench does. */
export interface Options {
  readonly parts: readonly Part[];
  /** Shorter and coarser: about two minutes in all, for a look, not for the record. */
  readonly quick: boolean;
  readonly json: boolean;
  /** Also runs the prober under the CPU profiler and prints its dearest functions. */
  readonly profile: boolean;
}

export const usage = `usage: npm run bench -- [--quick] [--only ${parts.join('|')}] [--profile] [--json]`;

/**
 * The options of a command line.
 * @returns `null` where it is not understood or asks for help: print `usage`
 */
export function optionsOf(argv: readonly string[]): Options | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { quick: flag, json: flag, profile: flag, help: flag, only: { type: 'string', multiple: true } },
    });
    const { quick, json, profile, help, only = parts } = values;
    const wanted = only.flatMap((word) => word.split(','));
    const isKnown = wanted.every((word) => parts.some((part) => part === word));
    if (help || !isKnown) return null;
    return { parts: parts.filter((part) => wanted.includes(part)), quick, json, profile };
  } catch {
    return null;
  }
}
