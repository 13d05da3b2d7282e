import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from './paths.ts';

/**
 * A lock file of `test/fixtures/locks/`, with a value for each `${name}`, and for each `${name('word')}` what the
 * function of that name makes of the word.
 * @throws Error if a name has no value
 */
export function lockFile(
  file: string,
  values: Readonly<Record<string, string | ((word: string) => string)>> = {},
): string {
  const text = readFileSync(join(repoDir, 'test/fixtures/locks', file), 'utf8');
  return text.replaceAll(/\$\{(\w+)(?:\('([^']*)'\))?\}/g, (_, name: string, word: string = '') => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file}: no ${name}`);
    return typeof value === 'string' ? value : value(word);
  });
}
