import type { Assignment } from '../../core/machine.ts';

const files =
  /(^|\/)(\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|(docker-)?compose([.-][^/]+)?\.ya?ml|Jenkinsfile(\.[^/]+)?|(Dockerfile|Containerfile)(\.[^/]+)?|[^/]+\.(dockerfile|containerfile|jenkinsfile))$/i;
/** `KEY: "url"`, `KEY=url`, `KEY = 'url'`: values that are one URL or begin a list of them, with nothing still to be put in. */
const assigned = /\b([A-Za-z_]\w*)\s*(?:=|:\s)\s*(?:"(https?:[^"$]+)"|'(https?:[^'$]+)'|(https?:[^\s"'$;]+))/g;

/** True for files of a project that set variables for builds: CI, compose files, Dockerfiles. @param path  in the project */
export function setsVariables(path: string): boolean {
  return files.test(path);
}

/** The variables that such a file sets to URLs, and on which line. */
export function variablesIn(file: string, text: string): readonly Assignment[] {
  return text.split('\n').flatMap((line, at) => {
    if (/^\s*(#|\/\/)/.test(line)) return [];
    return [...line.matchAll(assigned)].map(([, name = '', ...values]) => ({
      name,
      file,
      line: at + 1,
      value: values.find((value) => value !== undefined) ?? '',
    }));
  });
}
