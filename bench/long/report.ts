import { tableOf } from '../report.ts';
import { expectedMb, formula, offBy } from '../scale/formula.ts';
import { type Target, target } from '../targets.ts';
import type { DaysReport } from './days.ts';
import { growthOf } from './flat.ts';
import type { HourReport } from './hour.ts';
import type { ReloadsReport } from './reloads.ts';

// Design.md section 8: "flat over reloads and days". Flat is what does not grow by more than this.

/**
 * Memory of a process moves by some percent with the moment at which it is looked at; what lives after a collection hardly. Over reloads
 * V8 makes some 3 MB of code and buffers go on filling: of a thousand old configurations, one that was kept would make it twenty-fold.
 */
const growthMax = { process: 1.05, liveAfterReloads: 1.15, liveOverDays: 1.02 };
/** Of the probes that the paces ask for. The edges of the time, and what is under way there, are some thousandths. */
const toldShareMin = 0.995;

const mb = (value: number): string => value.toFixed(0);
const mb1 = (value: number): string => value.toFixed(1);
const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Memory over reloads, a line for each number of targets. */
export function reloadsLines({ rows }: ReloadsReport): readonly string[] {
  return rows.flatMap(({ targets, count, tookMs, held, laterMb, liveMb, othersCores }) => [
    `${targets} targets, ${count} reloads of ${tookMs.median.toFixed(0)} ms (worst ${tookMs.worst.toFixed(0)}), memory of the built package:`,
    ...tableOf([
      ['after reloads', ...held.map(({ reloads }) => `${reloads}`), 'a minute later'],
      ['memory, MB', ...held.map(({ rssMb }) => mb(rssMb)), mb(laterMb)],
      ['heap, garbage included, MB', ...held.map(({ heapMb }) => mb(heapMb)), ''],
    ]),
    `what lives in the heap: ${mb1(liveMb.before)} MB before, ${mb1(liveMb.later)} a minute later; others used ${othersCores.toFixed(2)} cores`,
  ]);
}

/** Flat over reloads, and the old configuration let go of. The first of them make room for garbage, once: that is told, not judged. */
export function reloadsTargets({ rows }: ReloadsReport): readonly Target[] {
  return rows.flatMap(({ targets, count, held, laterMb, liveMb }) => {
    const [beforeMb = Number.NaN, ...after] = held.map(({ rssMb }) => rssMb);
    const growth = growthOf(after);
    const live = liveMb.later / liveMb.before;
    const told = `${mb(beforeMb)} MB before, ${mb(after.at(-1) ?? Number.NaN)} after ${count}, ${mb(laterMb)} a minute later`;
    return [
      target(
        `memory over reloads at ${targets} targets, last third over second`,
        `≤ ${times(growthMax.process)}`,
        `${times(growth)} (${told})`,
        growth <= growthMax.process,
      ),
      target(
        `live heap after reloads at ${targets} targets, over before`,
        `≤ ${times(growthMax.liveAfterReloads)}`,
        `${times(live)} (${mb1(liveMb.before)} → ${mb1(liveMb.later)} MB)`,
        live <= growthMax.liveAfterReloads,
      ),
    ];
  });
}

/** What lives at the end of each simulated day. */
export function daysLines({ days }: DaysReport): readonly string[] {
  return [
    'A daemon from sources on a clock of its own, three mirrors, each down for a quarter of an hour a day; heap after a collection:',
    ...tableOf([
      ['day', 'probes', 'notices', 'live heap, MB', 'of it the state file', 'its rows'],
      ...days.map(({ day, probes, notices, heapMb, stateMb, stateRows }) => [
        `${day}`,
        `${probes}`,
        `${notices}`,
        mb1(heapMb),
        stateMb.toFixed(2),
        `${stateRows}`,
      ]),
    ]),
  ];
}

/** Flat over days. */
export function daysTargets({ days }: DaysReport): readonly Target[] {
  const growth = growthOf(days.map(({ heapMb }) => heapMb));
  return [
    target(
      'live heap over simulated days, last third over second',
      `≤ ${times(growthMax.liveOverDays)}`,
      `${times(growth)} (${mb1(days.at(-1)?.heapMb ?? Number.NaN)} MB after ${days.length})`,
      growth <= growthMax.liveOverDays,
    ),
  ];
}

/** One row for each so many minutes, and the last. */
const everyMinutes = 5;

/** What it held over so many minutes of real time. */
export function hourLines({ targets, everySeconds, minutes, due, told, othersCores }: HourReport): readonly string[] {
  const shown = minutes.filter(
    ({ minute }) => minute === 1 || minute % everyMinutes === 0 || minute === minutes.length,
  );
  const sum = (of: 'failed' | 'unknown' | 'late' | 'veryLate'): number =>
    minutes.reduce((total, minute) => total + minute[of], 0);
  const rows = shown.map((one) => [
    `${one.minute}`,
    mb(one.rssMb),
    mb1(one.heapMb),
    `${one.threads}`,
    `${one.descriptors}`,
    (one.stateBytes / 2 ** 20).toFixed(1),
    (one.writtenBytes / 2 ** 20).toFixed(1),
    percent(one.cpuMs / 60_000),
    `${one.probes}`,
    `${one.unknown}`,
    `${one.late}`,
    `${one.veryLate}`,
  ]);
  const expected = expectedMb(targets) + formula.mbHoursLater;
  const off = offBy(minutes.at(-1)?.rssMb ?? Number.NaN, expected);
  return [
    `The built package over ${minutes.length} minutes, ${targets} targets, the light ones each ${everySeconds} s, scraped four times a minute:`,
    ...tableOf([
      [
        'minute',
        'memory, MB',
        'heap, MB',
        'threads',
        'descriptors',
        'state, MiB',
        'written, MiB',
        'CPU of a core',
        'probes',
        'unknown',
        '> 5 ms late',
        '> 100 ms late',
      ],
      ...rows,
    ]),
    `${told} probes reported, ${due} due by schedule; ${sum('failed')} failed, ${sum('unknown')} unknown, ` +
      `${sum('late')} began > 5 ms and ${sum('veryLate')} > 100 ms late; others used ${othersCores.toFixed(2)} cores`,
    `formula of docs/operations.md, hours later: ${mb(expected)} MB, off by ${percent(off)}`,
  ];
}

/** Flat over real time, and no probe forgotten. */
export function hourTargets({ minutes, due, told }: HourReport): readonly Target[] {
  const growth = growthOf(minutes.map(({ rssMb }) => rssMb));
  return [
    target(
      'memory over real time, last third over second',
      `≤ ${times(growthMax.process)}`,
      `${times(growth)} (${mb(minutes.at(-1)?.rssMb ?? Number.NaN)} MB after ${minutes.length} minutes)`,
      growth <= growthMax.process,
    ),
    target(
      'probes reported, of those due by schedule',
      `≥ ${percent(toldShareMin)}`,
      `${percent(told / due)} (${told} of ${due})`,
      told / due >= toldShareMin,
    ),
  ];
}
