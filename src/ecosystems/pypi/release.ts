import { limits } from '../../core/limits.ts';
import { each, type Slices } from '../../core/slices.ts';
import { parseFileName } from './file-name.ts';
import type { IndexFile, ProjectPage } from './project-page.ts';
import { compareVersions, isPrerelease, type PypiVersion, parseVersion } from './version.ts';

/** One version of a project as its page has it. */
export interface Release {
  /** As its first file, or the page's list, spells it. */
  readonly text: string;
  readonly version: PypiVersion;
  readonly files: readonly ReleaseFile[];
}

/** A file of a release, and what its name says. */
export interface ReleaseFile extends IndexFile {
  readonly kind: 'wheel' | 'sdist';
  readonly tags: string;
}

/** So many more than are kept are put in order at once. */
const spareMax = 2_000;

/** The releases of a page, ascending, the highest `limits.versionsKept`: by what it lists and by the names of its files. */
export function* releasesOf({ files, versions }: ProjectPage, project: string): Slices<readonly Release[]> {
  let found = new Map<string, { text: string; version: PypiVersion; files: ReleaseFile[] }>();
  const ordered = () =>
    [...found].sort(([, a], [, b]) => compareVersions(a.version, b.version)).slice(-limits.versionsKept);
  const of = (text: string): ReleaseFile[] | null => {
    const version = parseVersion(text);
    if (version === null) return null;
    const key = JSON.stringify(version);
    const known = found.get(key) ?? { text, version, files: [] };
    // One that falls out has so many above it, and stays out.
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
 * What `latest` stands for: the highest with a file that is not yanked, no pre-release where there is another; `null`
 * without any.
 */
export function newestOf(releases: readonly Release[]): Release | null {
  const usable = releases.filter(({ files }) => files.some(({ isYanked }) => !isYanked));
  return usable.findLast(({ version }) => !isPrerelease(version)) ?? usable.at(-1) ?? null;
}

/** The release of a version in any spelling; `null`: the page has none, or none with a file. */
export function releaseOf(releases: readonly Release[], version: string): Release | null {
  const wanted = parseVersion(version);
  if (wanted === null) return null;
  return releases.find((one) => one.files.length > 0 && compareVersions(one.version, wanted) === 0) ?? null;
}

/**
 * The file that a probe takes of a release, the same at every mirror that has the same files: one that `isPreferred` (a
 * lock file knows its hash) before others, a wheel for any machine before the others, those before a source archive; then
 * by name.
 */
export function chosenFile(
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
