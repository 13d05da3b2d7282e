import type { ClientRun } from '../../core/client-run.ts';
import { isTimeout } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import type { StateTrouble } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import { openFinding } from '../memory/lookups.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, type SeriesMemory, seriesStateOf, stateOf } from '../memory/mirror-memory.ts';
import { recordStates } from '../memory/records.ts';
import type { Confirmed, FindingRule, Judged, RuleInput, RuleStep, Spoilt } from '../memory/rule.ts';
import { addProbe } from '../memory/says.ts';
import { apply, ruleOf } from './say.ts';

type Reaction = RuleStep<unknown> | null | undefined;

/** Calls `react` for each rule with a method, in the order of `memory.rules`, and applies the rule's reaction. */
export function sendToKinds(
  memory: Memory,
  mirror: MirrorMemory,
  method: keyof FindingRule,
  react: (rule: FindingRule, own: unknown) => Reaction,
): void {
  for (const rule of memory.rules.with(method)) applyStep(memory, rule, mirror, react(rule, stateOf(rule, mirror)));
}

export function receiveResponse(
  memory: Memory,
  ruleInput: RuleInput,
  input: 'peek' | 'observe' | 'confirm' | 'settle',
): void {
  const { mirror, series } = ruleInput;
  sendToKinds(memory, mirror, input, (rule, own) => rule[input]?.(own, ruleInput, seriesStateOf(rule, series)));
}

export function decideCanary(memory: Memory, found: Omit<Confirmed, 'view'>): void {
  const { mirror, series } = found;
  const confirmed = { ...found, view: memory };
  sendToKinds(memory, mirror, 'decide', (rule, own) => rule.decide?.(own, confirmed, seriesStateOf(rule, series)));
}

export function judgeKinds(memory: Memory, settled: Omit<Judged, 'view' | 'isReported'>): void {
  const { mirror, series } = settled;
  const isReported = () =>
    memory.rules
      .with('isReported')
      .some((rule) => rule.isReported?.(stateOf(rule, mirror), judged, seriesStateOf(rule, series)));
  const judged: Judged = { ...settled, view: memory, isReported };
  sendToKinds(memory, mirror, 'judge', (rule, own) => rule.judge?.(own, judged, seriesStateOf(rule, series)));
  if (memory.open.size > 0) citeSample(memory, mirror, series, settled.whole);
}

/** Adds a probe to the evidence of the open findings that it confirms. This causes no event. */
function citeSample(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const { probeId, target } = sample.due;
  for (const rule of memory.rules.with('cites')) {
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

/** Lets the rules reset a mirror's streaks (of failures or slow responses) that have not led to a finding. */
export function startStreaksAnew(memory: Memory, mirror: MirrorMemory): void {
  for (const series of mirror.series.values())
    sendToKinds(memory, mirror, 'startAnew', (rule, own) => rule.startAnew?.(own, series, seriesStateOf(rule, series)));
}

export function runKinds(memory: Memory, input: 'adopt' | 'start' | 'tick'): void {
  for (const rule of memory.rules.with(input)) {
    for (const mirror of memory.mirrors.values())
      applyStep(memory, rule, mirror, rule[input]?.(stateOf(rule, mirror), { view: memory, mirror }));
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
  recordStates(memory, rule, mirror, step);
  const about = { view: memory, mirror };
  for (const series of step.claims ?? [])
    sendToKinds(memory, mirror, 'release', (each, own) => each.release?.(own, series, seriesStateOf(each, series)));
  for (const absences of step.absorbs ?? [])
    sendToKinds(memory, mirror, 'absorb', (each, own) => each.absorb?.(own, { ...about, ...absences }));
  if (step.regressions !== undefined) memory.turn.regressions.push(...step.regressions);
  if (step.propagations !== undefined) memory.turn.propagations.push(...step.propagations);
  if (step.isChange === true) {
    const reporting = { ...about, vantage: step.vantage };
    sendToKinds(memory, mirror, 'refresh', (each, own) =>
      each === rule || each.follows === rule.name ? each.refresh?.(own, reporting) : null,
    );
  }
  if (step.isBack === true) sendToKinds(memory, mirror, 'back', (each, own) => each.back?.(own, about));
  for (const [other, follows] of step.others ?? []) applyStep(memory, rule, other, follows);
  if (step.statement !== undefined) apply(memory, rule.kind, mirror, step.statement);
}

interface OwnInputs {
  readonly count: Spoilt;
  readonly compare: ClientRun;
  readonly verify: Sample;
  readonly sleep: null;
  readonly release: null;
  readonly adopt: null;
  readonly tick: StateTrouble | null;
}

export function judgeUs<I extends keyof OwnInputs>(memory: Memory, input: I, value: OwnInputs[I]): void {
  const about = { view: memory, suspicions: memory.confirm.suspicions };
  for (const rule of memory.us.rules) {
    const step = rule[input]?.(stateOf(rule, memory.us), value as never, about);
    if (step?.own !== undefined) memory.us.states.set(rule.name, step.own);
    if (step?.statement !== undefined) apply(memory, rule.kind, null, step.statement);
  }
}
