import type { Machine } from '../../core/trap.ts';
import { baseUrl } from '../../core/url.ts';
import { toml } from '../../formats/toml.ts';
import { readToml, readYaml, tablesAt, textsAt } from '../chain-forms.ts';
import { type ChainSetting, type Doctor, plainUrlOf, presentOf } from '../doctor.ts';
import { type Fields, fieldsOf } from '../parse-json.ts';
import { listRejected } from '../settings-file.ts';
import { dockerHub, parseImage } from './names.ts';
import { findOci, findOciTraps, type OciFound, ociKinds } from './settings-found.ts';

/** The hosts that a client tries for an image of Docker Hub, in order. An empty text is Docker Hub itself. */
type Hosts = readonly string[];

/** Matches the URL of Docker Hub. */
const hub = /^(?:https?:\/\/)?(?:(?:registry-1|index)\.)?docker\.io\/?$/;

/** Reads a hosts.toml of containerd. Docker Hub follows the hosts, unless `server` names another registry. */
function ofHosts(file: Fields): Hosts {
  const hosts = Object.entries(fieldsOf(file['host']) ?? {}).filter(([, host]) => {
    const can = textsAt(fieldsOf(host), 'capabilities');
    return can.length === 0 || can.includes('pull');
  });
  const server = textsAt(file, 'server');
  return [...hosts.map(([url]) => url), ...(server.length === 0 ? [''] : server)];
}

/** Reads `mirrors` as containerd's old configuration and k3s have it: Docker Hub follows the endpoints. */
function ofMirrors([mirrors = {}]: readonly Fields[]): Hosts {
  return [...textsAt(mirrors, dockerHub in mirrors ? dockerHub : '*', 'endpoint'), ''];
}

/**
 * Reads a registries.conf: the mirrors, then `location`. If `prefix` is Docker Hub, and `location` another registry,
 * clients never use Docker Hub.
 * @see https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
 */
function ofPodman(file: Fields): Hosts {
  const urlOf = ({ location, insecure }: Fields): string => {
    const [host = '', ...path] = String(location).split('/');
    const project = path.length === 0 ? '' : `/v2/${path.join('/')}`;
    return location === undefined ? '' : `${insecure === true ? 'http' : 'https'}://${host}${project}`;
  };
  const own = tablesAt(file, 'registry').find(({ prefix, location }) => (prefix ?? location) === dockerHub);
  if (own === undefined || own['blocked'] === true) return [];
  return [...tablesAt(own, 'mirror').map(urlOf), urlOf(own)];
}

/** Returns `mirrors` of containerd's plugins. The name of the plugin depends on the version of the file. */
function pluginsOf(plugins: unknown): readonly Fields[] {
  return Object.values(fieldsOf(plugins) ?? {}).flatMap((one) => tablesAt(fieldsOf(one), 'registry', 'mirrors'));
}

/** The forms of settings files, in the order in which they count: the path, the parser, and what the file sets. */
const forms: readonly (readonly [RegExp, (text: string) => Fields | null, (file: Fields) => Hosts])[] = [
  [/\/certs\.d\/docker\.io\/hosts\.toml$/, readToml, ofHosts],
  [/\/certs\.d\/_default\/hosts\.toml$/, readToml, ofHosts],
  [/\/containerd\/config\.toml$/, readToml, ({ plugins }) => ofMirrors(pluginsOf(plugins))],
  [/\/rancher\/(?:k3s|rke2)\/registries\.yaml$/, readYaml, (file) => ofMirrors(tablesAt(file, 'mirrors'))],
  // JSON is YAML too.
  [/\/daemon\.json$/, readYaml, (file) => [...textsAt(file, 'registry-mirrors'), '']],
  [/\/registries\.conf(?:\.d\/[^/]+)?$/, readToml, ofPodman],
];

const systemFiles = ['containerd/config.toml', 'rancher/k3s/registries.yaml', 'rancher/rke2/registries.yaml'];

/** Returns the mirrors of Docker Hub in the settings of containerd, k3s, Docker and podman, in this order. */
async function findHubMirrors({ hosts, daemons, registries }: OciFound, machine: Pick<Machine, 'read' | 'system'>) {
  const named = [...hosts, ...daemons, ...registries].map(({ file }) => file);
  const files: (readonly [file: string, text: string])[] = [];
  for (const file of new Set([...systemFiles.map((path) => machine.system(`/etc/${path}`)), ...named])) {
    const read = await machine.read(file);
    if (read.tag === 'ok') files.push([file, read.text]);
  }
  const unread: string[] = [];
  const chains = forms.flatMap(([path, parse, hostsOf]) =>
    // Of several files of one form, the last one overrides the others.
    files.toReversed().flatMap(([file, content]): readonly ChainSetting[] => {
      if (!path.test(file)) return [];
      const parsed = parse(content);
      if (parsed === null) unread.push(file);
      const all = (parsed === null ? [] : hostsOf(parsed)).map((url) => (hub.test(url) ? '' : url));
      const urls = (all.includes('') ? all.slice(0, all.indexOf('')) : all).flatMap((url) => {
        // containerd and k3s use https for a host without a scheme.
        const named = /^https?:/i.test(url) ? url : `https://${url}`;
        return baseUrl(named) === null ? [] : plainUrlOf(named).replace(/\/$/, '');
      });
      const text = [...urls, ...(all.includes('') ? ['direct'] : [])].join('|');
      return urls.length === 0 ? [] : [{ text, place: { file, line: null }, isDefault: false }];
    }),
  );
  return { chains, unread };
}

