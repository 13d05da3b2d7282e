import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlatform } from '../../../../src/ecosystems/oci/context.ts';
import { digestOf, parseDigest } from '../../../../src/ecosystems/oci/digest.ts';
import { ociNames, parseImage } from '../../../../src/ecosystems/oci/names.ts';
import { parseBearerChallenge, readToken } from '../../../../src/ecosystems/oci/token.ts';
import { malformed } from '../../../../src/words/tell.ts';
import { expectInProportion } from '../../../support/growth.ts';

const hex = '0123456789abcdef'.repeat(4);

describe('digests', () => {
  it.each([
    ['{}', 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'],
    ['{"schemaVersion":2}', 'sha256:bafebd36189ad3688b7b3915ea55d461e0bfcfbdde11e54b0a123999fb6be50f'],
  ])('of the exact bytes %s', (text, want) => expect(digestOf('sha256', Buffer.from(text)).text).toBe(want));

  it.each([
    ['sha256', `sha256:${hex}`, true],
    ['sha512', `sha512:${hex}${hex}`, true],
    ['upper case', `sha256:${hex.toUpperCase()}`, false],
    ['an algorithm in upper case', `SHA256:${hex}`, false],
    ['too short', `sha256:${hex.slice(1)}`, false],
    ['too long', `sha256:${hex}0`, false],
    ['sha512 of the length of sha256', `sha512:${hex}`, false],
    ['what nobody computes here', `blake3:${hex}`, false],
    ['a line feed behind', `sha256:${hex}\n`, false],
    ['nothing', '', false],
  ])('%s', (_, text, isOne) => expect(parseDigest(text) !== null).toBe(isOne));
});

describe('names of images', () => {
  it.each([
    ['alpine', 'docker.io', 'library/alpine', null],
    ['alpine:3.20', 'docker.io', 'library/alpine', '3.20'],
    ['docker.io/alpine:3.20', 'docker.io', 'library/alpine', '3.20'],
    ['index.docker.io/library/alpine', 'docker.io', 'library/alpine', null],
    // As Docker reads it: a port without a path behind it is a tag.
    ['reg.example.com:5000', 'docker.io', 'library/reg.example.com', '5000'],
    ['grafana/grafana:latest', 'docker.io', 'grafana/grafana', 'latest'],
    ['ghcr.io/a/b/c-d__e.f:v1', 'ghcr.io', 'a/b/c-d__e.f', 'v1'],
    ['localhost/x:1', 'localhost', 'x', '1'],
    ['reg.example.com:5000/team/app', 'reg.example.com:5000', 'team/app', null],
    ['[::1]:5000/app:1', '[::1]:5000', 'app', '1'],
    [`quay.io/a/b@sha256:${hex}`, 'quay.io', 'a/b', `sha256:${hex}`],
    [`quay.io/a/b:v1@sha256:${hex}`, 'quay.io', 'a/b', `sha256:${hex}`],
  ])('%s', (text, host, repository, version) =>
    expect(parseImage(text)).toEqual({ tag: 'ok', value: { host, repository, version } }),
  );

  it.each([
    '',
    ':1',
    '@',
    'Alpine',
    'docker.io/',
    'docker.io//alpine',
    'docker.io/a..b',
    'docker.io/../x',
    'docker.io/a/-b',
    'docker.io/a___b',
    'alpine:',
    'alpine:.hidden',
    'alpine:a/b',
    `alpine:${'x'.repeat(129)}`,
    `alpine@sha256:${hex.toUpperCase()}`,
    'alpine@latest',
    'https://docker.io/library/alpine',
    'user@docker.io/x',
    'a b',
    `ghcr.io/${'a'.repeat(256)}`,
  ])('refused: %s', (text) => expect(parseImage(text).tag).toBe('error'));

  it('an entry names its upstream, and has a tag where none is written', () => {
    expect(ociNames.parse('ghcr.io/a/b')).toEqual({
      tag: 'ok',
      value: { module: 'ghcr.io/a/b', version: 'latest', upstream: 'ghcr.io' },
    });
    expect(ociNames.parse('reg.example.com:5000/a')).toEqual({
      tag: 'ok',
      value: { module: 'reg.example.com:5000/a', version: 'latest', upstream: 'reg.example.com:5000' },
    });
    expect(ociNames.byHand('docker.io/library/alpine@3.20')).toEqual({
      module: 'docker.io/library/alpine',
      version: '3.20',
    });
    expect(ociNames.byHand('???')).toEqual({ module: '???', version: null });
    expect([`sha256:${hex}`, '3.20', 'latest', null].map(ociNames.isFixed)).toEqual([true, false, false, false]);
  });

  it('reads anything, in proportion', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a-_./:@0'), maxLength: 400 }), (text) => {
        parseImage(text);
      }),
    );
    expectInProportion(5_000, (size) => `docker.io/${'a-'.repeat(size)}!`, parseImage);
    expectInProportion(10_000, (size) => `docker.io/${'-'.repeat(size)}`, parseImage);
  });
});

