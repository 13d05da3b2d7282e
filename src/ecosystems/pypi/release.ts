import { limits } from '../../core/limits.ts';
import type { Contents } from '../../core/transcript.ts';
import { statedContentsOf } from '../talk.ts';
import { normalNameOf } from './names.ts';
import type { IndexFile, PageFile, PageReader } from './project-page.ts';
import {
  canonicalVersionOf,
  comparePythonVersions,
  isPythonPrerelease,
  type PypiVersion,
  parseVersion,
} from './version.ts';

interface Release {
  /**
   * The version as the page's list of versions spells it. If there is no such list, it is spelled as in the name of the
   * first file.
   */
  text: string;
  readonly version: PypiVersion;
  isListed: boolean;
  files: 'none' | 'yanked' | 'usable';
}

/** A file of a release. `kind` and `tags` are read from its name. */
export interface ReleaseFile extends IndexFile {
  readonly kind: 'wheel' | 'sdist';
  readonly tags: string;
}

/**
 * Collects the releases of a page from its list of versions and its file names. It counts up to
 * `limits.versionsCounted` and keeps no files, so that memory does not grow with the page.
 * @param project  the normalised name
 */
export class Releases implements PageReader {
  readonly #project: string;
  #known = new Map<string, Release>();
  #withFiles = 0;
  /** The highest releases with files, in ascending order, at most `limits.contentVersions`. */
  #highest: Release[] = [];
  #last: Release | null = null;
  #newest: Release | null = null;
  /**
   * The release of the last file. It is cached, because the files of one release are mostly next to each other on a
   * page.
   */
  #recent: { readonly written: string; readonly key: string | null } = { written: '', key: null };

  constructor(project: string) {
    this.#project = project;
  }

  restart(): void {
    this.#known = new Map();
    this.#withFiles = 0;
    this.#highest = [];
    this.#last = null;
    this.#newest = null;
  }

  version(written: string): void {
    const key = this.#keyOf(written);
    const release = key === null ? null : this.#release(key, written);
    if (release === null || release.isListed) return;
    release.isListed = true;
    release.text = copied(written);
  }

