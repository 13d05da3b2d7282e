import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** A small signed Debian archive. */
export interface DebianTree {
  readonly dir: string;
  /** The public key that it is signed with, as apt's `signed-by` takes it. */
  readonly keyFile: string;
  /** The first of them. */
  readonly package: DebianPackage;
  readonly packages: readonly DebianPackage[];
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

/** Makes an archive in a new folder: `dists/stable`, signed by a key made for it, and packages of architecture `all`. */
export async function makeDebianTree(names: readonly [string, ...string[]] = ['hello-mirror']): Promise<DebianTree> {
  const dir = tempDir('debian');
  const [first, ...rest] = names;
  const one = await makePackage(dir, first);
  const made = [one];
  for (const name of rest) made.push(await makePackage(dir, name));
  const index = made.map(({ stanza }) => stanza).join('');
  const files = [
    ['main/binary-amd64/Packages', Buffer.from(index)],
    ['main/binary-amd64/Packages.gz', gzipSync(index)],
  ] as const;
  for (const [file, content] of files) put(join(dir, 'dists', 'stable', file), content);
  const sums = files.map(([file, content]) => ` ${sha256(content)} ${content.length} ${file}`);
  const date = new Date().toUTCString().replace('GMT', 'UTC');
  const head = `Origin: Example\nSuite: stable\nCodename: stable\nDate: ${date}\nArchitectures: amd64 all\nComponents: main`;
  put(join(dir, 'dists', 'stable', 'Release'), `${head}\nSHA256:\n${sums.join('\n')}\n`);
  const keyFile = await sign(join(dir, 'dists', 'stable'));
  put(join(dir, 'project', 'trace', 'master'), `${traceDate(new Date())}\nArchive serial: 2023111102\n`);
  return { dir, keyFile, package: one, packages: made };
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

async function sign(dir: string): Promise<string> {
  const home = tempDir('gpg');
  const gpg = (...args: string[]): Promise<void> => must('gpg', ['--homedir', home, '--batch', '--yes', ...args]);
  await gpg('--passphrase', '', '--quick-generate-key', 'archive@example.com', 'rsa2048', 'sign', 'never');
  await gpg('--clearsign', '--output', join(dir, 'InRelease'), join(dir, 'Release'));
  const keyFile = join(dir, '..', '..', 'archive.gpg');
  await gpg('--output', keyFile, '--export', 'archive@example.com');
  // Its agent would outlive the tests.
  await run('gpgconf', ['--homedir', home, '--kill', 'all']);
  return keyFile;
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