const hostsPath = /^\/etc\/containerd\/certs\.d\/[a-z0-9][a-z0-9.:_-]*\/hosts\.toml$/;
/** Matches a hosts.toml that has only the lines that mirrorwatch's remedies contain. */
const hostsText =
  /^(?:(?:# \/etc\/[a-zA-Z0-9._:/-]+|server = "https?:\/\/[A-Za-z0-9._~%:/[\]+=-]+"|\[host\."https?:\/\/[A-Za-z0-9._~%:/[\]+=-]+"\]| {2}capabilities = \["pull", "resolve"\]| {2}dial_timeout = "3s"| {2}override_path = true|)(?:\n|$))+$/;

export const ociDoctor: Doctor = {
  kinds: ociKinds,
  async examine({ machine }, say) {
    const found = await findOci(machine);
    const { config, hosts, registries } = found;
    return { traps: findOciTraps(found, say), unchecked: listRejected([config, ...hosts, ...registries], say) };
  },
  async today({ machine }) {
    const { chains, unread } = await findHubMirrors(await findOci(machine), machine);
    const [chain = null, ...others] = chains;
    return { chain, others, unread, privatePatterns: [] };
  },
  async settle({ machine }, remedy, say) {
    const { path, text } = (remedy['hosts.toml'] ?? {}) as { readonly path?: unknown; readonly text?: unknown };
    if (typeof path !== 'string' || typeof text !== 'string' || !hostsPath.test(path) || !hostsText.test(text))
      return null;
    if (toml.parse(text).tag === 'error') return null;
    const file = machine.system(path);
    const read = await machine.read(file);
    const before = read.tag === 'ok' ? read.text : null;
    const after = `${text.trimEnd()}\n`;
    return {
      changes: presentOf([after === before ? null : { file, before, after }]),
      notes: [say('settle.shared')],
    };
  },
  isUsualLock: () => false,
  usedIn: imagesIn,
  builtIn: (path) => (compose.test(nameOf(path)) ? (text) => composeImages(text, true) : null),
};

const dockerfile = /^(Dockerfile|Containerfile)(\..+)?$|\.(dockerfile|containerfile)$/i;
const compose = /^(docker-)?compose([.-].+)?\.ya?ml$/;
const gitlab = /^\.gitlab-ci\.ya?ml$/;
const workflow = /(^|\/)\.github\/workflows\/[^/]+\.ya?ml$/;
const jenkinsfile = /^Jenkinsfile(\..+)?$|\.jenkinsfile$/i;

const word = /["']?([^\s"'#,}]+)/.source;
const from = /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)/gi;
/**
 * Matches the keys that name an image: `image:` in compose and CI files, `container:` in GitHub's workflows, `name:` in
 * GitLab's services.
 */
const imageKey = new RegExp(`(?:^|[\\s{-])(?:image|container|name):\\s*${word}`, 'g');
const dockerUrl = /\buses:\s*["']?docker:\/\/([^\s"'#]+)/g;
const listItem = new RegExp(`^\\s*-\\s+${word}\\s*(?:#.*)?$`, 'g');
const groovy = /\b(?:image|docker)(?:\s*[:(])?\s*["']([^"']+)["']/g;

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}

/**
 * Returns a parser for the image names in a project file.
 * @param path  relative to the project
 * @returns     `null`: a file at this path names no images
 */
function imagesIn(path: string): ((text: string) => readonly string[]) | null {
  const name = nameOf(path);
  if (dockerfile.test(name)) return (text) => named(text, [from]);
  if (compose.test(name)) return (text) => composeImages(text, false);
  if (workflow.test(path)) return (text) => named(text, [imageKey, dockerUrl]);
  if (jenkinsfile.test(name)) return (text) => named(text, [groovy]);
  return gitlab.test(name) ? (text) => [...named(text, [imageKey]), ...named(servicesOf(text), [listItem])] : null;
}

/** Returns the images that services of a compose file build (`image` next to `build`), or those that they pull. */
function composeImages(text: string, areBuilt: boolean): readonly string[] {
  return Object.values(tablesAt(readYaml(text), 'services')[0] ?? {}).flatMap((service) => {
    const { image, build, pull_policy: policy } = fieldsOf(service) ?? {};
    const isBuilt = build !== undefined || policy === 'build';
    return typeof image === 'string' && isBuilt === areBuilt ? exactImages([image]) : [];
  });
}

/**
 * Returns the images in lines that are no comments. The stages of a Dockerfile are left out, because they have no tag.
 */
function named(content: string, patterns: readonly RegExp[]): readonly string[] {
  const lines = content.split('\n').filter((line) => !/^\s*(#|\/\/)/.test(line));
  return exactImages(
    lines.flatMap((line) => patterns.flatMap((pattern) => [...line.matchAll(pattern)].map(([, text = '']) => text))),
  );
}

/**
 * Returns the full names of the images that have a tag or digest and no variables. A full name includes the registry.
 */
function exactImages(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => {
    const image = text.includes('$') ? null : parseImage(text);
    if (image?.tag !== 'ok' || image.value.version === null) return [];
    const { host, repository, version } = image.value;
    return [`${host}/${repository}${version.includes(':') ? '@' : ':'}${version}`];
  });
}

/** Returns the lines below each `services:` of a CI file. The list items in other lines are commands, not images. */
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
