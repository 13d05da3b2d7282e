import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { commandPath, tempDir } from './paths.ts';
import { type CommandResult, run } from './process.ts';

/** A package of an archive. */
export interface DebianPackage {
  readonly name: string;
  /** Below the archive. */
  readonly path: string;
  readonly sha256: string;
}

/** The forms of an index, as the ends of its name; and how the archive is laid out. */
export interface DebianShape {
  readonly forms?: readonly ('' | '.gz' | '.xz')[];
  /** `Acquire-By-Hash: yes`, with the files. Those of earlier lists stay. */
  readonly byHash?: true;
  /** The field `Label` of the suite; default: none. */
  readonly label?: string;
  /** How long ago the suite was published, milliseconds; default: 0. */
  readonly agoMs?: number;
  /** An archive whose key signs this one too. */
  readonly signedAs?: DebianTree;
}

/** A small signed Debian archive. */
export interface DebianTree {
  readonly dir: string;
  /** The public key that it is signed with, as apt's `signed-by` takes it. */
  readonly keyFile: string;
  /** The home of gpg with the secret key. */
  readonly gpgHome: string;
  /** The first of them. */
  readonly package: DebianPackage;
  readonly packages: readonly DebianPackage[];
  /** Adds a package and publishes the suite anew, with a patch of its index. */
  add(name: string): Promise<void>;
}

