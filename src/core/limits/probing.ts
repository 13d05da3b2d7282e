const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of what is requested, read and confirmed. Part of `limits`. */
export const probingLimits = {
  /** A token that callers send us: some 40 characters; longer heads are refused by proxies. Shorter than so much can be guessed. */
  tokenChars: 1_024,
  tokenCharsSafe: 16,
  /** Each value of a remedy that is written into a client's file: a chain of some URLs, each of at most 4 096. */
  remedyChars: 16 * kib,
  /** A chain that a person asks about: a real one is two hundred characters and three members long. */
  whatIfChars: 2_000,
  whatIfMembers: 8,
  /** The go command follows at most 10 redirects (protocols.md 1.3). */
  redirects: 10,
  /** Ten times what any mirror sends; Node's own cap is 16 KiB for the head. */
  headBytes: 64 * kib,
  /** Headers kept in a transcript; the rest is counted. */
  headersKept: 40,
  headerValueChars: 300,
  /** Of a URL that a transcript keeps; the whole of it is asked. */
  hopUrlChars: 2_048,
  /** A `@v/list` of the busiest modules is under 1 MiB. */
  listBytes: 4 * mib,
  infoBytes: 64 * kib,
  /** The go command's own cap on go.mod (protocols.md 1.8). */
  modBytes: 16 * mib,
  /** The go command's own cap on a module zip and on the sum of its uncompressed files (protocols.md 1.8). */
  zipBytes: 500 * mib,
  zipEntries: 100_000,
  /** Names, sizes and places of so many entries. */
  zipDirectoryBytes: 32 * mib,
  /** An artifact up to this is held in memory, a longer one in a file without a name, and of that one its beginning. */
  bodyHeldBytes: 8 * mib,
  bodyBeginBytes: 64 * kib,
  /** What is wanted whole in memory all the same: sent encoded, or to be verified by a program; it is read no further. */
  bodyHeldBytesMax: 128 * mib,
  /** What is hashed in one turn of a thread's loop: some ten milliseconds, and as much of it where entries are small. */
  hashTurnBytes: 4 * mib,
  hashEntryBytes: 16 * kib,
  /** Of a Python project: pages of the busiest are some MiB (protocols.md 3.1). */
  projectPageBytes: 16 * mib,
  coreMetadataBytes: 1 * mib,
  noteBytes: 64 * kib,
  /** A signed tree head is 200 characters; a longer one is none, so that two can be kept as evidence whole. */
  headNoteChars: 4 * kib,
  /** An npm packument in short form is under 10 MiB (protocols.md 2.1); a full one is read so far and no further. */
  packumentBytes: 32 * mib,
  /** The busiest packages have some ten thousand versions. */
  packumentVersions: 100_000,
  /**
   * Of JSON that is read whole, in one piece: packuments have a value in 33 bytes, so what fits `packumentBytes`, and parsed
   * within a second in the worst of forms. Nothing that we read is ten deep.
   */
  jsonValues: 1_100_000,
  jsonDepth: 100,
  /** npm dist-tags, or the manifest of one version: a few KB, thousands of tags at most. */
  distTagsBytes: 1 * mib,
  tileBytes: 8 * kib,
  errorBodyBytes: 8 * kib,
  /** A gzip bomb stops here: no light answer decodes to more. */
  decodedBytes: 16 * mib,
  /** A hundred lookups of a checksum database with the tiles that prove them; every other conversation needs a tenth of it. */
  asksPerProbe: 400,
  /** What a probe asks aside has a timeout each and together so many: with the timed part it holds its slot three at most. */
  asideTimeouts: 2,
  /** Records of a checksum database that one probe looks up for what is not known yet, one after another, */
  lookupsPerProbe: 100,
  /** and so many at a time are proven: what the time of a probe's asides does not suffice for is left for the next. */
  lookupsAtOnce: 10,
  /** Texts that conversations keep for one mirror in one thread: a token for each repository, and then some. */
  probeMemory: 100,
  /** Versions kept of a list for lag and `latest`. */
  versionsKept: 5_000,
  /** What is compared of one answer, so that the packument of a thousand versions stays two kilobytes. */
  contentVersions: 100,
  contentTags: 16,
  /** Of an answer's tags so many are looked at, and `latest`; registries have some thousand at most. */
  tagsRead: 10_000,
  /** Releases remembered of one module, and what its tags stood for; a mirror that lacks older ones lacks newer ones too. */
  releasesKept: 64,
  tagChanges: 32,
  /** What `latest` stood for before: so many backends that take turns are known again. */
  resolvedLeft: 4,
  /** So many answers in a row must agree that a version is gone. */
  contentLooks: 12,
  /** So many must not have gone backwards before that has ended: backends that take turns do so within two turns, each shorter than the above. */
  calmLooks: 24,
  /** Versions that a finding names. */
  missingNamed: 5,
  /** Of a mirror, for the quantiles of its propagation. */
  propagationsKept: 100,
  versionChars: 200,
  moduleChars: 400,
  /** design.md section 5: a confirming round lasts at most so long, and a held sample no longer. */
  roundMs: 15 * second,
  roundStepMs: 1 * second,
  /**
   * Confirming probes at once towards one host, one for each upstream on it, beside `perHost`: a slot is held for 1.5 s
   * where nobody answers, a row takes two of them beside the first failure, and eight upstreams fit in a round.
   */
  confirmingPerHost: 4,
  roundTimeoutMsMin: 1_500,
  roundTimeoutFactor: 3,
  /** What a client waits until it tries the other address family (RFC 8305 section 5 asks for 250 ms; Go waits 300). */
  familyFallbackMs: 300,
  /** Of siblings and ordered looks: a slow answer is measured and not cut. */
  lookTimeoutMsMin: 5_000,
  lookTimeoutFactor: 4,
  /** Bytes that were wrong once: how long a second answer that is wrong in the same way declares them, and how often one is looked for. */
  wrongOnceMs: 24 * 60 * minute,
  wrongLooks: 3,
  /** More of them while all of them together read no more than this. */
  wrongLooksMax: 12,
  wrongLooksBytes: 64 * mib,
  /** A heavy target is asked again out of turn at most this often. */
  heavyLookMs: 10 * second,
  /** What a peek reads of an artifact: enough to tell its rate, and no download. Bytes. */
  peekBytes: 64 * kib,
  /** What `rank` reads of one artifact a mirror: well past slow start, in two minutes on a line of 35 KB/s. Bytes. */
  rankDownloadBytes: 4 * mib,
  /** design.md section 5.1: asks outside the plan, a fifth of the scheduled ones less what canaries take; three times that for urgent orders. */
  roundTokensStart: 60,
  roundTokensShare: 0.18,
  roundTokensMax: 300,
  /** Left for doubts and orders when a slow answer is looked at; and when nothing is odd and an artifact is peeked at. */
  roundTokensKept: 30,
  roundTokensKeptOfPeeks: 60,
  roundUrgentFactor: 3,
} as const;
