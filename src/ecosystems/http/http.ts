import { limits } from '../../core/limits.ts';
import type { Mirror, ModuleRef } from '../../core/mirror.ts';
import type { Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  chainOf,
  memberOfUrl,
  offersHttp1,
  offersHttp2,
  parseUrls,
  pasteableUrl,
  type Remedy,
  type Reply,
  type WalkEnd,
  walkInOrder,
} from '../client.ts';
import { buildSmallMirror } from '../demo-data.ts';
import type { DoorPath, DoorPaths, DoorPatterns } from '../door-paths.ts';
import { type ConfiguredStep, type Ecosystem, heavy, light, type UsualAside } from '../ecosystem.ts';
import { checked } from '../fields.ts';
import { buildHttpContext, type HttpOwn } from './context.ts';
import { isFilePath } from './format.ts';
import { type Expect, httpNames } from './names.ts';
import { profileOf, profiles } from './profiles.ts';

/** Matches the names of files whose content never changes. `list` matches the exceptions: lists of packages. */
const packed =
  /\.(?:deb|udeb|dsc|rpm|drpm|apk|jar|war|aar|crate|gem|conda|whl|egg|zip|iso|img|exe|msi|tgz|7z|(?:tar|pkg\.tar|src\.tar|diff)\.(?:gz|bz2|xz|zst|lz|lz4)|tar|tar\.lzma)$/i;
const list = /(?:^|\/)(?:APKINDEX\.tar\.gz|[^/]+\.(?:db|files)\.tar\.[a-z0-9]+)$/;

/** Matches the path of an index that apt requests by its SHA-256. */
const hashedPath = /\/by-hash\/SHA256\/([0-9a-f]{64})$/;

function readFilePath(path: string): DoorPath | null {
  if (!isFilePath(path)) return null;
  const isPacked = packed.test(path) && !list.test(path);
  const sha256 = hashedPath.exec(path)?.[1];
  const kind = isPacked || path.endsWith('/download') ? 'artifact' : 'index';
  return { module: path, kind, ...(sha256 !== undefined && { sha256 }) };
}

const patterns: DoorPatterns = { paths: '.+', privateOf: () => '$' };

const httpDoor: DoorPaths = { prefix: 'http', staysTogether: true, patterns, read: readFilePath };

function mistake(chain: string): Sentence | null {
  const urls = chain.split(/\s+/).filter((url) => url !== '');
  if (urls.length === 0) return phrase('expected.oneUrl');
  // `,`, `;` and `|` are legal in a path. But here they are always a mistake, because other settings use them as
  // separators.
  return urls.every((url) => baseUrl(url) !== null && !/[,;|]/.test(url)) ? null : phrase('expected.urlsSpaces');
}

/**
 * Returns the chain with `to` first. A chain of one URL gets no second member, because most package managers support
 * only one URL.
 */
function headed(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
  const others = chain.members.length < 2 ? [] : chain.members.filter(({ key }) => key !== to.key && !dropped.has(key));
  return chainOf([to, ...others]);
}

/**
 * pacman's servers and apt's mirror list are tried in order. Complete wrong bytes with status 200 end the fetch: the
 * client accepts them, and its hash check fails later.
 * @see test/real/http-lists.test.ts, apt-bodies.test.ts: pacman 6.0, apt 2.6
 */
function walkFiles(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  return walkInOrder(
    chain,
    replyOf,
    (reply) => reply.status === 200 && (reply.tag !== 'failed' || reply.isCut !== true),
  );
}

