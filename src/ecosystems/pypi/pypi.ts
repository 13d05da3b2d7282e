import { z } from 'zod';
import type { ClientPlan } from '../../core/client-run.ts';
import { readMapping } from '../../core/read-json.ts';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import { checked, errorOf, list, mapping } from '../fields.ts';
import {
  accessPlanOf,
  type ClientJob,
  type ClientReason,
  checkNetrc,
  findLines,
  type RealClient,
} from '../real-client.ts';
import { isBlockedUpstream } from '../refusal-texts.ts';
import { pip, uv } from './clients.ts';
import { buildPypiContext, type PypiOwn, type PypiSettings, publicPypi, pypiLearning } from './context.ts';
import { pypiDoor } from './door.ts';
import { pypiLocks } from './locks.ts';
import { normalNameOf, pypiNames } from './names.ts';
import { type AttestationPublisher, type PublisherKind, publisherKinds } from './publishers.ts';

/** @param ca,client  the variables of the client for its certificate files */
function sharedPlanOf(job: ClientJob, ca: string, client: string): Omit<ClientPlan, 'args'> {
  const { access, home } = job;
  const { env, files } = accessPlanOf(job, ca);
  return {
    env: {
      NETRC: `${home}/.netrc`,
      ...(access.client === null ? {} : { [client]: `${home}/client.pem` }),
      ...env,
    },
    files: {
      ...(access.client === null ? {} : { 'client.pem': `${access.client.cert}\n${access.client.key}` }),
      ...files,
    },
    fetched: 'work/got',
  };
}

function requirementOf({ module, version }: ClientJob): string {
  return version === null || version === 'latest' ? module : `${module}==${version}`;
}

/** Runs `pip download` for wheels only, because even the download of a source distribution runs its setup.py. */
function pipPlan(job: ClientJob): ClientPlan {
  const { access } = job;
  const shared = sharedPlanOf(job, 'PIP_CERT', 'PIP_CLIENT_CERT');
  return {
    ...shared,
    args: [
      'download',
      '-vv',
      '--no-deps',
      '--no-cache-dir',
      '--only-binary=:all:',
      '--no-input',
      '--disable-pip-version-check',
      '--dest',
      'got',
      requirementOf(job),
    ],
    env: {
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: access.url,
      PIP_RETRIES: '0',
      // pip requires PIP_TRUSTED_HOST for an index over plain HTTP.
      ...(access.url.startsWith('http:') ? { PIP_TRUSTED_HOST: new URL(access.url).hostname } : {}),
      ...shared.env,
    },
  };
}

/**
 * Runs `uv pip install` into a folder, because uv has no `download`. The installation of a wheel runs none of its code.
 */
function uvPlan(job: ClientJob): ClientPlan {
  const { access, home } = job;
  const shared = sharedPlanOf(job, 'SSL_CERT_FILE', 'SSL_CLIENT_CERT');
  return {
    ...shared,
    args: ['pip', 'install', '--system', '--target', 'got', '--no-deps', '--only-binary', ':all:', requirementOf(job)],
    env: {
      UV_NO_CONFIG: '1',
      UV_DEFAULT_INDEX: access.url,
      UV_HTTP_RETRIES: '0',
      UV_CACHE_DIR: `${home}/cache`,
      UV_PYTHON_DOWNLOADS: 'never',
      UV_NO_PROGRESS: '1',
      ...shared.env,
    },
  };
}

/**
 * Finds the reason of a failed run. `isElsewhere`: the project has no wheels, or the machine has no Python or no space.
 */
function why(words: string): ClientReason {
  const isSource = /No sources permitted|has no usable wheels|building from source is disabled|no wheels/i.test(words);
  return {
    text: findLines(
      words,
      /^\s*(?:ERROR|error|cause|Caused by|HTTP error)\b|Could not fetch URL|(?:Client|Server) Error|[├╰]─▶/,
    ),
    isElsewhere: isSource || /No interpreter found|No space left/.test(words),
  };
}

const sharedRun = { usualRequests: 3, cannot: checkNetrc, why };

const pipRun: RealClient = {
  ...sharedRun,
  id: 'pip',
  // https://pip.pypa.io/en/stable/cli/pip_download/
  // https://packaging.python.org/en/latest/specifications/binary-distribution-format/
  plan: pipPlan,
};

const uvRun: RealClient = {
  ...sharedRun,
  id: 'uv',
  // https://docs.astral.sh/uv/reference/cli/#uv-pip-install
  // https://packaging.python.org/en/latest/specifications/binary-distribution-format/
  plan: uvPlan,
};

const repositoryForm = /^[\w.-]{1,100}(\/[\w.-]{1,100}){1,8}$/;

