import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { removeTempDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Findings, ProbeJson, Targets } from './views.ts';

real('packages that no entry names, and the real apt', ['nginx', 'apt', 'gpgv'], () => {
  let tree: DebianTree;
  let dirs: readonly string[] = [];
  const servers: Record<string, Nginx> = {};
  let daemon: DaemonProcess;
  const packageOf = (name: string): string => tree.packages.find((one) => one.name === name)?.path ?? '';

  beforeAll(async () => {
    // As Debian's updates and security have it.
    tree = await makeDebianTree(['hello-a', 'hello-b', 'hello-c', 'hello-d'], { forms: ['.xz'] });
    const copies = { good: tree.dir, flipped: tempDir('debian'), missing: tempDir('debian') };
    dirs = Object.values(copies);
    for (const dir of [copies.flipped, copies.missing]) cpSync(tree.dir, dir, { recursive: true });
    const spoilt = join(copies.flipped, packageOf('hello-c'));
    const bytes = readFileSync(spoilt);
    const at = bytes.length - 10;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(spoilt, bytes);
    rmSync(join(copies.missing, packageOf('hello-b')));
    for (const [name, root] of Object.entries(copies)) servers[name] = await startNginx({ root, prefix: `/${name}/` });
    daemon = await startDaemon({ yaml: configuration() });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const server of Object.values(servers)) await server.close();
    for (const dir of dirs) removeTempDir(dir);
  });

  const configuration = (): string => `
vantage: real
schedule: { every: 1s, timeout: 30s, perHost: 4 }
steps: { whole: { every: 1s, timeout: 30s } }
mirrors:
${Object.entries(servers)
  .map(
    ([name, { httpUrl }]) =>
      `  - { name: ${name}, ecosystem: http, upstream: debian, profile: debian, url: "${httpUrl}/" }`,
  )
  .join('\n')}
modules:
  http: [ { upstream: debian, path: dists/stable/InRelease, expect: { signedBy: ${tree.keyFile} } } ]
`;

  /** The exit code of `apt-get download` from one mirror, and what it says. */
  async function download(mirror: string, name: string): Promise<readonly [number | null, string]> {
    const apt = makeAptRoot([`deb [signed-by=${tree.keyFile}] ${servers[mirror]?.httpUrl}/ stable main`]);
    try {
      expect((await apt.get('update', '--error-on=any')).code).toBe(0);
      const { code, stderr } = await apt.get('download', name);
      return [code, stderr];
    } finally {
      removeTempDir(apt.dir);
    }
  }

  const finding = (registry: string, kind: string) =>
    until(
      `${kind} of ${registry}`,
      async () =>
        (await daemon.api<Findings>('findings')).findings.find((one) => one.registry === registry && one.kind === kind),
      (found) => found !== undefined,
      { help: daemon.log },
    );

  test('a flipped byte of one of them is found by the list that is signed, and apt refuses it too', async () => {
    const found = await finding('flipped', 'mismatch');
    expect(found).toMatchObject({
      cause: 'mismatch',
      text: `flipped serves a wrong ${packageOf('hello-c')} of dists/stable/InRelease (whole): the sha256 check against the signed dists/stable/InRelease failed twice.`,
    });
    const [code, stderr] = await download('flipped', 'hello-c');
    expect([code, stderr.includes('Hash Sum mismatch')]).toEqual([100, true]);
    expect((await download('flipped', 'hello-a'))[0]).toBe(0);
  });

  test('a missing package is reported too, and apt does not find it', async () => {
    expect(await finding('missing', 'refusal')).toMatchObject({ cause: 'absent' });
    const [code, stderr] = await download('missing', 'hello-b');
    expect([code, stderr.includes('404')]).toEqual([100, true]);
  });

  test('the good mirror is well, and its list is verified', async () => {
    const whole = await until(
      'an ok answer',
      async () =>
        (await daemon.api<Targets>('targets?limit=500')).targets.find(
          ({ id }) => id === 'good|dists/stable/InRelease||whole',
        ),
      (found) => found?.lastOutcome === 'ok',
      { help: daemon.log },
    );
    const { facts } = await daemon.api<ProbeJson>(`probes/${whole?.probeId}`);
    expect(facts.verified).toMatchObject({ algorithm: 'sha256', against: 'signature' });
    const { findings } = await daemon.api<Findings>('findings');
    const ofContents = ['mismatch', 'refusal'];
    expect(findings.filter(({ registry, kind }) => registry === 'good' && ofContents.includes(kind))).toEqual([]);
    expect((await download('good', 'hello-c'))[0]).toBe(0);
  });
});
