import type { ClientRun } from '../../core/client-run.ts';
import { isTimeout } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import type { Sample } from '../../core/sample.ts';
import { closeDoubt, closeDoubtOf, updateDoubt } from '../confirm/doubt.ts';
import { requestBack, requestLook, requestRefused, requestSlow, requestThrottled } from '../confirm/look.ts';
import type { Absences, Answered, Confirmed, FindingRule, Judged, Request, Spoilt, Step } from '../findings/rule.ts';
import { openFinding } from '../lookups.ts';
import type { Memory } from '../memory.ts';
import { type MirrorMemory, type SeriesMemory, seriesStateOf, stateOf } from '../mirror-memory.ts';
import { addProbe } from '../rules/cites.ts';
import { apply, ruleOf } from './say.ts';

/** Lets every kind take in a sample on its arrival, or the answer to a probe that judges nothing. */
export function receiveSample(memory: Memory, mirror: MirrorMemory, sample: Sample, input: 'receive' | 'peek'): void {
  const received = { view: memory, mirror, sample };
  for (const rule of memory.rules) applyStep(memory, rule, mirror, rule[input]?.(stateOf(rule, mirror), received));
}

/** Lets every kind take in a sample of a series, before it is settled. */
export function receiveAnswer(memory: Memory, answered: Answered, input: 'answer' | 'confirm' | 'settle'): void {
  const { mirror, series } = answered;
  for (const rule of memory.rules)
    applyStep(memory, rule, mirror, rule[input]?.(stateOf(rule, mirror), answered, seriesStateOf(rule, series)));
}

/** Lets every kind take in what a round has found of a canary. */
export function decideCanary(memory: Memory, found: Omit<Confirmed, 'view'>): void {
  const { mirror, series } = found;
  const confirmed = { ...found, view: memory };
  for (const rule of memory.rules)
    applyStep(memory, rule, mirror, rule.decide?.(stateOf(rule, mirror), confirmed, seriesStateOf(rule, series)));
}

/** Lets every kind judge one settled sample, in the order of the registry, and carries out what they make of it. */
export function judgeKinds(memory: Memory, settled: Omit<Judged, 'view' | 'isTold'>): void {
  const { mirror, series } = settled;
  const isTold = () =>
    memory.rules.some((rule) => rule.tells?.(stateOf(rule, mirror), judged, seriesStateOf(rule, series)));
  const judged: Judged = { ...settled, view: memory, isTold };
  for (const rule of memory.rules)
    applyStep(memory, rule, mirror, rule.judge?.(stateOf(rule, mirror), judged, seriesStateOf(rule, series)));
  citeSample(memory, mirror, series, settled.sample);
}

/**
 * Lets the open findings of a mirror name a probe that their rules have just taken as one more of the same. That is no
 * news: it goes out with the next change, and is shown at once.
 */
function citeSample(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const { probeId, target } = sample.due;
  for (const rule of memory.rules) {
    const cited = rule.cites?.(stateOf(rule, mirror), seriesStateOf(rule, series), series) ?? null;
    const known = cited?.probeId === probeId ? openFinding(memory, rule.kind, target.registry) : null;
    if (cited === null || known === null) continue;
    const isTimed = cited.isTimed ?? false;
    const probe = { probeId, isBad: isTimed || sample.outcome.tag === 'failed', ms: isTimed ? timeOf(sample) : null };
    const evidence = addProbe(known.evidence, probe);
    if (evidence !== known.evidence) memory.open.set(known.id, { ...known, evidence });
  }
}

function timeOf({ outcome, rttMs }: Sample): number | null {
  if (outcome.tag !== 'failed') return rttMs;
  const { failure } = outcome;
  return isTimeout(failure.kind) && 'limitMs' in failure ? failure.limitMs : null;
}

/** Has the kinds forget the streaks of a mirror that have not led to a finding. */
export function startStreaksAnew(memory: Memory, mirror: MirrorMemory): void {
  for (const rule of memory.rules) {
    if (rule.startAnew === undefined) continue;
    for (const series of mirror.series.values())
      applyStep(memory, rule, mirror, rule.startAnew(stateOf(rule, mirror), series, seriesStateOf(rule, series)));
  }
}

/** Has the kinds forget series that are not probed any more. */
export function dropSeriesOf(memory: Memory, mirror: MirrorMemory, dropped: ReadonlySet<SeriesMemory>): void {
  const about = { view: memory, mirror };
  for (const rule of memory.rules) applyStep(memory, rule, mirror, rule.drop?.(stateOf(rule, mirror), dropped, about));
}

/**
 * Has the kinds forget what is not configured any more (`adopt`), take up what the rows of others say (`start`), or end what
 * has lasted long enough (`tick`).
 */
export function runKinds(memory: Memory, input: 'adopt' | 'start' | 'tick'): void {
  for (const rule of memory.rules) {
    if (rule[input] === undefined) continue;
    for (const mirror of memory.mirrors.values())
      applyStep(memory, rule, mirror, rule[input](stateOf(rule, mirror), { view: memory, mirror }));
  }
}

