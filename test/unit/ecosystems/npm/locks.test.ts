import { describe, expect, it } from 'vitest';
import type { Mirror } from '../../../../src/core/mirror.ts';
import type { Lock } from '../../../../src/ecosystems/locks.ts';
import { npmLocks } from '../../../../src/ecosystems/npm/locks.ts';
import { matchesNpmPatterns } from '../../../../src/ecosystems/npm/names.ts';
import { phrase } from '../../../../src/words/tell.ts';
import { expectInProportion } from '../../../support/growth.ts';
import { lockFile } from '../../../support/lock-file.ts';
import { table } from '../../../support/table.ts';

const sri = (letter: string) => `sha512-${letter.repeat(86)}==`;
const mirrors = [
  { url: 'https://mirror.example.com/npm', upstream: 'npm' },
  { url: 'https://corp.example.com/npm', upstream: 'corp' },
] as unknown as readonly Mirror[];

const reader = await npmLocks.reader();

const read = (name: string, text: string, manifest: string | null = null) =>
  reader({
    name: `../app/${name}`,
    text,
    beside: (one) => (one === '../app/package.json' ? manifest : null),
    mirrors,
    sources: [],
    isPrivate: (module) => matchesNpmPatterns(['@corp/*'], module),
  });

function lock(name: string, text: string, manifest: string | null = null): Lock {
  const result = read(name, text, manifest);
  if (result.tag === 'error') throw new Error(JSON.stringify(result.error));
  return result.value;
}

const shown = ({ entries }: Lock) =>
  entries.map(({ module, version, because }) => `${module}@${version}${because === null ? '' : ` ${because}`}`);

const publicUrl = (path: string) => `https://registry.example.npmjs.org/${path}`;

describe('which files', () => {
  it.each([
    ['package-lock.json', true],
    ['../app/npm-shrinkwrap.json', true],
    ['C:\\app\\pnpm-lock.yaml', true],
    ['yarn.lock', true],
    ['app/bun.lock', true],
    ['bun.lockb', false],
    ['go.sum', false],
    ['package.json', false],
    ['my-yarn.lock', false],
  ])('%s: %s', (name, is) => expect(npmLocks.isLock(name)).toBe(is));

  it.each([
    ['package-lock.json', '', phrase('expected.npmLock')],
    ['package-lock.json', '{"name":"x"}', phrase('expected.npmLock')],
    ['package-lock.json', '{"packages":{}}', phrase('expected.npmLock')],
    ['bun.lock', '{"packages":{}}', phrase('expected.bunLock')],
    ['pnpm-lock.yaml', 'packages: {}\n', phrase('expected.pnpmLock')],
    ['yarn.lock', 'lodash@^4:\n  version "4.17.21"\n', phrase('expected.yarnLock')],
  ])('%s with %j is refused in words', (name, text, error) =>
    expect(read(name, text)).toEqual({ tag: 'error', error }),
  );
});

