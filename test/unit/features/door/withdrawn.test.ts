import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { routesOf } from '../../../../src/config/door-routes.ts';
import { createFollowing } from '../../../../src/features/door/following.ts';
import { createDoorMetrics } from '../../../../src/features/door/metrics.ts';
import type { KnownOrder, Withdrawals } from '../../../../src/features/door/order.ts';
import { readConfig } from '../../../daemon/world.ts';
import { tempDir } from '../../../support/paths.ts';
import { doorConfig } from './config.ts';
import { closeAll, openHandler, serveOn } from './open-handler.ts';

afterEach(closeAll);

const withdrawn: Withdrawals = new Map([
  ['rsc.io/Quote', new Set(['v1.5.2-RC1'])],
  ['hello', new Set(['1.1.0'])],
  ['@scope/ui', new Set(['2.0.0-rc.1'])],
  ['tiny', new Set(['1.1'])],
]);
const refusing = { refusesWithdrawn: () => true, following: { withdrawnOf: () => withdrawn } };

/** The handler in front of one mirror that sends this body. */
async function opened(ecosystem: string, body: string, type: string, change: object = refusing) {
  const paths: string[] = [];
  const port = await serveOn((request: IncomingMessage, response: ServerResponse) => {
    paths.push(request.url ?? '');
    response.setHeader('content-type', type);
    response.end(body);
  });
  const mirror = `http://127.0.0.1:${port}`;
  const modules = { go: 'rsc.io/quote@v1.5.2', npm: 'hello@1.0.0', pypi: 'tiny==1.0' }[ecosystem];
  const read = readConfig(
    `mirrors: [ { name: m, ecosystem: ${ecosystem}, url: "${mirror}" } ]\nmodules: { ${ecosystem}: [ ${modules} ] }\ncontrols: [ http://127.0.0.1:9/ ]\ndoor: {}\n`,
  );
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  const door = await openHandler(read.value, change);
  return { ...door, mirror, paths, at: `http://127.0.0.1:${door.port}` };
}

describe('a withdrawn version', () => {
  it.each([
    ['go', '/go/rsc.io/!quote/@v/v1.5.2-!r!c1.zip', 'rsc.io/Quote@v1.5.2-RC1', false],
    ['go', '/go/rsc.io/!quote/@v/v1.5.2-!r!c1.info', 'rsc.io/Quote@v1.5.2-RC1', false],
    ['npm', '/npm/hello/-/hello-1.1.0.tgz', 'hello@1.1.0', true],
    ['npm', '/npm/hello/1.1.0', 'hello@1.1.0', true],
    ['npm', '/npm/@scope%2fui/-/ui-2.0.0-rc.1.tgz', '@scope/ui@2.0.0-rc.1', true],
    ['pypi', '/pypi/simple/Tiny/refused/tiny-1.1.0-py3-none-any.whl', 'tiny@1.1', false],
    ['pypi', '/pypi/simple/tiny/refused/tiny-1.1.tar.gz.metadata', 'tiny@1.1', false],
  ])('of %s is refused: %s', async (ecosystem, path, item, isJson) => {
    const { get, paths, lines } = await opened(ecosystem, '{}', 'application/json');
    const got = await get(path);
    const text = `${item} was withdrawn by its origin, and this front door refuses it`;
    expect([got.status, got.text]).toEqual([451, isJson ? JSON.stringify({ error: text }) : `${text}\n`]);
    expect(got.headers['cache-control']).toBe('no-store');
    expect(paths).toEqual([]);
    expect(lines).toMatchObject([{ outcome: 'withdrawn', ecosystem }]);
  });

  it.each([
    ['go', '/go/rsc.io/!quote/@v/v1.5.2.zip'],
    ['go', '/go/rsc.io/!quote/@v/list'],
    ['go', '/go/rsc.io/quote/@v/v1.5.2-!r!c1.zip'],
    ['npm', '/npm/hello/-/hello-1.1.0-beta.tgz'],
    ['npm', '/npm/hello/-/other-1.1.0.tgz'],
    ['npm', '/npm/hello1/-/hello-1.1.0.tgz'],
    ['npm', '/npm/@other%2fui/-/ui-2.0.0-rc.1.tgz'],
  ])('is none of %s at %s', async (ecosystem, path) =>
    expect((await (await opened(ecosystem, '{}', 'application/json')).get(path)).status).toBe(302),
  );

  it('is served and logged, unless the configuration says refuse', async () => {
    const warning = { following: { withdrawnOf: () => withdrawn } };
    const { get, lines } = await opened('npm', '{}', 'application/json', warning);
    expect((await get('/npm/hello/-/hello-1.1.0.tgz')).status).toBe(302);
    expect((await get('/npm/hello/-/hello-1.0.0.tgz')).status).toBe(302);
    expect((await get('/npm/hello')).status).toBe(302);
    expect(lines.map((line) => line['withdrawn'])).toEqual([true, undefined, undefined]);
  });

  it('has no file at the door once the origin has it again', async () => {
    const change = { refusesWithdrawn: () => true, following: { withdrawnOf: () => new Map() } };
    const { get } = await opened('pypi', '{}', 'application/json', change);
    expect((await get('/pypi/simple/tiny/refused/tiny-1.1-py3-none-any.whl')).status).toBe(404);
  });
});

