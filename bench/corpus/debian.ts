import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeAptRoot } from '../../test/support/debian-tree.ts';
import { startNginx } from '../../test/support/nginx.ts';
import { commandPath, removeTempDir, repoDir } from '../../test/support/paths.ts';
import { mustRun } from '../../test/support/process.ts';
import { arrivedOf, NothingHeld, type Part } from './part.ts';
import type { Wanted } from './roots.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Larger packages are left out. */
const packageBytesMax = 20e6;

/** A file of the archive, and the package that it is; `null`: a list or an index. */
interface Held {
  readonly path: string;
  readonly package: string | null;
  readonly sha256: string;
}

/**
 * What apt of this machine takes: suites of its sources with their whole indexes, and what `.ci/provision` installs and
 * the roots, with all that apt would install with them on an empty machine.
 */
export async function openDebian(wanted: Wanted): Promise<Part> {
  if (!existsSync(keyring)) throw new NothingHeld('no keyring of the archive: this is not Debian');
  const { dir } = wanted;
  const stamp = join(dir, 'taken.json');
  const asked = JSON.stringify([wanted.roots, wanted.count]);
  const taken = existsSync(stamp) ? (JSON.parse(readFileSync(stamp, 'utf8')) as Taken) : null;
  const held = taken?.asked === asked ? taken.held : await take(wanted);
  writeFileSync(stamp, JSON.stringify({ asked, held } satisfies Taken));
  const nginx = await startNginx({ root: join(dir, 'tree') });
  const upstream = 'debian';
  return {
    word: 'debian',
    ecosystem: 'http',
    modules: held.map((one) => ({
      name: one.path,
      package: one.package,
      written: { upstream, path: one.path, ...expectOf(one) },
    })),
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

interface Taken {
  /** The roots and the count that it was taken for. */
  readonly asked: string;
  readonly held: readonly Held[];
}

function expectOf({ path, package: name, sha256 }: Held): object {
  if (path.endsWith('/InRelease')) return { expect: { signedBy: keyring } };
  // Of a package, the hash is what apt reads in the index.
  return name === null ? {} : { expect: { sha256 } };
}

async function take({ dir, roots, count, say }: Wanted): Promise<readonly Held[]> {
  mkdirSync(join(dir, 'files'), { recursive: true });
  say('apt-get update');
  const served = await updatedApt(dir, 'lists', {
    'Acquire::GzipIndexes': 'true',
    // As they are served, not unpacked.
    'Acquire::IndexTargets::deb::Packages::KeepCompressedAs': 'xz',
  });
  const suites = await takeLists(join(dir, 'tree'), served);
  // In lists that are unpacked, apt finds a package much faster.
  const apt = await updatedApt(dir, 'unpacked', {});
  const packages = (await listedOf(apt, roots)).slice(0, count);
  for (let at = 0; at < packages.length; at += 25) {
    say(`taking packages, ${at} of ${packages.length}`);
    const lacks = packages.slice(at, at + 25).filter(({ file }) => !existsSync(join(dir, 'files', file)));
    if (lacks.length > 0) await apt('download', ...lacks.map(({ name }) => name));
  }
  return [
    ...suites,
    ...packages.map(({ name, file, path, sha256 }) => {
      const kept = put(join(dir, 'tree'), path, join(dir, 'files', file), name);
      if (kept.sha256 !== sha256) throw new Error(`${name} is not what its index says`);
      return kept;
    }),
  ];
}

type Apt = (...args: string[]) => Promise<string>;

/** apt-get with lists of its own, below `dir`, from the sources of the machine. */
async function updatedApt(dir: string, lists: string, more: Readonly<Record<string, string>>): Promise<Apt> {
  for (const folder of [join(lists, 'partial'), join('cache', lists, 'archives', 'partial')])
    mkdirSync(join(dir, folder), { recursive: true });
  const settings = {
    'Dir::State::lists': join(dir, lists),
    // Nothing is installed.
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(dir, 'cache', lists),
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': '',
    'Debug::NoLocking': '1',
    ...more,
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const apt: Apt = (...args) =>
    mustRun(commandPath('apt-get'), [...options, '-qq', ...args], { cwd: join(dir, 'files'), timeoutMs: 0 });
  await apt('update', '--error-on=any');
  return apt;
}

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

interface Listed {
  readonly name: string;
  readonly file: string;
  readonly path: string;
  readonly sha256: string;
}

async function listedOf(apt: Apt, roots: readonly string[]): Promise<readonly Listed[]> {
  const provision = readFileSync(join(repoDir, '.ci', 'provision'), 'utf8');
  const names = [...(/^wanted=\(([^)]*)\)/m.exec(provision)?.[1] ?? '').matchAll(/\S+:(\S+)/g)].map(
    ([, name]) => name ?? '',
  );
  // What apt would download for a machine without any package; its lines have no SHA-256.
  const needed = await apt('install', '--yes', '--print-uris', ...new Set([...names, ...roots]));
  const needs = needed.split('\n').flatMap((line) => /^'\S+' ([^_\s]+)_/.exec(line)?.[1] ?? []);
  const printed = await apt('download', '--print-uris', ...needs);
  return printed.split('\n').flatMap((line) => {
    const [, url, file = '', size, sha256 = ''] = /^'(\S+)' (\S+) (\d+) SHA256:(\S+)/.exec(line) ?? [];
    const [, base, path = ''] = /^(.*\/debian)\/(pool\/.*)$/.exec(url ?? '') ?? [];
    const isTaken = base !== undefined && isMain(base) && Number(size) <= packageBytesMax;
    return isTaken ? [{ name: file.split('_')[0] ?? '', file, path: decodeURIComponent(path), sha256 }] : [];
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
