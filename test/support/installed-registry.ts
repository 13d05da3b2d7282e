import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** An npm registry on loopback of what lies in `node_modules`. */
export type InstalledRegistry = { readonly url: string; close(): Promise<void> };

/** @param paths  folders of packages, relative to `root`, such as `node_modules/zod`; others do not exist there */
export async function startInstalledRegistry(root: string, paths: readonly string[]): Promise<InstalledRegistry> {
  const packages = paths.map((path) => ({
    path,
    json: JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')),
  }));
  const of = (name: string) => packages.filter(({ json }) => json.name === name);
  const server = createServer(({ url = '' }, response) => {
    const [path = '', name = '', version = ''] = /^\/(@?[^@]+)@([^@]+)\.tgz$/.exec(decodeURIComponent(url)) ?? [];
    const artifact = path === '' ? undefined : of(name).find(({ json }) => json.version === version);
    if (artifact !== undefined) {
      const args = [
        '-czf',
        '-',
        '--exclude=./node_modules',
        '--transform',
        's,^\\.,package,',
        '-C',
        join(root, artifact.path),
        '.',
      ];
      return void response.end(execFileSync('tar', args, { maxBuffer: 2 ** 28 }));
    }
    const all = of(decodeURIComponent(url.slice(1)));
    if (all.length === 0) return void response.writeHead(404).end('{}');
    const versions = all.map(({ json }) => [
      json.version,
      {
        ...json,
        scripts: {},
        dist: { tarball: `${origin()}/${encodeURIComponent(`${json.name}@${json.version}`)}.tgz` },
      },
    ]);
    const body = {
      name: all[0]?.json.name,
      'dist-tags': { latest: all[0]?.json.version },
      versions: Object.fromEntries(versions),
    };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  });
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: origin(),
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
