/** The files of a machine, by path. */
export type Files = Readonly<Record<string, string>>;

export const mirror = 'https://npm.example.com/group';
export const index = 'https://pypi.example.com/simple';
export const other = 'https://other.example.com';
export const origin = `https://registry.${['npmjs', 'org'].join('.')}`;

/** The package-lock.json of packages from these registries. */
export const packageLock = (...hosts: readonly string[]): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: Object.fromEntries(
      hosts.map((host, at) => {
        const resolved = `${host}/is-odd/-/is-odd-${at}.0.0.tgz`;
        return [`node_modules/${'a/node_modules/'.repeat(at)}is-odd`, { version: `${at}.0.0`, resolved }];
      }),
    ),
  });
export const npm = { 'package-lock.json': packageLock(origin) };
export const yarn4 =
  '__metadata:\n  version: 8\n\n"is-odd@npm:1.0.0":\n  version: 1.0.0\n  resolution: "is-odd@npm:1.0.0"\n';
export const yarn1 = (host: string): string =>
  `# yarn lockfile v1\n\n\nis-odd@1.0.0:\n  version "1.0.0"\n  resolved "${host}/is-odd/-/is-odd-1.0.0.tgz#01"\n`;
export const pnpm = "lockfileVersion: '9.0'\npackages:\n  is-odd@1.0.0:\n    resolution: {integrity: sha512-x}\n";
export const bun = '{ "lockfileVersion": 1, "packages": { "is-odd": ["is-odd@1.0.0", "", {}, ""] } }';
export const python = { 'requirements.txt': 'six==1.17.0\n' };
export const pdm = '[metadata]\n[[package]]\nname = "six"\nversion = "1.17.0"\n';
export const go = { 'go.mod': 'module example.com/x\n\nrequire rsc.io/quote v1.5.2\n' };
export const image = { Dockerfile: 'FROM debian:13\n' };

export const uvLock = (...urls: readonly string[]): string =>
  `version = 1\n${urls.map((url, at) => `[[package]]\nname = "six${at}"\nversion = "1.0"\nsource = { registry = "${url}" }\n`).join('')}`;
export const poetryLock = (url: string): string =>
  `[metadata]\n[[package]]\nname = "six"\nversion = "1.0"\n[package.source]\ntype = "legacy"\nurl = "${url}"\n`;

/** The lines of init about modules and the mirror in use. */
export const linesOf = (err: string): readonly string[] => err.split('\n').filter((line) => / module/.test(line));

const cratesIo = 'registry+https://github.com/rust-lang/crates.io-index';

/** A project with one crate. */
export const cargo: Files = {
  'Cargo.lock': `version = 4\n\n[[package]]\nname = "cfg-if"\nversion = "1.0.0"\nsource = "${cratesIo}"\nchecksum = "${'a'.repeat(64)}"\n`,
};
