import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { loadConfigSlowly, loadDaemonKeysSlowly } from '../../../src/config/load-slowly.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Files, SlowFiles } from '../../../src/core/ports.ts';
import { table } from '../../support/table.ts';
import { memoryFiles } from './support.ts';

/** The same files, each a turn later; counts what was asked. */
function slow(files: Files): { readonly files: SlowFiles; readonly asked: string[] } {
  const asked: string[] = [];
  const later = async <T>(path: string, answer: T): Promise<T> => {
    asked.push(path);
    await new Promise((resolve) => setImmediate(resolve));
    return answer;
  };
  return {
    files: { read: (path) => later(path, files.read(path)), list: (path) => later(path, files.list(path)) },
    asked,
  };
}

const hash = `h1:${'A'.repeat(43)}=`;
const files = memoryFiles({
  '/etc/m/token': 'hunter2-of-the-daemon\n',
  '/etc/m/go.sum': `rsc.io/quote v1.5.2 ${hash}\nrsc.io/sampler v1.3.0 ${hash}\n`,
  '/etc/m/go.mod': 'module x\nrequire rsc.io/quote v1.5.2\n',
});
const yaml = (more: string): string => `
mirrors: [ { name: a, ecosystem: go, url: https://a.example.com } ]
controls: [ tcp://192.0.2.1:53 ]
${more}`;

describe('a configuration over files that take their time', () => {
  test.each(
    table<[string, string, readonly string[]][]>(
      'unit/config/load-slowly',
      '%s: the same as with all at hand, each asked once',
    ),
  )('%s: the same as with all at hand, each asked once', async (_, more, want) => {
    const input = { text: yaml(more), path: '/etc/m/m.yaml', env: {} };
    const { files: slowFiles, asked } = slow(files);
    const loaded = await loadConfigSlowly({ ...input, files: slowFiles });
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(loadConfig({ ...input, files })));
    expect(asked.toSorted()).toEqual(want.toSorted());
  });

  test('text that is no configuration ends at once', async () => {
    const { files: slowFiles, asked } = slow(files);
    const loaded = await loadConfigSlowly({ text: '[', path: null, env: {}, files: slowFiles });
    expect([loaded.tag, asked]).toEqual(['error', []]);
  });
});

test.each([
  ['a file without listen: the default', 'mirrorrs: []', { host: '127.0.0.1', port: 10120, token: null }],
  ['a token file', 'listen: { address: ":1", tokenFile: token }\nmirrorrs: []', { host: '0.0.0.0', port: 1 }],
  [
    'a bracket that is open',
    'vantage: a\nlisten:\n  # where\n  address: ":1"\n  tokenFile: token\nbad: [\n',
    { host: '0.0.0.0', port: 1, token: expect.anything() },
  ],
  ['a section twice', 'listen: 127.0.0.1:1\nvantage: a\nvantage: b\n', { host: '127.0.0.1', port: 1 }],
  ['a tab, and no listen: the default', 'vantage: a\n\tb: c\n', { host: '127.0.0.1', port: 10120, token: null }],
  [
    'a file that is too large',
    `listen: 127.0.0.1:1\nvantage: ${'a'.repeat(limits.configBytes)}\n`,
    { host: '127.0.0.1', port: 1 },
  ],
  ['a quote that is open, in listen', 'listen: ":1\nvantage: a\n', null],
  ['a bracket that is open, and listen within another mapping', '{ listen: ":1", bad: [ }', null],
  ['a file that is no mapping', '[]', null],
  ['a key in brackets may hide any section', '? [listen]\n: 127.0.0.1:1', null],
])('listen of a configuration with mistakes: %s', async (_, text, want) => {
  const listen =
    (await loadDaemonKeysSlowly({ text, path: '/etc/m/m.yaml', env: {}, files: slow(files).files }))?.listen ?? null;
  if (want === null) expect(listen).toBeNull();
  else expect(listen).toMatchObject(want);
});
