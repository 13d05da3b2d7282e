import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptRoot, type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { removeTempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Advices, FindingJson, Mirrors } from './views.ts';

interface Told extends FindingJson {
  readonly cause: string;
  readonly evidence: FindingJson['evidence'] & { readonly sides?: readonly { readonly digest: string }[] };
}

real(
  'a cache whose key lacks the host, two archives under one signing key, and the real apt',
  ['nginx', 'apt', 'gpgv'],
  () => {
    let alpha: DebianTree;
    let beta: DebianTree;
    let origin: Nginx;
    let other: Nginx;
    let cache: Nginx;
    let good: Nginx;
    let daemon: DaemonProcess;
    const roots: AptRoot[] = [];

    beforeAll(async () => {
      alpha = await makeDebianTree(['hello-alpha'], { label: 'Alpha', byHash: true });
      beta = await makeDebianTree(['hello-beta'], { label: 'Beta', byHash: true, signedAs: alpha, agoMs: 600_000 });
      origin = await startNginx({ root: alpha.dir });
      good = await startNginx({ root: alpha.dir });
      // What it sends stays in the cache for an hour.
      other = await startNginx({ root: beta.dir, extra: 'add_header X-Accel-Expires 3600;' });
      cache = await startNginx({
        root: alpha.dir,
        prefix: '/unused/',
        extraHttp: (dir) => `
  proxy_cache_path ${dir}/cache keys_zone=files:1m;
  map $http_host $archive { beta.example.com ${other.httpUrl}; default ${origin.httpUrl}; }`,
        extra: `
    location / {
      proxy_pass $archive;
      proxy_cache files;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 1s;
    }`,
      });
      const mirror = (name: string, url: string, more: string): string =>
        `  - { name: ${name}, ecosystem: http, upstream: internal, profile: debian, url: "${new URL(url).origin}/", ${more} }`;
      daemon = await startDaemon({
        yaml: `
schedule: { every: 1s, timeout: 30s, perHost: 4 }
steps: { marker: 5s, whole: { every: 10m, timeout: 30s } }
mirrors:
${mirror('origin', origin.httpUrl, 'role: origin')}
${mirror('cache', cache.httpUrl, 'weight: 100')}
${mirror('good', good.httpUrl, 'weight: 50')}
modules:
  http:
    - { upstream: internal, path: dists/stable/InRelease, expect: { signedBy: ${alpha.keyFile} } }
`,
      });
    });

    afterAll(async () => {
      await daemon?.close();
      for (const server of [cache, good, other, origin]) await server?.close();
      for (const tree of [alpha, beta, ...roots]) if (tree !== undefined) removeTempDir(tree.dir);
    });

    /** What a client without lists meets at a mirror. */
    async function installFrom(url: string): Promise<string> {
      const apt = makeAptRoot([`deb [signed-by=${alpha.keyFile}] ${new URL(url).origin}/ stable main`]);
      roots.push(apt);
      const update = await apt.get('update', '--error-on=any');
      const got = await apt.get('download', alpha.package.name);
      return `${update.code} ${got.code === 0 ? 'downloaded' : got.stderr}`;
    }

    const states = async (): Promise<readonly string[]> =>
      (await daemon.api<Mirrors>('mirrors')).mirrors.map(({ registry, state }) => `${registry} ${state}`).sort();

    test('a client of the other archive fills the cache: apt finds no package, and the mirror is left', async () => {
      await until('all up', states, (all) => all.join() === 'cache up,good up,origin up', { help: daemon.log });
      expect(await installFrom(cache.httpUrl)).toBe('0 downloaded');
      // First what only the other archive has, so that the cache is never between the two.
      const byHash = 'main/binary-amd64/by-hash/SHA256';
      const indexes = readdirSync(join(beta.dir, 'dists/stable', byHash)).map((name) => `${byHash}/${name}`);
      for (const path of [...indexes, 'InRelease'])
        await until(
          `${path} of the other archive in the cache`,
          async () => {
            const body = await getAs('beta.example.com', `${new URL(cache.httpUrl).origin}/dists/stable/${path}`);
            return body.equals(await getAs('x', `${new URL(other.httpUrl).origin}/dists/stable/${path}`));
          },
          (is) => is,
        );
      expect(await installFrom(cache.httpUrl)).toContain('Unable to locate package hello-alpha');
      const { advice } = await until(
        'advice to leave the cache',
        () => daemon.api<Advices>('advice'),
        (answer) => answer.advice.some(({ from, state }) => from === 'cache' && state === 'proposed'),
        { help: daemon.log },
      );
      const proposed = advice.find(({ state }) => state === 'proposed');
      expect(proposed).toMatchObject({ cause: 'mismatch', to: 'good' });
      const { findings } = await daemon.api<{ readonly findings: readonly Told[] }>('findings');
      expect(findings.map(({ kind, registry, cause }) => [kind, registry, cause])).toEqual([
        ['mismatch', 'cache', 'origin'],
      ]);
      expect(findings[0]?.evidence.sides?.map(({ digest }) => digest).sort()).toEqual([
        'Origin: Example; Label: Alpha',
        'Origin: Example; Label: Beta',
      ]);
      expect(await installFrom(good.httpUrl)).toBe('0 downloaded');
    });
  },
);

/** The body that a client of this host name gets. */
function getAs(host: string, url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}
