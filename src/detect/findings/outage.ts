import { isSilent, type Reason, reasons } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import { isHeavy } from '../../core/mirror.ts';
import { phrase } from '../../words/tell.ts';
import { isCanaryProbe, isNumber, monotonicOf, openFinding, targetsOf } from '../memory/lookups.ts';
import { type MirrorMemory, type SeriesMemory, seriesOf, stateOf } from '../memory/mirror-memory.ts';
import type { About, FindingRule, Request, RuleInput, RuleStep, RuleView } from '../memory/rule.ts';
import {
  type AddressFamily,
  Families,
  isShown,
  newDetour,
  otherFamilyOf,
  requestBroken,
  updateDetour,
  updateFamilies,
} from '../outage/families.ts';
import { oneProtocolOf, restoreFault, updateFault, updateOther } from '../outage/http-versions.ts';
import {
  decideOpening,
  isBack,
  isCanaryOut,
  isDamped,
  isOutageOver,
  noOutage,
  type OutageOwn,
  type OutageState,
  openOutage,
  outageOf,
  outagePlace,
  outagesOf,
  removeRow,
  type TargetResult,
  targetResultOf,
  updateOutage,
} from '../outage/state.ts';
import { explainOutage } from './outage-says.ts';
import { isWithheldItem } from './policy.ts';
import { isAbsentEverywhere } from './refusal.ts';
import { unreliable } from './unreliable.ts';

