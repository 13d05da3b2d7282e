import { limits } from '../../core/limits.ts';
import { each, type Slices } from '../../core/slices.ts';
import { normalNameOf } from './names.ts';
import type { IndexFile, ProjectPage } from './project-page.ts';
import { compareVersions, isPrerelease, type PypiVersion, parseVersion } from './version.ts';

/** One version of a project on its page. */
interface Release {
  /** In the spelling of its first file or of the page's list. */
  readonly text: string;
  readonly version: PypiVersion;
  readonly files: readonly ReleaseFile[];
}

/** A file of a release with the parts of its name. */
export interface ReleaseFile extends IndexFile {
  readonly kind: 'wheel' | 'sdist';
  readonly tags: string;
}

/** Above the limit by this many, the releases are sorted and cut. */
const spareMax = 2_000;

/** The releases of a page, ascending, the highest `limits.versionsKept`: from its list and its file names. */
export function* releasesOf({ files, versions }: ProjectPage, project: string): Slices<readonly Release[]> {
  let found = new Map<string, { text: string; version: PypiVersion; files: ReleaseFile[] }>();
  const ordered = () =>
    [...found].sort(([, a], [, b]) => compareVersions(a.version, b.version)).slice(-limits.versionsKept);
  const of = (text: string): ReleaseFile[] | null => {
    const version = parseVersion(text);
    if (version === null) return null;
    const key = JSON.stringify(version);
    const known = found.get(key) ?? { text, version, files: [] };
    // A dropped release has enough higher ones to stay dropped.
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

/**
 * The release of `latest`: the highest with a file that is not yanked, a pre-release only if there is no other; `null`:
 * none.
 */
export function newestOf(releases: readonly Release[]): Release | null {
  const usable = releases.filter(({ files }) => files.some(({ isYanked }) => !isYanked));
  return usable.findLast(({ version }) => !isPrerelease(version)) ?? usable.at(-1) ?? null;
}

/** The release of a version in any spelling; `null`: absent, or without files. */
export function releaseOf(releases: readonly Release[], version: string): Release | null {
  const wanted = parseVersion(version);
  if (wanted === null) return null;
  return releases.find((one) => one.files.length > 0 && compareVersions(one.version, wanted) === 0) ?? null;
}

/**
 * The file of a release to probe, the same at all mirrors with the same files: first those that `isPreferred` accepts
 * (a lock file has its hash), then universal wheels, other wheels and source archives; then by name.
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

/** Endings of source distributions, current and old. */
const sdist = /\.(tar\.gz|zip|tar\.bz2|tgz|tar\.xz|tar\.Z|tar)$/;

/** The parts of a file name. */
interface FileName {
  readonly kind: 'wheel' | 'sdist';
  readonly version: string;
  /** Tags of a wheel, such as `py3-none-any`; empty for others. */
  readonly tags: string;
}

/**
 * Parses the name of a project's distribution file; the project's name is normalised. `null` for eggs, installers,
 * signatures and files of other projects.
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
  // Old names contain the project's own dashes: the version begins after as many characters as the project's name
  // has.
  for (const { index } of stem.matchAll(/(?<=[^-_.])-/g)) {
    const name = normalNameOf(stem.slice(0, index));
    if (name === project) return { kind: 'sdist', version: stem.slice(index + 1), tags: '' };
    if (name.length > project.length) return null;
  }
  return null;
}
