import { describe, expect, test } from 'vitest';
import { changeSetting, type FileFormat, type SettingPath } from '../../../src/formats/format.ts';
import { ini } from '../../../src/formats/ini.ts';
import { npmrc } from '../../../src/formats/npmrc.ts';
import { toml } from '../../../src/formats/toml.ts';
import { json, yaml } from '../../../src/formats/yaml.ts';

const formats = { ini, toml, npmrc, yaml, json } as const satisfies Record<string, FileFormat>;

/** `after`: the whole new text, or why nothing is changed: `form`, or the line that the client rejects. */
type Row = readonly [
  name: string,
  format: keyof typeof formats,
  before: string,
  path: SettingPath,
  after: string | { readonly refused: number | 'form' },
];

const url = 'https://b.example.com/simple';
const [index, registry, yarn, mirrors] = [['global', 'index-url'], ['registry'], ['npmRegistryServer'], ['mirrors']];
const first: SettingPath = ['index', 0, 'url'];
const form = { refused: 'form' } as const;

const rows: readonly Row[] = [
  // pip.conf
  ['no file yet', 'ini', '', index, `[global]\nindex-url = ${url}\n`],
  [
    'keys without indentation',
    'ini',
    '[global]\nindex-url = a\ntimeout = 60\n',
    index,
    `[global]\nindex-url = ${url}\ntimeout = 60\n`,
  ],
  [
    'keys with indentation',
    'ini',
    '[global]\n    index-url = a\n    timeout = 60\n',
    index,
    `[global]\n    index-url = ${url}\n    timeout = 60\n`,
  ],
  [
    'a new key beside keys with indentation',
    'ini',
    '[global]\n\n\ttimeout = 60\n',
    index,
    `[global]\n\tindex-url = ${url}\n\n\ttimeout = 60\n`,
  ],
  [
    'a new key in a section without keys',
    'ini',
    '[global]\n[install]\nno-deps = no\n',
    index,
    `[global]\nindex-url = ${url}\n[install]\nno-deps = no\n`,
  ],
  [
    'a section with indentation',
    'ini',
    '  [global]\n  timeout = 60',
    index,
    `  [global]\n  index-url = ${url}\n  timeout = 60`,
  ],
  [
    'no such section',
    'ini',
    '[install]\n  no-deps = no',
    index,
    `[install]\n  no-deps = no\n[global]\nindex-url = ${url}\n`,
  ],
  ['a colon, and no blanks', 'ini', '[global]\nindex-url:a', index, `[global]\nindex-url:${url}`],
  [
    'a value on the next line',
    'ini',
    '[global]\nindex-url =\n  a\ntimeout = 60\n',
    index,
    `[global]\nindex-url = ${url}\ntimeout = 60\n`,
  ],
  ['a value over two lines', 'ini', '[global]\nindex-url = a\n\n  b\n', index, `[global]\nindex-url = ${url}\n`],
  [
    'a comment within the value stays',
    'ini',
    '[global]\nindex-url =\n  # ours\n  a\n# end\n',
    index,
    `[global]\nindex-url = ${url}\n  # ours\n# end\n`,
  ],
  [
    'what looks like a comment belongs to the value',
    'ini',
    '[global]\nindex-url = a # b\n',
    index,
    `[global]\nindex-url = ${url}\n`,
  ],
  [
    'a commented key is no key',
    'ini',
    '[global]\n# index-url = a\n;index-url = b\n',
    index,
    `[global]\nindex-url = ${url}\n# index-url = a\n;index-url = b\n`,
  ],
  [
    'an empty value',
    'ini',
    '[global]\nindex-url =\ntimeout = 60\n',
    index,
    `[global]\nindex-url = ${url}\ntimeout = 60\n`,
  ],
  ['a key in capitals', 'ini', '[global]\nINDEX-URL = a\n', index, `[global]\nINDEX-URL = ${url}\n`],
  [
    'a percent sign is not special',
    'ini',
    '[global]\nindex-url = %(a)s\nx = %\n',
    index,
    `[global]\nindex-url = ${url}\nx = %\n`,
  ],
  [
    'CRLF',
    'ini',
    '[global]\r\n  index-url =\r\n    # ours\r\n    a\r\n  x = 1\r\n',
    index,
    `[global]\r\n  index-url = ${url}\r\n    # ours\r\n  x = 1\r\n`,
  ],
  ['CRLF, a new key', 'ini', '[global]\r\nx = 1\r\n', index, `[global]\r\nindex-url = ${url}\r\nx = 1\r\n`],
  ['a key twice, which pip rejects', 'ini', '[global]\nindex-url = a\nindex-url = b\n', index, { refused: 3 }],
  ['a byte order mark, which pip rejects', 'ini', '\ufeff[global]\nx = 1\n', index, { refused: 1 }],
  ['a section twice, which pip rejects', 'ini', '[global]\nx = 1\n[global]\n', index, { refused: 3 }],
  ['a key before the first section, which pip rejects', 'ini', 'index-url = a\n', index, { refused: 1 }],
  ['a line without a value, which pip rejects', 'ini', '[global]\nindex-url\n', index, { refused: 2 }],
  // uv.toml
  [
    'a table of an index',
    'toml',
    '[[index]]\nurl = "a" # c\ndefault = true\n',
    first,
    `[[index]]\nurl = "${url}" # c\ndefault = true\n`,
  ],
  [
    'the second of two tables',
    'toml',
    '[[index]]\nurl = "a"\n\n[[index]]\nurl = "b"\n',
    ['index', 1, 'url'],
    `[[index]]\nurl = "a"\n\n[[index]]\nurl = "${url}"\n`,
  ],
  [
    'an inline table in a list',
    'toml',
    'index = [{ name = "corp", url = "a", default = true }]\n',
    first,
    `index = [{ name = "corp", url = "${url}", default = true }]\n`,
  ],
  [
    'a list over several lines with comments',
    'toml',
    'index = [\n  # {url = "x"},\n  { url = \'a\' }, # ]\n]\n',
    first,
    `index = [\n  # {url = "x"},\n  { url = "${url}" }, # ]\n]\n`,
  ],
  [
    'quoted and dotted keys',
    'toml',
    'a."b.c".d = 1\n["x#y".z]\n"url" = "a"\n',
    ['x#y', 'z', 'url'],
    `a."b.c".d = 1\n["x#y".z]\n"url" = "${url}"\n`,
  ],
  [
    'brackets and headers in texts',
    'toml',
    's = """\n[[index]]\nurl = "x"\n"""\nt = \'\'\'\n[pip]\'\'\'\nindex-url = "a"\n',
    ['index-url'],
    `s = """\n[[index]]\nurl = "x"\n"""\nt = '''\n[pip]'''\nindex-url = "${url}"\n`,
  ],
  [
    'texts that end in quotes',
    'toml',
    'a = """x"""""\nb = "\\"#"\nurl = "a"\n',
    ['url'],
    `a = """x"""""\nb = "\\"#"\nurl = "${url}"\n`,
  ],
  [
    'times and numbers',
    'toml',
    'a = 1979-05-27 07:32:00\nb = [1_0, 0x1F, -inf]\nurl = "a"',
    ['url'],
    `a = 1979-05-27 07:32:00\nb = [1_0, 0x1F, -inf]\nurl = "${url}"`,
  ],
  [
    'tables in tables of a list',
    'toml',
    '[[a]]\n[a.b]\nurl = "x"\n[[a]]\n[a.b]\nurl = "y"\n',
    ['a', 1, 'b', 'url'],
    `[[a]]\n[a.b]\nurl = "x"\n[[a]]\n[a.b]\nurl = "${url}"\n`,
  ],
  ['a new key of a table is not written', 'toml', '[pip]\nx = 1\n', ['pip', 'index-url'], form],
  ['a value in place of a list', 'toml', 'index = "a"\n', first, form],
  ['a key twice, which uv rejects', 'toml', 'a = 1\nurl = "a"\na = 2\n', ['url'], { refused: 3 }],
  // .npmrc
  ['no .npmrc yet', 'npmrc', '', registry, `registry=${url}\n`],
  [
    'blanks, and a comment behind the value',
    'npmrc',
    '  registry = a ; ours\nx=1\n',
    registry,
    `  registry = ${url} ; ours\nx=1\n`,
  ],
  ['quotes', 'npmrc', 'registry="a"\n', registry, `registry=${url}\n`],
  ['the last one counts', 'npmrc', 'registry=a\nregistry=b', registry, `registry=a\nregistry=${url}`],
  [
    'a section ends the settings of npm',
    'npmrc',
    'x=1\n[other]\nregistry=a\n',
    registry,
    `x=1\nregistry=${url}\n[other]\nregistry=a\n`,
  ],
  [
    'a reference stays in other lines',
    'npmrc',
    '//a/:_authToken=$' + '{TOKEN}\nregistry=a\n',
    registry,
    `//a/:_authToken=\${TOKEN}\nregistry=${url}\n`,
  ],
  ['a list', 'npmrc', 'registry[]=a\nregistry[]=b\n', registry, form],
  ['a value before a list', 'npmrc', 'registry=a\nregistry[]=b\n', registry, form],
  ['a key without a value', 'npmrc', 'registry\n', registry, form],
  ['CRLF in .npmrc', 'npmrc', 'registry=a\r\nx=1\r\n', registry, `registry=${url}\r\nx=1\r\n`],
  // .yarnrc.yml
  ['a plain value', 'yaml', 'a: 1\nnpmRegistryServer: a # ours\n', yarn, `a: 1\nnpmRegistryServer: "${url}" # ours\n`],
  [
    'a quoted key, and a value in single quotes',
    'yaml',
    `"npmRegistryServer": 'it''s'\n`,
    yarn,
    `"npmRegistryServer": "${url}"\n`,
  ],
  ['a text over lines', 'yaml', 'npmRegistryServer: >-\n  a\n  b\nc: 1\n', yarn, `npmRegistryServer: "${url}"\nc: 1\n`],
  ['no value', 'yaml', 'npmRegistryServer:\nc: 1\n', yarn, `npmRegistryServer: "${url}"\nc: 1\n`],
  [
    'a key of the same name in another mapping',
    'yaml',
    'x:\n  npmRegistryServer: a\n',
    yarn,
    `x:\n  npmRegistryServer: a\nnpmRegistryServer: "${url}"\n`,
  ],
  ['only a comment', 'yaml', '# ours\n', yarn, `# ours\nnpmRegistryServer: "${url}"\n`],
  [
    'a mapping in braces',
    'yaml',
    '{ npmRegistryServer: a, b: [ 1 ] }\n',
    yarn,
    `{ npmRegistryServer: "${url}", b: [ 1 ] }\n`,
  ],
  ['a new key of a mapping in braces', 'yaml', '{ b: 1 }\n', yarn, form],
  ['another value is an alias of this one', 'yaml', 'npmRegistryServer: &a x\nb: *a\n', yarn, form],
  ['two documents', 'yaml', 'npmRegistryServer: a\n---\nb: 1\n', yarn, { refused: 2 }],
  ['a key twice, which yarn rejects', 'yaml', 'a: 1\na: 2\n', yarn, { refused: 2 }],
  ['a list is no settings file', 'yaml', '- a\n', yarn, { refused: 1 }],
  // daemon.json
  ['tabs', 'json', '{\n\t"mirrors": [ "a" ],\n\t"b": 1\n}', mirrors, `{\n\t"mirrors": "${url}",\n\t"b": 1\n}`],
  [
    'a new member before others',
    'json',
    '{\n    "b": {"mirrors": 1}\n}\n',
    mirrors,
    `{\n  "mirrors": "${url}",\n    "b": {"mirrors": 1}\n}\n`,
  ],
  ['a new member in one line', 'json', '{"b":1}', mirrors, `{\n  "mirrors": "${url}","b":1}`],
  ['an empty object', 'json', '{}\n', mirrors, `{\n  "mirrors": "${url}"\n}\n`],
  ['a comma too many', 'json', '{"b":1,}', mirrors, { refused: 1 }],
];

