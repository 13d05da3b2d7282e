import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../test/support/paths.ts';
import type { Round } from './blackbox-driver.ts';

/** There is nothing to measure: said in one line, and no figure is printed. */
export class NoFigures extends Error {}

/** What the bench asks of the real tree; the cpu part takes the smallest go.mod, in one packet with its head. */
export const treeModules = [
  { module: 'github.com/pkg/errors', version: 'v0.9.1' },
  { module: 'rsc.io/quote', version: 'v1.5.2' },
] as const;

/** Of all probes of a round, at most this share may fail: above it the figures would be of failures. */
const failedShareMax = 0.01;

/**
 * The folder of the modules that the mirrors of the bench serve.
 * @throws NoFigures where it lacks one that is asked for
 */
export function moduleTree(dir: string = join(cacheDir, 'tree')): string {
  const missing = treeModules
    .map(({ module, version }) => `${module}/@v/${version}.mod`)
    .filter((file) => !existsSync(join(dir, file)));
  if (missing.length > 0) throw new NoFigures(`${dir} has no ${missing.join(', ')}: run .ci/provision`);
  return dir;
}

/**
 * A round as it is, where what was probed answered.
 * @param who  whose round it is, for the message
 * @throws NoFigures where nothing was well, or more than 1 % failed
 */
export function answered<R extends Pick<Round, 'ok' | 'failed'>>(who: string, round: R): R {
  const { ok, failed } = round;
  if (ok === 0 || failed > failedShareMax * (ok + failed))
    throw new NoFigures(`${who}: ${failed} of ${ok + failed} probes failed, which is no figure of anything`);
  return round;
}

/**
 * A report as it is, where every number in it is one.
 * @throws NoFigures naming the first that is NaN or infinite
 */
export function finite<R>(part: string, report: R): R {
  const bad = firstNotFinite(report, part);
  if (bad !== null) throw new NoFigures(`${bad} is no number: too little was measured`);
  return report;
}

function firstNotFinite(value: unknown, path: string): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const bad = firstNotFinite(inner, `${path}.${key}`);
    if (bad !== null) return bad;
  }
  return null;
}
