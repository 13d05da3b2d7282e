import type { ChainOutlook, WhatIf, WhatIfAgainst, WhatIfMember } from '../core/what-if.ts';
import type { Say } from './words.ts';

/** The chains of a response side by side: the edited one, the one in use and the advised one, if present. */
export function chainsOf(
  { edited, inUse, advised }: WhatIf,
  say: Say,
): readonly { readonly name: string; readonly outlook: ChainOutlook }[] {
  return [
    { name: say('whatif.edited'), outlook: edited },
    ...(inUse === null ? [] : [{ name: say('whatif.inUse'), outlook: inUse.outlook }]),
    ...(advised === null ? [] : [{ name: say('whatif.advised'), outlook: advised.outlook }]),
  ];
}

/** The edited chain compared with each of the other two. */
export function compareWithOthers({ inUse, advised }: WhatIf, say: Say): readonly string[] {
  return [
    ...(inUse === null ? [] : [beside(inUse, say('whatif.inUse'), say)]),
    advised === null ? say('whatif.same') : beside(advised, say('whatif.advised'), say),
  ];
}

function beside({ time, moments, rescued, broken }: WhatIfAgainst, which: string, say: Say): string {
  if (moments === 0) return say('whatif.againstNone', { which });
  return say('whatif.against', { count: moments, rescued, broken, which, time: say(`whatif.time.${time ?? 'none'}`) });
}

export function memberNoteFor({ kind, answers, good }: WhatIfMember, say: Say): string {
  if (kind !== 'mirror') return say(`whatif.member.${kind}`);
  return answers === 0 ? say('whatif.member.unmeasured') : say('whatif.member.good', { good, count: answers });
}

interface Units {
  readonly share: (share: number) => string;
  readonly seconds: (seconds: number) => string;
}

/** A row of the comparison; `cell`: a value and its confidence bounds; `null`: not measured. */
export interface WhatIfRow {
  readonly key: 'available' | 'fetch' | 'fetchCost' | 'build' | 'buildFails' | 'buildCost' | 'downloads' | 'rests';
  readonly cell: (outlook: ChainOutlook) => readonly [value: string, low?: string, high?: string] | null;
}

/** The rows by which chains are compared. @param span  writes the length of a window, in seconds */
export function rowsOf(say: Say, units: Units, span: Units['seconds']): readonly WhatIfRow[] {
  const { share, seconds } = units;
  const range = (low: string, high: string) => [between(low, high, say)] as const;
  const costs = (of: ChainOutlook['build'] | ChainOutlook['fetch']) =>
    of && range(seconds(of.costSeconds), seconds(of.costSecondsMost));
  return [
    {
      key: 'available',
      cell({ availability: of }) {
        return of && [...range(share(of.atLeast), share(of.atMost)), share(of.low), share(of.high)];
      },
    },
    {
      key: 'fetch',
      cell({ fetch: of }) {
        if (of === null) return null;
        const { low, high } = of;
        return low === null || high === null
          ? [seconds(of.seconds)]
          : [seconds(of.seconds), seconds(low), seconds(high)];
      },
    },
    { key: 'fetchCost', cell: ({ fetch }) => costs(fetch) },
    { key: 'build', cell: ({ build }) => build && [seconds(build.seconds)] },
    {
      key: 'buildFails',
      cell: ({ build }) => build && range(share(build.failedShare), share(build.failedShareMost)),
    },
    { key: 'buildCost', cell: ({ build }) => costs(build) },
    { key: 'downloads', cell: ({ downloads }) => downloadsNoteFor(downloads, say) },
    { key: 'rests', cell: (one) => [basisOf(one, span(one.windowSeconds), say)] },
  ];
}

function downloadsNoteFor({ moments: count, failed, unmeasured }: ChainOutlook['downloads'], say: Say) {
  if (count === 0) return null;
  return [say(unmeasured > 0 ? 'whatif.downloadsOpen' : 'whatif.downloadsBad', { failed, count, unmeasured })] as const;
}

function basisOf({ basis, moments: count }: ChainOutlook, span: string, say: Say): string {
  if (basis === 'none') return say('whatif.none');
  return say(basis === 'paired' ? 'whatif.moments' : 'whatif.answers', { count, span });
}

/** One value, or its bounds if it is uncertain. */
export function between(low: string, high: string, say: Say): string {
  return low === high ? low : say('whatif.between', { low, high });
}
