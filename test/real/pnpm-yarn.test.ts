import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chain, Client, Reply } from '../../src/ecosystems/client.ts';
import { pnpmClient, yarnClient } from '../../src/ecosystems/npm/clients.ts';
import { englishOf } from '../support/english.ts';
import type { Fault } from '../support/faults.ts';
import { type PackedPackage, packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { lockFiles, type PnpmOrYarn, pnpmOrYarn } from '../support/pnpm-yarn.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';

const dead = 'http://127.0.0.1:9/';
const token = 'npm_only-for-this-test';
const packument = '/hello';
const artifact = '/hello/-/hello-1.0.0.tgz';

/** What is at `path` goes so, what our probe of it would hand to the walk, and how often yarn 1 asks, which cannot be told to ask once. */
type Row = { readonly fault: Fault; readonly path: string; readonly reply: Reply; readonly yarn1Asks: number };

const status = (code: number, path = packument, yarn1Asks = 1): Row => ({
  fault: { kind: 'status', status: code, body: '{}' },
  path,
  reply: { tag: code === 404 || code === 410 ? 'gone' : 'failed', tookMs: 1, status: code },
  yarn1Asks,
});
const cut = (path: string, yarn1Asks: number): Row => ({
  fault: { kind: 'close-mid-body' },
  path,
  reply: { tag: 'failed', tookMs: 1, status: 200 },
  yarn1Asks,
});

const rows: readonly (readonly [string, Row])[] = [
  ...[404, 410, 401, 403, 429, 451].map((code) => [`a packument of ${code}`, status(code)] as const),
  ...[500, 503].map((code) => [`a packument of ${code}`, status(code, packument, 5)] as const),
  ['a packument that is cut', cut(packument, 5)],
  ['an artifact of 404', status(404, artifact)],
  ['an artifact of 500', status(500, artifact)],
  ['an artifact that is cut', cut(artifact, 5)],
];

/** Of what takes seconds to start (yarn), or is an older version: one of each kind. */
const fewRows = rows.filter(([name]) => !/ (?:410|401|429|451|500)$/.test(name));

interface Packed {
  readonly hello: PackedPackage;
  /** The same by name, version and what packuments say of it; other bytes. */
  readonly forged: PackedPackage;
  readonly tools: PackedPackage;
}
let packing: Promise<Packed> | null = null;

/** What the suites of this file install, packed once. */
function packed(): Promise<Packed> {
  const pack = async (): Promise<Packed> => {
    const hello = packPackage({ name: 'hello', version: '1.0.0' });
    const other = packPackage({ name: 'hello', version: '1.0.0', dependencies: {} });
    const tools = packPackage({ name: '@corp/tools', version: '1.0.0', dependencies: { hello: '^1.0.0' } });
    return { hello, forged: { ...hello, tgz: other.tgz }, tools };
  };
  packing ??= pack();
  return packing;
}

const kinds: readonly (readonly [PnpmOrYarn, Client])[] = [
  ['pnpm', pnpmClient],
  ['pnpm10', pnpmClient],
  ['yarn', yarnClient],
  ['yarn1', yarnClient],
];

for (const [kind, client] of kinds)
  real(`what the real ${kind} does with its registry, and what the model says`, [kind, 'npm'], () => {
    let hello: PackedPackage;
    let forged: PackedPackage;
    let tools: PackedPackage;
    let well: RawServer;

    const chainOf = (url: string): Chain => {
      const parsed = client.parse(url);
      if (parsed.tag === 'error') throw new Error(parsed.error.kind);
      return parsed.value;
    };
    const remedyTo = (url: string, patterns: readonly string[] = []) =>
      client.remedy(chainOf(dead), chainOf(url), patterns);
    const walked = (url: string, reply: Reply): string => client.walk(chainOf(url), () => reply).tag;
    const said = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string => stdout + stderr;

    beforeAll(async () => {
      ({ hello, forged, tools } = await packed());
      well = await startNpmRegistry({ packages: [hello] });
    });
    afterAll(() => well?.close());

    test('a registry that is well: the packument, then the artifact by the URL in it', async () => {
      const a = await startNpmRegistry({ packages: [hello] });
      const installed = await pnpmOrYarn(kind, 'hello', { registry: a.url });
      expect([installed.code, installed.version], said(installed)).toEqual([0, '1.0.0']);
      expect(a.requests.map(({ target }) => target)).toEqual([packument, artifact]);
      // The short form; yarn from 2 on says nothing of it, and is sent the full one.
      expect(a.requests[0]?.headers['accept']?.includes('install-v1') ?? false).toBe(kind !== 'yarn');
      expect(walked(a.url, { tag: 'ok', tookMs: 1 })).toBe('ok');
      await a.close();
    });

    // Each with a registry of its own, several at a time: yarn 1 waits for seconds in between.
    describe.concurrent('its registry', () => {
      test.each(kind === 'pnpm' ? rows : fewRows)(
        '%s: it installs nothing and asks nobody else',
        async (_, { fault, path, reply, yarn1Asks }) => {
          const a = await startNpmRegistry({ packages: [hello] });
          await a.setFault(fault, { path: new RegExp(`^${path}$`) });
          const installed = await pnpmOrYarn(kind, 'hello', { registry: a.url });
          expect([installed.version, installed.code === 0], said(installed)).toEqual([null, false]);
          const asks = Array<string>(kind === 'yarn1' ? yarn1Asks : 1).fill(path);
          expect(a.requests.map(({ target }) => target)).toEqual(path === artifact ? [packument, ...asks] : asks);
          expect(walked(a.url, reply)).toBe('failed');
          await a.close();
        },
      );

      // yarn 1 asks five times, each for as long as it is told to wait.
      if (kind !== 'yarn1')
        test('a packument that hangs: it gives up and requests nothing from another registry', async () => {
          const a = await startNpmRegistry({ packages: [hello] });
          await a.setFault({ kind: 'hang-head' });
          const installed = await pnpmOrYarn(kind, 'hello', { registry: a.url, fetchTimeoutMs: 5_000 });
          expect([installed.version, installed.code === 0], said(installed)).toEqual([null, false]);
          expect(new Set(a.requests.map(({ target }) => target))).toEqual(new Set([packument]));
          expect(walked(a.url, { tag: 'failed', tookMs: 1, status: null })).toBe('failed');
          await a.close();
        });

      test('an artifact of other bytes', async () => {
        const a = await startNpmRegistry({ packages: [forged] });
        const fresh = await pnpmOrYarn(kind, 'hello', { registry: a.url });
        // yarn from 2 on holds nothing against the packument: the first download is believed, forged or not.
        expect(fresh.version, said(fresh)).toBe(kind === 'yarn' ? '1.0.0' : null);
        // A lock file is what it minds, as the others do.
        const { lock } = await pnpmOrYarn(kind, 'hello', { registry: well.url });
        const files = { [lockFiles[kind]]: (lock ?? '').replaceAll(well.url, a.url) };
        const locked = await pnpmOrYarn(kind, 'hello', { registry: a.url, files, isLocked: true });
        expect([locked.version, locked.code === 0], said(locked)).toEqual([null, false]);
        expect(a.requests.map(({ target }) => target)).toContain(artifact);
        expect(walked(a.url, { tag: 'failed', tookMs: 1, status: 200 })).toBe('failed');
        await a.close();
      });
    });

    describe.concurrent('the lines of the remedy', () => {
      const install = (options: Partial<Parameters<typeof pnpmOrYarn>[2]>) =>
        pnpmOrYarn(kind, 'hello', { registry: dead, ...options }).then(({ version }) => version);
      const exports = (): string => remedyTo(well.url).remedy['env'] ?? '';

      test('a dead registry in the user’s settings: without them nothing, with them the package', async () =>
        expect([await install({}), await install({ exports: exports() })]).toEqual([null, '1.0.0']));

      test('the variables win over the project’s own file, and the line for that file over the user’s', async () => {
        const form = kind === 'yarn' ? 'yarnrc.yml' : 'npmrc';
        const { remedy } = kind === 'yarn1' ? { remedy: { npmrc: `registry=${well.url}/` } } : remedyTo(well.url);
        const wrong = kind === 'yarn' ? `npmRegistryServer: "${dead}"` : `registry=${dead}`;
        const right = (remedy as Readonly<Record<string, string>>)[form] ?? '';
        expect(await install({ files: { [`.${form}`]: wrong }, exports: exports() })).toBe('1.0.0');
        expect(await install({ files: { [`.${form}`]: wrong } })).toBe(null);
        expect(await install({ files: { [`.${form}`]: right } })).toBe('1.0.0');
      });

      test('a lock file that was written at the mirror left', async () => {
        const left = await startNpmRegistry({ packages: [hello] });
        const first = await pnpmOrYarn(kind, 'hello', { registry: left.url });
        expect(first.version, said(first)).toBe('1.0.0');
        const { lock } = first;
        await left.close();
        const files = { [lockFiles[kind]]: lock ?? '' };
        const locked = { registry: left.url, files, isLocked: true };
        const { notes } = remedyTo(well.url);
        // The note says it of yarn 1 alone, which goes where its file says.
        expect(await install({ ...locked, exports: exports() })).toBe(kind === 'yarn1' ? null : '1.0.0');
        expect(lock?.includes(left.url)).toBe(kind === 'yarn1');
        expect(englishOf(notes)).toContain('for yarn 1, create the file again');
      });

      test('a private scope with its own registry and token: the public registry gets neither', async () => {
        const [corp, open] = [
          await startNpmRegistry({ packages: [tools], token }),
          await startNpmRegistry({ packages: [hello] }),
        ];
        const { remedy } = remedyTo(open.url, ['@corp/*']);
        const files =
          kind === 'yarn'
            ? { '.yarnrc.yml': `npmScopes: { corp: { npmRegistryServer: "${corp.url}", npmAuthToken: "${token}" } }\n` }
            : { '.npmrc': `@corp:registry=${corp.url}/\n//127.0.0.1:${corp.port}/:_authToken=${token}\n` };
        const installed = await pnpmOrYarn(kind, '@corp/tools', {
          registry: dead,
          files,
          exports: remedy['env'] ?? '',
        });
        expect(installed.version, said(installed)).toBe('1.0.0');
        expect(corp.requests.map(({ path }) => path)).toEqual(['/@corp/tools', '/@corp/tools/-/tools-1.0.0.tgz']);
        expect(open.requests.map(({ path }) => path)).toEqual([packument, artifact]);
        expect(open.requests.flatMap(({ headers }) => headers['authorization'] ?? [])).toEqual([]);
        for (const server of [corp, open]) await server.close();
      });
    });
  });

real('what the notes of the remedy say of pnpm and yarn', ['pnpm', 'pnpm10', 'yarn', 'yarn1', 'npm'], () => {
  let well: RawServer;
  const install = async (kind: PnpmOrYarn, options: Partial<Parameters<typeof pnpmOrYarn>[2]>) =>
    (await pnpmOrYarn(kind, 'hello', { registry: dead, ...options })).version;
  const remedyOf = (client: Client) => {
    const [before, after] = [client.parse(dead), client.parse(well.url)];
    if (before.tag === 'error' || after.tag === 'error') throw new Error('no registry');
    const { remedy, notes } = client.remedy(before.value, after.value, []);
    return { remedy, notes: englishOf(notes), exports: remedy['env'] ?? '' };
  };

  beforeAll(async () => {
    well = await startNpmRegistry({ packages: [(await packed()).hello] });
  });
  afterAll(() => well?.close());

  test('pnpm: registries.default of its workspace wins over .npmrc, and in pnpm 10 over the variables', async () => {
    const { remedy, exports, notes } = remedyOf(pnpmClient);
    const workspace = { 'pnpm-workspace.yaml': `registries:\n  default: ${dead}\n` };
    for (const kind of ['pnpm', 'pnpm10'] as const) {
      expect(await install(kind, { files: { ...workspace, '.npmrc': remedy['npmrc'] ?? '' } }), kind).toBe(null);
      expect(await install(kind, { files: workspace, exports }), kind).toBe(kind === 'pnpm' ? '1.0.0' : null);
    }
    expect(notes).toContain('`registries.default` of a pnpm-workspace.yaml overrides .npmrc');
    expect(notes).toContain('In pnpm 10 it also overrides environment variables.');
  });

  test.each<[PnpmOrYarn, Client]>([
    ['pnpm', pnpmClient],
    ['pnpm10', pnpmClient],
    ['yarn', yarnClient],
  ])('%s: the command sets the registry', async (kind, client) => {
    const [word, ...before] = (remedyOf(client).remedy[client.id] ?? '').split(' ');
    expect(word).toBe(client.id);
    expect(await install(kind, { before })).toBe('1.0.0');
  });

  test('yarn uses plain http only for hosts on its list', async () => {
    const { exports, notes } = remedyOf(yarnClient);
    const files = (hosts: string) => ({
      '~/.yarnrc.yml': `nodeLinker: node-modules\nunsafeHttpWhitelist: [${hosts}]\n`,
    });
    expect(await install('yarn', { files: files(''), exports })).toBe(null);
    expect(await install('yarn', { files: files('"127.0.0.1"'), exports })).toBe('1.0.0');
    expect(notes).toContain('`unsafeHttpWhitelist`: add 127.0.0.1');
  });

  test('yarn 1: the variables win over a registry in its own .yarnrc', async () => {
    const files = { '~/.npmrc': '', '.yarnrc': `registry "${dead}"\n` };
    expect(await install('yarn1', { files })).toBe(null);
    expect(await install('yarn1', { files, exports: remedyOf(yarnClient).exports })).toBe('1.0.0');
  });
});
