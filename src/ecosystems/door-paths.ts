export interface DoorPath {
  /** The module that the path names, in the form that private patterns match; `null`: none. */
  readonly module: string | null;
  /** `index`: metadata, or a file that may change; `artifact`: a file that should never change. */
  readonly kind: 'index' | 'artifact';
}

/**
 * Regular expressions for other reverse proxies, for about the paths that `DoorPaths.read` accepts. Apply them to
 * decoded paths and ignore case. They have no look-around, braces or flags.
 */
export interface DoorPatterns {
  /** Matches paths below `prefix`. Without anchors. */
  readonly paths: string;
  /** A folder beside the base URL, for files that an index names by relative links; absent: there is none. */
  readonly beside?: string;
  /** Matches the beginning of every path whose module matches the private pattern; it may match other paths too. */
  privateOf(pattern: string): string;
}

/** How the front door recognises an ecosystem's requests. */
export interface DoorPaths {
  /**
   * The path prefix at the front door, without outer slashes: `go`. Below it are the same paths as below a mirror's
   * base URL. Without a public upstream, the name of the upstream follows the prefix.
   */
  readonly prefix: string;
  /** An HTML response is an error or a captive portal, never content. */
  readonly neverHtml?: true;
  /**
   * Makes the links in an index from `url` absolute. Absent: the index needs no change.
   * @returns  `null` if the index cannot be read or is too large
   */
  absolute?(text: string, contentType: string, url: string): string | null;
  /** One client's requests must go to one mirror for a while: a signed list and its packages must match. */
  readonly staysTogether?: true;
  readonly patterns: DoorPatterns;
  /**
   * @param path  below the prefix, without a leading slash, with percent escapes as sent
   * @returns     `null` for a path that clients do not request
   */
  read(path: string): DoorPath | null;
}
