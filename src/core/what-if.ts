import type { EcosystemId, Upstream } from './mirror.ts';
import type { Sentence } from './result.ts';

/** A what-if request: how would this chain behave? */
export interface WhatIfAsked {
  /** In the client's syntax; may contain credentials. */
  readonly chain: string;
  /** `null`: derived from the mirrors in the chain. */
  readonly ecosystem: EcosystemId | null;
  /** `null`: the ecosystem's only one, else its public one, else by the mirrors in the chain. */
  readonly upstream: string | null;
  /** `null`: the client whose chain decides. */
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

/** Why a chain cannot be walked. `at`: the member at fault, from 0. */
export interface WhatIfProblem {
  readonly kind: (typeof whatIfProblems)[number];
  readonly at: number | null;
  /** What is expected, or the choices; may be empty. */
  readonly expected: Sentence | string;
}

export interface WhatIfMember {
  /** Credentials masked. */
  readonly shown: string;
  /** `unwatched`: a host without a configured mirror, not measured, as `direct`. */
  readonly kind: 'mirror' | 'unwatched' | 'direct' | 'off';
  /** `null`: no mirror. */
  readonly registry: string | null;
  /** Scheduled light samples, and the good ones. */
  readonly answers: number;
  readonly good: number;
}

/** `paired`: from moments with all measured members; `independent`: as if members failed independently. */
export type WhatIfBasis = 'paired' | 'independent' | 'none';

/** The forecast for one chain. Shares are 0 to 1; `null`: not measured. */
export interface ChainOutlook {
  readonly chain: string;
  readonly members: readonly WhatIfMember[];
  readonly basis: WhatIfBasis;
  readonly windowSeconds: number;
  /** Scheduled light moments walked, and those that ended unmeasured. */
  readonly moments: number;
  readonly unmeasured: number;
  /** The last downloads, and those that failed or ended unmeasured. */
  readonly downloads: { readonly moments: number; readonly failed: number; readonly unmeasured: number };
  /** Light fetches that succeed: a range if some ended unmeasured, and the 95 % confidence interval. */
  readonly availability: {
    readonly atLeast: number;
    readonly atMost: number;
    readonly low: number;
    readonly high: number;
  } | null;
  /** One client fetch: its time if it succeeds, and its cost with failures. */
  readonly fetch: {
    readonly seconds: number;
    /** The 95 % confidence interval; `null`: nothing was paired. */
    readonly low: number | null;
    readonly high: number | null;
    /** If all unmeasured fetches succeed, and (`…Most`) if all fail. */
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
  /** One build as advice assumes. `…Most`: if all unmeasured fetches fail. */
  readonly build: {
    readonly seconds: number;
    readonly failedShare: number;
    readonly failedShareMost: number;
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
}

/** The edited chain compared with another one, over moments in which both were walked. */
export interface WhatIfAgainst {
  readonly outlook: ChainOutlook;
  /** Of the edited chain. `unsure`: the moments do not decide; `null`: none. */
  readonly time: 'faster' | 'slower' | 'equal' | 'unsure' | null;
  /** Moments in which both walks ended measured. */
  readonly moments: number;
  /** Moments in which only the other chain failed, and (`broken`) only the edited one. */
  readonly rescued: number;
  readonly broken: number;
}

/** The forecast for a chain, compared with the one in use and the advised one. */
export interface WhatIf extends Upstream {
  readonly client: string;
  readonly edited: ChainOutlook;
  /** `null`: the current chain cannot be parsed. */
  readonly inUse: WhatIfAgainst | null;
  /** `null`: the advised chain is the one in use. */
  readonly advised: WhatIfAgainst | null;
  /** `advise.failureCost`. */
  readonly failureCostSeconds: number;
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
