import type { ConfigIssue } from '../core/config.ts';
import type { Sentence } from '../core/result.ts';
import { type Checked, valueAt } from './check.ts';
import type { SourceDocument } from './document.ts';
import type { Path } from './issues.ts';
import type { Report } from './reading.ts';
import { pathTextOf, seenTextOf } from './seen.ts';

/** A report with positions in the document, without consequences of mistakes already reported. */
export function createReport(document: SourceDocument, checked: Checked): Report {
  const issues: ConfigIssue[] = [];
  const add =
    (severity: 'error' | 'warning'): Report['error'] =>
    (path, expected, more) => {
      const original = checked.original(path);
      const judged = more?.by === undefined ? [path] : more.by.map((key) => [...path, key]);
      if ([...judged, ...(more?.needs ?? [])].some((each) => checked.isSpoilt(checked.original(each)))) return;
      const place = document.placeOf(original);
      issues.push({
        severity,
        path: pathTextOf(original),
        line: place?.line ?? null,
        column: place?.column ?? null,
        seen: more?.seen !== undefined ? more.seen : seenAt(document, original, more?.usual),
        expected,
        nearest: null,
      });
    };
  return { error: add('error'), warning: add('warning'), issues };
}

function seenAt(document: SourceDocument, path: Path, usual?: string): Sentence | string | null {
  const value = valueAt(document.data, path) ?? usual;
  return value === undefined ? null : seenTextOf(document.writtenAt(path) ?? value, path);
}
