const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of what is requested, read and confirmed. Part of `limits`. */
export const probingLimits = {
  /**
   * A token of callers: about 40 characters; proxies refuse longer heads. Tokens shorter than the minimum can be guessed.
   */
  tokenChars: 1_024,
  tokenCharsSafe: 16,
  /** Each value of a remedy that is written into a client's file: a chain of a few URLs, each of at most 4 096. */
  remedyChars: 16 * kib,
  /** The chain of a what-if: a real one has two hundred characters and three members. */
  whatIfChars: 2_000,
  whatIfMembers: 8,
  /** The go command follows at most 10 redirects (protocols.md 1.3). */
  redirects: 10,
  /** Ten times what any mirror sends; Node's own cap is 16 KiB for the head. */
  headBytes: 64 * kib,
  /** Headers kept in a transcript; the rest is counted. */
  headersKept: 40,
  headerValueChars: 300,
  /** The part of a URL that a transcript keeps; the whole URL is requested. */
  hopUrlChars: 2_048,
  /** A `@v/list` of the busiest modules is under 1 MiB. */
  listBytes: 4 * mib,
  infoBytes: 64 * kib,
  /** The go command's own cap on go.mod (protocols.md 1.8). */
  modBytes: 16 * mib,
  /** The go command's own cap on a module zip and on the sum of its uncompressed files (protocols.md 1.8). */
  zipBytes: 500 * mib,
  zipEntries: 100_000,
  /** The size of a zip directory: the names, sizes and offsets of `zipEntries` entries. */
  zipDirectoryBytes: 32 * mib,
  /**
   * An artifact up to this size is held in memory; a longer one is in a file without a name, with its beginning in memory.
   */
  bodyHeldBytes: 8 * mib,
  bodyBeginBytes: 64 * kib,
  /** The maximum size of a body that must be in memory completely: sent with an encoding, or verified by a program. */
  bodyHeldBytesMax: 128 * mib,
  /** Bytes hashed in one turn of a thread's loop: about ten milliseconds. Each zip entry counts `hashEntryBytes` more. */
  hashTurnBytes: 4 * mib,
  hashEntryBytes: 16 * kib,
  /** The page of a Python project: those of the largest projects have some MiB (protocols.md 3.1). */
  projectPageBytes: 16 * mib,
  coreMetadataBytes: 1 * mib,
  noteBytes: 64 * kib,
  /** A signed tree head has 200 characters; a longer text is invalid, so two of them fit whole into evidence. */
  headNoteChars: 4 * kib,
  /** An npm packument in short form is under 10 MiB (protocols.md 2.1); a full one is read up to this limit. */
  packumentBytes: 32 * mib,
  /** The largest packages have about ten thousand versions. */
  packumentVersions: 100_000,
  /**
   * For JSON that is parsed in one piece: packuments have a value per 33 bytes, so this fits `packumentBytes` and parses
   * within a second in the worst case. No format here is ten levels deep.
   */
  jsonValues: 1_100_000,
  jsonDepth: 100,
  /** npm dist-tags, or the manifest of one version: a few KB, thousands of tags at most. */
  distTagsBytes: 1 * mib,
  tileBytes: 8 * kib,
  errorBodyBytes: 8 * kib,
  /** The limit of a gzip bomb: no light response decodes to more. */
  decodedBytes: 16 * mib,
  /** A hundred lookups of a checksum database with their tiles; every other conversation needs a tenth of it. */
  asksPerProbe: 400,
  /**
   * Each aside of a probe has a timeout of its own, and all together this many: with the timed part, a probe holds its
   * slot for at most three.
   */
  asideTimeouts: 2,
  /** The maximum number of records that one probe looks up in a checksum database for unknown hashes. */
  lookupsPerProbe: 100,
  /** This many of those records are verified together; records without time left are looked up by the next probe. */
  lookupsAtOnce: 10,
  /** Texts that conversations keep per mirror and thread: a token for each repository, and some more. */
  probeMemory: 100,
  /** Versions kept of a list for lag and `latest`. */
  versionsKept: 5_000,
  /** Versions compared per response, so that a packument with a thousand versions takes two kilobytes. */
  contentVersions: 100,
  contentTags: 16,
  /** Tags read per response, besides `latest`; registries have some thousand at most. */
  tagsRead: 10_000,
  /** Releases kept per module, and values of its tags; a mirror that lacks older ones lacks newer ones too. */
  releasesKept: 64,
  tagChanges: 32,
  /** Earlier values of `latest`: this many alternating backends are recognized. */
  resolvedLeft: 4,
  /** This many responses in a row must lack a version before it counts as gone. */
  contentLooks: 12,
  /**
   * This many responses in a row must not go backwards before the trouble has ended: alternating backends repeat within
   * two periods, each shorter than `contentLooks`.
   */
  calmLooks: 24,
  /** Versions that a finding names. */
  missingNamed: 5,
  /** Propagation times kept per mirror, for their quantiles. */
  propagationsKept: 100,
  versionChars: 200,
  moduleChars: 400,
  /** design.md section 5: the longest confirming round, and the longest time a sample is held. */
  roundMs: 15 * second,
  roundStepMs: 1 * second,
  /**
   * Parallel confirming probes per host, one for each upstream on it, besides `perHost`: without a response a slot is held
   * for 1.5 s, a row needs two of them after the first failure, and eight upstreams fit in a round.
   */
  confirmingPerHost: 4,
  roundTimeoutMsMin: 1_500,
  roundTimeoutFactor: 3,
  /** The time until a client tries the other address family (RFC 8305 section 5 recommends 250 ms; Go waits 300). */
  familyFallbackMs: 300,
  /**
   * The minimum timeout for probes of siblings and for rechecks that advice orders: long enough to measure a slow
   * response.
   */
  lookTimeoutMsMin: 5_000,
  lookTimeoutFactor: 4,
  /** After one wrong hash: the time within which a second one opens a finding, and the number of probes for it. */
  wrongOnceMs: 24 * 60 * minute,
  wrongLooks: 3,
  /** Up to this many such probes are made if all of them together read at most `wrongLooksBytes`. */
  wrongLooksMax: 12,
  wrongLooksBytes: 64 * mib,
  /** The minimum time between unplanned probes of a heavy target. */
  heavyLookMs: 10 * second,
  /** The bytes that a peek reads of an artifact: enough for its rate, without a full download. */
  peekBytes: 64 * kib,
  /** The bytes that `rank` reads of one artifact per mirror: well past slow start, in two minutes at 35 KB/s. */
  rankDownloadBytes: 4 * mib,
  /**
   * design.md section 5.1: the budget of unplanned probes, one token each. Each scheduled sample adds `roundTokensShare`.
   * Urgent orders have a further budget, `roundUrgentFactor` times as large. Doubts of canaries are free.
   */
  roundTokensStart: 60,
  roundTokensShare: 0.18,
  roundTokensMax: 300,
  /** Tokens that a recheck of a slow response leaves for doubts and orders; and those that an ordinary peek leaves. */
  roundTokensKept: 30,
  roundTokensKeptOfPeeks: 60,
  /** If `tokens` is not above `roundTokensKeptOfPeeks`, peeks use this budget: one per about 17 scheduled probes. */
  peekTokensShare: 0.06,
  peekTokensMax: 20,
  roundUrgentFactor: 3,
} as const;
