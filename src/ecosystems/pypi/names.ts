import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { newest, normalNameOf, parseProject } from './project.ts';

/** How projects and private names are written. */
export const pypiNames: Names = {
  describes: 'Projects of the index. The first one with a fixed version is the canary: choose a small one.',
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
      'Names of projects, `*` for any characters. Matching projects are asked only of mirrors of a named upstream other than `pypi`.',
    expected: phrase('expected.pypiPattern'),
    list: phrase('expected.listNames'),
    isPattern: isProjectPattern,
    matches: matchesProjects,
  },
};

/** True for a pattern of project names: the characters of a name, and `*` for any of them. */
export function isProjectPattern(text: string): boolean {
  return /^[A-Za-z0-9*](?:[A-Za-z0-9._*-]*[A-Za-z0-9*])?$/.test(text) && !/^\*+$/.test(text) && text.length <= 200;
}

/** Whether a project's name, normalised, matches one of the patterns, normalised as it is. */
export function matchesProjects(patterns: readonly string[], project: string): boolean {
  return patterns.some((pattern) => matches(normalNameOf(pattern).split(/\*+/), normalNameOf(project)));
}

/** Parts between stars, in their order; the first found place of each is as good as any other. */
function matches(parts: readonly string[], name: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
