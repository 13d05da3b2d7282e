import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sayTold } from '../../../src/words/told.ts';
import { wordsOf } from '../../../src/words/words.ts';
import { repoDir } from '../../support/paths.ts';

// What stages tell in English, to programs too, stands in their own files; a person reads it from the catalogue (`told.…`). Here
// every text of those folders that may be such a one is looked up, so that none is told in English where the language is another.

/** Texts in quotes of a source file, without comments; what is filled in stands as `X`. */
function textsIn(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map(([, a, b, c]) =>
    (a ?? b ?? c ?? '').replaceAll(/(?<!\\)\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, 'X').replaceAll(/\\(.)/g, '$1'),
  );
}

/** A few words in small letters: descriptions of keys begin with a capital, code and commands have no articles. */
const isTold = (text: string): boolean => /^(?:[a-z]|\d+[a-z]? )/.test(text) && /[a-z]{2,} [a-z]{2,}/.test(text);

const filesIn = (folder: string): readonly string[] =>
  (readdirSync(join(repoDir, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);

/** Nobody reads them but who mends the code: commands, data of a protocol, mistakes of ours. */
const notTold: readonly (string | RegExp)[] = [
  /^(?:go env -[uw]|(?:npm|pnpm|yarn|pip|bundle) config (?:set|unset)) /,
  /^module mirrorwatch\.invalid\/|^go\.sum database tree/,
  // Mistakes of ours.
  'mirrorwatch configuration',
  'a configuration asks for more files in each round',
  'a lock file whose reader is still to be loaded',
  'a conversation asked too often',
  'no such ecosystem',
  'more than was declared',
  /^(?:an id|a real client|a stored key|two ecosystems share X: X)$/,
  // Descriptions of keys, for the reference and editors.
  /Default: the mirror of the highest weight\.$|^npm packages\. |^npm only: |^a timeout of Xs$/,
  /^(?:an? (?:Alpine mirror|Arch Linux mirror|conda channel|sparse index of crates|Debian archive|Maven repository|mirror of gems))$/,
  // What is filled in is one of two words: both are told as a whole.
  'stopped: more X than a run may have',
  // What is filled in is more of the text than a value: told as a whole (see test/unit/config/chinese.test.ts).
  /^(?:a duration X, such as X .*|a network such as 10\.0\.0\.0\/8, or an addressX|at least X)$/,
];

describe('what a configuration and an answer should have been', () => {
  const folders = ['src/probe', 'src/wire'];
  const files = [...folders.flatMap(filesIn), 'src/daemon/client-order.ts'].filter(
    (file) => !/\/(?:reference|default-config|known-mirrors|manual|demo|body-file)\.ts$/.test(file),
  );

  it.each(files)('%s has its Chinese', (file) => {
    const told = textsIn(readFileSync(join(repoDir, file), 'utf8')).filter(isTold);
    const left = told.filter(
      (text) =>
        !notTold.some((one) => (typeof one === 'string' ? one === text : one.test(text))) &&
        !/[\u4e00-\u9fff]/.test(sayTold(text, wordsOf('zh'))),
    );
    expect(left).toEqual([]);
  });
});
