import { appendFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptRoot, type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Advices, FindingJson, Findings, Mirrors, Targets } from './views.ts';

const list = 'dists/stable/InRelease';
const index = 'dists/stable/main/binary-amd64/Packages.xz';

real('an index that changes below an unchanged InRelease, and the real apt', ['nginx', 'apt', 'gpgv'], () => {
  const trees: DebianTree[] = [];
  const dirs: string[] = [];
  const servers: Record<string, { readonly nginx: Nginx; readonly tree: DebianTree; readonly dir: string }> = {};
  let daemon: DaemonProcess;

  beforeAll(async () => {
    const byHash = await makeDebianTree(['hello-a'], { forms: ['.xz'], byHash: true });
    const plain = await makeDebianTree(['hello-a'], { forms: ['.xz'] });
    trees.push(byHash, plain);
    const copies = { good: byHash, hashed: byHash, short: byHash, canonical: byHash, old: plain };
    for (const [name, tree] of Object.entries(copies)) {
      const dir = tempDir('debian');
      dirs.push(dir);
      cpSync(tree.dir, dir, { recursive: true });
      servers[name] = { nginx: await startNginx({ root: dir, prefix: `/${name}/` }), tree, dir };
    }
    daemon = await startDaemon({ yaml: configuration() });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const { nginx } of Object.values(servers)) await nginx.close();
  });

  /** An index is read whole by schedule once in an hour: what is found here is found at the pace of the canary. */
  const configuration = (): string => `
vantage: real
schedule: { every: 1s, timeout: 30s, perHost: 4 }
steps: { whole: 1h }
mirrors:
${Object.entries(servers)
  .map(([name, { nginx }]) => {
    const upstream = name === 'old' ? 'old' : 'debian';
    return `  - { name: ${name}, ecosystem: http, upstream: ${upstream}, profile: debian, url: "${nginx.httpUrl}/" }`;
  })
  .join('\n')}
modules:
  http:
    - { upstream: debian, path: ${list}, expect: { signedBy: ${trees[0]?.keyFile} } }
    - { upstream: debian, path: ${index}, expect: { signedBy: ${trees[0]?.keyFile} } }
    - { upstream: old, path: ${list}, expect: { signedBy: ${trees[1]?.keyFile} } }
`;

  async function update(mirror: string): Promise<readonly [number | null, string]> {
    const { tree, nginx } = servers[mirror] ?? {};
    const apt = makeAptRoot([`deb [signed-by=${tree?.keyFile}] ${nginx?.httpUrl}/ stable main`]);
    const { code, stderr } = await apt.get('update', '--error-on=any');
    return [code, stderr];
  }

  const lastOf = async (mirror: string, path: string): Promise<string | null | undefined> =>
    (await daemon.api<Targets>('targets?limit=500')).targets.find(({ id }) => id === `${mirror}|${path}||get`)
      ?.lastOutcome;
  const stateOf = async (mirror: string): Promise<string | undefined> =>
    (await daemon.api<Mirrors>('mirrors')).mirrors.find(({ registry }) => registry === mirror)?.state;
  const isOk = (mirror: string): Promise<unknown> =>
    until(
      `${mirror} is well`,
      () => lastOf(mirror, list),
      (last) => last === 'ok',
      { help: daemon.log },
    );
  type Finding = Findings['findings'][number];
  const finding = (registry: string, kind: string, isMeant: (finding: Finding) => boolean = () => true) =>
    until(
      `${kind} of ${registry}`,
      async () =>
        (await daemon.api<Findings>('findings')).findings.find(
          (one) => one.registry === registry && one.kind === kind && isMeant(one),
        ),
      (found) => found !== undefined,
      { help: daemon.log },
    );

  /** The path of the one file that apt downloads by hash. */
  const hashedOf = (mirror: string): string => {
    const lines = servers[mirror]?.nginx.accessLog().split('\n') ?? [];
    return lines.map((line) => /"GET \/\w+\/(\S+by-hash\/\S+)/.exec(line)?.[1]).find((one) => one !== undefined) ?? '';
  };
  function flip(mirror: string, path: string): void {
    const file = join(servers[mirror]?.dir ?? '', path);
    const bytes = readFileSync(file);
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  }

  test.each(['hashed', 'old'])('a flipped byte (%s) is a mismatch, and apt refuses it', async (mirror) => {
    await isOk(mirror);
    expect((await update(mirror))[0]).toBe(0);
    const path = mirror === 'old' ? index : hashedOf(mirror);
    flip(mirror, path);
    // A download for a comparison can find it first, and is then named in the text. `get` must find it too.
    const found = await finding(mirror, 'mismatch', ({ scope }) => scope.some(({ step }) => step === 'get'));
    expect(found?.text).toContain(`${mirror} serves a wrong ${path} of ${list} (`);
    const [code, stderr] = await update(mirror);
    expect([code, stderr.includes('Hash Sum mismatch')]).toEqual([100, true]);
  });

  test('an index of another length is an outage: the mirror is down for apt too', async () => {
    await isOk('short');
    expect((await update('short'))[0]).toBe(0);
    appendFileSync(join(servers['short']?.dir ?? '', hashedOf('short')), 'x');
    await finding('short', 'outage');
    expect(await stateOf('short')).toBe('down');
    expect((await update('short'))[0]).toBe(100);
  });

  test('a bad canonical file that no client reads degrades the mirror, which is not down', async () => {
    await isOk('canonical');
    flip('canonical', index);
    const scope = (await finding('canonical', 'outage'))?.scope.map(({ module, step }) => `${module} ${step}`);
    expect(scope).toEqual([`${index} get`]);
    expect([await stateOf('canonical'), await lastOf('canonical', list)]).toEqual(['degraded', 'ok']);
    expect((await update('canonical'))[0]).toBe(0);
    const { findings } = await daemon.api<Findings>('findings');
    const texts = findings.flatMap(({ registry, kind, text }) =>
      registry === 'canonical' ? [`${kind}: ${text}`] : [],
    );
    expect(texts).toEqual([expect.stringMatching(/^outage: .*malformed/)]);
  });

  test('the good mirror is well; at the pace of the canary it sends no index, only 304', async () => {
    await isOk('good');
    const { nginx } = servers['good'] ?? {};
    const path = hashedOf('good');
    const statuses = (): readonly string[] =>
      (nginx?.accessLog().split('\n') ?? []).flatMap((line) => (line.includes(path) ? [line.split(' ')[1] ?? ''] : []));
    const count = (status: string): number => statuses().filter((one) => one === status).length;
    const unchanged = (least: number): Promise<number> =>
      until(
        `${least} responses 304`,
        async () => count('304'),
        (many) => many >= least,
        { help: daemon.log },
      );
    // Probes that begin before the first copy is stored read the index whole, each for itself.
    await unchanged(3);
    const whole = count('200');
    await unchanged(count('304') + 10);
    // The thread for large artifacts may read it whole once more.
    expect(count('200')).toBeLessThanOrEqual(whole + 1);
    const { findings } = await daemon.api<Findings>('findings');
    expect(findings.filter(({ registry }) => registry === 'good')).toEqual([]);
    expect(await stateOf('good')).toBe('up');
  });
});

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
