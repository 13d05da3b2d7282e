import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Config } from '../../src/core/config.ts';
import type { Mirror } from '../../src/core/mirror.ts';
import { buildWorkerBook, nothingLearnt } from '../../src/daemon/book.ts';
import { makeDue } from '../../src/daemon/once.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { systemClock } from '../../src/io/clock.ts';
import { createRandom } from '../../src/io/random.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { createWire } from '../../src/wire/wire.ts';
import { readConfig } from '../daemon/world.ts';
import { testCerts } from '../support/certs.ts';
import { type ClientNow, runClientNow } from '../support/client-now.ts';
import { type Goproxy, startGoproxy } from '../support/goproxy.ts';
import { copyModuleTree, moduleTree, removeVersion } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { packWithNpm, startNpmRegistry } from '../support/npm-registry.ts';
import { makeOciImage } from '../support/oci-image.ts';
import { type OciRegistry, startOciRegistry } from '../support/oci-registry.ts';
import { skopeoPush } from '../support/oci-skopeo.ts';
import { commandDirs } from '../support/paths.ts';
import { startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { startPypiserver } from '../support/pypiserver.ts';
import { real } from '../support/requires.ts';
import { startVerdaccio } from '../support/verdaccio.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';

const facts = {
  version: '0.0.0-test',
  node: process.version,
  log: { level: 'error', pretty: false },
  path: commandDirs.join(':'),
};

/** What is started is closed at the end, the last first. */
function keeper(): {
  keep<T extends { close(): Promise<void> }>(started: Promise<T>): Promise<T>;
  close(): Promise<void>;
} {
  const open: { close(): Promise<void> }[] = [];
  return {
    async keep(started) {
      const one = await started;
      open.unshift(one);
      return one;
    },
    async close() {
      for (const one of open.splice(0)) await one.close();
    },
  };
}

/** A configuration of these mirrors; whatever is installed for us alone is run as us. */
function configOf(ecosystem: string, mirrors: readonly string[], module: string, user = 'self'): Config {
  const upstream = registry.of(ecosystem)?.publicUpstream == null ? ', upstream: docker.io' : '';
  const ids = registry.of(ecosystem)?.realClients.map(({ id }) => id);
  const read = readConfig(`
vantage: here
mirrors:
${mirrors.map((url, at) => `  - { name: m${at}, ecosystem: ${ecosystem}${upstream}, url: "${url}" }`).join('\n')}
modules: { ${ecosystem}: [ "${module}" ] }
go: { sumdb: off }
clientRuns: { clients: [ ${ids?.join(', ')} ], user: ${user}, timeout: 10m }
state: { path: /nowhere/state.db }`);
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

function mirrorOf(config: Config, at: number): Mirror {
  const mirror = config.mirrors[at];
  if (mirror === undefined) throw new Error(`no mirror ${at}`);
  return mirror;
}

/** The client, then our own steps of a fetch, as a run has them. */
async function both(
  config: Config,
  mirror: Mirror,
  client: string,
): Promise<{ client: ClientNow; ours: readonly string[] }> {
  const [{ module = '', version = null } = {}] = config.modules;
  const ran = await runClientNow(config, { mirror, client, module, version }, facts);
  const ours: string[] = [];
  // In this thread: a thread costs more CPU than the steps.
  const workers = createInlineWorkers({
    book: buildWorkerBook({ config, learnt: nothingLearnt, version: facts.version }),
    wire: createWire({ clock: systemClock, timers: systemTimers }),
    clock: systemClock,
  });
  for (const step of registry.of(mirror.ecosystem)?.fetch ?? []) {
    const due = makeDue({ mirror, module, version, step }, config, { clock: systemClock, random: createRandom(7) });
    const { outcome } = (await workers.probe(due)).sample;
    ours.push(`${step} ${outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag}`);
  }
  await workers.close();
  return { client: ran, ours };
}

/** What the steps came to, each word once. */
const endings = (ours: readonly string[]): string[] => [...new Set(ours.map((one) => one.split(' ')[1] ?? ''))];

real('the real go and our steps', ['go', 'goproxy', 'nginx', 'tree'], () => {
  const servers = keeper();
  const module = { path: 'rsc.io/quote', version: 'v1.5.2' };
  let config: Config;
  beforeAll(async () => {
    const tree = moduleTree();
    const whole: Nginx = await servers.keep(startNginx({ root: tree.dir, prefix: '/goproxy/' }));
    const cache: Goproxy = await servers.keep(startGoproxy({ upstream: whole.httpsUrl }));
    const holed = copyModuleTree();
    removeVersion(holed, module);
    const lacking = await servers.keep(startNginx({ root: holed.dir }));
    const shy = await servers.keep(
      startNginx({ root: tree.dir, extra: 'if ($http_user_agent !~ mirrorwatch) { return 403; }' }),
    );
    config = configOf(
      'go',
      [whole.httpUrl, cache.url, lacking.httpUrl, shy.httpUrl],
      `${module.path}@${module.version}`,
      'nobody',
    );
  });
  afterAll(() => servers.close());

  test('agree on a mirror that is well', async () => {
    const { client, ours } = await both(config, mirrorOf(config, 1), 'go');
    expect(client, client.words).toMatchObject({ outcome: 'ok', reason: null, exitCode: 0 });
    expect(client.files).toBeGreaterThanOrEqual(4);
    expect(client.bytes).toBeGreaterThan(1_000);
    expect(ours).toEqual(['info ok', 'mod ok', 'zip ok']);
  });

  test('agree on one that lacks the version', async () => {
    const { client, ours } = await both(config, mirrorOf(config, 2), 'go');
    expect(client).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/404 Not Found/) });
    expect(ours).toEqual(['info absent', 'mod absent', 'zip absent']);
  });

  test('differ on one that serves us alone', async () => {
    const { client, ours } = await both(config, mirrorOf(config, 3), 'go');
    expect(client).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/403 Forbidden/) });
    expect(ours).toEqual(['info ok', 'mod ok', 'zip ok']);
  });

  test('a root of its own is trusted where the file names it, and nowhere else', async () => {
    const whole = await servers.keep(startNginx({ root: moduleTree().dir }));
    const [mirror] = configOf('go', [whole.httpsUrl], 'rsc.io/quote@v1.5.2').mirrors;
    if (mirror === undefined) throw new Error('no mirror');
    const ca = [readFileSync(testCerts().ca.certFile, 'utf8')];
    const trusting = { ...mirror, access: { ...mirror.access, tls: { ...mirror.access.tls, ca } } };
    const runAt = (one: Mirror) =>
      runClientNow(config, { mirror: one, client: 'go', module: module.path, version: module.version }, facts);
    expect(await runAt(trusting)).toMatchObject({ outcome: 'ok' });
    expect(await runAt(mirror)).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/certificate/) });
  });
});

