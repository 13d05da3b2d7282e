import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSafeEnv } from '../../../../src/core/advice.ts';
import { type Chain, type RelayState, type Reply, showChain } from '../../../../src/ecosystems/client.ts';
import {
  goClient,
  goRemedyFor,
  parseGoproxy,
  relayOfGoproxy,
  walkGoproxy,
} from '../../../../src/ecosystems/go/client.ts';
import { phrase } from '../../../../src/words/tell.ts';
import { tempDir } from '../../../support/paths.ts';
import { table } from '../../../support/table.ts';
import { texts } from '../../../support/texts.ts';

/** The beginning of a line that adds patterns to the user's own list. */
const added = `GOPRIVATE="\${GOPRIVATE:-$(cd / && go env GOPRIVATE)}",`;

function chain(text: string): Chain {
  const parsed = parseGoproxy(text);
  if (parsed.tag === 'error') throw new Error(`${text}: ${parsed.error.kind}`);
  return parsed.value;
}

describe('parseGoproxy', () => {
  it.each(
    table<
      {
        readonly name: string;
        readonly text: string;
        readonly plain: readonly string[];
        readonly separators: readonly string[];
      }[]
    >('unit/ecosystems/go/client', 'parseGoproxy'),
  )('$name', ({ text, plain, separators }) => {
    const parsed = chain(text);
    expect({ plain: parsed.members.map((member) => member.plain), separators: parsed.separators }).toEqual({
      plain,
      separators,
    });
  });

  it.each([
    { name: 'nothing', text: '', error: { kind: 'empty' } },
    { name: 'separators alone', text: ',|,', error: { kind: 'empty' } },
    {
      name: 'a bare word is reserved',
      text: 'https://a.example.com,mirror',
      error: { kind: 'reserved_word', member: 1 },
    },
    { name: 'no URL', text: 'https://', error: { kind: 'not_a_url', member: 0 } },
    { name: 'an absolute path is no URL', text: '/srv/modules', error: { kind: 'not_a_url', member: 0 } },
  ])('refuses $name', ({ text, error }) => expect(parseGoproxy(text)).toEqual({ tag: 'error', error }));

  it.each([
    ['https://a.example.com/,direct', 'https://a.example.com/,direct'],
    ['https://u:p@a.example.com|off', 'https://***@a.example.com|off'],
    ['https://a.example.com/?token=s3cret', 'https://a.example.com/?token=***'],
  ])('%s is shown as %s', (text, shown) => expect(showChain(chain(text))).toBe(shown));

  it('compares members by scheme, host and path, without trailing slash and user-info', () => {
    const keys = ['https://A.example.com/go/', 'https://u:p@a.example.com/go', 'a.example.com/go'].map(
      (text) => chain(text).members[0]?.key,
    );
    expect(new Set(keys)).toEqual(new Set(['https://a.example.com/go']));
  });
});

const ok = (tookMs: number): Reply => ({ tag: 'ok', tookMs });
const gone = (tookMs: number): Reply => ({ tag: 'gone', tookMs });
const failed = (tookMs: number): Reply => ({ tag: 'failed', tookMs });
const hung = (tookMs: number): Reply => ({ tag: 'failed', tookMs, isHung: true });
const unknown: Reply = { tag: 'unknown' };