/** Has the kind of a finding, or the one that it follows, take note that a person has acknowledged it. */
export function acknowledgeKind(memory: Memory, mirror: MirrorMemory, finding: Finding): void {
  const told = ruleOf(memory.rules, finding);
  const rule = memory.rules.find(({ name }) => name === (told?.follows ?? told?.name));
  if (rule === undefined) return;
  applyStep(memory, rule, mirror, rule.acknowledge?.(stateOf(rule, mirror), finding, { view: memory, mirror }));
}

/** Carries out what a kind makes of an input: the one place where the state of a kind is written. */
export function applyStep(
  memory: Memory,
  rule: FindingRule,
  mirror: MirrorMemory,
  step: Step<unknown> | null | undefined,
): void {
  if (step === null || step === undefined) return;
  if (step.mirror !== undefined) mirror.states.set(rule.name, step.mirror);
  for (const [series, state] of step.series ?? []) {
    series.states[rule.name] = state;
    if (step.isUrgent === true) memory.rowsDue.urgent.add(series);
  }
  if (step.dirty !== undefined) memory.rowsDue.dirty.add(step.dirty);
  if (step.isDirty === true || step.rowIsDue === true) mirror.row.isDirty = true;
  if (step.rowIsDue === true) mirror.row.writtenAtMs = null;
  for (const series of step.claims ?? []) claimSeries(memory, mirror, series);
  for (const absences of step.absorbs ?? []) claimAbsences(memory, mirror, absences);
  memory.turn.regressions.push(...(step.regressions ?? []));
  memory.turn.propagations.push(...(step.propagations ?? []));
  for (const request of step.requests ?? []) send(memory, mirror, request);
  if (step.says !== undefined) apply(memory, rule.kind, mirror, step.says);
  if (step.isNews === true) refresh(memory, rule, mirror, step);
  if (step.isBack === true) endOutage(memory, mirror);
  for (const [other, follows] of step.others ?? []) applyStep(memory, rule, other, follows);
}

/** Has the kinds take back what they made of the failures of a series that another one tells from now on. */
function claimSeries(memory: Memory, mirror: MirrorMemory, series: SeriesMemory): void {
  for (const rule of memory.rules)
    applyStep(memory, rule, mirror, rule.release?.(stateOf(rule, mirror), series, seriesStateOf(rule, series)));
}

/** Has the kinds take back what they made of the absences of a module whose answers go backwards. */
function claimAbsences(memory: Memory, mirror: MirrorMemory, absences: Absences): void {
  const about = { view: memory, mirror, ...absences };
  for (const rule of memory.rules) applyStep(memory, rule, mirror, rule.absorb?.(stateOf(rule, mirror), about));
}

function endOutage(memory: Memory, mirror: MirrorMemory): void {
  const about = { view: memory, mirror };
  for (const rule of memory.rules) applyStep(memory, rule, mirror, rule.back?.(stateOf(rule, mirror), about));
}

/** What follows of a state that is news, for its kind and for those that tell its state too. */
function refresh(memory: Memory, rule: FindingRule, mirror: MirrorMemory, { vantage }: Pick<Step<unknown>, 'vantage'>) {
  const about = { view: memory, mirror, vantage };
  for (const each of memory.rules) {
    if (each !== rule && each.follows !== rule.name) continue;
    applyStep(memory, each, mirror, each.refresh?.(stateOf(each, mirror), about));
  }
}

function send(memory: Memory, mirror: MirrorMemory, request: Request): void {
  switch (request.kind) {
    case 'order':
      return requestLook(memory, request.order);
    case 'recheck':
      memory.turn.rechecks.push(request.target);
      return;
    case 'refused':
      return requestRefused(memory, mirror, request.sample);
    case 'throttled':
      return requestThrottled(memory, mirror, request.target);
    case 'slow':
      return requestSlow(memory, mirror, request.sample);
    case 'back':
      return requestBack(memory, mirror, request.target);
    case 'peek':
      memory.turn.peeks.push(request.peek);
      return;
    case 'doubt':
      return updateDoubt(memory, mirror, request);
    case 'certain':
      return request.target === null ? closeDoubt(memory, mirror) : closeDoubtOf(memory, mirror, request.target);
    default:
      request satisfies never;
  }
}

/** What each kind about us takes in. */
interface OwnInputs {
  readonly count: Spoilt;
  readonly compare: ClientRun;
  readonly sleep: null;
  readonly release: null;
  readonly adopt: null;
  readonly tick: null;
}

/** Lets every kind about this process and its place take in one input, and carries out what they make of it. */
export function judgeUs<I extends keyof OwnInputs>(memory: Memory, input: I, value: OwnInputs[I]): void {
  const about = { view: memory, suspicions: memory.confirm.suspicions };
  for (const rule of memory.us.rules) {
    const step = rule[input]?.(stateOf(rule, memory.us), value as never, about);
    if (step?.own !== undefined) memory.us.states.set(rule.name, step.own);
    if (step?.says !== undefined) apply(memory, rule.kind, null, step.says);
  }
}
