import { phrase } from '../../words/tell.ts';
import type { LockReader, Locks } from '../locks.ts';

type Kind = 'uv' | 'poetry' | 'pdm' | 'pylock' | 'pipenv' | 'requirements';

const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/^uv\.lock$/, 'uv'],
  [/^poetry\.lock$/, 'poetry'],
  [/^pdm\.lock$/, 'pdm'],
  [/^pylock(?:\.[^.]+)?\.toml$/, 'pylock'],
  [/^Pipfile\.lock$/, 'pipenv'],
  [/\.txt$/, 'requirements'],
];

function kindOf(name: string): Kind | null {
  const last = name.split('/').at(-1) ?? '';
  return kinds.find(([pattern]) => pattern.test(last))?.[1] ?? null;
}

export const pypiLocks: Locks = {
  describes:
    'Lock file from which projects are taken: requirements.txt with pinned versions, uv.lock, poetry.lock, pdm.lock, pylock.toml or Pipfile.lock.',
  top: 'Maximum number of projects to take: first those required by the largest number of other projects.',
  expected: phrase('expected.pathLock'),
  isLock: (name) => kindOf(name) !== null,
  async reader() {
    const [{ readRequirements }, { readTomlLock }, { readPipfileLock }] = await Promise.all([
      import('./requirements.ts'),
      import('./toml-locks.ts'),
      import('./pipfile-lock.ts'),
    ]);
    const read: LockReader = (file) => {
      const kind = kindOf(file.name);
      if (kind === 'pipenv') return readPipfileLock(file);
      return kind === null || kind === 'requirements' ? readRequirements(file) : readTomlLock(kind, file);
    };
    return read;
  },
};
