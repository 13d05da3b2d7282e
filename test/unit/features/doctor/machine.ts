import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from '../../../support/paths.ts';
import { type Ran, run } from '../../cli/run-program.ts';

/** A machine of a test: files below a folder, `~/` the home and `work/` the project in it. */
export interface TestMachine {
  readonly root: string;
  readonly home: string;
  /** The absolute path of `~/x`, `/x` or `work/x`. */
  at(name: string): string;
  text(name: string): string;
  /** Every file but what is kept for undo, by path: its bytes and mode. */
  everything(): Readonly<Record<string, string>>;
  run(argv: readonly string[], over?: { readonly answer?: boolean }): Promise<Ran>;
}

const keptFolder = '.local/state/mirrorwatch';

/** Makes one in a folder of its own. Names of files: `~/` in the home, `/` in the system, others in the project. */
export function testMachine(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): TestMachine {
  const root = tempDir('doctor');
  const home = join(root, 'home/ada');
  const work = join(home, 'work');
  const at = (name: string): string =>
    name.startsWith('~/') ? join(home, name.slice(2)) : name.startsWith('/') ? join(root, name) : join(work, name);
  mkdirSync(work, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  }
  const filled = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replaceAll('<root>', root)]),
  );
  const config = 'mirrorwatch.yaml' in files ? { MIRRORWATCH_CONFIG: at('mirrorwatch.yaml') } : {};
  return {
    root,
    home,
    at,
    text: (name) => readFileSync(at(name), 'utf8'),
    everything: () => Object.fromEntries(filesBelow(root).map((path) => [path, shown(path)])),
    run: (argv, over = {}) =>
      run([...argv, '--root', root], { env: { HOME: home, ...config, ...filled }, cwd: work, ...over }),
  };
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path.endsWith(keptFolder) ? [] : filesBelow(path);
    return [path];
  });
}

function shown(path: string): string {
  return `${(statSync(path).mode & 0o7777).toString(8)} ${readFileSync(path).toString('base64')}`;
}

/** The traps of an answer of `doctor --json`. */
export interface ShownTrap {
  readonly id: string;
  readonly severity: string;
  readonly what: string;
  readonly where: readonly {
    readonly file: string | null;
    readonly line: number | null;
    readonly variable: string | null;
    readonly mirror: string | null;
  }[];
  readonly set: readonly string[];
  readonly fixable: boolean;
}

/** What `doctor --json` said. */
export function said(ran: Ran): {
  readonly ok: boolean;
  readonly traps: readonly ShownTrap[];
  readonly untold: readonly { readonly id: string; readonly because: string }[];
} {
  return JSON.parse(ran.out) as ReturnType<typeof said>;
}

/** One trap: how it is set, where it must be found, and what mends it. */
export interface TrapRow {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly id: string;
  /** `file:line` with the file as in `files`, or `$VARIABLE`. */
  readonly where: readonly string[];
  /** In the sentence that says what was found. */
  readonly what: string;
  /** What to set, where the row is about it. */
  readonly set?: readonly string[];
  /** Files as `--fix` leaves them; absent: what to set is printed, and nothing is changed. */
  readonly mended?: Readonly<Record<string, string>>;
}

/** A trap's places as a row writes them. */
export function placesOf(trap: ShownTrap, machine: Pick<TestMachine, 'at' | 'home' | 'root'>): readonly string[] {
  const names = [machine.at('x').slice(0, -1), `${machine.home}/`, machine.root];
  const short = (file: string): string => {
    const [work = '', home = '', root = ''] = names;
    if (file.startsWith(work)) return file.slice(work.length);
    return file.startsWith(home) ? `~/${file.slice(home.length)}` : file.slice(root.length);
  };
  return trap.where.map(({ file, line, variable, mirror }) =>
    file !== null
      ? `${short(file)}${line === null ? '' : `:${line}`}`
      : variable !== null
        ? `$${variable}`
        : String(mirror),
  );
}