async function must(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const { code, stderr } = await run(commandPath(command), args, { env });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

function put(path: string, content: string | Buffer): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

const suite = 'dists/stable';
const index = 'main/binary-amd64/Packages';

/** Makes an archive in a new folder: `dists/stable`, signed by a key made for it, and packages of architecture `all`. */
export async function makeDebianTree(
  names: readonly [string, ...string[]] = ['hello-mirror'],
  shape: DebianShape = {},
): Promise<DebianTree> {
  const dir = tempDir('debian');
  const [first, ...rest] = names;
  const one = await makePackage(dir, first);
  const made = [one];
  for (const name of rest) made.push(await makePackage(dir, name));
  const home = shape.signedAs?.gpgHome ?? tempDir('gpg');
  if (shape.signedAs === undefined)
    await gpgIn(home, '--passphrase', '', '--quick-generate-key', 'archive@example.com', 'rsa2048', 'sign', 'never');
  const keyFile = join(dir, 'archive.gpg');
  await gpgIn(home, '--output', keyFile, '--export', 'archive@example.com');
  const publish = () => publishSuite(join(dir, suite), made.map(({ stanza }) => stanza).join(''), shape, home);
  await publish();
  put(join(dir, 'project', 'trace', 'master'), `${traceDate(new Date())}\nArchive serial: 2023111102\n`);
  return {
    dir,
    keyFile,
    gpgHome: home,
    package: one,
    packages: made,
    async add(name) {
      made.push(await makePackage(dir, name));
      await publish();
    },
  };
}

async function publishSuite(dir: string, text: string, shape: DebianShape, home: string): Promise<void> {
  const { forms = ['', '.gz'], byHash, label, agoMs = 0 } = shape;
  const before = existsSync(join(dir, index)) ? readFileSync(join(dir, index)) : null;
  put(join(dir, index), text);
  await must('xz', ['--keep', '--force', join(dir, index)]);
  put(join(dir, `${index}.gz`), gzipSync(text));
  // The plain form is listed also where it is not kept: apt needs its line.
  const listed = [...new Set(['', ...forms])].map((form) => `${index}${form}`);
  const isKept = (name: string): boolean => name !== index || forms.includes('');
  if (before !== null) listed.push(await addPatch(dir, before));
  const part = 'main/binary-amd64/Release';
  put(join(dir, part), 'Archive: stable\nComponent: main\nOrigin: Example\nArchitecture: amd64\n');
  const sums = [...listed, part].map((name) => {
    const content = readFileSync(join(dir, name));
    if (byHash === true && isKept(name)) put(join(dir, name, '..', 'by-hash', 'SHA256', sha256(content)), content);
    return ` ${sha256(content)} ${content.length} ${name}`;
  });
  for (const form of ['', '.gz', '.xz'] as const) if (!forms.includes(form)) rmSync(join(dir, `${index}${form}`));
  const date = new Date(Date.now() - agoMs).toUTCString().replace('GMT', 'UTC');
  const labelled = label === undefined ? '' : `Label: ${label}\n`;
  const head = `Origin: Example\n${labelled}Suite: stable\nCodename: stable\nDate: ${date}\nArchitectures: amd64 all\nComponents: main`;
  const hashed = byHash === true ? '\nAcquire-By-Hash: yes' : '';
  put(join(dir, 'Release'), `${head}${hashed}\nSHA256:\n${sums.join('\n')}\n`);
  await signRelease(dir, home);
}

/** Makes the patch from an earlier index to this one, in the form that apt reads. @returns the name of its index */
async function addPatch(dir: string, before: Buffer): Promise<string> {
  const folder = `${index}.diff`;
  const work = tempDir('pdiff');
  put(join(work, 'before'), before);
  const { stdout } = await run(commandPath('diff'), ['--ed', join(work, 'before'), join(dir, index)], {});
  const name = 'T-2023-11-11-0000.00-F-2023-11-10-0000.00';
  const packed = gzipSync(stdout);
  put(join(dir, folder, `${name}.gz`), packed);
  const now = readFileSync(join(dir, index));
  const line = (content: string | Buffer, of: string): string => ` ${sha256(content)} ${content.length} ${of}`;
  const parts = [
    `SHA256-Current: ${sha256(now)} ${now.length}`,
    `SHA256-History:\n${line(before, name)}`,
    `SHA256-Patches:\n${line(stdout, name)}`,
    `SHA256-Download:\n${line(packed, `${name}.gz`)}`,
  ];
  put(join(dir, folder, 'Index'), `${parts.join('\n')}\n`);
  return `${folder}/Index`;
}

/** Builds a package into an archive, and gives it with its stanza of the index. */
async function makePackage(dir: string, name: string): Promise<DebianPackage & { readonly stanza: string }> {
  const build = tempDir('deb');
  const control = `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\nDescription: a file\n`;
  put(join(build, 'DEBIAN', 'control'), control);
  put(join(build, 'usr', 'share', name, 'hello'), 'hello\n');
  const path = `pool/main/h/${name}/${name}_1.0_all.deb`;
  mkdirSync(join(dir, path, '..'), { recursive: true });
  await must('dpkg-deb', ['--root-owner-group', '--build', build, join(dir, path)]);
  const deb = readFileSync(join(dir, path));
  const stanza = `${control}Filename: ${path}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n\n`;
  return { name, path, sha256: sha256(deb), stanza };
}

/** `Sat Nov 11 09:59:12 UTC 2023`. */
function traceDate(date: Date): string {
  const [day = '', number, month, year, time] = date.toUTCString().split(' ');
  return `${day.replace(',', '')} ${month} ${Number(number).toString().padStart(2)} ${time} UTC ${year}`;
}

const gpgIn = (home: string, ...args: string[]): Promise<void> =>
  must('gpg', ['--homedir', home, '--batch', '--yes', ...args]);

async function signRelease(dir: string, home: string): Promise<void> {
  const release = join(dir, 'Release');
  await gpgIn(home, '--output', join(dir, 'InRelease'), '--clearsign', release);
  await gpgIn(home, '--output', `${release}.gpg`, '--detach-sign', release);
  // Its agent would outlive the tests.
  await run('gpgconf', ['--homedir', home, '--kill', 'all']);
}

/** The real apt-get with everything of its own under one folder; nothing of this machine's is read or changed. */
export interface AptRoot {
  readonly dir: string;
  /** As `/etc/apt/sources.list*` is to a machine. */
  readonly sources: string;
  readonly get: (...args: readonly string[]) => Promise<CommandResult>;
}

/** Makes a root for apt with these lines in its sources.list. */
export function makeAptRoot(lines: readonly string[]): AptRoot {
  const dir = tempDir('apt');
  for (const folder of [
    'etc/sources.list.d',
    'etc/preferences.d',
    'etc/apt.conf.d',
    'state/lists/partial',
    'cache/archives/partial',
  ])
    mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, 'status'), '');
  writeFileSync(join(dir, 'etc', 'sources.list'), `${lines.join('\n')}\n`);
  const settings = {
    'Dir::Etc': join(dir, 'etc'),
    'Dir::State': join(dir, 'state'),
    'Dir::State::status': join(dir, 'status'),
    'Dir::Cache': join(dir, 'cache'),
    'APT::Architecture': 'amd64',
    // Else each of its programs asks dpkg.
    'APT::Architectures::': 'amd64',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '0',
    'Acquire::http::Timeout': '60',
    'Acquire::http::Proxy': 'DIRECT',
  };
  const config = join(dir, 'apt.conf');
  const text = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  writeFileSync(config, `${text.join('\n')}\n`);
  const env = { APT_CONFIG: config, LC_ALL: 'C' };
  return {
    dir,
    sources: join(dir, 'etc', 'sources.list*'),
    get: (...args) => run(commandPath('apt-get'), args, { env, cwd: dir }),
  };
}
