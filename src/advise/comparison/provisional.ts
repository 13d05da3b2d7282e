import { type ChoiceRule, isGoodNow } from './choose.ts';
import type { Contest } from './contest.ts';
import { costOf, recordOf } from './costs.ts';
import { spread } from './spread.ts';

/** The choice of the mirror in use is provisional for at most this time after a switch, milliseconds. */
const provisionalMs = 20 * 60_000;
/** The choice is provisional while fewer downloads of the mirror in use than this are recorded. */
const provisionalDownloads = 8;
/**
 * The mirror in use is compared with another one if this many good downloads of each of the two are recorded. The choice
 * is provisional while fewer of any other mirror are recorded.
 */
const comparedDownloads = 4;
/** Another mirror is better if a build there costs less than this fraction of the cost of a build at the head. */
const betterShare = 0.95;
/** The number of standard errors that are added to the mean times of the other mirror. */
const betterErrors = 0.4;

/**
 * True while few downloads of the head, or of a mirror of `names`, are recorded, at most `provisionalMs` after the
 * switch. Clients may then have been sent to the head because of its light requests (metadata) alone.
 * @see docs/decisions/0165-a-first-choice-is-provisional.md
 */
export function isProvisional(contest: Contest, names: readonly string[], sinceMoveMs: number): boolean {
  const { head } = contest;
  if (head === null || sinceMoveMs > provisionalMs || contest.without.has('provisional')) return false;
  const isFew = recordOf(contest, head).heavy.length < provisionalDownloads;
  return isFew || names.some((name) => !isCompared(contest, name));
}

/**
 * The mirror of `names` that is cheaper than another one by its downloads too; `null`: none, or few downloads are known.
 * @param than   the mirror that is used now; `null`: it is not monitored
 * @param share  of the cost of a build at that mirror, a build at the chosen one costs less
 */
export function chooseBetter(
  contest: Contest,
  names: readonly string[],
  rule: ChoiceRule,
  than: string | null = contest.head,
  share: number = betterShare,
): string | null {
  if (than === null || names.length === 0 || !isCompared(contest, than)) return null;
  const usedCost = costOf(contest, than, { ...rule, errors: 0 });
  if (usedCost === null) return null;
  let [better, leastCost] = [null as string | null, share * usedCost];
  for (const name of names) {
    if (name === than || !isCompared(contest, name) || !isGoodNow(contest, name, rule.nowMs)) continue;
    const cost = costOf(contest, name, { ...rule, errors: betterErrors });
    if (cost !== null && cost < leastCost) [better, leastCost] = [name, cost];
  }
  return better;
}

function isCompared(contest: Contest, name: string): boolean {
  return spread(recordOf(contest, name), 'heavy').count >= comparedDownloads;
}
