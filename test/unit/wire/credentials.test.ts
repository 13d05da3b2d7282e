import { describe, expect, it } from 'vitest';
import type { WireAccess } from '../../../src/core/ports.ts';
import { mayKnowSecrets, proxyAuthorizationOf, requestHeaders } from '../../../src/wire/credentials.ts';
import { table } from '../../support/table.ts';

type Part = Pick<WireAccess, 'url' | 'auth' | 'userAgent'>;
const access = (url: string, hosts: readonly string[] = []): Part => ({
  url,
  auth: { scheme: 'basic', username: 'robot', secret: 'pw', hosts },
  userAgent: 'mirrorwatch/1',
});
const home = 'https://m.example.com/goproxy';

it.each(
  table<[string, string, string, readonly string[], boolean][]>(
    'unit/wire/credentials',
    'credentials go only where they belong: %s',
  ),
)('credentials go only where they belong: %s', (_, url, base, hosts, may) => {
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
