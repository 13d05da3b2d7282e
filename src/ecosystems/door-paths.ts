export interface DoorPath {
  /**
   * The module that the path names, in the spelling that private patterns are compared with; `null`: the path names
   * none.
   */
  readonly module: string | null;
  /** The version that the path names, in the spelling of `DoorPaths.spelled`; absent: none. */
  readonly version?: string;
  /**
   * `index`: metadata, or a file that may change; `artifact`: a file that should never change. `refused`: a file at the
   * door itself, to which `DoorPaths.refusing` leads.
   */
  readonly kind: 'index' | 'artifact' | 'refused';
  /**
   * The maximum length of a response, bytes. A longer response of a mirror is a failure. If absent, the limits of the
   * front door (mirrorwatch's proxy for clients) apply.
   */
  readonly bytesMax?: number;
  /** The SHA-256 of the file, lower-case hex, if the path names it. */
  readonly sha256?: string;
}

/**
 * Makes the links of a page absolute. It is called with one part of the page after the other, and returns the changed
 * text that is complete. @throws Error if there are too many links, or the changed page is too long
 */
export type RewriteLinks = (part: string, isLast: boolean) => string;

/**
 * Regular expressions for the configuration of other reverse proxies. The expressions match approximately the paths
 * that `DoorPaths.read` accepts. Apply them to decoded paths and ignore case. They contain no look-around, braces or
 * flags.
 */
export interface DoorPatterns {
  /** An expression that matches paths below `prefix`. It contains no anchors (`^`, `$`). */
  readonly paths: string;
  /**
   * Only for an ecosystem with `DoorPaths.files`: how to recognise the ecosystem's files, which are outside the base
   * URL.
   */
  readonly files?: {
    /** The folder next to the base URL in which most mirrors have the files. */
    readonly beside: string;
    /** An expression that matches the path of a file of this ecosystem in any folder. */
    readonly paths: string;
  };
  /**
   * Returns an expression that matches the beginning of each path whose module matches this private pattern. It may
   * match other paths too.
   */
  privateOf(pattern: string): string;
}

/** How to find the URLs of files to which a mirror's index pages link. */
export interface DoorFiles {
  /**
   * The values of the `Accept` header with which to request a module's page. A mirror may return a different format for
   * each value.
   */
  readonly accepts: readonly string[];
  /** Returns the path of a module's page below the base URL. */
  pageOf(module: string): string;
  /** Returns the URLs of the files to which a page links, resolved against `url`; `null`: the body is no index page. */
  filesOn(body: Uint8Array, contentType: string, url: string): readonly string[] | null;
}

/** Withdrawn versions that the front door refuses. */
export interface DoorRefusal {
  readonly module: string;
  readonly versions: ReadonlySet<string>;
  /** The URL of the module's index at the door, without a trailing slash. */
  readonly at: string;
}

/** How the front door, mirrorwatch's own proxy for clients, recognises the requests of an ecosystem. */
export interface DoorPaths {
  /**
   * The path prefix at the front door, without outer slashes, such as `go`. Below the prefix, the paths are the same as
   * below a mirror's base URL. If the ecosystem has no public upstream, the name of the upstream follows the prefix.
   */
  readonly prefix: string;
  /** True if an HTML response is never content: it is an error page or a captive portal. */
  readonly neverHtml?: true;
  /**
   * Returns a function that makes the links in an index page absolute; `null`: the page cannot be read. If the method
   * is absent, index pages need no change.
   * @param start    the beginning of the page
   * @param isWhole  true if `start` is the whole page
   * @param url      the URL of the page
   */
  absolute?(start: string, isWhole: boolean, contentType: string, url: string): RewriteLinks | null;
  /**
   * As `absolute`, but links to the artifacts of withdrawn versions lead to the front door, which refuses them. Absent:
   * clients request each artifact from the front door.
   */
  refusing?(refusal: DoorRefusal): NonNullable<DoorPaths['absolute']>;
  /** Returns a version of `withdrew` in the one spelling in which paths have it. Absent: it has only one. */
  spelled?(version: string): string;
  /** True: clients show the member `error` of a response in JSON, not a plain text. */
  readonly showsJsonErrors?: true;
  /**
   * Loads the code that finds the URLs of files in index pages. Absent if files are below the base URL, or if an index
   * names them by full URLs.
   */
  readonly files?: () => Promise<DoorFiles>;
  /**
   * True if all requests of a client must go to the same mirror for a while. On different mirrors, a signed list and
   * its packages may not match.
   */
  readonly staysTogether?: true;
  readonly patterns: DoorPatterns;
  /**
   * Recognises the path of a request.
   * @param path  the path below the prefix, without a leading slash, with percent escapes as sent
   * @returns     `null` for a path that clients do not request
   */
  read(path: string): DoorPath | null;
}
