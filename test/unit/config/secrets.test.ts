import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { formatIssues } from '../../../src/config/format-issues.ts';
import { branchesOf, buildConfigJsonSchema, type SchemaNode } from '../../../src/config/json-schema.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Path } from '../../../src/config/reading.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { table } from '../../support/table.ts';
import { memoryFiles } from './support.ts';

const secret = 'Zq7hunter2Kw';
const digits = 7_319_482_615;
const hidden = new RegExp(`${secret}|${digits}`, 'i');

/** A right file that has something at every list, so that any one value in it can be made wrong. */
const right = {
  mirrors: [{ name: 'a', ecosystem: 'go', url: 'https://a.example.com' }],
  controls: ['tcp://192.0.2.1:53'],
  modules: { go: ['rsc.io/quote@v1.5.2'] },
};

/** Every place of the schema: each key, and the first entry of each list. */
function places(node: SchemaNode, path: Path): Path[] {
  const inner = branchesOf(node).flatMap((branch) => [
    ...Object.entries(branch.properties ?? {}).flatMap(([key, child]) => places(child, [...path, key])),
    ...(branch.items === undefined ? [] : places(branch.items, [...path, 0])),
  ]);
  return [path, ...inner];
}

const named = (path: Path): string => path.join('.');
const all = [...new Map(places(buildConfigJsonSchema() as SchemaNode, []).map((path) => [named(path), path])).values()];

/** Where a secret is meant to stand, by hand: the schema's own marks are what is under test. */
const secretPlaces = table<string[]>('unit/config/secrets', 'secretPlaces');
/** Where the name of a file that holds one is meant to stand, and the secret itself is what a hurried hand writes. */
const filePlaces = [
  'listen.tokenFile',
  'mirrors.0.auth.passwordFile',
  'mirrors.0.auth.tokenFile',
  'mirrors.0.auth.netrc',
  'webhooks.0.urlFile',
  'webhooks.0.secretsFile',
  'alertmanager.tokenFile',
  'onAdvice.0.git.mergeRequest.tokenFile',
];

const nodesAt = (path: Path): readonly SchemaNode[] =>
  path
    .reduce<readonly SchemaNode[]>(
      (nodes, part) =>
        nodes.flatMap(branchesOf).flatMap((node) => {
          const next = typeof part === 'number' ? node.items : node.properties?.[part];
          return next === undefined ? [] : [next];
        }),
      [buildConfigJsonSchema() as SchemaNode],
    )
    .flatMap(branchesOf);

/** A place that takes any text and has nothing secret at, above or beneath it: a text there is no mistake of type. */
function takesText(path: Path): boolean {
  const isSecret = secretPlaces.some((place) => `${place}.`.startsWith(`${named(path)}.`));
  return !isSecret && !filePlaces.includes(named(path)) && nodesAt(path).some(({ type }) => type === 'string');
}

function withValue(base: unknown, path: Path, value: unknown): unknown {
  const [head, ...tail] = path;
  if (head === undefined) return value;
  if (typeof head === 'number') return [withValue(Array.isArray(base) ? base[0] : undefined, tail, value)];
  const record = typeof base === 'object' && base !== null && !Array.isArray(base) ? base : {};
  return { ...record, [head]: withValue((record as Record<string, unknown>)[head], tail, value) };
}

function told(path: Path, value: unknown): { readonly loads: boolean; readonly text: string } {
  const loaded = loadConfig({
    text: stringify(withValue(right, path, value)),
    path: '/etc/mirrorwatch/mirrorwatch.yaml',
    env: {},
    files: memoryFiles({}),
  });
  const issues = loaded.tag === 'ok' ? loaded.value.warnings : loaded.error;
  return { loads: loaded.tag === 'ok', text: `${formatIssues(issues, 'x.yaml')}\n${JSON.stringify(issues)}` };
}

