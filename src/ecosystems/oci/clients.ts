import type { Filled, Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  memberOfUrl,
  offersHttp1,
  parseUrls,
  pasteableUrl,
  type Remedy,
  type Reply,
  walkInOrder,
} from '../client.ts';
import { dockerHub } from './names.ts';

const separator = /[\s,|]+/;
const expected = phrase('expected.mirrorsPipe');

/** Checks a configured chain. Returns what was expected, or `null` if the text is valid. */
function mirrorsMistake(chain: string): Sentence | null {
  const words = chain.split(separator).filter((word) => word !== '');
  const isFine = words.every((word, at) => (word === 'direct' ? at === words.length - 1 : baseUrl(word) !== null));
  return isFine && words.length > 0 ? null : expected;
}

/**
 * The properties that containerd, podman and Docker share as clients. `direct` is the registry itself; members after it
 * are ignored.
 */
export const hostChain = {
  expected: phrase('expected.ociChain'),
  parse: (chain) => parseUrls(chain, separator, true),
  mistake: mirrorsMistake,
  usual: (url) => (url === null ? 'direct' : `${url}|direct`),
  member: memberOfUrl,
  variables: {},
} as const satisfies Partial<Client>;

/** The parts of a mirror's URL that the clients' configuration files contain. */
interface HostsFile {
  /** The mirror's URL, without a trailing slash. */
  readonly url: string;
  /** True if the URL is http. */
  readonly isPlain: boolean;
  /** The host, with the port if the URL has one. */
  readonly host: string;
  /** The path before `v2`; the whole path if it has no `v2`. */
  readonly path: string;
  /** The path after `v2`; `null`: the path has no `v2`. */
  readonly project: string | null;
}

function placeOf({ plain }: ChainMember): HostsFile | null {
  if (!pasteableUrl.test(plain)) return null;
  const url = plain.replace(/(?<!\/)\/+$/, '');
  const { protocol, host, pathname } = new URL(url);
  const [isRoot, path = pathname, project = ''] = /^(.*?)\/v2(?:\/(.*))?$/s.exec(pathname) ?? [];
  return {
    url,
    isPlain: protocol === 'http:',
    host,
    path: path.replace(/(?<!\/)\/+$/, ''),
    project: isRoot === undefined ? null : project,
  };
}

/** The mirrors of a chain. `isDirect`: the registry itself follows the mirrors. */
interface Places {
  readonly mirrors: readonly HostsFile[];
  readonly isDirect: boolean;
}

function placesOf({ members }: Chain): Places | null {
  const mirrors = members.filter(({ kind }) => kind === 'url').map(placeOf);
  if (mirrors.includes(null)) return null;
  return {
    mirrors: mirrors.filter((place) => place !== null),
    isDirect: members.some(({ kind }) => kind === 'direct'),
  };
}

interface HostFile {
  readonly form: string;
  text(places: Places): string;
  /**
   * Returns the content of the client's file as data for programs.
   * @param text  the text of the file, from the method `text`
   */
  json(places: Places, text: string): unknown;
  /** The rollback if the old chain is not safe to paste. */
  readonly back: string | Sentence;
  readonly login: Filled;
  /**
   * Returns the note about a mirror that the client cannot use; `null` for other mirrors. If the method is absent, the
   * client can use all mirrors.
   */
  lost?(place: HostsFile): Sentence | null;
  /** Returns the notes `others` together with the notes that only this client has. */
  notes(others: readonly Sentence[]): readonly Sentence[];
}

/**
 * Builds the remedy of a client: the text of its configuration file, without credentials. A note replaces the file if a
 * URL is not safe to paste, or if the client can use none of the mirrors.
 */
function ociRemedyOf(before: Chain, after: Chain, file: HostFile): Remedy {
  const [old, now] = [placesOf(before), placesOf(after)];
  const rollback = old === null ? file.back : file.text(old);
  const hasCredentials = after.members.some((member) => member.hasCredentials);
  const credentials = hasCredentials ? [phrase('note.credentials', { from: file.login })] : [];
  if (now === null) return { remedy: {}, rollback, notes: [phrase('note.mirrorsByHand'), ...credentials] };
  const lost = now.mirrors.flatMap((place) => file.lost?.(place) ?? []);
  const others = [...lost, ...credentials];
  if (lost.length > 0 && lost.length === now.mirrors.length) return { remedy: {}, rollback, notes: others };
  const text = file.text(now);
  const json = JSON.stringify({ [file.form]: file.json(now, text) });
  return { remedy: { [file.form]: text, json }, rollback, notes: file.notes(others) };
}

