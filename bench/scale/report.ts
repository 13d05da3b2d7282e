import { isCalm } from '../disturbance.ts';
import { tableOf } from '../report.ts';
import { type Target, target } from '../targets.ts';
import { expectedMb, formula, offBy } from './formula.ts';
import { type ScaleReport, type ScaleRow, settledMb } from './scale.ts';

/** Goals of docs/performance.md. */
const memoryMbMax: Readonly<Record<number, number>> = { 1000: 170, 15000: 400 };
const turnMsMax = 50;
const scrapeMsMax = 1_000;
/** From here on a page counts as a large one. */
const large = 15_000;

const mb = (value: number): string => value.toFixed(0);
const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const signed = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(0)} %`;
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** One figure a line, a number of targets a column. */
const figures: readonly (readonly [string, (row: ScaleRow) => string])[] = [
  ['light targets asked every, s', ({ everySeconds }) => `${everySeconds}`],
  ['probes a second', ({ probesPerSecond }) => probesPerSecond.toFixed(1)],
  ['start until ready, ms', ({ startMs }) => ms(startMs)],
  ['memory, MB', ({ rssMb }) => mb(rssMb)],
  ['the most so far', ({ rssMbMost }) => mb(rssMbMost)],
  ['formula of docs/operations.md', ({ targets }) => mb(expectedMb(targets))],
  ['off by', ({ rssMb, targets }) => signed(offBy(rssMb, expectedMb(targets)))],
  ['CPU, of a core', ({ cpuCores }) => percent(cpuCores)],
  ['CPU a probe, ms, scrapes included', ({ cpuMsPerProbe }) => cpuMsPerProbe.toFixed(2)],
  ['began > 5 ms late', ({ lateShare }) => percent(lateShare)],
  ['began > 100 ms late', ({ veryLateShare }) => percent(veryLateShare)],
  ['lines of the page', ({ scrape }) => `${scrape.lines}`],
  ['its MiB, zipped', ({ scrape }) => `${mib(scrape.bytes)}, ${mib(scrape.zippedBytes)}`],
  ['scrape, ms, median (worst)', ({ scrape }) => `${ms(scrape.tookMs.median)} (${ms(scrape.tookMs.worst)})`],
  ['longest turn while scraped, ms', ({ scrape }) => ms(scrape.longestTurnMs)],
  ['state file, MiB', ({ state }) => mib(state.bytes)],
  ['reload, ms, median (worst)', ({ reloads }) => `${ms(reloads.tookMs.median)} (${ms(reloads.tookMs.worst)})`],
  ['longest turn while reloading, ms', ({ reloads }) => ms(reloads.longestTurnMs)],
  ['memory after reloads, MB', (row) => mb(settledMb(row))],
  ['others used, cores', ({ othersCores }) => othersCores.toFixed(2)],
];

/** What a daemon takes by its targets. */
export function scaleLines({ rows }: ScaleReport): readonly string[] {
  const paths = rows[0]?.pages.map(({ path }) => path) ?? [];
  const pageRows = paths.map((path) => [
    `${path}, ms, median (worst)`,
    ...rows.map(({ pages }) => {
      const found = pages.find((page) => page.path === path);
      return found === undefined ? '' : `${ms(found.tookMs.median)} (${ms(found.tookMs.worst)})`;
    }),
  ]);
  return [
    'The built package by targets (Go mirrors over HTTPS on loopback; paces so that two cores carry it):',
    ...tableOf([
      ['targets', ...rows.map(({ targets }) => `${targets}`)],
      ...figures.map(([name, of]) => [name, ...rows.map(of)]),
      ...pageRows,
    ]),
    ...rows.map(
      ({ targets, reloads }) =>
        `${targets} targets, memory over ${reloads.count} reloads: ${reloads.rssMb.map(mb).join(' ')} MB`,
    ),
    `formula: ${formula.baseMb} MB + ${formula.mbOfFirstThousand} MB for the first 1000 targets + ` +
      `${formula.mbPerFurtherThousand} MB for each further 1000; CPU ${formula.cpuMsPerProbe} ms a probe`,
  ];
}

/** Goals of docs/performance.md that depend on how much is watched. */
export function scaleTargets({ rows }: ScaleReport): readonly Target[] {
  return rows.flatMap((row) => {
    const { targets, rssMb, scrape } = row;
    const found: Target[] = [];
    const memoryMax = memoryMbMax[targets];
    if (memoryMax !== undefined)
      found.push(target(`memory at ${targets} targets`, `≤ ${memoryMax} MB`, `${mb(rssMb)} MB`, rssMb <= memoryMax));
    if (targets < large) return found;
    const { tookMs, longestTurnMs } = scrape;
    const calm = isCalm(row);
    found.push(
      target(
        'main thread held by a scrape',
        `≤ ${turnMsMax} ms`,
        `${ms(longestTurnMs)} ms`,
        longestTurnMs <= turnMsMax,
        calm,
      ),
      target('a scrape, median', `≤ ${scrapeMsMax} ms`, `${ms(tookMs.median)} ms`, tookMs.median <= scrapeMsMax, calm),
    );
    return found;
  });
}
