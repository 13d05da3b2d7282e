import type { Finding } from '../../core/finding.ts';
import type { Sample } from '../../core/sample.ts';
import { lookRefused, lookThrottled, orderLook } from '../confirm/look.ts';
import {
  type Absences,
  type FindingRule,
  type Judged,
  type Request,
  ruleOf,
  type Step,
  seriesStateOf,
  stateOf,
} from '../findings/rule.ts';
import type { Memory } from '../memory.ts';
import type { MirrorMemory, SeriesMemory } from '../mirror-memory.ts';
import { rowHasNews } from '../rows.ts';
import { apply } from './say.ts';

/** Lets every kind take in a sample on its arrival. */
export function receiveSample(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const received = { view: memory, mirror, sample };
  for (const rule of memory.rules) carryOut(memory, rule, mirror, rule.receive?.(stateOf(rule, mirror), received));
}

/** Lets every kind take in a sample that says something about its mirror. */
export function noteAnswer(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const answered = { view: memory, mirror, series, sample };
  for (const rule of memory.rules) carryOut(memory, rule, mirror, rule.answer?.(stateOf(rule, mirror), answered));
}

/** Lets every kind judge one settled sample, in the order of the registry, and carries out what they make of it. */
export function judgeKinds(memory: Memory, settled: Omit<Judged, 'view' | 'isTold'>): void {
  const { mirror, series } = settled;
  const isTold = () =>
    memory.rules.some((rule) => rule.tells?.(stateOf(rule, mirror), judged, seriesStateOf(rule, series)));
  const judged: Judged = { ...settled, view: memory, isTold };
  for (const rule of memory.rules) {
    const step = rule.judge?.(stateOf(rule, mirror), judged, seriesStateOf(rule, series));
    if (step?.isSeriesDirty === true) memory.rowsDue.dirty.add(series);
    carryOut(memory, rule, mirror, step);
  }
}

/** Has the kinds take back what they made of the failures of a series that another one tells from now on. */
export function claimSeries(memory: Memory, mirror: MirrorMemory, series: SeriesMemory): void {
  for (const rule of memory.rules)
    carryOut(memory, rule, mirror, rule.release?.(stateOf(rule, mirror), series, seriesStateOf(rule, series)));
}

/** Has the kinds take back what they made of the absences of a module whose answers go backwards. */
function claimAbsences(memory: Memory, mirror: MirrorMemory, absences: Absences): void {
  const about = { view: memory, mirror, ...absences };
  for (const rule of memory.rules) carryOut(memory, rule, mirror, rule.absorb?.(stateOf(rule, mirror), about));
}

/** Has the kinds forget series that are not probed any more. */
export function dropSeriesOf(memory: Memory, mirror: MirrorMemory, dropped: ReadonlySet<SeriesMemory>): void {
  const about = { view: memory, mirror };
  for (const rule of memory.rules) carryOut(memory, rule, mirror, rule.drop?.(stateOf(rule, mirror), dropped, about));
}

/** Has the kinds forget what is not configured any more (`adopt`), or take up what the rows of others say (`start`). */
export function alignKinds(memory: Memory, input: 'adopt' | 'start'): void {
  for (const rule of memory.rules) {
    if (rule[input] === undefined) continue;
    for (const mirror of memory.mirrors.values())
      carryOut(memory, rule, mirror, rule[input](stateOf(rule, mirror), { view: memory, mirror }));
  }
}

/** Has the kind of a finding take note that a person has acknowledged it. */
export function acknowledgeKind(memory: Memory, mirror: MirrorMemory, finding: Finding): void {
  const rule = ruleOf(memory.rules, finding);
  if (rule === null) return;
  carryOut(memory, rule, mirror, rule.acknowledge?.(stateOf(rule, mirror), finding, { view: memory, mirror }));
}

/** Lets every kind end what has lasted long enough. */
export function tickKinds(memory: Memory): void {
  for (const rule of memory.rules) {
    if (rule.tick === undefined) continue;
    for (const mirror of memory.mirrors.values())
      carryOut(memory, rule, mirror, rule.tick(stateOf(rule, mirror), { view: memory, mirror }));
  }
}

/** Carries out what a kind makes of an input: the one place where the state of a kind is written. */
export function carryOut(
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
  if (step.isDirty === true || step.rowIsDue === true) rowHasNews(mirror, step.rowIsDue === true);
  for (const series of step.claims ?? []) claimSeries(memory, mirror, series);
  for (const absences of step.absorbs ?? []) claimAbsences(memory, mirror, absences);
  for (const request of step.requests ?? []) send(memory, mirror, request);
  if (step.says !== undefined) apply(memory, rule.kind, mirror, step.says);
  if (step.isNews === true && rule.says !== undefined)
    apply(memory, rule.kind, mirror, rule.says(stateOf(rule, mirror), { view: memory, mirror }));
  for (const [other, follows] of step.others ?? []) carryOut(memory, rule, other, follows);
}

function send(memory: Memory, mirror: MirrorMemory, request: Request): void {
  switch (request.kind) {
    case 'order':
      return orderLook(memory, request.order);
    case 'recheck':
      memory.turn.rechecks.push(request.target);
      return;
    case 'refused':
      return lookRefused(memory, mirror, request.sample);
    case 'throttled':
      return lookThrottled(memory, mirror, request.target);
    default:
      request satisfies never;
  }
}
