import type { ConfigIssue } from '../core/config.ts';
import type { Files } from '../core/ports.ts';
import type { Sentence } from '../core/sentence.ts';
import { phrase } from '../words/tell.ts';
import { type Checked, valueAt } from './check.ts';
import type { SourceDocument } from './document.ts';
import type { Path } from './issues.ts';
import { pathText, seenText } from './seen.ts';

interface More {
  /** What was seen, where it is not the value at the path. */
  readonly seen?: Sentence | string | null;
  readonly nearest?: string | null;
  /** The keys under the path that it is judged by, where a mistake in the others does not matter. Left out: all of it. */
  readonly by?: readonly string[];
  /** Other paths that it follows from: told only where all of them are right. */
  readonly needs?: readonly Path[];
}

/** Where the checks after the schema tell what they found. Paths are those of the checked file. */
export interface Report {
  error(path: Path, expected: Sentence, more?: More): void;
  warning(path: Path, expected: Sentence, more?: More): void;
  readonly issues: readonly ConfigIssue[];
}

/** A report that knows the places of the document, and is silent about what follows from a mistake already told. */
export function createReport(document: SourceDocument, checked: Checked): Report {
  const issues: ConfigIssue[] = [];
  const add = (severity: 'error' | 'warning') => (path: Path, expected: Sentence, more?: More) => {
    const original = checked.original(path);
    const judged = more?.by === undefined ? [path] : more.by.map((key) => [...path, key]);
    if ([...judged, ...(more?.needs ?? [])].some((each) => checked.isSpoilt(checked.original(each)))) return;
    const place = document.placeOf(original);
    issues.push({
      severity,
      path: pathText(original),
      line: place?.line ?? null,
      column: place?.column ?? null,
      seen: more?.seen !== undefined ? more.seen : seenAt(document, original),
      expected,
      nearest: more?.nearest ?? null,
    });
  };
  return { error: add('error'), warning: add('warning'), issues };
}

function seenAt(document: SourceDocument, path: Path): Sentence | string | null {
  const value = valueAt(document.data, path);
  return value === undefined ? null : seenText(document.writtenAt(path) ?? value, path);
}

/** Reads the files that a configuration names. */
export interface Reader {
  /** The absolute path of a name in the file (relative ones start at the file's own folder). */
  resolve(name: string): string;
  /** The text of a file, or `null` after telling the report why not. */
  text(path: Path, name: string): string | null;
  /** The first line of a file that holds a secret: a trailing line end is not part of it. */
  secret(path: Path, name: string): string | null;
  /** As `text`, silent where there is no such file. */
  maybe(name: string): string | null;
  list(name: string): readonly string[] | null;
  /** What stands at a path, as far as its listing tells: `unknown` is nothing yet, or not ours to see. */
  kind(name: string): 'folder' | 'file_or_below_file' | 'unknown';
}

/** A reader over the port `Files`. */
export function createReader(files: Files, resolve: (name: string) => string, report: Report): Reader {
  const read = (path: Path, name: string): string | null => {
    const result = files.read(resolve(name));
    if (result.tag === 'ok') return result.text;
    report.error(path, phrase('expected.fileRead', { code: result.code }));
    return null;
  };
  return {
    resolve,
    text: read,
    secret: (path, name) => {
      const content = read(path, name)?.replace(/\r?\n$/, '') ?? null;
      if (content === null) return null;
      if (content !== '' && !/[\r\n]/.test(content)) return content;
      report.error(path, phrase('expected.fileSecret'));
      return null;
    },
    maybe: (name) => {
      const result = files.read(resolve(name));
      return result.tag === 'ok' ? result.text : null;
    },
    list: (name) => {
      const result = files.list(resolve(name));
      return result.tag === 'ok' ? result.names : null;
    },
    kind: (name) => {
      const result = files.list(resolve(name));
      return result.tag === 'ok' ? 'folder' : result.code === 'ENOTDIR' ? 'file_or_below_file' : 'unknown';
    },
  };
}
