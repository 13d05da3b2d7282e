import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { pypiDoor } from '../../../../src/ecosystems/pypi/door.ts';
import { joinsOf } from '../../../../src/features/door/print/files.ts';
import { engines } from '../../../../src/features/door/print/print.ts';
import { tempDir } from '../../../support/paths.ts';
import { table } from '../../../support/table.ts';
import { run } from '../../cli/run-program.ts';

const route = { prefix: '/pypi/simple/', paths: pypiDoor };
const name = 'tiny-1.0-py3-none-any.whl';

/** The joins for one link of the page of `tiny` at a mirror. */
function joinsFor(mirror: string, link: string): unknown {
  const there = new URL(link, `${mirror}/tiny/`).href;
  const door = new URL(link, 'http://door.invalid/pypi/simple/tiny/').href;
  const joins = joinsOf(route, mirror, ['/go/', '/http/debian/'], [{ there, door }]);
  return joins.tag === 'ok' ? joins.value.map(({ from, to }) => `${from} ${to}`) : joins.error;
}

describe('the paths of files behind a printed door', () => {
  test.for(
    table<[string, string, string, readonly string[]][]>(
      'unit/features/door/print-files',
      'the paths of files behind a printed door: %s',
    ),
  )('%s', ([, mirror, link, joins]) => expect(joinsFor(mirror, link)).toEqual(joins));

  test.for([
    ['a file at the root', 'http://m/simple', `/${name}`],
    ['a query, which the door drops', 'http://m/simple', `/packages/${name}?signature=x`],
    ['the prefix of another route', 'http://m/simple', `/go/${name}`],
    ['a folder around another route', 'http://m/simple', `/http/${name}`],
    ['a folder that needs quotes', 'http://m/simple', `/a%20b/${name}`],
    ['the pages of the door, elsewhere at the mirror', 'http://m/simple', `/pypi/simple/tiny/${name}`],
    ['a file of no known kind', 'http://m/simple', '/packages/tiny-1.0.bin'],
  ] as const)('%s has none', ([, mirror, link]) => expect(joinsFor(mirror, link)).toBe(new URL(link, mirror).href));

  test('two links that need the same prefix for different folders have none', () => {
    const at = (there: string) => ({ door: `http://door.invalid/packages/${name}`, there: `http://m${there}/${name}` });
    expect(joinsOf(route, 'http://m/simple', [], [at('/packages'), at('/other')]).tag).toBe('error');
  });
});

describe('mirrorwatch door --print reads a page of each mirror', async () => {
  let seen: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];
  let link = '';

  const dir = tempDir('door-files');
  const server = createServer(({ url = '', headers }, response) => {
    seen.push({ url, headers });
    const isPage = url.endsWith('/tiny/') && link !== '';
    response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html' });
    response.end(`<a href="${link}#sha256=00">${name}</a>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  afterEach(() => {
    seen = [];
  });

  afterAll(() => server.close());

  function print(
    engine: string,
    out: string | null,
    url = `http://robot:hunter2@${at}/simple`,
  ): ReturnType<typeof run> {
    const file = join(dir, 'mirrorwatch.yaml');
    writeFileSync(
      file,
      `mirrors: [ { name: web, ecosystem: pypi, url: "${url}" } ]
controls: [ "tcp://127.0.0.1:9" ]
modules: { pypi: [ tiny==1.0, corp-x==1.0 ] }
private: { pypi: [ corp-* ] }
door: { listen: "127.0.0.1:1", orderFile: door.json, daemon: "http://127.0.0.1:9" }
`,
    );
    return run(['door', '--config', file, '--print', engine, ...(out === null ? [] : ['--out', out])]);
  }

  test.for(engines)('%s: the folder of its files has a path, and --out makes its folder', async (engine) => {
    link = `/packages/${name}`;
    const out = join(dir, engine, 'made');
    const { code, err } = await print(engine, out);
    expect([code, err]).toEqual([0, '']);
    expect(existsSync(join(out, 'door.order'))).toBe(true);
    // With the mirror's credentials, in each form, and no private name.
    expect(seen.map(({ url }) => url)).toEqual(['/simple/tiny/', '/simple/tiny/']);
    expect(new Set(seen.map(({ headers }) => headers.accept)).size).toBe(2);
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('robot:hunter2').toString('base64')}`);
    expect((await print(engine, null)).out).toContain('/packages/');
  });

  test('it is not requested for the order alone', async () => {
    const file = join(dir, 'mirrorwatch.yaml');
    await run(['door', '--config', file, '--print', 'nginx', '--order']);
    expect(seen).toEqual([]);
  });

  test('a mirror without a page gets a warning and the usual folder', async () => {
    link = '';
    const { code, err, out } = await print('nginx', null);
    expect([code, err]).toEqual([0, expect.stringMatching(/^mirrorwatch: web: no project page .*\(status 404\)/)]);
    expect(out).toContain('/pypi/packages/');
    const dead = await print('nginx', null, 'http://127.0.0.1:9/simple');
    expect([dead.code, dead.err]).toEqual([0, expect.stringContaining('(ECONNREFUSED)')]);
  });

  test('a door without a mirror that can be used is not written', async () => {
    link = `/${name}`;
    const out = join(dir, 'none');
    const { code, err } = await print('haproxy', out);
    expect(code).toBe(1);
    expect(err).toContain(`web is not used: the printed door has no path for its file http://${at}/${name}.`);
    expect(err).toContain('haproxy can use no mirror of pypi/pypi');
    expect(existsSync(out)).toBe(false);
  });

  test('full URLs at a mirror with credentials get a warning', async () => {
    link = `http://${at}/packages/${name}`;
    const { code, err } = await print('caddy', null);
    expect([code, err]).toEqual([0, expect.stringContaining(`web: its pages link to full URLs (${link})`)]);
    expect(await print('caddy', null, `http://${at}/simple`)).toMatchObject({ code: 0, err: '' });
  });

  test('a folder that cannot be made is an error', async () => {
    link = name;
    const { code, err } = await print('nginx', '/proc/none');
    expect([code, err]).toEqual([1, expect.stringContaining('cannot write /proc/none: E')]);
    expect(readFileSync(join(dir, 'nginx/made/door.conf'), 'utf8')).toContain('proxy_pass');
  });
});
