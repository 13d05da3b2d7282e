import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { Step, Target } from '../../../../src/core/mirror.ts';
import type { ProbeRequest, ProbeResponse } from '../../../../src/core/transcript.ts';
import { buildWorkerBook, nothingLearnt } from '../../../../src/daemon/book.ts';
import {
  buildPypiContext,
  type PypiContext,
  type PypiOwn,
  pypiLearning,
} from '../../../../src/ecosystems/pypi/context.ts';
import { probe } from '../../../../src/ecosystems/pypi/conversation.ts';
import { beginsIn } from '../../../../src/ecosystems/talk.ts';
import { malformed, phrase } from '../../../../src/words/tell.ts';
import { readConfig } from '../../../daemon/world.ts';
import { answered, beginsAs, talk, targetOf } from '../talk.ts';

const json = 'application/vnd.pypi.simple.v1+json';
const base = 'https://mirror.example.com/pypi/simple';
const whl = 'tiny-1.0-py3-none-any.whl';
const wheel = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(5000, 7)]);
const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function target(step: Step, module: string | null = 'tiny', version: string | null = '1.0'): Target {
  return { ...targetOf(step, module, version), ecosystem: 'pypi', upstream: 'pypi' };
}

function context(more: Partial<PypiContext> = {}): PypiContext {
  return { baseUrl: base, pinned: {}, own: { isAuthority: false }, nowWallMs: 1_700_000_000_000, ...more };
}

function page(files: readonly object[], at = `${base}/tiny/`): ProbeResponse {
  const body = JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'tiny', files });
  return { ...answered(200, body, { 'content-type': json }), finalUrl: at } as ProbeResponse;
}

const file = (more: object = {}) => ({ filename: whl, url: `/p/${whl}`, hashes: { sha256: hex(wheel) }, ...more });

function hold(step: Step, answers: readonly ProbeResponse[], more: Partial<PypiContext> = {}, version = '1.0') {
  return talk(probe(target(step, 'tiny', version), context(more)), (_ask: ProbeRequest, count) => {
    const answer = answers[count - 1];
    if (answer === undefined) throw new Error(`ask ${count} was not expected`);
    return answer;
  });
}

describe('a page that one client refuses', () => {
  const odd = page([file({ size: '5000' })]);

  test('is ok with a note that names the client', () => {
    const { outcome, facts } = hold('index', [odd]).verdict;
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.refused).toEqual(phrase('answer.refused', { client: 'uv', what: 'size' }));
    expect(hold('index', [page([file({ size: 5000 })])]).verdict.facts.refused).toBeUndefined();
  });

  test.each([
    ['uv', { tag: 'failed', failure: malformed('answer.accepted', { client: 'uv', what: 'size' }) }],
    ['pip', { tag: 'ok' }],
  ])('ends the probe by the client that the configuration names: %s', (client, outcome) => {
    const given = readConfig(
      [
        'vantage: here',
        'mirrors: [ { name: m, ecosystem: pypi, url: "https://mirror.example.com/pypi/simple" } ]',
        `clients: { pypi: { ${client}: "https://mirror.example.com/pypi/simple" } }`,
        'modules: { pypi: [ tiny ] }',
        'state: { path: /nowhere/state.db }',
      ].join('\n'),
    );
    if (given.tag === 'error') throw new Error(JSON.stringify(given.error));
    const book = buildWorkerBook({ config: given.value, learnt: nothingLearnt, version: '0' });
    const own = book.context['m']?.own as PypiOwn;
    expect(hold('index', [odd], { own }).verdict.outcome).toEqual(outcome);
  });
});