real('the real npm and our steps', ['npm', 'verdaccio'], () => {
  const servers = keeper();
  let config: Config;
  beforeAll(async () => {
    const packages = [await packWithNpm({ name: 'hello', version: '1.0.0' })];
    const origin = await servers.keep(startNpmRegistry({ packages }));
    const cache = await servers.keep(startVerdaccio(origin.url));
    const forger = await servers.keep(startNpmRegistry({ packages, spoilt: true }));
    const empty = await servers.keep(startNpmRegistry({ packages: [] }));
    config = configOf('npm', [origin.url, cache.url, forger.url, empty.url], 'hello@1.0.0', 'nobody');
  });
  afterAll(() => servers.close());

  test('agree on a registry that is well', async () => {
    const { client, ours } = await both(config, mirrorOf(config, 1), 'npm');
    expect(client, client.words).toMatchObject({ outcome: 'ok', exitCode: 0, files: 1 });
    expect(endings(ours)).toEqual(['ok']);
  });

  test('agree on a registry whose artifact has other bytes, and on one that lacks it', async () => {
    const forged = await both(config, mirrorOf(config, 2), 'npm');
    expect(forged.client).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/EINTEGRITY/) });
    expect(endings(forged.ours)).toContain('mismatch');
    const lacking = await both(config, mirrorOf(config, 3), 'npm');
    expect(lacking.client).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/E404/) });
    expect(endings(lacking.ours)).toContain('absent');
  });
});

real('the real pip and uv and our steps', ['pip', 'uv', 'pypiserver'], () => {
  const servers = keeper();
  let config: Config;
  beforeAll(async () => {
    const wheel = tinyWheel('tiny', '1.0');
    const origin = await servers.keep(startPypiIndex({ wheels: [wheel] }));
    const served = await servers.keep(startPypiserver([wheel]));
    const empty = await servers.keep(startPypiserver([tinyWheel('other', '1.0')]));
    config = configOf('pypi', [origin.indexUrl, served.url, empty.url], 'tiny==1.0');
  });
  afterAll(() => servers.close());

  // Of the two good indexes, one has metadata beside its files, and the other is a real server.
  test.each([
    ['uv', 0],
    ['pip', 1],
  ] as const)('%s agrees on an index that is well, and on one that lacks the project', async (id, at) => {
    const well = await both(config, mirrorOf(config, at), id);
    expect(well.client, well.client.words).toMatchObject({ outcome: 'ok', exitCode: 0 });
    expect(endings(well.ours)).toEqual(['ok']);
    const { client, ours } = await both(config, mirrorOf(config, 2), id);
    expect(client, client.words).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/tiny/) });
    expect(endings(ours)).not.toEqual(['ok']);
  });
});

real('the real skopeo and our steps', ['skopeo', 'registry'], () => {
  const servers = keeper();
  let config: Config;
  beforeAll(async () => {
    const image = makeOciImage();
    const full: OciRegistry = await servers.keep(startOciRegistry());
    const empty = await servers.keep(startOciRegistry());
    await skopeoPush(image, full.host, 'library/tiny');
    config = configOf('oci', [full.url, empty.url], 'docker.io/library/tiny:1', 'nobody');
  });
  afterAll(() => servers.close());

  test('agree on a registry that is well', async () => {
    const { client, ours } = await both(config, mirrorOf(config, 0), 'skopeo');
    expect(client, client.words).toMatchObject({ outcome: 'ok', exitCode: 0 });
    expect(ours).toEqual(['digest ok', 'manifest ok', 'blob ok']);
  });

  test('agree on one that lacks the image', async () => {
    const { client, ours } = await both(config, mirrorOf(config, 1), 'skopeo');
    expect(client).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/manifest unknown/) });
    expect(endings(ours)).toEqual(['absent']);
  });
});
