import type { Mirror } from '../../core/mirror.ts';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import { checked, list } from '../fields.ts';
import { npmClient, pnpmClient, yarnClient } from './clients.ts';
import { buildNpmContext, type NpmOwn, type NpmSettings, npmLearning, publicNpm } from './context.ts';
import { npmDoor } from './door.ts';
import { npmErrorFrames, npmScriptOutput } from './error-frames.ts';
import { npmLocks } from './locks.ts';
import { npmNames } from './names.ts';
import { npmRun } from './run.ts';
import { readSigningKeys } from './signatures.ts';

const metadataBytes = 50_000;
const dayMs = 24 * 60 * 60_000;

/** True if the signing keys of this mirror may be trusted: it must be the origin, with TLS or on this machine. */
function isBelievable({ role, url }: Mirror): boolean {
  return role === 'origin' && /^https:|^http:\/\/(localhost|127\.[\d.]+|\[::1\])([:/]|$)/i.test(url);
}

export const npm: Ecosystem<NpmSettings, NpmOwn> = {
  id: 'npm',
  publicUpstream: publicNpm,
  errorFrames: npmErrorFrames,
  scriptOutput: npmScriptOutput,
  spec: [
    'https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md',
    'https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md',
    'https://www.w3.org/TR/SRI/#the-integrity-attribute',
    'https://docs.npmjs.com/about-registry-signatures',
  ],
  // Intervals are from docs/protocols/npm.md#requests-by-interval, docs/protocols/README.md. A full packument may be
  // long, so it is requested only daily.
  steps: {
    // The interval is five minutes, because clients may cache a packument for five minutes
    // (docs/protocols/npm.md#caching-and-limits).
    metadata: light(5, {
      grain: 'version',
      usualBytes: metadataBytes,
      verifies: phrase('answer.npmLockOr'),
    }),
    tags: light(5, { grain: 'module', usualBytes: 1000 }),
    tarball: heavy({
      grain: 'version',
      verifies: phrase('answer.npmLockOrs'),
      usualAside: () => ({ requests: 1, bytes: metadataBytes }),
    }),
    packument: { ...heavy({ grain: 'module' }), usualPace: { everyMs: dayMs, timeoutMs: 120_000 } },
    signkeys: light(60, {
      grain: 'mirror',
      usualBytes: 1000,
      isRequested: (mirror, { keys }) => isBelievable(mirror) && (keys === null || mirror.upstream !== publicNpm),
    }),
  },
  canary: 'metadata',
  fetch: ['metadata', 'tarball'],
  names: npmNames,
  locks: npmLocks,
  settings: {
    describes: 'Settings of npm only.',
    keys: {},
    files: {
      keys: {
        describes:
          'File with the signing keys of the public registry, in the form of `/-/npm/v1/keys`, from a source that you trust. Without it, the keys of the mirror with `role: origin` are used, never those of another mirror.',
        mistake(text) {
          const read = readSigningKeys(Buffer.from(text));
          return read.tag === 'ok' ? null : read.error;
        },
      },
    },
    read({ keys }) {
      const read = typeof keys === 'string' ? readSigningKeys(Buffer.from(keys)) : null;
      return { keys: read?.tag === 'ok' ? read.value : null };
    },
  },
  mirrorKeys: {
    tarballHosts: list(
      checked('A host name.', phrase('expected.host'), (host) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)),
      phrase('expected.listHosts'),
      20,
    )
      .optional()
      .meta({ description: 'npm only: other hosts, without ports, that the tarball URLs of this mirror may name.' }),
  },
  clients: [npmClient, pnpmClient, yarnClient],
  realClients: [npmRun],
  context: buildNpmContext,
  learning: npmLearning,
  prober: () => import('./conversation.ts'),
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: npmDoor,
  doctor: () => import('./doctor.ts').then(({ npmDoctor: doctor }) => doctor),
};
