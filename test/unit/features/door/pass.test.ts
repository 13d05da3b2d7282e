import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../../src/core/config.ts';
import { limits } from '../../../../src/core/limits.ts';
import { registry } from '../../../../src/ecosystems/registry.ts';
import { readConfig } from '../../../daemon/world.ts';
import { closeAll, openHandler, serveOn } from './open-handler.ts';

afterEach(closeAll);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A mirror that answers so, and what it was asked. */
async function mirror(answer: Answer) {
  const asked: IncomingMessage[] = [];
  const port = await serveOn((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  return { url: `127.0.0.1:${port}`, asked };
}

const text =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers });
    response.end(body);
  };
const silent: Answer = () => undefined;
const cut: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('begin');
  setTimeout(() => response.destroy(), 5);
};

function configOf(urls: Readonly<Record<string, string>>, kind = 'go'): Config {
  const lines = Object.entries(urls).map(([name, url]) => `  - { name: ${name}, ecosystem: ${kind}, url: "${url}" }`);
  const modules = kind === 'go' ? 'go: [ rsc.io/quote@v1.5.2 ]' : 'pypi: [ six==1.17.0 ]';
  const read = readConfig(
    `mirrors:\n${lines.join('\n')}\nmodules: { ${modules} }\ncontrols: [ http://127.0.0.1:9/ ]\ndoor: {}\n`,
  );
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

const path = '/go/rsc.io/quote/@v/v1.5.2.info';

describe('while the head is in doubt, the door fetches an index itself', () => {
  const following = { doubts: new Set(['near']) };

  it('from the next mirror, and passes it on with what it says of itself', async () => {
    const near = await mirror(silent);
    const far = await mirror(text(200, '{"Version":"v1.5.2"}', { etag: '"x"', 'set-cookie': 'a=b', location: '/x' }));
    const { get, lines } = await openHandler(configOf({ near: `http://${near.url}`, far: `http://${far.url}/base` }), {
      following,
    });
    const got = await get(path, 'GET', { accept: 'application/json', 'if-none-match': '"x"', cookie: 'secret=1' });
    expect([got.status, got.text, got.headers['etag'], got.headers['set-cookie'], got.headers['location']]).toEqual([
      200,
      '{"Version":"v1.5.2"}',
      '"x"',
      undefined,
      undefined,
    ]);
    expect(far.asked[0]?.url).toBe('/base/rsc.io/quote/@v/v1.5.2.info');
    const { accept, cookie, 'if-none-match': condition, 'user-agent': agent } = far.asked[0]?.headers ?? {};
    expect([accept, cookie, condition]).toEqual(['application/json', undefined, undefined]);
    expect(agent).toMatch(/^mirrorwatch\//);
    expect(near.asked).toEqual([]);
    expect(lines[0]).toMatchObject({ registry: 'far', outcome: 'passed', why: 'near in doubt' });
  });

  it.each<readonly [string, Answer]>([
    ['503', text(503, 'no')],
    ['429', text(429, 'no')],
    ['a page in HTML', text(200, '<html>', { 'content-type': 'text/html' })],
    ['404', text(404, 'no')],
    ['a body that is cut', cut],
    ['a closed connection', (_, response) => void response.destroy()],
  ])('past a mirror with %s', async (_, answer) => {
    const near = await mirror(text(200, 'near'));
    const bad = await mirror(answer);
    const good = await mirror(text(200, 'good'));
    const urls = { near: `http://${near.url}`, bad: `http://${bad.url}`, good: `http://${good.url}` };
    const { get } = await openHandler(configOf(urls), { following });
    expect(await get(path)).toMatchObject({ status: 200, text: 'good', isCut: false });
    expect(bad.asked).toHaveLength(1);
  });

  it('past a mirror that hangs, once it takes longer than usual', async () => {
    const near = await mirror(silent);
    const hung = await mirror(silent);
    const good = await mirror(text(200, 'good'));
    const urls = { near: `http://${near.url}`, hung: `http://${hung.url}`, good: `http://${good.url}` };
    const { get, lines } = await openHandler(configOf(urls), { following });
    expect((await get(path)).text).toBe('good');
    expect([hung.asked.length, near.asked.length]).toEqual([1, 0]);
    expect(lines[0]).toMatchObject({ registry: 'good', outcome: 'passed' });
  });

  it.each<readonly [string, string, number]>([
    ['v1.5.2.info', 'as its length says', limits.infoBytes],
    ['v1.5.2.info', 'without a length', limits.infoBytes],
    ['v1.5.2.mod', 'as its length says', limits.modBytes],
    ['list', 'without a length', limits.listBytes],
  ])('past a mirror whose %s is longer than a probe takes, %s', async (file, way, bytesMax) => {
    const bodyOf =
      (bytes: number): Answer =>
      (_, response) => {
        response.writeHead(200, way === 'without a length' ? {} : { 'content-length': bytes });
        response.write(Buffer.alloc(bytes - 1, 'x'));
        response.end('y');
      };
    const [long, good] = [await mirror(bodyOf(bytesMax + 1)), await mirror(bodyOf(bytesMax))];
    const urls = { near: 'http://127.0.0.1:9', long: `http://${long.url}`, good: `http://${good.url}` };
    const { get, lines } = await openHandler(configOf(urls), { following });
    const got = await get(`/go/rsc.io/quote/@v/${file}`);
    // What is read ahead is judged before it is sent; a longer list without a length is cut.
    const isAhead = way !== 'without a length' || bytesMax < limits.doorAheadBytes;
    expect([got.status, got.isCut, got.text.length <= bytesMax]).toEqual([200, !isAhead, true]);
    expect(lines[0]).toMatchObject(isAhead ? { registry: 'good', outcome: 'passed' } : { outcome: 'failed' });
  });

  it.each([
    ['public, max-age=31536000, immutable', 'private, max-age=300'],
    ['public, s-maxage=31536000', 'no-cache'],
    ['max-age=60', 'private, max-age=60'],
    ['no-cache, max-age=60', 'no-cache'],
    ['private, no-store', 'no-store'],
    ['', 'no-cache'],
  ])('and no shared cache keeps it, so that it does not outlive a switch: %j', async (said, becomes) => {
    const far = await mirror(text(200, '{}', said === '' ? {} : { 'cache-control': said }));
    const { get } = await openHandler(configOf({ near: 'http://127.0.0.1:9', far: `http://${far.url}` }), {
      following,
    });
    expect((await get(path)).headers['cache-control']).toBe(becomes);
  });

  it('says 404 where no mirror has it and one said so, and redirects where all fail', async () => {
    const [near, far] = [await mirror(text(503, 'no')), await mirror(text(404, 'no'))];
    const { get, lines } = await openHandler(configOf({ near: `http://${near.url}`, far: `http://${far.url}` }), {
      following,
    });
    expect((await get(path)).status).toBe(404);
    expect(lines[0]).toMatchObject({ outcome: 'absent' });
    const all = await openHandler(configOf({ near: `http://${near.url}` }), { following });
    expect((await all.get(path)).status).toBe(302);
  });

  it('follows redirects of a mirror, and takes its credentials to its own host alone', async () => {
    const store = await mirror(text(200, 'stored'));
    const far = await mirror((_, response) => {
      response.writeHead(302, { location: `http://localhost:${store.url.split(':')[1]}/elsewhere` });
      response.end();
    });
    const { get } = await openHandler(
      configOf({ near: 'http://127.0.0.1:9', far: `http://robot:hunter2@${far.url}` }),
      { following },
    );
    expect((await get(path)).text).toBe('stored');
    expect(far.asked[0]?.headers.authorization).toMatch(/^Basic /);
    expect(store.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('and never follows one into another network', async () => {
    const far = await mirror((_, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' });
      response.end();
    });
    const { get, lines } = await openHandler(configOf({ near: 'http://127.0.0.1:9', far: `http://${far.url}` }), {
      following,
    });
    expect((await get(path)).status).toBe(302);
    expect(lines[0]).toMatchObject({ outcome: 'redirected' });
  });

  it('makes the links of a Python page absolute', async () => {
    const page =
      '<!DOCTYPE html><a href="../../packages/six-1.17.0.tar.gz#sha256=ab">six</a> <A class=x href=\'http://files.example.com/a?x=1&amp;y=2\'>a</A>';
    const json = { meta: {}, name: 'six', files: [{ filename: 'six.whl', url: '/packages/six.whl' }] };
    const far = await mirror((request, response) => {
      const isJson = request.headers.accept === 'application/vnd.pypi.simple.v1+json';
      response.writeHead(200, { 'content-type': isJson ? 'application/vnd.pypi.simple.v1+json' : 'text/html' });
      response.end(isJson ? JSON.stringify(json) : page);
    });
    const { get } = await openHandler(
      configOf({ near: 'http://127.0.0.1:9', far: `http://${far.url}/root/simple` }, 'pypi'),
      { following },
    );
    expect((await get('/pypi/simple/six/')).text).toBe(
      `<!DOCTYPE html><a href="http://${far.url}/root/packages/six-1.17.0.tar.gz#sha256=ab">six</a> <A class=x href="http://files.example.com/a?x=1&amp;y=2">a</A>`,
    );
    const accept = 'application/vnd.pypi.simple.v1+json';
    const got = await get('/pypi/simple/six/', 'GET', { accept, 'accept-encoding': 'gzip' });
    expect(JSON.parse(got.text).files).toEqual([{ filename: 'six.whl', url: `http://${far.url}/packages/six.whl` }]);
    expect(got.headers['content-type']).toBe(accept);
  });

  it('has a form of its links for each ecosystem that has relative ones', () =>
    expect(registry.all.filter(({ door }) => door?.absolute !== undefined).map(({ id }) => id)).toEqual(['pypi']));
});
