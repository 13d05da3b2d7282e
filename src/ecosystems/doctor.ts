import { dirname, join } from 'node:path';
import {
  type Diagnosis,
  type Edit,
  type FileChange,
  type Machine,
  type Place,
  placeTextOf,
  type Surroundings,
  type Trap,
  type TrapKind,
  type TrapKinds,
} from '../core/trap.ts';
import type { Key, Say } from '../words/words.ts';

/** A trap with a title in the catalogue. */
export type TrapId = Key extends infer K ? (K extends `trap.${infer Id}.title` ? Id : never) : never;

/** Kinds of traps, each with texts of its own. */
export type KnownTraps = Readonly<Partial<Record<TrapId, TrapKind>>>;

/** The current settings of an ecosystem's clients. */
export interface Today {
  /** As `clients` of the configuration, without credentials; `null`: nothing is set. */
  readonly chain: {
    readonly text: string;
    readonly place: Place;
    /** It is the client's default: any other setting takes precedence. */
    readonly isDefault: boolean;
  } | null;
  /** Private names as patterns of `private`. */
  readonly privatePatterns: readonly string[];
}

/** How to set a remedy in the clients' own files. */
export interface Settling {
  /** Empty: the files already have it, or it cannot be set. */
  readonly changes: readonly FileChange[];
  /** Remaining obstacles, and what cannot be set in a file, in sentences. */
  readonly notes: readonly string[];
  /** No file can hold it: it must be set in the environment. */
  readonly isForEnvironment?: true;
}

/** The certificate authority that clients of one runtime trust besides their own. */
export interface Authority {
  /** The environment variable that names its file. */
  readonly variable: string;
  /** Whether clients of this runtime are used on this machine, by their settings or the project's files. */
  readonly isUsed: boolean;
  /** Where it is configured, and its file; `null`: nowhere. */
  readonly set: { readonly file: string; readonly place: Place } | null;
}

/** What an ecosystem knows about its clients' settings on a machine. */
export interface Doctor {
  /** Its traps by id; each id begins with a word of this ecosystem. */
  readonly kinds: TrapKinds;
  /** Reads the settings and returns their problems. An unreadable file counts as absent: the caller reports it. */
  examine(surroundings: Surroundings, say: Say): Promise<Diagnosis>;
  today(surroundings: Surroundings): Promise<Today>;
  /** Its clients' own certificate authority; absent: they trust the authorities of the machine. */
  authority?(surroundings: Surroundings): Promise<Authority>;
  /**
   * How to set a remedy in the user's own files.
   * @param remedy  its form for programs (`json`), from outside: `null` for an invalid form
   */
  settle(surroundings: Surroundings, remedy: Readonly<Record<string, unknown>>, say: Say): Promise<Settling | null>;
  /** Whether a project is searched for a lock file of this name. */
  isUsualLock(name: string): boolean;
  /** Patterns for names in a lock file that look private; absent: none do. */
  privateIn?(lock: string): readonly string[];
  /**
   * A parser for the modules in a project file at this path, as entries of `modules`; `null`: such a file has none.
   * Absent: none has.
   */
  usedIn?(path: string): ((text: string) => readonly string[]) | null;
}

/** A found trap; without edits it must be repaired by hand. */
export function trapOf<Id extends TrapId>(
  id: Id,
  what: string,
  where: readonly Place[],
  set: readonly string[],
  edits: readonly Edit[] = [],
): Trap & { readonly id: Id } {
  return { id, what, where, set, edits };
}

/** One line of a file. */
export interface FileLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** The lines of a text. */
function linesOf(file: string, text: string): readonly FileLine[] {
  return text.split(/\r?\n/).map((line, at) => ({ file, line: at + 1, text: line }));
}

/** The lines of a file; none of a file that cannot be read. */
export async function readLines(machine: Machine, file: string): Promise<readonly FileLine[]> {
  const read = await machine.read(file);
  return read.tag === 'ok' ? linesOf(file, read.text) : [];
}

