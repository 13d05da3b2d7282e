import { isSilent, type Reason } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import { messageFor, phrase } from '../../words/tell.ts';
import { countUnits, isLineLossy, isShared } from '../confirm/witness.ts';
import { hasTargets, isNumber, openFinding } from '../memory/lookups.ts';
import { canarySeriesOf, type MirrorMemory, stateOf } from '../memory/mirror-memory.ts';
import type { FindingRule, RuleView } from '../memory/rule.ts';
import { type FindingStatement, scopeOf } from '../memory/says.ts';
import { isCanaryOut, outageOf, penaltyAt } from '../outage/state.ts';
import { isReportedAsRefusal, refusalNoteFor } from './refusal.ts';
import { isSlowEverywhere } from './vantage.ts';

/**
 * Light targets (metadata) and heavy targets (artifacts) are counted separately. Artifacts are probed rarely, so few
 * samples of them must be enough.
 */
const rateClasses = ['light', 'heavy'] as const;
export type RateClass = Target['weight'];

/**
 * Bernoulli CUSUM tests of a failure share `usual` against `bad`, with the sums that open and close the finding.
 * @see Page, E. S. (1954), Continuous Inspection Schemes; Reynolds and Stoumbos (1999) for the Bernoulli case
 */
const tests: Readonly<Record<RateClass, { usual: number; bad: number; opensAt: number; closesAt: number }>> = {
  light: { usual: 0.01, bad: 0.08, opensAt: 12.5, closesAt: 5 },
  heavy: { usual: 0.01, bad: 0.5, opensAt: 9.5, closesAt: 5 },
};

export interface RateState {
  /**
   * The sum of the test, ≥ 0. While the finding is closed, it measures evidence that the failure share is `bad`. While
   * the finding is open, it measures evidence that the failure share is `usual` again.
   */
  readonly sum: number;
  readonly isOpen: boolean;
  /** Number of samples since the sum was last 0 while the finding was closed. */
  readonly samples: number;
  readonly failures: number;
  readonly recent: readonly { readonly reason: Reason; readonly target: Target; readonly probeId: string }[];
}

export const noRate: RateState = { sum: 0, isOpen: false, samples: 0, failures: 0, recent: [] };

function gainOf(kind: RateClass): number {
  const { usual, bad } = tests[kind];
  return Math.log(bad / usual);
}

/** The state after one more scheduled sample. `reason`: why the sample failed; `null`: it was ok. */
export function countResponse(
  state: RateState,
  kind: RateClass,
  result: { readonly reason: Reason | null; readonly target: Target; readonly probeId: string },
): RateState {
  const { usual, bad, opensAt, closesAt } = tests[kind];
  const { reason, target, probeId } = result;
  const step = reason === null ? Math.log((1 - bad) / (1 - usual)) : gainOf(kind);
  const sum = Math.max(0, state.sum + (state.isOpen ? -step : step));
  if (state.isOpen && sum >= closesAt) return noRate;
  if (!state.isOpen && sum === 0) return noRate;
  const isOpen = state.isOpen || sum >= opensAt;
  return {
    sum: isOpen && !state.isOpen ? 0 : sum,
    isOpen,
    samples: state.samples + 1,
    failures: state.failures + (reason === null ? 0 : 1),
    recent:
      reason === null ? state.recent : [...state.recent, { reason, target, probeId }].slice(-limits.findingProbes),
  };
}

/** True if the finding is open, and the evidence since the sum was last 0 is at least twice the bound that opens it. */
function isTwiceOver({ isOpen, samples, failures }: RateState, kind: RateClass): boolean {
  const { usual, bad, opensAt } = tests[kind];
  const against = (samples - failures) * Math.log((1 - bad) / (1 - usual));
  return isOpen && failures * gainOf(kind) + against >= 2 * opensAt;
}

/**
 * Returns the state without the failures that another finding reports now. An open finding ends if they are more than
 * half of its last failures.
 */
export function undoFailures(
  state: RateState,
  kind: RateClass,
  isReported: (one: RateState['recent'][number]) => boolean,
): RateState {
  const recent = state.recent.filter((one) => !isReported(one));
  const reported = state.recent.length - recent.length;
  if (reported === 0) return state;
  if (state.isOpen) return 2 * reported > state.recent.length ? noRate : state;
  const sum = Math.max(0, state.sum - reported * gainOf(kind));
  return sum === 0 ? noRate : { ...state, sum, failures: Math.max(0, state.failures - reported), recent };
}

export function explainUnreliable(name: string, states: Readonly<Record<RateClass, RateState>>): FindingStatement {
  const open = rateClasses.filter((kind) => states[kind].isOpen);
  if (open.length === 0) return { tag: 'well', ...messageFor('found.unreliable.well', { name }) };
  const recent = open.flatMap((kind) => states[kind].recent);
  const probeIds = recent.map(({ probeId }) => probeId);
  const samples = open.reduce((sum, kind) => sum + states[kind].samples, 0);
  const failures = open.reduce((sum, kind) => sum + states[kind].failures, 0);
  return {
    tag: 'trouble',
    scope: scopeOf(recent.map(({ target }) => target)),
    cause: mostOf(recent.map(({ reason }) => reason)),
    evidence: { samples, failures, probeIds: probeIds.slice(-limits.findingProbes) },
    actionable: false,
    ...messageFor('found.unreliable', { name, failures, samples, kinds: open.map((kind) => phrase(`found.${kind}`)) }),
  };
}

function mostOf(reasons: readonly Reason[]): Finding['cause'] {
  const [most] = [...Map.groupBy(reasons, (reason) => reason)].sort((a, b) => b[1].length - a[1].length);
  return most?.[0] ?? 'unreachable';
}

