/** One file of a project page. */
export interface IndexFile {
  readonly name: string;
  /** Absolute, without its fragment. */
  readonly url: string;
  /** Lower-case hex; `null`: no supported hash on the page. */
  readonly sha256: string | null;
  readonly isYanked: boolean;
  /** The `.metadata` file of it; `null`: not announced. */
  readonly metadata: { readonly sha256: string | null } | null;
  /** Absolute URL of its attestations; `null`: not announced. @see PEP 740 */
  readonly provenance: string | null;
}

/** A project page, in either form. */
export interface ProjectPage {
  readonly files: readonly IndexFile[];
  /** The versions that the page lists (version 1.1 of its form); `null`: derived from file names. */
  readonly versions: readonly string[] | null;
  /** The serial of the project's last change, if the page has it. */
  readonly serial: string | null;
}

/** The most files of one page that are read; the largest projects have some ten thousand. */
export const filesMax = 100_000;
