import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from './answer.ts';
import { commandPath, removeTempDir, tempDir } from './paths.ts';
import { type CommandResult, mustRun, run } from './process.ts';
import { type RawServer, startRawServer } from './raw-server.ts';

/** A repository `core` of one package, by path below a mirror. */
export interface ArchTree {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly name: string;
  /** Where the database and the package lie. */
  readonly database: string;
  readonly package: string;
  /** Hex, as the database has it. */
  readonly sha256: string;
}

const name = 'hello-mirror';
const version = '1.0-1';

/** Makes a repository as `repo-add` does, without signatures. */
export async function makeArchTree(): Promise<ArchTree> {
  const info = `pkgname = ${name}\npkgbase = ${name}\npkgver = ${version}\npkgdesc = a file\nsize = 6\narch = any\n`;
  const bytes = await packed({ '.PKGINFO': info, [`usr/share/${name}`]: 'hello\n' });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = `${name}-${version}-any.pkg.tar.gz`;
  const desc = { FILENAME: file, NAME: name, BASE: name, VERSION: version, CSIZE: bytes.length, ISIZE: 6 };
  const lines = Object.entries({ ...desc, SHA256SUM: sha256, ARCH: 'any' }).map(
    ([key, value]) => `%${key}%\n${value}\n`,
  );
  const folder = '/core/os/x86_64';
  const [database, path] = [`${folder}/core.db`, `${folder}/${file}`];
  const files = new Map([
    [database, await packed({ [`${name}-${version}/desc`]: `${lines.join('\n')}\n` })],
    [path, bytes],
  ]);
  return { files, name, database, package: path, sha256 };
}

async function packed(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const dir = tempDir('arch');
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(dir, 'in', path, '..'), { recursive: true });
      writeFileSync(join(dir, 'in', path), content);
    }
    await mustRun(commandPath('tar'), ['-czf', join(dir, 'out'), '-C', join(dir, 'in'), ...Object.keys(files)]);
    return readFileSync(join(dir, 'out'));
  } finally {
    removeTempDir(dir);
  }
}

/** A mirror of it in this process, with every fault. It gives the rest of a file too, as whoever goes on after a cut asks. */
export function startArchMirror({ files }: ArchTree): Promise<RawServer> {
  return startRawServer({
    answer({ path, headers }) {
      const body = files.get(path);
      if (body === undefined) return text(404, 'not found\n');
      const [, from] = /^bytes=(\d+)-$/.exec(headers['range'] ?? '') ?? [];
      if (from === undefined) return { status: 200, headers: { 'accept-ranges': 'bytes' }, body };
      const range = { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` };
      return { status: 206, headers: range, body: body.subarray(Number(from)) };
    },
  });
}

/**
 * Has the real pacman fetch the database and download the package, into folders of its own. Never throws.
 * @param mirrorlist  the text of its file
 * @returns `sha256` of what it has, in hex; `null`: nothing
 */
export async function pacmanDownload(
  tree: ArchTree,
  mirrorlist: string,
): Promise<CommandResult & { readonly sha256: string | null }> {
  const dir = tempDir('pacman');
  try {
    const at = (path: string): string => join(dir, path);
    for (const folder of ['db', 'cache', 'hooks', 'gnupg']) mkdirSync(at(folder));
    writeFileSync(at('mirrorlist'), mirrorlist);
    const config = [
      '[options]',
      `RootDir = ${dir}`,
      `DBPath = ${at('db')}`,
      `CacheDir = ${at('cache')}`,
      `HookDir = ${at('hooks')}`,
      `GPGDir = ${at('gnupg')}`,
      `LogFile = ${at('log')}`,
      'Architecture = x86_64',
      'SigLevel = Never',
      '[core]',
      `Include = ${at('mirrorlist')}`,
      '',
    ];
    writeFileSync(at('pacman.conf'), config.join('\n'));
    const nowhere = 'http://127.0.0.1:9';
    const env = { HOME: dir, http_proxy: nowhere, https_proxy: nowhere, no_proxy: '127.0.0.1', LC_ALL: 'C' };
    const args = ['--config', at('pacman.conf'), '-Syw', '--noconfirm', '--noprogressbar', tree.name];
    const result = await run(commandPath('pacman'), args, { env });
    const file = at(join('cache', tree.package.split('/').at(-1) ?? ''));
    const sha256 = existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : null;
    return { ...result, sha256 };
  } finally {
    removeTempDir(dir);
  }
}
