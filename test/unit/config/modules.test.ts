import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { issuesForPrograms } from '../../../src/config/format-issues.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { listLockEntries, parseGoMod, parseGoSum } from '../../../src/ecosystems/go/locks.ts';
import { diskFiles, memoryFiles } from './support.ts';

const folder = fileURLToPath(new URL('../../fixtures/config/files/app', import.meta.url));

function loaded(
  modules: string,
  mirrors = '{ name: a, ecosystem: go, url: https://a.example.com }',
  privates = '[ git.example.com/* ]',
) {
  const text = `mirrors: [ ${mirrors} ]\ncontrols: [ tcp://192.0.2.1:53 ]\nmodules: { go: [ ${modules} ] }\nprivate: { go: ${privates} }`;
  const result = loadConfig({ text, path: `${folder}/mirrorwatch.yaml`, env: {}, files: diskFiles });
  if (result.tag === 'error') throw new Error(JSON.stringify(result.error));
  return result.value;
}

const names = (value: ReturnType<typeof loaded>): string[] =>
  value.config.modules.map(({ module, version }) => `${module}@${version}`);

describe('lock files', () => {
  test('go.sum: direct requirements first, then by how many versions are named, then by name; only what has a zip', () => {
    const value = loaded('{ from: go.sum }');
    expect(names(value)).toEqual([
      'example.com/direct@v1.2.0',
      'example.com/quoted@v0.3.0',
      'example.com/busy@v1.3.0',
      'example.com/late/v2@v2.1.0',
      'example.com/calm@v1.0.0',
    ]);
    expect(value.skippedLockEntries).toEqual([
      { file: 'go.sum', module: 'example.com/replaced', version: 'v1.0.0', because: 'replaced' },
      { file: 'go.sum', module: 'git.example.com/team/lib', version: 'v1.0.0', because: 'private' },
    ]);
  });

  test('go.mod: its requirements in the same order, go.sum beside it', () => {
    const value = loaded('{ from: ./go.mod, top: 3 }');
    expect(names(value)).toEqual(['example.com/direct@v1.2.0', 'example.com/quoted@v0.3.0', 'example.com/busy@v1.3.0']);
    expect(Object.keys(value.config.pinned?.['go'] ?? {})).toEqual([
      'example.com/busy@v1.3.0',
      'example.com/busy@v1.3.0/go.mod',
      'example.com/direct@v1.2.0',
      'example.com/direct@v1.2.0/go.mod',
      'example.com/quoted@v0.3.0',
      'example.com/quoted@v0.3.0/go.mod',
    ]);
  });

  test('go.sum alone: the highest version that has a zip, by mentions', () => {
    const hash = `h1:${'A'.repeat(43)}=`;
    const sum = parseGoSum(
      `a.io/x v1.0.0 ${hash}\nb.io/y v1.9.0 ${hash}\nb.io/y v1.10.0-rc.1 ${hash}\nb.io/y v1.10.0/go.mod ${hash}\nc.io/z v1.0.0/go.mod ${hash}\nnot a line\n`,
    );
    expect(listLockEntries('sum', sum, null)).toEqual([
      { module: 'b.io/y', version: 'v1.10.0-rc.1' },
      { module: 'a.io/x', version: 'v1.0.0' },
    ]);
  });

  test('a replacement of one version leaves the others alone', () => {
    const mod = parseGoMod('module m.io/x\nreplace a.io/x v1.0.0 => b.io/x v1.0.0\nreplace (\n\tc.io/x => ../c\n)\n');
    expect([...(mod?.replaced ?? [])]).toEqual(['a.io/x@v1.0.0', 'c.io/x']);
  });

  test('a text that is neither', () =>
    expect([parseGoSum('{}'), parseGoMod('{}'), parseGoSum('')]).toEqual([null, null, null]));

  describe('lines that are none of a go.sum', () => {
    const hash = `h1:${'A'.repeat(43)}=`;
    const good = `example.com/x v1.0.0 ${hash}`;
    const read = (sum: string, modules = '{ from: go.sum }', mod?: string) => {
      const files = memoryFiles({ '/app/go.sum': sum, ...(mod === undefined ? {} : { '/app/go.mod': mod }) });
      const text = `mirrors: [ { name: a, ecosystem: go, url: https://a.example.com } ]\ncontrols: [ tcp://192.0.2.1:53 ]\nmodules: { go: [ ${modules} ] }`;
      const result = loadConfig({ text, path: '/app/mirrorwatch.yaml', env: {}, files });
      if (result.tag === 'error') throw new Error(JSON.stringify(result.error));
      const warnings = issuesForPrograms(result.value.warnings).map(
        ({ path, seen, expected }) => `${path}: ${seen}, ${expected}`,
      );
      return { skipped: result.value.skippedLockEntries, warnings };
    };
    const skip = (line: number, module: string, version: string) => ({
      file: `go.sum:${line}`,
      module,
      version,
      because: 'malformed',
    });
    const expected = 'module, version and h1: hash on these lines of "go.sum", which mirrorwatch skips:';

    test.each([
      {
        name: 'garbage, a short hash, a marker of a merge: each by its number',
        sum: `this is garbage\n${good}\nexample.com/y v1.0.0 h1:AAAA=\n=======\n`,
        skipped: [skip(1, 'this', 'is'), skip(3, 'example.com/y', 'v1.0.0'), skip(4, '=======', '')],
        warnings: [`modules.go[0].from: 3 malformed lines, ${expected} 1, 3, 4`],
      },
      {
        name: 'one line, its control characters not shown',
        sum: `${good}\n\u001b[31mred ${'x'.repeat(99)}`,
        skipped: [skip(2, '?[31mred', `${'x'.repeat(59)}…`)],
        warnings: [`modules.go[0].from: 1 malformed line, ${expected} 2`],
      },
      {
        name: 'none: empty lines, carriage returns and tabs are fine',
        sum: `\n${good}\r\n  \nexample.com/x\tv1.0.0/go.mod\t${hash}\n`,
        skipped: [],
        warnings: [],
      },
      {
        name: 'more than twenty: the rest is counted',
        sum: `${good}\n${'bad\n'.repeat(25)}`,
        skipped: Array.from({ length: 20 }, (_, at) => skip(at + 2, 'bad', '')),
        warnings: [
          `modules.go[0].from: 25 malformed lines, ${expected} ${Array.from({ length: 20 }, (_, at) => at + 2).join(', ')} and 5 more`,
        ],
      },
    ])('$name', ({ sum, skipped, warnings }) => expect(read(sum)).toEqual({ skipped, warnings }));

    test('beside a go.mod that is named, and once where two entries read one file', () => {
      const mod = 'module m.io/x\nrequire example.com/x v1.0.0\n';
      expect(read(`${good}\nbad\n`, '{ from: go.mod }, { from: ./go.sum }', mod)).toEqual({
        skipped: [skip(2, 'bad', '')],
        warnings: [`modules.go[0].from: 1 malformed line, ${expected} 2`],
      });
    });
  });

  describe('of a project without dependencies', () => {
    const read = (modules: string, files: Record<string, string>, mirror = 'url: https://a.example.com') => {
      const text = `mirrors: [ { name: a, ecosystem: go, ${mirror} } ]\ncontrols: [ tcp://192.0.2.1:53 ]\nmodules: { go: [ ${modules} ] }`;
      const result = loadConfig({ text, path: '/app/mirrorwatch.yaml', env: {}, files: memoryFiles(files) });
      return result.tag === 'error'
        ? issuesForPrograms(result.error).map(({ path, expected }) => `${path}: ${expected}`)
        : {
            modules: result.value.config.modules.map(({ module }) => module),
            warnings: issuesForPrograms(result.value.warnings).map(({ path, expected }) => `${path}: ${expected}`),
          };
    };
    const onlyMod = { '/app/go.mod': 'module m.io/x\n\ngo 1.22\n', '/app/go.sum': '' };
    const warnings = [
      'modules.go[0].from: a lock file with at least one module that can be requested from a mirror; until then, rsc.io/quote@v1.5.2 is probed instead',
    ];

    test.each(['go.sum', 'go.mod'])('an empty %s: a public module is probed, with a warning', (from) =>
      expect(read(`{ from: ${from} }`, onlyMod)).toEqual({ modules: ['rsc.io/quote'], warnings }),
    );

    test('beside a module that is named, it changes nothing', () => {
      const named = read('{ from: go.sum }, example.com/x@v1.0.0', onlyMod);
      expect(named).toEqual({ modules: ['example.com/x'], warnings: [] });
    });

    test('a mirror of another upstream gets no public module', () => {
      const own = read('{ from: go.sum }', onlyMod, 'url: https://a.example.com, upstream: corp');
      expect(own).toEqual(['modules.go: at least one module that can be requested from a mirror']);
    });
  });

  test('what a lock file and the list both name is taken once, where it stands first', () =>
    expect(names(loaded('example.com/calm@v1.0.0, { from: go.mod, top: 2 }, { from: go.sum, top: 3 }'))).toEqual([
      'example.com/calm@v1.0.0',
      'example.com/direct@v1.2.0',
      'example.com/quoted@v0.3.0',
      'example.com/busy@v1.3.0',
    ]));
});

