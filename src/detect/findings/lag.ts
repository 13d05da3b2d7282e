import { isOfBehind } from '../../core/finding.ts';
import { phrase } from '../../words/tell.ts';
import { receiveContents, subjectsOf } from '../contents/freshness.ts';
import { hasAllReleased } from '../contents/lag.ts';
import { isNumber, openFinding, originOf } from '../memory/lookups.ts';
import { type MirrorMemory, stateOf } from '../memory/mirror-memory.ts';
import type { About, FindingRule } from '../memory/rule.ts';
import { type ContentComparison, contentsOf } from '../memory/subject.ts';
import { backwardsOf, explainLag, isBehind, isStalled, type LagTrouble } from './lag-says.ts';

/** The lag troubles of a mirror, by the key of the subject (a module, one of its versions, or the whole mirror). */
type Lagging = ReadonlyMap<string, LagTrouble>;

/** Finds mirrors that are behind the origin or other mirrors, get no more releases, or return to an earlier state. */
export const lag: FindingRule<Lagging> = {
  name: 'lag',
  kind: 'lag',
  none: () => new Map(),
  gravity: 60,
  judge(before, { view, mirror, sample }) {
    const comparison = receiveContents(view, mirror, sample);
    const after = comparison === null ? before : withTrouble(before, comparison, { view, mirror });
    const { module } = sample.due.target;
    const isBack = hasRegressed(mirror, module);
    const absorbs = isBack ? [{ module, isOpen: takesTurnsOn(after, module) }] : [];
    const isChange = after !== before || (comparison !== null && before.has(comparison.subject.key));
    return { mirror: after, absorbs, isChange };
  },
  refresh(lagging, about) {
    const { view, mirror } = about;
    const { name } = mirror.mirror;
    const limitMs = view.config.detect.lagLimitMs;
    const troubles = [...lagging.values()];
    const late = troubles.filter((one) => isBehind(one, limitMs));
    const oldestMs = Math.min(...late.map(({ reading }) => reading?.oldestMs ?? Number.POSITIVE_INFINITY));
    const statement = explainLag(name, troubles, {
      limitMs,
      origin: originOf(view, mirror),
      isStill: late.length > 1 && isStalled(subjectsOf(view, mirror), name, oldestMs),
      known: openFinding(view, 'lag', name)?.cause ?? null,
      wallAheadMs: view.now.wallMs - view.now.monotonicMs,
    });
    return { statement };
  },
  /** Ends a lag behind an origin that is no longer configured. */
  adopt(before, about) {
    const { view, mirror } = about;
    const { name } = mirror.mirror;
    const isOver = (reading: LagTrouble['reading']) => reading?.by === 'origin' && originOf(view, mirror) === null;
    const kept = [...before].flatMap(([key, one]): readonly (readonly [string, LagTrouble])[] => {
      const trouble = isOver(one.reading) ? { ...one, reading: null } : one;
      const isHeld = view.subjects.get(key)?.shelves.has(name) === true;
      return isHeld && isTrouble(trouble, about) ? [[key, trouble]] : [];
    });
    const isSame = kept.length === before.size && kept.every(([key, one]) => before.get(key) === one);
    return isSame ? null : { mirror: new Map(kept), isChange: true };
  },
  start(_, about) {
    const { view, mirror } = about;
    const troubles = [...view.subjects.values()].flatMap((subject) => {
      const shelf = subject.shelves.get(mirror.mirror.name);
      const trouble = shelf && { subject, shelf, reading: shelf.reading, backwards: backwardsOf(shelf), probeId: null };
      return trouble !== undefined && isTrouble(trouble, about) ? [[subject.key, trouble] as const] : [];
    });
    return { mirror: new Map(troubles) };
  },
  write(_, mirror) {
    const { propagations } = contentsOf(mirror);
    return propagations.length === 0 ? {} : { propagations: propagations.map(Math.round) };
  },
  read({ propagations }, { mirror }) {
    contentsOf(mirror).propagations = Array.isArray(propagations) ? propagations.filter(isNumber) : [];
    return null;
  },
  resume: (lagging) => (lagging.size > 0 ? {} : 'gone'),
  degrades: (_, findings) => (findings.some(isOfBehind) ? phrase('why.behind') : null),
};

function withTrouble(before: Lagging, { subject, shelf, probeId }: ContentComparison, about: About): Lagging {
  const known = before.get(subject.key);
  // Without a mirror to compare with, the last verdict is valid until the mirror has every known release.
  const isLate = (): boolean => !hasAllReleased(subject, shelf, about.mirror.mirror.gaps);
  const reading = shelf.reading ?? (known !== undefined && isLate() ? known.reading : null);
  const trouble = { subject, shelf, reading, backwards: backwardsOf(shelf), probeId };
  if (!isTrouble(trouble, about) && known === undefined) return before;
  const after = new Map(before);
  if (isTrouble(trouble, about)) after.set(subject.key, trouble);
  else after.delete(subject.key);
  return after;
}

function isTrouble(trouble: LagTrouble, { view }: About): boolean {
  return trouble.backwards !== null || isBehind(trouble, view.config.detect.lagLimitMs);
}

export function hasRegressed(mirror: MirrorMemory, module: string | null): boolean {
  return (contentsOf(mirror).steppedBack.get(module)?.backwards ?? 0) > 0;
}

export function isAlternating(mirror: MirrorMemory, module: string | null): boolean {
  return takesTurnsOn(stateOf(lag, mirror), module);
}

function takesTurnsOn(lagging: Lagging, module: string | null): boolean {
  return lagging.values().some((one) => one.subject.module === module && one.backwards?.kind === 'regression');
}
