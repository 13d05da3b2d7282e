const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Limits of detection and advice, and of their evidence. Part of `limits`. */
export const judgingLimits = {
  /** Each new outage of a mirror adds 1 to the mirror's penalty. The penalty halves in this time (RFC 2439). */
  outageHalfLifeMs: 30 * minute,
  /** From this penalty on (see `outageHalfLifeMs`), an outage is damped: it ends later (see `outageQuietMsMin`). */
  outageDampedFrom: 1.25,
  /**
   * From this penalty on (see `outageHalfLifeMs`), failures count as part of the outage, so the mirror is not also
   * reported as unreliable.
   */
  outageReportedFrom: 0.5,
  /** A damped outage ends only after at least this time without a failure. The time grows with the penalty. */
  outageQuietMsMin: 2 * minute,
  outageQuietFactor: 4,
  outageQuietMsMax: 30 * minute,
  /**
   * A refusal finding opens early if the `Retry-After` values of consecutive refused responses add up to this time. It
   * is the longest time that clients wait for the response to a light request.
   */
  refusalWishMs: 10 * second,
  /**
   * A single refused response with a shorter `Retry-After` may be chance: it does not open the finding while the mirror
   * serves another step (kind of request).
   */
  refusalLongMs: minute,
  /**
   * At this age, the confidence in a finding about a hard failure (such as an outage) rises from medium to high. Where
   * confidence depends on age alone, it is low before this age and high from `confidenceHighMs` on.
   */
  confidenceLowMs: 30 * second,
  confidenceHighMs: 2 * minute,
  vantageReviewMs: 2 * minute,
  vantageFindingMs: 10 * minute,
  /**
   * A sample is not added to a baseline if our event loop was delayed by at least this time. The delay must also be at
   * least `disturbedShareOfRtt` of the sample's round trip.
   */
  disturbedMsMin: 20,
  disturbedShareOfRtt: 0.1,
  /**
   * A timeout is recorded as unknown, not as a failure, if our event loop was delayed for at least this fraction of the
   * timeout (docs/detection.md#delays-of-our-own).
   */
  contaminatedShareOfTimeout: 0.25,
  /**
   * A finding about this daemon opens if more than this fraction of samples is contaminated: a delay of our own event
   * loop made their verdict uncertain. At least `contaminatedSamples` samples are needed.
   */
  contaminatedShareFinding: 0.05,
  /**
   * A finding about this daemon opens if more than this fraction of samples is disturbed: our own event loop delayed
   * them as much as `disturbedMsMin` and `disturbedShareOfRtt` say.
   */
  disturbedShareFinding: 0.5,
  /**
   * The minimum window over which `contaminatedShareFinding` and `disturbedShareFinding` are computed. It grows until
   * it contains `contaminatedSamples` samples, at most to `contaminatedWindowMsMax`.
   */
  contaminatedWindowMs: 5 * minute,
  contaminatedSamples: 100,
  contaminatedWindowMsMax: 60 * minute,
  contaminatedQuietMs: 1 * minute,
  /**
   * The first success of a target counts as the first fetch through a cache if a cache header says so (`miss`). It also
   * does if it takes at least this many times the median round trip of its step.
   */
  coldFactor: 10,
  /**
   * A response is slow above a threshold. The threshold is at most this fraction of the timeout
   * (docs/detection.md#rules-of-findings).
   */
  thresholdShareOfTimeout: 0.9,
  spikeClearFactor: 1.5,
  /**
   * A sample is slow above a threshold. The threshold is at least this factor times the p99 of the baseline's samples,
   * unless `thresholdShareOfTimeout` sets a lower maximum.
   */
  spikeTailFactor: 1.1,
  /**
   * A stored baseline that is older than this is not restored. A `level_shift` finding ends at the latest after this
   * time.
   */
  baselineAgeMsMax: 24 * 60 * minute,
  /**
   * The state of a mirror becomes `unknown` after this many probe intervals without a judged sample of the canary (the
   * probe that decides whether the mirror is up), but not before `silentMsMin`.
   */
  silentPaces: 3,
  silentMsMin: 1 * minute,
  /**
   * A mirror counts as measured after this many ok canary samples in `measuredPaces` intervals, if the last sample is
   * ok. Advice names only such mirrors (docs/advice.md#how-it-decides).
   */
  measuredOk: 5,
  measuredPaces: 20,
  /**
   * A download is slow if its rate is below this fraction of the other mirrors' rate, and below `throughputFast`
   * bytes/s. The fraction is smaller if rates vary much. If no other mirror has a rate, the mirror's own earlier rate
   * is used.
   */
  throughputShare: 0.25,
  throughputFast: 1 * mib,
  /**
   * A throughput finding closes after this many downloads at twice the limit of slow downloads or faster. No slow one
   * may be between them. `throughputRow`: it opens after this many slow downloads in a row.
   */
  throughputClear: 6,
  throughputRow: 4,
  /**
   * A download counts as two slow downloads if its rate is below the limit of slow downloads (see `throughputShare`)
   * divided by this number.
   */
  throughputCrawl: 4,
  /**
   * The minimum size of an artifact whose download rate is judged. The time of a smaller download depends on delay, not
   * on bandwidth.
   */
  throughputBytesMin: 256 * kib,
  /** TCP slow start is over after this many bytes (RFC 6928, RFC 9438): rates are measured on later bytes. */
  slowStartBytes: 256 * kib,
  throughputAgeMs: 60 * minute,
  throughputsKept: 8,
  /** A finding opens for a certificate that expires within this time. */
  certificateWarnMs: 14 * 24 * 60 * minute,
  /** The maximum number of probes that a finding cites: the first `findingProbesFirst`, the slowest, and the newest. */
  findingProbes: 20,
  findingProbesFirst: 10,
  /** The minimum time between two writes of an open finding to the state file if only its evidence has changed. */
  evidenceWriteMs: 10 * second,
  /** The number of first bytes of a body that a finding shows: enough to recognize an error page. */
  bytesShown: 64,
  sidesKept: 20,
  oddKept: 8,
  earlierKept: 4,
  sideNames: 20,
  scopeItems: 200,
  /**
   * The maximum number of transcripts in memory per series: this many of scheduled probes, and this many of other
   * probes.
   */
  transcriptsPerSeries: 5,
  transcriptsKept: 20_000,
  failingTranscripts: 2_000,
  /**
   * The maximum number of transcripts of slow probes in memory. They are kept because a later finding may cite them.
   */
  streakTranscripts: 2_000,
  /**
   * The maximum number of stored probes that findings cite. A probe above `citedChars` characters is stored without its
   * transcript.
   */
  citedProbes: 5_000,
  citedChars: 64 * kib,
  citedRows: 10_000,
  asideRows: 1_000,
  /** The maximum number of stored records of upstreams. */
  verdictRows: 5_000,
  chartSamples: 60,
} as const;
