import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { phrase } from '../../../src/words/tell.ts';
import { memoryFiles } from './support.ts';

const binary = '\u0098\u0033\u0004';

function loaded(files: Readonly<Record<string, string>>) {
  const text = `mirrors: [ { name: a, ecosystem: http, upstream: debian, url: https://a.example.com } ]
controls: [ tcp://192.0.2.1:53 ]
modules: { http: [ { upstream: debian, path: x, expect: { signedBy: keys/archive.gpg } } ] }`;
  const { read, list } = memoryFiles(files);
  const isFile = (path: string): boolean => files[path] !== undefined;
  const all = {
    read,
    list: (path: string) => (isFile(path) ? ({ tag: 'error', code: 'ENOTDIR' } as const) : list(path)),
  };
  const result = loadConfig({ text, path: '/etc/mirrorwatch/mirrorwatch.yaml', env: {}, files: all });
  if (result.tag === 'error') throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe('a keyring that an entry names', () => {
  const keyring = { '/etc/mirrorwatch/keys/archive.gpg': binary };

  test.each(['/usr/bin/gpgv', '/usr/local/bin/gpgv'])(
    'is fine where %s is, and starts at the folder of the file',
    (gpgv) => {
      const { config, warnings } = loaded({ ...keyring, [gpgv]: '' });
      expect(config.modules[0]?.expect).toEqual({ signedBy: '/etc/mirrorwatch/keys/archive.gpg' });
      expect(warnings).toEqual([]);
    },
  );

  test('is warned of where there is no gpgv', () =>
    expect(loaded(keyring).warnings).toMatchObject([
      {
        path: 'modules.http[0].expect.signedBy',
        line: 3,
        seen: '"keys/archive.gpg"',
        expected: phrase('expected.gpgv'),
      },
    ]));
});
