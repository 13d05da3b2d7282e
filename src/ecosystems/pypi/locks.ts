import { phrase } from '../../words/tell.ts';
import type { Locks } from '../locks.ts';
import { readRequirements } from './requirements.ts';

function kindOf(name: string): 'uv' | 'poetry' | 'requirements' | null {
  const last = name.split('/').at(-1) ?? '';
  if (last === 'uv.lock') return 'uv';
  if (last === 'poetry.lock') return 'poetry';
  return last.endsWith('.txt') ? 'requirements' : null;
}

/** Requirements files, uv.lock and poetry.lock. */
export const pypiLocks: Locks = {
  describes: 'A requirements.txt with pinned versions, a uv.lock or a poetry.lock.',
  top: 'So many of its projects: those that most others need first.',
  expected: phrase('expected.pathLock'),
  isLock: (name) => kindOf(name) !== null,
  async reader() {
    const { readTomlLock } = await import('./toml-locks.ts');
    return (file) => {
      const kind = kindOf(file.name);
      return kind === 'uv' || kind === 'poetry' ? readTomlLock(kind, file) : readRequirements(file);
    };
  },
};