/** Finds mirrors that do not respond at all, or not over one address family or HTTP version. */
export const outage: FindingRule<OutageOwn, OutageState> = {
  ...outagePlace,
  kind: 'outage',
  gravity: 20,
  peek(own, { view, mirror, sample }) {
    if (sample.due.protocol === undefined) {
      const families = updateDetour(own.families, sample);
      return families === null ? null : { mirror: { ...own, families }, isDirty: true, isChange: true };
    }
    const step = updateOther(own.fault, mirror, sample, view.now.monotonicMs);
    const { fault, isChange = false } = step ?? {};
    return fault === undefined ? null : { mirror: { ...own, fault }, isDirty: isChange, isChange };
  },
  observe(own, { view, mirror, sample }) {
    const nowMs = view.now.monotonicMs;
    const families = updateFamilies(own.families, mirror, sample, nowMs);
    const { fault, isChange = false, requests = [] } = updateFault(own.fault, mirror, sample, nowMs);
    if (families === own.families && fault === own.fault && requests.length === 0) return null;
    return { mirror: { ...own, families, fault }, requests, isDirty: isChange, isChange };
  },
  /** The sample of a canary is judged when it arrives. The sample of another target is judged when it is settled. */
  confirm(own, input, before) {
    const { sample, mirror } = input;
    if (isCanaryProbe(sample)) return judgeCanary(own, input, before);
    if (sample.due.connection !== 'cold' || isHeavy(sample.due.target) || before.isOut) return null;
    const isDoubtful = before.last === 'passed' && !isCanaryOut(mirror);
    return {
      requests: [{ kind: 'doubt', sample, isFailed: targetResultOf(sample)?.outcome === 'failed', isDoubtful }],
    };
  },
  decide(own, { view, mirror, series, sample, vantage, by }, before) {
    const result = sample?.due.target.canary === true ? targetResultOf(sample) : null;
    const isFailed = result?.outcome === 'failed';
    switch (by) {
      case 'moment':
        if (isFailed && before.isOut)
          return {
            series: [[series, { ...before, sound: null }]],
            requests: [{ kind: 'certain', target: series.target }],
          };
        if (!isFailed || decideOpening(before, view.config.detect.outage) === null) return null;
        return {
          ...opened(own, { view, mirror }, series, before),
          vantage,
          requests: [{ kind: 'certain', target: null }],
        };
      case 'released': {
        if (sample === null || result === null || !isFailed) return null;
        const { step, state } = stepFor(own, view, series, updateOutage(before, result));
        const isDoubtful = isDoubtfulCanary({ view, mirror }, state, 'never');
        return { ...step, requests: [{ kind: 'doubt', sample, isFailed, isDoubtful }] };
      }
      case 'dead': {
        const next = result === null ? before : updateOutage(before, result);
        return before.isOut
          ? stepFor(own, view, series, next).step
          : { ...opened(own, { view, mirror }, series, next), vantage };
      }
      default:
        return by satisfies never;
    }
  },
  shows: ({ families }) =>
    families.detour === null ? {} : { oneFamily: isShown(families.detour) ? 'known' : 'likely' },
  settle: ({ families }, { sample }) => ({ requests: requestBroken(families, sample) }),
  judge(own, judged, before) {
    const { view, mirror, series, sample, isShort } = judged;
    const { target, connection } = sample.due;
    const result = resultHere(judged, before);
    if (connection !== 'cold' || isCanaryProbe(sample) || isShort || result === null) return null;
    // A failed probe that started before the mirror recovered belongs to the old outage.
    if (result.outcome === 'failed' && own.backMs !== null && sample.startedMonotonicMs < own.backMs) return null;
    const { step, state } = stepFor(own, view, series, updateOutage(before, result));
    const isComing = before.isOut && state.isOut && result.outcome === 'ok' && !isDamped(state);
    // While the canary is in outage, the whole mirror is. So no single target opens an outage.
    if (isCanaryOut(mirror) || decideOpening(state, view.config.detect.outage) === null)
      return isComing ? { ...step, requests: [{ kind: 'back', target }] } : step;
    // If our own network cannot cause the failure, the mirror is the cause.
    const vantage = isSilent(sample.outcome) ? undefined : 'ok';
    return { ...opened(own, { view, mirror }, series, state), vantage, requests: [{ kind: 'certain', target }] };
  },
  refresh: (own, about) => ({ statement: explainOutage(about, own) }),
  startAnew: (_, { series }, before) => {
    const next = before.isOut ? before.sound : removeRow(before);
    return next === null ? null : { series: [[series, { ...next, lastEndedMs: before.lastEndedMs }]] };
  },
  drop(own, { dropped }) {
    const out = own.out.difference(dropped);
    return out.size === own.out.size ? null : { mirror: { ...own, out }, isChange: true };
  },
  cites: (_, { isOut, probeIds }) => (isOut ? { probeId: probeIds.at(-1) } : null),
  degrades({ families: { detour }, fault }, _, { mirror }) {
    if (detour !== null && isShown(detour)) return phrase('why.family', { family: detour.broken });
    const broken = oneProtocolOf(fault, mirror.speaks)?.broken ?? null;
    return broken === null ? null : phrase('why.protocol', { broken });
  },
  resume(own, finding, { view, mirror }) {
    const isKnown = own.out.size > 0;
    const out = isKnown ? [...own.out] : targetsOf(view, finding).map((target) => seriesOf(mirror, target, 'cold'));
    const [first] = out;
    if (first === undefined) return isOfOneKind(own, finding) ? {} : 'gone';
    const { samples, failures: failed, probeIds } = finding.evidence;
    const series = out.map((one): readonly [SeriesMemory, OutageState] => {
      const state = isKnown ? outageOf(one) : nowOut;
      return [one, one === first ? { ...state, samples, failed, probeIds } : state];
    });
    return { mirror: { ...own, out: new Set(out) }, series };
  },
  write({ families: { detour }, fault }, { mirror }) {
    const over = oneProtocolOf(fault, mirror.speaks);
    return {
      ...(detour === null || !isShown(detour) ? {} : { broken: { family: detour.broken, reason: detour.reason } }),
      ...(over === null ? {} : { brokenProtocol: { protocol: over.broken, reason: over.reason } }),
    };
  },
  read({ broken, brokenProtocol }, { view }) {
    const { family, reason } = (broken ?? {}) as Readonly<Record<string, unknown>>;
    const { protocol, reason: how } = (brokenProtocol ?? {}) as Readonly<Record<string, unknown>>;
    const nowMs = view.now.monotonicMs;
    const isFamily = (family === 4 || family === 6) && isReason(reason);
    const isFault = (protocol === '1.1' || protocol === '2') && isReason(how);
    const detour = isFamily ? newDetour(family, { reason, probeId: null }, nowMs) : null;
    const fault = isFault ? restoreFault(protocol, how, nowMs) : null;
    return { out: new Set(), backMs: null, families: { ...new Families(), detour }, fault };
  },
  writeSeries(state, { view: { now, config } }) {
    const { isOut, penalty, penaltyAtMs, isByShare } = state;
    const atMs = now.wallMs - (now.monotonicMs - penaltyAtMs);
    return {
      isOut,
      ...(isBack(state, config.detect.outage) ? { isBack: true } : {}),
      ...(penalty === 0 ? {} : { damped: { penalty, atMs, isByShare } }),
    };
  },
  readSeries(own, { isOut, isBack: wasBack, damped }, series, { view, mirror }) {
    const wasOut = isOut === true && openFinding(view, 'outage', mirror.mirror.name) !== null;
    const { close } = view.config.detect.outage;
    const state: OutageState = !wasOut
      ? outageOf(series)
      : wasBack === true
        ? { ...nowOut, last: 'passed', oks: close }
        : nowOut;
    const { penalty, atMs, isByShare } = (damped ?? {}) as Readonly<Record<string, unknown>>;
    const isKnown = isNumber(penalty) && isNumber(atMs);
    const how = isKnown ? { penalty, penaltyAtMs: monotonicOf(view.now, atMs), isByShare: isByShare === true } : {};
    const out = wasOut ? new Set([...own.out, series]) : own.out;
    return wasOut || isKnown ? { mirror: { ...own, out }, series: [[series, { ...state, ...how }]] } : null;
  },
};

