import { parseArgs } from 'node:util';

/** The parts of the bench, in the order in which they run: the one that needs a quiet machine most comes first. */
export const parts = ['accuracy', 'peers', 'cpu', 'memory', 'reaction', 'hash', 'scale'] as const;
export type Part = (typeof parts)[number];
/** Those that run where none is named: the others take a quarter of an hour. */
const usual: readonly Part[] = ['accuracy', 'peers', 'cpu', 'memory', 'reaction', 'hash'];
const reloadsUsual = 50;
const targetsUsual = [100, 1_000, 15_000] as const;

/** What one run of the bench does. */
export interface Options {
  readonly parts: readonly Part[];
  /** Shorter and coarser: about two minutes in all, for a look, not for the record. */
  readonly quick: boolean;
  readonly json: boolean;
  /** Of the part `scale`: how often the configuration is read again, and for how many targets. */
  readonly reloads: number;
  readonly targets: readonly number[];
  /** Also runs the prober under the CPU profiler and prints its dearest functions. */
  readonly profile: boolean;
}

export const usage = `usage: npm run bench -- [--quick] [--only ${parts.join('|')}] [--profile] [--json]
       scale: [--targets 100,1000,15000] [--reloads ${reloadsUsual}]`;

/**
 * The options of a command line.
 * @returns `null` where it is not understood or asks for help: print `usage`
 */
export function optionsOf(argv: readonly string[]): Options | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        quick: flag,
        json: flag,
        profile: flag,
        help: flag,
        only: { type: 'string', multiple: true },
        reloads: { type: 'string' },
        targets: { type: 'string' },
      },
    });
    const { quick, json, profile, help, only = usual } = values;
    const reloads = Number(values.reloads ?? reloadsUsual);
    const targets = values.targets?.split(',').map(Number) ?? [...targetsUsual];
    const wanted = only.flatMap((word) => word.split(','));
    const isKnown = wanted.every((word) => parts.some((part) => part === word));
    const isCounted = [reloads, ...targets].every((count) => Number.isInteger(count) && count > 0);
    if (help || !isKnown || !isCounted) return null;
    return { parts: parts.filter((part) => wanted.includes(part)), quick, json, profile, reloads, targets };
  } catch {
    return null;
  }
}
