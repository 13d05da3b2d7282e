import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeAptRoot } from '../../test/support/debian-tree.ts';
import { startNginx } from '../../test/support/nginx.ts';
import { commandPath, removeTempDir, repoDir } from '../../test/support/paths.ts';
import { mustRun } from '../../test/support/process.ts';
import { arrivedOf, NothingHeld, type Part } from './part.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Larger packages are left out. */
const packageBytesMax = 20e6;

/** A file of the archive, and the package that it is; `null`: a list or an index. */
interface Held {
  readonly path: string;
  readonly package: string | null;
  readonly sha256: string;
}

/** What apt of this machine takes: suites of its sources with their whole indexes, and the packages that `.ci/provision` installs. */
export async function openDebian(folder: string): Promise<Part> {
  if (!existsSync(keyring)) throw new NothingHeld('no keyring of the archive: this is not Debian');
  const dir = join(folder, 'debian');
  if (!existsSync(join(dir, 'taken.json'))) await take(dir);
  const held = JSON.parse(readFileSync(join(dir, 'taken.json'), 'utf8')) as readonly Held[];
  const nginx = await startNginx({ root: join(dir, 'tree') });
  const upstream = 'debian';
  return {
    word: 'debian',
    ecosystem: 'http',
    modules: held.map((one) => ({ name: one.path, written: { upstream, path: one.path, ...expectOf(one) } })),
    servers: [
      {
        name: 'nginx',
        url: nginx.httpUrl,
        keys: { upstream, profile: 'debian' },
        install: (paths) => install(nginx.httpUrl, held, paths),
      },
    ],
    // `whole` of a signed list picks one of all packages of the archive, of which few are here; `get` of another file reads
    // only its beginning, which has no hash.
    isLeftOut: (step, name) => step === (name?.endsWith('/InRelease') === true ? 'whole' : 'get'),
    notServed: [],
    close: () => nginx.close(),
  };
}

function expectOf({ path, package: name, sha256 }: Held): object {
  if (path.endsWith('/InRelease')) return { expect: { signedBy: keyring } };
  // Of a package, the hash is what apt reads in the index.
  return name === null ? {} : { expect: { sha256 } };
}

async function take(dir: string): Promise<void> {
  const lists = join(dir, 'lists');
  for (const folder of [join(lists, 'partial'), join(dir, 'cache', 'archives', 'partial'), join(dir, 'files')])
    mkdirSync(folder, { recursive: true });
  const settings = {
    'Dir::State::lists': lists,
    'Dir::Cache': join(dir, 'cache'),
    'Acquire::GzipIndexes': 'true',
    // As they are served, not unpacked.
    'Acquire::IndexTargets::deb::Packages::KeepCompressedAs': 'xz',
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': '',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const apt = (...args: string[]): Promise<string> =>
    mustRun(commandPath('apt-get'), [...options, ...args], { cwd: join(dir, 'files') });
  await apt('update', '--error-on=any');
  const suites = await takeLists(join(dir, 'tree'), apt);
  const packages = await takePackages(dir, apt);
  writeFileSync(join(dir, 'taken.json'), JSON.stringify([...suites, ...packages]));
}

type Apt = (...args: string[]) => Promise<string>;

/** The main archive alone: another one has another root. */
const isMain = (url: string): boolean => /\/debian\/?$/.test(new URL(url).pathname);

async function takeLists(tree: string, apt: Apt): Promise<readonly Held[]> {
  const format = '$(REPO_URI)|$(RELEASE)|$(METAKEY)|$(FILENAME)';
  const lines = (await apt('indextargets', 'Created-By: Packages', '--format', format)).trim().split('\n');
  return lines.flatMap((line) => {
    const [repository = '', suite = '', key = '', file = ''] = line.split('|');
    if (!isMain(repository) || !file.endsWith('.xz')) return [];
    const list = readdirSync(dirname(file)).find((name) => name.endsWith(`_dists_${suite}_InRelease`)) ?? '';
    const at = join('dists', suite);
    const index = join(at, `${key}.xz`);
    const hash = sha256Of(file);
    return [
      put(tree, join(at, 'InRelease'), join(dirname(file), list)),
      put(tree, index, file),
      put(tree, join(dirname(index), 'by-hash', 'SHA256', hash), file),
    ];
  });
}

function put(tree: string, path: string, from: string, name: string | null = null): Held {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  copyFileSync(from, join(tree, path));
  return { path, package: name, sha256: sha256Of(from) };
}

async function takePackages(dir: string, apt: Apt): Promise<readonly Held[]> {
  const provision = readFileSync(join(repoDir, '.ci', 'provision'), 'utf8');
  const names = [...(/^wanted=\(([^)]*)\)/m.exec(provision)?.[1] ?? '').matchAll(/\S+:(\S+)/g)].map(
    ([, name]) => name ?? '',
  );
  const told = await apt('download', '--print-uris', ...new Set(names));
  const taken = told.split('\n').flatMap((line) => {
    const [, url, file = '', size, sha256 = ''] = /^'(\S+)' (\S+) (\d+) SHA256:(\S+)/.exec(line) ?? [];
    const [, base, path = ''] = /^(.*\/debian)\/(pool\/.*)$/.exec(url ?? '') ?? [];
    const isTaken = base !== undefined && isMain(base) && Number(size) <= packageBytesMax;
    return isTaken ? [{ name: file.split('_')[0] ?? '', file, path: decodeURIComponent(path), sha256 }] : [];
  });
  if (taken.length > 0) await apt('download', ...taken.map(({ name }) => name));
  return taken.map(({ name, file, path, sha256 }) => {
    const kept = put(join(dir, 'tree'), path, join(dir, 'files', file), name);
    if (kept.sha256 !== sha256) throw new Error(`${name} is not what its index says`);
    return kept;
  });
}

function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Lists and indexes arrive with `apt-get update`, packages with `apt-get download`. */
async function install(url: string, held: readonly Held[], paths: readonly string[]): Promise<ReadonlySet<string>> {
  const suites = held.flatMap(({ path }) => /^dists\/(.+)\/InRelease$/.exec(path)?.[1] ?? []);
  const apt = makeAptRoot(suites.map((suite) => `deb [signed-by=${keyring}] ${url}/ ${suite} main`));
  try {
    if ((await apt.get('update', '--error-on=any')).code !== 0) return new Set();
    const asked = held.filter(({ path }) => paths.includes(path));
    const byName = new Map(asked.flatMap((one) => (one.package === null ? [] : [[one.package, one.path]])));
    const got = await arrivedOf([...byName.keys()], async (some) => (await apt.get('download', ...some)).code === 0);
    return new Set(asked.filter((one) => one.package === null || got.has(one.package)).map(({ path }) => path));
  } finally {
    removeTempDir(apt.dir);
  }
}
