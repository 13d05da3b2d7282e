import { dirname, join } from 'node:path';
import { escapeWord } from '../core/command-line.ts';
import type { Sentence } from '../core/result.ts';
import {
  type ClientCheck,
  type Diagnosis,
  type Edit,
  type FileChange,
  type Machine,
  type MachineSurroundings,
  placeTextOf,
  type SettingPlace,
  type Trap,
  type TrapKind,
  type TrapKinds,
} from '../core/trap.ts';
import { addLinesAt } from '../formats/format.ts';
import type { Key, PlacesOf, Say } from '../words/words.ts';
import type { ChainForms } from './chain-forms.ts';

/**
 * The id of a trap: a kind of setting that breaks builds, disables verification or leaks names. Each id has a title in
 * the message catalogue.
 */
export type TrapId = Key extends infer K ? (K extends `trap.${infer Id}.title` ? Id : never) : never;

export type KnownTraps = Readonly<Partial<Record<TrapId, TrapKind>>>;

/** Where the names come from that a client fetches, so that private names can be told from public ones. */
export interface NameSources {
  /**
   * All indexes from which the client may take a module if a lock file records no source. Absent: lock files of the
   * ecosystem never need them.
   */
  readonly sources?: readonly string[];
  /** True if the client compares nothing with a public record of modules, so a name that it fetches may be private. */
  readonly isUnverified?: boolean;
  /** The private names in the client's settings, as patterns of the configuration key `private`. */
  readonly privatePatterns: readonly string[];
}

interface ChainText {
  /** The chain as written in the configuration key `clients`, without user names and passwords. */
  readonly text: string;
  /** True if the settings have credentials for a mirror of the chain, or a reference `${NAME}` in its URL. */
  readonly hasCredentials?: boolean;
  /** True if `text` may contain references `${NAME}` to variables, which the client replaces. */
  readonly hasReferences?: boolean;
}

export interface ChainSetting extends ChainText {
  readonly place: SettingPlace;
  /** True if the client or its distribution sets this chain, not the user. */
  readonly isDefault: boolean;
  /** True if a file of the project sets this chain. */
  readonly isOfProject?: boolean;
}

/** A protection that a setting or the default of a client turns on. */
export interface SetProtection {
  /** The name, as in the configuration key `protections`. */
  readonly name: string;
  /** The setting; for a default: the line that names the version of the client. */
  readonly place: SettingPlace;
  /** The client and its version, for display, if its default turns the protection on. */
  readonly byDefault?: string;
}

export interface Today extends NameSources {
  /** The chain in use; `null`: no valid chain was found. */
  readonly chain: ChainSetting | null;
  /** The chains in settings of other clients, or that the chain in use overrides. */
  readonly others?: readonly ChainSetting[];
  /** Files that cannot be read, although they may set a chain. */
  readonly unread?: readonly string[];
  /** Reads a chain as a file of the project has it; `null`: it is invalid. */
  chainOf?(text: string): ChainText | null;
  /**
   * The patterns of the names that the client fetches directly, not from the mirrors of the chain. If absent,
   * `privatePatterns` applies.
   */
  readonly direct?: readonly string[];
  /** The protections that clients apply, each once. Absent: the ecosystem has none. */
  readonly protections?: readonly SetProtection[];
}

export interface Settling {
  /**
   * The file changes that apply a remedy. Empty if the files already contain the remedy, or if no file can contain it.
   */
  readonly changes: readonly FileChange[];
  readonly notes: readonly string[];
  /** True if no file can contain the remedy, so it must be set in the environment. */
  readonly isForEnvironment?: true;
  /** Why a file cannot be changed safely. Then no file is changed. */
  readonly refused?: EditRefusal;
}

/** Why a file cannot be changed safely. */
export interface EditRefusal {
  readonly file: string;
  readonly because: Sentence;
}

/** The setting that names a file of certificate authorities for the clients of one runtime (Node.js, Python). */
export interface Authority {
  readonly variable: string;
  /** True if the settings or the project's files show that clients of this runtime (Node.js, Python) are used. */
  readonly isUsed: boolean;
  /**
   * The setting in force; `null`: none is set. If `file` is `null`, the setting contains the certificates themselves.
   */
  readonly set: { readonly file: string | null; readonly place: SettingPlace } | null;
}

export interface Doctor {
  readonly kinds: TrapKinds;
  /** The id of the trap that a mirror in use lacks what protections need. */
  readonly unserved?: TrapId;
  examine(surroundings: MachineSurroundings, say: Say): Promise<Diagnosis>;
  today?(surroundings: MachineSurroundings): Promise<Today>;
  authority?(surroundings: MachineSurroundings): Promise<Authority>;
  /**
   * Returns the file changes that apply a remedy.
   * @param remedy  the parsed JSON of the remedy (`Remedy.remedy.json`); untrusted
   * @returns       `null` if the remedy is invalid or not supported
   */
  settle(
    surroundings: MachineSurroundings,
    remedy: Readonly<Record<string, unknown>>,
    say: Say,
  ): Promise<Settling | null>;
  /** Returns how clients read a settings file of this name. */
  readersOf?(name: string): readonly ClientCheck[];
  /** Returns the value in force of a variable that is a list of the user's own; `null`: there is none. */
  listInForce?(surroundings: MachineSurroundings, name: string): Promise<string | null>;
  /**
   * True for a usual name of a lock file of this ecosystem.
   * @param hasBeside  whether a file of this name is in the same folder
   */
  isUsualLock(name: string, hasBeside: (name: string) => boolean): boolean;
  /** The forms of the project's files that name mirrors. */
  readonly forms?: ChainForms;
  /**
   * Returns what a file of the project's builds (CI, Dockerfile) says about private names. It sets variables and options
   * in the syntax of any tool.
   */
  sourcesIn?(text: string): NameSources;
  /** Returns patterns for the configuration key `private`, for those names in a lock file that look private. */
  privateIn?(lock: string): readonly string[];
  /**
   * Returns a parser for the project file at this path. The parser lists entries for the configuration key `modules`.
   * `null`: the file type is unknown.
   */
  usedIn?(path: string): ((text: string) => readonly string[]) | null;
  /**
   * Like `usedIn`, but the parser lists the entries for artifacts that the project builds itself. No mirror has these
   * artifacts. `null`: no file of this type lists such entries.
   */
  builtIn?(path: string): ((text: string) => readonly string[]) | null;
}

