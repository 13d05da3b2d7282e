/** One file of a project page. */
export interface IndexFile {
  readonly name: string;
  /** Absolute, without its fragment. */
  readonly url: string;
  /** Lower-case hex; `null`: the page has none that we check. */
  readonly sha256: string | null;
  readonly isYanked: boolean;
  /** The `.metadata` file beside it; `null`: not announced. `sha256` as above. */
  readonly metadata: { readonly sha256: string | null } | null;
  /** Absolute URL of its attestations; `null`: not announced. @see PEP 740 */
  readonly provenance: string | null;
}

/** A project page, in either form. */
export interface ProjectPage {
  readonly files: readonly IndexFile[];
  /** Those that the page lists itself (version 1.1 of its form); `null`: by the names of its files. */
  readonly versions: readonly string[] | null;
  /** Of the last change of the project, where the page itself says so. */
  readonly serial: string | null;
}

/** Files of one page that are read; the rest is left. Pages of the busiest projects have some ten thousand. */
export const filesMax = 100_000;