/** The state of a series that was in outage when the daemon last stopped. */
const nowOut: OutageState = { ...noOutage, isOut: true, last: 'failed' };

function isReason(value: unknown): value is Reason {
  return reasons.some((reason) => reason === value);
}

function judgeCanary(own: OutageOwn, input: RuleInput, before: OutageState): RuleStep<OutageOwn, OutageState> | null {
  const { view, mirror, series, sample } = input;
  const result = resultHere(input, before);
  if (result === null) return null;
  const { step, state } = stepFor(own, view, series, updateOutage(before, result));
  const isFailed = result.outcome === 'failed';
  // A mirror whose damped outage is still open served again, and fails anew.
  const isAnew = isBack(before, view.config.detect.outage);
  const isDoubtful = isAnew || isDoubtfulCanary(input, state, before.last);
  const requests: Request[] = [{ kind: 'doubt', sample, isFailed, isDoubtful }];
  if (!before.isOut || result.outcome !== 'ok') return { ...step, requests };
  if (state.isOut) {
    if (!isDamped(state)) requests.push({ kind: 'back', target: sample.due.target });
    return { ...step, requests };
  }
  for (const one of mirror.series.values()) {
    if (one !== series && one.connection === 'cold' && outageOf(one).last === 'failed')
      requests.push({ kind: 'back', target: one.target });
  }
  return { ...step, mirror: { ...(step.mirror ?? own), backMs: view.now.monotonicMs }, requests, isBack: true };
}

/**
 * During an outage, an absent item that no mirror serves, or one that the mirror withholds, counts as a success, because
 * nothing else would end the outage.
 */
function resultHere(input: RuleInput, { isOut }: OutageState): TargetResult | null {
  const result = targetResultOf(input.sample);
  const isOver = isOut && (isAbsentEverywhere(input) || isWithheldItem(input.view, input.mirror, input.sample));
  return result !== null && isOver ? { ...result, outcome: 'ok' } : result;
}

/**
 * True for a canary's first failure, and if its failures suffice for an outage. False while the canary is in outage.
 */
function isDoubtfulCanary({ view, mirror }: About, state: OutageState, last: OutageState['last']): boolean {
  return !isCanaryOut(mirror) && (last !== 'failed' || decideOpening(state, view.config.detect.outage) !== null);
}

function stepFor(
  own: OutageOwn,
  { config }: RuleView,
  series: SeriesMemory,
  next: OutageState,
): { readonly step: OutageStep; readonly state: OutageState } {
  const rule = config.detect.outage;
  if (!isOutageOver(next, rule)) {
    const isUrgent = isBack(next, rule) !== isBack(outageOf(series), rule);
    return { step: { series: [[series, next]], isUrgent }, state: next };
  }
  // The failures of this outage must not count again in the fraction of failures that may open the next outage.
  const state: OutageState = { ...removeRow(next), last: 'passed' };
  const out = own.out.difference(new Set([series]));
  return { step: { mirror: { ...own, out }, series: [[series, state]], isUrgent: true, isChange: true }, state };
}

type OutageStep = RuleStep<OutageOwn, OutageState>;

function opened(own: OutageOwn, { view, mirror }: About, series: SeriesMemory, state: OutageState): OutageStep {
  const isFlaky = stateOf(unreliable, mirror).light.isOpen;
  const next = openOutage(state, view.config.detect.outage, view.now.monotonicMs, isFlaky);
  return {
    mirror: { ...own, out: new Set([...own.out, series]) },
    series: [[series, next]],
    isUrgent: true,
    claims: [series],
    isChange: true,
  };
}

function isOfOneKind({ families, fault }: OutageOwn, { scope }: Finding): boolean {
  return scope.some(
    ({ family, protocol }) =>
      (family !== undefined && family === families.detour?.broken) ||
      (protocol !== undefined && protocol === fault?.broken),
  );
}

/**
 * The address family over which a mirror is probed; `null`: either family. During a doubt (an unconfirmed failure) or
 * an outage it is not the family that failed last, because clients then fall back to the other family.
 * @see docs/decisions/0072-one-address-family.md; RFC 8305
 */
export function familyFor(mirror: MirrorMemory): AddressFamily | null {
  const { failedOver, detour } = outagesOf(mirror).families;
  const isSought = failedOver !== null && (mirror.doubt !== null || isCanaryOut(mirror));
  return isSought ? otherFamilyOf(failedOver.family) : (detour?.over ?? null);
}