function httpRemedy(before: Chain, after: Chain, mirrors: readonly Pick<Mirror, 'own' | 'url'>[] = []): Remedy {
  const notes: Sentence[] = [];
  if ([...before.members, ...after.members].some(({ hasCredentials }) => hasCredentials))
    notes.push(phrase('note.credentials', { from: phrase('note.credentialsOfClient') }));
  const urls = after.members.map(({ plain }) => plain);
  const isSafe = [...before.members, ...after.members].every(({ plain }) => pasteableUrl.test(plain));
  const byHand = phrase('back.entries');
  if (!isSafe) {
    notes.push(phrase('note.urlByHand'));
    return { remedy: {}, rollback: byHand, notes };
  }
  const keys = after.members.map(({ key }) => key);
  const own = mirrors.toSorted((a, b) => rank(keys, a) - rank(keys, b));
  const profile = own.map((mirror) => profileOf(mirror.own?.['profile'])).find((one) => one !== null);
  if (profile == null) {
    notes.push(phrase('note.noProfile'));
    const back = before.members.map(({ plain }) => plain).join(' ');
    return { remedy: { json: JSON.stringify({ urls }) }, rollback: back === '' ? byHand : back, notes };
  }
  const lines = profile.lines(before, after);
  return {
    remedy: { [profile.client]: lines.text, json: JSON.stringify({ [profile.client]: urls }) },
    rollback: lines.rollback,
    notes: [...notes, ...lines.notes],
  };
}

function rank(keys: readonly string[], { url }: Pick<Mirror, 'url'>): number {
  const at = keys.indexOf(memberOfUrl(url).key);
  return at < 0 ? keys.length : at;
}

export const filesClient: Client = {
  id: 'files',
  nameAt: (mirror) => profileOf(mirror.own?.['profile'])?.client ?? null,
  // https://www.rfc-editor.org/rfc/rfc9110
  describes:
    "The base URLs that clients use today, separated by spaces. Several are possible for pacman's servers and apt's mirror list. Default: the mirror of the highest weight, alone.",
  expected: phrase('expected.httpChain'),
  // mirrorwatch prints `|` between the members of a chain, so it also accepts `|` here.
  parse: (chain) => parseUrls(chain, /[\s|]+/),
  mistake,
  usual: (url) => url ?? '',
  member: memberOfUrl,
  walk: walkFiles,
  headed,
  verifiesBytes: (mirror) => profileOf(mirror.own?.['profile'])?.verifiesBytes === true,
  protocols: (mirror) => (profileOf(mirror.own?.['profile'])?.offersHttp2 === true ? offersHttp2 : offersHttp1),
  forms: [],
  profileForms: Object.fromEntries(profiles.map(({ id, client }) => [id, client])),
  profileFiles: ['apt'],
  variables: {},
  remedy: (before, after, _privatePatterns, of) => httpRemedy(before, after, of?.mirrors),
};

/** The usual length of a package, or of a signed list, bytes. */
const packageBytes = 250_000;
/** The usual length of a response to a conditional request, bytes. */
const unchangedBytes = 500;
const byHash = phrase('answer.entryVerifies');
const words = profiles.map(({ id }) => id).join(', ');

/**
 * Returns the warning for a signed list without a configured key; `null`: the file is no such list. Without a key,
 * neither the list nor its packages are verified.
 */
function unchecked({ mirror, module, expect }: ConfiguredStep & Pick<ModuleRef, 'module'>): Sentence | null {
  const isSigned = (expect as Expect | undefined)?.signedBy !== undefined;
  const leads = profileOf(mirror.own?.['profile'])?.lists?.leads;
  return !isSigned && leads?.isList(module) === true ? phrase('answer.noSignedBy') : null;
}

function hasSignedList({ mirror, expect }: ConfiguredStep): boolean {
  const lists = profileOf(mirror.own?.['profile'])?.lists;
  return lists !== undefined && (expect as Expect | undefined)?.signedBy !== undefined;
}

/**
 * Returns the usual further request of a `whole` probe. For a file that a signed list names, it is the request for that
 * list. For a signed list, it is the request for one package; the indexes, which are read too, are not counted. `null`:
 * no key is configured for the file, or its profile has no signed lists.
 */
function usualAside(_version: string | null, configured: ConfiguredStep): UsualAside | null {
  return hasSignedList(configured) ? { requests: 1, bytes: packageBytes } : null;
}

/**
 * Returns the usual further requests of a `get` probe: the indexes that a signed list names. `null`: no key is
 * configured for the file, or its profile has no signed lists.
 */
function lightAside(_version: string | null, configured: ConfiguredStep): UsualAside | null {
  return hasSignedList(configured) ? { requests: 2, bytes: 2 * unchangedBytes } : null;
}

