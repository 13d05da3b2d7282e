const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Limits of the judgement and of its evidence. Part of `limits`. */
export const judgingLimits = {
  /** Each opening of an outage adds one to a penalty with this half-life (RFC 2439). */
  outageHalfLifeMs: 30 * minute,
  /** From this penalty on an outage is damped. */
  outageDampedFrom: 1.25,
  /** From this penalty on, a mirror is not also reported as unreliable. */
  outageReportedFrom: 0.5,
  /** A damped outage ends at the earliest after this time without a failure; the wait grows with the penalty. */
  outageQuietMsMin: 2 * minute,
  outageQuietFactor: 4,
  outageQuietMsMax: 30 * minute,
  /**
   * Clients wait at most this long for a light response: a mirror whose `Retry-After` reaches it, alone or over refusals
   * in a row, is of no use to a build.
   */
  refusalWishMs: 10 * second,
  /**
   * A hard failure has high confidence from this age on, medium before. Where confidence depends on the age alone, it is
   * low before this age, and high from `confidenceHighMs` on.
   */
  confidenceLowMs: 30 * second,
  confidenceHighMs: 2 * minute,
  vantageReviewMs: 2 * minute,
  vantageFindingMs: 10 * minute,
  /** No baseline learns a sample with at least this loop delay and at least this share of its round trip. */
  disturbedMsMin: 20,
  disturbedShareOfRtt: 0.1,
  /** A timeout is no failure but unknown if the loop delay was at least this share of it (docs/detection.md#delays-of-our-own). */
  contaminatedShareOfTimeout: 0.25,
  /** Above this share of contaminated samples, of `contaminatedSamples` or more, a finding about this daemon opens. */
  contaminatedShareFinding: 0.05,
  /** Above this share of disturbed samples, a finding about this daemon opens. */
  disturbedShareFinding: 0.5,
  /** The shortest window for these shares; it grows until it has `contaminatedSamples`. */
  contaminatedWindowMs: 5 * minute,
  contaminatedSamples: 100,
  contaminatedWindowMsMax: 60 * minute,
  contaminatedQuietMs: 1 * minute,
  /** A first success this many times slower than the step's median is a cache's first fetch. */
  coldFactor: 10,
  /** The threshold for slow is never above this share of the timeout (docs/detection.md#rules-of-findings). */
  thresholdShareOfTimeout: 0.9,
  spikeClearFactor: 1.5,
  /** A slow sample is also above this many times the window's p99. */
  spikeTailFactor: 1.1,
  /** The greatest age of a baseline that is restored, and of a level shift. */
  baselineAgeMsMax: 24 * 60 * minute,
  /** A mirror without a judged canary sample for this many intervals is unknown, but not before `silentMsMin`. */
  silentPaces: 3,
  silentMsMin: 1 * minute,
  /** A mirror needs this many ok canary samples in `measuredPaces` intervals to be measured (docs/advice.md#how-it-decides). */
  measuredOk: 5,
  measuredPaces: 20,
  /** A slow download is below this share of the other mirrors' rate (if none, its own) and `throughputFast` bytes/s. */
  throughputShare: 0.25,
  throughputFast: 1 * mib,
  /** Fast downloads, no slow one between, that close a finding; `throughputRow`: slow ones in a row that open one. */
  throughputClear: 6,
  throughputRow: 4,
  /** A download this many times slower than the threshold counts as two slow ones. */
  throughputCrawl: 4,
  /** The time of a smaller artifact depends on delay, not on bandwidth. */
  throughputBytesMin: 256 * kib,
  /** TCP slow start is over after this many bytes (RFC 6928, RFC 9438): rates are measured on later bytes. */
  slowStartBytes: 256 * kib,
  throughputAgeMs: 60 * minute,
  throughputsKept: 8,
  /** A certificate that expires within this time is a finding. */
  certificateWarnMs: 14 * 24 * 60 * minute,
  /** The most probes that a finding cites: the first `findingProbesFirst`, the slowest, and the newest. */
  findingProbes: 20,
  findingProbesFirst: 10,
  /** The minimum time between writes of new evidence of an open finding. */
  evidenceWriteMs: 10 * second,
  /** Enough to recognize an error page. */
  bytesShown: 64,
  sidesKept: 20,
  oddKept: 8,
  sideNames: 20,
  scopeItems: 200,
  /** At most, per series: transcripts in memory of scheduled probes, and as many of other probes. */
  transcriptsPerSeries: 5,
  transcriptsKept: 20_000,
  failingTranscripts: 2_000,
  /** Transcripts in memory of slow probes that a coming finding would cite. */
  streakTranscripts: 2_000,
  /** Stored probes that findings cite; one above `citedChars` characters is stored without its transcript. */
  citedProbes: 5_000,
  citedChars: 64 * kib,
  citedRows: 10_000,
  asideRows: 1_000,
  chartSamples: 60,
} as const;
