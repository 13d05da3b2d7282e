import type { ClientPlan } from '../../core/client-run.ts';
import type { WireAccess } from '../../core/ports.ts';
import { type ClientJob, checkResolve, findLines, type RealClient } from '../real-client.ts';

/**
 * Returns the prefix `//host/path/` of the .npmrc keys for a registry's credentials.
 * @see https://docs.npmjs.com/cli/configuring-npm/npmrc#auth-related-configuration
 */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `//${host}${pathname.replace(/(?<!\/)\/*$/, '/')}`;
}

function authLines({ url, auth }: WireAccess): readonly string[] {
  if (auth === null) return [];
  const word =
    auth.scheme === 'bearer'
      ? `_authToken=${auth.secret}`
      : `_auth=${Buffer.from(`${auth.username}:${auth.secret}`).toString('base64')}`;
  return [placeOf(url), ...auth.hosts.map((host) => `//${host}/`)].map((place) => `${place}:${word}`);
}

function proxyLines({ proxy }: WireAccess): readonly string[] {
  if (proxy === null) return [];
  const url = new URL(proxy.url);
  url.username = encodeURIComponent(proxy.username ?? '');
  url.password = encodeURIComponent(proxy.password ?? '');
  return [`proxy=${url.href}`, `https-proxy=${url.href}`];
}

const failing = '/bin/false';

/**
 * Runs `npm pack` of one version: npm fetches metadata and tarball, and verifies the tarball. `npm pack` reads
 * `dist.tarball` of a mirror as a package name, so it can be a git repository or a folder. Of both, npm runs the script
 * `prepare`, even with `ignore-scripts`. So git and the shell of scripts are programs that fail
 * (docs/decisions/0227-what-clients-may-run.md). These settings are variables, because a file of a project overrides the
 * user's file, but no variable.
 */
function plan({ access, module, version, home }: ClientJob): ClientPlan {
  const ca = access.ca.join('\n');
  const place = placeOf(access.url);
  const pair =
    access.client === null ? [] : [`${place}:certfile=${home}/client.crt`, `${place}:keyfile=${home}/client.key`];
  return {
    args: ['pack', version === null ? module : `${module}@${version}`, '--loglevel=error'],
    env: {
      npm_config_userconfig: `${home}/user.npmrc`,
      npm_config_globalconfig: `${home}/global.npmrc`,
      npm_config_registry: access.url.replace(/(?<!\/)\/*$/, '/'),
      npm_config_cache: `${home}/cache`,
      npm_config_ignore_scripts: 'true',
      npm_config_script_shell: failing,
      npm_config_git: failing,
      npm_config_allow_git: 'none',
      npm_config_strict_ssl: 'true',
      ...(ca === '' ? {} : { NODE_EXTRA_CA_CERTS: `${home}/ca.pem` }),
    },
    files: {
      'user.npmrc': [
        'audit=false',
        'fund=false',
        'update-notifier=false',
        // npm must not retry: by default it waits 10 s before the first retry and 60 s before the second one.
        'fetch-retries=0',
        ...authLines(access),
        ...proxyLines(access),
        ...pair,
        '',
      ].join('\n'),
      'global.npmrc': '',
      ...(ca === '' ? {} : { 'ca.pem': ca }),
      ...(access.client === null ? {} : { 'client.crt': access.client.cert, 'client.key': access.client.key }),
    },
    fetched: 'work',
  };
}

export const npmRun: RealClient = {
  id: 'npm',
  spec: ['https://docs.npmjs.com/cli/commands/npm-pack', 'https://docs.npmjs.com/cli/using-npm/config'],
  usualRequests: 2,
  cannot: checkResolve,
  plan,
  why: (words) => ({
    text: findLines(words, /^npm (?:error|ERR!) (?!A complete log|\s*$)/).replace(/npm (?:error|ERR!) /g, ''),
    isElsewhere: /\b(?:ENOSPC|EACCES|EMFILE)\b/.test(words),
  }),
};
