import { countIndependent, type Statement, type Voice } from './digests.ts';

/**
 * How bytes count that only an editable file (such as a lock file) calls wrong. `refuted`: the file is wrong. `backed`:
 * the bytes are wrong, because other mirrors confirm the file. `open`: mirrors differ, and the file does not show which
 * one is right. `alone`: no other mirror has served the item, so the file is in doubt as much as the bytes.
 */
export type ByFile = 'refuted' | 'backed' | 'open' | 'alone';

/**
 * Weighs an editable file against the mirrors. The origin and a mirror that agree refute it. Where the origin has not
 * served the item, most independent mirrors refute it (at least two), if they are more than the mirrors that serve what
 * the file states, with the file as one more. If half of them served the stated bytes before, the bytes changed upstream,
 * and the file is not refuted.
 * @param own    the mirror whose bytes differ from the file
 * @param all    what all mirrors of the upstream serve, with `own`
 * @param isKey  true: a key calls the bytes wrong, so only mirrors that it calls wrong too refute it. A mirror alone can
 *               send a wrong signature of right bytes
 * @see docs/decisions/0186-files-and-keys-that-mirrors-contradict.md
 */
export function weighFile(own: Voice, all: readonly Voice[], isKey = false): ByFile {
  const voices = all.filter(({ statement }) => statement.of === own.statement.of);
  const same = voices.filter(
    ({ statement }) => statement.digest === own.statement.digest && (!isKey || statement.file === 'wrong'),
  );
  const others = all.filter((one) => !same.includes(one) && isOfSameVersion(one.statement, own.statement));
  // A mirror may offer another file of the version, which no other mirror has: others still confirm the lock file.
  const backing = others.filter(({ statement }) => statement.file === 'right');
  const [agreeing, backers] = [countIndependent(same), countIndependent(backing)];
  const isOrigins = same.some(({ isOrigin }) => isOrigin);
  const parties = isKey ? backers : backers + 1;
  const isMost =
    agreeing > parties && 2 * agreeing > countIndependent(voices) && !others.some(({ isOrigin }) => isOrigin);
  const changed = same.filter(({ statement }) => statement.before?.isRight === true);
  if (agreeing > 1 && (isOrigins || isMost) && 2 * countIndependent(changed) < agreeing) return 'refuted';
  // Another mirror still serves what this mirror alone served before, but not since the bytes changed upstream.
  const past = agreeing > 1 || own.isOrigin ? [] : (own.statement.earlier ?? []);
  const isOwnPast = backing.some(({ statement }) => past.some(({ digest }) => digest === statement.digest));
  if (isOwnPast || backers > Math.max(1, agreeing - Number(isKey)) || backing.some(({ isOrigin }) => isOrigin))
    return 'backed';
  return voices.length === 1 ? 'alone' : 'open';
}

function isOfSameVersion({ of: one }: Statement, { of: other }: Statement): boolean {
  return one.split(' ', 1)[0] === other.split(' ', 1)[0];
}