describe('asks', () => {
  test('of a page: as pip asks, capped, below the base with its path', () => {
    const { asks } = hold('index', [page([])]);
    expect(asks).toEqual([
      {
        url: `${base}/tiny/`,
        headers: {
          accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
          'cache-control': 'max-age=0',
          'accept-encoding': 'gzip, deflate',
        },
        bodyBytesMax: limits.indexBytes,
        large: true,
      },
    ]);
  });

  test('of a file: foreign wherever it lies, the page aside, credentials of the mirror nowhere', () => {
    const { asks } = hold('file', [page([file()]), answered(200, wheel)]);
    expect(asks.map(({ aside = false, foreign = false }) => ({ aside, foreign }))).toEqual([
      { aside: true, foreign: false },
      { aside: false, foreign: true },
    ]);
    expect(asks[1]).toEqual({
      url: `https://mirror.example.com/p/${whl}`,
      foreign: true,
      asSent: true,
      bodyBytesMax: limits.zipBytes,
      stopAfterBytes: limits.zipBytes,
      large: true,
    });
  });

  test('of core metadata: as it is sent too, and the page before it decoded', () => {
    const announced = file({ 'core-metadata': { sha256: hex(wheel) } });
    const { asks } = hold('wheelmeta', [page([announced]), answered(200, wheel)]);
    expect(asks.map(({ asSent }) => asSent)).toEqual([undefined, true]);
  });

  test('an unnormalised name is asked for as URLs have it', () => {
    const { asks } = talk(probe(target('index', 'Flask_Login', null), context()), () => page([]));
    expect(asks[0]?.url).toBe(`${base}/flask-login/`);
  });

  test.each(['../x', 'a/b', '', 'a b', '.'])('the name %j makes no request', (module) => {
    const { asks, verdict } = talk(probe(target('index', module, null), context()), () => page([]));
    expect(asks).toEqual([]);
    expect(verdict.outcome).toEqual({ tag: 'unknown', because: 'local' });
  });

  test('an unknown step makes none either', () =>
    expect(talk(probe(target('nope'), context()), () => page([])).verdict.outcome.tag).toBe('unknown'));
});

describe('a peek', () => {
  test('reads so far and no further, and verifies nothing', () => {
    const { asks, verdict } = hold('file', [page([file()]), answered(200, wheel.subarray(0, 1000))], {
      peekBytes: 1000,
    });
    expect(asks[1]?.stopAfterBytes).toBe(1000);
    expect(verdict).toEqual({ outcome: { tag: 'ok' }, facts: {} });
    const long = Buffer.concat([wheel, Buffer.alloc(limits.peekBytes)]).subarray(0, limits.peekBytes);
    const peeked = hold('file', [page([file()]), answered(200, long)], { peekBytes: limits.peekBytes });
    expect(peeked.verdict.facts).toEqual(beginsAs(long, null));
  });

  test.each([
    ['states a length', 200, { 'content-length': '5004' }, 5004],
    ['states the length of a range', 206, { 'content-length': '1000', 'content-range': 'bytes 0-999/5004' }, 5004],
    ['states a range of unknown length', 206, { 'content-range': 'bytes 0-999/*' }, null],
    ['states none', 200, {}, null],
  ] as const)('of a mirror that %s', (_, status, headers, bytes) => {
    const response = answered(status, Buffer.alloc(limits.peekBytes), headers);
    if (response.tag !== 'answered') throw new Error('no response');
    expect(beginsIn(response, true)).toEqual(beginsAs(response.body, bytes));
    const encoded = { ...response, headers: { ...headers, 'content-encoding': 'gzip' } };
    expect(beginsIn(encoded, true)).toEqual({});
    expect(beginsIn({ ...response, body: response.body.subarray(1) }, true)).toEqual({});
  });

  test('of what begins otherwise fails all the same', () => {
    const { verdict } = hold('file', [page([file()]), answered(200, '<html>'.repeat(500))], { peekBytes: 1000 });
    expect(verdict.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'wrong_content' } });
  });
});

