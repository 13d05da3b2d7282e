import { describe, expect, it } from 'vitest';
import type { WireAccess } from '../../../src/core/ports.ts';
import { mayKnowSecrets, proxyAuthorizationOf, requestHeaders } from '../../../src/wire/credentials.ts';

type Part = Pick<WireAccess, 'url' | 'auth' | 'userAgent'>;
const access = (url: string, hosts: readonly string[] = []): Part => ({
  url,
  auth: { scheme: 'basic', username: 'robot', secret: 'pw', hosts },
  userAgent: 'mirrorwatch/1',
});
const home = 'https://m.example.com/goproxy';

it.each([
  ['the mirror itself', 'https://m.example.com/x', home, [], true],
  ['the default port spelled out', 'https://m.example.com:443/x', home, [], true],
  ['another port', 'https://m.example.com:8443/x', home, [], false],
  ['another scheme', 'http://m.example.com/x', home, [], false],
  ['another host', 'https://evil.example.com/x', home, [], false],
  ['a host below it', 'https://a.m.example.com/x', home, [], false],
  ['a host that begins like it', 'https://m.example.com.evil.example/x', home, [], false],
  ['a named host', 'https://auth.example.com/t', home, ['auth.example.com'], true],
  ['a named host with its port', 'https://auth.example.com:8443/t', home, ['AUTH.example.com:8443'], true],
  ['a named host on another port than named', 'https://auth.example.com/t', home, ['auth.example.com:8443'], false],
  ['a named host with the default port', 'https://auth.example.com/t', home, ['auth.example.com:443'], true],
  ['a named host in the clear', 'http://auth.example.com/t', home, ['auth.example.com'], false],
  ['a mirror in the clear', 'http://m.example.com/x', 'http://m.example.com', [], false],
  ['a mirror in the clear on loopback', 'http://127.0.0.1:8080/x', 'http://127.0.0.1:8080', [], true],
  ['localhost in the clear', 'http://localhost:8080/x', 'http://localhost:8080', [], true],
  ['another port of loopback', 'http://127.0.0.1:8081/x', 'http://127.0.0.1:8080', [], false],
] as const)('credentials go only where they belong: %s', (_, url, base, hosts, may) => {
  const given = access(base, hosts);
  expect(mayKnowSecrets(new URL(url), given)).toBe(may);
  expect(requestHeaders(new URL(url), {}, given).authorization).toBe(may ? 'Basic cm9ib3Q6cHc=' : undefined);
});

describe('the headers that go out', () => {
  it('are our name, identity, and what was asked', () => {
    const none = { ...access(home), auth: null };
    expect(requestHeaders(new URL(home), { Accept: 'a/b' }, none)).toEqual({
      'user-agent': 'mirrorwatch/1',
      'accept-encoding': 'identity',
      accept: 'a/b',
    });
  });

  it('carry a bearer token as such', () => {
    const given: Part = { ...access(home), auth: { scheme: 'bearer', username: '', secret: 't0ken', hosts: [] } };
    expect(requestHeaders(new URL(home), {}, given).authorization).toBe('Bearer t0ken');
  });

  it("prefer the ask's own token, and leave it at home elsewhere", () => {
    const asked = { Authorization: 'Bearer pulled', Cookie: 'c=1' };
    expect(requestHeaders(new URL(home), asked, access(home))).toMatchObject({
      authorization: 'Bearer pulled',
      cookie: 'c=1',
    });
    const elsewhere = requestHeaders(new URL('https://cdn.example.com/'), asked, access(home));
    expect(Object.keys(elsewhere).sort()).toEqual(['accept-encoding', 'user-agent']);
  });

  it('a proxy gets its own', () => {
    expect(proxyAuthorizationOf({ url: 'http://p', username: 'u', password: 'p' })).toBe('Basic dTpw');
    expect(proxyAuthorizationOf({ url: 'http://p', username: null, password: null })).toBeNull();
  });
});
