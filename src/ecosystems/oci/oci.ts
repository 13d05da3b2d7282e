import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import { checked, flag } from '../fields.ts';
import { containerd, docker, podman } from './clients.ts';
import { type OciOwn, type OciSettings, parsePlatform } from './context.ts';
import { ociNames } from './names.ts';
import { skopeoRun } from './run.ts';

const manifestBytes = 4000;
const usualPlatform = 'linux/amd64';

export const oci: Ecosystem<OciSettings, OciOwn> = {
  id: 'oci',
  publicUpstream: null,
  errorFrames: {
    // https://github.com/moby/moby: the daemon's errors; a client of its API prints its status (HTTP code) before them.
    docker:
      /Error response from daemon: (?!dial unix|driver failed|failed to create|OCI runtime|[Cc]annot |No such|conflict|container |network |endpoint )|\(HTTP code \d+\)|HTTP code is \d+|error pulling image|toomanyrequests: |pull access denied|received unexpected HTTP status|no matching manifest for|no basic auth credentials|layer verification failed|ERROR: failed to solve: |[Cc]opying blob|Error getting v2 registry|(?:Attempting next endpoint for|Not continuing with) pull after error: |^[0-9a-f]{12}: (?:Pull|Download|Verifying|Extracting|Retrying|Already|Waiting).*(?:unexpected EOF$|net\/http: |(?:read|dial) tcp )/,
    // https://github.com/containerd/containerd: core/remotes/docker
    containerd:
      /^(?:[^\s:]+ +)?ctr: (?!failed to dial)|httpRead(?:er)?Seeker|failed to (?:do request(?=: | \()|resolve reference|pull and unpack|authorize|copy|unpack image)|failed commit on ref|trying next host|Failed to pull image|PullImage|pulling image|unable to decode token|Error in pulling image|tryLoginWithRegHost/,
    // https://github.com/containers/image: docker/docker_client.go, copy/single.go
    'skopeo and podman':
      /docker:\/\/|pinging (?:container|docker) registry|[Rr]eading (?:manifest|blob)|[Ii]nitializing (?:source|image)|(?:[Tt]rying to|Error trying to) reuse blob|Error writing blob|writing blob|Digest did not match|unable to retrieve auth token|Trying to pull|determining manifest|requested access to the resource|\bAccessing "\S+" failed|Ping https?:\S+/,
    // https://github.com/google/go-containerregistry: the request before the registry's error code; kaniko uses it.
    crane:
      /\/v2\/(?:\\?"?:|(?:(?!\/v2\/)\S)+\/(?:manifests|blobs|tags)\/)|\/v1\/_ping|"code":"[A-Z]+_[A-Z_]+"|StatusCode: \d{3}, |unsupported status code \d{3}|^error building image: Get "?https?:/,
  },
  spec: [
    'https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull',
    'https://github.com/opencontainers/image-spec/blob/main/image-index.md',
    'https://distribution.github.io/distribution/spec/auth/token/',
  ],
  // Docker Hub counts each GET of a manifest (100 in 6 hours), but no HEAD. So the canary sends HEAD requests, and
  // manifests are fetched rarely.
  steps: {
    v2: light(5, { grain: 'mirror', usualBytes: 200 }),
    digest: light(null, { grain: 'version', usualBytes: 0 }),
    manifest: light(60, { grain: 'version', usualBytes: manifestBytes, verifies: phrase('answer.digestAsked') }),
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
  locks: null,
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
  clients: [containerd, podman, docker],
  realClients: [skopeoRun],
  context: ({ mirror, settings }) => ({
    platform: settings.platform,
    ns: mirror.own?.['ns'] === undefined ? mirror.role === 'mirror' : mirror.own['ns'] === true,
  }),
  learning: null,
  unverified: (version) => (ociNames.isFixed(version) ? null : phrase('note.tags')),
  prober: () => import('./conversation.ts'),
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  doctor: () => import('./doctor.ts').then(({ ociDoctor: doctor }) => doctor),
};
