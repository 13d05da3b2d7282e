import { expect, it } from 'vitest';
import { npmDoctor } from '../../../../src/ecosystems/npm/doctor.ts';
import { pypiDoctor } from '../../../../src/ecosystems/pypi/doctor.ts';

const read = (doctor: typeof npmDoctor, name: string, text: string) =>
  doctor.readersOf?.(name).map(({ inertTextOf }) => inertTextOf(text))[0];

it.each([
  [
    '.npmrc',
    'registry=https://a.example/\nglobal-pnpmfile=/evil/hook.cjs\nscript-shell=/evil/sh\n"@corp:registry" = https://b.example/ ; x\n',
    'registry=https://a.example/\n@corp:registry=https://b.example/\n',
  ],
  [
    '.npmrc',
    'registry=https://a.example/\n[section]\nglobal-pnpmfile=/evil/hook.cjs\nregistry=https://b.example/\n',
    'registry=https://a.example/\n[section]\nregistry=https://b.example/\n',
  ],
  ['.npmrc', '[a\\nglobal-pnpmfile=/evil/hook.cjs]\nregistry=https://b.example/\n', null],
  ['.npmrc', 'registry=https://a.example/\n[global-pnpmfile=/evil/hook.cjs]\n', null],
  ['.npmrc', 'registry="https://a.example/\\nglobal-pnpmfile=/evil/hook.cjs"\n', null],
  [
    'pip.conf',
    '[global]\npython = /evil/sh\nindex-url = https://a.example/simple\nextra-index-url =\n  https://b.example\n  https://c.example\n',
    '[global]\nindex-url = https://a.example/simple\nextra-index-url = https://b.example https://c.example\n',
  ],
  ['pip.conf', '[install]\nindex_url: https://a.example\n', '[install]\nindex_url = https://a.example\n'],
  ['pip.conf', '[global]\nindex-url = --python=/evil/sh\n', null],
  [
    'uv.toml',
    'extra-index-url = ["https://b.example"]\npython-downloads = "manual"\n[[index]]\nname = "x"\nurl = "https://a.example/simple"\ndefault = true\n[pip]\npython = "/evil/sh"\n',
    'extra-index-url = ["https://b.example"]\nindex = [{ name = "x", url = "https://a.example/simple", default = true }]\n',
  ],
  ['uv.toml', 'index-url = "https://a.example\\"\\npython = 1"\n', null],
  ['uv.toml', 'index-url = \n', null],
])('a client that checks %s reads our own text of inert settings: %j', (name, text, want) => {
  expect(read(name === '.npmrc' ? npmDoctor : pypiDoctor, name, text)).toBe(want);
});