describe('package-lock.json', () => {
  const packages = {
    '': { dependencies: { direct: '^1.0.0', '@corp/ui': '1' }, devDependencies: { tool: '^2.0.0' } },
    'node_modules/direct': {
      version: '1.0.0',
      resolved: publicUrl('direct/-/direct-1.0.0.tgz'),
      integrity: sri('A'),
      dependencies: { common: '*', rare: '*' },
    },
    'node_modules/tool': {
      version: '2.0.0',
      resolved: 'https://mirror.example.com/npm/tool/-/tool-2.0.0.tgz',
      dependencies: { common: '*' },
    },
    'node_modules/common': { version: '3.0.0', integrity: `${sri('B')} sha1-${'C'.repeat(27)}=` },
    'node_modules/direct/node_modules/common': { version: '2.9.0', integrity: sri('D') },
    'node_modules/rare': { version: '0.1.0', resolved: 'https://evil.example.org/rare.tgz', integrity: sri('E') },
    'node_modules/near': { version: '1.0.0', resolved: 'https://mirror.example.com/npm-other/near.tgz' },
    'node_modules/own': { version: '1.0.0', resolved: 'https://corp.example.com/npm/own/-/own-1.0.0.tgz' },
    'node_modules/alias': {
      name: '@scope/real',
      version: '4.0.0',
      resolved: publicUrl('@scope/real/-/real-4.0.0.tgz'),
    },
    'node_modules/git': { version: '1.0.0', resolved: 'git+ssh://git@git.example.org/x/git.git#0123' },
    'node_modules/inside': { version: '1.0.0', inBundle: true },
    'node_modules/odd': { version: '^1.0.0' },
    'node_modules/@corp/ui': { version: '1.0.0', resolved: 'https://corp.example.com/npm/ui.tgz', integrity: sri('F') },
    'node_modules/space': { resolved: 'space', link: true },
    space: { version: '0.0.1', dependencies: { rare: '*', common: '*' } },
    'node_modules/broken': 7,
  };
  const text = JSON.stringify({ lockfileVersion: 3, packages });

  it('takes those of the public registry and its mirrors, what the project requires first', () => {
    // Of the project or a workspace of it: by how many require one. Then the others, likewise.
    expect(shown(lock('package-lock.json', text))).toEqual([
      'common@2.9.0',
      'common@3.0.0',
      'rare@0.1.0 foreign',
      '@corp/ui@1.0.0 private',
      'direct@1.0.0',
      'tool@2.0.0',
      '@scope/real@4.0.0',
      'git@1.0.0 foreign',
      'near@1.0.0 foreign',
      'odd@^1.0.0 malformed',
      'own@1.0.0 foreign',
      'space@ replaced',
    ]);
  });

  it('pins the strongest hash of what may be asked for, a private one too, never a foreign one', () =>
    expect(lock('package-lock.json', text).pinned).toEqual({
      'direct@1.0.0': sri('A'),
      'common@3.0.0': sri('B'),
      'common@2.9.0': sri('D'),
      '@corp/ui@1.0.0': sri('F'),
    }));

  it('the first version of the format, with the package.json beside it', () => {
    const tree = {
      lockfileVersion: 1,
      dependencies: {
        b: { version: '1.0.0', requires: { c: '*' }, dependencies: { c: { version: '0.9.0', integrity: sri('A') } } },
        c: { version: '1.0.0', integrity: sri('B') },
        z: { version: '1.0.0', resolved: publicUrl('z/-/z-1.0.0.tgz') },
        renamed: { version: 'npm:@scope/real@2.0.0' },
        git: { version: 'git+https://git.example.org/x.git#0123' },
        folder: { version: 'file:../folder' },
        inside: { version: '1.0.0', bundled: true },
      },
    };
    const found = lock('package-lock.json', JSON.stringify(tree), '{"dependencies":{"z":"*"}}');
    expect(shown(found)).toEqual([
      'z@1.0.0',
      'c@0.9.0',
      'c@1.0.0',
      '@scope/real@2.0.0',
      'b@1.0.0',
      'folder@file:../folder replaced',
      'git@git+https://git.example.org/x.git#0123 foreign',
    ]);
  });

  it('keys that are an object’s own are packages like others', () => {
    const odd =
      '{"lockfileVersion":3,"packages":{"__proto__":{"x":1},"node_modules/__proto__":{"version":"1.0.0"},"constructor":{}}}';
    expect(shown(lock('package-lock.json', odd))).toEqual(['__proto__@1.0.0 malformed']);
    expect(({} as Record<string, unknown>)['version']).toBe(undefined);
  });
});

const pnpm9 = lockFile('pnpm-9.yaml', { sri });

