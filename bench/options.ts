import { parseArgs } from 'node:util';

/** The parts of the bench, in the order in which they run: the one that needs a quiet machine most comes first. */
export const parts = [
  'accuracy',
  'peers',
  'cpu',
  'memory',
  'reaction',
  'hash',
  'lines',
  'indexes',
  'door',
  'door-matrix',
  'shards',
  'fleet',
  'scale',
  'reloads',
  'days',
  'hour',
  'written',
] as const;
export type Part = (typeof parts)[number];
/** Those that run where none is named: the others take a quarter of an hour each, or as long as their name says. */
const usual: readonly Part[] = ['accuracy', 'peers', 'cpu', 'memory', 'reaction', 'hash', 'lines', 'door'];
/** Of the parts of that name. */
const targetsUsual = { scale: [100, 1_000, 15_000], reloads: [1_000] } as const;
const reloadsUsual = { scale: { usual: 50, quick: 50 }, reloads: { usual: 1_000, quick: 100 } } as const;
const daysUsual = { usual: 30, quick: 4 } as const;
const minutesUsual = { usual: 60, quick: 3 } as const;

/** What one run of the bench does. */
export interface Options {
  readonly parts: readonly Part[];
  /** Shorter and coarser: about two minutes in all, for a look, not for the record. */
  readonly quick: boolean;
  readonly json: boolean;
  /** Of the parts `scale` and `reloads`: for how many targets, and how often the configuration is read again. */
  readonly targets: { readonly scale: readonly number[]; readonly reloads: readonly number[] };
  readonly reloads: { readonly scale: number; readonly reloads: number };
  /** Of the part `days`, simulated; of the part `hour`, real. */
  readonly days: number;
  readonly minutes: number;
  /** Also runs the prober under the CPU profiler and prints its dearest functions. */
  readonly profile: boolean;
}

export const usage = `usage: npm run bench -- [--quick] [--only ${parts.join('|')}] [--profile] [--json]
       scale, reloads: [--targets N,…] [--reloads N]   days: [--days N]   hour: [--minutes N]`;

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
        days: { type: 'string' },
        minutes: { type: 'string' },
      },
    });
    const { quick, json, profile, help, only = usual } = values;
    const pace = quick ? 'quick' : 'usual';
    const reloads = {
      scale: Number(values.reloads ?? reloadsUsual.scale[pace]),
      reloads: Number(values.reloads ?? reloadsUsual.reloads[pace]),
    };
    const named = values.targets?.split(',').map(Number);
    const targets = { scale: named ?? targetsUsual.scale, reloads: named ?? targetsUsual.reloads };
    const days = Number(values.days ?? daysUsual[pace]);
    const minutes = Number(values.minutes ?? minutesUsual[pace]);
    const wanted = only.flatMap((word) => word.split(','));
    const isKnown = wanted.every((word) => parts.some((part) => part === word));
    // Growth is told by thirds of them.
    const isLong = Math.min(days, minutes) >= 3;
    const isCounted = [days, minutes, ...Object.values(reloads), ...targets.scale].every(
      (count) => Number.isInteger(count) && count > 0,
    );
    if (help || !isKnown || !isCounted || !isLong) return null;
    return {
      parts: parts.filter((part) => wanted.includes(part)),
      quick,
      json,
      profile,
      targets,
      reloads,
      days,
      minutes,
    };
  } catch {
    return null;
  }
}
