const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/**
 * Every bound of the daemon, in one place, each with its reason. Units are in the names.
 * `assertLimits` holds the relations between them and is called once at start.
 */
export const limits = {
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
  /**
   * design.md section 5.2, reopening damps: each opening adds one to a penalty that halves in so long (the default of
   * RFC 2439 is 15 minutes; a flapping mirror's minutes are cheaper to wait for than a route's); from `outageDampedFrom`
   * on, and where it opened by share, closing needs two minutes without a failure, four times as long for each one more.
   */
  outageHalfLifeMs: 30 * minute,
  outageDampedFrom: 1.25,
  /** From this penalty on, failures of a mirror belong to its outages: half an hour after one. */
  outageToldFrom: 0.5,
  outageQuietMsMin: 2 * minute,
  outageQuietFactor: 4,
  outageQuietMsMax: 30 * minute,
  /** design.md section 5.2: a `Retry-After` longer than this is a refusal at once. */
  refusalWishMs: 1 * minute,
  /** design.md section 5, Outage: confidence low until, high from. */
  confidenceLowMs: 30 * second,
  confidenceHighMs: 2 * minute,
  /** design.md section 5, Vantage: a verdict of "us" is reconsidered after, and a finding of its own after. */
  vantageReviewMs: 2 * minute,
  vantageFindingMs: 10 * minute,
  /** A loop delay of so much and of such a share of the round trip: no baseline learns it. */
  disturbedMsMin: 20,
  disturbedShareOfRtt: 0.1,
  /** design.md section 3: a loop delay of such a share of a timeout makes it unknown. */
  contaminatedShareOfTimeout: 0.25,
  /**
   * design.md section 3: a finding about us above this share over this window or the last so many samples, whichever is
   * longer, and no samples count at first after a start or a reload.
   */
  contaminatedShareFinding: 0.05,
  /** The same where that many are judged and none learns their times. */
  disturbedShareFinding: 0.5,
  contaminatedWindowMs: 5 * minute,
  contaminatedSamples: 100,
  contaminatedWindowMsMax: 60 * minute,
  contaminatedQuietMs: 1 * minute,
  /** design.md section 3: cold when it takes so many times the median of the step there. */
  coldFactor: 10,
  /** design.md section 5, Spike: the threshold is never above this share of the timeout. */
  thresholdShareOfTimeout: 0.9,
  spikeClearFactor: 1.5,
  /** A slow sample lies above so many times the window's p99 too (design.md section 5.2). */
  spikeTailFactor: 1.1,
  /** design.md section 5, Baseline: survives a restart up to. */
  baselineAgeMsMax: 24 * 60 * minute,
  /** design.md section 4.2: unknown without a settled canary sample for so many paces, at least so long. */
  silentPaces: 3,
  silentMsMin: 1 * minute,
  /** design.md section 4.4: measured well enough. */
  measuredOk: 5,
  measuredPaces: 20,
  /** design.md section 5.2, Throughput: below a quarter of what siblings move, and less than is fast enough, so many in a row. */
  throughputShare: 0.25,
  throughputFast: 1 * mib,
  /** And so many fast ones in a row close it. */
  throughputClear: 6,
  throughputRow: 4,
  /** So many times slower still, and one counts as two. */
  throughputCrawl: 4,
  /** A smaller artifact measures delay, not bandwidth. */
  throughputBytesMin: 256 * kib,
  /**
   * TCP begins with ten segments and doubles them each round trip (RFC 6928, RFC 9438): after so many bytes five have passed,
   * and the window is as large. What comes then tells a rate where it is as much again.
   */
  slowStartBytes: 256 * kib,
  throughputAgeMs: 60 * minute,
  throughputsKept: 8,
  /** Certificates: a finding when fewer days than these are left. */
  certificateWarnMs: 14 * 24 * 60 * minute,
  /** Probes that a finding names; of more: so many that it began with, the slowest, and the newest. */
  findingProbes: 20,
  findingProbesFirst: 10,
  /** An open finding that rests on more by now is written so often. */
  evidenceWriteMs: 10 * second,
  /** Of an artifact that was hashed, kept as evidence: enough to know an error page, or another format. */
  bytesShown: 64,
  /** What was served for how many artifacts of one mismatch is kept beside it, each by so many sides. */
  sidesKept: 20,
  /** Digests of one target that are not told again: as many backends behind one name. */
  oddKept: 8,
  /** Names of mirrors in one side. */
  sideNames: 20,
  scopeItems: 200,
  /** Kept in memory per series, so many scheduled and so many others; and failing ones for all together; older ones live in state. */
  transcriptsPerSeries: 5,
  /** Of all series together about so many, 2 KB each; the last one of each, and of each exemplar, in any case. */
  transcriptsKept: 20_000,
  failingTranscripts: 2_000,
  /** Slow ones of streaks under way, of all series together, each its first `transcriptsPerSeries`: a finding would name them. */
  streakTranscripts: 2_000,
  /** In the state file, named by findings that are open: so many, each of so many characters; with those of ended ones. */
  citedProbes: 5_000,
  citedChars: 64 * kib,
  citedRows: 10_000,
  /** Rows that could not be read, kept for people. */
  asideRows: 1_000,
  /** Samples per mirror for the page's small charts. */
  chartSamples: 60,
  /** Queue between worker and main, in probes; more and the schedule waits. */
  workerInFlight: 256,
  workerHangMs: 30 * second,
  /**
   * A mirror of which one light answer took its thread so long in all (processor time) is probed in a thread apart for the time
   * after it; that thread ends when it was not needed for `apartIdleMs`.
   */
  threadHeldMs: 500,
  heldApartMs: 60 * minute,
  apartIdleMs: 10 * minute,
  /** At most, on any machine: one for heavy steps, which hold a thread while they hash, and two for the rest. */
  workers: 3,
  /** Another thread starts where each has so many probes under way. */
  workerCrowd: 8,
  /**
   * One that was not needed for so long ends: longer than the usual pace of heavy steps, an hour. Each start takes another of
   * malloc's arenas, sixteen on two cores, and leaves 3 MB in it: ending it after each probe costs more than it gives back.
   */
  workerIdleMs: 90 * minute,
  /** Undelivered notices over all receivers; beyond it the oldest go, mismatches last. */
  outbox: 5_000,
  deliveryMs: 10 * second,
  deliveryAgeMsMax: 24 * 60 * minute,
  deliveryBackoffMsMin: 1 * second,
  deliveryBackoffMsMax: 15 * minute,
  receiverAnswerBytes: 4 * kib,
  /** HTTP in: connections of one address, and of all. Past either a stranger's makes room, the one that was idle longest. */
  connectionsPerAddress: 256,
  connections: 1_024,
  /** From the connection to the end of the head, a TLS handshake included. */
  requestHeadMs: 10 * second,
  requestMs: 30 * second,
  /** A body that goes on after its answer was sent: what is refused (401, 413) is not read for `requestMs`. */
  refusedBodyMs: 1 * second,
  /** An answer that nobody reads on; event streams beat more often. */
  stalledMs: 60 * second,
  requestBytes: 256 * kib,
  /** Of one client (a token; on loopback an address), by class, so that none starves another: people and their browser, */
  pageRequestsPerMinute: 600,
  /** programs that poll, */
  listRequestsPerMinute: 600,
  /** a CI that asks once a job, hundreds of them at once behind one token, */
  remedyRequestsPerMinute: 6_000,
  /** and what changes something, Alertmanager's posts among it. */
  writeRequestsPerMinute: 600,
  /** Refused ones of one address: it is then told to wait. Whoever has the token comes in all the same. */
  refusedRequestsPerMinute: 300,
  /** Clients told apart; the others share a count. */
  clientsCounted: 10_000,
  eventStreams: 32,
  pageRows: 500,
  /** Answers of /metrics at once: the zipped text of each is held until it is read, some megabytes with 15 000 targets. */
  scrapesAtOnce: 16,
  /** A notification of Alertmanager: some thousand alerts; more is cut with `max_alerts` there. */
  alertmanagerBytes: 1 * mib,
  /** Posts of Alertmanager that wait for the loop; more are answered 503, which it retries. */
  alertPostsWaiting: 64,
  alertLabelChars: 200,
  /** Of a label that people are shown. */
  alertNameChars: 100,
  /** Alerts remembered, ended ones included, so that a repetition is known as one; the longest silent ones go first. */
  alertsKept: 1_000,
  /** An alert this old when it is first heard of is stale, and one not heard of for so long is forgotten. */
  alertAgeMsMax: 24 * 60 * minute,
  /** `repeat_interval` where the configuration names none; evidence not heard of for so many of them has ended. */
  alertRepeatMs: 10 * minute,
  alertRepeats: 3,
  /** After a start it has at least so many of them to be heard again: nobody listened before. */
  alertRepeatsAfterStart: 2,
  /** What nobody was told of is written at most so often: each transaction waits for the disk, and rewrites pages of its own. */
  commitMs: 1 * second,
  /** Repetitions are written to the state file at most so often. */
  alertHeardStoreMs: 1 * minute,
  /** What we push to an Alertmanager ends by itself after this, and is sent again at a third of it, as Prometheus does. */
  pushValidMs: 5 * minute,
  pushEveryMs: 100 * second,
  /** Trouble that begins again within this of its last end is the same story; by the departures that `hold` looks back at. */
  storyLookBackMs: 180 * minute,
  /** An end of what came and went before is told once it has held so long; twice as long each time it was told too soon, up to the second. */
  storyHoldMs: 60 * minute,
  storyHoldMsMax: 360 * minute,
  /** One who was told to use another mirror stays there while it costs at most so much more than the best. */
  storyWorseShare: 0.25,
  /** Messages of a chat that can still be changed, the newest of each receiver. */
  sentMessages: 20,
  /** Notices of one such message that later ones can name. */
  sentNotices: 100,
  /** From SIGTERM the process is gone within this: what follows fits in it. A delivery that is cut is sent again under its id. */
  stopMs: 10 * second,
  /** Time given to probes in flight and deliveries at SIGTERM. */
  drainMs: 6 * second,
  /** Then so much each for threads that hang, for connections, and for what keeps the process from ending. */
  closeMs: 1 * second,
  /** A wall clock that moves this much against the monotonic one has jumped; a loop silent this long was suspended. */
  clockJumpMs: 2 * second,
  suspendMs: 5 * second,
  /** Start times move by so much of their interval either way: enough to break step, little enough never to overtake. */
  jitterShare: 0.05,
  /** A 429 without `Retry-After`: wait so long, then twice as long, up to `throttleMsMax`. */
  throttleMsMin: 5 * second,
  /**
   * No step of a mirror waits longer, whatever `Retry-After` asks for: one answer must not stop monitoring for a day. It is
   * the default pace of the light steps, so a throttled step costs the mirror one request each five minutes; a mirror that
   * stops answering during the wait is found after this and an outage's failures.
   */
  throttleMsMax: 5 * minute,
  /** A `Retry-After` beyond a day is a broken clock, not a wish. */
  retryAfterMsMax: 24 * 60 * minute,
  /** Heavy steps stop at this share of `bytesPerHour`, which leaves the rest to light ones. */
  heavyShareOfBytes: 0.8,
  /** What a heavy step is taken to move until it was measured (design.md section 4.1). */
  heavyBytesGuess: 1 * mib,
  /** Second looks at a wrong hash that wait for a slot, per host. */
  rechecksWaiting: 64,
  timeoutMsMax: 120 * second,
  everyMsMin: 5 * second,
  everyMsMinLoopback: 100,
  configBytes: 4 * mib,
  /** Values of a configuration, what an alias stands for counted each time, and how deep they nest: five hundred mirrors have ten thousand. */
  configValues: 200_000,
  configDepth: 40,
  /** Mistakes of a configuration that are listed; the others are counted. */
  configMistakes: 1_000,
  /**
   * A file of the configuration that is not read by then (a dead network mount) is a mistake, not a stand-still. Longer than a
   * resolver that nobody answers takes to give up: its look-ups and files share the threads that read.
   */
  fileMs: 60 * second,
  /** A configuration that is read again is read in a thread of its own, which ends by then: files have their time, checking some seconds. */
  configReadMs: 120 * second,
  /** Memory of that thread for what it reads, MiB: the largest that was tried takes 300. */
  configReadMebibytes: 1_024,
  /** Rounds of reading: what a file names may lead to a folder, that to files, a lock file to the one beside it. */
  fileRounds: 20,
  /** A program that verifies a signature: milliseconds for a file of many megabytes; what it prints is a few lines. */
  signatureCheckMs: 10 * second,
  signatureReportBytes: 64 * kib,
  /** A detached signature, some hundred bytes of each key. */
  detachedSignatureBytes: 64 * kib,
  /** Attestations of one file: about 10 KB each, and some have two. */
  provenanceBytes: 1 * mib,
  /** A list of signed sums: Debian's has some 250 KB, with all architectures. */
  signedListBytes: 8 * mib,
  /** An index of packages: that of Debian's largest component has some 12 MiB packed and 50 MiB of text. */
  packageIndexBytes: 24 * mib,
  packageIndexPlainBytes: 128 * mib,
  /** Packages that one index is asked for before it is read again, 40 KB of text; larger ones are left out. */
  rotaPackages: 200,
  rotaPackageBytes: 4 * mib,
  rotaKeptMs: 30 * 24 * 60 * minute,
  /** An authority's name of a key, as shown: npm's have 50 characters, a fingerprint 40, a workflow's URL some 100. */
  keyNameChars: 200,
  /** Keys of one registry (npm's has two), and signatures over one version (one, two while keys are changed). */
  signingKeys: 50,
  signingKeysBytes: 256 * kib,
  signaturesRead: 10,
  /** The state file never grows past this: it is then full, as a disk would be, and takes rows again once some expired. */
  stateBytes: 8 * 1024 * mib,
  /**
   * Answers kept for a replay: a row is one page of the file, holds at most so many minutes, and is written at least so
   * often while it grows; beyond so many rows (about 0.6 GiB) the oldest go, however young.
   */
  answerRowChars: 3_600,
  answerRowMs: 10 * minute,
  answerWriteMs: 5 * second,
  answerRows: 150_000,
  mirrors: 500,
  modules: 5_000,
  /** A real client's run: what is kept of its words, and looked at below its folder, which a hostile artifact could fill. */
  clientWordsBytes: 64 * kib,
  clientWordsLines: 30,
  clientLineChars: 500,
  clientEntries: 200_000,
  clientWatchMs: 500,
  /** Beyond so much output it is stopped; pip at its most talkative writes some hundred KB. */
  clientOutputBytes: 8 * mib,
  /** And beyond so much disk: the largest module zip that go takes, its extracted files and as much again. */
  clientDiskBytes: 1536 * mib,
  /** RLIMIT_DATA of each of its processes: several times what npm takes for the largest packuments. */
  clientDataBytes: 4096 * mib,
  /** A folder this old is nobody's: several times the longest run. */
  clientLeftMs: 60 * minute,
  /** Requests of one build at once, as many as a small build machine sends. */
  buildStreams: 8,
  /** One probe in so many is part of a build. */
  buildEvery: 10,
  /** A run that could not start is tried again after so long, and one that differs from our steps repeated. */
  clientAwayMs: 1 * minute,
  clientAgainMs: 1 * minute,
  /** The first runs after a start lie within so much, and after so much: the steps have answered once by then. */
  clientFirstMs: 15 * minute,
  clientFirstMsMin: 1 * minute,
} as const;

