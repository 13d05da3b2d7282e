import type { Due, LookOrder } from '../core/due.ts';
import { isTimeout } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { isHeavy, questionOf, type Target } from '../core/mirror.ts';
import type { SettledSample } from '../core/sample.ts';
import { requestDownload } from './downloads.ts';
import { newPeeks, recordPeek, recordPeekTime, recordTurn } from './first-bytes.ts';
import { type Group, headOf, mirrorAt } from './group.ts';
import { artifactsOf, requestPeek, rotaOf } from './peeks.ts';
import { oddOf, oddPeekOf, type Recheck, rechecksOf } from './rechecks.ts';
import { surroundingsOf } from './surroundings.ts';
import { addAnswer, closeOverdue, updatePatience } from './tests/contest.ts';
import { costOf } from './tests/costs.ts';
import { type Place, pruneAnswers, prunePast } from './tests/moments.ts';
import type { View } from './view.ts';
import { replyTo } from './walk.ts';
import { mayBeProposed, ruleOf, weighAll } from './weigh.ts';

/** Above this many mirrors in a moment, comparing them all costs too much. */
const headsHeardMax = 100;

/** An artifact up to this size costs no more than a few light requests. Bytes. */
const smallBytes = limits.throughputBytesMin;

/** What determines the moment of a response. */
export function placeOf({ target, purpose, round, plannedAtMs }: Due): Place {
  return {
    registry: target.registry,
    question: questionOf(target),
    isHeavy: isHeavy(target),
    plannedAtMs,
    round: purpose !== 'confirm' || round === null ? null : `${round.id}/${round.moment}`,
    isScheduled: purpose === 'scheduled',
  };
}

/**
 * Adds a settled sample to the comparison: cold samples of the steps of a fetch, scheduled or as a recheck. A cache's
 * first fetch is no round trip and says nothing about speed.
 * @returns true where it was compared, or is a reason to recheck
 */
export function recordSample(view: View, sample: SettledSample): boolean {
  const { group } = view;
  const { target, connection, purpose } = sample.due;
  if (purpose === 'peek') turnTaken(group, sample);
  if (sample.outcome.tag === 'unknown' || connection !== 'cold' || purpose === 'once') return false;
  if (purpose === 'peek') {
    const { rttMs, endedMonotonicMs, startedMonotonicMs } = sample;
    const tookMs = sample.outcome.tag === 'failed' ? null : (rttMs ?? endedMonotonicMs - startedMonotonicMs);
    if (target.registry === group.peeks.head) recordPeek(group.peeks, questionOf(sample.due.target), tookMs);
    if (tookMs !== null) group.served.add(`${target.registry} ${questionOf(sample.due.target)}`);
    // The artifact was read completely.
    if (tookMs !== null && sample.bytes < limits.peekBytes)
      group.downloads.set(questionOf(sample.due.target), sample.bytes);
    return group.peeks.odd !== null;
  }
  if (!group.kind.fetch.includes(target.step) || (sample.cold && sample.outcome.tag === 'ok')) return false;
  const question = questionOf(sample.due.target);
  const asked = group.targets.get(question) ?? new Map();
  group.targets.set(question, asked.set(target.registry, target));
  if (isHeavy(target) && sample.outcome.tag === 'ok') group.downloads.set(question, sample.bytes);
  group.around ??= surroundingsOf(view);
  const heard = addAnswer(
    group.contest,
    {
      ...placeOf(sample.due),
      reply: replyTo(sample, group.kind),
      atMs: sample.endedMonotonicMs,
      isGivenUp: sample.outcome.tag === 'failed' && isTimeout(sample.outcome.failure.kind),
    },
    group.around,
  );
  group.heard.push(...heard);
  if (group.heard.length > headsHeardMax) group.heard.splice(0, group.heard.length - headsHeardMax);
  return true;
}

/** Records the response of a probe already counted as late: only the time of this mirror is learned from it. */
export function recordLateAnswer(group: Group, sample: SettledSample): void {
  const { due, outcome, rttMs } = sample;
  if (due.purpose === 'peek') turnTaken(group, sample);
  if (outcome.tag !== 'ok' || sample.cold || rttMs === null) return;
  if (due.purpose === 'peek') recordPeekTime(group.peeks, rttMs);
  else if (due.purpose === 'scheduled')
    updatePatience(group.contest, due.target.registry, isHeavy(due.target) ? 'heavy' : 'light', rttMs);
}

/** Records first bytes that are pending longer than any before: they count as odd. */
export function recordLatePeek(group: Group, { target }: Due): void {
  group.peeks.odd = { question: questionOf(target), hasFailed: false };
}

