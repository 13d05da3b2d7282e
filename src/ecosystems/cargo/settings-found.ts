import { join } from 'node:path';
import type { Machine, SettingPlace } from '../../core/trap.ts';
import type { SettingPath } from '../../formats/format.ts';
import { toml } from '../../formats/toml.ts';
import { foldersFrom } from '../doctor.ts';
import { type PlacedSetting, readSettingsFile, type SettingsFile } from '../settings-file.ts';

/** A settings file of cargo, the nearest first. */
interface CargoFile extends SettingsFile {
  readonly isOfUser: boolean;
  /** The file `config.toml` beside it, which cargo does not read; `null`: there is none. */
  readonly hidden: string | null;
}

export interface CargoFound {
  readonly files: readonly CargoFile[];
  readonly env: Machine['env'];
}

export interface CargoSetting {
  readonly value: unknown;
  readonly place: SettingPlace;
  /** `null`: a variable. */
  readonly file: CargoFile | null;
  readonly written: PlacedSetting | null;
}

/** Returns cargo's folder of the user. */
export function cargoHomeOf({ env, home }: Pick<Machine, 'env' | 'home'>): string {
  const named = env['CARGO_HOME'] ?? '';
  return named.startsWith('/') ? named : join(home, '.cargo');
}

/**
 * Reads the settings of cargo: `.cargo/config.toml` in the project and each folder above, then the user's. If the older
 * name `config` is there too, cargo reads only that one.
 * @see https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure, test/real/cargo.test.ts: cargo 1.95
 */
export async function findCargo(machine: Machine): Promise<CargoFound> {
  const user = cargoHomeOf(machine);
  const folders = new Set([...foldersFrom(machine.cwd)].map((folder) => join(folder, '.cargo')));
  const files: CargoFile[] = [];
  for (const folder of new Set([...[...folders].filter((one) => one !== user), user])) {
    const [older, newer] = [join(folder, 'config'), join(folder, 'config.toml')];
    const [first, second] = [
      await readSettingsFile(machine, older, toml),
      await readSettingsFile(machine, newer, toml),
    ];
    const read = first ?? second;
    if (read !== null)
      files.push({ ...read, isOfUser: folder === user, hidden: first !== null && second !== null ? newer : null });
  }
  return { files, env: machine.env };
}

/** Returns the setting in force: a variable, else that of the nearest file. `null`: it is not set. */
export function cargoSettingOf({ files, env }: CargoFound, path: SettingPath): CargoSetting | null {
  const variable = `CARGO_${path.join('_').toUpperCase().replace(/[-.]/g, '_')}`;
  // cargo reads no variable for a source.
  const set = path[0] === 'source' ? '' : (env[variable] ?? '');
  if (set !== '') return { value: set, place: { variable }, file: null, written: null };
  const key = JSON.stringify(path);
  for (const file of files) {
    const written = file.settings.findLast((one) => JSON.stringify(one.path) === key);
    if (written !== undefined) return { value: written.value, place: written.place, file, written };
  }
  return null;
}

/** The maximum number of sources that replace each other. cargo rejects a cycle. */
const sourcesMax = 8;

/** The index that replaces crates.io. */
export interface Replacement {
  /** The setting that replaces crates.io. */
  readonly by: CargoSetting;
  /** The last source of the sequence. */
  readonly name: string;
  /** The setting with the URL of the index; `null`: the source is not defined as an index. */
  readonly index: CargoSetting | null;
}

/** Follows `replace-with` from crates.io. `null`: crates.io is not replaced. */
export function replacementOf(found: CargoFound): Replacement | null {
  const nextOf = (name: string) => cargoSettingOf(found, ['source', name, 'replace-with']);
  const by = nextOf('crates-io');
  if (by === null) return null;
  let name = String(by.value);
  for (let at = 0; at < sourcesMax; at += 1) {
    const next = nextOf(name);
    if (next === null) break;
    name = String(next.value);
  }
  const index =
    cargoSettingOf(found, ['source', name, 'registry']) ?? cargoSettingOf(found, ['registries', name, 'index']);
  return { by, name, index };
}

/** True if a source is a folder or a vendored copy, which needs no mirror. */
export function isLocalSource(found: CargoFound, name: string): boolean {
  return ['directory', 'local-registry', 'git'].some((key) => cargoSettingOf(found, ['source', name, key]) !== null);
}
