import { join } from 'node:path';
import { formatCommand } from '../../core/command-line.ts';
import type { Machine, MachineSurroundings, SettingPlace } from '../../core/trap.ts';
import { configFolderOf, foldersFrom, readLines } from '../doctor.ts';
import { readGoMod } from './mod-file.ts';
import { isModulePath } from './names.ts';

const names = [
  'GOPROXY',
  'GOSUMDB',
  'GOPRIVATE',
  'GONOPROXY',
  'GONOSUMDB',
  'GONOSUMCHECK',
  'GOINSECURE',
  'GOFLAGS',
] as const;
export type GoVariable = (typeof names)[number];

export interface GoSetting {
  readonly name: GoVariable;
  readonly value: string;
  /**
   * `file`: the file of `go env -w`. `distribution`: GOROOT/go.env. `shell`: a file that shells read. `direnv`: an
   * .envrc.
   */
  readonly source: 'environment' | 'file' | 'distribution' | 'shell' | 'direnv';
  readonly place: SettingPlace;
  /** The whole line in the file of `go env -w` or in GOROOT/go.env; `null` for other sources. */
  readonly line: string | null;
}

export type GoFound = Awaited<ReturnType<typeof findGo>>;

/**
 * Reads the settings of Go. `goenv`: the path of the file of `go env -w`; `null`: GOENV is `off`, so the go command reads
 * no such file. `required`: the requirements in the project's go.mod, each with the first line that contains its path.
 */
export async function findGo({ machine, assignments, privatePatterns }: MachineSurroundings) {
  const goenv = goenvPath(machine);
  const environment = names.flatMap((name): GoSetting[] => {
    const value = machine.env[name] ?? '';
    return value === '' ? [] : [{ name, value, source: 'environment', place: { variable: name }, line: null }];
  });
  const shells = assignments.flatMap(({ name, value, file, line }): GoSetting[] =>
    isOurs(name) && value !== null && value !== ''
      ? [{ name, value, source: file.endsWith('/.envrc') ? 'direnv' : 'shell', place: { file, line }, line: null }]
      : [],
  );
  const own = goenv === null ? [] : await settingsIn(machine, goenv, 'file');
  const settings: readonly GoSetting[] = [...environment, ...own, ...(await ofDistribution(machine)), ...shells];
  return { goenv, settings, required: await requiredBy(machine), privatePatterns };
}

/**
 * Returns the path of the file of `go env -w`; `null`: GOENV=off.
 * @see cmd/go/internal/cfg EnvFile: `os.UserConfigDir()`/go/env
 */
function goenvPath({ env, home }: Machine): string | null {
  const named = env['GOENV'] ?? '';
  if (named === 'off') return null;
  if (named.startsWith('/')) return named;
  return join(configFolderOf({ env, home }), 'go/env');
}

/** Reads the defaults in GOROOT/go.env, which distributions may change. */
async function ofDistribution(machine: Machine): Promise<readonly GoSetting[]> {
  const named = machine.env['GOROOT'] ?? '';
  const folders = named.startsWith('/')
    ? [named]
    : ['/usr/local/go', '/usr/lib/go', '/usr/lib/golang', '/usr/share/go'].map((path) => machine.system(path));
  for (const folder of folders) {
    const found = await settingsIn(machine, join(folder, 'go.env'), 'distribution');
    if (found.length > 0) return found;
  }
  return [];
}

/** Reads lines `NAME=value`. If several lines have one name, the last one with a value applies. */
async function settingsIn(
  machine: Machine,
  file: string,
  source: 'file' | 'distribution',
): Promise<readonly GoSetting[]> {
  const found = new Map<string, GoSetting>();
  for (const { line, text } of await readLines(machine, file)) {
    const [, name = '', value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(text) ?? [];
    if (isOurs(name) && value !== '') found.set(name, { name, value, source, place: { file, line }, line: text });
  }
  return [...found.values()];
}

async function requiredBy(machine: Machine) {
  for (const folder of foldersFrom(machine.cwd)) {
    const file = join(folder, 'go.mod');
    const read = await machine.read(file);
    if (read.tag === 'error') continue;
    const lineOf = new Map<string, number>();
    for (const [at, line] of read.text.split('\n').entries())
      for (const word of line.split(/[\s"`()]/)) if (!lineOf.has(word)) lineOf.set(word, at + 1);
    return readGoMod(read.text).flatMap(({ verb, words: [module = ''] }) =>
      verb === 'require' && isModulePath(module) ? [{ module, file, line: lineOf.get(module) ?? 0 }] : [],
    );
  }
  return [];
}

function isOurs(name: string): name is GoVariable {
  return (names as readonly string[]).includes(name);
}

/**
 * Returns the setting that the go command uses: from the environment, else from `go env -w`, else from the
 * distribution. `null`: Go's default applies.
 */
export function settingInForce({ settings }: GoFound, name: GoVariable): GoSetting | null {
  const own = settings.filter((one) => one.name === name);
  const order = ['environment', 'file', 'distribution'] as const;
  return order.flatMap((source) => own.find((one) => one.source === source) ?? []).at(0) ?? null;
}

/**
 * Returns the line that sets a variable. It uses `go env -w` if the variable is set there or in GOROOT/go.env, else
 * `export`. If the environment sets a variable, `go env -w` has no effect.
 */
export function settingLineFor({ name, source }: Pick<GoSetting, 'name' | 'source'>, value: string): string {
  return source === 'file' || source === 'distribution'
    ? formatCommand`go env -w ${name}=${value}`
    : formatCommand`export ${name}=${value}`;
}
