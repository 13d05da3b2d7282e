import { describe, expect, test } from 'vitest';
import { heldBodyOf } from '../../../../src/core/body.ts';
import type { ProbeFailure } from '../../../../src/core/failure.ts';
import { limits } from '../../../../src/core/limits.ts';
import type { Step } from '../../../../src/core/mirror.ts';
import type { Facts, ProbeResponse } from '../../../../src/core/transcript.ts';
import { probe } from '../../../../src/ecosystems/go/conversation.ts';
import { malformed, wrongContent } from '../../../../src/words/tell.ts';
import { table } from '../../../support/table.ts';
import { answered, beginsAs, byUrl, contextOf, talk, targetOf } from '../talk.ts';
import { hello, makeZip } from './zip.ts';

const base = 'https://mirror.example.com/goproxy';
const module = 'example.com/hello';
const at = (rest: string) => `${base}/${module}/${rest}`;
const zip = makeZip(hello.entries);
const page = '<html><body>Log in</body></html>';

function hold(
  step: Step,
  version: string | null,
  answers: Readonly<Record<string, ProbeResponse>>,
  more: Parameters<typeof contextOf>[0] = {},
) {
  const { asks, verdict } = talk(probe(targetOf(step, module, version), contextOf(more)), byUrl(answers));
  return { ...verdict, asked: asks.map(({ url, aside }) => (aside === true ? `aside ${url}` : url)) };
}

const failed = (failure: ProbeFailure) => ({ tag: 'failed', failure });

/** The step and the version that a path below a module is requested for. */
function askedBy(rest: string): readonly [Step, string | null] {
  const [, version, step] = /^@v\/(.+)\.(info|mod|zip)$/.exec(rest) ?? [];
  if (version !== undefined) return [step as Step, version];
  return [rest === '@latest' ? 'latest' : 'list', null];
}

const contentsOf = (...versions: string[]) => ({
  listed: { count: versions.length, newest: versions.at(-1) ?? null },
  contents: { versions: { count: versions.length, newest: versions, pre: [] } },
});

const leftOut: Facts = { notOffered: true, offers: { latest: false } };

test.each<[string, string, ProbeResponse, Facts]>([
  ['list', '@v/list', answered(200, 'v1.1.0\nv1.0.0'), contentsOf('v1.0.0', 'v1.1.0')],
  ['empty list', '@v/list', answered(200), contentsOf()],
  [
    'latest',
    '@latest',
    answered(200, '{"Version":"v1.1.0"}'),
    { resolvedVersion: 'v1.1.0', contents: { tags: { latest: 'v1.1.0' } }, offers: { latest: true } },
  ],
  ['latest not offered', '@latest', answered(404, 'not found'), leftOut],
  ['latest refused by a bucket', '@latest', answered(403), { notOffered: true }],
  ['latest gone', '@latest', answered(410), leftOut],
  ['latest that a server does not know', '@latest', answered(501), { notOffered: true }],
  ['info', '@v/v1.0.0.info', answered(200, '{"Version":"v1.0.0"}'), {}],
  ['info of a branch', '@v/main.info', answered(200, '{"Version":"v1.0.1"}'), { resolvedVersion: 'v1.0.1' }],
  ['mod', '@v/v1.0.0.mod', answered(200, hello.mod), { compared: { algorithm: 'h1', digest: hello.modH1 } }],
  [
    'zip',
    '@v/v1.0.0.zip',
    answered(200, zip),
    { compared: { algorithm: 'h1', digest: hello.h1 }, ...beginsAs(zip, zip.length) },
  ],
])('one ask, one answer: %s', (_, rest, answer, facts) =>
  expect(hold(...askedBy(rest), { [at(rest)]: answer })).toEqual({ outcome: { tag: 'ok' }, facts, asked: [at(rest)] }),
);

