import { describe, expect, it } from 'vitest';
import { isSafeEnv } from '../../../../src/core/advice.ts';
import { type Chain, type Reply, showChain } from '../../../../src/ecosystems/client.ts';
import { npm } from '../../../../src/ecosystems/npm/npm.ts';
import { phrase } from '../../../../src/words/tell.ts';
import { texts } from '../../../support/texts.ts';

const [npmClient, pnpmClient, yarnClient] = npm.clients as readonly [
  (typeof npm.clients)[0],
  (typeof npm.clients)[0],
  (typeof npm.clients)[0],
];

function chain(text: string): Chain {
  const parsed = npmClient.parse(text);
  if (parsed.tag === 'error') throw new Error(`${text}: ${parsed.error.kind}`);
  return parsed.value;
}

const a = chain('https://a.example.com/npm');
const b = chain('https://b.example.com');

describe('a chain is one registry', () => {
  it.each([
    ['https://a.example.com/npm/', 'https://a.example.com/npm'],
    [' http://127.0.0.1:4873 ', 'http://127.0.0.1:4873'],
    ['https://u:p@a.example.com/npm', 'https://a.example.com/npm'],
  ])('%s', (text, key) => {
    expect(chain(text).members.map((member) => member.key)).toEqual([key]);
    expect(chain(text).separators).toEqual([]);
    expect(npmClient.mistake(text)).toBe(null);
  });

  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['https://a.example.com,https://b.example.com', 'not_a_url'],
    ['https://a.example.com|direct', 'not_a_url'],
    ['https://a.example.com https://b.example.com', 'not_a_url'],
    ['direct', 'not_a_url'],
    ['a.example.com', 'not_a_url'],
    ['ftp://a.example.com', 'not_a_url'],
  ])('%j is none: %s', (text, kind) => {
    expect(npmClient.parse(text)).toMatchObject({ tag: 'error', error: { kind } });
    expect(npmClient.mistake(text)).toEqual(phrase('expected.registryOne'));
  });

  it('credentials are masked, and never among the lines', () => {
    const secret = chain('https://user:hunter2@a.example.com/npm');
    expect(showChain(secret)).toBe('https://***@a.example.com/npm');
    for (const client of npm.clients)
      expect(JSON.stringify(client.remedy(secret, secret, []))).not.toMatch(/hunter2|user:/);
  });

  it('another registry takes its place: none stays behind it', () => {
    for (const client of npm.clients) {
      const [to] = b.members;
      expect(to && client.headed?.(a, to, new Set())).toEqual(b);
    }
  });
});

describe('none of the clients ever moves on, a row for each status', () => {
  const rows: readonly (readonly [string, Reply, 'ok' | 'failed' | 'unknown'])[] = [
    ['200', { tag: 'ok', tookMs: 7 }, 'ok'],
    ['404', { tag: 'gone', tookMs: 7, status: 404 }, 'failed'],
    ['410', { tag: 'gone', tookMs: 7, status: 410 }, 'failed'],
    ...[401, 403, 408, 420, 429, 451, 500, 502, 503, 504].map(
      (status) => [String(status), { tag: 'failed', tookMs: 7, status }, 'failed'] as const,
    ),
    ['a hang, a cut or a wrong hash', { tag: 'failed', tookMs: 7, status: null }, 'failed'],
    ['not measured', { tag: 'unknown' }, 'unknown'],
  ];
  it.each(npm.clients.flatMap((client) => rows.map((row) => [client.id, ...row, client] as const)))(
    '%s, %s',
    (_id, _status, reply, tag, client) => {
      const asked: string[] = [];
      const end = client.walk(a, (member) => {
        asked.push(member.key);
        return reply;
      });
      expect(end).toEqual(tag === 'ok' ? { tag, at: 0, tookMs: 7 } : { tag, at: 0 });
      expect(asked).toEqual(['https://a.example.com/npm']);
    },
  );
});

describe('what to paste', () => {
  const env = (url: string) =>
    `export npm_config_registry='${url}'\nexport pnpm_config_registry='${url}'\nexport YARN_NPM_REGISTRY_SERVER='${url}'`;

  it.each([
    [
      'npm',
      npmClient,
      { npmrc: 'registry=https://b.example.com/', npm: 'npm config set registry https://b.example.com/' },
    ],
    [
      'pnpm',
      pnpmClient,
      { npmrc: 'registry=https://b.example.com/', pnpm: 'pnpm config set registry https://b.example.com/' },
    ],
    [
      'yarn',
      yarnClient,
      {
        'yarnrc.yml': 'npmRegistryServer: "https://b.example.com/"',
        yarn: 'yarn config set --home npmRegistryServer https://b.example.com/',
      },
    ],
  ] as const)('%s', (_, client, own) => {
    const { remedy, rollback } = client.remedy(a, b, []);
    const { json = '', ...texts } = remedy;
    expect(texts).toEqual({ env: env('https://b.example.com/'), ...own });
    expect(JSON.parse(json)).toEqual({
      npm_config_registry: 'https://b.example.com/',
      pnpm_config_registry: 'https://b.example.com/',
      YARN_NPM_REGISTRY_SERVER: 'https://b.example.com/',
    });
    expect(rollback).toBe(env('https://a.example.com/npm/'));
    expect(isSafeEnv(remedy['env'] ?? '', client.variables)).toBe(true);
  });

  it('a lock file keeps the mirror left: the note says how npm follows', () => {
    expect(texts(npmClient.remedy(b, a, []).notes).join('\n')).toContain('`--replace-registry-host=b.example.com`');
    expect(texts(npmClient.remedy(a, b, []).notes).join('\n')).toContain(
      '`--replace-registry-host=https://a.example.com/npm`',
    );
  });

  it('a private scope needs a registry of its own; other private names cannot be kept at home', () => {
    const { notes } = npmClient.remedy(a, b, ['@corp', '@corp/*', 'corp-*', '@x/ui-*']);
    expect(texts(notes).filter((note) => note.includes('is private'))).toEqual([
      '@corp is private: it needs its own `@corp:registry=` in .npmrc (yarn: `npmScopes`). Otherwise its names are sent to this registry.',
      ...['corp-*', '@x/ui-*'].map(
        (one) =>
          `${one} is private, but not a whole scope: clients send such names to the configured registry. Move them into a scope, or use a registry of your own.`,
      ),
    ]);
  });

  it('yarn asks plain http of named hosts alone', () => {
    const plain = chain('http://127.0.0.1:4873');
    expect(texts(yarnClient.remedy(a, plain, []).notes).join('\n')).toContain('`unsafeHttpWhitelist`: add 127.0.0.1');
    expect(texts(yarnClient.remedy(a, b, []).notes).join('\n')).not.toContain('unsafeHttpWhitelist');
  });

  it.each([
    "https://b.example.com/'x",
    'https://b.example.com/$(x)',
    'https://b.example.com/?a=b',
    'https://b.example.com/`x`',
  ])('%s gives no lines, but a note', (text) => {
    const { remedy, notes } = npmClient.remedy(a, chain(text), []);
    expect(remedy).toEqual({});
    expect(texts(notes)).toEqual([
      'The registry has a URL with characters that are not safe to paste, so no lines are printed. Set the registry by hand.',
    ]);
  });

  it('credentials are said to stand elsewhere', () => {
    const secret = chain('https://u:p@a.example.com/npm');
    expect(texts(npmClient.remedy(b, secret, []).notes).join('\n')).toContain('`//host/:_authToken=`');
    expect(texts(npmClient.remedy(secret, b, []).notes).join('\n')).toContain('omit the credentials');
  });
});
