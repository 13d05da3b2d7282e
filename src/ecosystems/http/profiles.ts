import { constants, gunzipSync } from 'node:zlib';
import { formatCommand } from '../../core/command-line.ts';
import type { Sentence } from '../../core/result.ts';
import { failureOf, phrase } from '../../words/tell.ts';
import type { Chain } from '../client.ts';
import { compactDate, editLines, headTextOf, parseEpochSeconds, startsWith } from './format.ts';
import { type Head, headUrlOf, linesBy, type Profile, type ProfileReading, sound, unsound } from './profile.ts';
import { crates } from './profiles/crates.ts';
import { debian } from './profiles/debian.ts';

/** The source that Gemfiles usually name. */
const source = 'https://rubygems.org';

function read({ path, body, sum, headers }: Head): ProfileReading | null {
  const [, kind] = /(?:^|\/)(versions|names|info\/[^/]+)$/.exec(path) ?? [];
  if (kind === undefined) return null;
  const text = headTextOf(body);
  const isIndex = kind === 'versions' ? /^created_at: .{1,60}\n---\n/.test(text) : text.startsWith('---\n');
  if (!isIndex) return unsound(phrase('answer.compact'));
  // In the header `Repr-Digest`, some servers, such as rubygems.org, write quotes instead of colons around the digest
  // (docs/protocols/http.md).
  const [, want] = /(?:^|[,\s])sha-256=[:"]([A-Za-z0-9+/]{43}=)[:"]/.exec(headers['repr-digest'] ?? '') ?? [];
  if (want === undefined || sum === null) return sound();
  const got = Buffer.from(sum.sha256, 'hex').toString('base64');
  return got === want ? sound() : unsound(phrase('answer.reprDigest'));
}

function bundleConfig(chain: Chain): string {
  return formatCommand`bundle config set --global mirror.${source} ${headUrlOf(chain, '/')}`;
}

/** Mirrors of Ruby gems that offer Bundler's compact index: text files that list the gems and their versions. */
const rubygems: Profile = {
  id: 'rubygems',
  spec: ['https://guides.rubygems.org/rubygems-org-compact-index-api/', 'https://bundler.io/man/bundle-config.1.html'],
  client: 'bundler',
  decodes: true,
  marker: null,
  read,
  lines: linesBy(bundleConfig),
};

/**
 * Returns the name of the first element of an XML text, or `!DOCTYPE`; empty: none. It skips comments and processing
 * instructions.
 */
export function rootNameOf(text: string): string {
  let at = 0;
  for (;;) {
    at = text.indexOf('<', at);
    if (at < 0) return '';
    const isComment = text.startsWith('<!--', at);
    if (!isComment && !text.startsWith('<?', at))
      return /^<(!?[A-Za-z][\w.-]{0,60})/.exec(text.slice(at, at + 64))?.[1] ?? '';
    const [end, length] = isComment ? ['-->', 3] : ['?>', 2];
    at = text.indexOf(String(end), at);
    if (at < 0) return '';
    at += Number(length);
  }
}

function readXml(body: Uint8Array, root: string, title: Sentence): ProfileReading {
  const text = headTextOf(body);
  if (rootNameOf(text) !== root) return { failure: failureOf('wrong_content', title), changedAtMs: null };
  const [, stamp] = /<lastUpdated>(\d{14})<\/lastUpdated>/.exec(text) ?? [];
  return sound(stamp === undefined ? null : compactDate(stamp));
}

function settings(chain: Chain): string {
  return `<!-- ~/.m2/settings.xml -->
<settings>
  <mirrors>
    <mirror>
      <id>mirrorwatch</id>
      <mirrorOf>central</mirrorOf>
      <url>${headUrlOf(chain)}</url>
    </mirror>
  </mirrors>
</settings>`;
}

const maven: Profile = {
  id: 'maven',
  spec: [
    'https://maven.apache.org/repositories/layout.html',
    'https://maven.apache.org/repositories/metadata.html',
    'https://maven.apache.org/guides/mini/guide-mirror-settings.html',
  ],
  client: 'maven',
  decodes: true,
  marker: null,
  read({ path, body }) {
    if (/(^|\/)maven-metadata\.xml$/.test(path)) return readXml(body, 'metadata', phrase('answer.maven'));
    return path.endsWith('.pom') ? readXml(body, 'project', phrase('answer.mavenProject')) : null;
  },
  hasSumBeside: (path) => /\.(?:jar|war|aar|pom|module)$/.test(path) && !path.includes('-SNAPSHOT'),
  lines: linesBy(settings, phrase('note.mavenAll')),
};

const title = phrase('answer.conda');

/**
 * Checks the beginning of a repodata.json. It must be a JSON object. If the object names a platform, the file's folder
 * must have the same name.
 */
