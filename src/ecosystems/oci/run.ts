import type { ClientPlan } from '../../core/client-run.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { WireAccess } from '../../core/ports.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { type ClientJob, checkResolve, findLines, proxyEnvOf, type RealClient } from '../real-client.ts';
import type { OciSettings } from './context.ts';
import { parseDigest } from './digest.ts';
import { splitName } from './names.ts';

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

export const skopeoRun: RealClient = {
  id: 'skopeo',
  spec: ['https://github.com/containers/skopeo/blob/main/docs/skopeo-copy.1.md'],
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
