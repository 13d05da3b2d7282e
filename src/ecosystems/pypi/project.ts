import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { parseVersion } from './version.ts';

/** The word for the newest release. */
export const newest = 'latest';

/** A project's name as in URLs: lower-case, every run of `-`, `_` and `.` one `-`. @see PEP 503, Normalized Names */
export function normalNameOf(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** True for a valid project name. @see PEP 508, Names */
export function isProjectName(name: string): boolean {
  return name.length <= limits.moduleChars && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name);
}

/** Parses `name==version`, or `name` for its newest release; the name is normalised. */
export function parseProject(text: string): Result<{ readonly module: string; readonly version: string }, Sentence> {
  const [, name = text, version] = /^([^=@]*)(?:==|@)(.*)$/s.exec(text) ?? [];
  if (!isProjectName(name)) return error(phrase('expected.pypiName'));
  if (version === undefined || version === newest) return ok({ module: normalNameOf(name), version: newest });
  if (parseVersion(version) === null) return error(phrase('expected.pypiWhole', { name }));
  return ok({ module: normalNameOf(name), version });
}
