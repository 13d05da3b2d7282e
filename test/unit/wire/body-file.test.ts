import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { BodyFile } from '../../../src/wire/body-hold.ts';
import { tempDir } from '../../support/paths.ts';

let folder: string;
beforeEach(() => {
  folder = tempDir('body-file');
});

test('what was appended is read at any place, and past its end there is nothing', () => {
  const file = new BodyFile(folder);
  file.append(Buffer.from('one '));
  file.append(Buffer.alloc(0));
  file.append(Buffer.from('two three'));
  const text = (at: number, bytes: number) => Buffer.from(file.read(at, bytes)).toString();
  expect([file.bytes, text(0, 3), text(4, 3), text(8, 100), text(13, 1), text(50, 1)]).toEqual([
    13,
    'one',
    'two',
    'three',
    '',
    '',
  ]);
  file.close();
});

test('it has no name from the first byte on, so nothing is left of it however we end', () => {
  const file = new BodyFile(folder);
  file.append(Buffer.from('x'));
  expect(readdirSync(folder)).toEqual([]);
  file.close();
  file.close();
  expect(() => file.read(0, 1)).toThrow(/EBADF/);
});

test('where nothing can be written the system says why', () =>
  expect(() => new BodyFile(join(folder, 'nowhere'))).toThrow(/ENOENT/));
