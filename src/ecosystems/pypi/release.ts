import { limits } from '../../core/limits.ts';
import { each, type Slices } from '../../core/slices.ts';
import { normalNameOf } from './names.ts';
import type { IndexFile, ProjectPage } from './project-page.ts';
import { compareVersions, isPrerelease, type PypiVersion, parseVersion } from './version.ts';

interface Release {
  /** As in the page's list, else as in the first file's name. */
  readonly text: string;
  readonly version: PypiVersion;
  readonly files: readonly ReleaseFile[];
}

/** A file of a release, with the parts of its name (`FileName`). */
export interface ReleaseFile extends IndexFile {
  readonly kind: 'wheel' | 'sdist';
  readonly tags: string;
}

/** How many releases above `limits.versionsKept` are collected before the list is cut. */
const spareMax = 2_000;

/** The highest `limits.versionsKept` releases of a page, ascending: from its list of versions and its file names. */
export function* releasesOf({ files, versions }: ProjectPage, project: string): Slices<readonly Release[]> {
  let found = new Map<string, { text: string; version: PypiVersion; files: ReleaseFile[] }>();
  const ordered = () =>
    [...found].sort(([, a], [, b]) => compareVersions(a.version, b.version)).slice(-limits.versionsKept);
  const of = (text: string): ReleaseFile[] | null => {
    const version = parseVersion(text);
    if (version === null) return null;
    const key = JSON.stringify(version);
    const known = found.get(key) ?? { text, version, files: [] };
    if (found.size > limits.versionsKept + spareMax) found = new Map(ordered());
    found.set(key, known);
    return known.files;
  };
  yield* each(versions ?? [], (text) => void of(text));
  yield* each(files, (file) => {
    const name = parseFileName(file.name, project);
    if (name !== null) of(name.version)?.push({ ...file, kind: name.kind, tags: name.tags });
  });
  return ordered().map(([, release]) => release);
}

/** The highest release with a file that is not yanked; a pre-release only if there is no other. `null`: none. */
export function newestOf(releases: readonly Release[]): Release | null {
  const usable = releases.filter(({ files }) => files.some(({ isYanked }) => !isYanked));
  return usable.findLast(({ version }) => !isPrerelease(version)) ?? usable.at(-1) ?? null;
}

/**
 * The release of a version, in any spelling; without it, the highest that differs only by a local part (`1.0+cu118`).
 * `null`: there is none with files.
 * @see PEP 440, Version matching
 */
export function releaseOf(releases: readonly Release[], version: string): Release | null {
  const wanted = parseVersion(version);
  if (wanted === null) return null;
  const built = releases.filter(({ files }) => files.length > 0);
  const isSame = (one: PypiVersion): boolean => compareVersions(one, wanted) === 0;
  const isPublic = wanted.local.length === 0;
  const exact = built.find((one) => isSame(one.version));
  return exact ?? built.findLast((one) => isPublic && isSame({ ...one.version, local: [] })) ?? null;
}

/**
 * The file to probe, the same at all mirrors with the same files. Preferred files come first, then universal wheels,
 * wheels for Linux on x86-64, other wheels, and source distributions; then the name decides.
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
 * @see protocols.md 3.3; PEP 427, File name convention; PEP 625
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
  // The name of the project may have dashes too.
  for (const { index } of stem.matchAll(/(?<=[^-_.])-/g)) {
    const name = normalNameOf(stem.slice(0, index));
    if (name === project) return { kind: 'sdist', version: stem.slice(index + 1), tags: '' };
    if (name.length > project.length) return null;
  }
  return null;
}
