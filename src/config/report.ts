import type { ConfigIssue } from '../core/config.ts';
import type { Files } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
import { type Checked, valueAt } from './check.ts';
import type { SourceDocument } from './document.ts';
import type { Path } from './issues.ts';
import { pathTextOf, seenTextOf } from './seen.ts';

interface More {
  /** The value shown, if it is not the value at the path. */
  readonly seen?: Sentence | string | null;
  readonly nearest?: string | null;
  /** The keys under the path that matter for it; mistakes in other keys do not suppress it. Absent: all. */
  readonly by?: readonly string[];
  /** Other paths it depends on: reported only where all of them are valid. */
  readonly needs?: readonly Path[];
}

/** Collects the results of checks after the schema. Paths are those of the checked file. */
export interface Report {
  error(path: Path, expected: Sentence, more?: More): void;
  warning(path: Path, expected: Sentence, more?: More): void;
  readonly issues: readonly ConfigIssue[];
}

/** A report that knows the positions in the document, and suppresses consequences of mistakes already reported. */
export function createReport(document: SourceDocument, checked: Checked): Report {
  const issues: ConfigIssue[] = [];
  const add = (severity: 'error' | 'warning') => (path: Path, expected: Sentence, more?: More) => {
    const original = checked.original(path);
    const judged = more?.by === undefined ? [path] : more.by.map((key) => [...path, key]);
    if ([...judged, ...(more?.needs ?? [])].some((each) => checked.isSpoilt(checked.original(each)))) return;
    const place = document.placeOf(original);
    issues.push({
      severity,
      path: pathTextOf(original),
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
  return value === undefined ? null : seenTextOf(document.writtenAt(path) ?? value, path);
}

/** Reads the files that a configuration names. */
export interface Reader {
  /** The absolute path of a name in the file (relative ones start at the file's own folder). */
  resolve(name: string): string;
  /** The text of a file, or `null` after reporting why not. */
  text(path: Path, name: string): string | null;
  /** The first line of a file with a secret, without the line ending. */
  secret(path: Path, name: string): string | null;
  /** Like `text`, but a missing file is not reported. */
  maybe(name: string): string | null;
  list(name: string): readonly string[] | null;
  /** What exists at a path, by its listing: `unknown` is nothing yet, or not accessible. */
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
