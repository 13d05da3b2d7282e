import type { OutageRule } from '../../core/config.ts';
import { failureTextOf, type Outcome, type Reason, reasonWeight } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, type Target } from '../../core/mirror.ts';
import type { Message } from '../../core/result.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import { isWithdrawn, siblingsOf } from '../confirm/withdrawn.ts';
import { isThrottled } from '../memory/absence.ts';
import { openFinding, targetsOf } from '../memory/lookups.ts';
import {
  type MirrorMemory,
  primaryConnectionOf,
  type SeriesMemory,
  seriesOf,
  seriesStateOf,
  stateOf,
} from '../memory/mirror-memory.ts';
import type { About, FindingRule, Judged, Request, RuleInput, RuleView } from '../memory/rule.ts';
import { type FindingStatement, scopeOf, sortByCanary } from '../memory/says.ts';
import { isDownBy } from '../outage/state.ts';
import { hasRegressed, isAlternating } from './lag.ts';
import { isWithheldItem } from './policy.ts';

class RefusalState {
  readonly isOpen: boolean = false;
  readonly refusals: number = 0;
  /** End of the first refused probe of the streak (refusals in a row) or open finding, monotonic milliseconds. */
  readonly fromMs: number | null = null;
  /** The sum of all `Retry-After` values in the streak (refusals in a row) or open finding, milliseconds. */
  readonly wishMs: number = 0;
  readonly oks: number = 0;
  readonly reason: Reason | null = null;
  readonly status: number | null = null;
  readonly probeIds: readonly string[] = [];
}

export const noRefusal = new RefusalState();

/**
 * The reason of the refusal in an outcome; `null`: no refusal. An absent item is a refusal only if another mirror of
 * the upstream serves it. A policy that covers the whole mirror denies access to it.
 */
export function refusalOf(outcome: Outcome, siblingServesIt: boolean): Reason | null {
  if (outcome.tag !== 'failed') return null;
  const { kind } = outcome.failure;
  if (reasonWeight[kind] !== 'refusal') return null;
  if (kind === 'policy') return 'denied';
  return kind === 'absent' && !siblingServesIt ? null : kind;
}

/**
 * The state after one more sample of a target.
 * @see docs/detection.md#rules-of-findings
 */
export function updateRefusal(
  state: RefusalState,
  result: {
    readonly outcome: Outcome;
    readonly refusal: Reason | null;
    /** True if the mirror may still serve another step, which a probe will show. */
    readonly mayBeChance: boolean;
    readonly probeId: string;
    readonly endedMs: number;
  },
  rule: OutageRule,
): RefusalState {
  const { outcome } = result;
  if (outcome.tag === 'ok') {
    const oks = state.oks + 1;
    return state.isOpen && oks < rule.close ? { ...state, oks } : noRefusal;
  }
  if (result.refusal === null || outcome.tag !== 'failed') return state;
  const fromMs = state.fromMs ?? result.endedMs;
  const refusals = state.refusals + 1;
  const { failure } = outcome;
  const wishMs = state.wishMs + (failure.kind === 'throttled' ? (failure.retryAfterMs ?? 0) : 0);
  const isRow = refusals >= rule.open && result.endedMs - fromMs >= rule.overMs;
  const isChance = result.mayBeChance && refusals === 1 && wishMs < limits.refusalLongMs;
  return {
    isOpen: state.isOpen || isRow || (wishMs >= limits.refusalWishMs && !isChance),
    refusals,
    fromMs,
    wishMs,
    oks: 0,
    reason: result.refusal,
    status: 'status' in failure ? failure.status : null,
    probeIds: [...state.probeIds, result.probeId].slice(-limits.findingProbes),
  };
}

function refusalStatement({ view, mirror }: About, refused: Refused): FindingStatement {
  const { name } = mirror.mirror;
  const all = sortByCanary([...refused].map((one) => ({ target: one.target, refusal: seriesStateOf(refusal, one) })));
  const [first] = all;
  if (first === undefined) return { tag: 'well', ...messageFor('found.refusal.well', { name }) };
  const refusals = all.reduce((sum, { refusal: { refusals: own } }) => sum + own, 0);
  const reason = first.refusal.reason ?? 'denied';
  const causeText = failureTextOf(reason, first.refusal.status);
  const probeIds = all.flatMap((one) => one.refusal.probeIds);
  return {
    tag: 'trouble',
    scope: scopeOf(all.map(({ target }) => target)),
    // An open finding keeps its cause.
    cause: openFinding(view, 'refusal', name)?.cause ?? reason,
    evidence: { samples: refusals, failures: refusals, probeIds: probeIds.slice(0, limits.findingProbes) },
    actionable: isDownBy(all, mirror),
    ...(first.target.canary
      ? messageFor('found.refusal', {
          name,
          cause: causeText,
          times: phrase('found.times', { count: first.refusal.refusals }),
        })
      : messageFor('found.refusalOnly', { name, cause: causeText, targets: all.length })),
  };
}

