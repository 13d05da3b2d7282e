import type { ClientPlan } from '../../core/client-run.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { WireAccess } from '../../core/ports.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import { checked, flag } from '../fields.ts';
import { type ClientJob, checkResolve, findLines, proxyEnvOf, type RealClient } from '../real-client.ts';
import { isBlockedUpstream } from '../refusal-texts.ts';
import { containerd, docker, podman, podman61 } from './clients.ts';
import { type OciOwn, type OciSettings, parsePlatform } from './context.ts';
import { parseDigest } from './digest.ts';
import { ociNames, splitName } from './names.ts';

/**
 * Returns why skopeo cannot use this mirror; `null`: it can. skopeo addresses a registry by host and port only, so it
 * supports no path before `/v2/`.
 */
function cannot(mirror: Mirror): Sentence | null {
  const { auth, proxy } = mirror.access;
  if (auth?.scheme === 'bearer') return phrase('cannot.bearerLine');
  if (proxy?.auth != null) return phrase('cannot.proxy');
  if (!/^\/(?:v2(?:\/|$)|$)/.test(new URL(mirror.url).pathname)) return phrase('cannot.path');
  return checkResolve(mirror);
}

function referenceOf({ access, module, version }: ClientJob): string {
  const { host, pathname } = new URL(access.url);
  const project = pathname.replace(/^\/(?:v2(?:\/|$))?/, '').replace(/(?<!\/)\/+$/, '');
  const repository = [project, splitName(module).repository].filter((part) => part !== '').join('/');
  const reference = version ?? 'latest';
  return `docker://${host}/${repository}${parseDigest(reference) === null ? ':' : '@'}${reference}`;
}

function authFile({ url, auth }: WireAccess): string {
  if (auth === null) return '{}';
  const word = Buffer.from(`${auth.username}:${auth.secret}`).toString('base64');
  const hosts = new Set([new URL(url).host, ...auth.hosts]);
  return JSON.stringify({ auths: Object.fromEntries([...hosts].map((host) => [host, { auth: word }])) });
}

/** Runs `skopeo copy` of one image into a folder, without the settings of this machine. */
function plan(job: ClientJob): ClientPlan {
  const { access, home } = job;
  const { platform } = job.settings as OciSettings;
  const isPlain = access.url.startsWith('http:');
  return {
    args: [
      '--registries.d',
      `${home}/registries.d`,
      '--insecure-policy',
      `--override-os=${platform.os}`,
      `--override-arch=${platform.architecture}`,
      ...(platform.variant === null ? [] : [`--override-variant=${platform.variant}`]),
      'copy',
      '--quiet',
      '--src-authfile',
      `${home}/auth.json`,
      '--src-cert-dir',
      `${home}/certs`,
      `--src-tls-verify=${!isPlain}`,
      referenceOf(job),
      'dir:got',
    ],
    env: {
      CONTAINERS_REGISTRIES_CONF: `${home}/registries.conf`,
      XDG_RUNTIME_DIR: home,
      ...proxyEnvOf(access),
    },
    files: {
      'registries.d/none.yaml': '',
      'registries.conf': 'unqualified-search-registries = []\n',
      'auth.json': authFile(access),
      'certs/none': '',
      ...(access.ca.length === 0 ? {} : { 'certs/ca.crt': access.ca.join('\n') }),
      ...(access.client === null
        ? {}
        : { 'certs/client.cert': access.client.cert, 'certs/client.key': access.client.key }),
    },
    fetched: 'work/got',
  };
}

