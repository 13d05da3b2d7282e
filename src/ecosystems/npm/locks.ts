import { error, ok, type Result } from '../../core/result.ts';
import type { Lock, LockFile, Locks } from '../locks.ts';
import { type LockText, lockOf } from './locked.ts';
import { directOf, parsePackageLock, readJson } from './package-lock.ts';
import { parsePnpmLock } from './pnpm-lock.ts';
import { parseYarnLock } from './yarn-lock.ts';

const kinds = [
  { names: ['package-lock.json', 'npm-shrinkwrap.json'], is: 'a package-lock.json with a lockfileVersion' },
  { names: ['pnpm-lock.yaml'], is: 'a pnpm-lock.yaml with a lockfileVersion' },
  { names: ['yarn.lock'], is: 'a yarn.lock of yarn 1, or one with __metadata' },
] as const;

function kindOf(name: string): (typeof kinds)[number] | null {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  return kinds.find(({ names }) => names.some((one) => last === one)) ?? null;
}

/** Reads a lock file of npm, pnpm or yarn; of a package.json beside it what the project requires for itself. */
function readLock(file: LockFile): Result<Lock, string> {
  const kind = kindOf(file.name);
  if (kind === null) return error(expected);
  const manifest = readJson(file.beside(file.name.replace(/[^/\\]*$/, 'package.json')) ?? '');
  const read = readText(file, manifest);
  if (read === null || (read.packages.length === 0 && read.malformed.count === 0)) return error(kind.is);
  return ok(lockOf(read, file, 'packages and their fields, as the client writes them,'));
}

function readText({ name, text }: LockFile, manifest: ReturnType<typeof readJson>): LockText | null {
  if (name.endsWith('.json')) return parsePackageLock(text, manifest);
  if (name.endsWith('.yaml')) return parsePnpmLock(text);
  const read = parseYarnLock(text);
  return read === null ? null : { ...read, direct: new Set([...read.direct, ...directOf(manifest ?? {})]) };
}

const expected = 'the path of a package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml or yarn.lock';

/** Lock files of npm, pnpm and yarn. */
export const npmLocks: Locks = {
  describes: 'A package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml or yarn.lock.',
  top: 'So many of its packages: what the project requires itself first, then the most required by others.',
  expected,
  isLock: (name) => kindOf(name) !== null,
  reader: () => readLock,
};
