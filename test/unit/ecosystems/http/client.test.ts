import { describe, expect, test } from 'vitest';
import type { Chain, Reply } from '../../../../src/ecosystems/client.ts';
import { filesClient } from '../../../../src/ecosystems/http/http.ts';
import { profiles } from '../../../../src/ecosystems/http/profiles.ts';
import { phrase } from '../../../../src/words/tell.ts';
import { texts } from '../../../support/texts.ts';
import { aMirror } from './mirror.ts';

const a = 'https://a.example.com/debian';
const b = 'https://b.example.com/debian';

function chainOf(text: string): Chain {
  const parsed = filesClient.parse(text);
  if (parsed.tag === 'error') throw new Error(parsed.error.kind);
  return parsed.value;
}

function remedyOf(profile: string | null, before = a, after = b) {
  const mirrors = [aMirror('a', a, profile), aMirror('b', b, profile)];
  return filesClient.remedy(chainOf(before), chainOf(after), [], { mirrors });
}

describe('the walk, by what a member answers', () => {
  const faults: readonly (readonly [string, Reply])[] = [
    ['404', { tag: 'gone', tookMs: 5, status: 404 }],
    ['410', { tag: 'gone', tookMs: 5, status: 410 }],
    ['401', { tag: 'failed', tookMs: 5, status: 401 }],
    ['403', { tag: 'failed', tookMs: 5, status: 403 }],
    ['429', { tag: 'failed', tookMs: 5, status: 429 }],
    ['500', { tag: 'failed', tookMs: 5, status: 500 }],
    ['503', { tag: 'failed', tookMs: 5, status: 503 }],
    ['a hang, a close', { tag: 'failed', tookMs: 5, status: null }],
  ];
  test.each(faults)('%s is the end of one URL, and not of several', (_, reply) => {
    const replyOf =
      (fine: string) =>
      (member: { key: string }): Reply =>
        member.key === fine ? { tag: 'ok', tookMs: 7 } : reply;
    expect(filesClient.walk(chainOf(a), replyOf(b))).toEqual({ tag: 'failed', at: 0 });
    expect(filesClient.walk(chainOf(`${a} ${b}`), replyOf(b))).toEqual({ tag: 'ok', at: 1, tookMs: 12 });
    expect(filesClient.walk(chainOf(`${a} ${b}`), replyOf(''))).toEqual({ tag: 'failed', at: 1 });
  });
  test('a 200 that is wrong is the end, before one that is well too; one that is cut is passed', () => {
    const wrong: Reply = { tag: 'failed', tookMs: 5, status: 200 };
    const replyOf =
      (fine: string) =>
      (member: { key: string }): Reply =>
        member.key === fine ? { tag: 'ok', tookMs: 7 } : wrong;
    expect(filesClient.walk(chainOf(a), replyOf(b))).toEqual({ tag: 'failed', at: 0 });
    expect(filesClient.walk(chainOf(`${a} ${b}`), replyOf(b))).toEqual({ tag: 'failed', at: 0 });
    expect(filesClient.walk(chainOf(`${a} ${b}`), replyOf(a))).toEqual({ tag: 'ok', at: 0, tookMs: 7 });
    expect(filesClient.walk(chainOf(`${a} ${b}`), replyOf(''))).toEqual({ tag: 'failed', at: 0 });
    const cut: Reply = { ...wrong, isCut: true };
    const second = filesClient.walk(chainOf(`${a} ${b}`), ({ key }) => (key === b ? { tag: 'ok', tookMs: 7 } : cut));
    expect(second).toEqual({ tag: 'ok', at: 1, tookMs: 12 });
  });
  test('what is not measured is not guessed', () => {
    expect(filesClient.walk(chainOf(`${a} ${b}`), () => ({ tag: 'unknown' }))).toEqual({ tag: 'unknown', at: 0 });
  });
});

describe('what an operator may write', () => {
  test.each([
    [a, null],
    [`${a}\n ${b} `, null],
    ['', phrase('expected.oneUrl')],
    ['mirror.example.com/debian', phrase('expected.urlsSpaces')],
    [`${a},${b}`, phrase('expected.urlsSpaces')],
    [`${a}?x=1`, phrase('expected.urlsSpaces')],
    ['ftp://a.example.com', phrase('expected.urlsSpaces')],
  ])('%j: %s', (chain, want) => {
    expect(filesClient.mistake(chain)).toEqual(want);
  });
});

describe('the chain with another mirror first', () => {
  const [memberA, memberB] = [filesClient.member(a), filesClient.member(b)];
  test.each([
    ['one stays one', a, new Set<string>(), [b]],
    [
      'several keep the others behind',
      `${a} https://c.example.com`,
      new Set<string>(),
      [b, a, 'https://c.example.com'],
    ],
    ['without what is dropped', `${a} https://c.example.com`, new Set([memberA.key]), [b, 'https://c.example.com']],
    ['nothing twice', `${a} ${b}`, new Set<string>(), [b, a]],
  ])('%s', (_, chain, dropped, want) => {
    const headed = filesClient.headed?.(chainOf(chain), memberB, dropped);
    expect(headed?.members.map(({ plain }) => plain)).toEqual(want);
    expect(headed?.separators).toHaveLength(want.length - 1);
  });
});

describe('the lines are those of the package manager that the profile names', () => {
  test.each(profiles.map((profile) => [profile.id, profile.client] as const))('%s: %s', (id, client) => {
    const { remedy, rollback } = remedyOf(id);
    expect(Object.keys(remedy)).toEqual([client, 'json']);
    expect(remedy[client]).toContain(b);
    expect(rollback).toContain(a);
    expect(JSON.parse(remedy['json'] ?? '')).toEqual({ [client]: [b] });
  });

  test('none without a profile', () => {
    expect(remedyOf(null)).toMatchObject({ remedy: { json: JSON.stringify({ urls: [b] }) }, rollback: a });
  });

  test('of the mirror that comes first, where they differ', () => {
    const mirrors = [aMirror('a', a, 'debian'), aMirror('b', b, 'alpine')];
    expect(Object.keys(filesClient.remedy(chainOf(a), chainOf(b), [], { mirrors }).remedy)[0]).toBe('apk');
  });

  test.each([
    "https://a.example.com/x'y",
    'https://a.example.com/$(id)',
    'https://a.example.com/a&b',
    'https://a.example.com/#x',
  ])('%s is not pasted', (url) => {
    expect(remedyOf('debian', a, url)).toMatchObject({
      remedy: {},
      notes: [phrase('note.urlByHand')],
    });
    expect(remedyOf('debian', url, b).remedy).toEqual({});
  });

  test('credentials are in no line', () => {
    const { remedy, rollback, notes } = remedyOf(
      'maven',
      'https://u:hunter2@a.example.com/m',
      'https://u:hunter2@b.example.com/m',
    );
    expect(JSON.stringify({ remedy, rollback, notes })).not.toContain('hunter2');
    expect(texts(notes)[0]).toMatch(/^The lines contain no credentials/);
  });

  test('pacman gets the whole list', () => {
    const { remedy } = remedyOf('arch', a, `${b} ${a}`);
    expect(remedy['pacman']).toBe(
      `# /etc/pacman.d/mirrorlist\nServer = ${b}/$repo/os/$arch\nServer = ${a}/$repo/os/$arch`,
    );
  });
});
