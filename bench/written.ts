import { startChild } from './child.ts';
import type { Progress } from './progress.ts';
import { tableOf } from './report.ts';
import { type Target, target } from './targets.ts';

// What a daemon writes to disk: whole, with a real state file, on a clock of its own, over healthy mirrors without sockets.

const sizes = { usual: [100, 1_000, 15_000], quick: [100] } as const;
/** Goals, GiB a day. */
const gibMax: Readonly<Record<number, number>> = { 100: 0.2, 1000: 0.6, 15000: 3 };
/** Until each series has had its first rows: with many targets, these are few and far between. */
const warmSeconds = (targets: number): number => (targets > 5_000 ? 300 : 1_200);
/** Longer than the longest time between two rows of a series. */
const measuredSeconds = 1_920;
const gib = 2 ** 30;
const perDay = 86_400 / measuredSeconds;
const tablesShown = 6;

/** What one daemon wrote in the measured time. */
export interface Written {
  readonly targets: number;
  /** `write_bytes` of the process. */
  readonly bytes: number;
  readonly commits: number;
  /** Bytes in the log by table or index. */
  readonly byTable: Readonly<Record<string, number>>;
}

export interface WrittenReport {
  readonly rows: readonly Written[];
}

async function writtenBy(targets: number, progress: Progress): Promise<Written> {
  const child = startChild('written-child', [targets, warmSeconds(targets), measuredSeconds].map(String));
  try {
    for (;;) {
      const told = (await child.hear()) as Written | { readonly at: number };
      if (!('at' in told)) return told;
      progress.say(`written: ${targets} targets, ${told.at} simulated seconds`);
    }
  } finally {
    await child.close();
  }
}

export async function written(quick: boolean, progress: Progress): Promise<WrittenReport> {
  const rows: Written[] = [];
  for (const targets of sizes[quick ? 'quick' : 'usual']) rows.push(await writtenBy(targets, progress));
  return { rows };
}

const gibPerDay = (bytes: number): number => (bytes * perDay) / gib;

/** As lines for people. */
export function writtenLines({ rows }: WrittenReport): readonly string[] {
  const tables = [...new Set(rows.flatMap(({ byTable }) => Object.keys(byTable)))]
    .sort((a, b) => (rows.at(-1)?.byTable[b] ?? 0) - (rows.at(-1)?.byTable[a] ?? 0))
    .slice(0, tablesShown);
  return [
    'Written to disk by a whole daemon over healthy mirrors (light targets each 30 s, with 15 000 each 100 s), simulated time:',
    ...tableOf([
      ['targets', ...rows.map(({ targets }) => `${targets}`)],
      ['GiB a day', ...rows.map(({ bytes }) => gibPerDay(bytes).toFixed(2))],
      ['transactions a minute', ...rows.map(({ commits }) => ((commits * 60) / measuredSeconds).toFixed(1))],
      ...tables.map((table) => [
        `log, ${table}, GiB a day`,
        ...rows.map(({ byTable }) => gibPerDay(byTable[table] ?? 0).toFixed(3)),
      ]),
    ]),
  ];
}

/** Goals of docs/performance.md. */
export function writtenTargets({ rows }: WrittenReport): readonly Target[] {
  return rows.flatMap(({ targets, bytes }) => {
    const most = gibMax[targets];
    const figure = gibPerDay(bytes);
    if (most === undefined) return [];
    return [
      target(
        `written to disk a day at ${targets} targets`,
        `≤ ${most} GiB`,
        `${figure.toFixed(2)} GiB`,
        figure <= most,
      ),
    ];
  });
}
