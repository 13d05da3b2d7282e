import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mirror } from '../../src/core/mirror.ts';
import type { Chain, Reply } from '../../src/ecosystems/client.ts';
import { npmClient } from '../../src/ecosystems/npm/clients.ts';
import { npmLocks } from '../../src/ecosystems/npm/locks.ts';
import type { SeenRequest } from '../support/answer.ts';
import { englishOf } from '../support/english.ts';
import type { Fault } from '../support/faults.ts';
import { type NpmInstalled, npmInstall } from '../support/npm-client.ts';
import { type PackedPackage, packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';

function chainOf(url: string): Chain {
  const parsed = npmClient.parse(url);
  if (parsed.tag === 'error') throw new Error(parsed.error.kind);
  return parsed.value;
}

real('what the real npm does with each answer of its registry, and what the model says', ['npm'], () => {
  let hello: PackedPackage;
  let scoped: PackedPackage;
  let a: RawServer;
  /** Well, but npm was never told of it. */
  let b: RawServer;

  /** One installation while all is well: its lock file serves others, too. */
  let well: Awaited<ReturnType<typeof asksOf>>;

  beforeAll(async () => {
    hello = packPackage({ name: 'hello', version: '1.0.0' });
    scoped = packPackage({ name: '@corp/ui', version: '2.0.0', dependencies: { hello: '^1.0.0' } });
    a = await startNpmRegistry({ packages: [hello] });
    b = await startNpmRegistry({ packages: [hello, scoped] });
    well = await asksOf(() => npmInstall('hello', { registry: a.url }));
  });

  afterAll(async () => {
    for (const server of [a, b]) await server?.close();
  });

  /** One walk of the model in the moment in which the registry answers so. */
  const walked = (reply: Reply): string => npmClient.walk(chainOf(a.url), () => reply).tag;
  const asksOf = async (install: () => Promise<NpmInstalled>) => {
    const before = a.requests.length;
    const installed = await install();
    return { installed, asks: a.requests.slice(before) };
  };

  /** Newer ones ask the full form at once where no lock file decides; for the others it is the second try at a 404. */
  const asksShort = ({ headers }: SeenRequest): boolean => headers['accept']?.includes('install-v1') === true;

  test('a registry that is well: the packument, then the artifact by the URL in it', () => {
    const { installed, asks } = well;
    expect([installed.code, installed.version, installed.errorCode]).toEqual([0, '1.0.0', null]);
    expect(asks.map(({ target }) => target)).toEqual(['/hello', '/hello/-/hello-1.0.0.tgz']);
    expect(walked({ tag: 'ok', tookMs: 1 })).toBe('ok');
  });

  const status = (code: number): Fault => ({ kind: 'status', status: code, body: '{}' });
  const failed = (code: number | null): Reply => ({ tag: 'failed', tookMs: 1, status: code });
  describe('the packument', () => {
    test.each<[string, Fault, Reply, string]>([
      ['404', status(404), { tag: 'gone', tookMs: 1, status: 404 }, 'E404'],
      ['410', status(410), { tag: 'gone', tookMs: 1, status: 410 }, 'E410'],
      ['401', status(401), failed(401), 'E401'],
      ['403', status(403), failed(403), 'E403'],
      ['429', status(429), failed(429), 'E429'],
      ['451', status(451), failed(451), 'E451'],
      ['500', status(500), failed(500), 'E500'],
      ['503', status(503), failed(503), 'E503'],
      ['a hang', { kind: 'hang-head' }, failed(null), 'FETCH_ERROR'],
    ])('%s: npm asks nobody else', async (name, fault, reply, errorCode) => {
      await a.setFault(fault);
      const limit = fault.kind === 'hang-head' ? { fetchTimeoutMs: 5_000 } : {};
      // A 403 is not asked again even where npm may.
      const retries = name === '403' ? 2 : 0;
      const { installed, asks } = await asksOf(() => npmInstall('hello', { registry: a.url, retries, ...limit }));
      await a.setFault(null);
      expect([installed.version, installed.errorCode]).toEqual([null, errorCode]);
      const [first] = asks;
      const isTriedTwice = name === '404' && first !== undefined && asksShort(first);
      expect(asks.map(asksShort)).toEqual(isTriedTwice ? [true, false] : [first !== undefined && asksShort(first)]);
      expect(b.requests).toEqual([]);
      expect(walked(reply)).toBe('failed');
    });

    test('503 twice: npm asks the same registry again, later, and installs', async () => {
      await a.setFault(status(503), { times: 2 });
      const { installed, asks } = await asksOf(() => npmInstall('hello', { registry: a.url, retries: 2 }));
      expect([installed.version, asks.map(({ target }) => target)]).toEqual([
        '1.0.0',
        ['/hello', '/hello', '/hello', '/hello/-/hello-1.0.0.tgz'],
      ]);
    });
  });

  test.each<[string, Fault]>([
    ['404', status(404)],
    ['500', status(500)],
    ['a cut', { kind: 'close-mid-body' }],
    ['a page', { kind: 'html' }],
    ['other bytes', { kind: 'corrupt' }],
  ])('the artifact: %s: npm installs nothing and asks nobody else', async (_, fault) => {
    await a.setFault(fault, { path: /\.tgz$/ });
    const { installed, asks } = await asksOf(() => npmInstall('hello', { registry: a.url }));
    await a.setFault(null);
    expect(installed.version).toBe(null);
    expect(installed.code).not.toBe(0);
    expect(asks.length).toBeGreaterThanOrEqual(2);
    expect(b.requests).toEqual([]);
    expect(walked(failed(null))).toBe('failed');
  });

  describe('a package-lock.json that npm wrote', () => {
    const written = (): string => well.installed.lock ?? '';

    test('is read: the package from the mirror that it names, its hash pinned', async () => {
      const read = await npmLocks.reader();
      const mirrors = [{ url: a.url, upstream: 'npm' }] as unknown as readonly Mirror[];
      const file = {
        name: 'package-lock.json',
        text: written(),
        beside: () => null,
        sources: [],
        isPrivate: () => false,
      };
      const wanted = { module: 'hello', version: '1.0.0' };
      expect(read({ ...file, mirrors })).toEqual({
        tag: 'ok',
        value: { entries: [{ ...wanted, because: null }], pinned: { 'hello@1.0.0': hello.integrity }, malformed: [] },
      });
      expect(read({ ...file, mirrors: [] })).toMatchObject({
        value: { entries: [{ ...wanted, because: 'foreign' }], pinned: {} },
      });
    });

    test.each(['', '/base'])('keeps the mirror left (path "%s"): npm follows by the note alone', async (path) => {
      const left = `http://127.0.0.1:9${path}`;
      const lock = written().replaceAll(a.url, left);
      const { remedy, notes } = npmClient.remedy(chainOf(left), chainOf(b.url), []);
      const [, argument = ''] = /`(--replace-registry-host=[^`]*)`/.exec(englishOf(notes)) ?? [];
      const exports = remedy['env'] ?? '';
      const without = await npmInstall('hello', { registry: left, exports, lock });
      const withIt = await npmInstall('hello', { registry: left, exports, lock, args: [argument] });
      expect([without.version, without.errorCode]).toEqual([null, 'ECONNREFUSED']);
      expect([withIt.version, withIt.code]).toEqual(['1.0.0', 0]);
    });
  });

  describe('the lines of the remedy', () => {
    test('a dead registry in the user’s settings: the variables win over it', async () => {
      const dead = 'http://127.0.0.1:9/';
      const { remedy } = npmClient.remedy(chainOf(dead), chainOf(b.url), []);
      const without = await npmInstall('hello', { registry: dead });
      const withIt = await npmInstall('hello', { registry: dead, exports: remedy['env'] ?? '' });
      expect([without.version, without.errorCode]).toEqual([null, 'ECONNREFUSED']);
      expect([withIt.version, withIt.code]).toEqual(['1.0.0', 0]);
    });

    test('they win over the project’s .npmrc, and the line for that file does as well', async () => {
      const dead = 'registry=http://127.0.0.1:9/';
      const { remedy } = npmClient.remedy(chainOf(a.url), chainOf(b.url), []);
      const registry = a.url;
      const byEnv = await npmInstall('hello', { registry, npmrc: dead, exports: remedy['env'] ?? '' });
      const byFile = await npmInstall('hello', { registry: 'http://127.0.0.1:9/', npmrc: remedy['npmrc'] ?? '' });
      expect([byEnv.version, byFile.version]).toEqual(['1.0.0', '1.0.0']);
    });

    test('a private scope with a registry of its own is never asked of the one that is set', async () => {
      const before = [a.requests.length, b.requests.length];
      const { remedy } = npmClient.remedy(chainOf(b.url), chainOf(a.url), ['@corp']);
      const installed = await npmInstall('@corp/ui', {
        registry: b.url,
        npmrc: `@corp:registry=${b.url}`,
        exports: remedy['env'] ?? '',
      });
      expect(installed.version).toBe('2.0.0');
      const asked = (server: RawServer, from = 0) => server.requests.slice(from).map(({ path }) => path);
      expect(asked(a, before[0])).toEqual(['/hello', '/hello/-/hello-1.0.0.tgz']);
      expect(asked(b, before[1])).toEqual(['/@corp/ui', '/@corp/ui/-/ui-2.0.0.tgz']);
    });

    test('its token goes to that registry alone, with the package and its artifact', async () => {
      const token = 'npm_only-for-this-test';
      const corp = await startNpmRegistry({ packages: [scoped], token });
      const before = a.requests.length;
      const { remedy } = npmClient.remedy(chainOf(b.url), chainOf(a.url), ['@corp/*']);
      const exports = remedy['env'] ?? '';
      const own = `@corp:registry=${corp.url}/`;
      const npmrc = `${own}\n//127.0.0.1:${corp.port}/:_authToken=${token}`;
      const stranger = await npmInstall('@corp/ui', { registry: b.url, npmrc: own, exports });
      const member = await npmInstall('@corp/ui', { registry: b.url, npmrc, exports });
      expect([stranger.version, stranger.errorCode, member.version]).toEqual([null, 'E404', '2.0.0']);
      const told = corp.requests.filter(({ headers }) => headers['authorization'] === `Bearer ${token}`);
      expect(told.map(({ path }) => path)).toEqual(['/@corp/ui', '/@corp/ui/-/ui-2.0.0.tgz']);
      const asked = a.requests.slice(before);
      expect(asked.map(({ path }) => path)).toEqual(['/hello', '/hello/-/hello-1.0.0.tgz']);
      expect(asked.flatMap(({ headers }) => headers['authorization'] ?? [])).toEqual([]);
      await corp.close();
    });

    test('without one, the private name is sent to the configured registry: the note says so', async () => {
      const before = a.requests.length;
      const { remedy, notes } = npmClient.remedy(chainOf(b.url), chainOf(a.url), ['@corp']);
      const installed = await npmInstall('@corp/ui', { registry: b.url, exports: remedy['env'] ?? '' });
      expect([installed.version, installed.errorCode]).toEqual([null, 'E404']);
      expect(a.requests[before]?.path).toBe('/@corp/ui');
      expect(englishOf(notes)).toContain('@corp is private: it needs its own `@corp:registry=`');
    });
  });
});