describe('walkGoproxy: A, then B, then the tail', () => {
  const a = 'https://a.example.com';
  const b = 'https://b.example.com';
  it.each([
    ['A answers', `${a},${b}`, ok(10), failed(5), { tag: 'ok', at: 0, tookMs: 10 }],
    ['A gone , B answers', `${a},${b}`, gone(10), ok(5), { tag: 'ok', at: 1, tookMs: 15 }],
    ['A gone | B answers', `${a}|${b}`, gone(10), ok(5), { tag: 'ok', at: 1, tookMs: 15 }],
    ['A fails , ends the walk', `${a},${b}`, failed(10), ok(5), { tag: 'failed', at: 0 }],
    ['A fails | B answers', `${a}|${b}`, failed(10), ok(5), { tag: 'ok', at: 1, tookMs: 15 }],
    ['A hangs , ends the walk', `${a},${b}`, hung(10), ok(5), { tag: 'failed', at: 0 }],
    ['A hangs | ends the walk too', `${a}|${b}`, hung(10), ok(5), { tag: 'failed', at: 0 }],
    ['A gone , B gone', `${a},${b}`, gone(10), gone(5), { tag: 'failed', at: 1 }],
    ['A gone , B fails', `${a},${b}`, gone(10), failed(5), { tag: 'failed', at: 1 }],
    ['A fails | B fails', `${a}|${b}`, failed(10), failed(5), { tag: 'failed', at: 1 }],
    ['A unmeasured', `${a},${b}`, unknown, ok(5), { tag: 'unknown', at: 0 }],
    ['A gone , B unmeasured', `${a},${b}`, gone(1), unknown, { tag: 'unknown', at: 1 }],
    ['A fails , B unmeasured', `${a},${b}`, failed(1), unknown, { tag: 'failed', at: 0 }],
    ['A fails , direct', `${a},direct`, failed(1), unknown, { tag: 'failed', at: 0 }],
    ['A gone , direct is not measured', `${a},direct`, gone(1), unknown, { tag: 'unknown', at: 1 }],
    ['A fails | direct is not measured', `${a}|direct`, failed(1), unknown, { tag: 'unknown', at: 1 }],
    ['A gone , off', `${a},off`, gone(1), unknown, { tag: 'failed', at: 1 }],
    ['A fails | off', `${a}|off`, failed(1), unknown, { tag: 'failed', at: 1 }],
    ['A gone , B gone , direct', `${a},${b},direct`, gone(1), gone(1), { tag: 'unknown', at: 2 }],
    ['A gone , B fails , direct', `${a},${b},direct`, gone(1), failed(1), { tag: 'failed', at: 1 }],
    ['A fails | B fails , direct', `${a}|${b},direct`, failed(1), failed(1), { tag: 'failed', at: 1 }],
    ['off alone', 'off', unknown, unknown, { tag: 'failed', at: 0 }],
    ['direct alone', 'direct', unknown, unknown, { tag: 'unknown', at: 0 }],
  ] as const)('%s', (_name, text, replyA, replyB, end) => {
    const replies: Readonly<Record<string, Reply>> = { [a]: replyA, [b]: replyB };
    expect(walkGoproxy(chain(text), (member) => replies[member.key] ?? unknown)).toEqual(end);
  });

  it.each([
    ['it fetches', ok(700), { tag: 'ok', at: 1, tookMs: 710 }],
    ['it does not', failed(700), { tag: 'failed', at: 1 }],
    ['nobody says', unknown, { tag: 'unknown', at: 1 }],
  ] as const)('what direct does is for the caller to say: %s', (_name, said, end) =>
    expect(walkGoproxy(chain(`${a},direct`), (member) => (member.kind === 'direct' ? said : gone(10)))).toEqual(end),
  );
});

it.each(table<[string, string, RelayState, RelayState, RelayState][]>('unit/ecosystems/go/client', 'rows'))(
  'relayOfGoproxy: %s',
  (_name, text, a, b, want) =>
    expect(relayOfGoproxy(chain(text), (member) => (member.key === 'https://a.example.com' ? a : b))).toBe(want),
);