type Refused = ReadonlySet<SeriesMemory>;

/** Finds mirrors that refuse requests. The rule's state of a mirror is the set of its refused series. */
export const refusal: FindingRule<Refused, RefusalState> = {
  name: 'refusal',
  kind: 'refusal',
  none: () => new Set(),
  noneOfSeries: noRefusal,
  gravity: 10,
  judge(refused, judged, before) {
    const { series, isPrimary } = judged;
    if (!isPrimary || isCanarysStory(refused, judged, before)) return null;
    const { state, refusal: reason } = nextOf(judged, before);
    const isChange = state.isOpen !== before.isOpen;
    const waiting = isChange && state.isOpen && reason === 'throttled' ? listWaiting(judged, refused) : [];
    const opened = [series, ...waiting];
    return {
      mirror: !isChange
        ? refused
        : state.isOpen
          ? refused.union(new Set(opened))
          : refused.difference(new Set([series])),
      series: [
        [series, state],
        ...waiting.map((one) => [one, { ...seriesStateOf(refusal, one), isOpen: true }] as const),
      ],
      isUrgent: isChange,
      claims: isChange && state.isOpen ? opened : [],
      requests: requestsOf(judged, reason, before, state, refused),
      isChange,
    };
  },
  refresh: (refused, about) => ({ statement: refusalStatement(about, refused) }),
  absorb(refused, { mirror, module, isOpen }) {
    const own = [...refused].filter(
      (series) => series.target.module === module && seriesStateOf(refusal, series).reason === 'absent',
    );
    if (!isOpen || own.length === 0) return null;
    const left = refused.difference(new Set(own));
    return {
      mirror: left,
      series: own.map((series) => [series, noRefusal] as const),
      isUrgent: true,
      ...(left.size > 0 ? { isChange: true } : { statement: { tag: 'well', ...refusalNoteFor(mirror.mirror.name) } }),
    };
  },
  drop(refused, { dropped }) {
    const left = refused.difference(dropped);
    return left.size === refused.size ? null : { mirror: left, isChange: true };
  },
  writeSeries: ({ isOpen }) => (isOpen ? { isRefused: true } : {}),
  readSeries(refused, { isRefused }, series, { view, mirror }) {
    const isOpen = isRefused === true && openFinding(view, 'refusal', mirror.mirror.name) !== null;
    return isOpen ? { mirror: new Set([...refused, series]), series: [[series, { ...noRefusal, isOpen }]] } : null;
  },
  resume(refused, finding, { view, mirror }) {
    if (refused.size > 0) return {};
    const connection = primaryConnectionOf(mirror.mirror);
    const own = targetsOf(view, finding).map((target) => seriesOf(mirror, target, connection));
    const series = own.map((one) => [one, { ...noRefusal, isOpen: true }] as const);
    return own.length === 0 ? 'gone' : { mirror: new Set(own), series };
  },
  cites: (_, { isOpen, probeIds }) => (isOpen ? { probeId: probeIds.at(-1) } : null),
  degrades: (refused) => (refused.size > 0 ? phrase('why.refuses') : null),
};

/** True for a sample whose failure is a refusal; the finding may not be open yet. */
export function isReportedAsRefusal(judged: Judged): boolean {
  const before = seriesStateOf(refusal, judged.series);
  if (isCanarysStory(stateOf(refusal, judged.mirror), judged, before)) return true;
  if (isWithheldItem(judged.view, judged.mirror, judged.sample)) return true;
  const { state, isUncounted } = nextOf(judged, before);
  return isUncounted || state.isOpen;
}

export function isRefusing(mirror: MirrorMemory): boolean {
  return stateOf(refusal, mirror).size > 0;
}

/**
 * The text of a refusal finding that closes because another finding reports that the module's contents return to an
 * earlier state.
 */
export function refusalNoteFor(name: string): Message {
  return messageFor('found.refusal.told', { name });
}

