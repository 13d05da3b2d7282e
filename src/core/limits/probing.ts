const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Limits of requests, responses and confirmations. Part of `limits`. */
export const probingLimits = {
  /** The maximum length of an access token of our API. It is limited because proxies refuse long request heads. */
  tokenChars: 1_024,
  /** A shorter access token causes a warning, because it may be guessed. */
  tokenCharsSafe: 16,
  remedyChars: 16 * kib,
  /** The maximum number of redirects of a request, as in the go command (docs/protocols/go.md#goproxy). */
  redirects: 10,
  headBytes: 64 * kib,
  headersKept: 40,
  headerValueChars: 300,
  /** The maximum number of characters of a URL in a transcript. The request has the whole URL. */
  hopUrlChars: 2_048,
  /**
   * The maximum size of a list of versions or tags, or an OCI manifest. The list of the busiest Go module is under 1
   * MiB.
   */
  listBytes: 4 * mib,
  infoBytes: 64 * kib,
  /** The size limit that the go command sets for a go.mod (docs/protocols/go.md#rules-of-a-module-zip). */
  modBytes: 16 * mib,
  /**
   * The maximum size of an artifact. It is the go command's limit for a module zip and its files
   * (docs/protocols/go.md#rules-of-a-module-zip).
   */
  zipBytes: 500 * mib,
  zipEntries: 100_000,
  zipDirectoryBytes: 32 * mib,
  /**
   * An artifact or a long index is stored in a file if it is longer than this. Then only its beginning is in memory.
   */
  bodyHeldBytes: 8 * mib,
  bodyBeginBytes: 64 * kib,
  /** The maximum size of a body that must be in memory completely, because a program (`gpgv`) verifies it. */
  bodyHeldBytesMax: 128 * mib,
  /** The number of bytes that are hashed in one turn of the event loop. That takes about 10 ms. */
  hashTurnBytes: 4 * mib,
  hashEntryBytes: 16 * kib,
  /**
   * The maximum decoded size of a Python project page or an npm packument. They are read in bounded memory. Real ones
   * have up to 52 MB (docs/decisions/0024-long-bodies-go-to-a-file.md).
   */
  indexBytes: 256 * mib,
  coreMetadataBytes: 1 * mib,
  noteBytes: 64 * kib,
  /** The maximum length of the signed tree head of a checksum database. Real tree heads have about 200 characters. */
  headNoteChars: 4 * kib,
  /** The maximum number of versions in a packument. The largest packages have about ten thousand. */
  packumentVersions: 100_000,
  jsonValues: 1_100_000,
  /**
   * The maximum size of a part of long JSON that is parsed at once. Entries of project pages and `dist` of packuments
   * have about 1 KB.
   */
  jsonPartBytes: 256 * kib,
  /** The maximum nesting of JSON. No known format has ten levels. */
  jsonDepth: 100,
  /** The maximum size of npm dist-tags, or of the manifest of a version. Real ones have a few KB. */
  distTagsBytes: 1 * mib,
  tileBytes: 8 * kib,
  errorBodyBytes: 8 * kib,
  /**
   * A body is decoded up to this size, or up to `decodedFactor` times its encoded length if that is more. This limits
   * gzip bombs.
   */
  decodedBytes: 16 * mib,
  decodedFactor: 64,
  /** The maximum number of requests of one probe. Lookups in a checksum database need the most requests. */
  requestsPerProbe: 400,
  /** All aside requests of a probe (for example for a token) together may take this many timeouts. */
  asideTimeouts: 2,
  /** The maximum number of records that one probe looks up in a checksum database. */
  lookupsPerProbe: 100,
  /** The maximum number of records that are requested before the first of them is verified. */
  lookupsAtOnce: 10,
  /** The maximum number of remembered texts per mirror and thread, such as a token for each repository. */
  probeMemory: 100,
  versionsKept: 5_000,
  /**
   * The maximum number of versions that are counted per project or module. Real projects have up to 10 000 versions.
   */
  versionsCounted: 100_000,
  contentVersions: 100,
  contentTags: 16,
  /** The maximum number of tags that are read from a response. Some registries have thousands. */
  tagsRead: 10_000,
  releasesKept: 64,
  tagChanges: 32,
  /**
   * The number of earlier values of `latest` that are remembered. A return to one of them shows that the mirror
   * alternates between backends.
   */
  resolvedLeft: 4,
  /** The number of served versions remembered per target that resolves to changing versions (`@latest`, a tag). */
  seenVersions: 16,
  /** If a target resolved to this many new versions within an hour, the first fetch of a further one is not cold. */
  coldVersions: 3,
  /** A version counts as gone after this many responses in a row without it. */
  contentReadings: 12,
  /**
   * After a step backwards (for example a tag that names an older version), a mirror's contents count as going
   * backwards until this many responses in a row show no such step.
   */
  calmReadings: 24,
  missingNamed: 5,
  propagationsKept: 100,
  versionChars: 200,
  moduleChars: 400,
  /**
   * A doubt about a mirror ends at the latest this long after the last target was added to it. Until then, the mirrors
   * of the upstream are probed every `roundStepMs`.
   */
  roundMs: 15 * second,
  roundStepMs: 1 * second,
  /** The maximum number of concurrent confirming probes per host, in addition to `perHost`. */
  confirmingPerHost: 4,
  roundTimeoutMsMin: 1_500,
  roundTimeoutFactor: 3,
  /** The maximum part of the timeout that the variation of response times decides. Several such probes fit into `roundMs`. */
  roundTailMsMax: 5 * second,
  /** A client tries the other address family after this time (RFC 8305 section 5 recommends 250 ms; Go waits 300). */
  familyFallbackMs: 300,
  /**
   * The minimum timeout of a recheck, unless the configured timeout is shorter. It is long enough to measure slow
   * responses.
   */
  recheckTimeoutMsMin: 5_000,
  recheckTimeoutFactor: 4,
  /**
   * A single wrong hash is forgotten at the first good response that arrives at least this long after the wrong hash.
   */
  wrongOnceMs: 24 * 60 * minute,
  /** Other wrong bytes of the same artifact count at least, and at most, this long after the first ones. */
  wrongAgainMsMin: minute,
  wrongAgainMs: 120 * minute,
  /**
   * A wrong hash also counts if the mirror has sent one for another artifact: at least, and at most, this long before.
   */
  wrongElsewhereMsMin: minute,
  wrongElsewhereMs: 60 * minute,
  /** The maximum number of rechecks after a wrong hash. For small artifacts, `wrongRechecksMax` applies instead. */
  wrongRechecks: 3,
  wrongRechecksMax: 12,
  wrongRechecksBytes: 64 * mib,
  /** If a mirror has sent more beginnings of an artifact than this in good downloads, they are not compared. */
  beginningsKnown: 4,
  /** After this many searches of a mirror in vain within a day, its beginnings are not compared. */
  beginningsInVain: 4,
  /** While downloads search for an odd beginning, other ones of the artifact do not count for this time. */
  oddBeginningMs: 10 * minute,
  /** The usual interval between two rechecks that download an artifact. */
  heavyRecheckMs: 10 * second,
  peekBytes: 64 * kib,
  rankDownloadBytes: 4 * mib,
  /**
   * The initial budget of probes outside the schedule. Each such probe takes one token, and scheduled samples add
   * tokens.
   */
  roundTokensStart: 60,
  roundTokensShare: 0.18,
  roundTokensMax: 300,
  /**
   * A recheck of a slow target starts only if at least this many tokens of the budget (see `roundTokensStart`) remain.
   */
  roundTokensKept: 30,
  roundTokensKeptOfPeeks: 60,
  peekTokensShare: 0.06,
  peekTokensMax: 20,
  /**
   * If the usual budget (see `roundTokensStart`) is too small, urgent rechecks use a second budget. The second budget
   * is larger by this factor.
   */
  roundUrgentFactor: 3,
} as const;
