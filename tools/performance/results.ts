import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../bench/machine.ts';
import { type Part, parts } from '../../bench/options.ts';
import type { ProfileReport } from '../../bench/profile.ts';
import { profileLines } from '../../bench/report.ts';
import { linesOf, type Reports, targetsOf } from '../../bench/reports.ts';
import type { Target } from '../../bench/targets.ts';

/** One committed result of the bench: what `npm run -s bench -- --only PART --json` printed. */
export interface Result extends Partial<Reports> {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly profile?: ProfileReport;
}

const folder = join(import.meta.dirname, '../../bench/results');

/**
 * The committed results by their part of the bench, in the order of the parts.
 * @throws Error on a file that is not named after a part
 */
export function committed(): ReadonlyMap<Part, Result> {
  const names = readdirSync(folder);
  const strange = names.filter((name) => !parts.some((part) => name === `${part}.json`));
  if (strange.length > 0) throw new Error(`bench/results: no part of the bench is called ${strange.join(', ')}`);
  return new Map(
    parts
      .filter((part) => names.includes(`${part}.json`))
      .map((part) => [part, JSON.parse(readFileSync(join(folder, `${part}.json`), 'utf8')) as Result]),
  );
}

/** The command that measures a part of the bench. */
export function commandOf(part: Part): string {
  return `npm run bench -- --only ${part}`;
}

/** The goals of a part, with the values of a result and the current bounds. */
export function goalsOf<P extends Part>(part: P, result: Result): readonly Target[] {
  return targetsOf[part](reportOf(part, result));
}

/** The figures of a result, as the bench prints them. */
export function figuresOf<P extends Part>(part: P, result: Result): readonly string[] {
  const lines = linesOf[part](reportOf(part, result));
  return result.profile === undefined ? lines : [...lines, '', ...profileLines(result.profile)];
}

function reportOf<P extends Part>(part: P, result: Result): Reports[P] {
  const reports: Partial<Reports> = result;
  const report = reports[part];
  if (report === undefined) throw new Error(`bench/results/${part}.json has nothing of ${part}`);
  return report;
}
