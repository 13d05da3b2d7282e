import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Lock, LockFile } from '../locks.ts';
import { parseBunLock } from './bun-lock.ts';
import { type LockText, lockedRegistryOf, lockOf } from './locked.ts';
import { directPackagesOf, parsePackageLock, readLockJson } from './package-lock.ts';
import { parsePnpmLock } from './pnpm-lock.ts';
import { parseYarnLock } from './yarn-lock.ts';

/**
 * Parses a lock file of npm, pnpm, yarn or bun. For npm and yarn, the package.json in the same folder names the direct
 * dependencies.
 * @param expected  the error for a text that is no such lock file
 */
export function readLock(file: LockFile, expected: Sentence): Result<Lock, Sentence> {
  const manifest = readLockJson(file.beside(file.name.replace(/(?<![^/\\])[^/\\]*$/, 'package.json')) ?? '');
  const read = readText(file, manifest);
  if (read === null) return error(expected);
  return ok(lockOf(read, file, phrase('expected.lockFields')));
}

function readText(
  { name, text }: Pick<LockFile, 'name' | 'text'>,
  manifest: ReturnType<typeof readLockJson>,
): LockText | null {
  if (name.endsWith('.json')) return parsePackageLock(text, manifest);
  if (name.endsWith('bun.lock')) return parseBunLock(text);
  if (name.endsWith('.yaml')) return parsePnpmLock(text);
  const read = parseYarnLock(text);
  return read === null ? null : { ...read, direct: new Set([...read.direct, ...directPackagesOf(manifest ?? {})]) };
}

/** Returns the registry of each package that a lock file names; `null`: the public one, or none is recorded. */
export function registriesIn(name: string, text: string): readonly (string | null)[] {
  const { packages } = readText({ name, text }, null) ?? { packages: [] };
  return packages.filter(({ isLocal }) => !isLocal).map(lockedRegistryOf);
}
