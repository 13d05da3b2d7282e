import { parseImage } from './image-name.ts';

const dockerfile = /^(Dockerfile|Containerfile)(\..+)?$|\.(dockerfile|containerfile)$/i;
const compose = /^(docker-)?compose([.-].+)?\.ya?ml$/;
const gitlab = /^\.gitlab-ci\.ya?ml$/;
const workflow = /(^|\/)\.github\/workflows\/[^/]+\.ya?ml$/;
const jenkinsfile = /^Jenkinsfile(\..+)?$|\.jenkinsfile$/i;

const word = /["']?([^\s"'#,}]+)/.source;
const from = /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)/gi;
/** `image:` of compose and CI files; `container:` and `docker://` of GitHub's; `- name:` of GitLab's services. */
const imageKey = new RegExp(`(?:^|[\\s{-])(?:image|container|name):\\s*${word}`, 'g');
const dockerUrl = /\buses:\s*["']?docker:\/\/([^\s"'#]+)/g;
const listItem = new RegExp(`^\\s*-\\s+${word}\\s*(?:#.*)?$`, 'g');
const groovy = /\b(?:image|docker)\s*[:(]?\s*["']([^"']+)["']/g;

/**
 * What reads the images that a file of a project names: Dockerfiles, compose files, GitHub workflows, GitLab's CI file,
 * Jenkinsfiles. `null`: such a file names none. @param path  relative to the project
 */
export function imagesIn(path: string): ((text: string) => readonly string[]) | null {
  const name = path.split('/').at(-1) ?? '';
  if (dockerfile.test(name)) return (text) => named(text, [from]);
  if (compose.test(name)) return (text) => named(text, [imageKey]);
  if (workflow.test(path)) return (text) => named(text, [imageKey, dockerUrl]);
  if (jenkinsfile.test(name)) return (text) => named(text, [groovy]);
  return gitlab.test(name) ? (text) => [...named(text, [imageKey]), ...named(servicesOf(text), [listItem])] : null;
}

/** Images with a tag or digest that nothing has still to be put into. A stage of a Dockerfile has neither. */
function named(content: string, patterns: readonly RegExp[]): readonly string[] {
  return content
    .split('\n')
    .filter((line) => !/^\s*(#|\/\/)/.test(line))
    .flatMap((line) => patterns.flatMap((pattern) => [...line.matchAll(pattern)].map(([, text = '']) => text)))
    .flatMap((text) => {
      const image = text.includes('$') ? null : parseImage(text);
      if (image?.tag !== 'ok' || image.value.version === null) return [];
      const { host, repository, version } = image.value;
      return [`${host}/${repository}${version.includes(':') ? '@' : ':'}${version}`];
    });
}

/** The lines below `services:`: a list item elsewhere in a CI file is a command. */
function servicesOf(text: string): string {
  const below: string[] = [];
  let depth: number | null = null;
  for (const line of text.split('\n')) {
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    if (/^\s*services:\s*$/.test(line)) depth = indent;
    else if (depth !== null && line.trim() !== '' && (indent < depth || (indent === depth && !/^\s*-/.test(line))))
      depth = null;
    else if (depth !== null) below.push(line);
  }
  return below.join('\n');
}
