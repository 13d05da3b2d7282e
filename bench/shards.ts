import { startChild } from './child.ts';
import type { Progress } from './progress.ts';
import { tableOf } from './report.ts';
import { type Target, target } from './targets.ts';

// One place on eight daemons, one after the other: every probe that one daemon alone would have planned in a pace is made by one of them.

const count = 8;
/** A module is five targets at each of ten mirrors. */
const modules = { usual: 2_000, quick: 200 } as const;
const paceSeconds = 900;

/** What one daemon alone would probe over one pace, and the share of its targets that one daemon more moves. */
export interface WholeTold {
  readonly targets: number;
  /** Target and moment of each start. */
  readonly planned: readonly string[];
  readonly movedShare: number;
}

/** Probes that one daemon made by its schedule. */
export interface ShardTold {
  /** Target and moment that it was planned for. */
  readonly made: readonly string[];
  /** Real ones. */
  readonly seconds: number;
}

/** All daemons together. */
export interface ShardsReport {
  readonly targets: number;
  /** Starts that one daemon alone would plan. */
  readonly due: number;
  readonly rows: readonly { readonly probes: number; readonly seconds: number }[];
  /** Of what is due: made by no daemon, and by more than one. `strange`: made, and not due. */
  readonly missed: number;
  readonly twice: number;
  readonly strange: number;
  readonly movedShare: number;
}

async function tellBy(quick: boolean, index: number): Promise<unknown> {
  const child = startChild('shards-child', [modules[quick ? 'quick' : 'usual'], count, paceSeconds, index].map(String));
  try {
    for (;;) {
      const told = (await child.hear()) as object;
      if (!('at' in told)) return told;
    }
  } finally {
    await child.close();
  }
}

/** Runs the daemons. @param quick  a tenth of the targets */
export async function shards(quick: boolean, progress: Progress): Promise<ShardsReport> {
  const whole = (await tellBy(quick, -1)) as WholeTold;
  const made = new Map(whole.planned.map((moment) => [moment, 0]));
  const rows: ShardsReport['rows'][number][] = [];
  let strange = 0;
  for (let index = 0; index < count; index += 1) {
    progress.say(`shards: daemon ${index + 1} of ${count}`);
    const told = (await tellBy(quick, index)) as ShardTold;
    for (const moment of told.made) {
      const times = made.get(moment);
      if (times === undefined) strange += 1;
      else made.set(moment, times + 1);
    }
    rows.push({ probes: told.made.length, seconds: told.seconds });
  }
  const times = [...made.values()];
  return {
    targets: whole.targets,
    due: whole.planned.length,
    rows,
    missed: times.filter((one) => one === 0).length,
    twice: times.filter((one) => one > 1).length,
    strange,
    movedShare: whole.movedShare,
  };
}

/** The figures for people. */
export function shardsLines({
  targets,
  due,
  rows,
  missed,
  twice,
  strange,
  movedShare,
}: ShardsReport): readonly string[] {
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  const n = rows.length;
  return [
    `One place on ${n} daemons: ${targets} targets, ${due} probes due in ${paceSeconds / 60} simulated minutes; mirrors without sockets`,
    ...tableOf([
      ['daemon', 'probes', 'real seconds'],
      ...rows.map((row, index) => [`${index}`, `${row.probes}`, row.seconds.toFixed(1)]),
    ]),
    `missed ${missed}, made twice ${twice}, made and not due ${strange}`,
    `one daemon more moves ${percent(movedShare)} of the targets; 1/${n + 1} is ${percent(1 / (n + 1))}`,
  ];
}

/** Issue 25, point 4. */
export function shardsTargets(report: ShardsReport): readonly Target[] {
  const { targets, due, rows, missed, twice, strange, movedShare } = report;
  const over = movedShare * (rows.length + 1);
  return [
    target(
      `${due} due probes of ${targets} targets, by ${rows.length} daemons`,
      'each once',
      `${missed} missed, ${twice} twice`,
      missed + twice + strange === 0,
    ),
    target(
      'share of targets that move if one daemon is added, over 1/(n + 1)',
      '≤ 1.15 ×',
      `${over.toFixed(2)} ×`,
      over <= 1.15,
    ),
  ];
}