const certificates = '/etc/containerd/certs.d';

/**
 * Returns the text of a hosts.toml. Without `server`, containerd tries the registry itself last. If the only member is
 * one mirror, that mirror is both `server` and a host, because containerd 1.6 ignores a file without hosts.
 */
function hostsToml({ mirrors, isDirect }: Places, path: string): string {
  const last = mirrors.at(-1);
  const server = isDirect || last === undefined ? [] : [`server = "${last.url}"`, ''];
  const hosts = isDirect || mirrors.length === 1 ? mirrors : mirrors.slice(0, -1);
  return [`# ${path}`, ...server, ...hosts.flatMap(hostTable)].join('\n').trimEnd();
}

/**
 * How long containerd waits for a connection to a mirror: from 2.0.7 and 2.1.0 on; earlier versions ignore the key and wait
 * for 30 s, for each manifest and layer.
 */
const dialTimeout = '  dial_timeout = "3s"';

function hostTable({ url, project }: HostsFile): readonly string[] {
  const override = project === null ? [] : ['  override_path = true'];
  return [`[host."${url}"]`, '  capabilities = ["pull", "resolve"]', dialTimeout, ...override, ''];
}

/**
 * containerd tries the hosts in order and skips those that fail. Two failures end the pull: a 2xx response with wrong
 * content, and a host that hangs. containerd has no response timeout.
 * @see containerd core/remotes/docker/resolver.go: Resolve continues after errors and every status from 400 on
 * @see test/real/oci-containerd.test.ts: containerd 1.6
 */
export const containerd: Client = {
  ...hostChain,
  id: 'containerd',
  // https://github.com/containerd/containerd/blob/main/docs/hosts.md
  describes: 'The current hosts in hosts.toml, in order. Default: the mirror of the highest weight, then `direct`.',
  walk: (chain, replyOf) =>
    walkInOrder(chain, replyOf, (reply) => reply.tag === 'failed' && (reply.isHung === true || isTaken(reply))),
  protocols: () => offersHttp1,
  forms: ['hosts.toml'],
  remedy(before, after, _patterns, { upstream } = {}) {
    const path = `${certificates}/${upstream ?? '<registry>'}/hosts.toml`;
    const reads = phrase('note.containerdReads', { folder: certificates });
    return ociRemedyOf(before, after, {
      form: 'hosts.toml',
      text: (places) => hostsToml(places, path),
      json: (_places, text) => ({ path, text }),
      back: phrase('back.hosts'),
      login: phrase('note.ociLogin'),
      notes: (others) => [reads, phrase('note.containerdResolve'), ...others],
    });
  },
};

/** True for a failure with a 2xx status, for example wrong bytes. */
function isTaken({ status }: Extract<Reply, { tag: 'failed' }>): boolean {
  return status != null && status >= 200 && status < 300;
}

const podmanPath = '/etc/containers/registries.conf.d/050-mirrorwatch.conf';

function locationOf({ host, project }: HostsFile): string {
  return project === null || project === '' ? host : `${host}/${project}`;
}

/** True if podman can use the mirror: it must have no path, or a path that begins with `v2`. */
function isReachable({ path: before }: HostsFile): boolean {
  return before === '';
}

function registriesConf({ mirrors, isDirect }: Places, upstream: string): string {
  const usable = mirrors.filter(isReachable);
  const own = isDirect ? undefined : usable.at(-1);
  const listed = own === undefined ? usable : usable.slice(0, -1);
  return [
    `# ${podmanPath}`,
    '[[registry]]',
    `prefix = "${upstream}"`,
    `location = "${own === undefined ? upstream : locationOf(own)}"`,
    ...(own?.isPlain === true ? ['insecure = true'] : []),
    ...listed.flatMap((mirror) => [
      '',
      '[[registry.mirror]]',
      `location = "${locationOf(mirror)}"`,
      ...(mirror.isPlain ? ['insecure = true'] : []),
    ]),
  ].join('\n');
}

type Unserved = Extract<Reply, { tag: 'failed' | 'gone' }>;

/** True for a reply after which podman tries no further mirror, whatever was requested. */
function endsPull(reply: Unserved): boolean {
  if (reply.tag !== 'failed') return false;
  // podman tries the next mirror after a cut manifest, but not after a cut layer.
  return reply.isHung === true || (isTaken(reply) && (reply.isCut !== true || reply.isArtifact === true));
}

