import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';

/** What a person asks: what would this chain do? */
export interface WhatIfAsked {
  /** As the client has it; a secret as long as it may hold credentials. */
  readonly chain: string;
  /** `null`: what follows from the mirrors in the chain. */
  readonly ecosystem: EcosystemId | null;
  /** `null`: the ecosystem's public one, else its only one. */
  readonly upstream: string | null;
  /** Whose rules it is walked by (`pip`, `uv`); `null`: the client whose chain decides. */
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

/** Why a chain cannot be walked. `at` is the member that it is about, from 0. */
export interface WhatIfProblem {
  readonly kind: (typeof whatIfProblems)[number];
  readonly at: number | null;
  /** What was expected, or what there is to choose from; empty: nothing to add. */
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
  /** Its scheduled light answers of the window, and those among them that were good. */
  readonly answers: number;
  readonly good: number;
}

/** `paired`: from moments in which all its watched members were asked; `independent`: each by itself, as if nothing failed together. */
export type WhatIfBasis = 'paired' | 'independent' | 'none';

/** What is expected of one chain. Times are seconds and shares 0 to 1; `null`: not measured. */
export interface ChainOutlook {
  readonly chain: string;
  readonly members: readonly WhatIfMember[];
  readonly basis: WhatIfBasis;
  /** Over which time its light answers came. */
  readonly windowSeconds: number;
  /** Scheduled light moments walked, and how many of them ended where nothing is measured. */
  readonly moments: number;
  readonly unmeasured: number;
  /** The same of downloads: the last few, whatever their age. */
  readonly downloads: { readonly moments: number; readonly failed: number; readonly unmeasured: number };
  /**
   * Share of fetches of light steps that end well: between the two where some ended unmeasured. `low` and `high`: with
   * what so few moments leave to chance, 19 times of 20.
   */
  readonly availability: {
    readonly atLeast: number;
    readonly atMost: number;
    readonly low: number;
    readonly high: number;
  } | null;
  /** One client fetch: its time where it ends well, and with what failures cost. */
  readonly fetch: {
    readonly seconds: number;
    /** What chance leaves of its mean, 19 times of 20; `null` where nothing was paired. */
    readonly low: number | null;
    readonly high: number | null;
    /** Where all that ended unmeasured was well, and where all of that failed. */
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
  /** One build, as advice reckons with it: ten light and five heavy steps, three at once. */
  readonly build: {
    readonly seconds: number;
    /** The same two of what fails. */
    readonly failedShare: number;
    readonly failedShareMost: number;
    readonly costSeconds: number;
    readonly costSecondsMost: number;
  } | null;
}

/** The edited chain beside another one, in moments that both were walked in. */
export interface WhatIfAgainst {
  readonly outlook: ChainOutlook;
  /** Of the edited one. `unsure`: the moments cannot tell; `null`: there are none. */
  readonly time: 'faster' | 'slower' | 'equal' | 'unsure' | null;
  /** Moments, light and heavy, walked to their end by both. */
  readonly moments: number;
  /** Of those: the other failed and the edited one did not, and the other way round. */
  readonly rescued: number;
  readonly broken: number;
}

/** What a chain would do, beside the one in use and the one advised. */
export interface WhatIf {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly client: string;
  readonly edited: ChainOutlook;
  /** `null`: what clients use now cannot be read. */
  readonly inUse: WhatIfAgainst | null;
  /** `null`: nothing else is advised than what is in use. */
  readonly advised: WhatIfAgainst | null;
  /** What one failed fetch counts as, `advise.failureCost`. */
  readonly failureCostSeconds: number;
  /** True where we cannot tell mirrors from our own network now. */
  readonly vantageSuspect: boolean;
}

/** Fewer moments than this are said to be few: half of what half an hour has at the usual pace. */
const momentsFew = 30;

/** What keeps the numbers of an edited chain from saying all. */
export interface WhatIfNote {
  readonly kind: 'vantage' | 'unmeasured' | 'independent' | 'few' | 'noDownloads' | 'downloads' | 'none';
  readonly count: number;
  readonly unmeasured: number;
}

/** The notes to be shown beside the numbers, the gravest first. */
export function notesOf({ edited, vantageSuspect }: Pick<WhatIf, 'edited' | 'vantageSuspect'>): readonly WhatIfNote[] {
  const { basis, moments, unmeasured, downloads, fetch, build } = edited;
  const isMeasured = basis !== 'none';
  const kinds: readonly (readonly [WhatIfNote['kind'], boolean])[] = [
    ['vantage', vantageSuspect],
    ['none', !isMeasured],
    ['unmeasured', isMeasured && unmeasured > 0],
    ['independent', basis === 'independent'],
    ['few', isMeasured && moments < momentsFew],
    // Where no fetch has a time either, it is for what ended unmeasured, which is said.
    ['noDownloads', isMeasured && fetch !== null && build === null],
    ['downloads', isMeasured && build !== null && downloads.moments === 0],
  ];
  return kinds.flatMap(([kind, isSo]) => (isSo ? { kind, count: moments, unmeasured } : []));
}
