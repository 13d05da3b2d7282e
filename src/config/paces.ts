import type { Cadence, Pace } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Step } from '../core/mirror.ts';
import { formatDuration } from '../core/units.ts';
import type { StepDeclaration } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { isLoopback } from './addresses.ts';
import { cronGapsOf } from './cron.ts';
import type { Path } from './issues.ts';
import type { Report } from './report.ts';
import type { FileConfig } from './schema.ts';

const usualEveryMs = 30_000;
const usualSpreadMs = 30_000;

/** `schedule` and `steps` with every default filled in: each ecosystem declares its own. */
export function readPaces(
  file: FileConfig,
  registry: Registry,
  report: Report,
): { readonly pace: Pace; readonly steps: Readonly<Record<Step, Pace>> } {
  const { schedule } = file;
  if (schedule.cron === undefined && schedule.spread !== undefined)
    report.error(['schedule', 'spread'], phrase('expected.cronBeside'), {
      needs: [['schedule', 'cron']],
    });
  const usual: Cadence = { kind: 'every', everyMs: usualEveryMs };
  const cadence = cadenceOf(['schedule'], schedule, usual, file, report);
  const pace: Pace = { cadence, timeoutMs: schedule.timeout };
  const entries = registry.all.flatMap(({ steps }) =>
    Object.entries(steps).map(([step, declared]) => [step, stepPace(step, declared, pace, file, report)] as const),
  );
  return { pace, steps: Object.fromEntries(entries) };
}

/** Milliseconds between two starts of one target in the busiest hour. */
export function meanGapMsOf(cadence: Cadence): number {
  return cadence.kind === 'every' ? cadence.everyMs : cronGapsOf(cadence.expression).meanMs;
}

function stepPace(step: Step, { usualPace }: StepDeclaration, pace: Pace, file: FileConfig, report: Report): Pace {
  const written = file.steps[step];
  const timeoutMs = usualPace.timeoutMs ?? pace.timeoutMs;
  const usual: Cadence = usualPace.everyMs === null ? pace.cadence : { kind: 'every', everyMs: usualPace.everyMs };
  if (written === undefined) return { cadence: usual, timeoutMs };
  const path = ['steps', step];
  if (typeof written === 'number')
    return { cadence: cadenceOf(path, { every: written }, usual, file, report), timeoutMs };
  return { cadence: cadenceOf(path, written, usual, file, report), timeoutMs: written.timeout ?? timeoutMs };
}

function cadenceOf(
  path: Path,
  written: { readonly every?: number | undefined; readonly cron?: string | undefined },
  usual: Cadence,
  file: FileConfig,
  report: Report,
): Cadence {
  const { every, cron } = written;
  if (every !== undefined && cron !== undefined)
    report.error(path, phrase('expected.everyCron'), { by: ['every', 'cron'] });
  if (cron !== undefined) {
    checkGap([...path, 'cron'], cronGapsOf(cron).shortestMs, file, report);
    const { timeZone = null, spread = usualSpreadMs } = file.schedule;
    return { kind: 'cron', expression: cron, timeZone, spreadMs: spread };
  }
  if (every === undefined) return usual;
  const isShort = path[0] === 'steps' && typeof file.steps[String(path[1])] === 'number';
  checkGap(isShort ? path : [...path, 'every'], every, file, report);
  return { kind: 'every', everyMs: every };
}

function checkGap(path: Path, gapMs: number, file: FileConfig, report: Report): void {
  if (gapMs >= limits.everyMsMin) return;
  const away = file.mirrors.find(({ url }) => !isLoopback(new URL(url).hostname));
  if (away === undefined) return;
  report.error(
    path,
    phrase('expected.five', {
      least: formatDuration(limits.everyMsMin),
      loopback: formatDuration(limits.everyMsMinLoopback),
      mirror: JSON.stringify(away.name),
    }),
    {
      needs: [['mirrors']],
    },
  );
}
