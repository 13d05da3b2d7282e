import { expect, test } from 'vitest';
import type { Machine, Trap } from '../../../../src/core/trap.ts';
import { findGoTraps } from '../../../../src/ecosystems/go/doctor.ts';
import { findNpmTraps } from '../../../../src/ecosystems/npm/doctor.ts';
import { readSettingsFile } from '../../../../src/ecosystems/settings-file.ts';
import { keepProvenEdits } from '../../../../src/features/doctor/edits.ts';
import { npmrc } from '../../../../src/formats/npmrc.ts';
import { english } from '../../../../src/words/words.ts';
import { expectInProportion } from '../../../support/growth.ts';

// A stranger's project may have files of any length.

const machineWith = (text: string): Machine => ({
  ...{ env: {}, home: '/h', cwd: '/p', system: (path) => path },
  read: async () => ({ tag: 'ok', text }),
  list: async () => ({ tag: 'ok', names: [] }),
});
const many = <T>(count: number, one: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => one(at));

test('the lines of settings are found in one pass over the file', async () => {
  const text = many(30_000, (at) => `a${at}=x\n`).join('');
  const file = await readSettingsFile(machineWith(text), '/p/.npmrc', npmrc);
  expect(file?.settings.map(({ lines }) => lines[0]?.line)).toEqual(many(30_000, (at) => at + 1));
});

test('variables of an .envrc cost the doctor in proportion to their number', () => {
  const found = (size: number) => ({
    ...{ goenv: null, required: [], privatePatterns: [] },
    settings: many(size, (line) => ({
      ...({ name: 'GOFLAGS', value: '-v', source: 'direnv', line: null } as const),
      place: { file: '/p/.envrc', line },
    })),
  });
  expectInProportion(1_000, found, (all) => findGoTraps(all, english));
});

test('credentials and registries of an .npmrc cost the doctor in proportion to their number', () => {
  const setting = (key: string, value: string, line: number) =>
    ({ key, value, written: value, level: 'project', place: { file: '/p/.npmrc', line }, line: null }) as const;
  const found = (size: number) => ({
    ...{ files: [], manager: null, scopes: [], privatePatterns: [], home: '/h' },
    settings: [
      setting('registry', 'https://a.example.com/', 0),
      ...many(size, (at) => setting(`@s${at}:registry`, `https://s${at}.example.com/`, at)),
      ...many(size, (at) => setting(`//t${at}.example.com/:_authToken`, 'x', at)),
    ],
  });
  expectInProportion(50, found, (all) => findNpmTraps(all, english));
  const lengths = findNpmTraps(found(1_000), english).map(({ what }) => what.length);
  expect(Math.max(...lengths)).toBeLessThan(500);
});

test('the edits of so many traps are tried, and others are not offered', async () => {
  const traps = many(
    200,
    (line): Trap => ({
      ...{ id: 'one', what: `a${line} is there.`, where: [{ file: '/f', line }], set: ['Remove it.'] },
      edits: [{ file: '/f', line: line + 1, was: `a${line}`, becomes: [] }],
    }),
  );
  const text = many(200, (at) => `a${at}\n`).join('');
  let tried = 0;
  const again = async (): Promise<readonly Trap[]> => {
    tried += 1;
    return [];
  };
  const proven = await keepProvenEdits(traps, machineWith(text), () => text, again);
  expect([proven.length, proven.filter(({ edits }) => edits.length > 0).length, tried]).toEqual([200, 50, 50]);
});