/** True if podman 6.1 requests a layer from the next mirror after this status. */
function isPassedOn({ status }: Unserved): boolean {
  return status != null && (status === 404 || status === 429 || status >= 500);
}

/**
 * podman, CRI-O, buildah and skopeo try the mirrors in order until one returns a manifest. After that they use no other
 * mirror. A wrong hash, a missing blob or a mirror that hangs ends the pull.
 * @see containers/image docker/docker_image_src.go newImageSource
 */
export const podman: Client = {
  ...hostChain,
  id: 'podman',
  // https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
  describes:
    'The current mirrors in registries.conf, in order. Default: the mirror of the highest weight, then `direct`.',
  walk: (chain, replyOf) => walkInOrder(chain, replyOf, (reply) => endsPull(reply) || reply.isDownload === true),
  protocols: () => offersHttp1,
  forms: ['registries.conf'],
  remedy: podmanRemedyWith(phrase('note.podmanWhole')),
};

/**
 * podman from 6.1 on, and other programs with containers/image from 5.41.1 on: if a mirror does not serve a layer, they
 * request it from the next mirror.
 * @see podman-container-tools/container-libs#845, #1062: docker/docker_image_src.go isMirrorTransientError,
 * isMirrorFallbackError
 */
export const podman61: Client = {
  ...podman,
  id: 'podman61',
  describes:
    'The current mirrors in registries.conf of podman from 6.1 on, in order. Default: the mirror of the highest weight, then `direct`.',
  walk: (chain, replyOf) =>
    walkInOrder(chain, replyOf, (reply) => endsPull(reply) || (reply.isDownload === true && !isPassedOn(reply))),
  remedy: podmanRemedyWith(phrase('note.podmanEach')),
};

/** @param assumed  the note about the version of podman that the model assumes */
function podmanRemedyWith(assumed: Sentence): Client['remedy'] {
  return (before, after, _patterns, { upstream = dockerHub } = {}) =>
    ociRemedyOf(before, after, {
      form: 'registries.conf',
      text: (places) => registriesConf(places, upstream),
      json: (_places, text) => ({ path: podmanPath, text }),
      back: phrase('back.mirrors'),
      login: '`podman login`',
      lost: (place) => (isReachable(place) ? null : phrase('note.podmanPath', { url: place.url })),
      notes: (others) => [...others, phrase('note.podmanReads'), assumed],
    });
}

const dockerPath = '/etc/docker/daemon.json';

/** True if Docker can use the mirror. Before 24.0.8, the Docker daemon does not start if a mirror with a path is set. */
function isRoot({ path: before, project }: HostsFile): boolean {
  return before === '' && project === null;
}

function daemonKeys({ mirrors }: Places): Readonly<Record<string, readonly string[]>> {
  const usable = mirrors.filter(isRoot);
  const plain = usable.filter(({ isPlain }) => isPlain).map(({ host }) => host);
  return {
    'registry-mirrors': usable.map(({ url }) => url),
    ...(plain.length === 0 ? {} : { 'insecure-registries': plain }),
  };
}

/**
 * Docker tries its mirrors in order and Docker Hub last. It skips a mirror after any failure, also after a wrong
 * manifest.
 * @see moby 23.0 distribution/errors.go continueOnError
 */
export const docker: Client = {
  ...hostChain,
  id: 'docker',
  // https://docs.docker.com/docker-hub/image-library/mirror/
  describes:
    'The current registry-mirrors in daemon.json, in order. Default: the mirror of the highest weight, then `direct`.',
  walk: walkInOrder,
  // Observed by hand: Debian's dockerd 20.10 sends no ALPN, so it uses no HTTP/2.
  protocols: () => offersHttp1,
  forms: ['daemon.json'],
  remedy(before, after, _patterns, { upstream = dockerHub } = {}) {
    const remedy = ociRemedyOf(before, after, {
      form: 'daemon.json',
      text: (places) => JSON.stringify(daemonKeys(places), null, 2),
      json: (places) => ({ path: dockerPath, keys: daemonKeys(places) }),
      back: '{}',
      login: '`docker login`',
      lost: (place) => (isRoot(place) ? null : phrase('note.dockerPath', { url: place.url })),
      notes: (others) => [...others, phrase('note.dockerKeys', { path: dockerPath }), phrase('note.dockerSlow')],
    });
    return upstream === dockerHub ? remedy : { ...remedy, remedy: {}, notes: [phrase('note.dockerHub', { upstream })] };
  },
};