const skopeoRun: RealClient = {
  id: 'skopeo',
  // https://github.com/containers/skopeo/blob/main/docs/skopeo-copy.1.md
  usualRequests: 6,
  cannot,
  plan,
  why: (words) => ({
    text: findLines(words, /level=fatal|^FATA/)
      .replace(/^.*?msg="?/, '')
      .replace(/"$/, ''),
    isElsewhere: /no space left on device/.test(words),
  }),
};

const manifestBytes = 4000;
const usualPlatform = 'linux/amd64';

export const oci: Ecosystem<OciSettings, OciOwn> = {
  id: 'oci',
  publicUpstream: null,
  errorFrames: {
    // https://github.com/moby/moby: the daemon's errors; a client of its API prints its status (HTTP code) before them.
    docker:
      /Error response from daemon: (?!dial unix|driver failed|failed to create|OCI runtime|[Cc]annot |No such|conflict|container |network |endpoint )|\(HTTP code \d+\)|HTTP code is \d+|[Ee]rror pulling image|toomanyrequests: |pull access denied|received unexpected HTTP status|no matching manifest for|no basic auth credentials|layer verification failed|failed to register layer: |(?:msg="|\bERRO\[\d+\] )Download failed(?:, retrying)?: |Error trying v2 registry: |(?:^|error: |ERROR: )failed to solve(?:: | with frontend )|[Cc]opying blob|Error getting v2 registry|(?:Attempting next endpoint for|Not continuing with) pull after error: |failed to resolve source metadata for |^[0-9a-f]{12}: (?:Pull|Download|Verifying|Extracting|Retrying|Already|Waiting).*(?:unexpected EOF$|net\/http: |(?:read|dial) tcp )/,
    // https://github.com/containerd/containerd: core/remotes/docker
    containerd:
      /^(?:[^\s:]+ +)?ctr: (?!failed to dial)|httpRead(?:er)?Seeker|^failed to read expected number of bytes|failed to (?:do request(?=: | \()|resolve reference|pull and unpack|authorize|copy|unpack image)|failed commit on ref|trying next host|Failed to pull image|PullImage|pulling image|unable to decode token|Error in pulling image|tryLoginWithRegHost/,
    // https://github.com/containers/image: docker/docker_client.go, copy/single.go
    'skopeo and podman':
      /docker:\/\/|pinging (?:container|docker) registry|[Rr]eading (?:manifest|blob)|[Ii]nitializing (?:source|image)|(?:[Tt]rying to|Error trying to) reuse blob|Error writing blob|[Cc]opying system image from|[Cc]hoosing an image from|[Pp]arsing image configuration|Source image rejected|writing blob|Digest did not match|unable to retrieve auth token|Trying to pull|determining manifest|requested access to the resource|\bAccessing "\S+" failed|Ping https?:\S+/,
    // https://github.com/google/go-containerregistry: the request before the registry's error code; kaniko uses it.
    crane:
      /\/v2\/(?:\\?"?:|(?:(?!\/v2\/)\S)+\/(?:manifests|blobs|tags)\/)|\/v1\/(?:_ping|repositories\/(?:(?!\/v1\/)\S)+\/(?:images|tags)\b)|"code":"[A-Z]+_[A-Z_]+"|StatusCode: \d{3}, |unsupported status code \d{3}|^error building image: Get "?https?:/,
  },
  isMasked: isBlockedUpstream,
  // https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
  // https://github.com/opencontainers/image-spec/blob/main/image-index.md
  // https://distribution.github.io/distribution/spec/auth/token/
  // Docker Hub counts each GET of a manifest (100 in 6 hours), but no HEAD. So the canary sends HEAD requests, and
  // manifests are fetched rarely.
  steps: {
    v2: light(5, { grain: 'mirror', usualBytes: 200 }),
    digest: light(null, { grain: 'version', usualBytes: 0 }),
    manifest: light(60, {
      grain: 'version',
      usualBytes: manifestBytes,
      verifies: phrase('answer.digestAsked'),
      // The further request is for the referrers of the manifest.
      usualAside: () => ({ requests: 1, bytes: 200 }),
    }),
    blob: heavy({
      grain: 'version',
      verifies: phrase('answer.digestManifest'),
      // The further requests are the index of platforms, the manifest of the configured platform, and other blobs.
      usualAside: () => ({ requests: 5, bytes: 2 * manifestBytes + 2 ** 20 }),
    }),
  },
  canary: 'digest',
  fetch: ['digest', 'manifest', 'blob'],
  names: ociNames,
  settings: {
    describes: 'Settings of image registries only.',
    keys: {
      platform: checked(
        'The platform whose manifest is taken from an image index: os/architecture, with /variant if needed.',
        phrase('expected.platform'),
        (value) => parsePlatform(value) !== null,
      ).prefault(usualPlatform),
    },
    read: ({ platform }) => ({
      platform: parsePlatform(String(platform)) ?? { os: 'linux', architecture: 'amd64', variant: null },
    }),
  },
  mirrorKeys: {
    ns: flag(
      'Add `?ns=` with the original registry to requests, as containerd does for mirrors. Default: true for mirrors, false for an origin.',
    ).optional(),
  },
  clients: [containerd, podman, podman61, docker],
  realClients: [skopeoRun],
  context: ({ mirror, settings }) => ({
    platform: settings.platform,
    ns: mirror.own?.['ns'] === undefined ? mirror.role === 'mirror' : mirror.own['ns'] === true,
  }),
  unverified: (version) => (ociNames.isFixed(version) ? null : phrase('note.tags')),
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  doctor: () => import('./doctor.ts').then(({ ociDoctor: doctor }) => doctor),
};