describe('pnpm-lock.yaml', () => {
  it('version 9', () => {
    const found = lock('pnpm-lock.yaml', pnpm9);
    expect(shown(found)).toEqual([
      '@corp/ui@1.0.0 private',
      'direct@1.0.0',
      'common@3.0.0',
      '@scope/real@4.0.0',
      'elsewhere@1.0.0 foreign',
      'folder@file:../folder replaced',
      'git@1.0.0 foreign',
    ]);
    expect(found.pinned).toEqual({
      '@corp/ui@1.0.0': sri('F'),
      '@scope/real@4.0.0': sri('A'),
      'direct@1.0.0': sri('B'),
      'common@3.0.0': sri('C'),
    });
    expect(found.malformed[0]).toMatchObject({
      count: 1,
      first: [{ line: pnpm9.split('\n').indexOf('  ? broken') + 1, module: '? broken' }],
    });
  });

  it.each([
    ['6', '/common@3.0.0', '/@scope/real@4.0.0(common@3.0.0)', '/direct@1.0.0'],
    ['5.4', '/common/3.0.0', '/@scope/real/4.0.0_common@3.0.0', '/direct/1.0.0'],
  ])('version %s', (version, common, real, direct) => {
    const text = lockFile('pnpm-5-and-6.yaml', { version, common, sri, real, direct });
    const found = lock('pnpm-lock.yaml', text);
    expect(shown(found)).toEqual(['direct@1.0.0', 'common@3.0.0', '@scope/real@4.0.0']);
    expect(found.pinned).toEqual({ 'common@3.0.0': sri('A'), '@scope/real@4.0.0': sri('B'), 'direct@1.0.0': sri('C') });
    expect(found.malformed).toEqual([]);
  });

  // The forms are those of the clients: pnpm/pnpm packages/dependency-path/src/index.ts (v5 to v8), convertLockfileV6,
  // lockfile-utils toLockfileResolution.
  it.each(table<[string, string, string, string, string][]>('unit/ecosystems/npm/locks', 'pnpm-lock.yaml: version %s'))(
    'version %s',
    (_, version, key, fields, want) => {
      const found = lock('pnpm-lock.yaml', `lockfileVersion: ${version}\n\npackages:\n\n  ${key}:\n${fields}`);
      expect(shown(found)).toEqual([want]);
      expect(found.malformed).toEqual([]);
      const isPinned = !/ (?:foreign|replaced)$/.test(want);
      expect(found.pinned).toEqual(isPinned ? { [want]: sri('A') } : {});
    },
  );
});

describe('yarn.lock', () => {
  it('of yarn 1, with the package.json beside it', () => {
    const text = lockFile('yarn-1.lock', { sri, publicUrl });
    const found = lock('yarn.lock', text, '{"devDependencies":{"direct":"^1.0.0"}}');
    expect(shown(found)).toEqual([
      'direct@1.0.0',
      'common@3.0.0',
      '@scope/real@4.1.0',
      '@corp/ui@1.0.0 private',
      'folder@0.0.0 replaced',
      'git@1.0.0 foreign',
      'long-name@2.0.0',
    ]);
    expect(found.pinned).toEqual({ '@scope/real@4.1.0': sri('A'), 'common@3.0.0': `sha1-${'A'.repeat(27)}=` });
    expect(found.malformed[0]).toMatchObject({ count: 1, first: [{ module: 'what is this' }] });
  });

  it('of yarn from 2 on: its checksums are of its own archives and pin nothing', () => {
    const text = lockFile('yarn-8.lock');
    const found = lock('yarn.lock', text);
    expect(shown(found)).toEqual([
      '@scope/real@4.1.0',
      'common@3.0.0',
      'common@3.0.1 replaced',
      'app@0.0.0-use.local replaced',
      'elsewhere@1.0.0 foreign',
      'git@1.0.0 foreign',
      'long-name@2.0.0',
      'near@1.0.0',
    ]);
    expect(found.pinned).toEqual({});
    expect(found.malformed).toEqual([]);
  });
});

describe('hostile texts', () => {
  it.each([
    [
      'package-lock.json',
      5_000,
      (size: number) =>
        `{"lockfileVersion":1,"dependencies":${'{"a":{"dependencies":'.repeat(size)}{}${'}}'.repeat(size)}}`,
    ],
    [
      'pnpm-lock.yaml',
      5_000,
      (size: number) => `lockfileVersion: '9.0'\npackages:\n${`  ${'a'.repeat(size)}\n`.repeat(200)}`,
    ],
    ['yarn.lock', 2_000, (size: number) => `# yarn lockfile v1\n${`${'"a@'.repeat(size)}\n`.repeat(50)}`],
    ['yarn.lock', 9_000, (size: number) => `# yarn lockfile v1\n"a@1":\n${`  ${' '.repeat(size)}x\n`.repeat(50)}`],
    ['yarn.lock', 100_000, (size: number) => `# yarn lockfile v1\n${'# c\n'.repeat(size)}`],
    ['yarn.lock', 30_000, (size: number) => `# yarn lockfile v1\n${'    a:\n'.repeat(size)}`],
  ])('%s is read in proportion, its first 20 bad lines told', (name, size, make) => {
    const result = read(name, make(size));
    if (result.tag === 'ok') expect(result.value.malformed[0]?.first.length ?? 0).toBeLessThanOrEqual(20);
    expectInProportion(size / 10, make, (text) => read(name, text));
  });

  it('a package of yarn.lock named as a prototype is one like others', () => {
    const odd = `# yarn lockfile v1\n\n__proto__@^1.0.0:\n  version "1.0.0"\n\n__proto__:\n  version "2.0.0"\n  polluted "yes"\n`;
    expect(shown(lock('yarn.lock', odd))).toEqual(['__proto__@1.0.0 malformed', '__proto__@2.0.0 malformed']);
    expect(({} as Record<string, unknown>)['polluted']).toBe(undefined);
  });
});

