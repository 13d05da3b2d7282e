import { describe, expect, test } from 'vitest';
import { listChangedKeys } from '../../../src/config/changed-keys.ts';
import { issuesForPrograms } from '../../../src/config/format-issues.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { fileSeenKeyOf } from '../../../src/config/seen.ts';
import { limits } from '../../../src/core/limits.ts';
import { parseSumdb } from '../../../src/ecosystems/go/sumdb-setting.ts';
import { configOf, memoryFiles } from './support.ts';

const base = 'mirrors: [ { name: a, ecosystem: go, url: https://a.example.com } ]\n';

/** What is wrong with a text, each as `path: expected`. */
function mistakes(text: string, files = memoryFiles({})): readonly string[] {
  const loaded = loadConfig({ text, path: '/etc/m.yaml', env: { SET: 'x' }, files });
  return loaded.tag === 'ok' ? [] : issuesForPrograms(loaded.error).map(({ path, expected }) => `${path}: ${expected}`);
}

test.each<[string, string, readonly (string | number)[], string]>([
  ['is shown where it is known elsewhere, also beside a secret', 'every', ['webhooks', 0], 'every'],
  ['is shown where it looks like a word and no secret is near', 'colour', ['schedule'], 'colour'],
  ['is hidden beside a secret: it may be the secret', 'colour', ['webhooks', 0], '***'],
  ['is hidden where the schema knows nothing at all', 'colour', ['nonsense'], '***'],
  ['is hidden where it looks like no word', 'c0l0ur', ['schedule'], '***'],
])('a key that is not known here: %s', (_name, key, parent, want) =>
  expect(fileSeenKeyOf(key, parent)).toBe(JSON.stringify(want)),
);

test('a key that is not known hides no mistake at a path of the same letters', () => {
  const said = mistakes(`${base}schedule: { every: 30s, spread: 20s }\nschedulespread: 20s\n`);
  expect(said.map((one) => one.split(':')[0])).toEqual(expect.arrayContaining(['schedule.spread', 'schedulespread']));
});

test('a value that is shown neither moves the cursor nor turns the direction of writing', () => {
  const text = `${base}vantage: "a\\e[31m\\u009b31m\\u202eb"\n`;
  const loaded = loadConfig({ text, path: '/etc/m.yaml', env: {}, files: memoryFiles({}) });
  expect(loaded.tag === 'ok' ? [] : issuesForPrograms(loaded.error).map(({ seen }) => seen)).toContain(
    '"a\\u001b[31m?31m?b"',
  );
});

test('a reload: from another file with the same words changes nothing', () => {
  const config = configOf('vantage: x');
  expect(listChangedKeys(config, { ...config, path: '/elsewhere/m.yaml' })).toEqual({ keys: [], needsRestart: [] });
});

describe('modules', () => {
  const hash = `h1:${Buffer.alloc(32).toString('base64')}`;
  const sums = ['x', 'y'].flatMap((name) => ['', '/go.mod'].map((part) => `example.com/${name} v1.0.0${part} ${hash}`));
  /** So many that are written, and the two of a lock file. */
  const list = (count: number): string => {
    const written = Array.from({ length: count }, (_, at) => `    - example.com/m${at}@v1.0.0`);
    return ['modules:', '  go:', '    - { from: go.sum }', ...written].join('\n');
  };
  test('are bounded in number, those of lock files included', () => {
    const files = memoryFiles({ '/etc/go.sum': `${sums.join('\n')}\n` });
    const said = `modules.go: at most ${limits.modules} modules`;
    expect(mistakes(base + list(limits.modules - 2), files)).not.toContain(said);
    expect(mistakes(base + list(limits.modules - 1), files)).toContain(said);
  });
});

describe('GOSUMDB', () => {
  const neumann = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  test('is words with any blanks between, as the go command reads it', () => {
    expect(parseSumdb(` ${neumann}   https://sum.example.com `)).toEqual(
      parseSumdb(`${neumann} https://sum.example.com`),
    );
    expect(parseSumdb(`${neumann}  `).tag).toBe('ok');
  });
});

test.each<[string, string, boolean]>([
  ['a variable without quotes: that is the mistake', `schedule: { perHost: \${SET} }`, true],
  ['a variable that comes after it is not to blame', `schedule: { perHost: 3 } } # \${SET}`, false],
])('brackets that do not fit: %s', (_name, line, isAboutQuotes) => {
  const said = mistakes(base + line);
  expect(said.length).toBeGreaterThan(0);
  expect(said.some((one) => one.includes('quotes around'))).toBe(isAboutQuotes);
});
