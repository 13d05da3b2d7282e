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

/** The facts about one member. */
export function memberNoteFor({ kind, answers, good }: WhatIfMember, say: Say): string {
  if (kind !== 'mirror') return say(`whatif.member.${kind}`);
  return answers === 0 ? say('whatif.member.unmeasured') : say('whatif.member.good', { good, count: answers });
}

/** The outcome of downloads; `null`: none. */
export function downloadsNoteFor(
  { downloads: { moments: count, failed, unmeasured } }: ChainOutlook,
  say: Say,
): string | null {
  if (count === 0) return null;
  return say(unmeasured > 0 ? 'whatif.downloadsOpen' : 'whatif.downloadsBad', { failed, count, unmeasured });
}

/** The basis of a chain's numbers. @param span  the length of its window, as text */
export function basisOf({ basis, moments: count }: ChainOutlook, span: string, say: Say): string {
  if (basis === 'none') return say('whatif.none');
  return say(basis === 'paired' ? 'whatif.moments' : 'whatif.answers', { count, span });
}

/** One value, or its bounds if it is uncertain. */
export function between(low: string, high: string, say: Say): string {
  return low === high ? low : say('whatif.between', { low, high });
}