const publishersKey = list(
  mapping(
    null,
    {
      project: checked('A project of the index.', phrase('expected.pypiProject'), (text) =>
        /^[\w.-]{1,200}$/.test(text),
      ),
      kind: z
        .enum(Object.keys(publisherKinds) as [PublisherKind, ...PublisherKind[]], errorOf(phrase('expected.publisher')))
        .describe('The service that hosts the source repository of the project.'),
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
  .describe(
    'Allowed signers of the files of a project: an attestation by another signer is a mismatch. Needs `trustedRoot`. A project without an entry may have any signer.',
  )
  .prefault([]);

const pageBytes = 20_000;
const usualAside = () => ({ requests: 1, bytes: pageBytes });
const byHash = phrase('answer.pypiVerifies');

/** True if a text looks like a Sigstore trusted root. Only its type and the presence of its lists are checked. */
function isTrustedRoot(text: string): boolean {
  const { mediaType, tlogs, certificateAuthorities } = readMapping(text) ?? {};
  const isOfType = String(mediaType).startsWith('application/vnd.dev.sigstore.trustedroot');
  return isOfType && Array.isArray(tlogs) && Array.isArray(certificateAuthorities);
}

export const pypi: Ecosystem<PypiSettings, PypiOwn> = {
  id: 'pypi',
  publicUpstream: publicPypi,
  errorFrames: {
    // https://github.com/pypa/pip: network/session.py, index/collector.py, exceptions.py
    // urllib3 and requests, at the paths of an index: other programs use these packages too.
    pip: /\bRetrying \(Retry\(|Could not fetch URL |Skipping page https?:|HTTP error \d+ while getting|Could not install (?:requirement|packages)|Could not find (?:a version|any downloads) that satisf|Cannot fetch index base URL |Download error on https?:|No matching distribution found|DO NOT MATCH THE HASHES|The repository located at|pip\._(?:vendor|internal)\.|has inconsistent (?:[Nn]ame|[Vv]ersion): expected|^ERROR: (?:HTTPS?ConnectionPool|Exception|For req|Wheel|\d{3} (?:Client|Server) Error|Could not connect to|Cannot)|\d{3} Error, Credentials not|^(?:error: )?(?:incomplete-download|connection-(?:failed|timeout)|ssl-verification-failed|proxy-connection-failed)|^× (?:Download failed|Failed to (?:connect|establish)|Unable to connect to \S+ within|\S+ didn't respond within)|"GET \/\S+ HTTP\/1\.1" \d{3} (?:None|\d+)$|exceeded with url: \S*(?:\/simple\/|\/pypi\/|\.whl|\.tar\.gz)|for url: \S*(?:\/simple\/|\/pypi\/|\/packages\/|\.whl)|^\(Caused by |upstream error \(URL '\S+\/simple/,
    // https://github.com/python-poetry/poetry, cleo prints the exception's text on a line of its own; pipenv, PDM
    poetry:
      /Unable to find installation candidates for|All attempts to connect to \S+ failed|^\('Connection aborted\.', RemoteDisconnected|^\[(?:(?:Connect|Read|Write|Pool)Timeout|(?:Connect|Connection|Read|Write|HTTP|HTTPStatus|(?:Remote|Local)?Protocol|Proxy|SSL|ChunkedEncoding|ContentDecoding|Decoding|SolverProblem)Error|TooManyRedirects|(?:Candidate|Package)NotFound|BadZipFile)\]: |which doesn't (?:exist|match any versions), version solving failed|^(?:Could not find a matching version of|Downloaded distributions for|Authorization error accessing https?:)|^unearth\.errors\.|^Hash for .* not found in known hashes|^Retrieved digest for link .* not in poetry\.lock/,
    // https://github.com/astral-sh/uv: crates/uv-client/src/error.rs, crates/uv-distribution/src/error.rs
    uv: /(?:^|[^\w.])(?:error|×|Caused by|DEBUG|TRACE):? ?(?:Failed to (?:fetch|download|read|query|unzip|extract|prepare|install)(?: and build)?(?::| `| wheel| dist| archive| source| check| metadata| cpython)|Request failed after|error sending request|Unsupported `|Missing `|Transient request|Indexes search failed|Request for https?:\S+ failed)|No solution found when resolving|^Failed to (?:download|extract|fetch)[ :]|^error: (?:Package `|Couldn't parse metadata of|Unable to parse the JSON|Received some)|^(?:Caused by: )?Invalid tar file|Hash mismatch for `|HTTP status (?:client|server) error \(|UV_HTTP_TIMEOUT|An index(?: URL)? \(https?:|^├─▶|^Request failed after|client error \(/,
  },
  traceback:
    /File "[^"]*\/(?:pip\/(?:_internal|_vendor\/(?:requests|urllib3)|[a-z]+\.py|commands|req)|python-wheels\/|poetry\/|pdm\/|unearth\/|pipenv\/)/,
  onlyServer: /^Looking in indexes: [^\s,]+$/,
  isMasked: isBlockedUpstream,
  // https://packaging.python.org/en/latest/specifications/simple-repository-api/
  // https://peps.python.org/pep-0503/
  // https://peps.python.org/pep-0691/
  // https://peps.python.org/pep-0658/
  // https://peps.python.org/pep-0714/
  // https://peps.python.org/pep-0740/
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
  // docs/protocols/pypi.md#protections
  protections: {
    'pip-release-age': { setting: 'pip uploaded-prior-to', needs: ['upload_time'], without: 'fails' },
    'uv-release-age': { setting: 'uv exclude-newer', needs: ['upload_time'], without: 'fails' },
  },
  clients: [pip, uv],
  realClients: [pipRun, uvRun],
  context: buildPypiContext,
  learning: pypiLearning,
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: pypiDoor,
  doctor: () => import('./doctor.ts').then(({ pypiDoctor: doctor }) => doctor),
};
