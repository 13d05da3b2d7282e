import { normalName } from './project.ts';

/** Ends of source distributions, today's and those of the past. */
const sdist = /\.(tar\.gz|zip|tar\.bz2|tgz|tar\.xz|tar\.Z|tar)$/;

/** What a file's name says. */
export interface FileName {
  readonly kind: 'wheel' | 'sdist';
  readonly version: string;
  /** Of a wheel, such as `py3-none-any`; empty for others. */
  readonly tags: string;
}

/**
 * Reads the name of a distribution file of a project, its name normalised; `null` for eggs, installers, signatures and
 * files of other projects.
 * @see protocols.md 3.3; PEP 427, File name convention; PEP 625
 */
export function parseFileName(file: string, project: string): FileName | null {
  if (/[/\\]/.test(file)) return null;
  if (file.endsWith('.whl')) {
    const parts = file.slice(0, -'.whl'.length).split('-');
    const [name = '', version = ''] = parts;
    const isWheel = (parts.length === 5 || parts.length === 6) && normalName(name) === project;
    return isWheel ? { kind: 'wheel', version, tags: parts.slice(-3).join('-') } : null;
  }
  if (!sdist.test(file)) return null;
  const stem = file.replace(sdist, '');
  // Older names hold dashes of the project's own: the version stands behind as many characters as the name has parts.
  for (const { index } of stem.matchAll(/(?<=[^-_.])-/g)) {
    const name = normalName(stem.slice(0, index));
    if (name === project) return { kind: 'sdist', version: stem.slice(index + 1), tags: '' };
    if (name.length > project.length) return null;
  }
  return null;
}
