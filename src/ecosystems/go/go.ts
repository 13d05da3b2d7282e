import type { ClientPlan } from '../../core/client-run.ts';
import { limits } from '../../core/limits.ts';
import type { Mirror } from '../../core/mirror.ts';
import { readJson } from '../../core/read-json.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { buildSmallMirror } from '../demo-data.ts';
import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { type Ecosystem, heavy, light, type UsualAside } from '../ecosystem.ts';
import { readable } from '../fields.ts';
import {
  accessPlanOf,
  type ClientJob,
  type ClientReason,
  checkNetrc,
  findLines,
  type RealClient,
} from '../real-client.ts';
import { goClient } from './client.ts';
import { buildGoContext, type GoOwn, type GoSettings, goLearning, publicGo } from './context.ts';
import { escapeModule, escapeVersion } from './escape.ts';
import { goLocks } from './locks.ts';
import { isMaskedText } from './lookup.ts';
import { goNames, isModulePath } from './names.ts';
import { expressionOf } from './patterns.ts';
import { defaultSumdb, parseSumdb } from './sumdb-setting.ts';

/**
 * Returns why the go command cannot use this mirror; `null`: it can. The command reads credentials from a netrc, and
 * sends them only over TLS.
 */
function cannot(mirror: Mirror): Sentence | null {
  const { tls, auth } = mirror.access;
  if (tls.client !== null) return phrase('cannot.certificate');
  if (auth?.scheme === 'basic' && mirror.url.startsWith('http:')) return phrase('cannot.plain');
  return checkNetrc(mirror);
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
  // Go trusts the certificates in SSL_CERT_FILE, and also those in the system's certificate folders.
  const { env, files } = accessPlanOf(job, 'SSL_CERT_FILE');
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
      ...env,
    },
    files: { 'work/go.mod': 'module mirrorwatch.invalid/run\n', ...files },
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

const goRun: RealClient = {
  id: 'go',
  // https://go.dev/ref/mod#go-mod-download
  // https://go.dev/ref/mod#environment-variables
  usualRequests: 5,
  cannot,
  plan,
  why,
};

const file = /^(.+)\/@v\/(?:list|([^/]+)\.(info|mod|zip))$/;
const latest = /^(.+)\/@latest$/;
const database = /^sumdb\/[a-z0-9.-]+\/(?:supported|latest|tile\/[0-9a-z./]+|lookup\/([^@]+)@([^/]+))$/;