describe('what fails', () => {
  const statusIn = (answer: ProbeResponse): number => ('status' in answer ? answer.status : 0);
  /** The failure, or its kind if it has the status of the response and nothing else. */
  test.each<
    [string, string, ProbeResponse, ProbeFailure | 'absent' | 'masked_upstream' | 'server' | 'denied' | 'status']
  >([
    ['a portal on list', '@v/list', answered(200, page), wrongContent('answer.versions')],
    ['a missing module', '@v/list', answered(404, 'not found: no such module'), 'absent'],
    ['trouble upstream', '@v/list', answered(404, 'not found: bad upstream'), 'masked_upstream'],
    ['upstream too slow', '@v/v1.0.0.mod', answered(404, 'not found: fetch timed out\n'), 'masked_upstream'],
    ['gone, upstream too slow', '@v/v1.0.0.mod', answered(410, 'not found: fetch timed out'), 'masked_upstream'],
    ['latest, trouble upstream', '@latest', answered(404, 'not found: bad upstream'), 'masked_upstream'],
    ['not in the cache alone', '@v/v1.0.0.mod', answered(404, 'not found: temporarily unavailable'), 'absent'],
    ['the words further down', '@v/v1.0.0.mod', answered(404, 'not found\nbad upstream'), 'masked_upstream'],
    ['the words in a page', '@v/v1.0.0.mod', answered(404, '<p>bad upstream</p>'), 'absent'],
    ['the words on a 500', '@v/v1.0.0.mod', answered(500, 'bad upstream'), 'server'],
    ['a refusal', '@v/v1.0.0.zip', answered(403, page), 'denied'],
    [
      'asked to wait',
      '@v/v1.0.0.mod',
      answered(429, '', { 'retry-after': '3' }),
      { kind: 'throttled', status: 429, retryAfterMs: 3_000 },
    ],
    ['another version', '@v/v1.0.0.info', answered(200, '{"Version":"v1.0.1"}'), malformed('answer.versionAsked')],
    ['a portal on mod', '@v/v1.0.0.mod', answered(200, page), wrongContent('answer.goMod')],
    ['an empty mod', '@v/v1.0.0.mod', answered(200), malformed('answer.moduleLine')],
    ['a portal on zip', '@v/v1.0.0.zip', answered(200, page), wrongContent('answer.moduleZip')],
    [
      'half a zip',
      '@v/v1.0.0.zip',
      answered(200, zip.subarray(0, 300)),
      { kind: 'cut', phase: 'transfer', bytesRead: 300 },
    ],
    ['204', '@v/v1.0.0.mod', answered(204), 'status'],
  ])('%s', (_, rest, answer, failure) =>
    expect(hold(...askedBy(rest), { [at(rest)]: answer })).toEqual({
      outcome: typeof failure === 'string' ? failed({ kind: failure, status: statusIn(answer) }) : failed(failure),
      facts: {},
      asked: [at(rest)],
    }),
  );

  test('what the wire said is passed on', () => {
    const refused: ProbeResponse = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };
    expect(hold('mod', 'v1.0.0', { [at('@v/v1.0.0.mod')]: refused }).outcome).toEqual(refused);
    const local: ProbeResponse = { tag: 'unknown', because: 'local', code: 'EMFILE' };
    expect(hold('mod', 'v1.0.0', { [at('@v/v1.0.0.mod')]: local }).outcome).toEqual({
      tag: 'unknown',
      because: 'local',
    });
  });
});

describe('hashes from an authority', () => {
  const other = 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
  const right = (digest: string) => ({
    outcome: { tag: 'ok' },
    facts: { verified: { algorithm: 'h1', digest, against: 'pinned' } },
  });
  const mismatch = (got: string) => failed({ kind: 'mismatch', algorithm: 'h1', want: other, got });
  const empty = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=';
  test.each<[string, Step, ProbeResponse, string, object]>([
    ['mod, right', 'mod', answered(200, hello.mod), hello.modH1, right(hello.modH1)],
    ['zip, right', 'zip', answered(200, zip), hello.h1, right(hello.h1)],
    ['mod, wrong', 'mod', answered(200, hello.mod), other, { outcome: mismatch(hello.modH1), facts: {} }],
    ['zip, wrong', 'zip', answered(200, zip), other, { outcome: mismatch(hello.h1), facts: {} }],
    [
      'a portal is no mismatch',
      'mod',
      answered(200, page),
      other,
      { outcome: failed(wrongContent('answer.goMod')), facts: {} },
    ],
    [
      'a cut zip is no mismatch',
      'zip',
      answered(200, zip.subarray(0, 99)),
      other,
      { outcome: failed({ kind: 'cut', phase: 'transfer', bytesRead: 99 }), facts: {} },
    ],
    ['an empty go.mod that is logged so', 'mod', answered(200), empty, right(empty)],
  ])('%s', (_, step, answer, h1, want) => {
    const rest = `@v/v1.0.0.${step}`;
    const pinned = { [`${module}@v1.0.0${step === 'mod' ? '/go.mod' : ''}`]: h1 };
    expect(hold(step, 'v1.0.0', { [at(rest)]: answer }, { pinned })).toMatchObject(want);
  });
});

