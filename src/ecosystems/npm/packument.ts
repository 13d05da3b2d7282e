import { isMarkup, utf8, type WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { Slices } from '../../core/slices.ts';
import type { Contents } from '../../core/transcript.ts';
import { failureOf, malformed, phrase, wrongContent } from '../../words/tell.ts';
import { type JsonFlaw, type Wanted, walkJson } from '../json-walk.ts';
import { depthErrorOf, type Fields, fieldsOf, memberIn, parseFields } from '../parse-json.ts';
import { selectHighest } from '../semver.ts';
import { statedContentsOf, tagsOf } from '../talk.ts';
import { type Integrity, readIntegrity, readShasum } from './integrity.ts';
import { isExact } from './names.ts';
import { isKeyName, type Signed } from './signatures.ts';

/**
 * Reads a packument (the JSON document of all versions of a package), and keeps only what the caller needs. If a key
 * occurs twice, the reader starts anew at each, so the last one counts.
 */
class PackumentReader {
  isObject = false;
  name: unknown;
  /** The field `modified` of the packument itself. */
  modified: unknown;
  /** The complete versions (`1.2.3`, not `1.2`); `null`: the packument has no object of versions. */
  versions: Set<string> | null = null;
  versionsSeen = 0;
  /** The number of versions of which `time` has the time. */
  timesSeen = 0;
  /** True if a version names its trusted publisher. Not read if a version is searched for. */
  hasPublisher = false;
  /**
   * `latest`, the requested tag, and the first `limits.tagsRead` tags. Tags without a complete version are left out.
   */
  readonly tags = new Map<string, string>();
  /** The manifest of the requested version; `null`: not found yet. */
  manifest: { readonly dist: unknown } | null = null;
  readonly #isSearch: boolean;
  readonly #tag: string | null;
  readonly #exact: string | null;
  readonly #publisher: Wanted = {
    member: (key) => (key !== '_npmUser' ? null : { member: (field) => this.#publisherIn(field) }),
  };
  #tagsSeen = 0;
  #time: { published?: unknown; modified?: unknown; isUnpublished?: true } = {};
  /** The version that the reader searches for in the objects `versions` and `time`, as known when each object began. */
  readonly #soughtIn: { versions?: string | null; time?: string | null } = {};

  /**
   * Creates a reader.
   * @param wanted  a version or a tag; `null`: no version is searched for
   * @param exact   the version of the tag `wanted`; `null`: not known
   */
  constructor(wanted: string | null, exact: string | null = null) {
    this.#isSearch = wanted !== null;
    this.#exact = wanted !== null && isExact(wanted) ? wanted : exact;
    this.#tag = this.#exact === null ? wanted : null;
  }

  get version(): string | null {
    return this.#exact ?? (this.#tag === null ? null : (this.tags.get(this.#tag) ?? null));
  }

  /**
   * True if the reader read `versions` or `time` before it knew the version of the requested tag. Then it may have
   * missed that version.
   */
  get wasEarly(): boolean {
    const { version } = this;
    return Object.values(this.#soughtIn).some((sought) => sought !== version);
  }

  get times(): Pick<Signed, 'publishedMs' | 'modifiedMs'> {
    const { published, modified } = this.#time;
    return { publishedMs: msOf(published), modifiedMs: msOf(this.modified) ?? msOf(modified) };
  }

  get isUnpublished(): boolean {
    return this.#time.isUnpublished === true;
  }

  readonly wanted: Wanted = {
    begins: (kind) => {
      this.isObject = kind === 'object';
    },
    member: (key) => (Object.hasOwn(this.#members, key) ? (this.#members[key] ?? null) : null),
  };

  readonly #members: Readonly<Record<string, Wanted>> = {
    name: valueInto(this, 'name'),
    modified: valueInto(this, 'modified'),
    'dist-tags': {
      begins: () => this.tags.clear(),
      member: (tag) => this.#ofTag(tag),
    },
    versions: {
      begins: (kind) => {
        this.versions = kind === 'object' ? new Set() : null;
        this.versionsSeen = 0;
        this.manifest = null;
        this.hasPublisher = false;
        this.#soughtIn.versions = this.version;
      },
      member: (version) => this.#ofVersion(version),
    },
    time: {
      begins: () => {
        this.#time = {};
        this.#soughtIn.time = this.version;
        this.timesSeen = 0;
      },
      member: (key) => this.#ofTime(key),
    },
  };

  #ofTag(tag: string): Wanted | null {
    this.#tagsSeen += 1;
    const isKept = tag === 'latest' || tag === this.#tag;
    if (!isKept && (this.#tagsSeen > limits.tagsRead || tag.length > limits.versionChars)) return null;
    return {
      value: (version) => {
        this.tags.delete(tag);
        if (typeof version === 'string' && isExact(version)) this.tags.set(tag, version);
      },
    };
  }

  #ofVersion(version: string): Wanted | null {
    this.versionsSeen += 1;
    if (this.versionsSeen <= limits.packumentVersions && isExact(version)) this.versions?.add(version);
    if (version !== this.#soughtIn.versions) return this.#isSearch ? null : this.#publisher;
    const manifest = { dist: undefined as unknown };
    return {
      begins: () => {
        this.manifest = manifest;
      },
      member: (key) => (key === 'dist' ? valueInto(manifest, 'dist') : null),
    };
  }

  #publisherIn(field: string): Wanted | null {
    this.hasPublisher ||= field === 'trustedPublisher';
    return null;
  }

  #ofTime(key: string): Wanted | null {
    if (key === 'unpublished')
      return {
        begins: () => {
          this.#time.isUnpublished = true;
        },
      };
    if (key === 'modified') return valueInto(this.#time, 'modified');
    if (isExact(key)) this.timesSeen += 1;
    return key === this.#soughtIn.time ? valueInto(this.#time, 'published') : null;
  }
}

/** What is wanted of a value that is stored as it is. */
function valueInto<Key extends string>(target: { [key in Key]?: unknown }, key: Key): Wanted {
  return {
    value: (value) => {
      target[key] = value;
    },
  };
}

const dateCharsMax = 100;

function msOf(value: unknown): number | null {
  const ms = typeof value === 'string' && value.length <= dateCharsMax ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

export interface Dist {
  /** The URL as the packument states it. It is not validated and may be any text. */
  readonly tarball: string;
  readonly integrity: readonly Integrity[];
  readonly signed: Signed;
  readonly hasAttestations: boolean;
}

export interface Packument {
  /**
   * The requested version, or the version of the requested tag. `null`: none was requested, there is no such tag, or
   * the tag names no complete version.
   */
  readonly version: string | null;
  /**
   * The artifact of the requested version; `null`: the packument has no such version. An error: the version states no
   * artifact.
   */
  readonly dist: Result<Dist, ProbeFailure> | null;
  readonly listed: { readonly count: number; readonly newest: string | null };
  readonly contents: Contents;
  /** True if `time` has as many versions as the packument, or more. */
  readonly hasTimes: boolean;
  readonly hasPublisher: boolean;
}

const urlCharsMax = 2_000;

/**
 * Parses a JSON object. The failure for an HTML page is `wrong_content`, for other bodies that are no JSON object
 * `malformed`.
 * @see docs/protocols/common.md#shapes-of-bodies
 */
function readObject(body: Uint8Array, what: Sentence | string): Result<Fields, ProbeFailure> {
  if (isMarkup(body)) return error(wrongContent('answer.notPage', { what }));
  const text = utf8(body);
  if (text === null) return error(malformed('answer.utf8', { what }));
  const expected = phrase('answer.object', { what });
  const read = parseFields(text, expected);
  return read.tag === 'error' ? error(failureOf('malformed', read.error)) : read;
}

function ownText(fields: Fields | null, key: string): string | null {
  const value = memberIn(fields, key);
  return typeof value === 'string' && value.length <= urlCharsMax ? value : null;
}

/**
 * Reads a packument, abbreviated or full, in bounded memory.
 * @param name    the requested package: a packument of another package is `malformed`
 * @param wanted  a version or a tag; `null`: none
 * @returns       the packument, or a failure: `absent` if the whole package was unpublished, else `wrong_content` or
 *                `malformed`
 * @see docs/protocols/npm.md#endpoints, docs/protocols/npm.md#the-dist-object
 */
export function* parsePackument(
  body: WholeBody,
  name: string,
  wanted: string | null,
): Slices<Result<Packument, ProbeFailure>> {
  const what = phrase('answer.packument');
  if (isMarkup(body.read(0, 512))) return error(wrongContent('answer.notPage', { what }));
  let read = new PackumentReader(wanted);
  const flaw = yield* walkJson(body, read.wanted);
  if (flaw !== null || !read.isObject) return error(failureOfFlaw(flaw ?? 'broken', what));
  // If the tags come after the versions that they name, a second pass is necessary.
  if (read.wasEarly) {
    const version = read.version;
    read = new PackumentReader(wanted, version);
    yield* walkJson(body, read.wanted);
  }
  if (read.name !== name) return error(malformed('answer.npmName'));
  if (read.versions === null)
    return error(read.isUnpublished ? { kind: 'absent', status: 200 } : malformed('answer.npmVersions'));
  if (read.versionsSeen > limits.packumentVersions)
    return error(malformed('answer.npmMost', { count: limits.packumentVersions }));
  const { count, kept } = yield* selectHighest([...read.versions], limits.contentVersions, isExact);
  return ok({
    version: read.version,
    hasTimes: read.timesSeen > 0 && read.timesSeen >= read.versions.size,
    hasPublisher: read.hasPublisher,
    dist: read.manifest && readDist(read.manifest, read.times),
    listed: { count, newest: kept.at(-1) ?? null },
    contents: {
      versions: statedContentsOf(kept, (version) => version.includes('-'), count),
      tags: tagsOf(Object.fromEntries(read.tags)),
    },
  });
}

function failureOfFlaw(flaw: JsonFlaw, what: Sentence): ProbeFailure {
  if (flaw === 'utf8') return malformed('answer.utf8', { what });
  const expected = phrase('answer.object', { what });
  return failureOf('malformed', flaw === 'deep' ? depthErrorOf(expected) : expected);
}

function versionIn(tags: Fields | null, tag: string): string | null {
  const version = ownText(tags, tag);
  return version !== null && isExact(version) ? version : null;
}

function tagsIn(tags: Fields | null): Readonly<Record<string, string>> {
  return tagsOf(
    Object.fromEntries(
      ['latest', ...Object.keys(tags ?? {}).slice(0, limits.tagsRead)].flatMap((tag) => {
        const version = versionIn(tags, tag);
        return version === null ? [] : [[tag, version] as const];
      }),
    ),
  );
}

function readDist(
  manifest: Fields | null,
  times: Pick<Signed, 'publishedMs' | 'modifiedMs'>,
): Result<Dist, ProbeFailure> {
  const dist = fieldsOf(memberIn(manifest, 'dist'));
  const tarball = ownText(dist, 'tarball');
  if (tarball === null) return error(malformed('answer.npmTarball'));
  const shasum = readShasum(ownText(dist, 'shasum') ?? '');
  const text = ownText(dist, 'integrity');
  const integrity = readIntegrity(text ?? '');
  const stated = [memberIn(dist, 'integrity'), memberIn(dist, 'shasum')].map((one) => one ?? '');
  // With a hash of another form, and no right one, most clients fail.
  if (!stated.every((one) => typeof one === 'string') || (text === null && shasum === null && stated[1] !== ''))
    return error(malformed('answer.npmSum'));
  const isStrong = integrity.some(({ algorithm }) => algorithm !== 'sha1');
  const signed = { integrity: isStrong ? text : null, signatures: signaturesIn(dist), ...times };
  const hasSha1 = integrity.some(({ algorithm }) => algorithm === 'sha1');
  return ok({
    tarball,
    integrity: shasum === null || hasSha1 ? integrity : [...integrity, shasum],
    signed,
    hasAttestations: fieldsOf(memberIn(dist, 'attestations')) !== null,
  });
}

/** Reads the well-formed signatures among the first `limits.signaturesRead`. */
function signaturesIn(dist: Fields | null): Signed['signatures'] {
  const list = memberIn(dist, 'signatures');
  if (!Array.isArray(list)) return [];
  return list.slice(0, limits.signaturesRead).flatMap((one: unknown) => {
    const fields = fieldsOf(one);
    const [keyid, sig] = [ownText(fields, 'keyid'), ownText(fields, 'sig')];
    return keyid === null || sig === null || !isKeyName(keyid) ? [] : [{ keyid, sig }];
  });
}

/** Parses the manifest of one version. The manifest of another package or version is `malformed`. */
export function parseManifest(
  body: Uint8Array,
  name: string,
  version: string,
): Result<{ readonly version: string; readonly dist: Dist }, ProbeFailure> {
  const read = readObject(body, phrase('answer.manifest'));
  if (read.tag === 'error') return read;
  const found = ownText(read.value, 'version');
  const isWanted = found !== null && isExact(found) && (found === version || !isExact(version));
  if (memberIn(read.value, 'name') !== name || !isWanted) return error(malformed('answer.npmManifest'));
  const dist = readDist(read.value, { publishedMs: null, modifiedMs: null });
  return dist.tag === 'error' ? dist : ok({ version: found, dist: dist.value });
}

/**
 * Parses the response of the dist-tags endpoint: the tags of a package, each with its version.
 * @see docs/protocols/npm.md#endpoints
 */
export function parseTags(
  body: Uint8Array,
): Result<{ readonly latest: string; readonly contents: Contents }, ProbeFailure> {
  const read = readObject(body, 'dist-tags');
  if (read.tag === 'error') return read;
  const latest = versionIn(read.value, 'latest');
  return latest === null ? error(malformed('answer.npmTags')) : ok({ latest, contents: { tags: tagsIn(read.value) } });
}
