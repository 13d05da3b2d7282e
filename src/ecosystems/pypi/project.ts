import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
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
export function parseProject(text: string): Result<{ readonly module: string; readonly version: string }, string> {
  const [, name = text, version] = /^([^=@]*)(?:==|@)(.*)$/s.exec(text) ?? [];
  if (!isProjectName(name)) return error('name==version with a name such as requests, without extras or markers');
  if (version === undefined || version === newest) return ok({ module: normalName(name), version: newest });
  if (parseVersion(version) === null) return error(`a whole version such as ${name}==1.2.3, or ${name} alone`);
  return ok({ module: normalName(name), version });
}
