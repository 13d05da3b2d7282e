import { isScalar, parseDocument, visit } from 'yaml';
import type { Machine } from '../core/trap.ts';
import { parseToml } from '../formats/toml.ts';
import { type Fields, fieldsOf, memberIn } from './parse-json.ts';

/** A mirror that a file names for clients. */
export interface NamedMirror {
  /** The chain as the file has it. */
  readonly value: string;
  /** True for an index beside the client's default one, which serves only some of the modules. */
  readonly isFurther?: boolean;
}

/** A form of settings files that name mirrors. */
export interface FileForm {
  /** Matches the path of the file. */
  readonly path: RegExp;
  /** Matches the names of lock files of the client that reads this file. */
  readonly lock: RegExp;
  /** Returns the mirrors in the file, the client's default first; `null`: the text is invalid. */
  read(text: string): readonly NamedMirror[] | null;
}

/** Where files of a project name the mirrors of an ecosystem. */
export interface ChainForms {
  readonly files: readonly FileForm[];
  /** Returns the paths of the user's files of these forms. */
  userFiles?(machine: Pick<Machine, 'env' | 'home'>): readonly string[];
  /** True if a settings file has credentials for a host. */
  hasCredentials?(text: string, host: string): boolean;
  /**
   * Matches the keys, variables and options that name a mirror in a file of the project's builds. A separator and the
   * URL follow. A match that ends with `+`, as in `registry = "sparse+https:…`, has the separator.
   */
  readonly keys: RegExp;
  /**
   * How a key in a command names a mirror; `null`: it is a key of another program.
   * @param text  the whole file
   */
  meaningOf(key: string, command: string, text: string): 'default' | 'further' | null;
  /**
   * Returns the mirror that each entry of a lock file records. `null`: the entry records none, or the public upstream.
   * @param name  the file name without a folder
   */
  recordedIn?(name: string, text: string): readonly (string | null)[];
}

export type ReadFields = (text: string) => Fields | null;

/** Parses TOML; `null`: the text is invalid. */
export const readToml: ReadFields = (text) => {
  const parsed = parseToml(text, false);
  return parsed.tag === 'ok' ? parsed.value : null;
};

/** The maximum number of aliases in a YAML text: for each, the library passes over those before it. */
const aliasesMax = 5_000;

/** Parses one YAML document; `null`: the text is invalid, or no mapping. */
export const readYaml: ReadFields = (text) => {
  try {
    // To find keys that occur twice, the library would compare each key with all others.
    const document = parseDocument(text, { merge: true, logLevel: 'error', uniqueKeys: false });
    let [isValid, aliases] = [document.errors.length === 0, 0];
    visit(document, {
      Alias() {
        aliases += 1;
      },
      Map(_, { items }) {
        isValid &&= new Set(items.map(({ key }) => (isScalar(key) ? key.value : key))).size === items.length;
      },
    });
    return isValid && aliases <= aliasesMax ? fieldsOf(document.toJS() ?? {}) : null;
  } catch {
    return null;
  }
};

function listAt(fields: Fields | null, path: readonly string[]): readonly unknown[] {
  return [path.reduce<unknown>((value, key) => memberIn(fieldsOf(value), key), fields)].flat();
}

/** Returns the text at a path of keys, or the texts of the list there. */
export function textsAt(fields: Fields | null, ...path: readonly string[]): readonly string[] {
  return listAt(fields, path).filter((one) => typeof one === 'string');
}

/** Returns the text of a key; empty if it has none. */
export function textAt(fields: Fields | null, key: string): string {
  return textsAt(fields, key)[0] ?? '';
}

/** Returns the table at a path of keys, or the tables of the list there. */
export function tablesAt(fields: Fields | null, ...path: readonly string[]): readonly Fields[] {
  return listAt(fields, path)
    .map(fieldsOf)
    .filter((one) => one !== null);
}
