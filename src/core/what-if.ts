import type { EcosystemId, Upstream } from './mirror.ts';
import type { Sentence } from './result.ts';

export interface WhatIfAsked {
  /** In the client's syntax; may contain credentials. */
  readonly chain: string;
  /** `null`: derived from `upstream`, or from the mirrors in the chain. */
  readonly ecosystem: EcosystemId | null;
  /** `null`: the only one; of several in `ecosystem` the public one, else derived from the mirrors in the chain. */
  readonly upstream: string | null;
  /** `null`: the leading client. */
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

/** Why a chain is not accepted. `at`: the index of the wrong member, or `null`. */
export interface WhatIfProblem {
  readonly kind: (typeof whatIfProblems)[number];
  readonly at: number | null;
  /** What is expected, or the choices; may be empty. */
  readonly expected: Sentence | string;
}

export interface WhatIfMember {
  readonly shown: string;
  /** `unwatched`: a host that is not a configured mirror. */
  readonly kind: 'mirror' | 'unwatched' | 'direct' | 'off';
  readonly registry: string | null;
  /** Number of scheduled light samples. */
  readonly answers: number;
  readonly good: number;
}

/** `paired`: from simultaneous responses of the members; `independent`: as if members failed independently. */
export type WhatIfBasis = 'paired' | 'independent' | 'none';

/** The forecast for a chain. Shares are 0 to 1; `null`: not measured. */
export interface ChainOutlook {
  readonly chain: string;
  readonly members: readonly WhatIfMember[];
  readonly basis: WhatIfBasis;
  readonly windowSeconds: number;
  /** Light requests: replayed, or if `independent` the fewest of a member. `unmeasured`: ended at an unmeasured one. */
  readonly moments: number;
  readonly unmeasured: number;
  /** Replayed downloads; `failed` and `unmeasured` are parts of `moments`. */
  readonly downloads: { readonly moments: number; readonly failed: number; readonly unmeasured: number };
  /** The share of light requests that succeed, with its 95 % confidence interval (`low`, `high`). */
  readonly availability: {
    readonly atLeast: number;
    readonly atMost: number;
    readonly low: number;
    readonly high: number;
  } | null;
  /** One client fetch: `seconds` without the cost of failures, costs with it. */
  readonly fetch: {
    readonly seconds: number;
    /** 95 % confidence interval; `null`: nothing was paired. */
    readonly low: number | null;
    readonly high: number | null;
    /** If all unmeasured fetches succeed; `costSecondsMost`: if all fail. */
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
  /** One build. `…Most`: if all unmeasured fetches fail. */
  readonly build: {
    readonly seconds: number;
    readonly failedShare: number;
    readonly failedShareMost: number;
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
}

/** The edited chain compared with another one, over requests that were replayed with both. */
export interface WhatIfAgainst {
  readonly outlook: ChainOutlook;
  /** The edited chain compared with the other one; `unsure`: undecided; `null`: nothing to compare. */
  readonly time: 'faster' | 'slower' | 'equal' | 'unsure' | null;
  /** Requests for which both chains were measured. */
  readonly moments: number;
  /** Requests in which only the other chain failed; `broken`: only the edited one. */
  readonly rescued: number;
  readonly broken: number;
}

/** The forecast for a chain, compared with the one in use and the advised one. */
export interface WhatIf extends Upstream {
  readonly client: string;
  readonly edited: ChainOutlook;
  /** `null`: the current chain cannot be parsed. */
  readonly inUse: WhatIfAgainst | null;
  /** `null`: no other chain than the one in use is advised. */
  readonly advised: WhatIfAgainst | null;
  readonly failureCostSeconds: number;
  readonly vantageSuspect: boolean;
}

/** With fewer moments, a note says that there are few. */
const momentsFew = 30;

export interface WhatIfNote {
  readonly kind: 'vantage' | 'unmeasured' | 'independent' | 'few' | 'noDownloads' | 'downloads' | 'none';
  readonly count: number;
  readonly unmeasured: number;
}

/** The most important first. */
export function notesOf({ edited, vantageSuspect }: Pick<WhatIf, 'edited' | 'vantageSuspect'>): readonly WhatIfNote[] {
  const { basis, moments, unmeasured, downloads, fetch, build } = edited;
  const isMeasured = basis !== 'none';
  const kinds: readonly (readonly [WhatIfNote['kind'], boolean])[] = [
    ['vantage', vantageSuspect],
    ['none', !isMeasured],
    ['unmeasured', isMeasured && unmeasured > 0],
    ['independent', basis === 'independent'],
    ['few', isMeasured && moments < momentsFew],
    // Without any fetch time, another note tells the reason.
    ['noDownloads', isMeasured && fetch !== null && build === null],
    ['downloads', isMeasured && build !== null && downloads.moments === 0],
  ];
  return kinds.flatMap(([kind, isSo]) => (isSo ? { kind, count: moments, unmeasured } : []));
}
