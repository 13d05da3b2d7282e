import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cargo } from '../../src/ecosystems/cargo/cargo.ts';
import { cargoClient } from '../../src/ecosystems/cargo/client.ts';
import { readCargoLock } from '../../src/ecosystems/cargo/locks.ts';
import type { Chain, Reply } from '../../src/ecosystems/client.ts';
import { startDemoMirror } from '../../src/features/demo/mirror.ts';
import {
  type CargoProject,
  type CargoRegistry,
  makeCargoProject,
  packCrate,
  sourceOf,
  startCargoRegistry,
} from '../support/cargo-registry.ts';
import type { Fault } from '../support/faults.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { startDaemon } from './daemon.ts';

const [one, two] = [packCrate('tiny', '1.0.0'), packCrate('tiny', '1.1.0')];
const status = (code: number): Fault => ({ kind: 'status', status: code, body: 'x' });

function chainOf(url: string): Chain {
  const parsed = cargoClient.parse(url);
  if (parsed.tag === 'error') throw new Error(parsed.error.kind);
  return parsed.value;
}

real('what the real cargo does with each response of its mirror, and what the model says', ['cargo'], () => {
  let mirror: CargoRegistry;
  let other: CargoRegistry;
  beforeAll(async () => {
    mirror = await startCargoRegistry({ crates: [one] });
    other = await startCargoRegistry({ crates: [one] });
  });
  afterAll(async () => {
    for (const server of [mirror, other]) await server?.close();
  });

  const project = (more = '') => makeCargoProject('tiny = "1"\n', sourceOf(mirror.url) + more);
  async function fetched(from: CargoProject, env: Readonly<Record<string, string>> = {}) {
    const before = mirror.requests.length;
    const { code, stderr } = await from.cargo(['fetch'], env);
    const requests = mirror.requests.slice(before);
    return { code, stderr, requests, targets: requests.map(({ target }) => target) };
  }

  test('a mirror that is well: config.json, the index file, and the crate at the URL of `dl`', async () => {
    const { code, targets, requests } = await fetched(project());
    expect([code, targets]).toEqual([0, ['/config.json', '/ti/ny/tiny', '/dl/tiny/1.0.0/download']]);
    expect(requests[1]?.headers).toMatchObject({
      'cargo-protocol': 'version=1',
      accept: 'text/plain',
      'accept-encoding': 'deflate, gzip',
    });
  });

  test.each([404, 410, 451])('%i of an index file is the absence of the crate', async (code) => {
    await mirror.setFault(status(code), { path: /tiny$/ });
    const { stderr } = await fetched(project());
    await mirror.setFault(null);
    expect(stderr).toContain('no matching package named `tiny` found');
  });

  test.each<[string, Fault, RegExp, string]>([
    ['the index file: 403', status(403), /tiny$/, 'got 403'],
    ['the index file: 429', status(429), /tiny$/, 'got 429'],
    ['the index file: 500', status(500), /tiny$/, 'got 500'],
    ['config.json: 404', status(404), /config/, 'config.json not found in registry'],
    ['the crate: 404', status(404), /download$/, 'got 404'],
    [
      'the crate: other bytes',
      { kind: 'corrupt' },
      /download$/,
      'failed to verify the checksum of `tiny v1.0.0 (registry `m`)`',
    ],
    ['the index file: a page', { kind: 'html' }, /tiny$/, 'no matching package'],
  ])('%s: cargo fails, and requests nothing elsewhere', async (_, fault, path, said) => {
    await mirror.setFault(fault, { path });
    const { code, stderr } = await fetched(project());
    await mirror.setFault(null);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(said)]);
    expect(other.requests).toEqual([]);
    const reply: Reply = { tag: 'failed', tookMs: 1, status: 500 };
    expect(cargoClient.walk(chainOf(mirror.url), () => reply)).toEqual({ tag: 'failed', at: 0 });
  });

  test('by default it sends a failed request four times', async () => {
    await mirror.setFault(status(500), { path: /config/ });
    const { targets, stderr } = await fetched(project(), { CARGO_NET_RETRY: '3' });
    await mirror.setFault(null);
    expect(targets).toHaveLength(4);
    expect(stderr).toContain('spurious network error (1 try remaining)');
  });

  test('with a Cargo.lock, a mirror that states another checksum is refused, and a yanked version is fetched', async () => {
    const own = project();
    await fetched(own);
    const lock = readCargoLock({
      name: 'Cargo.lock',
      text: own.lock(),
      beside: () => null,
      mirrors: [],
      sources: [],
      isPrivate: () => false,
    });
    expect(lock).toMatchObject({ tag: 'ok', value: { pinned: { 'tiny@1.0.0': one.sum } } });
    const fresh = (lockText: string) => {
      const made = project();
      writeFileSync(join(made.folder, 'Cargo.lock'), lockText);
      return made;
    };
    mirror.yanked = ['1.0.0'];
    expect((await fetched(fresh(own.lock()))).code).toBe(0);
    expect((await fetched(project())).stderr).toContain('failed to select a version for the requirement');
    mirror.yanked = [];
    mirror.crates = [{ ...one, sum: two.sum }];
    expect((await fetched(fresh(own.lock()))).stderr).toContain(
      'checksum for `tiny v1.0.0` changed between lock files',
    );
    mirror.crates = [one];
  });

  test('it installs from the small mirror of the demo', async () => {
    const demo = await startDemoMirror((await cargo.demo()).respond, 0);
    const own = makeCargoProject('hello = "1"\n', sourceOf(demo.url));
    const { code, stderr } = await own.cargo(['fetch']);
    await demo.close();
    expect([code, stderr]).toEqual([0, expect.stringContaining('Downloaded hello v1.0.0')]);
  });

  describe('its settings', () => {
    const dead = sourceOf('http://127.0.0.1:9');
    const at = (from: CargoProject, name: string, text: string) =>
      writeFileSync(join(from.folder, '.cargo', name), text);

    test('of the two names of a file, only the older one is read', async () => {
      const own = makeCargoProject('tiny = "1"\n');
      at(own, 'config', dead);
      at(own, 'config.toml', sourceOf(mirror.url));
      const { code, stderr } = await fetched(own);
      expect(code).not.toBe(0);
      expect(stderr).toContain('exist. Using');
    });
    test('a file of the project overrides the user file', async () => {
      const own = makeCargoProject('tiny = "1"\n', dead);
      at(own, 'config.toml', sourceOf(mirror.url));
      expect((await fetched(own)).code).toBe(0);
    });
    test('no variable changes a source, and one does change a registry', async () => {
      expect((await fetched(project(), { CARGO_SOURCE_M_REGISTRY: 'sparse+http://127.0.0.1:9/' })).code).toBe(0);
      const named = (index: string) =>
        makeCargoProject(
          'tiny = "1"\n',
          `[source.crates-io]\nreplace-with = "m"\n[registries.m]\nindex = "${index}"\n`,
        );
      const good = `sparse+${mirror.url}/`;
      expect((await fetched(named('sparse+http://127.0.0.1:9/'), { CARGO_REGISTRIES_M_INDEX: good })).code).toBe(0);
      expect((await fetched(named(good), { CARGO_REGISTRIES_M_INDEX: 'sparse+http://127.0.0.1:9/' })).code).not.toBe(0);
    });
    test('a source that is not defined, a Git index and offline mode', async () => {
      const saying = async (settings: string) => (await fetched(makeCargoProject('tiny = "1"\n', settings))).stderr;
      expect(await saying('[source.crates-io]\nreplace-with = "x"\n')).toContain('name `x`');
      expect(await saying(`${sourceOf(mirror.url)}[net]\noffline = true\n`)).toContain("you're using offline mode");
      const before = mirror.requests.length;
      await saying(sourceOf(mirror.url).replace('sparse+', ''));
      expect(mirror.requests[before]?.target).toMatch(/git-upload-pack/);
    });
  });
});