describe('latest is resolved aside, as the go command does', () => {
  const mod = answered(200, hello.mod);
  const compared = { algorithm: 'h1', digest: hello.modH1 };
  test.each<[string, Readonly<Record<string, ProbeResponse>>, readonly string[], string]>([
    [
      'from the list',
      { '@v/list': answered(200, 'v1.0.0\nv1.1.0-rc.1\n'), '@v/v1.0.0.mod': mod },
      ['aside @v/list', 'aside @v/v1.0.0.mod', '@v/v1.0.0.mod'],
      'v1.0.0',
    ],
    [
      'past versions that the highest one retracts, itself included',
      {
        '@v/list': answered(200, 'v0.36.0\nv0.37.2\nv1.0.0\nv1.5.1\nv1.5.2\n'),
        '@v/v1.5.2.mod': answered(
          200,
          `module ${module}\n\nretract (\n\t[v1.0.0, v1.5.1] // by mistake\n\tv1.5.2\n)\n`,
        ),
        '@v/v0.37.2.mod': mod,
      },
      ['aside @v/list', 'aside @v/v1.5.2.mod', '@v/v0.37.2.mod'],
      'v0.37.2',
    ],
    [
      'from @latest where all are retracted',
      {
        '@v/list': answered(200, 'v1.0.0\nv1.0.1\n'),
        '@v/v1.0.1.mod': answered(200, `module ${module}\nretract [v0.0.0, v1.99.99]\n`),
        '@latest': answered(200, '{"Version":"v0.0.0-20170915032832-14c0d48ead0c"}'),
        '@v/v0.0.0-20170915032832-14c0d48ead0c.mod': mod,
      },
      ['aside @v/list', 'aside @v/v1.0.1.mod', 'aside @latest', '@v/v0.0.0-20170915032832-14c0d48ead0c.mod'],
      'v0.0.0-20170915032832-14c0d48ead0c',
    ],
    [
      'a retraction in a lower version does not count',
      {
        '@v/list': answered(200, 'v1.0.0\nv1.1.0\n'),
        '@v/v1.1.0.mod': mod,
        '@v/v1.0.0.mod': answered(200, `module ${module}\nretract v1.1.0\n`),
      },
      ['aside @v/list', 'aside @v/v1.1.0.mod', '@v/v1.1.0.mod'],
      'v1.1.0',
    ],
    [
      'from @latest where the list is empty',
      {
        '@v/list': answered(200),
        '@latest': answered(200, '{"Version":"v0.0.0-20170915032832-14c0d48ead0c"}'),
        '@v/v0.0.0-20170915032832-14c0d48ead0c.mod': mod,
      },
      ['aside @v/list', 'aside @latest', '@v/v0.0.0-20170915032832-14c0d48ead0c.mod'],
      'v0.0.0-20170915032832-14c0d48ead0c',
    ],
    [
      'past incompatible versions where the compatible one has a go.mod',
      { '@v/list': answered(200, 'v1.0.0\nv2.0.0+incompatible\n'), '@v/v1.0.0.mod': mod },
      ['aside @v/list', 'aside @v/v1.0.0.mod', '@v/v1.0.0.mod'],
      'v1.0.0',
    ],
    [
      'an incompatible one where it has none',
      {
        '@v/list': answered(200, 'v1.0.0\nv2.0.0+incompatible\n'),
        '@v/v1.0.0.mod': answered(200, `module ${module}\n`),
        '@v/v2.0.0+incompatible.mod': mod,
      },
      ['aside @v/list', 'aside @v/v1.0.0.mod', 'aside @v/v2.0.0+incompatible.mod', '@v/v2.0.0+incompatible.mod'],
      'v2.0.0+incompatible',
    ],
  ])('%s', (_, answers, asked, resolvedVersion) => {
    const full = Object.fromEntries(Object.entries(answers).map(([rest, answer]) => [at(rest), answer]));
    expect(hold('mod', 'latest', full)).toEqual({
      outcome: { tag: 'ok' },
      facts: { resolvedVersion, compared },
      asked: asked.map((rest) => rest.replace(/(aside )?(.*)/, (__, aside = '', path) => `${aside}${at(path)}`)),
    });
  });

  test.each<[string, Readonly<Record<string, ProbeResponse>>, ProbeFailure]>([
    ['the list is missing', { '@v/list': answered(404) }, { kind: 'absent', status: 404 }],
    ['the list is a page', { '@v/list': answered(200, page) }, wrongContent('answer.versions')],
    [
      'neither list nor @latest name one',
      { '@v/list': answered(200), '@latest': answered(404) },
      { kind: 'absent', status: 404 },
    ],
    ['@latest is broken', { '@v/list': answered(200), '@latest': answered(200, '{}') }, malformed('answer.info')],
  ])('%s', (_, answers, failure) => {
    const full = Object.fromEntries(Object.entries(answers).map(([rest, answer]) => [at(rest), answer]));
    for (const step of ['info', 'mod', 'zip'] as const)
      expect(hold(step, 'latest', full)).toMatchObject({ outcome: failed(failure), facts: {} });
  });

  test('info of latest must name what was asked for', () => {
    const answers = {
      [at('@v/list')]: answered(200, 'v1.0.0'),
      [at('@v/v1.0.0.mod')]: mod,
      [at('@v/v1.0.0.info')]: answered(200, '{"Version":"v1.0.0"}'),
    };
    expect(hold('info', 'latest', answers)).toEqual({
      outcome: { tag: 'ok' },
      facts: { resolvedVersion: 'v1.0.0' },
      asked: [`aside ${at('@v/list')}`, `aside ${at('@v/v1.0.0.mod')}`, at('@v/v1.0.0.info')],
    });
  });

  test('a failure still says which version it was about', () => {
    const answers = {
      [at('@v/list')]: answered(200, 'v1.0.0'),
      [at('@v/v1.0.0.mod')]: mod,
      [at('@v/v1.0.0.zip')]: answered(500),
    };
    expect(hold('zip', 'latest', answers)).toMatchObject({
      outcome: failed({ kind: 'server', status: 500 }),
      facts: { resolvedVersion: 'v1.0.0' },
    });
  });

  test('a branch is resolved by .info for mod and zip', () => {
    const answers = { [at('@v/main.info')]: answered(200, '{"Version":"v1.0.0"}'), [at('@v/v1.0.0.mod')]: mod };
    expect(hold('mod', 'main', answers).asked).toEqual([`aside ${at('@v/main.info')}`, at('@v/v1.0.0.mod')]);
  });
});

