import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Answer, SeenRequest } from './answer.ts';
import { buildTar } from './archives.ts';
import { sealedNpmEnv } from './npm-client.ts';
import type { NpmSigner } from './npm-signer.ts';
import { commandPath, tempDir } from './paths.ts';
import { mustRun } from './process.ts';
import { type RawServer, startRawServer } from './raw-server.ts';

/** A package as `npm pack` would make it. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly tgz: Buffer;
  /** Of its bytes, as packuments and lock files have it. */
  readonly integrity: string;
  readonly shasum: string;
}

/** Packs a package of one file, as `npm pack` has it: npm itself takes half a second for each. */
export function packPackage(manifest: {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}): PackedPackage {
  const tar = buildTar([
    ['package/index.js', `module.exports = '${manifest.name}';\n`],
    ['package/package.json', JSON.stringify({ ...manifest, main: 'index.js' })],
  ]);
  return packedAs(manifest, gzipSync(tar));
}

/** The same by the real npm. */
export async function packWithNpm(manifest: Parameters<typeof packPackage>[0]): Promise<PackedPackage> {
  const dir = tempDir('npm-pack');
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...manifest, main: 'index.js' }));
  writeFileSync(join(dir, 'index.js'), `module.exports = '${manifest.name}';\n`);
  const env = sealedNpmEnv({ dir, registry: 'http://127.0.0.1:9' });
  const told = await mustRun(commandPath('npm'), ['pack', '--json', '--ignore-scripts'], { cwd: dir, env });
  const [packed] = JSON.parse(told) as readonly { readonly filename: string }[];
  const tgz = readFileSync(join(dir, packed?.filename ?? ''));
  return packedAs(manifest, tgz);
}

/** A package for those who only ask for it: its artifact is in gzip and hashes as told, but nobody could install it. */
export function hollowPackage(name: string, version: string): PackedPackage {
  return packedAs({ name, version }, gzipSync(`${name}@${version}`));
}

/** A package with these bytes. */
export function packedAs(manifest: { readonly name: string; readonly version: string }, tgz: Buffer): PackedPackage {
  const hash = (algorithm: string, encoding: 'base64' | 'hex') => createHash(algorithm).update(tgz).digest(encoding);
  const { name, version } = manifest;
  return { name, version, manifest, tgz, integrity: `sha512-${hash('sha512', 'base64')}`, shasum: hash('sha1', 'hex') };
}

/** How a registry differs from one that is well. */
export interface NpmRegistryOptions {
  readonly packages: readonly PackedPackage[];
  /** Where its packuments say that artifacts lie. Default: below itself. */
  readonly tarballBase?: string;
  /** Other bytes in place of artifacts. */
  readonly spoilt?: boolean;
  /** Bytes of another package in place of artifacts, and their hashes in packuments, as a forger would have it. */
  readonly forged?: PackedPackage;
  /** Who signs its versions; default: nobody. */
  readonly signer?: NpmSigner;
  /** What it lists at `/-/npm/v1/keys`; default: it has no such endpoint. */
  readonly keys?: readonly object[];
  /** Whoever does not say it gets 404 for everything, as private packages answer to strangers. Default: open. */
  readonly token?: string;
  readonly port?: number;
}

const json = { 'content-type': 'application/json' };
const notFound: Answer = {
  status: 404,
  headers: json,
  body: Buffer.from('{"error":"not_found","reason":"document not found"}'),
};
const publishedAt = '2024-05-01T10:00:00.000Z';

/**
 * A registry on loopback with the short and the full form of packuments, dist-tags, manifests and artifacts, as
 * docs/protocols/npm.md#endpoints has them; every fault by `setFault`. It stands in for real ones where none is installed.
 */
export async function startNpmRegistry(options: NpmRegistryOptions): Promise<RawServer> {
  const registry: RawServer = await startRawServer({
    ...(options.port === undefined ? {} : { port: options.port }),
    answer: (request) => npmAnswerOf(request, options, options.tarballBase ?? registry.url),
  });
  return registry;
}

/** What that registry responds; `base` is where its artifacts are. */
export function npmAnswerOf(
  { path, headers }: Pick<SeenRequest, 'path' | 'headers'>,
  options: NpmRegistryOptions,
  base: string,
): Answer {
  const { packages, spoilt = false, token, keys } = options;
  if (token !== undefined && headers['authorization'] !== `Bearer ${token}`) return notFound;
  if (path === '/-/npm/v1/keys' && keys !== undefined) return of({ keys });
  for (const one of packages) {
    const { name, version } = one;
    const { tgz } = options.forged ?? one;
    if (path === `/${name}`) return packument(one, base, options, headers['accept']?.includes('install-v1') === true);
    if (path === `/-/package/${name}/dist-tags`) return of({ latest: version });
    if (path === `/${name}/${version}` || path === `/${name}/latest`) return of(manifestOf(one, base, options));
    if (path === tarballPath(one))
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        body: spoilt ? Buffer.concat([tgz, Buffer.from('!')]) : tgz,
      };
  }
  return notFound;
}

function of(value: object, type = json): Answer {
  return { status: 200, headers: type, body: Buffer.from(JSON.stringify(value)) };
}

function tarballPath({ name, version }: PackedPackage): string {
  return `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
}

function manifestOf(one: PackedPackage, base: string, { signer, forged }: NpmRegistryOptions): object {
  const { integrity, shasum } = forged ?? one;
  // What was signed is the right one: a forger has no key.
  const signatures = signer && { signatures: [signer.over(one.name, one.version, one.integrity)] };
  return { ...one.manifest, dist: { integrity, shasum, tarball: `${base}${tarballPath(one)}`, ...signatures } };
}

function packument(one: PackedPackage, base: string, options: NpmRegistryOptions, isShort: boolean): Answer {
  const { name, version } = one;
  const common = { name, 'dist-tags': { latest: version }, versions: { [version]: manifestOf(one, base, options) } };
  return isShort
    ? of({ ...common, modified: publishedAt }, { 'content-type': 'application/vnd.npm.install-v1+json' })
    : of({ ...common, _id: name, time: { created: publishedAt, modified: publishedAt, [version]: publishedAt } });
}
