import { timeoutMsOf } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import type { Sample } from '../../core/sample.ts';
import { openFinding } from '../memory/lookups.ts';
import type { Memory } from '../memory/memory.ts';
import { canarySeriesOf, type MirrorMemory, seriesStateOf, stateOf } from '../memory/mirror-memory.ts';
import type { AboutSeries, FindingRule, OwnInputs, RuleInputs, RuleStep } from '../memory/rule.ts';
import { addProbe } from '../memory/says.ts';
import { apply, ruleOf } from './say.ts';

type Reaction = RuleStep<unknown> | null | undefined;

/** Sends an input to each rule that has a method for it, in the order of `memory.rules`, and applies the reactions. */
export function sendToKinds<I extends keyof RuleInputs>(memory: Memory, name: I, input: RuleInputs[I]): void {
  for (const rule of memory.rules.with(name)) applyStep(memory, rule, input.mirror, reactionOf(rule, name, input));
}

function reactionOf<I extends keyof RuleInputs>(rule: FindingRule, name: I, input: RuleInputs[I]): Reaction {
  const ofSeries = 'series' in input ? seriesStateOf(rule, input.series) : undefined;
  return rule[name]?.(stateOf(rule, input.mirror), input as never, ofSeries);
}

/** Sends the rules what was found about the failure of a mirror's canary. */
export function decideCanary(
  memory: Memory,
  mirror: MirrorMemory,
  found: Pick<RuleInputs['decide'], 'sample' | 'vantage' | 'by'>,
): void {
  const series = canarySeriesOf(mirror);
  if (series !== null) sendToKinds(memory, 'decide', { ...found, view: memory, mirror, series });
}

/** Adds a probe to the evidence of the open findings that it confirms. This causes no event. */
export function citeSample(memory: Memory, { mirror, series }: AboutSeries, sample: Sample): void {
  const { probeId, target } = sample.due;
  for (const rule of memory.rules.with('cites')) {
    const cited = rule.cites?.(stateOf(rule, mirror), seriesStateOf(rule, series), series) ?? null;
    const known = cited?.probeId === probeId ? openFinding(memory, rule.kind, target.registry) : null;
    if (cited === null || known === null) continue;
    const isTimed = cited.isTimed ?? false;
    const timedMs = sample.outcome.tag === 'failed' ? timeoutMsOf(sample.outcome) : sample.rttMs;
    const probe = { probeId, isBad: isTimed || sample.outcome.tag === 'failed', ms: isTimed ? timedMs : null };
    const evidence = addProbe(known.evidence, probe);
    if (evidence !== known.evidence) memory.open.set(known.id, { ...known, evidence });
  }
}

/** Lets the rules reset a mirror's streaks (of failures or slow responses) that have not led to a finding. */
export function startStreaksAnew(memory: Memory, mirror: MirrorMemory): void {
  for (const series of mirror.series.values()) sendToKinds(memory, 'startAnew', { view: memory, mirror, series });
}

export function runKinds(memory: Memory, input: 'adopt' | 'start' | 'tick'): void {
  for (const rule of memory.rules.with(input)) {
    for (const mirror of memory.mirrors.values())
      applyStep(memory, rule, mirror, reactionOf(rule, input, { view: memory, mirror }));
  }
}

export function acknowledgeKind(memory: Memory, mirror: MirrorMemory, finding: Finding): void {
  const ruleOfFinding = ruleOf(memory.rules.all, finding);
  const rule = memory.rules.all.find(({ name }) => name === (ruleOfFinding?.follows ?? ruleOfFinding?.name));
  if (rule === undefined) return;
  applyStep(memory, rule, mirror, rule.acknowledge?.(stateOf(rule, mirror), finding, { view: memory, mirror }));
}

/** Applies a rule's reaction. Requests for probes in the reaction are queued until `sendRequests`. */
export function applyStep(memory: Memory, rule: FindingRule, mirror: MirrorMemory, step: Reaction): void {
  if (step === null || step === undefined) return;
  const { rowsDue, confirm } = memory;
  if (step.mirror !== undefined) mirror.states.set(rule.name, step.mirror);
  for (const [series, state] of step.series ?? []) {
    series.states[rule.name] = state;
    if (step.isUrgent === true) rowsDue.urgent.add(series);
  }
  if (step.dirty !== undefined) rowsDue.dirty.add(step.dirty);
  if (step.isDirty === true || step.rowIsDue === true) mirror.row.isDirty = true;
  if (step.rowIsDue === true) mirror.row.writtenAtMs = null;
  for (const request of step.requests ?? []) confirm.requests.push({ mirror, request });
  const about = { view: memory, mirror };
  for (const series of step.claims ?? []) sendToKinds(memory, 'release', { ...about, series });
  for (const absences of step.absorbs ?? []) sendToKinds(memory, 'absorb', { ...about, ...absences });
  const reporting = { ...about, vantage: step.vantage };
  for (const each of step.isChange === true ? memory.rules.with('refresh') : [])
    if (each === rule || each.follows === rule.name)
      applyStep(memory, each, mirror, reactionOf(each, 'refresh', reporting));
  if (step.isBack === true) sendToKinds(memory, 'back', about);
  for (const [other, follows] of step.others ?? []) applyStep(memory, rule, other, follows);
  if (step.statement !== undefined) apply(memory, rule.kind, mirror, step.statement);
}

export function judgeUs<I extends keyof OwnInputs>(memory: Memory, input: I, value: OwnInputs[I]): void {
  const about = { view: memory, suspicions: memory.confirm.suspicions };
  for (const rule of memory.ownRules) {
    const step = rule[input]?.(stateOf(rule, memory.us), value as never, about);
    if (step?.own !== undefined) memory.us.states.set(rule.name, step.own);
    if (step?.statement !== undefined) apply(memory, rule.kind, null, step.statement);
  }
}