describe('spelling', () => {
  test.each(table<[string, string, string, string, string][]>('unit/ecosystems/go/conversation', 'spelling'))(
    '%s',
    (_, path, version, baseUrl, url) => {
      const { asks } = talk(probe(targetOf('info', path, version), contextOf({ baseUrl })), () => answered(404));
      expect(asks.map((ask) => ask.url)).toEqual([url]);
    },
  );

  test.each<[string, Step, string | null, string | null]>([
    ['a path that climbs', 'list', '../../etc', null],
    ['no path', 'mod', null, 'v1.0.0'],
    ['no version', 'zip', 'example.com/a', null],
    ['a version with a slash', 'info', 'example.com/a', 'feature/x'],
    ["another ecosystem's step", 'manifest', 'example.com/a', 'v1.0.0'],
  ])('%s is never asked', (_, step, path, version) => {
    const { asks, verdict } = talk(probe(targetOf(step, path, version), contextOf()), () => answered(200));
    expect([asks, verdict]).toEqual([[], { outcome: { tag: 'unknown', because: 'local' }, facts: {} }]);
  });
});

test('of a zip that is peeked at the first bytes are read, and one that is smaller is checked whole', () => {
  const peekBytes = 100;
  const page = { [at('@v/v1.0.0.zip')]: answered(200, zip.subarray(0, peekBytes)) };
  expect(hold('zip', 'v1.0.0', page, { peekBytes })).toEqual({
    outcome: { tag: 'ok' },
    facts: {},
    asked: [at('@v/v1.0.0.zip')],
  });
  const long = Buffer.concat([zip, Buffer.alloc(limits.peekBytes)]).subarray(0, limits.peekBytes);
  const longPage = { [at('@v/v1.0.0.zip')]: answered(200, long, { 'content-length': '70000' }) };
  expect(hold('zip', 'v1.0.0', longPage, { peekBytes: limits.peekBytes }).facts).toEqual(beginsAs(long, 70_000));
  const { asks } = talk(probe(targetOf('zip', module, 'v1.0.0'), contextOf({ peekBytes })), () => answered(404));
  expect(asks).toMatchObject([{ stopAfterBytes: peekBytes }]);
  const html = { [at('@v/v1.0.0.zip')]: answered(200, Buffer.alloc(peekBytes, '<html>')) };
  expect(hold('zip', 'v1.0.0', html, { peekBytes }).outcome.tag).toBe('failed');
  const whole = { [at('@v/v1.0.0.zip')]: answered(200, zip) };
  const pinned = { [`${module}@v1.0.0`]: 'h1:another' };
  expect(hold('zip', 'v1.0.0', whole, { pinned, peekBytes: zip.length + 1 }).outcome).toMatchObject({
    failure: { kind: 'mismatch' },
  });
});

