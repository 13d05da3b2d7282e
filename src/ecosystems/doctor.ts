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

/** The id of a trap: one with a title in the catalogue of texts. */
export type TrapId = Key extends infer K ? (K extends `trap.${infer Id}.title` ? Id : never) : never;

/** The kinds of traps of one ecosystem, by id. */
export type KnownTraps = Readonly<Partial<Record<TrapId, TrapKind>>>;

/** The current settings of an ecosystem's clients. */
export interface Today {
  /** The chain in use; `null`: none was found. */
  readonly chain: {
    /** In the form of the configuration key `clients`, without credentials. */
    readonly text: string;
    readonly place: Place;
    /** The chain is the client's default, not a setting of the user. */
    readonly isDefault: boolean;
  } | null;
  /** The private names in the settings, as patterns of the configuration key `private`. */
  readonly privatePatterns: readonly string[];
}

/** How a remedy can be set in the clients' own files. */
export interface Settling {
  /** Empty: the files already have the remedy, or no file can hold it. */
  readonly changes: readonly FileChange[];
  /** Sentences about what remains to be done by hand. */
  readonly notes: readonly string[];
  /** No file can hold the remedy: it must be set in the environment. */
  readonly isForEnvironment?: true;
}

/** The setting by which clients of one runtime (Node.js, Python) trust the certificate authorities in a file. */
export interface Authority {
  /** The environment variable that names the file. */
  readonly variable: string;
  /** Whether the settings or the project's files show that clients of this runtime are used on this machine. */
  readonly isUsed: boolean;
  readonly set: { readonly file: string; readonly place: Place } | null;
}

/** What `mirrorwatch doctor` needs of one ecosystem. */
export interface Doctor {
  readonly kinds: TrapKinds;
  /** An unreadable file counts as absent: the caller reports it. */
  examine(surroundings: Surroundings, say: Say): Promise<Diagnosis>;
  /** Absent: the clients' settings are not known as a chain. */
  today?(surroundings: Surroundings): Promise<Today>;
  /** Absent: the clients trust the certificate authorities of the machine. */
  authority?(surroundings: Surroundings): Promise<Authority>;
  /** @param remedy  the form `json`, perhaps of another program; `null` is returned if it cannot be set */
  settle(surroundings: Surroundings, remedy: Readonly<Record<string, unknown>>, say: Say): Promise<Settling | null>;
  /** Whether a project is searched for a lock file of this name. */
  isUsualLock(name: string): boolean;
  /** Patterns of `private` for the names in the text of a lock file that look private. */
  privateIn?(lock: string): readonly string[];
  /** The parser that lists the entries of `modules` in a project file at this path; `null`: such a file names none. */
  usedIn?(path: string): ((text: string) => readonly string[]) | null;
}

/** A found trap. Without edits it must be repaired by hand. */
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

/** The lines of a file; empty if the file cannot be read. */
export async function readLines(machine: Machine, file: string): Promise<readonly FileLine[]> {
  const read = await machine.read(file);
  if (read.tag === 'error') return [];
  return read.text.split(/\r?\n/).map((text, at) => ({ file, line: at + 1, text }));
}

/** The folder and its parents, up to the root. */
export function* foldersFrom(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

/** The edit that replaces a line by the lines `becomes`; an empty list removes the line. */
export function editOf({ file, line, text }: FileLine, becomes: readonly string[]): Edit {
  return { file, line, was: text, becomes };
}

/** The user's folder for settings, by the XDG Base Directory Specification. */
export function configFolderOf({ env, home }: Pick<Machine, 'env' | 'home'>): string {
  const named = env['XDG_CONFIG_HOME'] ?? '';
  return named.startsWith('/') ? named : join(home, '.config');
}

/** A value without one pair of equal quotes around it. */
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

/** A sentence that says how to remove a setting from its place. */
export function removalOf(place: Place, say: Say): string {
  return 'variable' in place ? say('trap.variable.out', { name: place.variable }) : say('trap.line.out');
}

/** A line that a file should contain. It replaces the lines that match `pattern`. */
interface WantedLine {
  readonly line: string;
  readonly pattern: RegExp;
  /** The whole new text if no line matches; absent: `line` is added at the end. */
  readonly add?: (text: string) => string;
}

/** The change after which a file has the wanted lines; `null`: it has them. */
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

/** Appends lines to a text, with the line ending of the text's first line. */
export function addLines(text: string, lines: readonly string[]): string {
  const end = /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
  return `${text}${text === '' || text.endsWith('\n') ? '' : end}${lines.map((line) => line + end).join('')}`;
}

/**
 * A text with only the characters of URLs and lists of URLs; `null` for any other value. So no text ends a quoted value,
 * starts a comment or expands a variable: npm and yarn would send the value of `${TOKEN}` to the mirror.
 */
export function readWord(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.~:/?@!&()*+,|=%[\]-]+$/.test(value) ? value : null;
}

export function present(changes: readonly (FileChange | null)[]): readonly FileChange[] {
  return changes.filter((one) => one !== null);
}

type Placed = { readonly place: Place };

/** What to change if the setting `first` overrides others. */
export function explainShadowed(first: Placed, hidden: readonly Placed[], say: Say): readonly string[] {
  const places = hidden.map(({ place }) => placeTextOf(place)).join(', ');
  const here =
    'variable' in first.place
      ? say('trap.shadowed.variable', { name: first.place.variable })
      : say('trap.shadowed.first', { place: placeTextOf(first.place) });
  return [say('trap.shadowed.others', { place: placeTextOf(first.place), places }), here];
}

/** What to do about a plain HTTP URL: probe it with TLS, to see whether the server supports TLS. */
export function explainPlainUrl(ecosystem: string, url: string, say: Say): string {
  return say('trap.plain.set', { url: url.replace(/^http:/i, 'https:'), ecosystem });
}
