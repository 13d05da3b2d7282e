import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import { checked, flag } from '../fields.ts';
import { containerd, docker, podman } from './clients.ts';
import { type OciOwn, type OciSettings, parsePlatform } from './context.ts';
import { ociErrorFrames } from './error-frames.ts';
import { ociNames } from './names.ts';
import { skopeoRun } from './run.ts';

const manifestBytes = 4000;
const usualPlatform = 'linux/amd64';

export const oci: Ecosystem<OciSettings, OciOwn> = {
  id: 'oci',
  publicUpstream: null,
  errorFrames: ociErrorFrames,
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
      // The further requests are the index of platforms, and the manifest of the configured platform.
      usualAside: () => ({ requests: 2, bytes: 2 * manifestBytes }),
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