test('a zip is read whole however long it is, as the go command caps it', () => {
  const { asks } = talk(probe(targetOf('zip', module, 'v1.0.0'), contextOf()), () => answered(404));
  expect(asks).toEqual([{ url: at('@v/v1.0.0.zip'), bodyBytesMax: limits.zipBytes, large: true }]);
});

test('a zip that is kept in a file is hashed as one that is held, and its length is that of all of it', () => {
  const whole = heldBodyOf(zip);
  const kept: ProbeResponse = { ...answered(200, zip.subarray(0, 64)), whole } as ProbeResponse;
  const page = { [at('@v/v1.0.0.zip')]: kept };
  const { verdict, seen } = talk(
    probe(targetOf('zip', module, 'v1.0.0'), contextOf({ pinned: { [`${module}@v1.0.0`]: hello.h1 } })),
    byUrl(page),
  );
  expect(verdict).toEqual({
    outcome: { tag: 'ok' },
    facts: { verified: { algorithm: 'h1', digest: hello.h1, against: 'pinned' }, ...beginsAs(zip, zip.length) },
  });
  expect(seen?.bytes).toBe(zip.length);
});

describe('bytes that are no go.mod or zip, beside a hash', () => {
  const pages = [
    `<!doctype html><body>Log in to read ${module}</body>`,
    `{"error":"timeout","path":"/${module}/@v/v1.0.0.mod"}`,
  ];
  const spoilt = Buffer.from(zip);
  spoilt.writeUInt8(0, zip.indexOf('PK\x01\x02'));
  const hashes = { [`${module}@v1.0.0`]: hello.h1, [`${module}@v1.0.0/go.mod`]: hello.modH1 };
  const told = (step: Step, body: string | Uint8Array, more: Parameters<typeof contextOf>[0]) => {
    const { outcome, facts } = hold(step, 'v1.0.0', { [at(`@v/v1.0.0.${step}`)]: answered(200, body) }, more);
    return [outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag, facts.file?.isOfCopy];
  };

  test.each(['pinned', 'locked'])('an error page is no go.mod with a wrong hash, so it is no response: %s', (known) => {
    const kinds = pages.map((page) => told('mod', page, { [known]: hashes }));
    expect(kinds).toEqual([
      ['wrong_content', undefined],
      ['malformed', undefined],
    ]);
  });

  test('damaged ones are wrong whatever a lock file says', () => {
    const damaged = `modu\0e ${module}\n`;
    for (const [step, body] of [
      ['mod', damaged],
      ['zip', spoilt],
    ] as const) {
      expect(told(step, body, {})).toEqual(['malformed', undefined]);
      expect(told(step, body, { pinned: hashes })).toEqual(['mismatch', undefined]);
      expect(told(step, body, { locked: hashes })).toEqual(['mismatch', true]);
    }
    expect(told('mod', `module ${module}\n// other\n`, { locked: hashes })).toEqual(['mismatch', undefined]);
  });
});
