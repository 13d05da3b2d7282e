import type { ClientPlan } from '../../core/client-run.ts';
import { escapeExpression } from '../../core/globs.ts';
import { limits } from '../../core/limits.ts';
import type { Mirror } from '../../core/mirror.ts';
import type { WireAccess } from '../../core/ports.ts';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import { replaceJsonLinks } from '../door-links.ts';
import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { type Ecosystem, heavy, light } from '../ecosystem.ts';
import { checked, list } from '../fields.ts';
import { type ClientJob, checkResolve, findLines, type RealClient } from '../real-client.ts';
import { isBlockedUpstream } from '../refusal-texts.ts';
import { npmClient, pnpmClient, yarnClient } from './clients.ts';
import { buildNpmContext, type NpmOwn, type NpmSettings, npmLearning, publicNpm } from './context.ts';
import { npmLocks } from './locks.ts';
import { isPackageName, npmNames } from './names.ts';
import { readSigningKeys } from './signatures.ts';

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
 * Loaded before npm. For a dependency from a hosted Git repository, npm starts a second npm, which reads settings of the
 * repository, and those can name code.
 */
const noPrograms = `const programs = require('node:child_process');
for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'])
  programs[name] = () => { throw new Error('no programs'); };
require('node:module').syncBuiltinESMExports();
`;

/**
 * Runs `npm pack` of one version: npm fetches metadata and tarball, and verifies the tarball. `npm pack` reads
 * `dist.tarball` of a mirror as a package name, so it can be a git repository or a folder. Of both, npm runs the script
 * `prepare`, even with `ignore-scripts`. So git and the shell of scripts are programs that fail
 * (docs/decisions/0020-real-clients-run-no-code-of-others.md). These settings are variables, because a file of a project overrides the
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
      NODE_OPTIONS: `--require=${JSON.stringify(`${home}/no-programs.cjs`)}`,
      ...(ca === '' ? {} : { NODE_EXTRA_CA_CERTS: `${home}/ca.pem` }),
    },
    files: {
      'no-programs.cjs': noPrograms,
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
  // https://docs.npmjs.com/cli/commands/npm-pack
  // https://docs.npmjs.com/cli/using-npm/config
  usualRequests: 2,
  cannot: checkResolve,
  plan,
  why: (words) => ({
    text: findLines(words, /^npm (?:error|ERR!) (?!A complete log|\s*$)/).replace(/npm (?:error|ERR!) /g, ''),
    isElsewhere: /\b(?:ENOSPC|EACCES|EMFILE)\b/.test(words),
  }),
};

const name = '((?:@[^/@]+/)?[^/@]+)';
const tarball = new RegExp(`^${name}/-/[^/]+\\.tgz$`);
const manifest = new RegExp(`^${name}(?:/([^/]+))?$`);
const tags = new RegExp(`^-/package/${name}/dist-tags$`);
const attestations = new RegExp(`^-/npm/v1/attestations/${name}@[^/@]+$`);
const wide = /^-\/(?:ping|npm\/v1\/keys)$/;

function readNpmPath(path: string): DoorPath | null {
  // The slash after a scope may be percent-encoded.
  const plain = decodeURIComponent(path);
  if (plain.includes('%')) return null;
  if (wide.test(plain)) return { module: null, kind: 'index' };
  const file = tarball.exec(plain);
  const module = (file ?? tags.exec(plain) ?? attestations.exec(plain) ?? manifest.exec(plain))?.[1];
  // The paths below `-` are endpoints such as `whoami`, not packages.
  if (module === undefined || module === '-' || !isPackageName(module)) return null;
  const ofManifest = file === null ? manifest.exec(plain)?.[2] : undefined;
  const version = file === null ? ofManifest : versionOf(plain, module);
  return { module, kind: file === null ? 'index' : 'artifact', ...(version === undefined ? {} : { version }) };
}

/** Returns the version in the path of a tarball; `undefined`: the file has another name. */
function versionOf(path: string, module: string): string | undefined {
  const start = `/${module.split('/').at(-1)}-`;
  const file = path.slice(path.lastIndexOf('/'));
  return file.startsWith(start) && file.endsWith('.tgz') ? file.slice(start.length, -'.tgz'.length) : undefined;
}

const word = '[a-z0-9_~][a-z0-9._~-]*';
const named = `(?:@${word}/)?${word}`;
const patterns: DoorPatterns = {
  paths: `(?:-/ping|-/npm/v1/keys|-/package/${named}/dist-tags|-/npm/v1/attestations/${named}@[^/@]+|${named}(?:/-/[^/]+\\.tgz|/[^/]+)?)`,
  privateOf(pattern) {
    const whole = pattern.startsWith('@') && !pattern.includes('/') ? `${pattern}/*` : pattern;
    const pieces = whole.split('*').map(escapeExpression);
    return `(?:-/package/|-/npm/v1/attestations/)?${pieces.join('[^/]*')}(?:[/@]|$)`;
  },
};

