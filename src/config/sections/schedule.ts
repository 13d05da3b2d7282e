import { z } from 'zod';
import { isLoopback } from '../../core/addresses.ts';
import type { Cadence, Config, Pace } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Mirror, Step } from '../../core/mirror.ts';
import { formatDuration } from '../../core/units.ts';
import { type StepDeclaration, sortLightFirst } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { cronGapsOf } from '../cron.ts';
import { cadenceRange, cron, durationField, integer, mapping, size, timeoutRange, timeZone } from '../fields.ts';
import type { Path, Reading } from '../reading.ts';

const every = (description: string) => durationField(description, cadenceRange);
const timeout = (description: string) => durationField(description, timeoutRange);

export const scheduleKey = mapping(
  'Interval of the canary (the light step that decides whether a mirror is up), and limits on the load of mirrors.',
  {
    every: every(
      'Interval of the canary. Minimum: 5s, or 100ms if all mirrors are on loopback. Default: 30s, if `cron` is not set.',
    ).optional(),
    cron: cron('Cron expression for the times of the canary, instead of `every`.').optional(),
    timeZone: timeZone('Time zone of all cron expressions in the file. Default: that of the machine.').optional(),
    spread: durationField('With `cron`: probes start within this time after each scheduled time. Default 30s.', {
      min: 0,
      max: 3_600_000,
    }).optional(),
    timeout: timeout('Deadline of one probe of a light step.').prefault('10s'),
    perHost: integer(
      'Maximum number of concurrent probes of one host (scheme, name, port). A build (up to eight probes at once over one HTTP/2 connection) counts as one probe. Rounds that confirm a failure do not count: they add one probe for each upstream on the host, at most four. If downloads use all of two or more slots, one light probe may start in addition.',
      1,
      64,
    ).prefault(2),
    bytesPerHour: size(
      'Maximum bytes per hour from one host. Heavy steps stop at 80 % of it, other light steps at 100 %; the canary is never skipped. Default: unlimited.',
    ).optional(),
  },
).prefault({});

const pace = (meaning: string) =>
  z
    .union([
      every(meaning),
      mapping(null, {
        every: every('Interval of this step.').optional(),
        cron: cron(
          'Cron expression for the times of this step, instead of `every`. `schedule.timeZone` and `schedule.spread` apply.',
        ).optional(),
        timeout: timeout('Deadline of one probe of this step.').optional(),
      }),
    ])
    .optional();

const paces = registry.all.flatMap(({ id, steps }) =>
  sortLightFirst(steps).map(
    (step) => [step, pace(`Interval of the step \`${step}\` (${id}). ${usualOf(steps[step])}`)] as const,
  ),
);

export const stepsKey = mapping(
  'Interval of each step: a duration, or a mapping with `every` or `cron`, and `timeout`.',
  Object.fromEntries(paces) as Record<string, ReturnType<typeof pace>>,
).prefault({});

function usualOf(step: StepDeclaration | undefined): string {
  const { everyMs = null, timeoutMs = null } = step?.usualPace ?? {};
  if (everyMs === null) return 'Default: the times of `schedule`. The canary itself always follows `schedule`.';
  const timeout = timeoutMs === null ? 'the timeout `schedule.timeout`' : `a timeout of ${timeoutMs / 1000}s`;
  return `Default ${formatDuration(everyMs)}, with ${timeout}.`;
}

interface Paced {
  readonly schedule: z.output<typeof scheduleKey>;
  readonly steps: z.output<typeof stepsKey>;
  readonly mirrors: readonly Mirror[];
}

const usualEveryMs = 30_000;
const usualSpreadMs = 30_000;

/** Reads `schedule` and `steps`, and fills in their defaults. */
export function readPaces(of: Paced, reading: Reading): Pick<Config, 'schedule' | 'steps'> {
  const { schedule } = of;
  const hasCron = [schedule, ...Object.values(of.steps)].some(
    (one) => typeof one === 'object' && one.cron !== undefined,
  );
  if (!hasCron && schedule.spread !== undefined)
    reading.error(['schedule', 'spread'], phrase('expected.cronBeside'), { needs: [['schedule', 'cron'], ['steps']] });
  const usual: Cadence = { kind: 'every', everyMs: usualEveryMs };
  const cadence = cadenceOf(['schedule'], schedule, usual, of, reading);
  const pace: Pace = { cadence, timeoutMs: schedule.timeout };
  const entries = registry.all.flatMap(({ steps }) =>
    Object.entries(steps).map(([step, declared]) => [step, stepPace(step, declared, pace, of, reading)] as const),
  );
  return {
    schedule: { pace, perHost: schedule.perHost, bytesPerHour: schedule.bytesPerHour ?? null },
    steps: Object.fromEntries(entries),
  };
}

function stepPace(step: Step, { usualPace }: StepDeclaration, pace: Pace, of: Paced, reading: Reading): Pace {
  const written = of.steps[step];
  const timeoutMs = usualPace.timeoutMs ?? pace.timeoutMs;
  const usual: Cadence = usualPace.everyMs === null ? pace.cadence : { kind: 'every', everyMs: usualPace.everyMs };
  if (written === undefined) return { cadence: usual, timeoutMs };
  const path = ['steps', step];
  if (typeof written === 'number')
    return { cadence: cadenceOf(path, { every: written }, usual, of, reading), timeoutMs };
  return { cadence: cadenceOf(path, written, usual, of, reading), timeoutMs: written.timeout ?? timeoutMs };
}

function cadenceOf(
  path: Path,
  written: { readonly every?: number | undefined; readonly cron?: string | undefined },
  usual: Cadence,
  of: Paced,
  reading: Reading,
): Cadence {
  const { every, cron } = written;
  if (every !== undefined && cron !== undefined)
    reading.error(path, phrase('expected.everyCron'), { by: ['every', 'cron'] });
  if (cron !== undefined) {
    checkGap([...path, 'cron'], cronGapsOf(cron).shortestMs, of, reading);
    const { timeZone = null, spread = usualSpreadMs } = of.schedule;
    return { kind: 'cron', expression: cron, timeZone, spreadMs: spread };
  }
  if (every === undefined) return usual;
  const isShort = path[0] === 'steps' && typeof of.steps[String(path[1])] === 'number';
  checkGap(isShort ? path : [...path, 'every'], every, of, reading);
  return { kind: 'every', everyMs: every };
}

function checkGap(path: Path, gapMs: number, { mirrors }: Paced, reading: Reading): void {
  if (gapMs >= limits.everyMsMin) return;
  const away = mirrors.find(({ url }) => !isLoopback(new URL(url).hostname));
  if (away === undefined) return;
  reading.error(
    path,
    phrase('expected.five', {
      least: formatDuration(limits.everyMsMin),
      loopback: formatDuration(limits.everyMsMinLoopback),
      mirror: JSON.stringify(away.name),
    }),
    { needs: [['mirrors']] },
  );
}
