/** What a client requests with one path. */
export interface DoorPath {
  /** The module that it names, in the form that private patterns match; `null`: none. */
  readonly module: string | null;
  /** `index`: metadata, or a file that may change; `artifact`: a large file that never changes. */
  readonly kind: 'index' | 'artifact';
}

/**
 * The same for proxies that are not ours, as regular expressions over decoded paths: without anchors, look-around, braces
 * and flags; case is ignored.
 */
export interface DoorPatterns {
  /** Paths below the prefix that clients request. */
  readonly paths: string;
  /** A folder beside the base URL, with the files that an index names by relative links; absent: none. */
  readonly beside?: string;
  /** Matches the beginning of every path below the prefix that contains a private name. It may also match other paths. */
  privateOf(pattern: string): string;
}

/** What a front door knows of an ecosystem's requests. */
export interface DoorPaths {
  /**
   * The path prefix of its clients at the door, without slashes: `go`. Below it are the same paths as below a mirror's base
   * URL. If the ecosystem has no public upstream, the name of the upstream follows the prefix.
   */
  readonly prefix: string;
  /** A response in HTML, with any status, is a captive portal's or an error page. Absent: responses may be HTML. */
  readonly neverHtml?: true;
  /**
   * An index with its relative links made absolute, so that it can be served from another place; absent: it has none.
   * @param url  where it came from
   * @returns `null` where it cannot be read, has too many links, or would be longer than `limits.doorRewriteBytes`
   */
  absolute?(text: string, contentType: string, url: string): string | null;
  /** Files that one client requests within minutes belong together (a signed list and its packages). Absent: they do not. */
  readonly staysTogether?: true;
  readonly patterns: DoorPatterns;
  /** Reads a path below the prefix, without a leading slash, its percent escapes as sent; `null`: none that its clients request. */
  read(path: string): DoorPath | null;
}
