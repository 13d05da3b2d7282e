/** The constants of the reference policy (docs/decisions/0011). Times in milliseconds. */
export const bad = { factor: 4, quantile: 0.95, lightMs: [5_000, 10_000], heavyMs: [12_000, 60_000] } as const;
export const directMs = 5_000;

export const failures = {
  shares: [0.05, 0.2, 0.9],
  floor: 0.005,
  floorWhereAllFail: 0.01,
  slow: 1 / 400,
  fast: 0.12,
  fastFrom: 0.1,
  bound: 8,
  light: { atLeast: 3, spanMs: 4_000, witness: 1.6 },
  heavy: { atLeast: 2, spanMs: 0, witness: 0.8 },
  thirdWitness: 1.5,
  thirdWithinMs: 60_000,
  /** Our own request rate explains a 429 after this many requests in a minute beyond the schedule. */
  oursFrom: 6,
} as const;

export const time = {
  gain: 1.15,
  clip: 8,
  drift: 0.5,
  home: 0.2,
  bound: 14,
  boundAfterMove: 21,
  afterMoveMs: 600_000,
  lightRounds: 3,
  heavyRounds: 2,
  leastMs: 100,
  deviation: 1 / 300,
  winsor: 6,
  frozenFrom: 0.6,
  level: 0.25,
  levelPace: 1 / 30,
} as const;

export const candidate = { builds: 15, failedMs: 300_000, errors: 1.3, light: 10 / 3, heavy: 5 / 3, skips: 4 } as const;

export const burst = {
  everyMs: 1_000,
  forMs: 15_000,
  watchEveryMs: 3_000,
  watchFrom: 0.5,
  slowFrom: 0.3,
  slowFactor: 2,
  anyFrom: 0.6,
  siblings: 2,
  /** How often an artifact is requested again after wrong bytes. */
  wrongLooks: 5,
  tokens: 0.15,
  kept: 220,
  reserve: 2,
} as const;

export const homeAgain = {
  waitMs: 600_000,
  waitMostMs: 3_600_000,
  withinMs: 10_800_000,
  good: 0.046,
  bad: -2.3,
  enough: 2.2,
  /** What a download of home adds to the evidence: a good one after trouble, and one slower by `slowFactor`. */
  goodDownload: 3,
  slowDownload: -1.2,
  slowFactor: 2,
  failuresMs: 600_000,
  dearer: 1.05,
  slackMs: 100,
} as const;

/** How often artifacts are requested, as in docs/decisions/0010-downloads-and-first-bytes.md. */
export const artifacts = {
  peekBytes: 65_536,
  slowFactor: 3,
  slowLeastMs: 300,
  everyMs: 145_000,
  besideMs: 290_000,
  soonMs: 55_000,
  promising: 0.85,
  bytesPerHour: 25 * 2 ** 20,
  againMs: 5_000,
  slowAgainMs: 10_000,
} as const;
