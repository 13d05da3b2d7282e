import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { parseDigest } from './digest.ts';

export interface ImageName {
  /** The registry, such as `docker.io` or `registry.example.com:5000`. */
  readonly host: string;
  /** The path below `/v2/`, such as `library/alpine`. */
  readonly repository: string;
  /** A tag or a digest; `null`: the name has neither. */
  readonly version: string | null;
}

/** The registry of images that are written without a host. */
export const dockerHub = 'docker.io';

const hubAliases: readonly string[] = ['index.docker.io', 'registry-1.docker.io'];
const component = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const hostName =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/;
const tag = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const nameCharsMax = 255;
const expected = phrase('expected.image');

/** True for a valid path of a repository. @see docs/protocols/oci.md#endpoints */
export function isRepository(path: string): boolean {
  return path.length <= nameCharsMax && path.split('/').every((part) => component.test(part));
}

/** True for a tag or a digest with a supported algorithm. */
export function isVersion(version: string): boolean {
  return tag.test(version) || parseDigest(version) !== null;
}

/**
 * Parses an image reference as Docker does. If it has a tag and a digest, the tag is dropped.
 * @see github.com/distribution/reference: its grammar and its short names
 */
export function parseImage(text: string): Result<ImageName, Sentence> {
  const at = text.indexOf('@');
  const digest = at < 0 ? null : text.slice(at + 1);
  if (digest !== null && parseDigest(digest) === null) return error(phrase('expected.digest'));
  const [, named = '', tagged = null] = /^(.+?)(?::([^:/]*))?$/.exec(at < 0 ? text : text.slice(0, at)) ?? [];
  if (tagged !== null && !tag.test(tagged)) return error(phrase('expected.tag'));
  const name = splitName(named);
  if (!hostName.test(name.host) || !isRepository(name.repository)) return error(expected);
  return ok({ ...name, version: digest ?? tagged });
}

/**
 * Splits a name without tag and digest into registry and repository. If it names no host, the registry is Docker Hub.
 * There, a single word gets the prefix `library/`.
 */
export function splitName(name: string): Pick<ImageName, 'host' | 'repository'> {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const host = isHost ? (hubAliases.includes(first) ? dockerHub : first) : dockerHub;
  const path = isHost ? name.slice(slash + 1) : name;
  return { host, repository: host === dockerHub && !path.includes('/') ? `library/${path}` : path };
}

/**
 * Describes image names. The host in a name is the image's upstream, so this ecosystem needs no patterns of private
 * names.
 */
export const ociNames: Names = {
  describes:
    'Images. The host in the name of an image is its upstream (default `docker.io`). The canary probe requests the first one with a digest, else the first one.',
  entry: { describes: 'An image and its tag or digest.', expected: phrase('expected.imageForm') },
  parse(text) {
    const image = parseImage(text);
    if (image.tag === 'error') return error(image.error);
    const { host, repository, version } = image.value;
    return ok({ module: `${host}/${repository}`, version: version ?? 'latest', upstream: host });
  },
  byHand(text) {
    // mirrorwatch prints a name with the tag after an `@`, so this spelling is accepted too.
    const image = parseImage(text.replace(/@(?!sha\d+:)/, ':'));
    if (image.tag === 'error') return { module: text, version: null };
    const { host, repository, version } = image.value;
    return { module: `${host}/${repository}`, version };
  },
  newest: 'latest',
  isFixed: (version) => version !== null && parseDigest(version) !== null,
  example: null,
  private: null,
};
