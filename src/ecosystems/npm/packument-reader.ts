import { limits } from '../../core/limits.ts';
import type { Wanted } from '../json-walk.ts';
import { isExact } from './names.ts';
import type { Signed } from './signatures.ts';

/**
 * Reads a packument (the JSON document of all versions of a package), and keeps only what the caller needs. If a key
 * occurs twice, the reader starts anew at each, so the last one counts.
 */
export class PackumentReader {
  isObject = false;
  name: unknown;
  /** The field `modified` of the packument itself. */
  modified: unknown;
  /** The complete versions (`1.2.3`, not `1.2`); `null`: the packument has no object of versions. */
  versions: Set<string> | null = null;
  versionsSeen = 0;
  /**
   * `latest`, the requested tag, and the first `limits.tagsRead` tags. Tags without a complete version are left out.
   */
  readonly tags = new Map<string, string>();
  /** The manifest of the requested version; `null`: not found yet. */
  manifest: { readonly dist: unknown } | null = null;
  readonly #tag: string | null;
  readonly #exact: string | null;
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
        this.#soughtIn.versions = this.version;
      },
      member: (version) => this.#ofVersion(version),
    },
    time: {
      begins: () => {
        this.#time = {};
        this.#soughtIn.time = this.version;
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
    if (version !== this.#soughtIn.versions) return null;
    const manifest = { dist: undefined as unknown };
    return {
      begins: () => {
        this.manifest = manifest;
      },
      member: (key) => (key === 'dist' ? valueInto(manifest, 'dist') : null),
    };
  }

  #ofTime(key: string): Wanted | null {
    if (key === 'unpublished')
      return {
        begins: () => {
          this.#time.isUnpublished = true;
        },
      };
    if (key === 'modified') return valueInto(this.#time, 'modified');
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