/** The folder and its parents, up to the root. */
export function* foldersFrom(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

/** The edit that replaces a line by `becomes`; an empty list removes the line. */
export function editOf({ file, line, text }: FileLine, becomes: readonly string[]): Edit {
  return { file, line, was: text, becomes };
}

/** The user's folder of settings. @see XDG Base Directory Specification */
export function configFolderOf({ env, home }: Pick<Machine, 'env' | 'home'>): string {
  const named = env['XDG_CONFIG_HOME'] ?? '';
  return named.startsWith('/') ? named : join(home, '.config');
}

/** A value without the quotes around it. */
export function removeQuotes(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, '$2');
}

/** A URL without credentials and with one final slash, for comparison; other texts are unchanged. */
export function plainUrlOf(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/*$/, '/');
}

/** How to remove a setting from its place. */
export function removalOf(place: Place, say: Say): string {
  return 'variable' in place ? say('trap.variable.out', { name: place.variable }) : say('trap.line.out');
}

/** A line that a file should contain. */
interface WantedLine {
  readonly line: string;
  /** Matches the lines that it replaces. */
  readonly pattern: RegExp;
  /** Builds the whole text where no line matches; absent: the line is added at the end. */
  readonly add?: (text: string) => string;
}

/** Changes a file: wanted lines replace conflicting ones, or are added. `null`: the file already contains them. */
export async function replaceLines(
  machine: Machine,
  file: string,
  wanted: readonly WantedLine[],
): Promise<FileChange | null> {
  const read = await machine.read(file);
  const before = read.tag === 'ok' ? read.text : null;
  const after = wanted.reduce(withLine, before ?? '');
  return after === before ? null : { file, before, after };
}

function withLine(text: string, { line, pattern, add }: WantedLine): string {
  const lines = text.split('\n');
  if (lines.some((one) => pattern.test(one)))
    return lines.map((one) => (pattern.test(one) ? line + (one.endsWith('\r') ? '\r' : '') : one)).join('\n');
  return add === undefined ? addLines(text, [line]) : add(text);
}

/** Appends lines to a text, each with the line ending of the text's first line. */
export function addLines(text: string, lines: readonly string[]): string {
  const end = lineEnd(text);
  return `${text}${text === '' || text.endsWith('\n') ? '' : end}${lines.map((line) => line + end).join('')}`;
}

/** The line end of a text's first line, for lines that are added. */
function lineEnd(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}

/**
 * A text of a remedy that is one word with only characters of URLs and lists of them; `null` for anything else, such as
 * characters that end a quoted value, start a comment, or expand a variable (npm and yarn would send `${TOKEN}` to the
 * mirror).
 */
export function readWord(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.~:/?@!&()*+,|=%[\]-]+$/.test(value) ? value : null;
}

/** The changes without `null`. */
export function present(changes: readonly (FileChange | null)[]): readonly FileChange[] {
  return changes.filter((one) => one !== null);
}

/** A setting and its place. */
interface Placed {
  readonly place: Place;
}

/** What to change if one place overrides others: no command changes them all, so each is named. */
export function explainShadowed(first: Placed, hidden: readonly Placed[], say: Say): readonly string[] {
  const places = hidden.map(({ place }) => placeTextOf(place)).join(', ');
  const here =
    'variable' in first.place
      ? say('trap.shadowed.variable', { name: first.place.variable })
      : say('trap.shadowed.first', { place: placeTextOf(first.place) });
  return [say('trap.shadowed.others', { place: placeTextOf(first.place), places }), here];
}

/** What to do about a plain HTTP URL: only a probe shows whether its server supports TLS. */
export function explainPlainUrl(ecosystem: string, url: string, say: Say): string {
  return say('trap.plain.set', { url: url.replace(/^http:/i, 'https:'), ecosystem });
}
