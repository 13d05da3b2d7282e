const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of judgement, and of what is kept to show for it. Part of `limits`. */
export const judgingLimits = {
  /** Each opening adds one to a penalty with this half-life (RFC 2439); damped outages close after a longer quiet. */
  outageHalfLifeMs: 30 * minute,
  outageDampedFrom: 1.25,
  /** From this penalty on, failures of a mirror belong to its outages. */
  outageToldFrom: 0.5,
  outageQuietMsMin: 2 * minute,
  outageQuietFactor: 4,
  outageQuietMsMax: 30 * minute,
  /** A longer `Retry-After` is a refusal at once. */
  refusalWishMs: 1 * minute,
  /** An outage's confidence is low before the first, and high from the second on (design.md section 5). */
  confidenceLowMs: 30 * second,
  confidenceHighMs: 2 * minute,
  /** When a verdict of "us" is reviewed, and when it becomes a finding (design.md section 5). */
  vantageReviewMs: 2 * minute,
  vantageFindingMs: 10 * minute,
  /** From this loop delay and share of the round trip on, no baseline learns the sample. */
  disturbedMsMin: 20,
  disturbedShareOfRtt: 0.1,
  /** A loop delay of this share of a timeout makes the sample unknown (design.md section 3). */
  contaminatedShareOfTimeout: 0.25,
  /** A finding about this daemon: above this share of the window or the last samples, whichever is longer. */
  contaminatedShareFinding: 0.05,
  /** A finding above this share of disturbed samples, which are judged, but not learnt by baselines. */
  disturbedShareFinding: 0.5,
  contaminatedWindowMs: 5 * minute,
  contaminatedSamples: 100,
  contaminatedWindowMsMax: 60 * minute,
  contaminatedQuietMs: 1 * minute,
  /** A first fetch of a cache takes at least this many times the median of the step (design.md section 3). */
  coldFactor: 10,
  /** The threshold for slow is never above this share of the timeout (design.md section 5). */
  thresholdShareOfTimeout: 0.9,
  spikeClearFactor: 1.5,
  /** A slow sample is also above this many times the window's p99. */
  spikeTailFactor: 1.1,
  /** The greatest age of a baseline that survives a restart. */
  baselineAgeMsMax: 24 * 60 * minute,
  /** Unknown without a settled canary sample for this many intervals, at least this time. */
  silentPaces: 3,
  silentMsMin: 1 * minute,
  /** "Measured well enough" (design.md section 4.4): good samples, within so many paces. */
  measuredOk: 5,
  measuredPaces: 20,
  /** A download is slow below this share of the siblings' rate and this rate in bytes a second; rows in a row count. */
  throughputShare: 0.25,
  throughputFast: 1 * mib,
  throughputClear: 6,
  throughputRow: 4,
  /** A download this many times slower than the threshold counts as two. */
  throughputCrawl: 4,
  /** The time of a smaller artifact depends on delay, not on bandwidth. */
  throughputBytesMin: 256 * kib,
  /** After this many bytes TCP has passed slow start (RFC 6928, RFC 9438): a rate is that of the bytes after these. */
  slowStartBytes: 256 * kib,
  throughputAgeMs: 60 * minute,
  throughputsKept: 8,
  /** A certificate that expires sooner is a finding. */
  certificateWarnMs: 14 * 24 * 60 * minute,
  /** Probes that a finding cites: the first `findingProbesFirst`, the slowest, and the newest. */
  findingProbes: 20,
  findingProbesFirst: 10,
  /** How often new evidence of an open finding is written. */
  evidenceWriteMs: 10 * second,
  /** First bytes of a hashed artifact, kept as evidence: enough to recognize an error page. */
  bytesShown: 64,
  /** Artifacts of a mismatch whose sides are kept, and sides of each. */
  sidesKept: 20,
  /** Digests per target that are not reported again, as of backends behind one name. */
  oddKept: 8,
  /** Names of mirrors in one side. */
  sideNames: 20,
  scopeItems: 200,
  /** Transcripts in memory, 2 KB each: per series of scheduled probes and of others, over all series, of failures. */
  transcriptsPerSeries: 5,
  transcriptsKept: 20_000,
  failingTranscripts: 2_000,
  /** Transcripts of slow probes in current streaks, which a finding would cite, over all series. */
  streakTranscripts: 2_000,
  /** Probes in the state file that open findings cite, characters of each, and all that were ever cited. */
  citedProbes: 5_000,
  citedChars: 64 * kib,
  citedRows: 10_000,
  /** Unreadable rows kept. */
  asideRows: 1_000,
  chartSamples: 60,
} as const;