/** What is wrong with the mirror in use, and what clients require. Only from a slow mirror do they get it. */
const troubles: readonly (readonly [
  string,
  (near: CargoRegistry, origin: CargoRegistry, far: CargoRegistry) => Promise<void> | void,
  string,
])[] = [
  ['dead', (near) => near.kill(), 'tiny = "=1.0.0"\n'],
  ['slow', (near) => near.setDelay(1_500), 'tiny = "=1.0.0"\n'],
  ['of wrong bytes', (near) => near.setFault({ kind: 'corrupt' }, { path: /download$/ }), 'tiny = "=1.0.0"\n'],
  [
    'stale',
    (_near, origin, far) => {
      origin.crates = [one, two];
      far.crates = [one, two];
    },
    'tiny = "=1.1.0"\n',
  ],
  [
    'one that sends downloads to a host that is not reachable',
    (near) => {
      near.dl = 'http://127.0.0.1:9/api/v1/crates';
    },
    'tiny = "=1.0.0"\n',
  ],
];

real('the real cargo follows the advice of a daemon', ['cargo'], () => {
  test.each(troubles)('from a mirror that is %s', async (name, spoil, requirement) => {
    const isSlow = name === 'slow';
    const [near, far, origin] = await Promise.all([1, 2, 3].map(() => startCargoRegistry({ crates: [one] })));
    if (near === undefined || far === undefined || origin === undefined) throw new Error('no registry');
    const daemon = await startDaemon({
      yaml: `
vantage: cargo
schedule: { every: 500ms, timeout: 3s, perHost: 8 }
steps: { config: { every: 1s, timeout: 900ms }, crate: { every: 3s, timeout: 2s } }
mirrors:
  - { name: near, ecosystem: cargo, url: "${near.url}", weight: 100 }
  - { name: far, ecosystem: cargo, url: "${far.url}", weight: 90 }
  - { name: origin, ecosystem: cargo, url: "${origin.url}", role: origin }
clients: { cargo: "${near.url}" }
modules: { cargo: [ tiny@1.0.0, tiny@latest ] }
detect: { lag: { limit: 2s } }
advise: { hold: 2s }
`,
    });
    try {
      await until(
        'crates of each mirror',
        async () =>
          [near, far, origin].map(({ requests }) => requests.filter(({ target }) => /download$/.test(target)).length),
        (counts) => counts.every((count) => count >= 4),
      );
      await spoil(near, origin, far);
      const remedy = await until(
        'advice',
        () => daemon.get('/api/v1/advice/cargo/remedy?as=cargo'),
        ({ status: code }) => code === 200,
        { help: daemon.log },
      );
      const before = makeCargoProject(requirement, sourceOf(near.url));
      expect((await before.cargo(['fetch'])).code === 0).toBe(isSlow);
      const own = makeCargoProject(requirement, remedy.text);
      const fetched = await own.cargo(['fetch']);
      expect([fetched.code, fetched.stderr]).toEqual([0, expect.stringContaining('mirrorwatch')]);
      expect((await own.cargo(['build'])).code).toBe(0);
      expect(readFileSync(own.settings, 'utf8')).toContain(`registry = "sparse+${far.url}/"`);
    } finally {
      await daemon.close();
      for (const server of [near, far, origin]) await server.close();
    }
  });
});
