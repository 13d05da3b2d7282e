import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { h1OfMod } from '../../src/ecosystems/go/h1.ts';
import { goDownload } from '../../test/support/go-client.ts';
import { startGoproxy } from '../../test/support/goproxy.ts';
import { startNginx } from '../../test/support/nginx.ts';
import { commandPath, removeTempDir, repoDir, tempDir } from '../../test/support/paths.ts';
import { mustRun, run } from '../../test/support/process.ts';
import { itemOf, NothingHeld, type Part, packagesOf, type Served } from './part.ts';
import { lastLine, takeRoots, type Wanted } from './roots.ts';

/**
 * What the go command of this machine keeps in its module cache, whose layout is that of a proxy, and what it adds for
 * the roots: a module, or a folder with a go.mod.
 * @see https://go.dev/ref/mod#module-cache
 */
export async function openGo(wanted: Wanted): Promise<Part> {
  const cache = join(wanted.dir, 'mod');
  const root = join(cache, 'cache', 'download');
  await copyHeld(root);
  const refused = await takeRoots(
    wanted,
    () => packagesOf(itemsOf(heldIn(root))),
    (name) => take(name, cache),
  );
  const held = heldIn(root);
  if (held.size === 0) throw new NothingHeld('the module cache of go has no zip');
  const dir = tempDir('corpus-go');
  const nginx = await startNginx({ root });
  const goproxy = await startGoproxy({ upstream: nginx.httpUrl });
  const serve = (name: string, url: string): Served => ({
    name,
    url,
    install: (modules) => install(url, modules, held),
  });
  // As a team has it: hashes of what go verified by the checksum database as it came.
  const lock = join(dir, 'go.sum');
  const lines = [...held].flatMap(([id, { zip, mod }]) => {
    const [path = '', version = ''] = id.split('@');
    return [`${path} ${version} ${zip}`, `${path} ${version}/go.mod ${mod}`];
  });
  writeFileSync(lock, `${lines.join('\n')}\n`);
  return {
    word: 'go',
    ecosystem: 'go',
    modules: itemsOf(held),
    locks: [lock],
    servers: [serve('nginx', nginx.httpUrl), serve('goproxy', goproxy.url)],
    keys: { go: { sumdb: 'off' } },
    notServed: refused,
    async close() {
      await goproxy.close();
      await nginx.close();
      removeTempDir(dir);
    },
  };
}

/** The toolchains of go are no modules that a build downloads. */
async function copyHeld(root: string): Promise<void> {
  const held = join((await mustRun(commandPath('go'), ['env', 'GOMODCACHE'])).trim(), 'cache', 'download');
  if (!existsSync(held)) return;
  const filter = (from: string): boolean => !from.endsWith('/golang.org/toolchain');
  cpSync(held, root, { recursive: true, force: false, filter });
}

/** The go command downloads a root and all modules of its graph, and verifies them as it is configured. */
async function take(root: string, cache: string): Promise<string | null> {
  const dir = tempDir('corpus-go');
  const go = (...args: string[]) =>
    run(commandPath('go'), args, {
      cwd: dir,
      timeoutMs: 0,
      env: { GOMODCACHE: cache, GOFLAGS: '-modcacherw -mod=mod', GOWORK: 'off', GOTOOLCHAIN: 'local' },
    });
  try {
    if (root.startsWith('.')) {
      for (const file of ['go.mod', 'go.sum']) copyFileSync(join(resolve(repoDir, root), file), join(dir, file));
    } else {
      await go('mod', 'init', 'corpus.example.com/root');
      const got = await go('get', root.includes('@') ? root : `${root}@latest`);
      if (got.code !== 0) return lastLine(got.stderr);
    }
    const { code, stderr } = await go('mod', 'download', 'all');
    return code === 0 ? null : lastLine(stderr);
  } finally {
    removeTempDir(dir);
  }
}

const itemsOf = (held: ReadonlyMap<string, unknown>) => [...held.keys()].map((name) => itemOf(name, '@'));

interface Hashes {
  /** As go noted it beside the zip. */
  readonly zip: string;
  readonly mod: string;
}

/** The modules with a zip, as `path@version`. */
function heldIn(root: string): ReadonlyMap<string, Hashes> {
  const held = new Map<string, Hashes>();
  if (!existsSync(root)) return held;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const there = new Set(files);
  for (const file of files) {
    const [, path, version] = /^(.+)\/@v\/([^/]+)\.ziphash$/.exec(file) ?? [];
    if (path === undefined || version === undefined || path === 'golang.org/toolchain') continue;
    // A download that was interrupted is not whole.
    if (!['zip', 'mod', 'info'].every((kind) => there.has(`${path}/@v/${version}.${kind}`))) continue;
    const unescaped = `${path}@${version}`.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const mod = h1OfMod(readFileSync(join(root, `${path}/@v/${version}.mod`)));
    held.set(unescaped, { zip: readFileSync(join(root, file), 'utf8').trim(), mod });
  }
  return held;
}

async function install(
  url: string,
  names: readonly string[],
  held: ReadonlyMap<string, Hashes>,
): Promise<ReadonlySet<string>> {
  const { modules } = await goDownload(names, { goproxy: url });
  return new Set(modules.filter(({ id, sum }) => held.get(id)?.zip === sum).map(({ id }) => id));
}
