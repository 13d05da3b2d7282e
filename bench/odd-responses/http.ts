import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Answer, text } from '../../test/support/answer.ts';
import { makeAptRoot } from '../../test/support/debian-tree.ts';
import { commandPath, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { run } from '../../test/support/process.ts';
import { type Common, commonRows } from './common.ts';
import { type Kind, printedVersion, type RealClient, type Row } from './kind.ts';
import { wire } from './wire.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const bytes = (body: Buffer): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/octet-stream' },
  body,
});

const archive = gzipSync('odd '.repeat(500));
/** apt checks no more of a package than its length and hash before it is installed. */
const deb = Buffer.from('!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n');
const packages = Buffer.from(
  [
    ...['Package: odd', 'Version: 1.0', 'Architecture: all', 'Maintainer: Odd <odd@example.com>'],
    ...[`Size: ${deb.length}`, `SHA256: ${sha256(deb)}`, 'Filename: pool/odd_1.0_all.deb', 'Description: odd', '', ''],
  ].join('\n'),
);
const list = 'main/binary-amd64/Packages';
const release = [
  ...['Origin: odd', 'Suite: stable', 'Codename: stable', 'Date: Wed, 01 May 2024 10:00:00 UTC'],
  ...['Architectures: amd64', 'Components: main', 'SHA256:', ` ${sha256(packages)} ${packages.length} ${list}`, ''],
].join('\n');

const files: Readonly<Record<string, Answer>> = {
  '/odd-1.0.tar.gz': bytes(archive),
  '/dists/stable/Release': bytes(Buffer.from(release)),
  [`/dists/stable/${list}`]: bytes(packages),
  '/pool/odd_1.0_all.deb': bytes(deb),
};

const names: readonly Common[] = [
  'nothing odd',
  'status 203',
  'status 204, no body',
  'status 403',
  'status 404',
  'status 500',
  'no Content-Type',
  'Content-Type text/html',
  'byte order mark',
  'one byte behind',
  'the last byte missing',
  'no byte',
  'a page of HTML',
  'gzip announced, but not used',
  'in chunks',
];

const rows: readonly Row[] = [
  ...commonRows('file', [
    ...names,
    'status 206 without a range',
    'status 401',
    'status 410',
    'gzip, not announced',
    'HEAD 404',
  ]),
  ...commonRows('Packages', names),
  ...commonRows('package', names),
  ...wire.http,
  ...wire.apt,
];

const paths: Readonly<Record<string, string>> = {
  file: 'odd-1.0.tar.gz',
  Packages: `dists/stable/${list}`,
  package: 'pool/odd_1.0_all.deb',
};

/** A download by curl or wget, and the hash of the file, as build scripts check it. */
function downloader(command: 'curl' | 'wget', options: readonly string[]): RealClient {
  return {
    needs: command === 'curl' ? ['curl'] : [],
    version: () => printedVersion(() => run(commandPath(command), ['--version'])),
    async fetch(url) {
      const home = tempDir(`odd-${command}`);
      try {
        const file = join(home, 'file');
        const env = { HOME: home, http_proxy: undefined, HTTP_PROXY: undefined };
        const args = [...options, file, `${url}/${paths['file']}`];
        const { code, stderr } = await run(commandPath(command), args, { env, cwd: home });
        const isRight = existsSync(file) && readFileSync(file).equals(archive);
        return { code: code === 0 && !isRight ? 1 : code, said: stderr };
      } finally {
        removeTempDir(home);
      }
    },
  };
}

const apt: RealClient = {
  needs: ['apt'],
  version: () => printedVersion(() => run(commandPath('apt-get'), ['--version'])),
  async fetch(url) {
    const root = makeAptRoot([`deb [trusted=yes] ${url}/ stable main`]);
    try {
      const update = await root.get('update', '--error-on=any');
      if (update.code !== 0) return { code: update.code, said: update.stderr };
      const { code, stderr } = await root.get('download', 'odd');
      return { code, said: stderr };
    } finally {
      removeTempDir(root.dir);
    }
  },
};

const shared = {
  right: ({ path }: { readonly path: string }) => files[path] ?? text(404, 'not found\n'),
  isAt: (place: string, { path }: { readonly path: string }) => path === `/${paths[place]}`,
  words: () => ({}),
  urlOf: (base: string) => base,
};

/** Files of any kind. */
export const http: Kind = {
  word: 'http',
  ...shared,
  rows: rows.filter(({ at }) => at === 'file'),
  mirror: 'ecosystem: http, upstream: odd',
  yaml: `modules: { http: [ { upstream: odd, path: ${paths['file']}, expect: { sha256: ${sha256(archive)} } } ] }`,
  probes: () => [{ step: 'whole', module: paths['file'] ?? null, version: null }],
  clients: {
    curl: downloader('curl', ['--silent', '--show-error', '--fail', '--location', '--output']),
    wget: downloader('wget', ['--quiet', '--tries=1', '--output-document']),
  },
};

/** An archive of Debian packages, without signatures: apt then needs no `Release`. */
export const debian: Kind = {
  word: 'apt',
  ...shared,
  rows: rows.filter(({ at }) => at !== 'file'),
  mirror: 'ecosystem: http, upstream: odd, profile: debian',
  yaml: [
    'modules:',
    '  http:',
    `    - { upstream: odd, path: dists/stable/${list}, expect: { sha256: ${sha256(packages)} } }`,
    `    - { upstream: odd, path: ${paths['package']}, expect: { sha256: ${sha256(deb)} } }`,
  ].join('\n'),
  probes: ({ at }) => [
    { step: 'get', module: paths[at] ?? null, version: null },
    { step: 'whole', module: paths[at] ?? null, version: null },
  ],
  clients: { apt },
};
