import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Answer, text } from './answer.ts';
import { buildTar } from './archives.ts';
import { commandPath, tempDir } from './paths.ts';
import { type CommandResult, run } from './process.ts';
import { type RawServer, type RawServerOptions, startRawServer } from './raw-server.ts';

interface PackedCrate {
  readonly name: string;
  readonly version: string;
  readonly file: Buffer;
  readonly sum: string;
}

/** Packs a library of one empty function, as `cargo package` has it. */
export function packCrate(name: string, version: string): PackedCrate {
  const manifest = `[package]\nname = "${name}"\nversion = "${version}"\nedition = "2021"\n`;
  const file = gzipSync(
    buildTar([
      [`${name}-${version}/Cargo.toml`, manifest],
      [`${name}-${version}/src/lib.rs`, 'pub fn one() -> u32 { 1 }\n'],
    ]),
  );
  return { name, version, file, sum: createHash('sha256').update(file).digest('hex') };
}

interface Shelf {
  crates: readonly PackedCrate[];
  /** Versions that are yanked. */
  yanked: readonly string[];
  /** The key `dl` of config.json; `null`: a folder of the registry itself. */
  dl: string | null;
}

/** A sparse registry on loopback; its contents may be changed while it runs. */
export type CargoRegistry = RawServer & Shelf;

export async function startCargoRegistry(
  shelf: Partial<Shelf> & Pick<Shelf, 'crates'>,
  options: Partial<Pick<RawServerOptions, 'tls'>> = {},
): Promise<CargoRegistry> {
  const server = await startRawServer({ ...options, answer: ({ path }) => answerOf(path, registry) });
  const registry: CargoRegistry = Object.assign(server, { yanked: [], dl: null, ...shelf });
  return registry;
}

/** https://doc.rust-lang.org/cargo/reference/registry-index.html, for names of four letters and more. */
function answerOf(path: string, { crates, yanked, dl, url }: CargoRegistry): Answer {
  const json = { 'content-type': 'application/json' };
  const config = { dl: dl ?? `${url}/dl`, api: url };
  if (path === '/config.json') return { status: 200, headers: json, body: Buffer.from(JSON.stringify(config)) };
  const named = crates.filter(({ name }) => path === `/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`);
  const lines = named.map(({ name, version, sum }) =>
    JSON.stringify({ name, vers: version, deps: [], cksum: sum, features: {}, yanked: yanked.includes(version) }),
  );
  if (lines.length > 0) return text(200, `${lines.join('\n')}\n`, { etag: `"${lines.length}"` });
  const found = crates.find(({ name, version }) => path === `/dl/${name}/${version}/download`);
  return found === undefined ? text(404, 'not found\n') : { status: 200, body: found.file };
}

export interface CargoProject {
  readonly folder: string;
  /** The settings file of the user of this project. */
  readonly settings: string;
  /** Runs cargo; `retries` is 0 if `settings` says nothing else. */
  cargo(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandResult>;
  lock(): string;
}

/** Makes a project with one requirement, and an empty CARGO_HOME. */
export function makeCargoProject(requirement: string, settings = ''): CargoProject {
  const folder = tempDir('cargo');
  for (const one of ['src', '.cargo', 'home']) mkdirSync(join(folder, one));
  const manifest = '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n';
  writeFileSync(join(folder, 'Cargo.toml'), manifest + requirement);
  writeFileSync(join(folder, 'src/main.rs'), 'fn main() { assert_eq!(tiny::one(), 1); }\n');
  const file = join(folder, 'home/config.toml');
  writeFileSync(file, settings);
  const plain = { HTTP_PROXY: undefined, HTTPS_PROXY: undefined, http_proxy: undefined, https_proxy: undefined };
  return {
    folder,
    settings: file,
    cargo: (args, env = {}) =>
      run(commandPath('cargo'), args, {
        cwd: folder,
        env: { ...plain, CARGO_HOME: join(folder, 'home'), CARGO_NET_RETRY: '0', RUSTUP_HOME: rustup, ...env },
      }),
    lock: () => readFileSync(join(folder, 'Cargo.lock'), 'utf8'),
  };
}

/** Where rustup has its toolchains: CARGO_HOME may be elsewhere. */
const rustup = process.env['RUSTUP_HOME'] ?? join(process.env['HOME'] ?? '/root', '.rustup');

/** The settings for one mirror, without those that advice writes. */
export function sourceOf(url: string): string {
  return `[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "sparse+${url}/"\n`;
}
