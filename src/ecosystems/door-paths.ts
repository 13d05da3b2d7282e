/** The meaning of one path that a client requests. */
export interface DoorPath {
  /** The module that the path names, in the form that private patterns match; `null`: none. */
  readonly module: string | null;
  /** `index`: metadata, or a file that may change; `artifact`: a file that should never change. */
  readonly kind: 'index' | 'artifact';
}

/**
 * The paths that `DoorPaths.read` accepts, for printed front doors. The expressions are for decoded paths, without
 * regard to case. They have no look-around, braces and flags.
 */
export interface DoorPatterns {
  /** Matches paths below the prefix that clients request. It has no anchors. */
  readonly paths: string;
  /** A folder beside the base URL, for files that an index names by relative links; absent: there is none. */
  readonly beside?: string;
  /** Matches the beginning of every path whose module matches the private pattern, and perhaps of others. */
  privateOf(pattern: string): string;
}

/** What a front door knows of an ecosystem's requests. */
export interface DoorPaths {
  /**
   * The path prefix of the ecosystem at the door, without outer slashes: `go`. Below the prefix are the same paths as below a
   * mirror's base URL. If the ecosystem has no public upstream, the name of the upstream follows the prefix.
   */
  readonly prefix: string;
  /** A response in HTML is never a good one: it is an error or the page of a captive portal. */
  readonly neverHtml?: true;
  /**
   * The index from `url` with absolute links, so that it can be served at another URL. Absent: it has no relative links.
   * @returns  `null` if the index cannot be read, has too many links, or would be longer than `limits.doorRewriteBytes`
   */
  absolute?(text: string, contentType: string, url: string): string | null;
  /** Files that one client requests within minutes must come from one mirror, as a signed list and its packages. */
  readonly staysTogether?: true;
  readonly patterns: DoorPatterns;
  /** @param path  below the prefix, without a leading slash, with percent escapes as sent. `null`: no client requests it */
  read(path: string): DoorPath | null;
}