/** Counts every result as a turn of its artifact: one that cannot be judged must not delay the others. */
function turnTaken(group: Group, sample: SettledSample): void {
  recordTurn(rotaOf(group, sample.due.target.registry), questionOf(sample.due.target));
  group.isTurnTaken = true;
}

/**
 * A real client could not fetch a module from a mirror. If that is the head, its whole artifact is requested next,
 * there and at other mirrors, and the canary too.
 */
export function recordClientFailure(group: Group, registry: string, module: string, version: string | null): void {
  if (headOf(group)?.name !== registry) return;
  const target = artifactsOf(group, registry).find((one) => one.module === module && one.version === version);
  if (target === undefined) return;
  if (group.peeks.head !== registry) group.peeks = newPeeks(registry);
  group.peeks.odd = { question: questionOf(target), hasFailed: true };
}

/** Closes overdue moments and returns the rechecks that the head's outcomes since the last call require. */
export function looksOf(view: View): readonly LookOrder[] {
  const { group, now } = view;
  if (group.around === null) return [];
  const late = closeOverdue(group.contest, group.around, now.monotonicMs);
  const heard = [...group.heard.splice(0), ...late];
  const at = headOf(group);
  if (at === null || view.vantage.suspect === true) return [];
  const paced = [...requestDownload(view, at), ...requestPeek(view, at)];
  const odd = [
    ...oddOf(group.contest, heard, now.monotonicMs),
    ...oddPeekOf(group.peeks, () => canaryOf(group, at.name)),
  ];
  if (odd.length === 0) return paced;
  const rule = ruleOf(view, at);
  const cost = (name: string): number => costOf(group.contest, name, rule) ?? Number.POSITIVE_INFINITY;
  const candidates = weighAll(view, at)
    .filter((one) => one.mirror !== at && mayBeProposed(one.gate))
    .map((one) => one.mirror.name)
    .toSorted((a, b) => cost(a) - cost(b));
  const fallback = mirrorAt(group, group.around.chains.get(at.name)?.members[1])?.name ?? null;
  const inDoubt = view.standingOf(at.name)?.inDoubt === true;
  const again = rechecksOf(group.contest, odd, candidates, fallback).flatMap((look) => {
    const order = orderOf(group, at.name, look, inDoubt);
    return order === null ? [] : [order];
  });
  return [...again, ...paced];
}

/** Small artifacts are rechecked repeatedly, as light steps are, unless a confirming round runs. */
function orderOf(group: Group, head: string, look: Recheck, inDoubt: boolean): LookOrder | null {
  const target = group.targets.get(look.question)?.get(head) ?? artifactOf(group, head, look.question);
  if (target === undefined) return null;
  const registries = look.registries.filter((name) => name !== head);
  const { stepMs, isUrgent } = look;
  const isSmall = (group.downloads.get(look.question) ?? Number.POSITIVE_INFINITY) <= smallBytes;
  const forMs = isHeavy(target) && (inDoubt || !isSmall) ? 0 : look.forMs;
  return { registry: head, target, registries, forMs, stepMs, isUrgent, isPeek: false };
}

function canaryOf(group: Group, head: string): string | null {
  for (const [question, asked] of group.targets) if (asked.get(head)?.canary === true) return question;
  return null;
}

/** An artifact whose first bytes were requested before its scheduled probe. */
function artifactOf(group: Group, head: string, question: string): Target | undefined {
  return artifactsOf(group, head).find((target) => questionOf(target) === question);
}

/** After a reload: forgets mirrors and questions that are no longer configured. */
export function pruneRemoved(group: Group, names: ReadonlySet<string>, isAsked: (question: string) => boolean): void {
  const { contest, targets } = group;
  group.served.clear();
  group.asides.clear();
  for (const name of contest.records.keys()) if (!names.has(name)) contest.records.delete(name);
  for (const name of contest.pairs.keys()) if (!names.has(name)) contest.pairs.delete(name);
  for (const [question, asked] of targets) {
    for (const name of asked.keys()) if (!names.has(name)) asked.delete(name);
    if (asked.size > 0 && isAsked(question)) continue;
    targets.delete(question);
    group.downloads.delete(question);
  }
  for (const [name, { taken }] of group.rotas) {
    if (!names.has(name)) group.rotas.delete(name);
    const asked = new Set(artifactsOf(group, name).map(questionOf));
    for (const question of taken.keys()) if (!asked.has(question)) taken.delete(question);
  }
  const isKnown = (registry: string, question: string): boolean => names.has(registry) && targets.has(question);
  pruneAnswers(contest.moments, isKnown);
  prunePast(contest.past, isKnown);
}
