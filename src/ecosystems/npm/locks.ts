import { error } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Locks } from '../locks.ts';

const kinds = [
  { names: ['package-lock.json', 'npm-shrinkwrap.json'], is: phrase('expected.npmLock') },
  { names: ['pnpm-lock.yaml'], is: phrase('expected.pnpmLock') },
  { names: ['yarn.lock'], is: phrase('expected.yarnLock') },
  { names: ['bun.lock'], is: phrase('expected.bunLock') },
] as const;

function kindOf(name: string): (typeof kinds)[number] | null {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  return kinds.find(({ names }) => names.some((one) => last === one)) ?? null;
}

const expected = phrase('expected.npmLockPath');

export const npmLocks: Locks = {
  describes:
    'Lock file from which packages are taken: package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml, yarn.lock or bun.lock.',
  top: 'Maximum number of packages to take: requirements of the project first, then those required by the largest number of packages.',
  expected,
  isLock: (name) => kindOf(name) !== null,
  async reader() {
    const { readLock } = await import('./lock-reader.ts');
    return (file) => {
      const kind = kindOf(file.name);
      return kind === null ? error(expected) : readLock(file, kind.is);
    };
  },
};
