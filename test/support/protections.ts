import { pathToFileURL } from 'node:url';
import type { NpmField, PypiField } from './dropping-mirrors.ts';
import { npmInstall } from './npm-client.ts';
import { repoDir } from './paths.ts';
import { type PnpmOrYarn, pnpmOrYarn } from './pnpm-yarn.ts';
import type { CommandResult } from './process.ts';
import { pipDownload, uvInstall } from './pypi-clients.ts';

/**
 * The effect on a protection, and a part of the client's output. `works`: the client installs the old version. `off`:
 * it installs the new one; message `null`: without a warning. `fails`: it installs nothing, or its audit fails.
 */
export type Outcome = readonly [verdict: 'works' | 'off' | 'fails', message: string | null];

/** One protection of one client, and its outcomes by the field that the mirror drops. */
export interface Protection<Client extends string, Field extends string> {
  readonly id: string;
  readonly client: Client;
  /** Files with the settings; none: the defaults of the client. */
  readonly settings: Readonly<Record<string, string>>;
  readonly without: Readonly<Partial<Record<Field, Outcome>>>;
  /** With all fields; default: it works. */
  readonly whole?: Outcome;
  /** A command after the installation that the protection consists of; it works where its output has `proof`. */
  readonly then?: readonly string[];
  readonly proof?: string;
  readonly isYanked?: boolean;
}
export type NpmProtection = Protection<Exclude<PnpmOrYarn, 'yarn1'> | 'npm12', NpmField>;
export type PypiProtection = Protection<'pip' | 'uv', PypiField>;
export type Taken = CommandResult & { readonly version: string | null };

const noTuf = `export NODE_OPTIONS='--import ${pathToFileURL(`${repoDir}/test/support/no-tuf.ts`).href}'\n`;

/** What a client installs of `hello` of `startDroppingRegistry`, under a protection. */
export async function takeFromRegistry({ client, settings, then }: NpmProtection, registry: string): Promise<Taken> {
  // An audit checks the installed version, so its age must not matter.
  const options = { registry, range: then === undefined ? '^1.0.0' : '1.1.0', ...(then && { then }) };
  const files =
    then === undefined || client === 'npm12' ? settings : { 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n' };
  if (client !== 'npm12') return await pnpmOrYarn(client, 'hello', { ...options, files });
  const npmrc = settings['.npmrc'] ?? '';
  return await npmInstall('hello', {
    ...options,
    command: 'npm12',
    npmrc,
    exports: noTuf,
    args: ['--loglevel=warn'],
  });
}

/** What a client downloads of `tiny` of `startDroppingIndex`, under a protection. */
export async function takeFromIndex({ client, settings }: PypiProtection, indexUrl: string): Promise<Taken> {
  const env = { PIP_INDEX_URL: indexUrl, UV_DEFAULT_INDEX: indexUrl };
  const install = client === 'pip' ? pipDownload : uvInstall;
  const result = await install(['tiny'], env, settings);
  const [, version = null] = /(?:Saved \S*tiny-|\+ tiny==)(\d\.\d)/.exec(result.stdout + result.stderr) ?? [];
  return { ...result, version };
}

/** Without the frames in which pnpm 12 wraps its errors. */
export const printedBy = ({ stdout, stderr }: Taken): string => `${stdout}\n${stderr}`.replaceAll(/[\s│├╰─▶×]+/g, ' ');

export function verdictOf({ proof }: Pick<NpmProtection, 'proof'>, taken: Taken): Outcome[0] {
  if (taken.code !== 0) return 'fails';
  const works = proof === undefined ? /^1\.0/.test(taken.version ?? '') : printedBy(taken).includes(proof);
  return works ? 'works' : 'off';
}
