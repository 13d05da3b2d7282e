import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { h1OfMod } from '../../src/ecosystems/go/h1.ts';
import { goDownload } from '../../test/support/go-client.ts';
import { startGoproxy } from '../../test/support/goproxy.ts';
import { startNginx } from '../../test/support/nginx.ts';
import { commandPath, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { mustRun } from '../../test/support/process.ts';
import { NothingHeld, type Part, type Served } from './part.ts';

/**
 * What the go command of this machine keeps in its module cache, whose layout is that of a proxy.
 * @see https://go.dev/ref/mod#module-cache
 */
export async function openGo(): Promise<Part> {
  const root = join((await mustRun(commandPath('go'), ['env', 'GOMODCACHE'])).trim(), 'cache', 'download');
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
    modules: [...held.keys()].map((name) => ({ name, written: name })),
    locks: [lock],
    servers: [serve('nginx', nginx.httpUrl), serve('goproxy', goproxy.url)],
    keys: { go: { sumdb: 'off' } },
    notServed: [],
    async close() {
      await goproxy.close();
      await nginx.close();
      removeTempDir(dir);
    },
  };
}

interface Hashes {
  /** As go noted it beside the zip. */
  readonly zip: string;
  readonly mod: string;
}

/** The modules with a zip, as `path@version`. */
function heldIn(root: string): ReadonlyMap<string, Hashes> {
  const held = new Map<string, Hashes>();
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  for (const file of files) {
    const [, path, version] = /^(.+)\/@v\/([^/]+)\.ziphash$/.exec(file) ?? [];
    if (path === undefined || version === undefined || path === 'golang.org/toolchain') continue;
    if (!files.includes(`${path}/@v/${version}.zip`)) continue;
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
