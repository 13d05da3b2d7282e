import { describe, expect, test } from 'vitest';
import { isSafeEnv } from '../../../../src/core/advice.ts';
import { type Chain, type Client, type Reply, showChain } from '../../../../src/ecosystems/client.ts';
import { pip, uv } from '../../../../src/ecosystems/pypi/clients.ts';
import { texts } from '../../../support/texts.ts';

const a = 'https://a.example.com/simple';
const b = 'https://b.example.com/pypi/simple/';
const c = 'https://c.example.com/simple';

function chain(text: string): Chain {
  const parsed = pip.parse(text);
  if (parsed.tag === 'error') throw new Error(`${text}: ${parsed.error.kind}`);
  return parsed.value;
}

/** An index that answered with this status after 10 ms; 0: it did not answer, null: not measured, -200: 200 with a bad page. */
function replyOf(status: number | 'cut' | null): Reply {
  if (status === 'cut') return { tag: 'failed', tookMs: 10, status: 200, isCut: true };
  if (status === null) return { tag: 'unknown' };
  if (status === 200) return { tag: 'ok', tookMs: 10 };
  const tag = status === 404 || status === 410 ? 'gone' : 'failed';
  return { tag, tookMs: 10, status: status === 0 ? null : Math.abs(status) };
}

function walk(client: Client, ...statuses: readonly (number | 'cut' | null)[]) {
  const text = [a, b, c].slice(0, statuses.length).join(' ');
  const all = chain(text);
  return client.walk(all, (member) => replyOf(statuses[all.members.indexOf(member)] ?? null));
}

describe('chains', () => {
  test.each([
    ['one', a, [a]],
    ['several, with whatever blanks', `  ${a}\n ${b} `, [a, b]],
    ['as shown to people', `${a}|${b}`, [a, b]],
    ['credentials are left out of the line', 'https://u:p@a.example.com/simple', [a]],
  ])('%s', (_, text, plain) => expect(chain(text).members.map((member) => member.plain)).toEqual(plain));

  test('what is shown can be read again, and hides credentials', () => {
    const read = chain(`https://__token__:hunter2@a.example.com/simple ${b}`);
    expect(showChain(read)).toBe('https://***@a.example.com/simple|https://b.example.com/pypi/simple/');
    expect(chain(showChain(read)).members.map(({ key }) => key)).toEqual(read.members.map(({ key }) => key));
  });

  test('a slash at the end, credentials and capitals of the host make no other member', () => {
    const keys = [a, `${a}/`, 'https://u:p@A.example.com/simple'].map((url) => pip.member(url).key);
    expect(new Set(keys).size).toBe(1);
  });

  test.each([
    ['', { kind: 'empty' }],
    ['pip.example.com', { kind: 'not_a_url', member: 0 }],
    [`${a} ftp://x/`, { kind: 'not_a_url', member: 1 }],
  ])('%j is none', (text, error) => expect(pip.parse(text)).toEqual({ tag: 'error', error }));

  test.each([a, `${a} ${b}`, 'https://u:p@a.example.com/simple'])('%s is no mistake', (text) =>
    expect([pip.mistake(text), uv.mistake(text)]).toEqual([null, null]),
  );

  test.each(['', `${a},${b}`, `${a}|${b}`, 'a.example.com/simple', `${a}?x=1`, 'direct'])('%j is a mistake', (text) =>
    expect(pip.mistake(text)).not.toBe(null),
  );
});

/** What the clients themselves did is in test/real/pypi-clients.test.ts: the same rows. */
test.each([
  ['one that is well', [200], { tag: 'ok', at: 0, tookMs: 10 }],
  ['of two that are well the file of the last', [200, 200], { tag: 'ok', at: 1, tookMs: 20 }],
  ...[404, 410, 400, 403, 429, 451, 500, 502, 503, 0].flatMap(
    (status) =>
      [
        [`${status} first is passed over`, [status, 200], { tag: 'ok', at: 1, tookMs: 20 }],
        [`${status} as an extra is passed over`, [200, status], { tag: 'ok', at: 0, tookMs: 20 }],
        [`${status} alone fails`, [status], { tag: 'failed', at: 0 }],
      ] as const,
  ),
  ['401 first ends: it asks for a password', [401, 200], { tag: 'failed', at: 0 }],
  ['401 as an extra too', [200, 401], { tag: 'failed', at: 1 }],
  ['all gone', [404, 500, 404], { tag: 'failed', at: 2 }],
  ['another content with status 200 beside one that is well', [-200, 200], { tag: 'ok', at: 1, tookMs: 20 }],
  ['a page that is cut beside one that is well', ['cut', 200], { tag: 'failed', at: 0 }],
  ['a page that is cut behind one that is well', [200, 'cut'], { tag: 'failed', at: 1 }],
  ['such a page alone', [-200], { tag: 'failed', at: 0 }],
  ['such a page, and nothing that is well', [-200, 404], { tag: 'failed', at: 1 }],
  ['one that is not measured', [200, null], { tag: 'unknown', at: 1 }],
  ['401 behind one that is not measured', [null, 401], { tag: 'unknown', at: 0 }],
] as const)('pip merges its indexes: %s', (_, statuses, end) => expect(walk(pip, ...statuses)).toEqual(end));

