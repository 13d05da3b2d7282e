import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/core/ports.ts';
import type { Facts } from '../../src/core/transcript.ts';
import { npm } from '../../src/ecosystems/npm/npm.ts';
import { hollowPackage, type NpmRegistryOptions, startNpmRegistry } from '../support/npm-registry.ts';
import { makeNpmSigner } from '../support/npm-signer.ts';
import type { RawServer } from '../support/raw-server.ts';
import { memoryStore } from './memory-store.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

interface Target {
  readonly registry: string;
  readonly step: string;
  readonly lastOutcome: string | null;
  readonly probeId: string | null;
}

/** The last answer of one step of one mirror. */
type Seen = { readonly outcome: string | null; readonly facts: Facts; readonly probeId: string | null };

const hello = hollowPackage('hello', '1.0.0');
const [real, mallory] = [makeNpmSigner('of-the-origin'), makeNpmSigner('of-the-mirror')];
/** Mirrors of one registry that signs, by name: what each does to what it passes on. */
const mirrors: Readonly<Record<string, Omit<NpmRegistryOptions, 'packages'>>> = {
  honest: { signer: real },
  stripped: {},
  // Its own word for itself: keys and signatures that fit each other.
  forger: { signer: mallory, keys: [mallory.listed()] },
  tampered: { signer: real, forged: hollowPackage('hello', '6.6.6') },
  tarballs: { signer: real, spoilt: true },
};
/** Signs other bytes of the same version, by a key under the same name. */
const forgedKey = makeNpmSigner('of-the-origin');
const evil = { ...hollowPackage('hello', '6.6.6'), version: '1.0.0', manifest: hello.manifest };

const servers = new Map<string, RawServer>();
const started: RealDaemon[] = [];

beforeAll(async () => {
  const origin = { signer: real, keys: [real.listed()] };
  for (const [name, options] of Object.entries({
    origin,
    ...mirrors,
    honest2: { signer: real },
    stripped2: {},
    stripped3: {},
  }))
    servers.set(name, await startNpmRegistry({ packages: [hello], ...options }));
  servers.set('evil', await startNpmRegistry({ packages: [evil], signer: forgedKey }));
});

afterAll(async () => {
  for (const { daemon } of started) await daemon.stop();
  for (const server of servers.values()) await server.close();
});

/** npm's reader of lock files, loaded. */
async function npmReader() {
  const reader = (await npm.locks?.reader()) ?? null;
  return () => reader;
}

/** A daemon over these mirrors, in the order of the names. */
async function watch(
  names: readonly string[],
  more = '',
  files: Readonly<Record<string, string>> = {},
  store: Store | null = null,
  module = 'hello@1.0.0',
) {
  const line = (name: string): string =>
    `  - { name: ${name}, ecosystem: npm, url: "${servers.get(name)?.url}"${name === 'origin' ? ', role: origin' : ''} }`;
  const yaml = `
listen: 127.0.0.1:0
schedule: { every: 200ms, timeout: 30s, perHost: 8 }
steps: { tags: 1m, tarball: 300ms, packument: 1m, signkeys: 200ms }
mirrors:
${names.map(line).join('\n')}
modules: { npm: [ ${module} ] }
state: { path: ":memory:" }
${more}`;
  const daemon = await startRealDaemon(yaml, {}, files, store, await npmReader());
  started.push(daemon);
  const json = async <T>(path: string): Promise<T> => JSON.parse((await daemon.get(`/api/v1/${path}`)).text) as T;
  return {
    daemon,
    json,
    async facts(registry: string, step: string): Promise<Seen> {
      const { targets } = await json<{ targets: readonly Target[] }>('targets?limit=500');
      const found = targets.find((one) => one.registry === registry && one.step === step);
      if (found?.probeId == null) return { outcome: null, facts: {}, probeId: null };
      const { facts } = await json<{ facts: Facts }>(`probes/${found.probeId}`);
      return { outcome: found.lastOutcome, facts, probeId: found.probeId };
    },
  };
}

async function found({ json }: Awaited<ReturnType<typeof watch>>): Promise<readonly string[]> {
  const { findings } = await json<{ findings: readonly { kind: string; cause: string; registry: string }[] }>(
    'findings',
  );
  const all = findings.map(({ kind, cause, registry }) => `${registry} ${kind}/${cause}`);
  return all.filter((one) => one.includes('mismatch') || one.includes('self')).toSorted();
}

