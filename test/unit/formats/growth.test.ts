import { test } from 'vitest';
import type { FileFormat } from '../../../src/formats/format.ts';
import { ini } from '../../../src/formats/ini.ts';
import { npmrc } from '../../../src/formats/npmrc.ts';
import { toml } from '../../../src/formats/toml.ts';
import { yaml } from '../../../src/formats/yaml.ts';
import { expectInProportion } from '../../support/growth.ts';

const rows = (count: number, row: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => row(at)).join('');

test.each<readonly [name: string, format: FileFormat, size: number, text: (size: number) => string]>([
  ['lists in .npmrc', npmrc, 400, (size) => rows(size, (at) => `a${at}[]=x\n`)],
  ['keys in .npmrc', npmrc, 1_000, (size) => rows(size, (at) => `a${at}=x\n`)],
  ['keys in pip.conf', ini, 1_000, (size) => `[g]\n${rows(size, (at) => `a${at}=x\n`)}`],
  ['lines of one value in pip.conf', ini, 1_000, (size) => `[g]\na=b\n${rows(size, (at) => ` a${at}\n`)}`],
  ['tables in uv.toml', toml, 400, (size) => rows(size, (at) => `[[a]]\nb = ${at}\n`)],
  ['dotted keys in uv.toml', toml, 400, (size) => rows(size, (at) => `a.b.c${at} = 1\n`)],
  ['an inline list in uv.toml', toml, 400, (size) => `a = [${rows(size, (at) => `{ b = ${at} }, `)}]\n`],
  ['keys in .yarnrc.yml', yaml, 400, (size) => rows(size, (at) => `a${at}: x\n`)],
])('%s cost in proportion', (_, format, size, text) => {
  expectInProportion(size, text, (whole) => format.parse(whole));
});
