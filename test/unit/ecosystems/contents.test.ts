import { describe, expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Conversation } from '../../../src/core/ports.ts';
import type { Contents, ProbeResponse } from '../../../src/core/transcript.ts';
import { probe as goProbe } from '../../../src/ecosystems/go/conversation.ts';
import { probe as httpProbe } from '../../../src/ecosystems/http/conversation.ts';
import { probe as npmProbe } from '../../../src/ecosystems/npm/conversation.ts';
import { probe as ociProbe } from '../../../src/ecosystems/oci/conversation.ts';
import { probe as pypiProbe } from '../../../src/ecosystems/pypi/conversation.ts';
import { canonicalVersionOf, parseVersion } from '../../../src/ecosystems/pypi/version.ts';
import { tagsOf } from '../../../src/ecosystems/talk.ts';
import { answered, contextOf, talk, targetOf } from './talk.ts';

const plain = { baseUrl: 'https://mirror.example.com', pinned: {}, nowWallMs: 1_700_000_000_000 };

/** What a conversation found in one answer to everything. */
function contentsIn(conversation: Conversation, answer: ProbeResponse): Contents | undefined {
  const { verdict } = talk(conversation, () => answer);
  expect(verdict.outcome).toEqual({ tag: 'ok' });
  return verdict.facts.contents;
}

const go = (step: string, body: string) =>
  contentsIn(goProbe(targetOf(step, 'example.com/m', null), contextOf()), answered(200, body));
const npm = (step: string, body: object, version = '1.0.0') =>
  contentsIn(
    npmProbe(targetOf(step, 'hello', version), { ...plain, own: { tarballHosts: [] } }),
    answered(200, JSON.stringify(body)),
  );
const pypi = (step: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  contentsIn(
    pypiProbe(targetOf(step, 'tiny', '1.0'), { ...plain, own: { isAuthority: false } }),
    answered(200, JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'tiny', ...body }), {
      'content-type': 'application/vnd.pypi.simple.v1+json',
      ...headers,
    }),
  );
const digest = `sha256:${'a'.repeat(64)}`;
const oci = (version: string) =>
  contentsIn(
    ociProbe(targetOf('digest', 'ghcr.io/team/app', version), {
      ...plain,
      own: { platform: { os: 'linux', architecture: 'amd64', variant: null }, ns: false },
    }),
    answered(200, '', {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
      'docker-content-digest': digest,
    }),
  );
const http = (step: string, path: string | null, body: string, profile: string) =>
  contentsIn(
    httpProbe(targetOf(step, path, null), { ...plain, own: { profile, expect: {} } }),
    answered(200, body, { 'last-modified': 'Wed, 01 Jan 2020 00:00:00 GMT' }),
  );

const versions = (count: number, newest: readonly string[], pre: readonly string[] = []) => ({
  versions: { count, newest, pre },
});

describe('what answers say that there is', () => {
  test('a list of Go, by the order of Go', () => {
    expect(go('list', 'v1.10.0\nv1.9.0 2024-01-01T00:00:00Z\nv2.0.0-rc.1+incompatible\n')).toEqual(
      versions(3, ['v1.9.0', 'v1.10.0', 'v2.0.0-rc.1+incompatible'], ['v2.0.0-rc.1+incompatible']),
    );
    expect(go('list', '')).toEqual(versions(0, []));
    expect(go('latest', '{"Version":"v1.10.0"}')).toEqual({ tags: { latest: 'v1.10.0' } });
  });

  test('a packument and its tags, short and small however long it is', () => {
    const dist = { dist: { tarball: 'https://mirror.example.com/hello.tgz' } };
    const all = ['1.0.0', '1.10.0', '1.9.0', '2.0.0-beta.1', 'nonsense'];
    const body = {
      name: 'hello',
      'dist-tags': { next: '2.0.0-beta.1', latest: '1.10.0', odd: 'nonsense' },
      versions: Object.fromEntries(all.map((version) => [version, dist])),
    };
    expect(npm('metadata', body)).toEqual({
      ...versions(4, ['1.0.0', '1.9.0', '1.10.0', '2.0.0-beta.1'], ['2.0.0-beta.1']),
      tags: { latest: '1.10.0', next: '2.0.0-beta.1' },
    });
    expect(npm('tags', body['dist-tags'])).toEqual({ tags: { latest: '1.10.0', next: '2.0.0-beta.1' } });
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`1.${at}.0`, dist]));
    const long = npm('metadata', { ...body, versions: { ...many, '1.0.0': dist } });
    expect(long?.versions?.count).toBe(3_000);
    expect(long?.versions?.newest).toEqual(
      Array.from({ length: limits.contentVersions }, (_, at) => `1.${3_000 - limits.contentVersions + at}.0`),
    );
    expect(JSON.stringify(long).length).toBeLessThan(2_000);
    expect(npm('packument', body)).toBeUndefined();
  });

  test('a project page, in one spelling, with the serial that its header or the page says', () => {
    const files = ['tiny-1.0.0.tar.gz', 'tiny-1.10-py3-none-any.whl', 'tiny-2.0.0RC1.tar.gz'].map((filename) => ({
      filename,
      url: `/p/${filename}`,
      hashes: {},
    }));
    const body = { files, versions: ['1.0.0', '1.10', '2.0rc1', '3.0'] };
    const found = versions(3, ['1', '1.10', '2rc1'], ['2rc1']);
    expect(pypi('index', body)).toEqual(found);
    expect(pypi('index', body, { 'x-pypi-last-serial': '31337' })).toEqual({ ...found, serial: 31_337 });
    expect(pypi('index', body, { 'x-pypi-last-serial': '99999999999999999999' })).toEqual(found);
    expect(pypi('index', { ...body, meta: { 'api-version': '1.1', '_last-serial': 5 } })).toMatchObject({ serial: 5 });
  });

  test.each([
    ['1.0', '1'],
    ['1.0.0.post1', '1.post1'],
    ['0.0', '0'],
    ['2!1.0A1.dev02', '2!1a1.dev2'],
    ['1.0+Ubuntu-1', '1+ubuntu.1'],
    ['10.20', '10.20'],
  ])('a version of Python: %s is %s', (text, want) => {
    const version = parseVersion(text);
    expect(version && canonicalVersionOf(version)).toBe(want);
  });

  test('what a tag of an image stands for, and nothing of a digest, which stands for itself', () => {
    expect(oci('3.20')).toEqual({ tags: { '3.20': digest } });
    expect(oci(digest)).toBeUndefined();
  });

  test('the date that a file of a profile states, never that of a header', () => {
    expect(http('marker', null, '1700000000\n', 'arch')).toEqual({ modifiedAtMs: 1_700_000_000_000 });
    expect(http('get', 'lastsync', '1700000001\n', 'arch')).toEqual({ modifiedAtMs: 1_700_000_001_000 });
    expect(http('get', 'plain.txt', 'text', 'arch')).toBeUndefined();
  });

  test('tags have a bound, and latest is never the one left out', () => {
    const many = Object.fromEntries([...Array(100).keys()].map((at) => [`t${at}`, '1.0.0']));
    const kept = tagsOf({ ...many, latest: '2.0.0', ['x'.repeat(500)]: '1.0.0' });
    expect(Object.keys(kept)).toHaveLength(limits.contentTags);
    expect(Object.entries(kept)[0]).toEqual(['latest', '2.0.0']);
  });
});
