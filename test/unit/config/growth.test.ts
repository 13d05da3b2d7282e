import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { limits } from '../../../src/core/limits.ts';
import { phrase } from '../../../src/words/tell.ts';
import { expectInProportion } from '../../support/growth.ts';
import { memoryFiles } from './support.ts';

const files = memoryFiles({});
const load = (text: string) => loadConfig({ text, path: '/etc/m/m.yaml', env: {}, files });
const mirror = 'mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]\n';
const rows = (count: number, row: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => row(at)).join('');

/** Of the same four values, written out at the first mirror. */
function sharedMirror(at: number): string {
  const shared = (name: string, value: string): string => (at === 0 ? `&${name} ${value}` : `*${name}`);
  return `  - name: m${at}
    ecosystem: go
    url: https://m${at}.example.com
    auth: ${shared('auth', '{ username: robot, password: "p" }')}
    resolve: ${shared('resolve', '{ family: 4 }')}
    maintenance: ${shared('maintenance', '[ { cron: "0 2 * * 6", for: 2h } ]')}
    allowHosts: ${shared('hosts', '[ 10.0.0.0/8 ]')}
`;
}

describe('what a configuration costs to read grows with its length', () => {
  test.each<readonly [name: string, size: number, text: (size: number) => string]>([
    ['mirrors that share values by aliases', 50, (size) => `mirrors:\n${rows(size, sharedMirror)}`],
    ['aliases of one anchor', 1_000, (size) => `a: &a 1\nx: [${'*a, '.repeat(size)}]\n${mirror}`],
    ['keys that nobody knows', 500, (size) => rows(size, (at) => `key${at}: 1\n`) + mirror],
    [
      'keys of a mirror that nobody knows',
      500,
      (size) => `mirrors:\n  - name: a\n${rows(size, (at) => `    key${at}: 1\n`)}`,
    ],
    ['anchors', 500, (size) => rows(size, (at) => `key${at}: &name${at} 1\n`) + mirror],
    ['one key again and again', 1_000, (size) => mirror + 'x: 1\n'.repeat(size)],
    ['wrong entries of a list', 500, (size) => `${mirror}modules: { go: [${rows(size, (at) => `"no ${at}", `)}] }\n`],
    [
      'wrong mirrors',
      60,
      (size) => `mirrors:\n${rows(size, (at) => `  - { name: "no ${at}", ecosystem: x, url: x, weight: x }\n`)}`,
    ],
    [
      'numbers in quotes',
      60,
      (size) =>
        `mirrors:\n${rows(size, (at) => `  - { name: m${at}, ecosystem: go, url: "https://m${at}.example.com", weight: "${at}" }\n`)}`,
    ],
    ['variables that are not set', 500, (size) => `${mirror}controls: [${`"\${NOT_SET}", `.repeat(size)}]\n`],
    [
      'a chain of many members',
      500,
      (size) => `${mirror}clients: { go: "${'https://a.example.com,'.repeat(size)}direct" }\n`,
    ],
  ])('%s', (_, size, text) => expectInProportion(size, text, load));

  const aMirror = 'mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]\n';

  test('mistakes past the bound are counted, and what follows from them is not looked for', () => {
    const loaded = load(rows(limits.configMistakes + 500, (at) => `key${at}: 1\n`) + aMirror);
    const issues = loaded.tag === 'error' ? loaded.error : [];
    expect(issues.filter(({ expected }) => expected.key === 'expected.keys')).toHaveLength(limits.configMistakes);
    expect(issues.map(({ expected }) => expected)).toContainEqual(phrase('expected.fewerMistakes', { count: 500 }));
    expect(issues).toHaveLength(limits.configMistakes + 1);
  });

  test('an alias stands for the last anchor of its name before it', () => {
    const loaded = load(`vantage: &v one
contact: &v two@example.com
mirrors: [ { name: &v a, ecosystem: go, url: "https://a.example.com", region: *v } ]
modules: { go: [ example.com/hello@v1.0.0 ] }
`);
    expect(loaded).toMatchObject({ tag: 'ok', value: { config: { mirrors: [{ region: 'a' }] } } });
  });
});
