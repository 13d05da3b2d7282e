import { matchesParts } from '../../core/globs.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { parseVersion } from './version.ts';

/** The word that stands for the newest release, in place of a version. */
export const newest = 'latest';

/**
 * Returns a project's name as in URLs: in lower case, with one `-` for each run of `-`, `_` and `.`.
 * @see PEP 503, Normalized Names
 */
export function normalNameOf(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** True for a valid project name. @see PEP 508, Names */
export function isProjectName(name: string): boolean {
  return name.length <= limits.moduleChars && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name);
}

/** Parses `name==version`, `name@version`, or `name` for the newest release. The returned name is normalised. */
export function parseProject(text: string): Result<{ readonly module: string; readonly version: string }, Sentence> {
  const [, name = text, version] = /^([^=@]*)(?:==|@)(.*)$/s.exec(text) ?? [];
  if (!isProjectName(name)) return error(phrase('expected.pypiName'));
  if (version === undefined || version === newest) return ok({ module: normalNameOf(name), version: newest });
  if (parseVersion(version) === null) return error(phrase('expected.pypiWhole', { name }));
  return ok({ module: normalNameOf(name), version });
}

export const pypiNames: Names = {
  describes:
    'Projects of the index. The canary requests the first one with a fixed version (lock files last), else the first one. Choose a project with a short page.',
  entry: {
    describes: 'A project and its version, or only a project, for its newest version.',
    expected: phrase('expected.word', { word: 'name==version' }),
  },
  parse: parseProject,
  byHand(text) {
    const [, name = text, version = ''] = /^(.*?)(?:===?|@)(.*)$/s.exec(text) ?? [];
    return { module: normalNameOf(name.trim()), version: version.trim() === '' ? null : version.trim() };
  },
  newest,
  isFixed: (version) => version !== null && version !== newest,
  example: 'six==1.17.0',
  private: {
    describes:
      'Names of projects, `*` for any characters. Matching projects are requested only from mirrors whose key `upstream` has another value than `pypi`.',
    expected: phrase('expected.pypiPattern'),
    list: phrase('expected.listNames'),
    isPattern: isProjectPattern,
    matches: matchesProjects,
  },
};

/** True for a pattern of project names, with `*` for any characters. Stars alone are no pattern. */
export function isProjectPattern(text: string): boolean {
  return /^[A-Za-z0-9*](?:[A-Za-z0-9._*-]*[A-Za-z0-9*])?$/.test(text) && !/^\*+$/.test(text) && text.length <= 200;
}

/** True if a project's name matches one of the patterns. The name and the patterns are normalised first. */
export function matchesProjects(patterns: readonly string[], project: string): boolean {
  return patterns.some((pattern) => matchesParts(normalNameOf(pattern).split(/\*+/), normalNameOf(project)));
}

/**
 * Returns the words of a file's name, sorted. An attestation may state the name with other separators, and its tags in
 * another order.
 * @see pypi/pypi-attestations _impl.py _ultranormalize_dist_filename
 */
export function wordsOfFile(file: string): string {
  return file
    .toLowerCase()
    .split(/[-_.]+/)
    .toSorted()
    .join(' ');
}
