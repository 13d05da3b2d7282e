import { z } from 'zod';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import { checked, errorOf, list, mapping } from '../fields.ts';
import { pip, uv } from './clients.ts';
import { buildPypiContext, type PypiOwn, type PypiSettings, publicPypi, pypiLearning } from './context.ts';
import { pypiDoor } from './door.ts';
import { pypiErrorFrames } from './error-frames.ts';
import { pypiLocks } from './locks.ts';
import { normalNameOf, pypiNames } from './names.ts';
import { type AttestationPublisher, type PublisherKind, publisherKinds } from './publishers.ts';
import { pipRun, uvRun } from './run.ts';

const repositoryForm = /^[\w.-]{1,100}(\/[\w.-]{1,100}){1,8}$/;

const publishersKey = list(
  mapping(
    {
      project: checked('A project of the index.', phrase('expected.pypiProject'), (text) =>
        /^[\w.-]{1,200}$/.test(text),
      ),
      kind: z
        .enum(Object.keys(publisherKinds) as [PublisherKind, ...PublisherKind[]], errorOf(phrase('expected.publisher')))
        .meta({ description: 'The service that hosts the source repository of the project.' }),
      repository: checked(
        'The source repository whose workflows may sign files of the project.',
        phrase('expected.word', { word: 'owner/name' }),
        (text) => repositoryForm.test(text),
      ),
      workflow: checked(
        'The only workflow of the repository that may publish. Default: any.',
        phrase('expected.fileName'),
        (text) => /^[\w./-]{1,200}$/.test(text),
      ).optional(),
    },
    phrase('expected.mappingWith', { keys: 'project, kind and repository' }),
  ),
  phrase('expected.listOf', { what: '{ project, kind, repository }' }),
)
  .refine(
    (all) => new Set(all.map(({ project }) => normalNameOf(project))).size === all.length,
    errorOf(phrase('expected.publisherOnce')),
  )
  .meta({
    description:
      'Allowed signers of the files of a project: an attestation by another signer is a mismatch. Needs `trustedRoot`. A project without an entry may have any signer.',
  })
  .prefault([]);

const pageBytes = 20_000;
const usualAside = () => ({ requests: 1, bytes: pageBytes });
const byHash = phrase('answer.pypiVerifies');

/** True if a text looks like a Sigstore trusted root. Only its type and the presence of its lists are checked. */
function isTrustedRoot(text: string): boolean {
  try {
    const root = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    const isList = (key: string): boolean => Array.isArray(root?.[key]);
    const type = String(root?.['mediaType']);
    return (
      type.startsWith('application/vnd.dev.sigstore.trustedroot') && isList('tlogs') && isList('certificateAuthorities')
    );
  } catch {
    return false;
  }
}

export const pypi: Ecosystem<PypiSettings, PypiOwn> = {
  id: 'pypi',
  publicUpstream: publicPypi,
  errorFrames: pypiErrorFrames,
  onlyServer: /^Looking in indexes: [^\s,]+$/,
  spec: [
    'https://packaging.python.org/en/latest/specifications/simple-repository-api/',
    'https://peps.python.org/pep-0503/',
    'https://peps.python.org/pep-0691/',
    'https://peps.python.org/pep-0658/',
    'https://peps.python.org/pep-0714/',
    'https://peps.python.org/pep-0740/',
  ],
  // Intervals are from docs/protocols/pypi.md#requests-by-interval, docs/protocols/README.md. The page is the canary
  // (it decides whether a mirror is up), because every client needs it.
  steps: {
    index: light(null, { grain: 'module', usualBytes: pageBytes }),
    wheelmeta: light(15, {
      grain: 'version',
      isOfArtifact: true,
      usualBytes: 10_000,
      verifies: byHash,
      usualAside,
    }),
    file: heavy({ grain: 'version', verifies: byHash, usualAside }),
    provenance: light(60, {
      grain: 'version',
      usualBytes: 10_000,
      verifies: phrase('answer.pypiHash'),
      usualAside,
    }),
    simplehtml: light(60, { grain: 'module', usualBytes: pageBytes }),
  },
  canary: 'index',
  fetch: ['index', 'wheelmeta', 'file'],
  names: pypiNames,
  locks: pypiLocks,
  settings: {
    describes: 'Settings of Python only.',
    keys: { publishers: publishersKey },
    files: {
      trustedRoot: {
        describes:
          'A Sigstore trusted root (`trusted_root.json`) from a source that you trust, to verify attestations. Without it, attestations are only compared with the hash of their file.',
        mistake: (text) => (isTrustedRoot(text) ? null : phrase('expected.sigstore')),
      },
    },
    read: ({ trustedRoot, publishers }) => ({
      trustedRoot: typeof trustedRoot === 'string' ? trustedRoot : null,
      publishers: (publishers as readonly AttestationPublisher[]).map((one) => ({
        ...one,
        project: normalNameOf(one.project),
      })),
    }),
  },
  mirrorKeys: null,
  clients: [pip, uv],
  realClients: [pipRun, uvRun],
  context: buildPypiContext,
  learning: pypiLearning,
  prober: () => import('./conversation.ts'),
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: pypiDoor,
  doctor: () => import('./doctor.ts').then(({ pypiDoctor: doctor }) => doctor),
};
