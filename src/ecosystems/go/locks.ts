import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import type { Lock, LockFile, Locks } from '../locks.ts';
import { lockEntries, malformedLines, parseGoMod, parseGoSum, skipReason } from './lock-file.ts';

function kindOf(name: string): 'sum' | 'mod' | null {
  return name.endsWith('.sum') ? 'sum' : name.endsWith('.mod') ? 'mod' : null;
}

/** Reads a go.sum or go.mod together with the other of the two beside it. */
function readLock(file: LockFile): Result<Lock, Sentence> {
  const kind = kindOf(file.name);
  if (kind === null) return error(expected);
  const partner = file.name.replace(/\.(sum|mod)$/, kind === 'sum' ? '.mod' : '.sum');
  const beside = file.beside(partner) ?? '';
  const sum = parseGoSum(kind === 'sum' ? file.text : beside);
  const mod = parseGoMod(kind === 'mod' ? file.text : beside);
  if ((kind === 'sum' ? sum : mod) === null)
    return error(kind === 'sum' ? phrase('expected.goSumLines') : phrase('expected.goModFile'));
  const [sumText, sumFile] = kind === 'sum' ? [file.text, file.name] : [beside, partner];
  const malformed = malformedLines(sumText);
  return ok({
    entries: lockEntries(kind, sum, mod).map((entry) => ({
      module: entry.module,
      version: entry.version,
      because: skipReason(entry, mod, (module) => file.isPrivate(module)),
    })),
    pinned: sum?.hashes ?? {},
    malformed: malformed.count === 0 ? null : { ...malformed, file: sumFile, expected: phrase('expected.goSumLine') },
  });
}

const expected = phrase('expected.pathGo');

/** go.sum and go.mod. */
export const goLocks: Locks = {
  describes: 'A go.sum or go.mod; the other of the two beside it is read as well.',
  top: 'So many of its modules: direct requirements first, then the most required by others.',
  expected,
  isLock: (name) => kindOf(name) !== null,
  reader: () => readLock,
};
