import fc from 'fast-check';

/** Texts of settings files: lines of each form that a client reads, and some that it rejects, in any order. */

/** The scalars in a value by their paths in JSON, as the formats list them. */
export function leavesOf(value: unknown, path: readonly (string | number)[] = []): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return new Map([[JSON.stringify(path), value]]);
  const isList = Array.isArray(value);
  const members = Object.entries(value).map(([key, one]) => leavesOf(one, [...path, isList ? Number(key) : key]));
  return new Map(members.flatMap((one) => [...one]));
}

const word = fc.constantFrom('a', 'b', 'index-url', 'registry', 'x_y', 'Url', 'global', 'c', 'd', 'e', 'f-g');
const plain = fc.constantFrom(
  '1',
  'https://a.example.com/x?y=%20',
  'a b',
  '',
  'true',
  "it's",
  '#no',
  'a # b',
  'a;b',
  '%(a)s',
  '"q"',
);
const blank = fc.constantFrom('', '', ' ', '  ', '\t');
const lineEnd = fc.constantFrom('\n', '\n', '\n', '\r\n');

const joined = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(line, { maxLength: 12 }), lineEnd, fc.boolean())
    .map(([lines, end, isEnded]) => lines.join(end).replaceAll(/\r?\n/g, end) + (isEnded ? end : ''));

const iniLines = joined(
  fc.oneof(
    fc.tuple(blank, word).map(([margin, name]) => `${margin}[${name}]`),
    fc
      .tuple(blank, word, fc.constantFrom(' = ', '=', ':', ' : ', ' =\n    ', '\n'), plain)
      .map(([margin, key, delimiter, value]) => margin + key + delimiter + value),
    fc.tuple(fc.constantFrom(' ', '      '), plain).map(([margin, value]) => margin + value),
    fc.tuple(blank, fc.constantFrom('# c', '; c = 1', '')).map(([margin, comment]) => margin + comment),
  ),
);

/** Half of them begin with a section, because pip rejects a key before the first one. */
export const iniTexts = fc
  .tuple(fc.constantFrom('[main]\n', '', '# c\n [main]\n'), iniLines)
  .map((parts) => parts.join(''));

export const npmrcTexts = joined(
  fc.oneof(
    // A section with the name of a key makes npm's package lose one of them.
    fc.tuple(blank, word, blank).map(([margin, name, behind]) => `${margin}[of ${name}]${behind}`),
    fc
      .tuple(
        blank,
        fc.oneof(word, fc.constantFrom('//h/:_authToken', '@s:registry', '"q"', 'ca[]', 'registry[]')),
        fc.constantFrom(' = ', '=', '= ', ''),
        fc.oneof(plain, fc.constantFrom('$' + '{T}', "'single'", 'a\\;b', 'a ; c', 'null', '"a\\n"', '\\')),
      )
      .map((parts) => parts.join('')),
    fc.tuple(blank, fc.constantFrom('# c', '; c = 1', '', '= x')).map(([margin, comment]) => margin + comment),
  ),
);

const tomlKey = fc.oneof(
  word.filter((key) => key !== 'Url'),
  fc.constantFrom('"a.b"', "'x#y'", 'a.b', 'a . "c"', '"\\u0061"', '3'),
);
const tomlScalar = fc.constantFrom(
  ...['1', '-0x1F', '1_0.5e3', 'inf', 'true', '1979-05-27', '1979-05-27 07:32:00', '1979-05-27T07:32:00Z'],
  ...['"a"', '""', "''", "'a\\'", '"\\"#]}"', '"""\n[a]\n#b"""', "'''it's\n'''''", '"""a\\""""""'],
);
const { tomlValue } = fc.letrec<{ tomlValue: string }>((tie) => ({
  tomlValue: fc.oneof(
    { depthSize: 'small' },
    { weight: 4, arbitrary: tomlScalar },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.array(tie('tomlValue'), { maxLength: 3 }),
          fc.constantFrom(', ', ',', ' ,\n  # ]\n '),
          fc.constantFrom('', ',', '\n'),
        )
        .map(([values, comma, last]) => `[${values.join(comma)}${values.length > 0 ? last : ''}]`),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.tuple(tomlKey, tie('tomlValue')), { maxLength: 3 })
        .map((pairs) => `{ ${pairs.map((pair) => pair.join(' = ')).join(', ')} }`),
    },
  ),
}));

export const tomlTexts = joined(
  fc.oneof(
    fc
      .tuple(blank, tomlKey, fc.constantFrom(' = ', '='), tomlValue, fc.constantFrom('', ' # c "', '\t'))
      .map((parts) => parts.join('')),
    fc
      .tuple(blank, fc.constantFrom('[', '[['), tomlKey)
      .map(([margin, open, key]) => `${margin}${open}${key}${open === '[' ? ']' : ']]'} # [x]`),
    fc.tuple(blank, fc.constantFrom('# c = "', '')).map(([margin, comment]) => margin + comment),
  ),
);

const yamlScalar = fc.constantFrom(
  ...[
    '1',
    'true',
    'null',
    '',
    'plain text',
    '"a # b"',
    "'it''s'",
    '~',
    'a: b',
    '&x anchored',
    '*x',
    '!!str 1',
    '|',
    '>-',
  ],
);
export const yamlTexts = joined(
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom('', '', '  '),
        fc.oneof(word, fc.constantFrom('"q k"', "'s'", '- a', '-')),
        fc.constantFrom(': ', ':', ':   '),
        yamlScalar,
        fc.constantFrom('', ' # c'),
      )
      .map((parts) => parts.join('')),
    word.map((key) => `${key}: [ 1, "a", { b: c } ]`),
    fc.constantFrom('# c', '', '  text of a block', '---', '{ a: 1, b: "x" }'),
  ),
);

export const jsonTexts = fc
  .tuple(
    fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
    fc.constantFrom(0, 2, '\t'),
  )
  .map(([value, space]) => JSON.stringify(value, null, space));
