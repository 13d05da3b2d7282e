import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import en from '../../../locales/en.json' with { type: 'json' };
import { repoDir } from '../../support/paths.ts';

const sources = ['src', 'tools']
  .flatMap((folder) =>
    readdirSync(join(repoDir, folder), { recursive: true, encoding: 'utf8' }).map((one) => join(repoDir, folder, one)),
  )
  .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

const names = new Set([...sources.matchAll(/'([\w.-]+)'/g)].map(([, name]) => name));
const begins = [...new Set([...sources.matchAll(/`([a-zA-Z]+\.[\w.-]*)\$\{/g)].map(([, begin = '']) => begin))];

/** By its whole name, or by a name that ends in what is put in. */
const isNamed = (key: string): boolean => names.has(key) || begins.some((begin) => key.startsWith(begin));

it('every text of the catalogue is used', () => {
  expect(Object.keys(en).filter((key) => !isNamed(key))).toEqual([]);
  expect(['layer.proves.name', 'layers.proves'].map(isNamed)).toEqual([true, false]);
});
