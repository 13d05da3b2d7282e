const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of what is requested, read and confirmed. Part of `limits`. */
export const probingLimits = {
  /** Characters of a token: proxies refuse longer heads, and below the minimum it can be guessed. */
  tokenChars: 1_024,
  tokenCharsSafe: 16,
  /** One value of a remedy: a chain of a few URLs. */
  remedyChars: 16 * kib,
  /** A what-if: a real chain has two hundred characters and three members. */
  whatIfChars: 2_000,
  whatIfMembers: 8,
  /** The go command follows at most 10 redirects (protocols.md 1.3). */
  redirects: 10,
  /** Ten times what any mirror sends. */
  headBytes: 64 * kib,
  /** Headers kept in a transcript; the rest is counted. */
  headersKept: 40,
  headerValueChars: 300,
  /** The part of a URL that a transcript keeps. */
  hopUrlChars: 2_048,
  /** The list of the busiest modules is under 1 MiB. */
  listBytes: 4 * mib,
  infoBytes: 64 * kib,
  /** The go command's own limit of a go.mod (protocols.md 1.8). */
  modBytes: 16 * mib,
  /** The go command's own limit of a module zip and of its uncompressed files (protocols.md 1.8). */
  zipBytes: 500 * mib,
  zipEntries: 100_000,
  /** The directory of a zip with `zipEntries` entries. */
  zipDirectoryBytes: 32 * mib,
  /** A longer artifact is in a file without a name, with the beginning in memory. */
  bodyHeldBytes: 8 * mib,
  bodyBeginBytes: 64 * kib,
  /** A body that must be in memory completely: sent with an encoding, or verified by a program. */
  bodyHeldBytesMax: 128 * mib,
  /** Bytes hashed in one turn of a thread's loop: about ten milliseconds; and what a zip entry counts. */
  hashTurnBytes: 4 * mib,
  hashEntryBytes: 16 * kib,
  /** The pages of the largest projects have some MiB (protocols.md 3.1). */
  projectPageBytes: 16 * mib,
  coreMetadataBytes: 1 * mib,
  noteBytes: 64 * kib,
  /** A signed tree head has 200 characters; two of them fit into evidence. */
  headNoteChars: 4 * kib,
  /** A packument in short form is under 10 MiB (protocols.md 2.1); a full one is read up to this. */
  packumentBytes: 32 * mib,
  /** The largest packages have ten thousand. */
  packumentVersions: 100_000,
  /** JSON in one piece: a packument has a value per 33 bytes, and parses in a second. No format is ten levels deep. */
  jsonValues: 1_100_000,
  jsonDepth: 100,
  /** npm dist-tags, or the manifest of a version: a few KB. */
  distTagsBytes: 1 * mib,
  tileBytes: 8 * kib,
  errorBodyBytes: 8 * kib,
  /** Against gzip bombs: no light response decodes to more. */
  decodedBytes: 16 * mib,
  /** A hundred lookups in a checksum database with their tiles; other conversations need a tenth. */
  asksPerProbe: 400,
  /** Each aside has a timeout of its own, all asides of a probe together this many. */
  asideTimeouts: 2,
  /** Records that one probe looks up in a checksum database for unknown hashes. */
  lookupsPerProbe: 100,
  /** Verified together; records without time left wait for the next probe. */
  lookupsAtOnce: 10,
  /** Texts that conversations keep per mirror and thread: a token for each repository. */
  probeMemory: 100,
  versionsKept: 5_000,
  /** Versions compared per response: two kilobytes. */
  contentVersions: 100,
  contentTags: 16,
  /** Tags read per response, besides `latest`: registries have some thousand. */
  tagsRead: 10_000,
  /** Releases kept per module, and values of its tags: a mirror that lacks older ones lacks newer ones too. */
  releasesKept: 64,
  tagChanges: 32,
  /** Earlier values of `latest`: so many alternating backends are recognized. */
  resolvedLeft: 4,
  /** Responses in a row that lack a version before it counts as gone. */
  contentLooks: 12,
  /** Responses in a row without a step back that end the trouble: two periods of alternating backends. */
  calmLooks: 24,
  /** Versions that a finding names. */
  missingNamed: 5,
  /** Propagation times kept per mirror. */
  propagationsKept: 100,
  versionChars: 200,
  moduleChars: 400,
  /** The longest confirming round, and hold of a sample (design.md section 5). */
  roundMs: 15 * second,
  roundStepMs: 1 * second,
  /** Parallel confirming probes per host besides `perHost`: eight upstreams at 1.5 s fit in a round. */
  confirmingPerHost: 4,
  roundTimeoutMsMin: 1_500,
  roundTimeoutFactor: 3,
  /** Until a client tries the other address family (RFC 8305 section 5 recommends 250 ms; Go waits 300). */
  familyFallbackMs: 300,
  /** The minimum timeout of rechecks: long enough to measure a slow response. */
  lookTimeoutMsMin: 5_000,
  lookTimeoutFactor: 4,
  /** After a wrong hash: when a second one opens a finding, and the probes for it, within `wrongLooksBytes` more. */
  wrongOnceMs: 24 * 60 * minute,
  wrongLooks: 3,
  wrongLooksMax: 12,
  wrongLooksBytes: 64 * mib,
  /** Between unplanned probes of a heavy target. */
  heavyLookMs: 10 * second,
  /** What a peek reads of an artifact: enough for its rate. */
  peekBytes: 64 * kib,
  /** What `rank` reads of an artifact: well past slow start. */
  rankDownloadBytes: 4 * mib,
  /** Tokens of unplanned probes (design.md section 5.1): a scheduled sample adds a share; urgent orders have more. */
  roundTokensStart: 60,
  roundTokensShare: 0.18,
  roundTokensMax: 300,
  /** Tokens left for doubts and orders by a recheck of a slow response, and by an ordinary peek. */
  roundTokensKept: 30,
  roundTokensKeptOfPeeks: 60,
  /** With fewer tokens than `roundTokensKeptOfPeeks` peeks use a budget of their own. */
  peekTokensShare: 0.06,
  peekTokensMax: 20,
  roundUrgentFactor: 3,
} as const;