describe('goRemedy', () => {
  const before = chain('https://a.example.com,direct');
  it('gives the lines for a shell, for go env and as JSON, and the way back', () =>
    expect(goRemedyFor(before, chain('https://b.example.com/x/|https://a.example.com,direct'), [])).toEqual({
      remedy: {
        env: "export GOPROXY='https://b.example.com/x/|https://a.example.com,direct'",
        goenv: "go env -w GOPROXY='https://b.example.com/x/|https://a.example.com,direct'",
        json: '{"GOPROXY":"https://b.example.com/x/|https://a.example.com,direct"}',
      },
      rollback: "export GOPROXY='https://a.example.com,direct'",
      notes: [phrase('note.goWins')],
    }));

  it('adds GOPRIVATE wherever private patterns are set', () => {
    const { remedy } = goRemedyFor(before, chain('https://b.example.com,direct'), [
      'git.example.com/*',
      '*.corp.example.com',
    ]);
    expect(remedy).toEqual({
      env: `export GOPROXY='https://b.example.com,direct'\nexport ${added}'git.example.com/*,*.corp.example.com'`,
      goenv: `go env -w GOPROXY='https://b.example.com,direct' ${added}'git.example.com/*,*.corp.example.com'`,
      json: '{"GOPROXY":"https://b.example.com,direct","GOPRIVATE":"git.example.com/*,*.corp.example.com"}',
    });
  });

  it('says what a comma costs', () => {
    const { notes } = goRemedyFor(before, chain('https://b.example.com,direct'), []);
    expect(texts(notes)[1]).toMatch(/^After a comma, the go command uses the next entry only on 404 and 410/);
  });

  it.each([
    ['with credentials', 'https://u:hunter2@a.example.com,direct', true],
    ['without', 'https://a.example.com,direct', false],
  ])('says where the credentials of the line that goes back come from: a chain before %s', (_, declared, isSaid) => {
    const { notes, rollback } = goRemedyFor(chain(declared), chain('https://b.example.com,direct'), []);
    expect(rollback).toBe("export GOPROXY='https://a.example.com,direct'");
    expect(texts(notes).some((note) => note.startsWith('The rollback command omits the credentials'))).toBe(isSaid);
  });

  it('never prints credentials, and says where they must come from', () => {
    const given = goRemedyFor(
      chain('https://u:hunter2@a.example.com'),
      chain('https://u:hunter2@b.example.com|https://a.example.com'),
      [],
    );
    expect(JSON.stringify(given)).not.toContain('hunter2');
    expect(given.remedy['env']).toBe("export GOPROXY='https://b.example.com|https://a.example.com'");
    expect(texts(given.notes)).toContain('The line contains no credentials: set them in netrc or by GOAUTH.');
  });

  it.each([
    ["a quote that would end the shell's", "https://b.example.com/'$(id)'"],
    ['a query', 'https://b.example.com/?token=hunter2'],
    ['a blank', 'https://b.example.com/a b'],
    ['a backquote', 'https://b.example.com/`id`'],
    ['a scheme that go does not know', 'ftp://b.example.com/'],
  ])('gives no line for %s', (_name, text) => {
    const given = goRemedyFor(before, chain(text), []);
    expect(given.remedy).toEqual({});
    expect(texts(given.notes).at(-1)).toBe(
      'The chain contains a URL that cannot be pasted safely: set GOPROXY by hand.',
    );
  });

  it.each([
    ['a variable', { GOPRIVATE: 'own.example,a.example/*' }, 'exit 1'],
    ['the file of go env -w', {}, 'test "$PWD $*" = "/ env GOPRIVATE" && echo "own.example,a.example/*"'],
  ])("adds to the user's own GOPRIVATE in %s, if a shell evaluates the lines", (_name, env, go) => {
    const folder = tempDir('go-lines');
    writeFileSync(join(folder, 'go'), `#!/bin/sh\n${go}\n`, { mode: 0o755 });
    const given = goRemedyFor(before, chain('https://b.example.com'), ['git.example.com/*', '*.corp.example.com']);
    const lines = `${given.remedy['env']}\necho "$GOPROXY $GOPRIVATE"`;
    const out = execFileSync('/bin/sh', ['-c', lines], { cwd: folder, env: { ...env, PATH: folder } });
    expect(String(out).trim()).toBe(
      'https://b.example.com own.example,a.example/*,git.example.com/*,*.corp.example.com',
    );
    expect(isSafeEnv(given.remedy['env'] ?? '', goClient.variables)).toBe(true);
    const wide = String(given.remedy['env']).replace('*.corp.example.com', '*');
    expect(isSafeEnv(wide, goClient.variables)).toBe(false);
  });

  it('leaves out a private pattern that could not be pasted, and says so', () => {
    const given = goRemedyFor(before, chain('https://b.example.com'), ["x';id;'", 'git.example.com']);
    expect(given.remedy['env']).toBe(`export GOPROXY='https://b.example.com'\nexport ${added}git.example.com`);
    expect(texts(given.notes).at(-1)).toMatch(/set GOPRIVATE by hand/);
  });

  it('has no way back to a chain that cannot be pasted', () =>
    expect(goRemedyFor(chain('https://a.example.com/?k=v'), before, []).rollback).toEqual(phrase('back.chain')));
});