describe('where a module belongs', () => {
  const open = '{ name: a, ecosystem: go, url: https://a.example.com }';
  const corp = '{ name: c, ecosystem: go, upstream: corp, url: https://c.example.com }';
  const both = 'rsc.io/quote@v1.5.2, git.example.com/a/b@v1.0.0';
  const belongs = (value: ReturnType<typeof loaded>): string[] =>
    value.config.modules.map(({ module, upstream }) => `${module} ${upstream}`);

  test('a private one to the named upstream alone, a public one to the public upstream alone', () => {
    const value = loaded(both, `${open}, ${corp}`);
    expect(belongs(value)).toEqual(['rsc.io/quote go', 'git.example.com/a/b corp']);
    expect(value.warnings).toEqual([]);
  });

  test('without a private mirror a private module is not requested at all', () => {
    const value = loaded(both, open);
    expect(belongs(value)).toEqual(['rsc.io/quote go']);
    expect(value.warnings.map(({ path }) => path)).toEqual(['modules.go[1]']);
  });

  test('without private modules a named upstream is asked for the public ones', () =>
    expect(belongs(loaded('rsc.io/quote@v1.5.2', `${open}, ${corp}`, '[]'))).toEqual([
      'rsc.io/quote go',
      'rsc.io/quote corp',
    ]));
});