describe('one value is changed, and the rest of the text stays', () => {
  test.each(rows)('%s (%s)', (_, format, before, path, after) => {
    const changed = changeSetting(formats[format], before, path, url);
    if (typeof after === 'string') expect(changed).toEqual({ tag: 'ok', value: after });
    else {
      const isForm = after.refused === 'form';
      const key = isForm ? 'change.form' : 'change.syntax';
      expect(changed).toMatchObject({
        tag: 'error',
        error: isForm ? { key } : { key, values: { line: after.refused } },
      });
    }
  });

  const mirror = { name: 'mirror', url, default: true };
  const written = `{ name = "mirror", url = "${url}", default = true }`;
  test.each([
    [
      'no list yet',
      'offline = false',
      0,
      `offline = false\n[[index]]\nname = "mirror"\nurl = "${url}"\ndefault = true\n`,
    ],
    ['an empty list', 'index = [ ]\n', 0, `index = [${written} ]\n`],
    ['a list of inline tables', 'index = [{ url = "a" }]\n', 1, `index = [{ url = "a" }, ${written}]\n`],
    [
      'a list with a comma at its end',
      'index = [\n  { url = "a" }, # a\n]\n',
      1,
      `index = [\n  { url = "a" }, ${written}, # a\n]\n`,
    ],
    [
      'a table behind the list',
      'index = [{ url = "a" }]\n[pip]\nx = 1\n',
      1,
      `index = [{ url = "a" }, ${written}]\n[pip]\nx = 1\n`,
    ],
    [
      'tables',
      '[[index]]\nurl = "a"\n[pip]\nx = 1',
      1,
      `[[index]]\nurl = "a"\n[pip]\nx = 1\n[[index]]\nname = "mirror"\nurl = "${url}"\ndefault = true\n`,
    ],
  ])('a further index in a uv.toml: %s', (_, before, at, after) =>
    expect(changeSetting(toml, before, ['index', at], mirror)).toEqual({ tag: 'ok', value: after }),
  );

  test.each([
    ['ini', '[global]\nindex-url = a\n', index],
    ['npmrc', 'registry=a\n', registry],
  ] as const)('%s: what the format cannot hold is not written', (format, before, path) => {
    for (const value of format === 'ini' ? ['a\nb', ' a', 'a\r', true] : ['true', 'null'])
      expect(changeSetting(formats[format], before, path, value)).toMatchObject({
        tag: 'error',
        error: { key: 'change.form' },
      });
  });
});
