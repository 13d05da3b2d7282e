import type { ClientPlan } from '../../core/client-run.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import {
  type ClientJob,
  type ClientReason,
  checkResolve,
  findLines,
  netrcOf,
  proxyEnvOf,
  type RealClient,
} from '../real-client.ts';

/**
 * Returns why pip and uv cannot use this mirror; `null`: they can. They read credentials from a netrc, which has no
 * bearer tokens.
 */
function cannot(mirror: Mirror): Sentence | null {
  const { auth, proxy } = mirror.access;
  if (auth?.scheme === 'bearer') return phrase('cannot.bearer');
  if (proxy?.auth != null) return phrase('cannot.proxy');
  return checkResolve(mirror);
}

/** @param ca,client  the variables of the client for its certificate files */
function sharedPlanOf({ access, home }: ClientJob, ca: string, client: string): Omit<ClientPlan, 'args'> {
  const netrc = netrcOf(access);
  return {
    env: {
      NETRC: `${home}/.netrc`,
      ...(access.ca.length === 0 ? {} : { [ca]: `${home}/ca.pem` }),
      ...(access.client === null ? {} : { [client]: `${home}/client.pem` }),
      ...proxyEnvOf(access),
    },
    files: {
      ...(netrc === '' ? {} : { '.netrc': netrc }),
      ...(access.ca.length === 0 ? {} : { 'ca.pem': access.ca.join('\n') }),
      ...(access.client === null ? {} : { 'client.pem': `${access.client.cert}\n${access.client.key}` }),
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

const wheels = 'https://packaging.python.org/en/latest/specifications/binary-distribution-format/';

const sharedRun = { usualRequests: 3, cannot, why };

export const pipRun: RealClient = {
  ...sharedRun,
  id: 'pip',
  spec: ['https://pip.pypa.io/en/stable/cli/pip_download/', wheels],
  plan: pipPlan,
};

export const uvRun: RealClient = {
  ...sharedRun,
  id: 'uv',
  spec: ['https://docs.astral.sh/uv/reference/cli/#uv-pip-install', wheels],
  plan: uvPlan,
};
