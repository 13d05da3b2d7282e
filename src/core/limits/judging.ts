const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of judgement, and of what is kept to show for it. Part of `limits`. */
export const judgingLimits = {
  /**
   * design.md section 5.2, repeated outages: each opening adds one to a penalty with this half-life (the default of RFC
   * 2439 is 15 minutes; waiting costs less for a flapping mirror than for a route). From `outageDampedFrom` on, and for an
   * outage opened by share, closing needs `outageQuietMsMin` without a failure, `outageQuietFactor` times as long for each
   * further opening.
   */
  outageHalfLifeMs: 30 * minute,
  outageDampedFrom: 1.25,
  /** From this penalty on, failures of a mirror belong to its outages: for one half-life after a single outage. */
  outageToldFrom: 0.5,
  outageQuietMsMin: 2 * minute,
  outageQuietFactor: 4,
  outageQuietMsMax: 30 * minute,
  /** design.md section 5.2: a `Retry-After` longer than this is a refusal at once. */
  refusalWishMs: 1 * minute,
  /** design.md section 5, Outage: confidence is low before `confidenceLowMs` and high from `confidenceHighMs` on. */
  confidenceLowMs: 30 * second,
  confidenceHighMs: 2 * minute,
  /** design.md section 5, Vantage: when a verdict of "us" is reviewed, and when it becomes a finding. */
  vantageReviewMs: 2 * minute,
  vantageFindingMs: 10 * minute,
  /** From this loop delay and share of the round trip on, no baseline learns the sample. */
  disturbedMsMin: 20,
  disturbedShareOfRtt: 0.1,
  /** design.md section 3: a loop delay of this share of a timeout makes the sample unknown. */
  contaminatedShareOfTimeout: 0.25,
  /**
   * design.md section 3: a finding about this daemon above this share over this window or this many last samples,
   * whichever is longer; samples right after a start or a reload do not count.
   */
  contaminatedShareFinding: 0.05,
  /** A finding about this daemon above this share of disturbed samples, which are judged, but not learnt by baselines. */
  disturbedShareFinding: 0.5,
  contaminatedWindowMs: 5 * minute,
  contaminatedSamples: 100,
  contaminatedWindowMsMax: 60 * minute,
  contaminatedQuietMs: 1 * minute,
  /** design.md section 3: a first fetch of a cache takes at least this many times the median of its step at the mirror. */
  coldFactor: 10,
  /** design.md section 5, Spike: the threshold is never above this share of the timeout. */
  thresholdShareOfTimeout: 0.9,
  spikeClearFactor: 1.5,
  /** A slow sample is also above this many times the window's p99 (design.md section 5.2). */
  spikeTailFactor: 1.1,
  /** design.md section 5, Baseline: the greatest age for a restart. */
  baselineAgeMsMax: 24 * 60 * minute,
  /** design.md section 4.2: unknown without a settled canary sample for this many intervals, at least this time. */
  silentPaces: 3,
  silentMsMin: 1 * minute,
  /** design.md section 4.4: the minimum for "measured well enough". */
  measuredOk: 5,
  measuredPaces: 20,
  /**
   * design.md section 5.2, Throughput: a download is slow below this share of the siblings' rate and below `throughputFast`
   * bytes a second. `throughputRow` slow ones in a row open a finding.
   */
  throughputShare: 0.25,
  throughputFast: 1 * mib,
  /** This many fast downloads in a row close the finding. */
  throughputClear: 6,
  throughputRow: 4,
  /** A download this many times slower than the threshold for slow counts as two. */
  throughputCrawl: 4,
  /** The time of a smaller artifact depends on delay, not on bandwidth. */
  throughputBytesMin: 256 * kib,
  /**
   * TCP starts with ten segments and doubles them each round trip (RFC 6928, RFC 9438): after this many bytes five round
   * trips have passed, and the window has this size. The rate is taken from the bytes after these, if there are at least
   * as many.
   */
  slowStartBytes: 256 * kib,
  throughputAgeMs: 60 * minute,
  throughputsKept: 8,
  /** A certificate that expires within this time is a finding. */
  certificateWarnMs: 14 * 24 * 60 * minute,
  /** The most probes that a finding cites: the first `findingProbesFirst`, the slowest, and the newest. */
  findingProbes: 20,
  findingProbesFirst: 10,
  /** How often new evidence of an open finding is written. */
  evidenceWriteMs: 10 * second,
  /** The first bytes of a hashed artifact, kept as evidence: enough to recognize an error page, or another format. */
  bytesShown: 64,
  /** Artifacts of one mismatch whose sides are kept, and sides of each. */
  sidesKept: 20,
  /** Digests per target that are not reported again: one for each backend behind one name. */
  oddKept: 8,
  /** Names of mirrors in one side. */
  sideNames: 20,
  scopeItems: 200,
  /**
   * Transcripts in memory per series: this many of scheduled probes, and as many of other ones. `failingTranscripts`: those
   * of failed probes, over all series. Older ones are in the state file.
   */
  transcriptsPerSeries: 5,
  /** Transcripts over all series, about, 2 KB each; the last one of each series, and of each exemplar, is always kept. */
  transcriptsKept: 20_000,
  failingTranscripts: 2_000,
  /**
   * Transcripts of slow probes in current streaks, over all series, each its first `transcriptsPerSeries`: a finding would
   * cite them.
   */
  streakTranscripts: 2_000,
  /**
   * Probes in the state file that open findings cite, at most, and the characters of each. `citedRows` is the limit with
   * those of closed findings.
   */
  citedProbes: 5_000,
  citedChars: 64 * kib,
  citedRows: 10_000,
  /** Unreadable rows, kept for inspection. */
  asideRows: 1_000,
  /** Samples per mirror for the page's small charts. */
  chartSamples: 60,
} as const;
