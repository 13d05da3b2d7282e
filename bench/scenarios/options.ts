import { parseArgs } from 'node:util';
import { judgeRules } from '../../src/core/judge-rules.ts';
import { nameWithout, playerNames, usualNames } from './players/registry.ts';
import { shortFamilies } from './worlds/short.ts';

/** The options of one run of the scenarios. */
export interface ScenarioOptions {
  readonly seeds: readonly number[];
  /** Which half of the seeds is played, for the text of the report; `one`: a single seed. */
  readonly half: 'even' | 'odd' | 'all' | 'one';
  /** The families of worlds to play; `null`: all. `--short` plays those of `worlds/short.ts`. */
  readonly families: readonly string[] | null;
  readonly players: readonly string[];
  /**
   * Length of each calm world (a world without faults), days; `null`: such that the calm worlds of ten seeds make a
   * year.
   */
  readonly calmDays: number | null;
  /**
   * The number of recorded outages to simulate, on even seeds, each in both families (`recorded-hard`,
   * `recorded-share`).
   */
  readonly windows: number;
  /** A file of recorded outages; `null`: the file in worlds/recorded. */
  readonly recorded: string | null;
  /**
   * Files that other runs wrote with `--json`. Their scores replace scores of this run for the same world and player.
   */
  readonly merged: readonly string[];
  /**
   * A file to which the scores of each finished world are added. A world that it already contains is not played again.
   * `null`: no such file.
   */
  readonly resumed: string | null;
  /** True: exit with status 1 if the totals are worse than `guard.ts` allows. */
  readonly isGuarded: boolean;
  /** True: print each move with its true costs, instead of the report. */
  readonly trace: boolean;
  readonly json: string | null;
  readonly out: string | null;
  readonly workers: number;
}

/** Length of each calm world in a short run (`--short`), days. */
const shortCalmDays = 0.25;

export const scenariosUsage = `usage: npm run scenarios -- [--seeds even|odd|all] [--count N] [--seed N] [--family NAME]... [--player NAME]...
       [--without RULE,...]...
       [--calm DAYS] [--windows N] [--recorded FILE] [--short] [--guard] [--trace] [--merge FILE]... [--resume FILE]
       [--json FILE] [--out FILE] [--workers N]
players: ${playerNames.map((name) => `"${name}"`).join(' ')}
rules that --without leaves out: ${judgeRules.join(' ')}`;

/**
 * Parses a command line.
 * @returns `null` if it is not valid or has `--help`: the caller then prints `scenariosUsage`
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
        without: list,
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
    const {
      seeds: half,
      seed,
      family,
      player = usualNames,
      short: isShort,
      without = [],
      guard,
      calm,
      trace,
      json,
      out,
    } = values;
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
    if (!without.every((rules) => rules.split(',').every(isJudgeRule))) return null;
    if (seed !== undefined && !/^\d+$/.test(seed)) return null;
    return {
      seeds: seed === undefined ? seedsOf(half, count) : [Number(seed)],
      half: seed === undefined ? half : 'one',
      families: family ?? (isShort ? shortFamilies : null),
      players: [...playerNames.filter((name) => player.includes(name)), ...without.map(nameWithout)],
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

function isJudgeRule(name: string): boolean {
  return judgeRules.some((rule) => rule === name);
}

/** The lowest `count` seeds of a half (even or odd); with `all`, the lowest 2 × `count` seeds. */
export function seedsOf(half: 'even' | 'odd' | 'all', count: number): readonly number[] {
  const of = { even: (n: number) => 2 * n, odd: (n: number) => 2 * n + 1, all: (n: number) => n };
  return Array.from({ length: half === 'all' ? 2 * count : count }, (_, n) => of[half](n));
}