describe('challenges', () => {
  const https = 'https://registry.example.com';
  const plain = 'http://127.0.0.1:5000';
  const of = (realm: string, service: string | null = null, scope: string | null = null) => ({
    tag: 'ok',
    value: { realm, service, scope },
  });
  const auth = 'https://auth.example.com/token';
  const https401 = `Bearer realm="${auth}"`;
  const none = { tag: 'ok', value: null };
  const noRealm = { tag: 'error', error: malformed('answer.realm') };
  const notHttps = { tag: 'error', error: malformed('answer.tokenHttps') };

  it.each([
    ['all three', `${https401},service="s",scope="repository:a/b:pull"`, https, of(auth, 's', 'repository:a/b:pull')],
    ['names in any case', 'bEARER Realm="https://auth.example.com/token", SERVICE=s', https, of(auth, 's')],
    [
      'a comma within quotes',
      `${https401},scope="repository:a:pull,push"`,
      https,
      of(auth, null, 'repository:a:pull,push'),
    ],
    ['quotes within quotes', `${https401},service="a\\"b"`, https, of(auth, 'a"b')],
    ['behind Basic, which clients then answer', `Basic realm="x", ${https401}`, https, none],
    ['behind one of another form', `Negotiate abc==, ${https401}`, https, of(auth)],
    ['behind base64 with a slash', `Negotiate ab/c, ${https401}`, https, of(auth)],
    ['before another, whose values are its own', `${https401}, Basic realm="x", service="no"`, https, of(auth)],
    [
      'the last of two values, as clients read them',
      `${https401}, realm="https://other.example.net/"`,
      https,
      of('https://other.example.net/'),
    ],
    ['credentials in it are dropped', 'Bearer realm="https://u:p@auth.example.com/token#f"', https, of(auth)],
    ['plain behind plain', 'Bearer realm="http://127.0.0.1:5001/token"', plain, of('http://127.0.0.1:5001/token')],
    ['Basic alone', 'Basic realm="x"', https, none],
    ['none at all', undefined, https, none],
    ['an open quote', 'Bearer realm="https://auth.example.com', https, noRealm],
    ['blanks around the sign', 'Bearer realm = "https://auth.example.com/token"', https, noRealm],
    ['no quotes: the value ends at the colon', 'Bearer realm=https://auth.example.com/token', https, noRealm],
    ['a path alone', 'Bearer realm="/token"', https, noRealm],
    ['down from https', 'Bearer realm="http://auth.example.com/token"', https, notHttps],
    ['another scheme', 'Bearer realm="file:///etc/passwd"', plain, notHttps],
  ])('%s', (_, header, base, want) => expect(parseBearerChallenge(header, base)).toEqual(want));

  it('reads anything, in proportion', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        parseBearerChallenge(text, https);
      }),
    );
    for (const text of ['"', '\\"', 'a=', 'a ', ' , '])
      expectInProportion(
        5_000,
        (size) => `Bearer realm="${text.repeat(size)}`,
        (header) => parseBearerChallenge(header, https),
      );
  });
});

it.each([
  ['token', '{"token":"a.b"}', { token: 'a.b', lifeSeconds: 60 }],
  ['access_token alone', '{"access_token":"c","expires_in":300}', { token: 'c', lifeSeconds: 300 }],
  ['a life without end', '{"token":"a","expires_in":1e12}', { token: 'a', lifeSeconds: 3600 }],
  ['a life behind it', '{"token":"a","expires_in":-5}', { token: 'a', lifeSeconds: 60 }],
  ['names in any case, as Go reads them', '{"Token":"a","EXPIRES_IN":300}', { token: 'a', lifeSeconds: 300 }],
  ['a life of null', '{"token":"a","expires_in":null}', { token: 'a', lifeSeconds: 60 }],
  ['a life that is no number', '{"token":"a","expires_in":"300"}', null],
  ['a life with a fraction', '{"token":"a","expires_in":300.5}', null],
  ['a time of issue', '{"token":"a","issued_at":"2020-01-01T00:00:00Z"}', { token: 'a', lifeSeconds: 60 }],
  ['a time of issue without zone', '{"token":"a","issued_at":"2020-01-01T00:00:00"}', null],
  ['a byte order mark', '\uFEFF{"token":"a"}', null],
  ['an empty one', '{"token":""}', null],
  ['a header in it', '{"token":"a\\r\\nx: y"}', null],
  ['too long for a head', JSON.stringify({ token: 'x'.repeat(9000) }), null],
  ['no object', '"a"', null],
  ['null', 'null', null],
  ['no JSON', '<html>', null],
  ['a polluted one', '{"__proto__":{"token":"a"}}', null],
])('tokens: %s', (_, text, want) => expect(readToken(text)).toEqual(want));

it.each([
  ['linux/amd64', { os: 'linux', architecture: 'amd64', variant: null }],
  ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v7' }],
  ['linux', null],
  ['linux/', null],
  ['Linux/amd64', null],
  ['a/b/c/d', null],
])('the platform %s', (text, want) => expect(parsePlatform(text)).toEqual(want));