describe('keys of the origin', () => {
  test('are learnt, and each mirror is judged by them and never by its own', async () => {
    const all = await watch(['origin', ...Object.keys(mirrors)]);
    const becomes = (registry: string, step: string, holds: (seen: Seen) => boolean) =>
      all.daemon.until(`${step} of ${registry}`, async () => holds(await all.facts(registry, step)));
    for (const step of ['metadata', 'tarball'])
      await becomes('honest', step, ({ facts }) => facts.verified?.against === 'signature');
    // What was signed once is pinned, so that a mirror without signatures is held to it too.
    await becomes('stripped', 'metadata', ({ facts }) => facts.verified?.against === 'pinned');
    expect((await all.facts('stripped', 'metadata')).facts.signature).toEqual({ state: 'unsigned', key: null });
    await becomes('forger', 'metadata', ({ facts }) => facts.signature?.state === 'unknown_key');
    await becomes('tampered', 'metadata', ({ outcome }) => outcome === 'mismatch');
    await becomes('tarballs', 'tarball', ({ outcome }) => outcome === 'mismatch');
    await becomes('tarballs', 'metadata', ({ facts }) => facts.verified?.against === 'signature');
    const findings = async () =>
      (await all.json<{ findings: readonly { kind: string; registry: string; text: string }[] }>('findings')).findings
        .filter(({ kind }) => kind === 'mismatch')
        .map(({ registry, text }) => `${registry}: ${text.replace(/: twice.*/, '')}`);
    // A busy machine may tell of the tampered one by the others' tarballs first: the keys settle it.
    await all.daemon.until('both declared', async () => {
      const told = await findings();
      return told.length >= 2 && told.every((text) => !text.includes('No authority'));
    });
    expect((await findings()).toSorted()).toEqual([
      expect.stringMatching(
        /^tampered: tampered serves a wrong packument of hello@1\.0\.0 \((metadata|tarball)\): the \w+ check against (?:a hash from a lock file or )?a signature of the npm registry failed twice/,
      ),
      // By whichever spoke when it was opened: the first tarball may be here before the origin's keys are.
      expect.stringMatching(
        /^tarballs: tarballs serves wrong bytes for hello@1\.0\.0 \(tarball\): the sha\w+ check against (a hash from a lock file or a signature of the npm registry|the packument of the same mirror) failed twice\.$/,
      ),
    ]);
  });

  test('without any, a signature is unverified and said to be, whatever the mirror lists', async () => {
    const alone = await watch(['forger', 'honest']);
    for (const [name, key] of [
      ['forger', 'of-the-mirror'],
      ['honest', 'of-the-origin'],
    ] as const) {
      await alone.daemon.until(name, async () => (await alone.facts(name, 'tarball')).outcome === 'ok');
      const { facts, probeId } = await alone.facts(name, 'tarball');
      expect(facts.signature).toEqual({ state: 'no_key', key });
      expect(facts.verified).toBe(null);
      const page = (await alone.daemon.get(`/probes/${probeId}`)).text;
      expect(page).toContain(`signature unverified: no trusted key is available (${key})`);
    }
    expect(servers.get('forger')?.requests.some(({ path }) => path === '/-/npm/v1/keys')).toBe(false);
  });

  test('of an edited file accuse no mirror, and what was learnt by them ends with them', async () => {
    const store = memoryStore();
    const edited = JSON.stringify({ keys: [forgedKey.listed()] });
    const fixed = JSON.stringify({ keys: [real.listed()] });
    const names = ['honest', 'honest2', 'evil'];
    const file = 'npm: { keys: keys.json }';
    const before = await watch(names, file, { '/nowhere/keys.json': edited }, store);
    await before.daemon.until(
      'the key is accused',
      async () => (await found(before)).join() === 'evil mismatch/peers,null self/lock',
    );
    expect(store.all('meta').some(({ key, value }) => key === 'npm/pin/hello@1.0.0' && value !== null)).toBe(true);
    await before.daemon.daemon.stop();

    const after = await watch(names, file, { '/nowhere/keys.json': fixed }, store);
    for (const name of ['honest', 'honest2'])
      await after.daemon.until(
        name,
        async () => (await after.facts(name, 'tarball')).facts.verified?.against === 'signature',
      );
    await after.daemon.until('evil', async () => (await after.facts('evil', 'metadata')).outcome === 'mismatch');
    // No pin or key of before accuses a good mirror. While only two mirrors have spoken, both may be in dispute.
    await after.daemon.until(
      'no good mirror is accused',
      async () => !(await found(after)).some((one) => one.startsWith('honest')),
    );
  });

  test('of a file serve without an origin', async () => {
    const keys = JSON.stringify({ keys: [real.listed()] });
    const alone = await watch(['honest', 'forger'], 'npm: { keys: keys.json }', { '/nowhere/keys.json': keys });
    await alone.daemon.until(
      'honest',
      async () => (await alone.facts('honest', 'metadata')).facts.verified?.against === 'signature',
    );
    await alone.daemon.until(
      'forger',
      async () => (await alone.facts('forger', 'metadata')).facts.signature?.state === 'unknown_key',
    );
  });
});

test('a package-lock.json with the hash of a lone mirror: the file is accused, and no good mirror', async () => {
  const resolved = `${servers.get('stripped')?.url}/hello/-/hello-1.0.0.tgz`;
  const packages = {
    '': { dependencies: { hello: '1.0.0' } },
    'node_modules/hello': { version: '1.0.0', resolved, integrity: evil.integrity },
  };
  const files = { '/app/package-lock.json': JSON.stringify({ lockfileVersion: 3, packages }, null, 1) };
  const names = ['stripped', 'stripped2', 'stripped3', 'evil'];
  const all = await watch(names, '', files, null, '{ from: /app/package-lock.json }');
  const wanted = 'evil mismatch/peers,null self/lock';
  await all.daemon.until('the file is accused', async () => (await found(all)).join() === wanted);
  const { advice } = await all.json<{ advice: readonly unknown[] }>('advice');
  expect(advice).toEqual([]);
});