const hook = `https://hooks.example.com/services/${secret}`;
/** Shapes that hold a secret: those of the first list are right by type where a text may stand. */
const texts: readonly (readonly [string, unknown])[] = [
  ['a secret', secret],
  ['a signing secret', `whsec_${secret}`],
  ['a URL with a secret path', hook],
  ['a secret after a variable', `\${UNSET}${secret}`],
];
const textLists: readonly (readonly [string, unknown])[] = [['a list of texts', [secret, hook]]];
const shapes: readonly (readonly [string, unknown])[] = [
  ['a number', digits],
  ['a list of numbers', [digits]],
  ['a list of lists', [[secret]]],
  ['a list of mappings', [{ [secret]: secret, url: [secret], name: 'x' }]],
  ['a mapping by the secret', { [secret]: null }],
  ['a mapping by a URL', { [hook]: secret }],
  ['a mapping of a known key', { token: [secret], url: [hook], secrets: hook, password: { [secret]: 1 } }],
  ['a mapping of an unknown key', { sceret: secret, x: { y: [`\${UNSET}${secret}`] } }],
  ['a mapping of an unset variable by the secret', { [secret]: '${' + 'UNSET}' }],
];
const withUser: readonly (readonly [string, unknown])[] = [
  ['a URL with user-info', `https://robot:${secret}@proxy.example.com:99999/`],
  ['user-info before a host', `robot:${secret}@https://proxy.example.com`],
  ['a URL with a signed query', `htps://proxy.example.com/?sig=${secret}`],
];

describe('no message of a configuration says a secret: every key of the schema, every wrong shape', () => {
  test('the hunt covers the schema', () => {
    expect(all.length).toBeGreaterThan(150);
    expect([...secretPlaces, ...filePlaces].filter((place) => !all.map(named).includes(place))).toEqual([]);
  });

  test('each key of the schema', () =>
    expectRows(
      all,
      (path) => named(path) || 'the whole file',
      (path) => {
        const rows = [
          ...(takesText(path) ? [] : texts),
          ...(takesText([...path, 0]) ? [] : textLists),
          ...shapes,
          ...withUser,
        ];
        const isBare = (what: string): boolean => what === 'a number' || what === 'a list of numbers';
        const isNear = !isFree(path);
        const said = rows
          .filter(([what]) => isNear || !isBare(what))
          .map(([what, value]) => [what, told(path, value).text] as const);
        expect(said.filter(([, text]) => hidden.test(text))).toEqual([]);
      },
    ));
});

/** Nothing secret at, above or beneath: a bare number there says nothing that could be one. */
function isFree(path: Path): boolean {
  const own = `${named(path)}.`;
  return ![...secretPlaces, ...filePlaces].some(
    (place) => path.length === 0 || `${place}.`.startsWith(own) || own.startsWith(`${place}.`),
  );
}

describe('natural mistakes', () => {
  test.each<readonly [string, Path, unknown, string]>([
    ['webhooks as URLs', ['webhooks'], [hook], 'webhooks[0]: saw "***"'],
    ['one webhook as a URL', ['webhooks'], hook, 'webhooks: saw "***"'],
    ['auth as the password', ['mirrors', 0, 'auth'], secret, 'mirrors[0].auth: saw "***"'],
    ['one signing secret, no list', ['webhooks', 0, 'secrets'], `whsec_${secret}`, 'webhooks[0].secrets: saw "***"'],
    ['a token in place of its file', ['listen', 'tokenFile'], secret, 'listen.tokenFile: saw "***"'],
    ['a password as a key', ['mirrors', 0, 'auth'], { [secret]: null }, 'mirrors[0].auth.***: saw "***"'],
    ['a chain under no ecosystem', ['clients'], `https://u:${secret}@a,direct`, 'clients: saw "***"'],
  ])('%s', (_, path, value, line) => {
    const { loads, text } = told(path, value);
    expect(loads).toBe(false);
    expect(text).toContain(line);
  });

  test.each<readonly [string, Path, unknown, string]>([
    ['a typo of a key', ['mirrors', 0, 'auth'], { pasword: 'x' }, 'mirrors[0].auth.pasword: saw "pasword"'],
    ['a key of another place', ['webhooks', 0], { weight: 3 }, 'webhooks[0].weight: saw "weight"'],
    ['a word that is no key', [], { colour: 'x' }, 'colour: saw "colour"'],
    ['a path', ['listen', 'tokenFile'], '/run/secrets/token', 'listen.tokenFile: saw "/run/secrets/token"'],
    ['an address', ['listen'], '127.0.0.1', 'listen: saw "127.0.0.1"'],
    ['a port alone', ['listen'], 10_120, 'listen: saw 10120'],
    ['a duration where a mapping is', ['steps'], '5m', 'steps: saw "5m"'],
  ])('what helps is still said: %s', (_, path, value, line) => expect(told(path, value).text).toContain(line));
});