describe('hashes', () => {
  const pinned = (...keys: readonly string[]) => ({
    locked: Object.fromEntries(keys.map((key) => [key, `sha256:${key.split(':').at(-1)}`])),
  });
  const other = 'f'.repeat(64);

  test('one of several that a requirements file has', () => {
    const { verdict } = hold(
      'file',
      [page([file()]), answered(200, wheel)],
      pinned(`tiny@1.0/sha256:${other}`, `tiny@1.0/sha256:${hex(wheel)}`),
    );
    expect(verdict.facts.verified).toEqual({ algorithm: 'sha256', digest: `sha256:${hex(wheel)}`, against: 'pinned' });
  });

  test('none of several: a client would refuse it, and nothing is downloaded', () => {
    const { asks, verdict } = hold(
      'file',
      [page([file()])],
      pinned(`tiny@1.0/sha256:${other}`, `tiny@1.0/sha256:${'e'.repeat(64)}`),
    );
    expect(asks).toHaveLength(1);
    expect(verdict.outcome).toMatchObject({
      failure: { kind: 'mismatch', want: 'one of the hashes of the lock file', got: `sha256:${hex(wheel)}` },
    });
  });

  test('a file that the page of its own mirror contradicts is wrong, whatever a lock file says', () => {
    const damaged = Buffer.concat([wheel, Buffer.from('x')]);
    const { verdict } = hold('file', [page([file()]), answered(200, damaged)], pinned(`tiny@1.0/sha256:${hex(wheel)}`));
    const want = `sha256:${hex(wheel)}`;
    expect(verdict.outcome).toMatchObject({ failure: { kind: 'mismatch', want, got: `sha256:${hex(damaged)}` } });
    expect([verdict.facts.file, verdict.facts.compared]).toEqual([undefined, undefined]);
  });

  test('a file that a lock knows is taken before one that it does not', () => {
    const source = Buffer.concat([Buffer.from([0x1f, 0x8b, 0x08]), Buffer.alloc(100)]);
    const sdist = { filename: 'tiny-1.0.tar.gz', url: '/p/tiny-1.0.tar.gz', hashes: { sha256: hex(source) } };
    const { asks, verdict } = hold(
      'file',
      [page([file(), sdist]), answered(200, source)],
      pinned(`tiny@1.0/sha256:${hex(source)}`),
    );
    expect(asks[1]?.url).toMatch(/tiny-1\.0\.tar\.gz$/);
    expect(verdict.facts.verified?.against).toBe('pinned');
  });

  test('a page without hashes: the bytes decide by the lock, or are compared only', () => {
    const bare = page([file({ hashes: {} })]);
    expect(hold('file', [bare, answered(200, wheel)]).verdict.facts).toEqual({
      compared: { algorithm: 'sha256', digest: `sha256:${hex(wheel)}`, of: whl },
      ...beginsAs(wheel, wheel.length),
    });
    expect(
      hold('file', [bare, answered(200, wheel)], { pinned: { [`tiny@1.0/${whl}`]: `sha256:${other}` } }).verdict
        .outcome,
    ).toMatchObject({ failure: { kind: 'mismatch', want: `sha256:${other}` } });
    expect(
      hold('file', [bare, answered(200, wheel)], pinned(`tiny@1.0/sha256:${other}`)).verdict.outcome,
    ).toMatchObject({ failure: { kind: 'mismatch', want: `sha256:${other}` } });
  });

  test('hashes of another version or project are none of its', () => {
    const facts = hold('file', [page([file()]), answered(200, wheel)], {
      pinned: { [`tiny@1.0.1/${whl}`]: `sha256:${other}`, [`tin@1.0/${whl}`]: `sha256:${other}` },
    }).verdict.facts;
    expect(facts).toEqual({
      compared: { algorithm: 'sha256', digest: `sha256:${hex(wheel)}`, of: whl },
      ...beginsAs(wheel, wheel.length),
    });
  });

  test('metadata: the hash of the page, or its first field', () => {
    const text = 'Metadata-Version: 2.1\nName: tiny\n';
    const of = (announced: unknown, body: string) =>
      hold('wheelmeta', [page([file({ 'core-metadata': announced })]), answered(200, body)]).verdict;
    const { facts } = of({ sha256: hex(Buffer.from(text)) }, text);
    expect([facts.verified, facts.compared?.digest]).toEqual([undefined, `sha256:${hex(Buffer.from(text))}`]);
    expect(of(true, text).facts.compared?.digest).toBe(`sha256:${hex(Buffer.from(text))}`);
    expect(of({ sha256: other }, text).outcome).toMatchObject({ failure: { kind: 'mismatch' } });
    expect(of(true, 'something else').outcome).toMatchObject({ failure: { kind: 'malformed' } });
    expect(of(true, '<html>').outcome).toMatchObject({ failure: { kind: 'wrong_content' } });
  });
});

