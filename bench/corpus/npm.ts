import { createReadStream, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { sealedNpmEnv } from '../../test/support/npm-client.ts';
import { commandPath, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { mustRun, run } from '../../test/support/process.ts';
import { startVerdaccio } from '../../test/support/verdaccio.ts';
import { listenHere } from './listen-here.ts';
import { type Kept, readNpmCache } from './npm-cache.ts';
import { arrivedOf, itemOf, NothingHeld, type Part, type Served } from './part.ts';
import { lastLine, takeRoots, type Wanted } from './roots.ts';

const shortForm = 'application/vnd.npm.install-v1+json';

/** A package as the registry has it. */
interface Held {
  readonly name: string;
  /** Versions whose artifact is here. */
  readonly versions: readonly string[];
  readonly long: Kept | undefined;
  readonly short: Kept | undefined;
}

interface Store {
  readonly packages: ReadonlyMap<string, Held>;
  /** By path. */
  readonly tarballs: ReadonlyMap<string, Kept>;
  /** Of the registry that they came from. */
  readonly origin: string;
  readonly notServed: readonly string[];
}

/** What the npm of this machine keeps, and what it adds for the roots: packuments whole, as they came, and artifacts. */
export async function openNpm(wanted: Wanted): Promise<Part> {
  const cache = (await mustRun(commandPath('npm'), ['config', 'get', 'cache'])).trim();
  const read = (): Store => storeOf([cache, wanted.dir].flatMap(readNpmCache));
  const refused = await takeRoots(
    wanted,
    () => read().packages.size,
    (root) => take(root, wanted.dir),
  );
  const store = read();
  if (store.packages.size === 0) throw new NothingHeld('the cache of npm has no artifact with its packument');
  const registry = await startRegistry(store);
  const verdaccio = await startVerdaccio(registry.url);
  const serve = (name: string, url: string): Served => ({
    name,
    url,
    install: (names) => arrivedOf([...names], (some) => packAll(url, some)),
  });
  const names = [...store.packages.values()].flatMap(({ name, versions }) => versions.map((one) => `${name}@${one}`));
  return {
    word: 'npm',
    ecosystem: 'npm',
    modules: names.map((name) => itemOf(name, '@')),
    servers: [serve('files', registry.url), serve('verdaccio', verdaccio.url)],
    notServed: [...refused, ...store.notServed],
    async close() {
      await verdaccio.close();
      await registry.close();
    },
  };
}

/** The real npm installs a root with its dependencies, and runs no script of them. */
async function take(root: string, cache: string): Promise<string | null> {
  const dir = tempDir('corpus-npm');
  try {
    writeFileSync(join(dir, 'package.json'), '{"private":true}');
    const args = ['install', '--cache', cache, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', root];
    const { code, stderr } = await run(commandPath('npm'), args, { cwd: dir, timeoutMs: 0 });
    return code === 0 ? null : lastLine(stderr);
  } finally {
    removeTempDir(dir);
  }
}

/** The real npm fetches these, checks their hashes and runs no script. */
export async function packAll(registry: string, names: readonly string[]): Promise<boolean> {
  const dir = tempDir('corpus-npm');
  try {
    const env = sealedNpmEnv({ dir, registry });
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir, ...names];
    return (await run(commandPath('npm'), args, { cwd: dir, env })).code === 0;
  } finally {
    removeTempDir(dir);
  }
}

interface Packument {
  readonly name?: string;
  readonly versions?: Readonly<
    Record<string, { readonly dist?: { readonly tarball?: string; readonly integrity?: string } }>
  >;
}

function storeOf(kept: readonly Kept[]): Store {
  const artifacts = new Map(kept.filter(({ url }) => url.endsWith('.tgz')).map((one) => [one.url, one]));
  const byName = new Map<string, { long?: Kept; short?: Kept }>();
  for (const one of kept) {
    if (artifacts.has(one.url)) continue;
    const name = decodeURIComponent(new URL(one.url).pathname.slice(1));
    const forms = byName.get(name) ?? {};
    byName.set(name, { ...forms, [one.accept.includes(shortForm) ? 'short' : 'long']: one });
  }
  const packages = new Map<string, Held>();
  const tarballs = new Map<string, Kept>();
  const notServed: string[] = [];
  for (const [name, { long, short }] of byName) {
    const versions: string[] = [];
    const read = [short, long].flatMap((one) =>
      one === undefined ? [] : [JSON.parse(readFileSync(one.file, 'utf8')) as Packument],
    );
    if (read.some((one) => one.name !== name)) continue;
    for (const [version, { dist }] of Object.entries(read[0]?.versions ?? {})) {
      const artifact = artifacts.get(dist?.tarball ?? '');
      if (artifact === undefined) continue;
      // The two forms may have come on different days.
      if (!read.every((one) => one.versions?.[version]?.dist?.integrity === artifact.integrity)) {
        notServed.push(`${name}@${version}: its artifact is not that of all its packuments`);
        continue;
      }
      versions.push(version);
      tarballs.set(new URL(artifact.url).pathname, artifact);
    }
    if (versions.length > 0) packages.set(name, { name, versions, long, short });
  }
  const [first] = tarballs.values();
  return { packages, tarballs, origin: first === undefined ? '' : new URL(first.url).origin, notServed };
}

/** A registry as its makers' is: both forms of packuments, and artifacts below itself. */
async function startRegistry({ packages, tarballs, origin }: Store): Promise<{ url: string; close(): Promise<void> }> {
  let url = '';
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
    const tarball = tarballs.get(path);
    if (tarball !== undefined) return sendFile(tarball.file, 'application/octet-stream', response);
    const held = packages.get(path.slice(1));
    if (held === undefined) return response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    const isShort = request.headers.accept?.includes(shortForm) === true && held.short !== undefined;
    const kept = isShort ? held.short : (held.long ?? held.short);
    const body = Buffer.from(readFileSync(kept?.file ?? '', 'utf8').replaceAll(origin, url));
    const type = kept === held.short ? shortForm : 'application/json';
    return response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body);
  });
  const listening = await listenHere(server);
  url = listening.url;
  return listening;
}

export function sendFile(file: string, type: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': type, 'content-length': statSync(file).size });
  createReadStream(file).pipe(response);
}