test.each([
  ['one that is well', [200], { tag: 'ok', at: 0, tookMs: 10 }],
  ['the extra one first', [200, 200], { tag: 'ok', at: 1, tookMs: 10 }],
  ['the default one is not asked then', [500, 200], { tag: 'ok', at: 1, tookMs: 10 }],
  ['404 goes on', [200, 404], { tag: 'ok', at: 0, tookMs: 20 }],
  ['404 goes on through all', [200, 404, 404], { tag: 'ok', at: 0, tookMs: 30 }],
  ['404 everywhere', [404, 404], { tag: 'failed', at: 0 }],
  ['a page that fails with status 200 ends', [200, -200], { tag: 'failed', at: 1 }],
  ...[410, 401, 400, 403, 429, 451, 500, 502, 503, 0].map(
    (status) => [`${status} ends`, [200, status], { tag: 'failed', at: 1 }] as const,
  ),
  ['the default one not measured', [null, 404], { tag: 'unknown', at: 0 }],
  ['the default one not measured, and not asked', [null, 200], { tag: 'ok', at: 1, tookMs: 10 }],
  ['an extra one not measured', [200, null], { tag: 'unknown', at: 1 }],
] as const)('uv takes the first index that knows the name, the default one last: %s', (_, statuses, end) =>
  expect(walk(uv, ...statuses)).toEqual(end),
);

describe('another index first', () => {
  const after = (before: string, to: string, dropped: readonly string[] = []) =>
    pip
      .headed?.(chain(before), pip.member(to), new Set(dropped.map((url) => pip.member(url).key)))
      .members.map(({ plain }) => plain);

  test.each([
    ['it takes the place of the first', a, c, [], [c]],
    ['extra ones stay', `${a} ${b}`, c, [], [c, b]],
    ['an extra one moves', `${a} ${b}`, b, [], [b]],
    ['the first stays', `${a} ${b}`, a, [], [a, b]],
    ['what must go is dropped', `${a} ${b}`, c, [b], [c]],
  ])('%s', (_, before, to, dropped, members) => expect(after(before, to, dropped)).toEqual(members));

  test('separators fit', () => {
    const found = pip.headed?.(chain(`${a} ${b} ${c}`), pip.member('https://d.example.com/simple'), new Set());
    expect([found?.members.length, found?.separators.length]).toEqual([3, 2]);
  });
});

describe('lines to paste', () => {
  test('of pip', () => {
    const { remedy, rollback } = pip.remedy(chain(`${a} ${c}`), chain(`${b} ${c}`), []);
    expect(remedy).toEqual({
      pip: '[global]\nindex-url = https://b.example.com/pypi/simple/',
      env: "export PIP_INDEX_URL='https://b.example.com/pypi/simple/'\nexport UV_DEFAULT_INDEX='https://b.example.com/pypi/simple/'",
      json: '{"PIP_INDEX_URL":"https://b.example.com/pypi/simple/","UV_DEFAULT_INDEX":"https://b.example.com/pypi/simple/"}',
    });
    expect(rollback).toBe(
      "export PIP_INDEX_URL='https://a.example.com/simple/'\nexport UV_DEFAULT_INDEX='https://a.example.com/simple/'\n# pip.conf:\n# [global]\n# index-url = https://a.example.com/simple/",
    );
    // The command line and chat messages show the first form, and a shell must be able to read it.
    expect(Object.keys(remedy)[0]).toBe('env');
    expect(isSafeEnv(remedy['env'] ?? '', pip.variables)).toBe(true);
  });

  test('of uv', () => {
    const { remedy } = uv.remedy(chain(a), chain(b), []);
    expect(Object.keys(remedy)[0]).toBe('env');
    expect(remedy['uv']).toBe('[[index]]\nname = "mirror"\nurl = "https://b.example.com/pypi/simple/"\ndefault = true');
    expect(isSafeEnv(remedy['env'] ?? '', uv.variables)).toBe(true);
  });

  test.each([pip, uv])('$id never sets an extra index or trusts a host', (client) => {
    const { remedy } = client.remedy(chain(`${a} ${c}`), chain(`http://mirror.example.com/simple ${c}`), ['corp-*']);
    for (const text of Object.values(remedy)) expect(text).not.toMatch(/extra|trusted|insecure|c\.example/i);
  });

  test.each([pip, uv])('$id has no line for a URL that a shell could read, and says so', (client) => {
    for (const url of ["https://a.example.com/$(id)'", 'https://a.example.com/a;b', 'https://a.example.com/"x']) {
      const { remedy, notes } = client.remedy(chain(a), chain(url), []);
      expect(remedy).toEqual({});
      expect(texts(notes).join()).toContain('by hand');
    }
  });

  test('credentials are in no line, and a note mentions them', () => {
    const secret = chain('https://u:hunter2@b.example.com/simple');
    const told = JSON.stringify([pip.remedy(secret, secret, []), uv.remedy(secret, secret, [])]);
    expect(told).not.toContain('hunter2');
    expect(told).toContain('note.credentials');
  });

  test.each([
    ['plain HTTP', a, 'http://b.example.com/simple', [], 'plain HTTP'],
    ['an extra index that should go', `${a} ${c}`, b, [], 'Remove extra indexes by hand as well'],
    ['private names', a, b, ['corp-*'], 'Private projects'],
    ['Poetry and PDM', a, b, [], 'poetry source add --priority=primary mirror https://b.example.com/pypi/simple/'],
  ])('%s are told of', (_, before, after, patterns, want) =>
    expect(texts(pip.remedy(chain(before), chain(after), patterns).notes).join('\n')).toContain(want),
  );

  test('plain HTTP on this machine is not', () =>
    expect(texts(pip.remedy(chain(a), chain('http://127.0.0.1:8080/simple'), []).notes).join()).not.toContain(
      'plain HTTP',
    ));
});
