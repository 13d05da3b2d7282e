const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of judgement, and of what is kept to show for it. Part of `limits`. */
export const judgingLimits = {
  /** Each opening of an outage adds one to a penalty with this half-life (RFC 2439). */
  outageHalfLifeMs: 30 * minute,
  /** From this penalty on an outage is damped. */
  outageDampedFrom: 1.25,
  /** From this penalty on, failures of a mirror belong to its outages. */
  outageToldFrom: 0.5,
  /** A damped outage ends after this time without a failure; each further opening multiplies it. */
  outageQuietMsMin: 2 * minute,
  outageQuietFactor: 4,
  outageQuietMsMax: 30 * minute,
  /** A longer `Retry-After` is a refusal at once. */
  refusalWishMs: 1 * minute,
  /** The confidence of an outage is low before `confidenceLowMs`, and high from `confidenceHighMs` on. */
  confidenceLowMs: 30 * second,
  confidenceHighMs: 2 * minute,
  /** When a verdict that our own network is at fault is reviewed, and when it becomes a finding. */
  vantageReviewMs: 2 * minute,
  vantageFindingMs: 10 * minute,
  /** From this loop delay and share of the round trip on, no baseline learns the sample. */
  disturbedMsMin: 20,
  disturbedShareOfRtt: 0.1,
  /** A loop delay of this share of a timeout makes the sample unknown (design.md section 3). */
  contaminatedShareOfTimeout: 0.25,
  /** Above this share of contaminated samples there is a finding about this daemon. */
  contaminatedShareFinding: 0.05,
  /** Above this share of disturbed samples, which no baseline learns, there is a finding about this daemon. */
  disturbedShareFinding: 0.5,
  /** The shares of contaminated and disturbed samples are of this window, or of this many samples if these span more. */
  contaminatedWindowMs: 5 * minute,
  contaminatedSamples: 100,
  contaminatedWindowMsMax: 60 * minute,
  contaminatedQuietMs: 1 * minute,
  /** Unless a header says MISS, a first fetch of a cache takes at least this many times the step's median. */
  coldFactor: 10,
  /** The threshold for slow is never above this share of the timeout (design.md section 5). */
  thresholdShareOfTimeout: 0.9,
  spikeClearFactor: 1.5,
  /** A slow sample is also above this many times the window's p99. */
  spikeTailFactor: 1.1,
  /** The greatest age of a baseline that survives a restart, and of a level shift. */
  baselineAgeMsMax: 24 * 60 * minute,
  /** A mirror is unknown without a settled canary sample for this many intervals, and at least this time. */
  silentPaces: 3,
  silentMsMin: 1 * minute,
  /** A mirror with this many good samples within so many paces is measured well enough (design.md section 4.4). */
  measuredOk: 5,
  measuredPaces: 20,
  /** A download is slow below at most this share of the siblings' rate, and below `throughputFast` bytes a second. */
  throughputShare: 0.25,
  throughputFast: 1 * mib,
  /** Fast downloads in a row that close a finding, and slow ones that open one. */
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
  /** A certificate that expires within this time is a finding. */
  certificateWarnMs: 14 * 24 * 60 * minute,
  /** Probes that a finding cites: the first `findingProbesFirst`, the slowest, and the newest. */
  findingProbes: 20,
  findingProbesFirst: 10,
  /** How often new evidence of an open finding is written. */
  evidenceWriteMs: 10 * second,
  /** First bytes of a hashed artifact, kept as evidence: enough to recognize an error page. */
  bytesShown: 64,
  /** Sides kept in a mismatch. */
  sidesKept: 20,
  /** Digests per target that are reported only once, as of backends behind one name. */
  oddKept: 8,
  /** Names of mirrors in one side. */
  sideNames: 20,
  scopeItems: 200,
  /** The most transcripts in memory per series: so many of scheduled probes, and as many of others. */
  transcriptsPerSeries: 5,
  /** Transcripts over all series, 2 KB each, and those of failed probes. */
  transcriptsKept: 20_000,
  failingTranscripts: 2_000,
  /** Transcripts of slow probes in current streaks, which a finding would cite, over all series. */
  streakTranscripts: 2_000,
  /** Probes in the state file that open findings cite, and the characters of each. */
  citedProbes: 5_000,
  citedChars: 64 * kib,
  /** With the probes of closed findings. */
  citedRows: 10_000,
  /** Unreadable rows kept. */
  asideRows: 1_000,
  chartSamples: 60,
} as const;
