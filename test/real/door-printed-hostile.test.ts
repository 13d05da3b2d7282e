import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { engines, renderDoor } from '../../src/features/door/print/print.ts';
import { readConfig } from '../daemon/world.ts';
import { commandPath } from '../support/paths.ts';
import { mustRun } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';

// Paths of sockets must be short.
const folder = mkdtempSync('/tmp/mw-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Marks of the syntaxes of nginx, Caddy and HAProxy: quotes, ends of lines, of statements and of blocks, variables. */
const marks = table<string[]>('real/door-printed-hostile', 'marks');

const yamlOf = (over: { name?: string; url?: string; glob?: string; host?: string; token?: string; user?: string }) => {
  const { name = 'near', url = 'https://near.example.com/go', glob = 'git.example.com/x', host, token, user } = over;
  const listen = {
    address: '127.0.0.1:10121',
    ...(host === undefined ? {} : { hosts: [host] }),
    ...(token === undefined ? {} : { token }),
  };
  const auth = user === undefined ? {} : { auth: { username: user, password: 'hunter2' } };
  return JSON.stringify({
    controls: ['https://control.example.net/'],
    mirrors: [
      { name, ecosystem: 'go', url, ...auth },
      { name: 'far', ecosystem: 'go', url: 'https://127.0.0.2' },
      { name: 'npm-near', ecosystem: 'npm', url: 'https://127.0.0.3/registry' },
      { name: 'pypi-near', ecosystem: 'pypi', url: 'https://127.0.0.4/simple' },
    ],
    modules: { go: ['rsc.io/quote@v1.5.2'], npm: ['lodash@4.17.21'], pypi: ['six==1.17.0'] },
    private: {
      go: [glob],
      npm: [glob.replace('git.example.com', '@corp')],
      pypi: [glob.replace('git.example.com/', 'corp-')],
    },
    door: { listen },
  });
};

const hostile = marks.flatMap(
  (mark) =>
    [
      ['name', { name: `a${mark}b` }],
      ['path', { url: `https://near.example.com/a${mark}b` }],
      ['host', { url: `https://near${mark}.example.com/` }],
      ['glob', { glob: `git.example.com/a${mark}b` }],
      ['accepted host', { host: `a${mark}b` }],
      ['token', { token: `0123456789abcdef${mark}0` }],
      ['user', { user: `a${mark}b` }],
    ] as const,
);

/** The printed files, in a folder of their own; `null`: the configuration is refused. */
function printedIn(engine: (typeof engines)[number], dir: string, yaml: string): readonly string[] | null {
  const read = readConfig(yaml);
  const door = read.tag === 'ok' ? read.value.door : undefined;
  if (read.tag === 'error' || door === undefined) return null;
  mkdirSync(dir, { recursive: true });
  const { files, keys } = renderDoor(engine, read.value, door, dir, new Map());
  for (const [name, text] of [...files, ...keys]) writeFileSync(join(dir, name), text);
  return [...files.values()];
}

/** The number of lines of each text. No value ends a line. */
const linesOf = (texts: readonly string[]) => texts.map((text) => text.split('\n').length);

describe.each(engines)('a door for %s', (engine) => {
  it('has the same lines, whatever the names', () => {
    const plain = linesOf(printedIn(engine, join(folder, `${engine}-plain`), yamlOf({})) ?? []);
    const withHost = linesOf(printedIn(engine, join(folder, `${engine}-plain`), yamlOf({ host: 'x' })) ?? []);
    expect(withHost).toEqual(plain);
    let count = 0;
    for (const [what, over] of hostile) {
      const texts = printedIn(engine, join(folder, `${engine}-x`), yamlOf(over));
      if (texts === null || what === 'token' || what === 'user') continue;
      // A mirror with a URL that the proxies read differently is left out.
      if (what === 'path' && texts.every((text) => !text.includes('near.example.com'))) continue;
      count += 1;
      expect([over, linesOf(texts)]).toEqual([over, plain]);
    }
    expect(count).toBeGreaterThan(0);
  });
});

const checks = {
  nginx: (dir: string) => {
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${dir}/${one};`);
    writeFileSync(
      join(dir, 'nginx.conf'),
      `pid ${dir}/pid;\nevents {}\nhttp {\n${temps.join('\n')}\naccess_log off;\nresolver 127.0.0.1;\ninclude ${dir}/door.conf;\n}\n`,
    );
    return mustRun(commandPath('nginx'), ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr', '-t']);
  },
  caddy: (dir: string) => mustRun(commandPath('caddy'), ['adapt', '--config', join(dir, 'Caddyfile')]),
  haproxy: (dir: string) => mustRun(commandPath('haproxy'), ['-c', '-f', join(dir, 'haproxy.cfg')]),
} as const;

for (const engine of engines)
  real(`the real ${engine}`, [engine], () => {
    it('reads a door of names with every mark that the configuration accepts', async () => {
      const glob = `git.example.com/${marks.filter((mark) => printedIn(engine, folder, yamlOf({ glob: `git.example.com/a${mark}b` }))).join('')}`;
      const dir = join(folder, `real-${engine}`);
      const url = 'https://127.0.0.1/a+b@c!d,e:f=g~h';
      expect(
        printedIn(
          engine,
          dir,
          yamlOf({ glob, url, name: 'a.b-c_d', token: '0123456789abcdef._~+/-==', user: 'a"b;c}d' }),
        ),
      ).not.toBe(null);
      await checks[engine](dir);
    });
  });
