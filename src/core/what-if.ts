import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';

/** The input of a what-if request: how would this chain behave? */
export interface WhatIfAsked {
  /** In the client's own syntax; a secret, because it may contain credentials. */
  readonly chain: string;
  /** `null`: derived from the mirrors in the chain. */
  readonly ecosystem: EcosystemId | null;
  /** `null`: the ecosystem's public one, else its only one. */
  readonly upstream: string | null;
  /** The client whose rules apply (`pip`, `uv`); `null`: the client whose chain decides. */
  readonly client: string | null;
}

export const whatIfProblems = [
  'empty',
  'too_long',
  'too_many_members',
  'reserved_word',
  'not_a_url',
  'private',
  'unknown_group',
  'unknown_client',
  'which_group',
] as const;

/** Why a chain cannot be walked. `at` is the index of the member at fault, from 0. */
export interface WhatIfProblem {
  readonly kind: (typeof whatIfProblems)[number];
  readonly at: number | null;
  /** The expected value, or the possible choices; empty: nothing to add. */
  readonly expected: Sentence | string;
}

/** One member of a chain, and what is known of it. */
export interface WhatIfMember {
  /** Credentials masked. */
  readonly shown: string;
  /** `unwatched`: a host without a configured mirror; it is not measured, and neither is `direct`. */
  readonly kind: 'mirror' | 'unwatched' | 'direct' | 'off';
  /** The mirror's name; `null` for others. */
  readonly registry: string | null;
  /** The member's scheduled light samples in the window, and how many of them were good. */
  readonly answers: number;
  readonly good: number;
}

/**
 * `paired`: from moments in which all its monitored members were probed; `independent`: members counted separately, as
 * if failures were independent.
 */
export type WhatIfBasis = 'paired' | 'independent' | 'none';

/** The forecast for one chain. Times are seconds and shares 0 to 1; `null`: not measured. */
export interface ChainOutlook {
  readonly chain: string;
  readonly members: readonly WhatIfMember[];
  readonly basis: WhatIfBasis;
  /** The time span of its light samples. */
  readonly windowSeconds: number;
  /** Scheduled light moments walked, and how many of them ended where nothing is measured. */
  readonly moments: number;
  readonly unmeasured: number;
  /** Moments of downloads (the last few, whatever their age), with the numbers of failed and of unmeasured ones. */
  readonly downloads: { readonly moments: number; readonly failed: number; readonly unmeasured: number };
  /**
   * Share of fetches of light steps that succeed, as a range if some ended unmeasured. `low` and `high`: the 95 % confidence
   * interval.
   */
  readonly availability: {
    readonly atLeast: number;
    readonly atMost: number;
    readonly low: number;
    readonly high: number;
  } | null;
  /** One client fetch: its time if it succeeds, and its cost including failures. */
  readonly fetch: {
    readonly seconds: number;
    /** The 95 % confidence interval of the mean; `null` if nothing was paired. */
    readonly low: number | null;
    readonly high: number | null;
    /** The cost if all unmeasured fetches succeed, and (`costSecondsMost`) if all of them fail. */
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
  /** One build as advice assumes it: a fixed number of light and heavy steps, several at once. */
  readonly build: {
    readonly seconds: number;
    /** The share of failed builds if all unmeasured fetches succeed, and (`failedShareMost`) if all of them fail. */
    readonly failedShare: number;
    readonly failedShareMost: number;
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
}

/** The edited chain compared with another one, over moments in which both were walked. */
export interface WhatIfAgainst {
  readonly outlook: ChainOutlook;
  /** The edited chain's time against the other's. `unsure`: the moments do not decide; `null`: there are none. */
  readonly time: 'faster' | 'slower' | 'equal' | 'unsure' | null;
  /** Moments, light and heavy, walked to their end by both. */
  readonly moments: number;
  /** Moments in which only the other chain failed, and (`broken`) only the edited one. */
  readonly rescued: number;
  readonly broken: number;
}

/** The forecast for a chain, compared with the one in use and the advised one. */
export interface WhatIf {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly client: string;
  readonly edited: ChainOutlook;
  /** `null`: the chain that clients use now is not readable. */
  readonly inUse: WhatIfAgainst | null;
  /** `null`: the advised chain is the one in use. */
  readonly advised: WhatIfAgainst | null;
  /** The cost of one failed fetch, `advise.failureCost`. */
  readonly failureCostSeconds: number;
  /** True while our own network is suspect. */
  readonly vantageSuspect: boolean;
}

/** With fewer moments a note says so: half an hour has twice as many at the usual pace. */
const momentsFew = 30;

/** A limitation of the numbers of an edited chain. */
export interface WhatIfNote {
  readonly kind: 'vantage' | 'unmeasured' | 'independent' | 'few' | 'noDownloads' | 'downloads' | 'none';
  readonly count: number;
  readonly unmeasured: number;
}

/** The notes to show with the numbers, the most important first. */
export function notesOf({ edited, vantageSuspect }: Pick<WhatIf, 'edited' | 'vantageSuspect'>): readonly WhatIfNote[] {
  const { basis, moments, unmeasured, downloads, fetch, build } = edited;
  const isMeasured = basis !== 'none';
  const kinds: readonly (readonly [WhatIfNote['kind'], boolean])[] = [
    ['vantage', vantageSuspect],
    ['none', !isMeasured],
    ['unmeasured', isMeasured && unmeasured > 0],
    ['independent', basis === 'independent'],
    ['few', isMeasured && moments < momentsFew],
    // Without a time of any fetch, the reason is unmeasured walks, which another note reports.
    ['noDownloads', isMeasured && fetch !== null && build === null],
    ['downloads', isMeasured && build !== null && downloads.moments === 0],
  ];
  return kinds.flatMap(([kind, isSo]) => (isSo ? { kind, count: moments, unmeasured } : []));
}