/** Makes the record of a trap that was found. If the record has no edits, a user must repair the trap by hand. */
export function trapOf<Id extends TrapId>(
  id: Id,
  what: string,
  where: readonly SettingPlace[],
  set: readonly string[],
  edits: readonly Edit[] = [],
): Trap & { readonly id: Id } {
  return { id, what, where, set, edits };
}

/** A trap with two texts in the message catalogue: what was found, and the line `set`. */
type SaidTrapId = {
  [Id in TrapId]: `trap.${Id}.${'what' | 'set'}` extends Key ? Id : never;
}[TrapId];

/** Makes the record of a trap whose texts are in the message catalogue. */
export function sayTrap<Id extends SaidTrapId>(
  say: Say,
  id: Id,
  where: readonly SettingPlace[],
  values: Readonly<Record<PlacesOf<`trap.${Id}.${'what' | 'set'}`>, string | number>>,
  edits?: readonly Edit[],
): Trap & { readonly id: Id } {
  const text = say as (key: Key, values: Readonly<Record<string, string | number>>) => string;
  return trapOf(id, text(`trap.${id}.what`, values), where, [text(`trap.${id}.set`, values)], edits);
}

export interface FileLine {
  readonly file: string;
  /** The line number, counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Reads the lines of a file. Returns an empty list if the file cannot be read. */
export async function readLines(machine: Machine, file: string): Promise<readonly FileLine[]> {
  const read = await machine.read(file);
  if (read.tag === 'error') return [];
  return read.text.split(/\r?\n/).map((text, at) => ({ file, line: at + 1, text }));
}

/** Returns the paths of the files in a folder whose names match, by name. */
export async function listBelow(machine: Machine, folder: string, pattern: RegExp): Promise<readonly string[]> {
  const listed = await machine.list(folder);
  const names = listed.tag === 'ok' ? listed.names.filter((name) => pattern.test(name)) : [];
  return names.toSorted().map((name) => join(folder, name));
}

/** Returns the words of a text, which white space separates. */
export function splitWords(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Lists the folder and its parents, up to the root. */
export function* foldersFrom(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

/** Makes the edit that replaces a line by the lines `becomes`. An empty list removes the line. */
export function editOf({ file, line, text }: FileLine, becomes: readonly string[]): Edit {
  return { file, line, was: text, becomes };
}

/** Returns the user's folder for settings, as the XDG Base Directory Specification defines it. */
export function configFolderOf({ env, home }: Pick<Machine, 'env' | 'home'>): string {
  const named = env['XDG_CONFIG_HOME'] ?? '';
  return named.startsWith('/') ? named : join(home, '.config');
}

/** Returns a URL without user-info and with exactly one final slash. It returns other texts unchanged. */
export function plainUrlOf(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/(?<!\/)\/*$/, '/');
}

/** Returns a sentence that says how to remove the setting at this place. */
export function removalOf(place: SettingPlace, say: Say): string {
  return 'variable' in place ? say('trap.variable.out', { name: escapeWord(place.variable) }) : say('trap.line.out');
}

/** A line that a file should contain. It replaces the lines that match `pattern`. */
interface WantedLine {
  readonly line: string;
  readonly pattern: Pick<RegExp, 'test'>;
  /** Returns the whole new text; called if no line matches. Without this function, `line` is added at the end. */
  readonly add?: (text: string) => string;
}

/** Returns the change that gives a file the wanted lines, or `null` if the file already has them. */
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
  return add === undefined ? addLinesAt(text, text.length, [line]) : add(text);
}

/**
 * Returns the value if it is a text of letters, digits and the punctuation of URLs and globs only. Returns `null` for
 * any other value, such as a text with quotes, spaces or `$`.
 */
export function readWord(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.~:/?@!&()*+,|=%[\]-]+$/.test(value) ? value : null;
}

export function presentOf(changes: readonly (FileChange | null)[]): readonly FileChange[] {
  return changes.filter((one) => one !== null);
}

type Placed = { readonly place: SettingPlace };

/** Returns sentences that explain what to change if the setting `first` overrides the settings `hidden`. */
export function explainShadowed(first: Placed, hidden: readonly Placed[], say: Say): readonly string[] {
  const places = hidden.map(({ place }) => placeTextOf(place)).join(', ');
  const here =
    'variable' in first.place
      ? say('trap.shadowed.variable', { name: escapeWord(first.place.variable) })
      : say('trap.shadowed.first', { place: placeTextOf(first.place) });
  return [say('trap.shadowed.others', { place: placeTextOf(first.place), places }), here];
}

/** Returns the command line that checks whether the server of a plain HTTP URL also supports TLS. */
export function explainPlainUrl(ecosystem: string, url: string, say: Say): string {
  return say('trap.plain.set', { url: escapeWord(url.replace(/^http:/i, 'https:')), ecosystem: escapeWord(ecosystem) });
}