function unescapeWord(escaped: string): string {
  return escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function moduleIn(escaped: string): string | null {
  const module = unescapeWord(escaped);
  return escapeModule(module) === escaped && isModulePath(module) ? module : null;
}

function isVersion(escaped: string): boolean {
  return escapeVersion(unescapeWord(escaped)) === escaped;
}

function readGoPath(path: string): DoorPath | null {
  if (/%2f/i.test(path)) return null;
  const plain = decodeURIComponent(path);
  const [isDatabase, lookupPath, lookupVersion = ''] = database.exec(plain) ?? [];
  if (isDatabase !== undefined) {
    const module = lookupPath === undefined ? null : moduleIn(lookupPath);
    const isSound = lookupPath === undefined || (module !== null && isVersion(lookupVersion));
    return isSound ? { module, kind: 'index', bytesMax: limits.noteBytes } : null;
  }
  const [, named, version, ending] = file.exec(plain) ?? latest.exec(plain) ?? [];
  const module = named === undefined ? null : moduleIn(named);
  if (module === null || (version !== undefined && !isVersion(version))) return null;
  const of = version === undefined ? { module } : { module, version: unescapeWord(version) };
  return ending === 'zip' ? { ...of, kind: 'artifact' } : { ...of, kind: 'index', bytesMax: bytesMaxOf(ending, plain) };
}

/** Returns the maximum length of a response, bytes. It is the same as in probes. */
function bytesMaxOf(ending: string | undefined, path: string): number {
  if (ending === 'mod') return limits.modBytes;
  return path.endsWith('/@v/list') ? limits.listBytes : limits.infoBytes;
}

const text = '[a-z0-9!._~+/-]+';
const patterns: DoorPatterns = {
  paths: `(?:sumdb/[a-z0-9.-]+/(?:supported|latest|tile/[0-9a-z./]+|lookup/${text}@${text})|${text}/(?:@latest|@v/(?:list|${text}\\.(?:info|mod|zip))))`,
  privateOf: (glob) => `(?:sumdb/[^/]+/lookup/)?${expressionOf(glob)}(?:[/@]|$)`,
};

/**
 * The paths that the go command requests from a module proxy.
 * @see docs/protocols/go.md#endpoints, docs/protocols/go.md#relay
 */
const goDoor: DoorPaths = { prefix: 'go', neverHtml: true, patterns, read: readGoPath };

const byHash = phrase('answer.goVerifies');
const listBytes = 20_000;
const modBytes = 4000;

/**
 * Returns the further requests of a probe. To resolve `latest`, a probe first requests the list and the go.mod of the
 * highest version. `null`: the version is fixed, so there are no further requests.
 */
function usualAside(version: string | null): UsualAside | null {
  return goNames.isFixed(version) ? null : { requests: 2, bytes: listBytes + modBytes };
}

export const go: Ecosystem<GoSettings, GoOwn> = {
  id: 'go',
  publicUpstream: publicGo,
  /**
   * `go: ` begins the errors of the go command (cmd/go/internal/base); before Go 1.15 they begin with the command. Other
   * lines name a file of the proxy or of the checksum database, or a module with its version.
   * @see https://github.com/golang/go/blob/master/src/cmd/go/internal/modfetch/proxy.go
   */
  errorFrames: {
    go: /^(?:Error - +)?(?:v?go|go (?:get|mod|list|install|build)\b[^:]*): |\bverifying \S+@v\d|\/@(?:v\/|latest\b)|\/sumdb\/|\/lookup\/(?:(?!\/lookup\/)[^\s@])+@v\d|@v\d[^\s@]*: (?:zip|gzip|flate|unexpected EOF|http2|stream|Get|read|dial|unrec)|^\S+\.go:\d+:\d+: (?:[^\s@]+@v\d|.*zip: )|^[\w-]+\.\w+\/\S+: zip: not a valid|^module \S+: Get "?https?:/,
  },
  isMasked: isMaskedText,
  // https://go.dev/ref/mod#goproxy-protocol
  // https://go.dev/ref/mod#checksum-database
  // https://go.dev/ref/mod#zip-path-size-constraints
  // https://go.googlesource.com/proposal/+/master/design/25530-sumdb.md
  // Intervals are from docs/protocols/go.md#requests-by-interval. Byte counts are for small modules; those of `sumdb`
  // were measured.
  steps: {
    list: light(5, { grain: 'module', usualBytes: listBytes }),
    info: light(5, { grain: 'version', usualBytes: 1000, usualAside }),
    mod: light(null, { grain: 'version', usualBytes: modBytes, verifies: byHash, usualAside }),
    zip: heavy({ grain: 'version', verifies: byHash, usualAside }),
    latest: light(5, { grain: 'module', usualBytes: 1000 }),
    sumdb: light(30, {
      grain: 'mirror',
      usualBytes: 500,
      verifies: byHash,
      // The further requests are the lookup, the signed tree head, six tiles (parts of the log's hash tree), and a path
      // that must not exist.
      usualAside: () => ({ requests: 9, bytes: 26_000 }),
      isRequested: ({ upstream }, { sumdb }) => sumdb !== null && upstream === publicGo,
    }),
  },
  canary: 'mod',
  fetch: ['info', 'mod', 'zip'],
  names: goNames,
  locks: goLocks,
  settings: {
    describes: 'Settings of Go only.',
    keys: {
      sumdb: readable(
        'Checksum database, written as in GOSUMDB: `off`, a name, or name+hash+key. After a space a URL can follow.',
        phrase('expected.sumdb'),
        parseSumdb,
      ).prefault(defaultSumdb),
    },
    read({ sumdb }) {
      const parsed = parseSumdb(String(sumdb));
      return { sumdb: parsed.tag === 'ok' ? parsed.value : null };
    },
  },
  clients: [goClient],
  realClients: [goRun],
  context: buildGoContext,
  learning: goLearning,
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: goDoor,
  doctor: () => import('./doctor.ts').then(({ goDoctor: doctor }) => doctor),
};
