const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of judgement, and of what is kept to show for it. Part of `limits`. */
export const judgingLimits = {
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
} as const;
