import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routesOf } from '../../../../src/config/door-routes.ts';
import { readTarget, urlAt } from '../../../../src/features/door/path.ts';
import { table } from '../../../support/table.ts';
import { doorConfig } from './config.ts';

const routes = routesOf(doorConfig());
const tagOf = (target: string): string => readTarget(target, routes).tag;
const restOf = (target: string): string | undefined => {
  const asked = readTarget(target, routes);
  return asked.tag === 'ok' ? asked.rest : undefined;
};

describe('a path that a client requests', () => {
  it.each(table<[string, string, string | null][]>('unit/features/door/path', '%s is read'))(
    '%s is read',
    (target, kind, module) => {
      const asked = readTarget(target, routes);
      expect(asked.tag === 'ok' && asked.path).toMatchObject({ kind, module });
      expect(target.endsWith(restOf(target) ?? '?')).toBe(true);
    },
  );

  it('loses its query, which no client needs', () => expect(restOf('/npm/lodash?write=true')).toBe('lodash'));

  it.each([
    '/go/../npm/lodash',
    '/go/%2e%2e/x/@v/list',
    '/go/%252e%252e/x/@v/list',
    '/go/%25252e%25252e%25252fx/@v/list',
    '/go//evil.example.com/@v/list',
    '//evil.example.com/go/x/@v/list',
    '/go/x%2f%2fy/@v/list',
    '/go/a\\b/@v/list',
    '/go/a%5cb/@v/list',
    '/go/a%255cb/@v/list',
    '/go/a%0d%0aLocation:%20x/@v/list',
    '/go/a%00/@v/list',
    '/go/a#b/@v/list',
    '/go/a b/@v/list',
    '/go/%zz/@v/list',
    '/go/%ff/@v/list',
    'http://evil.example.com/go/x/@v/list',
    '*',
    '',
    '/npm/@a%2f..%2fb',
    '/http/debian/%2e%2e/%2e%2e/etc/passwd',
    '/http/debian/./x',
    '/http/debian/..;/..;a=b/secret',
    '/http/debian/%2e%2e%3b/secret',
    '/npm/lodash/..;',
    // A server that decodes twice, byte by byte.
    '/http/debian/%25ff/%252e%252e/secret',
    '/http/debian/%25ff%255c..%255csecret',
    '/http/debian/%2525ff/%25252e%25252e/secret',
    '/http/debian/%25zz/%252e%252e/secret',
    `/go/${'a'.repeat(3000)}/@v/list`,
  ])('%s is refused', (target) => expect(tagOf(target)).toBe('bad'));

  it.each(table<string[]>('unit/features/door/path', '%s is none of ours'))('%s is none of ours', (target) =>
    expect(tagOf(target)).toBe('none'),
  );

  it.each([
    '/go/git.example.com/team/secret/@v/list',
    '/go/git.example.com/%21team/secret/@v/v1.0.0.zip',
    '/go/sumdb/sum.example.com/lookup/git.example.com/team/secret@v1.0.0',
    '/npm/@corp%2fui',
    '/npm/@CORP/ui',
    '/npm/-/package/@corp%2fui/dist-tags',
    '/npm/@corp/ui/-/ui-1.0.0.tgz',
    '/pypi/simple/Corp_billing/',
  ])('%s is private', (target) => expect(tagOf(target)).toBe('private'));
});

describe('whatever a client sends', () => {
  const piece = fc.constantFrom(
    ...[
      '/',
      '//',
      '..',
      '.',
      '%2e',
      '%2E',
      '%252e',
      '%2f',
      '%5c',
      '\\',
      '@',
      ':',
      '@evil.example.com',
      'go',
      'npm',
      'x',
      '@v',
      'list',
      '?',
      '#',
      '%0d%0a',
      '%00',
      '%',
      'http:',
      ';',
      '[',
      ']',
    ],
  );
  const targets = fc
    .tuple(
      fc.constantFrom('/go/', '/npm/', '/pypi/simple/', '/http/debian/', '/', ''),
      fc.array(piece, { maxLength: 12 }),
    )
    .map(([prefix, rest]) => prefix + rest.join(''));

  it('the redirect names a configured mirror, below its base path', () =>
    fc.assert(
      fc.property(targets, (target) => {
        const asked = readTarget(target, routes);
        if (asked.tag !== 'ok') return;
        for (const { url: base } of asked.route.mirrors.values()) {
          const url = urlAt(base, asked.rest);
          expect(url).not.toBeNull();
          const [to, home] = [new URL(url ?? ''), new URL(base)];
          expect([to.host, to.username, to.password, to.hash]).toEqual([home.host, '', '', '']);
          expect(to.pathname.startsWith(`${home.pathname.replace(/\/$/, '')}/`)).toBe(true);
          expect(url).toMatch(/^[\x21-\x7e]+$/);
        }
      }),
      { numRuns: 5_000 },
    ));

  it('a path that leaves its base is never joined, for any caller', () => {
    expect(urlAt('https://m.example.com/go', '../x')).toBeNull();
    expect(urlAt('https://m.example.com/go', 'x')).toBe('https://m.example.com/go/x');
  });
});
