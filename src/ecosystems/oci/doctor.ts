import { parse } from 'yaml';
import type { SettingPlace } from '../../core/trap.ts';
import { baseUrl } from '../../core/url.ts';
import { type SettingPath, valuesOf } from '../../formats/format.ts';
import { toml } from '../../formats/toml.ts';
import { type Doctor, presentOf } from '../doctor.ts';
import { listRejected, type SettingsFile } from '../settings-file.ts';
import { dockerHub, parseImage } from './names.ts';
import { findOci, hostsOf, type OciFound } from './settings-found.ts';
import { findOciTraps, ociKinds } from './traps.ts';

const hostsPath = /^\/etc\/containerd\/certs\.d\/[a-z0-9][a-z0-9.:_-]*\/hosts\.toml$/;
/** Matches a hosts.toml that has only the lines that mirrorwatch's remedies contain. */
const hostsText =
  /^(?:(?:#[\x20-\x7e]*|server = "[\x21\x23-\x5b\x5d-\x7e]+"|\[host\."[\x21\x23-\x5b\x5d-\x7e]+"\]| {2}capabilities = \["pull", "resolve"\]| {2}override_path = true|)(?:\n|$))+$/;

export const ociDoctor: Doctor = {
  kinds: ociKinds,
  async examine({ machine }, say) {
    const found = await findOci(machine);
    const { config, hosts, registries } = found;
    return { traps: findOciTraps(found, say), unchecked: listRejected([config, ...hosts, ...registries], say) };
  },
  async today({ machine }) {
    const mirrors = mirrorsToday(await findOci(machine));
    if (mirrors === null) return { chain: null, privatePatterns: [] };
    const { urls, place, isInstead } = mirrors;
    const chain = { text: [...urls, ...(isInstead ? [] : ['direct'])].join('|'), place, isDefault: false };
    return { chain, privatePatterns: [] };
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

interface MirrorsToday {
  readonly urls: readonly string[];
  readonly place: SettingPlace;
  /** True if the client never uses the registry itself, because its settings replace the registry's location. */
  readonly isInstead?: boolean;
}

/** Returns the mirrors of Docker Hub in containerd, else in Docker, else in podman; `null`: no client has one. */
function mirrorsToday(found: OciFound): MirrorsToday | null {
  const all = [...ofContainerd(found), ...ofDocker(found), ...ofPodman(found)];
  const usable = all.map((one) => ({ ...one, urls: one.urls.flatMap((url) => plainUrl(url) ?? []) }));
  return usable.find(({ urls }) => urls.length > 0) ?? null;
}

function plainUrl(text: string): string | null {
  if (baseUrl(text) === null) return null;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}

/** Returns containerd's hosts for Docker Hub. `server` is left out, because it is usually the registry itself. */
function ofContainerd({ hosts }: OciFound): readonly MirrorsToday[] {
  return hosts
    .filter(({ registry }) => registry === dockerHub)
    .map((one) => ({ urls: hostsOf(one).map(({ url }) => url), place: { file: one.file, line: null } }));
}

function ofDocker({ daemons }: OciFound): readonly MirrorsToday[] {
  return daemons.map(({ file, settings }) => ({
    urls: settings.flatMap(({ path: [key], value }) =>
      key === 'registry-mirrors' && typeof value === 'string' ? [value] : [],
    ),
    place: { file, line: null },
  }));
}

/**
 * Returns podman's mirrors of Docker Hub by file. The last file comes first, because it overrides the earlier files.
 */
function ofPodman({ registries }: OciFound): readonly MirrorsToday[] {
  return registries.toReversed().map((one) => ({ ...hubMirrorsIn(one), place: { file: one.file, line: null } }));
}

/**
 * Returns the mirrors of Docker Hub in one configuration file of podman, in the order in which podman tries them. If
 * the registry has a `prefix` and another `location`, podman pulls from this location instead of the registry.
 * @see containers-registries.conf(5)
 */
function hubMirrorsIn({ settings }: SettingsFile): Pick<MirrorsToday, 'urls' | 'isInstead'> {
  const values = valuesOf(settings);
  const at = (...path: SettingPath) => values.get(JSON.stringify(['registry', ...path]));
  const locations = settings.filter(({ path, value }) => path.at(-1) === 'location' && typeof value === 'string');
  const ofHub = locations.filter(({ path: [, n = 0] }) => (at(n, 'prefix') ?? at(n, 'location')) === dockerHub);
  const mirrors = ofHub.filter(({ path }) => path[2] === 'mirror');
  const elsewhere = ofHub.filter(({ path, value }) => path[2] === 'location' && value !== dockerHub);
  const urls = [...mirrors, ...elsewhere].map(({ path, value }) => {
    const isPlain = at(...path.slice(1, -1), 'insecure') === true;
    return `${isPlain ? 'http' : 'https'}://${value}`;
  });
  return { urls, isInstead: elsewhere.length > 0 };
}

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
  const services = tableOf(tableOf(parsedYaml(text))?.['services']) ?? {};
  return Object.values(services).flatMap((service) => {
    const { image, build, pull_policy: policy } = tableOf(service) ?? {};
    const isBuilt = build !== undefined || policy === 'build';
    return typeof image === 'string' && isBuilt === areBuilt ? exactImages([image]) : [];
  });
}

/** Parses YAML; `null`: the text is no YAML. */
function parsedYaml(text: string): unknown {
  try {
    return parse(text, { merge: true, logLevel: 'silent' });
  } catch {
    return null;
  }
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
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