/** The paths that npm, pnpm and yarn request to install and verify packages, but not to search or publish. */
const npmDoor: DoorPaths = {
  prefix: 'npm',
  neverHtml: true,
  showsJsonErrors: true,
  patterns,
  read: readNpmPath,
  refusing:
    ({ module, versions, at }) =>
    (start) =>
      start.trimStart().startsWith('{')
        ? replaceJsonLinks(
            'tarball',
            (url) => {
              const version = versionOf(URL.parse(url)?.pathname ?? '', module);
              const file = `${module.split('/').at(-1)}-${version}.tgz`;
              return version !== undefined && versions.has(version) ? `${at}/-/${file}` : null;
            },
            // A packument as long as one that the door passes on unchanged.
            limits.doorIndexBytes,
          )
        : null,
};

const npmErrorFrames = {
  // https://github.com/npm/cli: lib/utils/error-message.js; lib/utils/display.js has the prefix of each line.
  // npm adds its prefix to the output of a failed script too, which follows this line.
  // npm 2 to 6, cnpm, corepack, and a proxy between print these without the prefix.
  npm: /^(?:npm (?:ERR[!:]|error|WARN|warn|http|info|verb|verbose|silly)|\d+ (?:error|warn|http|info|verbose|silly)) (?!(?:JSON\.parse|gyp|command) )|^(?:Error: )?sha\d+-\S+ integrity checksum failed|^(?:FetchError: )?request to https?:\S+ failed, reason|\[npminstall:get\] retry GET |^(?:Internal )?Error: (?:Server answered with HTTP \d|Error when performing the request)|^\d{3} [A-Z][\w ]* - GET https?:/,
  // https://github.com/pnpm/pnpm/blob/main/cli/default-reporter: WARN lines of a retry, and codes before the message.
  pnpm: /ERR_PNPM_|GET https?:\S+ error \(|^(?:WARN|ERROR) +(?:GET |request to |Got unexpected)|^(?:ECONN|ETIME|EAI_|ENOT|ERR_STREAM|UND_ERR)\w+ {2}\S|^Error: Actual size \(/,
  // https://github.com/yarnpkg/yarn/blob/master/src/reporters/lang/en.js, of yarn 1
  // https://yarnpkg.com/advanced/error-codes, of yarn 2 and later
  yarn: /An unexpected error occurred: "https?:|^error (?:Couldn't find (?!.*in our cache)|Received |No valid versions found|https?:\S+: )|^"https?:\S+: Request failed |^(?:error )?(?:https?:\S+ )?Integrity checked failed for |^info There appears to be trouble with |^Couldn't find any versions|^error Error: (?:https?:\S+: |getaddrinfo|connect E|write E|read E|aborted|self.signed|unable to |certificate has|incorrect data|unexpected end)|^(?:Trace: |verbose [\d.]* )?Error: https?:\S+\.tgz: |^ResponseError: Request failed "|^verbose [\d.]* ?Request "https?:\S+" finished with status code [45]|^The remote server failed to provide the requested |^➤ YN0018: |^➤ YN00(?:16|27|35|41|82): |^➤ YN0001: │ \w*Error: /,
  // https://github.com/oven-sh/bun/blob/main/src/install/PackageManager
  bun: /^(?:error|warn): (?:\w+ (?:downloading|extracting)|GET https?:|package "\S+" not found \S+ 404)|Integrity check failed for tarball/,
};

/** npm adds its prefix to the output of a failed script too, which follows this line. */
const npmScriptOutput = /^npm (?:ERR!|error) command /;

// Only the full packument shows times.
const skipsWithoutTime = { needs: ['time'], step: 'packument', without: 'skips' } as const;
const failsWithoutTime = { ...skipsWithoutTime, without: 'fails' } as const;

// pnpm 10, and later ones with minimumReleaseAgeIgnoreMissingTime: false, are strict.
const npmProtections = {
  'npm-release-age': { setting: 'npm min-release-age', ...skipsWithoutTime },
  'npm-signatures': { setting: 'npm audit signatures', needs: ['signatures'], without: 'fails' },
  'pnpm-release-age': { setting: 'pnpm minimumReleaseAge', ...skipsWithoutTime },
  'pnpm-release-age-strict': { setting: 'pnpm minimumReleaseAge', ...failsWithoutTime },
  'pnpm-trust': { setting: 'pnpm trustPolicy', ...skipsWithoutTime, needs: ['time', 'attestations'] },
  'pnpm-trust-strict': { setting: 'pnpm trustPolicy', ...failsWithoutTime },
  'yarn-release-age': { setting: 'yarn npmMinimalAgeGate', ...failsWithoutTime },
  'bun-release-age': { setting: 'bun minimumReleaseAge', ...skipsWithoutTime },
} as const;

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
  isMasked: isBlockedUpstream,
  // https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
  // https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
  // https://www.w3.org/TR/SRI/#the-integrity-attribute
  // https://docs.npmjs.com/about-registry-signatures
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
      .describe('npm only: other hosts, without ports, that the tarball URLs of this mirror may name.'),
  },
  // docs/protocols/npm.md#protections
  protections: npmProtections,
  clients: [npmClient, pnpmClient, yarnClient],
  realClients: [npmRun],
  context: buildNpmContext,
  learning: npmLearning,
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: npmDoor,
  doctor: () => import('./doctor.ts').then(({ npmDoctor: doctor }) => doctor),
};
