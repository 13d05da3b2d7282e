import type { ClientPlan } from '../../core/client-run.ts';
import type { Mirror } from '../../core/mirror.ts';
import { readJson } from '../../core/read-json.ts';
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
import type { GoSettings } from './context.ts';

/**
 * Returns why the go command cannot use this mirror; `null`: it can. The command reads credentials from a netrc, and
 * sends them only over TLS.
 */
function cannot(mirror: Mirror): Sentence | null {
  const { tls, auth, proxy } = mirror.access;
  if (tls.client !== null) return phrase('cannot.certificate');
  if (auth?.scheme === 'bearer') return phrase('cannot.bearer');
  if (auth !== null && mirror.url.startsWith('http:')) return phrase('cannot.plain');
  if (proxy?.auth != null) return phrase('cannot.proxy');
  return checkResolve(mirror);
}

/**
 * Returns the value of GOSUMDB. It is `off` if verification is off, or if the mirror is not of the public upstream: the
 * checksum database contains only modules of the public upstream.
 */
function sumdbOf({ settings, isPublic }: ClientJob): string {
  const { sumdb } = settings as GoSettings;
  if (sumdb === null || !isPublic) return 'off';
  return sumdb.url === null ? sumdb.verifierKey : `${sumdb.verifierKey} ${sumdb.url}`;
}

/**
 * Runs `go mod download -json` of one version from this mirror only. GOPRIVATE is empty and GONOPROXY is `none`,
 * because both make go bypass the mirror. GONOSUMDB keeps private names from the checksum database.
 */
function plan(job: ClientJob): ClientPlan {
  const { access, module, version, privatePatterns, home } = job;
  const ca = access.ca.join('\n');
  const netrc = netrcOf(access);
  return {
    args: ['mod', 'download', '-json', `${module}@${version ?? 'latest'}`],
    env: {
      GOPROXY: access.url,
      GOSUMDB: sumdbOf(job),
      GONOSUMDB: privatePatterns.join(','),
      GONOPROXY: 'none',
      GOPRIVATE: '',
      GOFLAGS: '-mod=mod -modcacherw',
      GOTOOLCHAIN: 'local',
      GOENV: 'off',
      GOWORK: 'off',
      GOPATH: `${home}/gopath`,
      GOMODCACHE: `${home}/gopath/pkg/mod`,
      GOCACHE: `${home}/cache`,
      GOTELEMETRY: 'off',
      // Go trusts the certificates in SSL_CERT_FILE, and also those in the system's certificate folders.
      ...(ca === '' ? {} : { SSL_CERT_FILE: `${home}/ca.pem` }),
      ...proxyEnvOf(access),
    },
    files: {
      'work/go.mod': 'module mirrorwatch.invalid/run\n',
      ...(ca === '' ? {} : { 'ca.pem': ca }),
      ...(netrc === '' ? {} : { '.netrc': netrc }),
    },
    fetched: 'gopath/pkg/mod/cache/download',
  };
}

/**
 * Finds the reason of a failed run. A failed request to the checksum database counts against the mirror only if it went
 * through the mirror's relay.
 */
function why(words: string, url: string): ClientReason {
  const [, cause] = /"Error": "((?:[^"\\]|\\.)*)"/.exec(words) ?? [];
  const text = cause === undefined ? findLines(words, /^go: /) : String(readJson(`"${cause}"`) ?? cause);
  const isOwn =
    /checksum mismatch|SECURITY ERROR/.test(words) || text.includes(`${url.replace(/(?<!\/)\/+$/, '')}/sumdb/`);
  return { text, isElsewhere: !isOwn && /\bverifying (module|go\.mod)\b|\/sumdb\//.test(text) };
}

export const goRun: RealClient = {
  id: 'go',
  // https://go.dev/ref/mod#go-mod-download
  // https://go.dev/ref/mod#environment-variables
  usualRequests: 5,
  cannot,
  plan,
  why,
};
