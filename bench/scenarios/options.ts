import { parseArgs } from 'node:util';
import { playerNames, usualNames } from './players/registry.ts';

/** What one run of the scenarios does. */
export interface ScenarioOptions {
  readonly seeds: readonly number[];
  /** Which half of the seeds, for the report's words. */
  readonly half: 'even' | 'odd' | 'all' | 'one';
  /** `null`: every family. */
  readonly families: readonly string[] | null;
  readonly players: readonly string[];
  /** Length of a calm world, days; `null`: what a year of them takes. */
  readonly calmDays: number | null;
  /** So many recorded windows of even seeds, each in both ways; 0: none. */
  readonly windows: number;
  /** A file of recorded outages; `null`: that of worlds/recorded. */
  readonly recorded: string | null;
  /** Files that `--json` of other runs wrote: their scores join, in place of this run's of the same world and player. */
  readonly merged: readonly string[];
  /** Scores are added to this file world by world, and worlds that it has are not played again; `null`: none. */
  readonly resumed: string | null;
  /** Exit 1 where the totals are worse than `guard.ts` allows. */
  readonly isGuarded: boolean;
  /** Prints each move with truth around it. */
  readonly trace: boolean;
  readonly json: string | null;
  readonly out: string | null;
  readonly workers: number;
}

/** In a short run each calm world lasts so long, days. */
const shortCalmDays = 0.25;

export const scenariosUsage = `usage: npm run scenarios -- [--seeds even|odd|all] [--count N] [--seed N] [--family NAME]... [--player NAME]...
       [--calm DAYS] [--windows N] [--recorded FILE] [--short] [--guard] [--trace] [--merge FILE]... [--resume FILE]
       [--json FILE] [--out FILE] [--workers N]
players: ${playerNames.map((name) => `"${name}"`).join(' ')}`;

/**
 * The options of a command line.
 * @returns `null` where it is not understood or asks for help: print `scenariosUsage`
 */
export function scenarioOptionsOf(argv: readonly string[]): ScenarioOptions | null {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  const list = { type: 'string', multiple: true } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seeds: { type: 'string', default: 'odd' },
        count: text,
        seed: text,
        family: list,
        player: list,
        short: flag,
        guard: flag,
        calm: text,
        windows: { type: 'string', default: '0' },
        recorded: text,
        trace: flag,
        merge: list,
        resume: text,
        json: text,
        out: text,
        workers: { type: 'string', default: '2' },
        help: flag,
      },
    });
    const { seeds: half, seed, family, player = usualNames, short: isShort, guard, calm, trace, json, out } = values;
    const count = Number(values.count ?? (isShort ? 1 : 10));
    const workers = Number(values.workers);
    const calmDays = calm === undefined ? (isShort ? shortCalmDays : null) : Number(calm);
    if (calmDays !== null && !(calmDays > 0)) return null;
    const windows = Number(values.windows);
    if (!Number.isInteger(windows) || windows < 0) return null;
    const isWhole = (n: number) => Number.isInteger(n) && n >= 1;
    if (values.help || !isWhole(count) || !isWhole(workers)) return null;
    if (half !== 'even' && half !== 'odd' && half !== 'all') return null;
    if (!player.every((name) => playerNames.includes(name))) return null;
    if (seed !== undefined && !/^\d+$/.test(seed)) return null;
    return {
      seeds: seed === undefined ? seedsOf(half, count) : [Number(seed)],
      half: seed === undefined ? half : 'one',
      families: family ?? null,
      players: playerNames.filter((name) => player.includes(name)),
      calmDays,
      windows,
      recorded: values.recorded ?? null,
      merged: values.merge ?? [],
      resumed: values.resume ?? null,
      isGuarded: guard,
      trace,
      json: json ?? null,
      out: out ?? null,
      workers,
    };
  } catch {
    return null;
  }
}

/** `count` seeds of a half, from the lowest on. */
export function seedsOf(half: 'even' | 'odd' | 'all', count: number): readonly number[] {
  const of = { even: (n: number) => 2 * n, odd: (n: number) => 2 * n + 1, all: (n: number) => n };
  return Array.from({ length: half === 'all' ? 2 * count : count }, (_, n) => of[half](n));
}