  file(file: PageFile): void {
    const name = parseFileName(file.name, this.#project);
    const key = name === null ? null : this.#keyOf(name.version);
    if (name === null || key === null) return;
    const files = this.#known.get(key)?.files ?? 'none';
    if (files === 'usable' || (files === 'yanked' && file.isYanked) || file.read() === null) return;
    const release = this.#release(key, name.version);
    if (release === null) return;
    if (files === 'none') {
      this.#withFiles += 1;
      insert(this.#highest, release);
    }
    release.files = file.isYanked ? 'yanked' : 'usable';
    if (!file.isYanked && (this.#newest === null || isNewer(release, this.#newest))) this.#newest = release;
  }

  /**
   * Returns the highest release with a file that is not yanked. A pre-release counts only if all releases with such a
   * file are pre-releases. `null`: there is no such release.
   */
  get newest(): string | null {
    return this.#newest?.text ?? null;
  }

  get listed(): { readonly count: number; readonly newest: string | null } {
    return { count: this.#known.size, newest: (this.#newest ?? this.#last)?.text ?? null };
  }

  get contents(): NonNullable<Contents['versions']> {
    const names = this.#highest.map(({ version }) => canonicalVersionOf(version));
    const pre = new Set(names.filter((_, at) => isPrereleaseAt(this.#highest, at)));
    const yanked = names.filter((_, at) => this.#highest[at]?.files === 'yanked');
    return statedContentsOf(names, (name) => pre.has(name), this.#withFiles, yanked);
  }

  #keyOf(written: string): string | null {
    if (written !== this.#recent.written) {
      const version = parseVersion(written);
      this.#recent = { written, key: version && canonicalVersionOf(version) };
    }
    return this.#recent.key;
  }

  /**
   * Returns the release with this key (the canonical version), and adds it if it is new. `null`: there are too many
   * releases.
   */
  #release(key: string, written: string): Release | null {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const text = copied(written);
    const version = parseVersion(text);
    if (version === null || this.#known.size >= limits.versionsCounted) return null;
    const release: Release = { text, version, isListed: false, files: 'none' };
    this.#known.set(key, release);
    if (this.#last === null || comparePythonVersions(version, this.#last.version) > 0) this.#last = release;
    return release;
  }
}

function isPrereleaseAt(releases: readonly Release[], at: number): boolean {
  const release = releases[at];
  return release !== undefined && isPythonPrerelease(release.version);
}

/** Copies a text. Without a copy, a substring would keep the whole original text in memory. */
function copied(text: string): string {
  return Buffer.from(text).toString();
}

/** Inserts a release into an ascending list of at most `limits.contentVersions`. */
function insert(highest: Release[], release: Release): void {
  const below = highest.findLastIndex((one) => comparePythonVersions(one.version, release.version) < 0);
  if (below < 0 && highest.length >= limits.contentVersions) return;
  highest.splice(below + 1, 0, release);
  if (highest.length > limits.contentVersions) highest.shift();
}

function isNewer({ version: a }: Release, { version: b }: Release): boolean {
  const [preA, preB] = [isPythonPrerelease(a), isPythonPrerelease(b)];
  return preA === preB ? comparePythonVersions(a, b) > 0 : preB;
}

/**
 * Chooses a file of one release while a page is read. The release is the one of the wanted version, in any spelling. If
 * there is none, it is the highest release that differs only by a local part (`1.0+cu118`).
 * @see PEP 440, Version matching
 */
export class FileChoice implements PageReader {
  readonly #project: string;
  readonly #wanted: PypiVersion | null;
  readonly #has: (file: ReleaseFile) => boolean;
  readonly #isPreferred: (file: ReleaseFile) => boolean;
  #release: PypiVersion | null = null;
  /** The chosen file; `null`: the release has none that `has` accepts, or there is no such release. */
  chosen: ReleaseFile | null = null;

  /** @param project  the normalised name */
  constructor(
    project: string,
    version: string,
    has: (file: ReleaseFile) => boolean,
    isPreferred: (file: ReleaseFile) => boolean,
  ) {
    this.#project = project;
    this.#wanted = parseVersion(version);
    this.#has = has;
    this.#isPreferred = isPreferred;
  }

  /** True if the page has a file of the chosen release. */
  get isThere(): boolean {
    return this.#release !== null;
  }

  restart(): void {
    this.#release = null;
    this.chosen = null;
  }

  file(file: PageFile): void {
    const name = parseFileName(file.name, this.#project);
    const version = name === null ? null : parseVersion(name.version);
    if (name === null || version === null || !this.#matches(version)) return;
    const found = file.read();
    if (found === null) return;
    const order = this.#release === null ? 1 : this.#compare(version, this.#release);
    if (order < 0) return;
    if (order > 0) this.chosen = null;
    this.#release = version;
    const one = { ...found, kind: name.kind, tags: name.tags };
    if (this.#has(one)) this.chosen = chooseFile(this.chosen === null ? [one] : [this.chosen, one], this.#isPreferred);
  }

  #matches(version: PypiVersion): boolean {
    if (this.#wanted === null) return false;
    const isPublic = this.#wanted.local.length === 0;
    return comparePythonVersions(isPublic ? { ...version, local: [] } : version, this.#wanted) === 0;
  }

  /** Returns a number above 0 if `a` matches the wanted version better than `b`. */
  #compare(a: PypiVersion, b: PypiVersion): number {
    const isSame = (one: PypiVersion): boolean => one.local.length === this.#wanted?.local.length;
    return Number(isSame(a)) - Number(isSame(b)) || comparePythonVersions(a, b);
  }
}

/**
 * Returns the file to probe; `null`: there are no files. The choice is the same at all mirrors with the same files.
 * Preferred files come first, then universal wheels, wheels for Linux on x86-64, other wheels, and source
 * distributions. Among equals, the name decides.
 */
export function chooseFile(
  files: readonly ReleaseFile[],
  isPreferred: (file: ReleaseFile) => boolean,
): ReleaseFile | null {
  let best: { readonly file: ReleaseFile; readonly rank: number } | null = null;
  for (const file of files) {
    const rank = rankOf(file) + (isPreferred(file) ? 0 : 10);
    if (best === null || rank < best.rank || (rank === best.rank && file.name < best.file.name)) best = { file, rank };
  }
  return best?.file ?? null;
}

function rankOf({ kind, tags }: ReleaseFile): number {
  if (kind === 'sdist') return 3;
  if (tags.endsWith('-none-any')) return 0;
  const linux = tags.indexOf('linux');
  return linux >= 0 && tags.indexOf('x86_64', linux) >= 0 ? 1 : 2;
}

const sdist = /\.(tar\.gz|zip|tar\.bz2|tgz|tar\.xz|tar\.Z|tar)$/;

interface FileName {
  readonly kind: 'wheel' | 'sdist';
  readonly version: string;
  /** The tags of a wheel, such as `py3-none-any`; empty for a source distribution. */
  readonly tags: string;
}

/**
 * Parses the name of a wheel or source distribution; `null`: another kind of file, or another project's.
 * @param project  the normalised name
 * @see docs/protocols/pypi.md#formats; PEP 427, File name convention; PEP 625
 */
export function parseFileName(file: string, project: string): FileName | null {
  if (/[/\\]/.test(file)) return null;
  if (file.endsWith('.whl')) {
    const parts = file.slice(0, -'.whl'.length).split('-');
    const [name = '', version = ''] = parts;
    const isWheel = (parts.length === 5 || parts.length === 6) && normalNameOf(name) === project;
    return isWheel ? { kind: 'wheel', version, tags: parts.slice(-3).join('-') } : null;
  }
  if (!sdist.test(file)) return null;
  const stem = file.replace(sdist, '');
  // The project's name may contain dashes too. So each dash is tried as the one before the version.
  for (const { index } of stem.matchAll(/(?<=[^-_.])-/g)) {
    const name = normalNameOf(stem.slice(0, index));
    if (name === project) return { kind: 'sdist', version: stem.slice(index + 1), tags: '' };
    if (name.length > project.length) return null;
  }
  return null;
}