/**
 * True if most other mirrors over the mirror's egress (a network path out of this host) also fail more often than usual,
 * or are slow. Then our own network is the likely cause.
 */
function isSharedTrouble(view: RuleView, mirror: MirrorMemory, kind: RateClass): boolean {
  const fails = (other: MirrorMemory): boolean | null => {
    if (!other.sight.hasOk || isCanaryOut(other)) return null;
    const { isOpen, sum } = stateOf(unreliable, other)[kind];
    return isOpen || sum >= tests[kind].opensAt / 4;
  };
  return isShared(countUnits(view, mirror.egress, fails, mirror)) || isSlowEverywhere(view, mirror);
}

type Rates = Readonly<Record<RateClass, RateState>>;

/** Finds mirrors that fail more often than usual. */
export const unreliable: FindingRule<Rates> = {
  name: 'unreliable',
  kind: 'unreliable',
  none: () => ({ light: noRate, heavy: noRate }),
  gravity: 80,
  judge(rates, judged) {
    const { view, mirror, series, sample, isPrimary } = judged;
    const { outcome, due } = sample;
    if (!isPrimary || due.purpose !== 'scheduled' || outcome.tag === 'unknown' || isCanaryOut(mirror)) return null;
    if (outageOf(series).isOut || isReportedAsRefusal(judged)) return null;
    const reason = outcome.tag === 'failed' ? outcome.failure.kind : null;
    if (reason === 'mismatch') return null;
    // For a while after an outage of the canary, samples are not counted, because failures then belong to that outage.
    const canary = canarySeriesOf(mirror);
    if (canary !== null && penaltyAt(outageOf(canary), view.now.monotonicMs) >= limits.outageReportedFrom) return null;
    if (reason !== null && isLineLossy(view, mirror.egress)) return null;
    const kind = due.target.weight;
    const counted = countResponse(rates[kind], kind, { reason, target: due.target, probeId: due.probeId });
    const isNew = counted.isOpen && !rates[kind].isOpen;
    const isHeld = isNew && isSilent(outcome) && isSharedTrouble(view, mirror, kind);
    const next = isHeld ? { ...counted, isOpen: false, sum: tests[kind].opensAt } : counted;
    const after = { ...rates, [kind]: next };
    return {
      mirror: after,
      isDirty: next.sum > 0,
      statement: rates[kind].isOpen === next.isOpen ? null : explainUnreliable(mirror.mirror.name, after),
    };
  },
  release(rates, { series }) {
    const { id, weight: kind } = series.target;
    if (rates[kind].isOpen) return null;
    return { mirror: { ...rates, [kind]: undoFailures(rates[kind], kind, ({ target }) => target.id === id) } };
  },
  absorb(rates, { mirror, module }) {
    const isAbsence = ({ reason, target }: RateState['recent'][number]) =>
      reason === 'absent' && target.module === module;
    const after = {
      light: undoFailures(rates.light, 'light', isAbsence),
      heavy: undoFailures(rates.heavy, 'heavy', isAbsence),
    };
    const changed = rateClasses.filter((kind) => after[kind] !== rates[kind]);
    if (changed.length === 0) return null;
    const { name } = mirror.mirror;
    const isStillOpen = after.light.isOpen || after.heavy.isOpen;
    const statement: FindingStatement = isStillOpen
      ? explainUnreliable(name, after)
      : { tag: 'well', ...refusalNoteFor(name) };
    return { mirror: after, isDirty: true, statement: changed.some((kind) => rates[kind].isOpen) ? statement : null };
  },
  adopt(rates, about) {
    const ended = rateClasses.filter((kind) => rates[kind].isOpen && !hasTargets(about, kind));
    if (ended.length === 0) return null;
    const after = { ...rates, ...Object.fromEntries(ended.map((kind) => [kind, noRate])) };
    return { mirror: after, isDirty: true, statement: explainUnreliable(about.mirror.mirror.name, after) };
  },
  write(rates) {
    const kept = rateClasses.flatMap((kind) => {
      const { sum, isOpen, samples, failures } = rates[kind];
      return sum === 0 && !isOpen ? [] : [[kind, [sum, isOpen, samples, failures] as const] as const];
    });
    return kept.length === 0 ? {} : { rates: Object.fromEntries(kept) };
  },
  read({ rates }, about) {
    const stored = (rates ?? {}) as Readonly<Partial<Record<RateClass, unknown>>>;
    const isOpen = openFinding(about.view, 'unreliable', about.mirror.mirror.name) !== null;
    const read = (kind: RateClass) => readRate(stored[kind], isOpen && hasTargets(about, kind));
    return { light: read('light'), heavy: read('heavy') };
  },
  resume: (rates) => (rates.light.isOpen || rates.heavy.isOpen ? {} : 'gone'),
  cites(rates, _, { target }) {
    const { isOpen, recent } = rates[target.weight];
    return isOpen ? { probeId: recent.at(-1)?.probeId } : null;
  },
  isSure: (rates) => rateClasses.some((kind) => isTwiceOver(rates[kind], kind)),
  degrades: ({ light, heavy }) => (light.isOpen || heavy.isOpen ? phrase('why.unreliable') : null),
};

function readRate(stored: unknown, isStillOpen: boolean): RateState {
  const [sum, isOpen, samples, failures] = Array.isArray(stored) ? (stored as readonly unknown[]) : [];
  if (!isNumber(sum) || !isNumber(samples) || !isNumber(failures) || (isOpen === true && !isStillOpen)) return noRate;
  return { ...noRate, sum, isOpen: isOpen === true, samples, failures };
}
