import type { Cadence, Pace } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import { isHeavy, type Step, steps as stepNames } from '../core/target.ts';
import { isLoopback } from './addresses.ts';
import { cronGaps } from './cron.ts';
import type { Path } from './issues.ts';
import type { Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { durationText } from './units.ts';

const minute = 60_000;
const usualEveryMs = 30_000;
const usualSpreadMs = 30_000;
const usualStepMs = { light: 5 * minute, sumdb: 30 * minute, heavy: 60 * minute } as const;
const heavyTimeoutMs = 120_000;

/** `schedule` and `steps` with every default filled in. The default paces are those of protocols.md section 1.17. */
export function readPaces(
  file: FileConfig,
  report: Report,
): { readonly pace: Pace; readonly steps: Readonly<Record<Step, Pace>> } {
  const { schedule } = file;
  if (schedule.cron === undefined && schedule.spread !== undefined)
    report.error(['schedule', 'spread'], 'cron beside it: an interval is spread over itself', {
      needs: [['schedule', 'cron']],
    });
  const usual: Cadence = { kind: 'every', everyMs: usualEveryMs };
  const cadence = cadenceOf(['schedule'], schedule, usual, file, report);
  const pace: Pace = { cadence, timeoutMs: schedule.timeout };
  const entries = stepNames.map((step) => [step, stepPace(step, pace, file, report)] as const);
  return { pace, steps: Object.fromEntries(entries) as Record<Step, Pace> };
}

/** Milliseconds between two starts of one target in the busiest hour. */
export function meanGapMs(cadence: Cadence): number {
  return cadence.kind === 'every' ? cadence.everyMs : cronGaps(cadence.expression).meanMs;
}

function stepPace(step: Step, pace: Pace, file: FileConfig, report: Report): Pace {
  const written = (file.steps as Readonly<Record<string, FileConfig['steps']['list']>>)[step];
  const timeoutMs = isHeavy(step) ? heavyTimeoutMs : pace.timeoutMs;
  const usual = usualCadence(step, pace);
  if (written === undefined) return { cadence: usual, timeoutMs };
  const path = ['steps', step];
  if (typeof written === 'number')
    return { cadence: cadenceOf(path, { every: written }, usual, file, report), timeoutMs };
  return { cadence: cadenceOf(path, written, usual, file, report), timeoutMs: written.timeout ?? timeoutMs };
}

function usualCadence(step: Step, pace: Pace): Cadence {
  if (step === 'mod') return pace.cadence;
  return { kind: 'every', everyMs: usualStepMs[isHeavy(step) ? 'heavy' : step === 'sumdb' ? 'sumdb' : 'light'] };
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
    report.error(path, 'every or cron, not both', { by: ['every', 'cron'] });
  if (cron !== undefined) {
    checkGap([...path, 'cron'], cronGaps(cron).shortestMs, file, report);
    const { timeZone = null, spread = usualSpreadMs } = file.schedule;
    return { kind: 'cron', expression: cron, timeZone, spreadMs: spread };
  }
  if (every === undefined) return usual;
  const isShort = path[0] === 'steps' && typeof (file.steps as Record<string, unknown>)[String(path[1])] === 'number';
  checkGap(isShort ? path : [...path, 'every'], every, file, report);
  return { kind: 'every', everyMs: every };
}

function checkGap(path: Path, gapMs: number, file: FileConfig, report: Report): void {
  if (gapMs >= limits.everyMsMin) return;
  const away = file.mirrors.find(({ url }) => !isLoopback(new URL(url).hostname));
  if (away === undefined) return;
  const least = `${durationText(limits.everyMsMin)} or more between two starts`;
  report.error(
    path,
    `${least} (${durationText(limits.everyMsMinLoopback)} only where every mirror is on loopback, and "${away.name}" is not)`,
    {
      needs: [['mirrors']],
    },
  );
}