describe('an index that lists a withdrawn version', () => {
  const json = 'application/vnd.pypi.simple.v1+json';

  it('leads to the door for its tarball only', async () => {
    const { get, at } = await opened(
      'npm',
      '{"versions":{"1.0.0":{"dist":{"tarball":"https://m.example.com/hello/-/hello-1.0.0.tgz"}},"1.1.0":{"dist":{ "tarball" : "https://m.example.com/x/hello-1.1.0.tgz?a=b"}}}}',
      'application/json',
    );
    const got = await get('/npm/hello');
    expect(got.status).toBe(200);
    expect(got.text).toBe(
      `{"versions":{"1.0.0":{"dist":{"tarball":"https://m.example.com/hello/-/hello-1.0.0.tgz"}},"1.1.0":{"dist":{ "tarball" : "${at}/npm/hello/-/hello-1.1.0.tgz"}}}}`,
    );
    const [, link = ''] = /"tarball" : "([^"]*)"/.exec(got.text) ?? [];
    expect((await get(link.slice(at.length))).status).toBe(451);
  });

  it.each([
    ['JSON', json, '{"files":[{"url":"../../f/tiny-1.0.tar.gz"},{"url":"../../f/tiny-1.1.tar.gz#sha256=0"}]}'],
    ['HTML', 'text/html', '<a href="../../f/tiny-1.0.tar.gz">a</a><a href="../../f/tiny-1.1.tar.gz#sha256=0">b</a>'],
  ])('leads to the door for its file only, in %s', async (_name, type, page) => {
    const { get, at, mirror } = await opened('pypi', page, type);
    const got = await get('/pypi/simple/tiny/');
    expect(got.text).toBe(
      page
        .replace('../../f/tiny-1.0', `${mirror}/f/tiny-1.0`)
        .replace('../../f/tiny-1.1', `${at}/pypi/simple/tiny/refused/tiny-1.1`),
    );
    expect((await get('/pypi/simple/tiny/refused/tiny-1.1.tar.gz')).status).toBe(451);
  });

  it.each([
    '<a href=https://f.example.com/tiny-1.1.tar.gz>b</a>',
    '<a href=https://f.example.com/tiny-1.1.tar.gz#sha256=0 class=x>b</a>',
    '<a data-href="x" href="https://f.example.com/tiny-1.1.tar.gz">b</a>',
    "<a title='a'href=https://f.example.com/tiny-1.1.tar.gz>b</a>",
    '<base href=https://f.example.com/><a href=tiny-1.1.tar.gz>b</a>',
  ])('leads to the door for its file however HTML writes the link: %s', async (page) => {
    const { get, at } = await opened('pypi', page, 'text/html');
    const { text } = await get('/pypi/simple/tiny/');
    expect(text).toContain(`href="${at}/pypi/simple/tiny/refused/tiny-1.1.tar.gz`);
    expect(text).not.toContain('f.example.com/tiny');
  });

  it('is not redirected while too many responses are sent on', async () => {
    const { get } = await opened('npm', '{}', 'application/json', { ...refusing, passing: { count: 1, max: 1 } });
    expect((await get('/npm/hello')).status).toBe(503);
    expect((await get('/npm/other')).status).toBe(302);
  });
});

describe('what counts as withdrawn', () => {
  const known = (withdrew: Readonly<Record<string, readonly string[]>>): KnownOrder => ({
    advice: null,
    ranked: [],
    wrong: new Set(),
    unknown: new Set(),
    down: new Set(),
    failing: new Set(),
    usualMs: new Map(),
    withdrew: new Map(
      Object.entries(withdrew).map(([name, versions]) => [name, new Map([['rsc.io/quote', new Set(versions)]])]),
    ),
  });

  it('is what the configured origin of the upstream withdrew, also while the daemon is lost and after a restart without it', async () => {
    const nothing = (): void => undefined;
    const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    const ports = { clock: { wallMs: () => 0 }, log, metrics: createDoorMetrics() };
    const path = `${tempDir('door')}/door.json`;
    const following = await createFollowing(path, ports);
    const routes = routesOf(doorConfig());
    const go = routes.find(({ key }) => key === 'go/go');
    const npm = routes.find(({ key }) => key === 'npm/npm');
    if (go === undefined || npm === undefined) throw new Error('no route');
    following.configure(routes);
    const versions = () => [...(following.withdrawnOf(go).get('rsc.io/quote') ?? [])];
    expect(versions()).toEqual([]);
    following.known(new Map([['go/go', known({ near: ['v1.0.0'], 'go-origin': ['v1.5.2'] })]]));
    expect(versions()).toEqual(['v1.5.2']);
    // This upstream has no origin, so nothing is withdrawn.
    expect(following.withdrawnOf(npm).size).toBe(0);
    following.lost('gone');
    expect(versions()).toEqual(['v1.5.2']);
    await following.done();
    const restarted = await createFollowing(path, ports);
    restarted.configure(routes);
    expect([...(restarted.withdrawnOf(go).get('rsc.io/quote') ?? [])]).toEqual(['v1.5.2']);
    following.known(new Map([['go/go', known({ near: ['v1.0.0'] })]]));
    expect(versions()).toEqual([]);
    await following.done();
    const again = await createFollowing(path, ports);
    again.configure(routes);
    expect(again.withdrawnOf(go).size).toBe(0);
  });
});