it.each([
  ['pnpm-lock.yaml', (size: number) => `lockfileVersion: '9.0'\n\npackages:\n\n  'a@${'('.repeat(size)}\u2028':\n`],
  ['yarn.lock', (size: number) => `# yarn lockfile v1\n\na@1:\n  version${' '.repeat(size)}1\u2028"\n`],
])('a line of %s with an end of line inside is read in proportion', (name, make) =>
  expectInProportion(1_000, make, (text) => read(name, text)),
);

it.each([
  ['package-lock.json', '{"lockfileVersion":3,"packages":{"":{"name":"app"}}}'],
  ['yarn.lock', '# yarn lockfile v1\n\n\n'],
  ['pnpm-lock.yaml', "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n"],
  ['bun.lock', '{ "lockfileVersion": 1, "workspaces": { "": { "name": "app", }, }, "packages": {} }'],
])('the lock file of a project without dependencies: %s is read, with no package', (name, text) =>
  expect(lock(name, text)).toEqual({ entries: [], pinned: {}, malformed: [] }),
);

it('a patch of yarn leaves the package that it is applied to, in either order', () => {
  const patch = (name: string) =>
    `"${name}@patch:${name}@npm%3A^5.0.0#optional!builtin<compat/${name}>":
  version: 5.4.5
  resolution: "${name}@patch:${name}@npm%3A5.4.5#optional!builtin<compat/${name}>::version=5.4.5&hash=5adc0c"
  checksum: 10c0/abc
  languageName: node
  linkType: hard
`;
  const plain = (name: string) =>
    `"${name}@npm:^5.0.0":
  version: 5.4.5
  resolution: "${name}@npm:5.4.5"
  checksum: 10c0/def
  languageName: node
  linkType: hard
`;
  const text = `__metadata:\n  version: 8\n\n${plain('typescript')}\n${patch('typescript')}\n${patch('fsevents')}\n${plain('fsevents')}`;
  expect(shown(lock('yarn.lock', text))).toEqual(['fsevents@5.4.5', 'typescript@5.4.5']);
});

it('npm-shrinkwrap.json of npm before 5 has no version of its format', () => {
  const text = JSON.stringify({
    name: 'app',
    version: '1.0.0',
    dependencies: {
      a: { version: '1.0.0', from: 'a@^1.0.0', resolved: publicUrl('a/-/a-1.0.0.tgz') },
      b: { version: '2.0.0', dependencies: { c: { version: '3.0.0' } } },
      d: { version: '1.0.0', from: 'git://git.example.org/d.git', resolved: 'git://git.example.org/d.git#0123' },
    },
  });
  expect(shown(lock('npm-shrinkwrap.json', text))).toEqual(['a@1.0.0', 'b@2.0.0', 'c@3.0.0', 'd@1.0.0 foreign']);
});

it('bun.lock: direct ones first, with their integrity, and commas before brackets', () => {
  const text = lockFile('bun.lock', { sri });
  const found = lock('bun.lock', text);
  expect(shown(found)).toEqual([
    '@corp/ui@1.0.0 private',
    'direct@1.0.0',
    'tool@2.0.0',
    'common@2.9.0',
    'common@3.0.0',
    'near@1.0.0',
    'folder@file:../folder replaced',
    'git@github:x/git#0123456 foreign',
    'one@workspace:packages/one replaced',
    'other@1.0.0 foreign',
    'tarball@https://evil.example.org/x.tgz foreign',
  ]);
  expect(found.pinned).toMatchObject({ 'common@3.0.0': sri('B'), 'direct@1.0.0': sri('A') });
  expectInProportion(
    2_000,
    (size) => `{"a":"${'\\"'.repeat(size)}${',  '.repeat(size)}`,
    (long) => read('bun.lock', long),
  );
});