/** Throws where two limits contradict each other: a defect of ours, found at start and in a test. */
export function assertLimits(l: typeof limits = limits): void {
  const relations: readonly (readonly [boolean, string])[] = [
    [l.roundTimeoutMsMin < l.roundMs, 'a round holds at least one whole answer'],
    [l.roundStepMs < l.roundMs, 'a round has more than one moment'],
    [l.bodyHeldBytesMax <= l.zipBytes, 'what is held fits what is read'],
    [l.bodyBeginBytes >= l.peekBytes, 'the beginning of a body is as long as what is peeked at'],
    [3 * l.lookupsPerProbe + 60 < l.asksPerProbe, 'what is looked up can be proven'],
    [l.confidenceLowMs < l.confidenceHighMs, 'confidence rises'],
    [l.deliveryBackoffMsMax < l.deliveryAgeMsMax, 'a notice is tried more than once'],
    [l.drainMs + 3 * l.closeMs < l.stopMs, 'drained and closed, the process is gone in time'],
    [l.jitterShare < 0.5, 'a jittered start never overtakes the next one'],
    [l.throttleMsMin <= l.throttleMsMax, 'back-off has room'],
    [l.measuredOk <= l.measuredPaces, 'measured well enough can be reached'],
    [2 * l.pushEveryMs < l.pushValidMs, 'one push may be lost and the alert still stands'],
    [
      2 * l.answerRows * l.answerRowChars + 2 * l.citedRows * l.citedChars < l.stateBytes,
      'answers leave room for what they led to',
    ],
    [l.findingProbesFirst + 2 < l.findingProbes, 'a finding names its first probes, the slowest and the newest'],
    [l.citedProbes < l.citedRows, 'what is named now outlives what was'],
    [l.tokenCharsSafe < l.tokenChars, 'a safe token is not too long'],
    [l.headBytes >= 16 * kib, 'no smaller than the clients accept'],
  ];
  for (const [holds, rule] of relations) if (!holds) throw new Error(`limits: ${rule}`);
}
