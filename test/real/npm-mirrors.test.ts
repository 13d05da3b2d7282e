import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { npmInstall } from '../support/npm-client.ts';
import { type PackedPackage, packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { startVerdaccio, type Verdaccio } from '../support/verdaccio.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { AdviceJson, Advices, Findings, ProbeJson, TargetJson, Targets } from './views.ts';

real('npm registries watched, and the real npm led from a dead one to Verdaccio', ['npm', 'verdaccio'], () => {
  let dir: string;
  let packages: readonly PackedPackage[];
  let a: RawServer;
  /** A pull-through of `origin`, with nothing in it at the start. */
  let b: Verdaccio;
  let origin: RawServer;
  /** Its packuments name a host that is not its own. */
  let lost: RawServer;
  /** Its artifacts have other bytes than the lock file's. */
  let forger: RawServer;
  /** Of the company: the only one that may be told of `@corp`. */
  let corp: RawServer;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    dir = tempDir('npm-mirrors');
    packages = [
      packPackage({ name: 'hello', version: '1.0.0' }),
      packPackage({ name: '@scope/ui', version: '2.0.0-rc.1', dependencies: { hello: '^1.0.0' } }),
    ];
    const secret = packPackage({ name: '@corp/tools', version: '3.0.0' });
    a = await startNpmRegistry({ packages });
    origin = await startNpmRegistry({ packages });
    b = await startVerdaccio(origin.url);
    lost = await startNpmRegistry({ packages, tarballBase: a.url.replace('127.0.0.1', 'localhost') });
    forger = await startNpmRegistry({ packages, spoilt: true });
    corp = await startNpmRegistry({ packages: [secret] });
    const locked = [...packages, secret].map(({ name, version, integrity }) => [
      `node_modules/${name}`,
      { version, resolved: `${a.url}/${name}.tgz`, integrity },
    ]);
    writeFileSync(
      join(dir, 'package-lock.json'),
      JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...Object.fromEntries(locked) } }),
    );
    daemon = await startDaemon({ dir, yaml: configuration() });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const server of [a, b, origin, lost, forger, corp]) await server?.close();
  });

  const configuration = (): string => `
vantage: real
schedule: { every: 2s, timeout: 30s, perHost: 4 }
steps: { metadata: 2s, tags: 8s, tarball: { every: 6s, timeout: 30s }, packument: { every: 10s, timeout: 30s } }
mirrors:
  - { name: a, ecosystem: npm, url: "${a.url}/", weight: 100 }
  - { name: b, ecosystem: npm, url: "${b.url}", weight: 50 }
  - { name: lost, ecosystem: npm, url: "${lost.url}" }
  - { name: forger, ecosystem: npm, url: "${forger.url}" }
  - { name: corp, ecosystem: npm, upstream: corp, url: "${corp.url}" }
clients: { npm: "${a.url}" }
modules: { npm: [ { from: package-lock.json }, "@scope/ui@latest", "@corp/tools@3.0.0" ] }
private: { npm: [ "@corp/*" ] }
advise: { hold: 6s }
`;

  const targetsOf = async (registry: string): Promise<readonly TargetJson[]> =>
    (await daemon.api<Targets>('targets?limit=500')).targets.filter((one) => one.registry === registry);

  test('every step of the honest mirrors is ok, on hashes that the lock file pins', async () => {
    // Short packuments and artifacts of three, tags and full packuments of two.
    for (const registry of ['a', 'b'])
      await until(
        `all targets of ${registry} ok`,
        () => targetsOf(registry),
        (targets) => targets.length === 10 && targets.every(({ lastOutcome }) => lastOutcome === 'ok'),
        { help: daemon.log },
      );
    expect(origin.requests.map(({ path }) => path)).toContain('/hello/-/hello-1.0.0.tgz');
    const pinned = packages.map(({ name, version }) => `${name}@${version}`);
    for (const target of [...(await targetsOf('a')), ...(await targetsOf('b'))]) {
      if (!['metadata', 'tarball'].includes(target.step) || !pinned.includes(`${target.module}@${target.version}`))
        continue;
      const probe = await daemon.api<ProbeJson>(`probes/${target.probeId}`);
      const { integrity } = packages.find(({ name }) => name === target.module) ?? {};
      expect(probe.facts.verified, target.id).toEqual({ algorithm: 'sha512', digest: integrity, against: 'pinned' });
    }
  });

  test('a mirror whose packuments lead to another host is reported, and no request is sent there', async () => {
    // Each artifact fails, each short packument is well: a part of it is out, and it may be called unreliable first.
    const { findings } = await until(
      'an outage of the one and a mismatch of the other',
      () => daemon.api<Findings>('findings'),
      ({ findings: all }) =>
        all.some(({ registry, kind }) => registry === 'lost' && kind === 'outage') &&
        all.some(({ registry, kind }) => registry === 'forger' && kind === 'mismatch'),
      { help: daemon.log },
    );
    const causes = (name: string) =>
      new Set(findings.filter(({ registry }) => registry === name).map(({ cause }) => cause));
    expect(causes('lost')).toEqual(new Set(['malformed']));
    expect(causes('forger')).toEqual(new Set(['mismatch']));
    const tarball = (await targetsOf('lost')).find(({ step }) => step === 'tarball');
    const probe = await daemon.get(`/api/v1/probes/${tarball?.probeId}`);
    expect(probe.text).toContain("dist.tarball: a host that is the mirror's own or one of its tarballHosts");
    expect(a.requests.filter(({ headers }) => headers['host']?.startsWith('localhost'))).toEqual([]);
  });

  test('a private name is asked of the company’s registry alone', async () => {
    const steps = (await targetsOf('corp')).map(({ step }) => step);
    expect(steps.toSorted()).toEqual(['metadata', 'packument', 'tags', 'tarball']);
    expect(corp.requests.map(({ target }) => target)).toContain('/@corp%2ftools');
    expect(corp.requests.map(({ path }) => path)).not.toContain('/hello');
    for (const server of [a, origin, lost, forger])
      expect(server.requests.filter(({ path }) => path.includes('@corp'))).toEqual([]);
  });

  test('the preferred mirror dies: the declared registry fails, the advised one installs', async () => {
    await a.kill();
    const advice: AdviceJson | undefined = await until(
      'advice',
      async () => (await daemon.api<Advices>('advice')).advice.find(({ state }) => state === 'proposed'),
      (one) => one !== undefined,
      { help: daemon.log },
    );
    expect(advice).toMatchObject({ from: 'a', to: 'b', chain: { before: a.url, after: b.url } });
    const env = await daemon.get('/api/v1/advice/npm/remedy?as=env');
    const npmrc = await daemon.get('/api/v1/advice/npm/remedy?as=npmrc');
    expect([env.status, npmrc.status, npmrc.text]).toEqual([200, 200, `registry=${b.url}/\n`]);
    const declared = await npmInstall('@scope/ui', { registry: a.url });
    const byEnv = await npmInstall('@scope/ui', { registry: a.url, exports: env.text });
    const byFile = await npmInstall('@scope/ui', { registry: a.url, npmrc: npmrc.text });
    expect([declared.version, declared.errorCode]).toEqual([null, 'ECONNREFUSED']);
    expect([byEnv.version, byEnv.code]).toEqual(['2.0.0-rc.1', 0]);
    expect([byFile.version, byFile.code]).toEqual(['2.0.0-rc.1', 0]);
    const said = (name: string, { code, stdout, stderr }: typeof declared) =>
      `$ npm install @scope/ui   # ${name}\n${stdout}${stderr}→ ${code}\n`;
    process.stdout.write(`[npm] ${said('declared', declared)}${env.text}${said('with the remedy', byEnv)}`);
    expect((await daemon.cli('advice', 'accept', advice?.id ?? '')).code).toBe(0);
  });

  test('it ends with 0, and nothing it wrote is a defect', async () => {
    expect(await daemon.stop()).toBe(0);
    expect(daemon.log()).not.toContain('defect');
  });
});

/** Verdaccio 6 sends one text for both, so only other mirrors of the upstream can show that the package is there. */
real('Verdaccio whose upstream fails', ['verdaccio'], () => {
  test('sends what it sends for a missing package', async () => {
    const servers = [404, 502].map((status) =>
      createServer((_, respond) => respond.writeHead(status, { 'content-type': 'application/json' }).end('{}')),
    );
    const bodies: string[] = [];
    for (const server of servers) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const mirror = await startVerdaccio(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const response = await fetch(`${mirror.url}/hello`);
      bodies.push(`${response.status} ${await response.text()}`);
      await mirror.close();
      server.close();
    }
    expect(bodies[0]).toMatch(/^404 /);
    expect(bodies[1]).toBe(bodies[0]);
  });
});