/** Further words that stand for a profile: other clients and systems, by the profile's id. */
const otherWords: Readonly<Record<string, readonly unknown[]>> = {
  maven: ['gradle', 'sbt', 'ivy'],
  debian: ['ubuntu', 'dpkg'],
  conda: ['mamba', 'micromamba'],
  rubygems: ['gem', 'gems', 'ruby'],
  arch: ['archlinux'],
  alpine: ['alpine-linux'],
};

export const http: Ecosystem<unknown, HttpOwn> = {
  id: 'http',
  publicUpstream: null,
  errorFrames: {
    // https://salsa.debian.org/apt-team/apt: apt-pkg/acquire-item.cc, methods/; the Chinese texts are of po/zh_CN.po.
    apt: /^(?:Err(?:or?)?|错误)(?::\d+)? +[a-z][a-z\d+]*:\S|Failed to fetch (?:\S+ {2}|[a-z][a-z\d+]*:\S+ |Connection failed \[IP)|Fehlschlag beim Holen von|Fallo al obtener|无法下载 |(?:GPG error|GPG 错误)|OpenPGP signature verification failed: |^(?:E|W|Error|Warning): (?:The repository|仓库|Release file|Unable to locate package|无法定位软件包)|Release 文件|^(?:W|E): (?:Conflicting distribution|GPG error): |^(?:Hash Sum mismatch|Hash 校验和不符|File has unexpected size|Hashes of expected file|The following signatures |Clearsigned file|Could not connect to \S+:\d+ \(|Temporary failure resolving '|无法连接上|从服务器读取数据时出错)|明文签署文件不可用|暂时不能解析域名|无法解析域名|"?Certificate verification failed: The certificate is NOT trusted|Connection (?:failed|timed out) \[IP:|^dpkg-deb: error: .*\.deb' is not a Debian|^\d{3} {1,2}[A-Z].* \[IP: \S+ \d+\]$/,
    // https://salsa.debian.org/installer-team/debootstrap: functions
    debootstrap: /(?:^|\] )E: (?:Failed getting release (?:signature )?file https?:|Invalid Release file, )/,
    // https://github.com/apache/maven-resolver: ArtifactTransferException, ChecksumFailureException; Ivy and Coursier of sbt
    Maven:
      /Could not (?:transfer (?:artifact|metadata)|find (?:artifact|metadata) \S+ in) |Non-parseable POM \S+|^error reading \S+\.jar; |was not found in https?:\S+ during a previous|Failure to find \S+ in https?:|^Return code is: \d{3} ,|Checksum validation failed, expected |Server access Error: |^\[error\] +not found: https?:/,
    // https://github.com/gradle/gradle: platforms/software/resources-http
    Gradle:
      /Could not (?:GET|HEAD|get resource) '|Could not parse (?:POM|module metadata) https?:|Unable to load Maven meta-data from|org\.gradle\.wrapper\.|Cannot download published Gradle|^Downloading https?:\S+ Exception in thread|^"?Exception in thread "main" java\.[\w.]+: (?:Downloading from |(?:Server returned HTTP response code: \d{3} for URL: )?https?:\S+\/gradle-[\w.+-]+\.zip|Verification of Gradle)|^> Dependency verification failed for|Searched in the following locations: |Using insecure protocols with repositories/,
    // https://github.com/ruby/rubygems: lib/rubygems/remote_fetcher.rb, bundler/lib/bundler/fetcher.rb
    gem: /Gem::(?:RemoteFetcher|Package)::|Unable to download data from https?:|Bundler::(?:HTTPError|Fetcher::)|Could not verify the SSL certificate for https?:|(?:Authentication is required|Bad username or password) for https?:|Could not (?:reach host|fetch specs from)|^HTTP GET https?:\S+ [A-Z]\w+::|^(?:Net|OpenSSL|Errno)::\S+: .*An error occurred while installing /,
    // https://github.com/conda/conda/blob/main/conda/gateways/repodata/__init__.py
    conda:
      /CondaHTTPError: |UnavailableInvalidChannel: |CondaSSLError|ChecksumMismatchError|repodata\.json|libmamba (?:Download error|Failed to|Unable to|File not valid|Could not parse|Multiple errors)|^RuntimeError: (?:Found incorrect download|Download error)|^ProxyError: Conda|^PackagesNotFound\w*Error: /,
    // https://gitlab.alpinelinux.org/alpine/apk-tools: src/print.c, src/database.c
    apk: /\b(?:ERROR|WARNING): (?:Ignoring |updating and opening |fetching |opening )?https?:\S+: /,
    // https://github.com/rpm-software-management/librepo: librepo/downloader.c; [Errno 14] is of yum 3.
    dnf: /Status code: \d{3} for https?:|^\[MIRROR\] |Curl error \(\d+\): |https?:(?:(?!https?:)\S)+: \[Errno (?:14|12|-1)\] |^14: (?:PYCURL ERROR |curl#)\d|Could not retrieve mirrorlist https?:|^(?:Error: )?Failed to download metadata for repo '|^Cannot download '?\w\S*: |[Aa]ll mirrors were already tried without/,
    // https://github.com/composer/composer: src/Composer/Util/Http/CurlDownloader.php, Util/RemoteFilesystem.php
    composer:
      /^\[ComposerDownloaderTransportException\]: |^Content-Length mismatch, received |^(?:\[\w+\]: )?(?:The +"https?:\S|Invalid credentials (?:\(HTTP \d+\) )?for 'https?:|Your configuration does not allow connections to http:|"https?:\S+" (?:does not contain valid JSON|appears broken))|from dist: The "https?:|curl error \d+ while downloading https?:|could not be fully loaded|checksum verification of the file failed|^The contents of https?:\S+ do not match its signature/,
    // https://github.com/NuGet/NuGet.Client: Strings.resx of NuGet.Protocol and NuGet.Commands
    NuGet:
      /Unable to load the service index for source https?:|Failed to (?:download package|retrieve (?:information about|metadata)) '|The V2 feed at 'https?:|The HTTP request to 'GET https?:|The download of 'https?:|when accessing the source 'https?:|The feed '[^']+' lists package|Unable to find version '[^']+' of package|\bNU(?:1101|1102|1301|30\d\d): |content hash validation failed for|NuGet requires HTTPS sources/,
    // https://github.com/helm/helm: pkg/repo, pkg/getter/httpgetter.go
    Helm: /is not a valid chart repository or cannot be reached|^Error: .*failed to (?:fetch https?:|download ")|Unable to get an update from the "|^Error: chart "[^"]+" .{1,99} not found in /,
    // https://github.com/openSUSE/libzypp: zypp-media/mediaexception.cc
    zypper:
      /Download \(curl\) error for '|not found on medium 'https?:|^(?:Digest|Signature) verification failed for file '|^Error code: (?:HTTP response|Curl error)|^(?:History: - )?(?:Timeout exceeded when accessing|Permission to access) 'https?:/,
    // https://gitlab.archlinux.org/pacman/pacman: lib/libalpm/dload.c, be_sync.c
    pacman:
      /^error: (?:failed retrieving file '|\S+: (?:signature from|missing required sig))|is corrupted \(invalid or corrupted package/,
  },
  // https://www.rfc-editor.org/rfc/rfc9110
  steps: {
    get: light(null, { grain: 'version', usualBytes: limits.peekBytes, verifies: byHash, usualAside: lightAside }),
    whole: heavy({ grain: 'version', verifies: byHash, usualAside }),
    marker: light(30, {
      grain: 'mirror',
      usualBytes: 1000,
      isRequested: ({ own }) => profileOf(own?.['profile'])?.marker != null,
    }),
  },
  canary: 'get',
  fetch: ['get', 'whole'],
  names: httpNames,
  mirrorKeys: {
    profile: checked(
      `Kind of file mirror. It defines which files are checked, and for which package manager advice has settings: ${words}. Default: plain files.`,
      phrase('expected.oneOf', { words }),
      (value) => profileOf(value) !== null,
    ).optional(),
  },
  profileFor: (word) =>
    profiles.find(({ id, client }) => id === word || client === word || otherWords[id]?.includes(word))?.id ?? null,
  clients: [filesClient],
  realClients: [],
  context: buildHttpContext,
  unchecked,
  demo: async () => buildSmallMirror((await import('./demo.json', { with: { type: 'json' } })).default),
  door: httpDoor,
  doctor: () => import('./doctor.ts').then(({ httpDoctor: doctor }) => doctor),
};
