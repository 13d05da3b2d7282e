import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import { parseVersion } from './version.ts';

/** What stands for the newest release. */
export const newest = 'latest';

/** A project's name as URLs have it: lower-case, every run of `-`, `_` and `.` one `-`. @see PEP 503, Normalized Names */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** True for a name that a project may have. @see PEP 508, Names */
export function isProjectName(name: string): boolean {
  return name.length <= limits.moduleChars && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name);
}

/** Reads `name==version`, or `name` alone for its newest release; the name comes back normalised. */
export function parseProject(text: string): Result<{ readonly module: string; readonly version: string }, Sentence> {
  const [, name = text, version] = /^([^=@]*)(?:==|@)(.*)$/s.exec(text) ?? [];
  if (!isProjectName(name)) return error(phrase('expected.pypiName'));
  if (version === undefined || version === newest) return ok({ module: normalName(name), version: newest });
  if (parseVersion(version) === null) return error(phrase('expected.pypiWhole', { name }));
  return ok({ module: normalName(name), version });
}
