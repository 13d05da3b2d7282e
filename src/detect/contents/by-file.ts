import type { Sample } from '../../core/sample.ts';
import type { Voice } from './digests.ts';

/**
 * How bytes count that only an editable file (such as a lock file) calls wrong. `refuted`: the file is wrong. `backed`:
 * the bytes are wrong, because other mirrors confirm the file. `open`: mirrors differ, and the file does not show which
 * one is right. `alone`: no other mirror has served the item.
 */
export type ByFile = 'refuted' | 'backed' | 'open' | 'alone';

/** True for a failure that only an editable file supports: no authority has judged the bytes. */
export function isByFile({ outcome, facts }: Pick<Sample, 'outcome' | 'facts'>): boolean {
  return outcome.tag === 'failed' && outcome.failure.kind === 'mismatch' && facts.file?.says === 'wrong';
}

/**
 * Weighs an editable file against the mirrors. The origin and a mirror that agree refute it. Where the origin has not
 * served the item, most mirrors refute it (at least two), unless two other mirrors serve what the file states. If one of
 * them served the stated bytes before, the bytes changed upstream, and the file is not refuted.
 * @param own  the mirror whose bytes differ from the file
 * @param voices  what all mirrors of the upstream serve, with `own`
 * @see docs/decisions/0186-a-file-that-is-contradicted.md
 */
export function weighFile(own: Voice, voices: readonly Voice[]): ByFile {
  const same = voices.filter(({ statement }) => statement.digest === own.statement.digest);
  const others = voices.filter((one) => !same.includes(one));
  const backing = others.filter(({ statement }) => statement.file === 'right');
  const isOrigins = same.some(({ isOrigin }) => isOrigin);
  const isMost = 2 * same.length > voices.length && backing.length < 2 && !others.some(({ isOrigin }) => isOrigin);
  const wasRight = same.some(({ statement }) => statement.before?.isRight === true);
  if (same.length > 1 && (isOrigins || isMost) && !wasRight) return 'refuted';
  if (backing.length > 1 || backing.some(({ isOrigin }) => isOrigin)) return 'backed';
  return voices.length === 1 ? 'alone' : 'open';
}