function isCanarysStory(refused: Refused, { sample }: Judged, { isOpen }: RefusalState): boolean {
  return !sample.due.target.canary && !isOpen && [...refused].some(({ target }) => target.canary);
}

function nextOf({ view, mirror, sample }: Judged, before: RefusalState) {
  const { outcome, due } = sample;
  // The other mirrors are searched only after a failure with reason `absent`, because the search is expensive.
  const isAbsent = outcome.tag === 'failed' && outcome.failure.kind === 'absent';
  const siblings = isAbsent && !isAlternating(mirror, due.target.module) ? siblingsOf(view, mirror, due.target) : null;
  const isGone = siblings !== null && isWithdrawn(view, mirror, due.target);
  const isPolicy = isWithheldItem(view, mirror, sample);
  const isServed = !isGone && siblings?.some(({ series }) => series?.item === 'served') === true;
  const reason = isPolicy ? null : refusalOf(outcome, isServed);
  // If no mirror serves the item any more, its absence at this mirror is no refusal.
  const isOfAbsence = before.isOpen && (before.reason ?? 'absent') === 'absent';
  const isNowhere = isOfAbsence && (isGone || (siblings !== null && lackItem(siblings, due.target)));
  const result = {
    outcome: isNowhere || isPolicy ? ({ tag: 'ok' } as const) : outcome,
    refusal: reason,
    mayBeChance: reason === 'throttled' && otherStepOf(view, mirror, due.target) !== null,
    probeId: due.probeId,
    endedMs: sample.endedMonotonicMs,
  };
  const isUncounted = isAbsent && (reason === null || hasRegressed(mirror, due.target.module));
  return { state: updateRefusal(before, result, view.config.detect.outage), refusal: reason, isUncounted };
}

function requestsOf(
  { view, mirror, sample }: Judged,
  reason: Reason | null,
  before: RefusalState,
  { isOpen, wishMs }: RefusalState,
  refused: Refused,
): readonly Request[] {
  if (reason === null || isOpen) return [];
  // If the mirror sent `Retry-After`, the request is repeated only after that wait. Before the end of a long wait, a
  // request of another step shows whether the mirror refuses them all.
  if (reason === 'throttled' && refused.size === 0) {
    const { target } = sample.due;
    const isLong = before.refusals === 0 && wishMs >= limits.refusalWishMs;
    const other = isLong ? otherStepOf(view, mirror, target) : null;
    return [{ kind: 'throttled', target }, ...(other === null ? [] : [{ kind: 'recheck', target: other } as const])];
  }
  return before.refusals === 0 ? [{ kind: 'refused', sample }] : [];
}

/** The other series whose single refusal might have been chance, and was not: the mirror refuses this step too. */
function listWaiting({ view, mirror, series }: Judged, refused: Refused): readonly SeriesMemory[] {
  return [...mirror.series.values()].filter((one) => {
    if (one === series || refused.has(one) || !isThrottled(view, mirror, one.target.step)) return false;
    return seriesStateOf(refusal, one).wishMs >= limits.refusalWishMs;
  });
}

/**
 * A light target of another step that the mirror has served, if possible one that the same client fetch needs; `null`:
 * none, or the mirror refuses another step too.
 */
function otherStepOf(view: RuleView, mirror: MirrorMemory, { step, module, version }: Target): Target | null {
  const { absence, series } = mirror;
  if (absence.throttled.keys().some((other) => other !== step && isThrottled(view, mirror, other))) return null;
  const others = [...series.values()]
    .filter(({ target, item }) => item === 'served' && target.step !== step && !isHeavy(target))
    .map(({ target }) => target);
  return others.find((one) => one.module === module && one.version === version) ?? others[0] ?? null;
}

/**
 * True if the last sample of each other mirror that has the target found the item absent too. For a canary, at least
 * one other mirror is needed: a single empty server proves nothing.
 */
export function isAbsentEverywhere({ view, mirror, sample }: RuleInput): boolean {
  const { outcome, due } = sample;
  if (outcome.tag !== 'failed' || outcome.failure.kind !== 'absent') return false;
  return lackItem(siblingsOf(view, mirror, due.target), due.target);
}

function lackItem(siblings: ReturnType<typeof siblingsOf>, { canary }: Target): boolean {
  return siblings.every(({ series }) => series?.item === 'absent') && (siblings.length > 0 || !canary);
}
