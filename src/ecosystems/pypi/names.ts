import type { Names } from '../names.ts';
import { isProjectPattern, matchesProjects } from './patterns.ts';
import { newest, normalName, parseProject } from './project.ts';

/** How projects and private names are written. */
export const pypiNames: Names = {
  describes: 'Projects of the index. The first one with a fixed version is the canary: best a small one.',
  entry: { describes: 'A project and its version, or a project alone for its newest.', expected: 'name==version' },
  parse: parseProject,
  byHand(text) {
    const [, name = text, version = ''] = /^(.*?)(?:===?|@)(.*)$/s.exec(text) ?? [];
    return { module: normalName(name.trim()), version: version.trim() === '' ? null : version.trim() };
  },
  newest,
  isFixed: (version) => version !== null && version !== newest,
  example: 'six==1.17.0',
  private: {
    describes:
      'Names of projects, `*` for any characters. Matching projects are asked only of mirrors of a named upstream other than `pypi`.',
    expected: 'a name, with * for any characters, such as corp-*',
    list: 'a list of names',
    isPattern: isProjectPattern,
    matches: matchesProjects,
  },
};