function readRepodata(path: string, body: Uint8Array): ProfileReading {
  const text = headTextOf(body);
  if (!/^\s{0,100}\{\s{0,100}"(info|packages|packages\.conda|repodata_version|removed|signatures)"\s{0,10}:/.test(text))
    return unsound(title);
  const [, named] = /"subdir"\s{0,10}:\s{0,10}"([a-z0-9-]{1,40})"/.exec(text) ?? [];
  const folder = path.split('/').at(-2);
  return named === undefined || folder === undefined || named === folder ? sound() : unsound(title);
}

function condarc(chain: Chain): string {
  return `# ~/.condarc\nchannels:\n  - ${headUrlOf(chain)}`;
}

/** For conda, the base URL is the folder that contains the folders of platforms, such as `linux-64`. */
const conda: Profile = {
  id: 'conda',
  spec: [
    'https://docs.conda.io/projects/conda-build/en/stable/concepts/generating-index.html',
    'https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/use-condarc.html',
  ],
  client: 'conda',
  decodes: true,
  marker: null,
  read: ({ path, body }) =>
    /(^|\/)(current_)?repodata(_from_packages)?\.json$/.test(path) ? readRepodata(path, body) : null,
  lines: linesBy(condarc, phrase('note.condaBelow')),
};

/** The first bytes of gzip, Zstandard and xz. */
const packed = ['1f8b', '28b52ffd', 'fd377a585a00'];

function mirrorlist({ members }: Chain): string {
  const servers = members.map(({ plain }) => `Server = ${plain.replace(/(?<!\/)\/+$/, '')}/$repo/os/$arch`);
  return ['# /etc/pacman.d/mirrorlist', ...servers].join('\n');
}

const arch: Profile = {
  id: 'arch',
  spec: ['https://wiki.archlinux.org/title/DeveloperWiki:NewMirrors', 'https://man.archlinux.org/man/pacman.conf.5'],
  client: 'pacman',
  verifiesBytes: true,
  offersHttp2: true,
  decodes: false,
  marker: { path: 'lastsync', read: parseEpochSeconds },
  read({ path, body }) {
    if (/(^|\/)(lastsync|lastupdate)$/.test(path)) {
      const ms = parseEpochSeconds(headTextOf(body));
      return ms === null ? unsound(phrase('answer.seconds')) : sound(ms);
    }
    if (!/\.(db|files)$/.test(path)) return null;
    return packed.some((hex) => startsWith(body, hex)) ? sound() : unsound(phrase('answer.database'));
  },
  lines: linesBy(mirrorlist, phrase('note.pacmanOrder')),
};

const notAnIndex = unsound(phrase('answer.apk'));

/** How many bytes of the file to unpack: enough for the signature and the beginning of the signed data. */
const packedBytes = 4096;
const nameBytes = 100;
/** The length of a tar header, and where it states a file's length and date, both as octal texts. */
const blockBytes = 512;
const sizeAt = [124, 135] as const;
const dateAt = [136, 147] as const;

/**
 * Returns the date of the first file that the signature covers, wall-clock milliseconds. `null`: no such file is
 * unpacked, or it has no date, as with older versions of `apk index`.
 */
function signedDateOf(unpacked: Buffer): number | null {
  const octal = (at: number, [from, to]: readonly [number, number]): number =>
    Math.max(0, Number.parseInt(unpacked.toString('latin1', at + from, at + to), 8) || 0);
  for (let at = 0; at + blockBytes <= unpacked.length; ) {
    if (unpacked.toString('latin1', at, at + 6) !== '.SIGN.') return octal(at, dateAt) * 1_000 || null;
    at += blockBytes * (1 + Math.ceil(octal(at, sizeAt) / blockBytes));
  }
  return null;
}

/**
 * Checks the beginning of an APKINDEX.tar.gz. It consists of gzip members; the first one may be the signature. The date
 * is that of the signed files.
 */
export function readApkIndex(body: Uint8Array): ProfileReading {
  try {
    const unpacked = gunzipSync(body.subarray(0, packedBytes), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 8 * 2 ** 20,
    });
    const name = unpacked.subarray(0, nameBytes).toString('latin1').split('\0', 1)[0] ?? '';
    return /^(\.SIGN\.(RSA|RSA256|RSA512|DSA)\.|DESCRIPTION$|APKINDEX$)/.test(name)
      ? sound(signedDateOf(unpacked))
      : notAnIndex;
  } catch {
    return notAnIndex;
  }
}

/** For Alpine, the base URL is the folder that contains the branches, such as `v3.20`. */
const alpine: Profile = {
  id: 'alpine',
  spec: ['https://wiki.alpinelinux.org/wiki/Apk_spec'],
  client: 'apk',
  decodes: false,
  marker: { path: 'last-updated', read: parseEpochSeconds },
  read: ({ path, body }) => (/(^|\/)APKINDEX\.tar\.gz$/.test(path) ? readApkIndex(body) : null),
  lines: (before, after) => editLines({ before, after, files: '/etc/apk/repositories', behind: '/+', kept: '/' }),
};

export const profiles: readonly [Profile, ...Profile[]] = [debian, alpine, arch, maven, crates, rubygems, conda];

/** Returns the profile with this id; `null`: there is none. */
export function profileOf(id: unknown): Profile | null {
  return profiles.find((profile) => profile.id === id) ?? null;
}
