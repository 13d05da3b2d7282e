const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of what is requested, read and confirmed. Part of `limits`. */
export const probingLimits = {
  /** The longest token, as proxies refuse longer heads, and the shortest one that cannot be guessed. */
  tokenChars: 1_024,
  tokenCharsSafe: 16,
  /** The longest value of a remedy: a chain of a few URLs. */
  remedyChars: 16 * kib,
  /** The longest chain of a what-if: a real one has two hundred characters and three members. */
  whatIfChars: 2_000,
  whatIfMembers: 8,
  /** The go command follows at most 10 redirects (protocols.md 1.3). */
  redirects: 10,
  /** The longest head of a response: ten times what any mirror sends. */
  headBytes: 64 * kib,
  /** Headers kept in a transcript; the rest is counted. */
  headersKept: 40,
  headerValueChars: 300,
  /** Characters of a URL that a transcript keeps; the whole URL is requested. */
  hopUrlChars: 2_048,
  /** The list of versions of the busiest modules is under 1 MiB. */
  listBytes: 4 * mib,
  infoBytes: 64 * kib,
  /** The go command's own limit of a go.mod (protocols.md 1.8). */
  modBytes: 16 * mib,
  /** The go command's own limit of a module zip and of its uncompressed files (protocols.md 1.8). */
  zipBytes: 500 * mib,
  zipEntries: 100_000,
  /** The longest directory of a zip with `zipEntries` entries. */
  zipDirectoryBytes: 32 * mib,
  /**
   * An artifact up to this size is in memory; a longer one is in a file without a name, with its beginning in memory.
   */
  bodyHeldBytes: 8 * mib,
  bodyBeginBytes: 64 * kib,
  /** The longest body that must be in memory completely: sent with an encoding, or verified by a program. */
  bodyHeldBytesMax: 128 * mib,
  /** Bytes hashed in one turn of a thread's loop, about ten milliseconds; each zip entry counts as `hashEntryBytes`. */
  hashTurnBytes: 4 * mib,
  hashEntryBytes: 16 * kib,
  /** The page of a Python project: those of the largest have some MiB (protocols.md 3.1). */
  projectPageBytes: 16 * mib,
  coreMetadataBytes: 1 * mib,
  noteBytes: 64 * kib,
  /** The longest signed tree head: real ones have 200 characters, and two must fit into evidence. */
  headNoteChars: 4 * kib,
  /** An npm packument in short form is under 10 MiB (protocols.md 2.1); a full one is read up to this size. */
  packumentBytes: 32 * mib,
  /** The largest packages have about ten thousand versions. */
  packumentVersions: 100_000,
  /** Values of JSON that is parsed in one piece, within a second: a packument has one per 33 bytes. */
  jsonValues: 1_100_000,
  /** No format here is ten levels deep. */
  jsonDepth: 100,
  /** npm dist-tags, or the manifest of a version, have a few KB. */
  distTagsBytes: 1 * mib,
  tileBytes: 8 * kib,
  errorBodyBytes: 8 * kib,
  /** The longest decoded response, against gzip bombs. */
  decodedBytes: 16 * mib,
  /** Requests per probe: a hundred lookups in a checksum database with their tiles; others need a tenth. */
  asksPerProbe: 400,
  /** Each aside has a timeout of its own; all asides of a probe together have so many timeouts. */
  asideTimeouts: 2,
  /** Records that one probe looks up in a checksum database for unknown hashes. */
  lookupsPerProbe: 100,
  /** Lookups in parallel; records without time left wait for the next probe. */
  lookupsAtOnce: 10,
  /** Texts that conversations keep per mirror and thread: a token for each repository. */
  probeMemory: 100,
  versionsKept: 5_000,
  /** Versions compared per response; they take two kilobytes. */
  contentVersions: 100,
  contentTags: 16,
  /** Tags read per response, besides `latest`: registries have some thousand. */
  tagsRead: 10_000,
  /** Releases kept per module, and values of its tags: a mirror that lacks older ones lacks newer ones too. */
  releasesKept: 64,
  tagChanges: 32,
  /** Earlier values of `latest` that are known: so many alternating backends are recognized. */
  resolvedLeft: 4,
  /** A version counts as gone after this many responses in a row without it. */
  contentLooks: 12,
  /** A regression ends after this many responses without a step back: two periods of alternating backends. */
  calmLooks: 24,
  /** Versions that a finding names. */
  missingNamed: 5,
  /** Propagation times kept per mirror. */
  propagationsKept: 100,
  versionChars: 200,
  moduleChars: 400,
  /** The longest confirming round, and the longest time a sample is held (design.md section 5). */
  roundMs: 15 * second,
  roundStepMs: 1 * second,
  /** Parallel confirming probes per host besides `perHost`: eight upstreams at 1.5 s fit in a round. */
  confirmingPerHost: 4,
  roundTimeoutMsMin: 1_500,
  roundTimeoutFactor: 3,
  /** When a client tries the other address family (RFC 8305 section 5 recommends 250 ms; Go waits 300). */
  familyFallbackMs: 300,
  /** The minimum timeout of rechecks: long enough to measure a slow response. */
  lookTimeoutMsMin: 5_000,
  lookTimeoutFactor: 4,
  /** Within this time after a wrong hash, a second one opens a finding. */
  wrongOnceMs: 24 * 60 * minute,
  /** Probes after a wrong hash; up to `wrongLooksMax` if all read at most `wrongLooksBytes`. */
  wrongLooks: 3,
  wrongLooksMax: 12,
  wrongLooksBytes: 64 * mib,
  /** The usual time between two rechecks of a heavy target. */
  heavyLookMs: 10 * second,
  /** Bytes that a peek reads of an artifact. */
  peekBytes: 64 * kib,
  /** Bytes that `rank` reads of an artifact: well past slow start. */
  rankDownloadBytes: 4 * mib,
  /** The budget of unplanned probes, one token each (design.md section 5.1). A scheduled sample adds a share. */
  roundTokensStart: 60,
  roundTokensShare: 0.18,
  roundTokensMax: 300,
  /** A recheck of a slow response leaves this many tokens for doubts and orders, an ordinary peek more. */
  roundTokensKept: 30,
  roundTokensKeptOfPeeks: 60,
  /** Below `roundTokensKeptOfPeeks`, peeks use a budget of their own. */
  peekTokensShare: 0.06,
  peekTokensMax: 20,
  /** Urgent orders have a further budget, so many times as large. */
  roundUrgentFactor: 3,
} as const;