describe('the page of the mirror verifies nothing, that of the public index does', () => {
  const text = 'Metadata-Version: 2.1\nName: tiny\n';
  const listed = (sha256: string | null) =>
    page([file({ hashes: sha256 === null ? {} : { sha256 }, 'core-metadata': sha256 === null ? true : { sha256 } })]);

  test.each([
    ['file', wheel],
    ['wheelmeta', Buffer.from(text)],
  ] as const)('%s', (step, body) => {
    const verdictOf = (isAuthority: boolean, sha256: string | null) =>
      hold(step, [listed(sha256), answered(200, body)], { own: { isAuthority } }).verdict;
    const digest = { algorithm: 'sha256', digest: `sha256:${hex(body)}` };
    const compared = { ...digest, of: whl };
    const verified = { ...digest, against: 'index' };
    const [mirror, index, bare] = [verdictOf(false, hex(body)), verdictOf(true, hex(body)), verdictOf(true, null)];
    for (const { facts } of [mirror, index, bare]) expect(facts.compared).toEqual(compared);
    expect([mirror, index, bare].map(({ facts }) => facts.verified)).toEqual([undefined, verified, undefined]);
    expect(verdictOf(false, 'f'.repeat(64)).outcome).toMatchObject({ failure: { kind: 'mismatch' } });
  });
});

describe('the first hash of the public index is kept', () => {
  const own = { file: `tiny@1.0/${whl}`, sha256: hex(wheel) };

  test('of an authority alone', () => {
    const facts = (isAuthority: boolean) =>
      hold('file', [page([file()]), answered(200, wheel)], { own: { isAuthority } }).verdict.facts.own;
    expect([facts(true), facts(false)]).toEqual([own, undefined]);
  });

  test('who is one: the origin of the public upstream', () => {
    const of = (role: string, upstream: string) =>
      buildPypiContext({
        mirror: { role, upstream },
        settings: { trustedRoot: null, publishers: [] },
      } as unknown as Parameters<typeof buildPypiContext>[0]).isAuthority;
    expect([of('origin', 'pypi'), of('mirror', 'pypi'), of('origin', 'corp')]).toEqual([true, false, false]);
  });

  test('once, and read back as pinned', () => {
    const news = pypiLearning.learn(new Map(), { own });
    expect(news).toEqual([[`pypi/tiny@1.0/${whl}`, `sha256:${hex(wheel)}`]]);
    const known = new Map(news);
    expect(pypiLearning.learn(known, { own: { ...own, sha256: 'f'.repeat(64) } })).toEqual([]);
    expect(pypiLearning.pinned(known, 'pypi')).toEqual({ [`tiny@1.0/${whl}`]: `sha256:${hex(wheel)}` });
    expect(pypiLearning.pinned(known, 'piwheels')).toEqual({});
    expect(pypiLearning.learn(new Map(), { own: { file: 7, sha256: 'x' } })).toEqual([]);
  });
});

describe('the versions of a page', () => {
  const [older, newer] = [file(), file({ filename: 'tiny-2.0-py3-none-any.whl' })];
  const whole = { count: 2, newest: ['1', '2'], pre: [] };
  const none = { count: 0, newest: [], pre: [] };
  const listed = (files: readonly object[], more: object = {}): ProbeResponse => {
    const body = JSON.stringify({ meta: { 'api-version': '1.4' }, name: 'tiny', files, ...more });
    return { ...answered(200, body, { 'content-type': json }), finalUrl: `${base}/tiny/` } as ProbeResponse;
  };
  const status = (name: string) => ({ 'project-status': { status: name, reason: 'r' } });
  const html = (name: string): ProbeResponse => {
    const meta = `<meta name="pypi:repository-version" content="1.4"><meta name="pypi:project-status" content="${name}">`;
    const body = `<html><head>${meta}</head><a href="/p/${whl}">${whl}</a></html>`;
    return { ...answered(200, body, { 'content-type': 'text/html' }), finalUrl: `${base}/tiny/` } as ProbeResponse;
  };

  test.each([
    ['one yanked', listed([older, { ...newer, yanked: 'broken' }]), { ...whole, yanked: ['2'] }],
    ['one of two files yanked', listed([older, { ...newer, yanked: true }, newer]), whole],
    ['yanked: false', listed([older, { ...newer, yanked: false }]), whole],
    ['in quarantine', listed([older, newer], status('quarantined')), none],
    ['archived', listed([older, newer], status('archived')), whole],
    ['deprecated', listed([older, newer], status('deprecated')), whole],
    ['in quarantine, in HTML', html('quarantined'), none],
    ['archived, in HTML', html('archived'), { count: 1, newest: ['1'], pre: [] }],
  ])('%s', (_name, answer, versions) => {
    expect(hold('index', [answer]).verdict.facts.contents?.versions).toEqual(versions);
  });
});
