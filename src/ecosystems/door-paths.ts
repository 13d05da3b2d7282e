export interface DoorPath {
  /** The module that the path names, in the form that private patterns match; `null`: none. */
  readonly module: string | null;
  /** `index`: metadata, or a file that may change; `artifact`: a file that should never change. */
  readonly kind: 'index' | 'artifact';
  /** A longer response of a mirror counts as a failure; absent: the front door's own limits. */
  readonly bytesMax?: number;
}

/**
 * Regular expressions for other reverse proxies, for about the paths that `DoorPaths.read` accepts. Apply them to
 * decoded paths and ignore case. They have no look-around, braces or flags.
 */
export interface DoorPatterns {
  /** Matches paths below `prefix`. Without anchors. */
  readonly paths: string;
  /** For an ecosystem with `DoorPaths.files`. */
  readonly files?: {
    /** The folder beside the base URL in which most mirrors have the files. */
    readonly beside: string;
    /** Matches the path of a file below any folder. */
    readonly paths: string;
  };
  /** Matches the beginning of every path whose module matches the private pattern; it may match other paths too. */
  privateOf(pattern: string): string;
}

/** How to learn where a mirror's pages link to. */
export interface DoorFiles {
  /** Each value of `Accept` may get another form of the page. */
  readonly accepts: readonly string[];
  /** The page of a module, below the base URL. */
  pageOf(module: string): string;
  /** The URLs of the files that a page names, resolved against `url`; `null`: it is no page. */
  filesOn(body: Uint8Array, contentType: string, url: string): readonly string[] | null;
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
  /** Absent: files are below the base URL, or an index names them by full URLs. */
  readonly files?: () => Promise<DoorFiles>;
  /** One client's requests must go to one mirror for a while: a signed list and its packages must match. */
  readonly staysTogether?: true;
  readonly patterns: DoorPatterns;
  /**
   * @param path  below the prefix, without a leading slash, with percent escapes as sent
   * @returns     `null` for a path that clients do not request
   */
  read(path: string): DoorPath | null;
}
