import { limits } from '../../core/limits.ts';
import type { StateTrouble } from '../../core/ports.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import type { OwnRule } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';

interface Unstored {
  readonly trouble: StateTrouble;
  /** When the first of the failed writes was reported, monotonic milliseconds. */
  readonly fromMs: number;
  readonly isOpen: boolean;
}

function explainUnstored(own: Unstored | null): FindingStatement {
  if (own?.isOpen !== true) return { tag: 'well', ...messageFor('found.unstored.well'), of: 'unstored' };
  return {
    tag: 'trouble',
    cause: 'unstored',
    evidence: {},
    ...messageFor('found.unstored', { why: phrase(`store.${own.trouble}`) }),
  };
}

/** Finds that the state of this daemon cannot be stored, for example because the disk is full. */
export const unstored: OwnRule<Unstored | null> = {
  name: 'unstored',
  kind: 'self',
  none: () => null,
  tick(before, trouble, { view: { now } }) {
    if (trouble === null) return before === null ? {} : { own: null, statement: explainUnstored(null) };
    const fromMs = before?.fromMs ?? now.monotonicMs;
    const own = { trouble, fromMs, isOpen: now.monotonicMs - fromMs >= limits.unstoredMs };
    const isChange = own.isOpen && (before?.isOpen !== true || before.trouble !== trouble);
    return isChange ? { own, statement: explainUnstored(own) } : { own };
  },
};
