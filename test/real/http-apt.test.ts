import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptRoot, type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { AdviceJson, Advices, Findings, Mirrors, ProbeJson, Targets } from './views.ts';

real('two mirrors of a Debian archive, and the real apt', ['nginx', 'apt', 'gpgv'], () => {
  let tree: DebianTree;
  let apt: AptRoot;
  let a: Nginx;
  let b: Nginx;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    tree = await makeDebianTree();
    a = await startNginx({ root: tree.dir, prefix: '/debian/' });
    b = await startNginx({ root: tree.dir, prefix: '/pub/debian/' });
    const signed = `[signed-by=${tree.keyFile}]`;
    apt = makeAptRoot([`deb ${signed} ${a.httpUrl}/ stable main`, `# deb ${a.httpUrl}-security stable main`]);
    daemon = await startDaemon({ yaml: configuration() });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const server of [a, b]) await server?.close();
  });

  const configuration = (): string => `
vantage: real
schedule: { every: 1s, timeout: 30s, perHost: 4 }
steps: { marker: 5s, whole: { every: 10s, timeout: 30s } }
mirrors:
  - { name: a, ecosystem: http, upstream: debian, profile: debian, url: "${a.httpUrl}/", weight: 100 }
  - { name: b, ecosystem: http, upstream: debian, profile: debian, url: "${b.httpUrl}/", weight: 50 }
controls: [ "${b.httpsUrl.replace(/^https:(.*)\/pub\/debian$/, 'tcp:$1')}" ]
modules:
  http:
    - { upstream: debian, path: dists/stable/InRelease, expect: { matches: "^Suite: stable$", newerThan: 1d, signedBy: ${tree.keyFile} } }
    - { upstream: debian, path: dists/stable/main/binary-amd64/Packages, expect: { signedBy: ${tree.keyFile} } }
    - { upstream: debian, path: ${tree.package.path}, expect: { sha256: ${tree.package.sha256} } }
advise: { hold: 6s }
`;

  /** What apt downloads with its sources as they are: the exit codes of update and download, and the file's hash. */
  async function install(): Promise<{ readonly codes: readonly number[]; readonly sha256: string | null }> {
    const update = await apt.get('update', '--error-on=any');
    const got = await apt.get('download', tree.package.name);
    const file = join(apt.dir, `${tree.package.name}_1.0_all.deb`);
    const sha256 = got.code === 0 ? createHash('sha256').update(readFileSync(file)).digest('hex') : null;
    return { codes: [update.code, got.code], sha256 };
  }

  test('apt installs from the declared mirror, and every step of both mirrors is ok', async () => {
    expect(await install()).toEqual({ codes: [0, 0], sha256: tree.package.sha256 });
    const { targets } = await until(
      'all targets ok',
      () => daemon.api<Targets>('targets?limit=500'),
      (answer) => answer.targets.filter(({ lastOutcome }) => lastOutcome === 'ok').length === 2 * 7,
      { help: daemon.log },
    );
    expect([...new Set(targets.map(({ step }) => step))].sort()).toEqual(['get', 'marker', 'whole']);
    const { mirrors } = await daemon.api<Mirrors>('mirrors');
    expect(mirrors.map(({ state }) => state)).toEqual(['up', 'up']);
    const whole = targets.find(({ id }) => id === `b|${tree.package.path}||whole`);
    const probe = await daemon.api<ProbeJson>(`probes/${whole?.probeId}`);
    expect(probe.facts.verified).toMatchObject({ algorithm: 'sha256', against: 'pinned' });
    for (const path of ['InRelease', 'main/binary-amd64/Packages']) {
      const signed = targets.find(({ id }) => id === `a|dists/stable/${path}||get`);
      const { facts } = await daemon.api<ProbeJson>(`probes/${signed?.probeId}`);
      expect(facts.verified, path).toMatchObject({ algorithm: 'sha256', against: 'signature' });
    }
  });

  test('the preferred mirror dies: apt fails as declared, and downloads once the advised line was run', async () => {
    await a.kill();
    const advice = await until<AdviceJson | undefined>(
      'advice',
      async () => (await daemon.api<Advices>('advice')).advice.find(({ state }) => state === 'proposed'),
      (found) => found !== undefined,
      { help: daemon.log },
    );
    expect(advice).toMatchObject({ from: 'a', to: 'b', chain: { before: a.httpUrl, after: b.httpUrl } });
    const json = await daemon.get('/api/v1/advice/http/remedy?upstream=debian&as=json');
    expect([json.status, JSON.parse(json.text)]).toEqual([200, { apt: [b.httpUrl] }]);
    const text = await daemon.get('/api/v1/advice/http/remedy?upstream=debian');
    expect([text.status, text.text]).toEqual([200, `${advice?.remedy['apt']}\n`]);
    const update = await apt.get('update', '--error-on=any');
    expect(update.code).not.toBe(0);
    expect(update.stderr).toContain('Could not connect');

    const line = (advice?.remedy['apt'] ?? '').replaceAll('/etc/apt/sources.list*', apt.sources);
    const pasted = await run('sh', ['-c', line]);
    expect([pasted.code, pasted.stderr]).toEqual([0, '']);
    const sources = readFileSync(join(apt.dir, 'etc', 'sources.list'), 'utf8');
    expect(sources).toBe(
      `deb [signed-by=${tree.keyFile}] ${b.httpUrl} stable main\n# deb ${a.httpUrl}-security stable main\n`,
    );
    expect(await install()).toEqual({ codes: [0, 0], sha256: tree.package.sha256 });

    await run('sh', ['-c', (advice?.rollback ?? '').replaceAll('/etc/apt/sources.list*', apt.sources)]);
    expect(readFileSync(join(apt.dir, 'etc', 'sources.list'), 'utf8')).toContain(`${a.httpUrl} stable main\n`);
  });
});

real('packages that no entry names, and the real apt', ['nginx', 'apt', 'gpgv'], () => {
  let tree: DebianTree;
  const servers: Record<string, Nginx> = {};
  let daemon: DaemonProcess;
  const packageOf = (name: string): string => tree.packages.find((one) => one.name === name)?.path ?? '';

  beforeAll(async () => {
    // As Debian's updates and security have it.
    tree = await makeDebianTree(['hello-a', 'hello-b', 'hello-c', 'hello-d'], { forms: ['.xz'] });
    const copies = { good: tree.dir, flipped: tempDir('debian'), missing: tempDir('debian') };
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
    expect((await apt.get('update', '--error-on=any')).code).toBe(0);
    const { code, stderr } = await apt.get('download', name);
    return [code, stderr];
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
