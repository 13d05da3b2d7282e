import { type Config, everyMs, paceOf } from '../core/config.ts';
import type { Due, RecheckOrder } from '../core/due.ts';
import { isTimeout } from '../core/failure.ts';
import { getOrMake, once } from '../core/get-or-make.ts';
import { limits } from '../core/limits.ts';
import { isHeavy, questionOf, type Target } from '../core/mirror.ts';
import { failureFromMs, isUntimed, type SettledSample } from '../core/sample.ts';
import type { Chain } from '../ecosystems/client.ts';
import { isAnyPast } from './comparison/choose.ts';
import { dropEvidence, moveTo, type Surroundings } from './comparison/contest.ts';
import { costOf, recordOf } from './comparison/costs.ts';
import { type MomentPlace, pruneResponses } from './comparison/moments.ts';
import { recordTime } from './comparison/patience.ts';
import { addResponse, closeOverdue } from './comparison/replay.ts';
import { replyTo } from './comparison/walk.ts';
import { requestAfterAdvice, requestDownload, requestPeek } from './downloads.ts';
import { advisedChainOf, type Group, headOf, homeOf, mirrorAt, Peeks } from './group.ts';
import {
  artifactsOf,
  canaryOf,
  pruneProbing,
  recordLightStart,
  recordPeek,
  recordPeekTime,
  recordPeekTurn,
  targetOf,
} from './probing.ts';
import { besideHead, isRecheckDue, lightRecheckOf, type OddOutcome, oddOf, oddPeekOf } from './rechecks.ts';
import type { Tally } from './tally.ts';
import type { View } from './view.ts';
import { chainTo, isRecent, listCandidates, listDroppedKeys, weighRuleOf } from './weigh.ts';

const headOutcomesMax = 100;

/** A larger artifact is downloaded only once in a recheck. Bytes. */
const smallBytes = limits.throughputBytesMin;
const smallStepMs = 1_000;

export function momentPlaceOf({ target, purpose, round, plannedAtMs }: Due): MomentPlace {
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
 * Adds a settled sample to the comparison of mirrors, if it belongs to a client's fetch and used a fresh connection.
 * @returns true if the sample may change a decision or needs a recheck: the caller then calls `consider` at once
 */
export function recordSample(view: View, sample: SettledSample): boolean {
  const { group } = view;
  const { contest, probing } = group;
  const { target, connection, purpose } = sample.due;
  const question = questionOf(target);
  // A peek at a light step tests an address family or an HTTP version. It is no download.
  if (purpose === 'peek' && !isHeavy(target)) return false;
  if (purpose === 'scheduled' && target.registry === probing.peeks.head && isOfCanaryPace(view, target))
    recordLightStart(probing.peeks.gaps, sample.startedMonotonicMs, view.canaryEveryMs);
  if (purpose === 'peek') recordPeekTurn(group, target);
  if (sample.outcome.tag === 'unknown' || connection !== 'cold' || purpose === 'once') return false;
  if (purpose === 'peek') {
    const { rttMs, endedMonotonicMs, startedMonotonicMs } = sample;
    const tookMs = sample.outcome.tag === 'failed' ? null : (rttMs ?? endedMonotonicMs - startedMonotonicMs);
    recordPeek(group, target, tookMs);
    if (tookMs !== null) probing.served.add(`${target.registry} ${question}`);
    // The response is shorter than the limit of a peek, so `sample.bytes` is the size of the whole artifact.
    if (tookMs !== null && sample.bytes < limits.peekBytes) probing.sizes.set(question, sample.bytes);
    return probing.peeks.odd !== null;
  }
  if (!group.kind.fetch.includes(target.step)) recordBesideFetch(view, sample);
  if (!group.kind.fetch.includes(target.step) || (sample.cold && sample.outcome.tag === 'ok')) return false;
  getOrMake(probing.targets, question, () => new Map()).set(target.registry, target);
  if (isHeavy(target) && sample.outcome.tag === 'ok') probing.sizes.set(question, sample.bytes);
  if (sample.outcome.tag === 'ok' && isUntimed(sample)) return false;
  contest.around ??= once(() => surroundingsOf(view));
  const rule = { isRecent: contest.around().isRecent, ease: 1 };
  const wasPast = isAnyPast(contest, rule);
  const outcomes = addResponse(
    contest,
    {
      ...momentPlaceOf(sample.due),
      reply: replyTo(sample, group.kind),
      atMs: sample.endedMonotonicMs,
      fromMs: failureFromMs(sample),
      isGivenUp: sample.outcome.tag === 'failed' && isTimeout(sample.outcome.failure.kind),
    },
    contest.around(),
  );
  contest.outcomes.push(...outcomes);
  if (contest.outcomes.length > headOutcomesMax) contest.outcomes.splice(0, contest.outcomes.length - headOutcomesMax);
  const isOrdered = purpose === 'confirm' || purpose === 'recheck';
  if (sample.outcome.tag === 'failed' || isOrdered || isRecheckDue(contest, outcomes, view.now.monotonicMs))
    return true;
  // A test has just passed its bound. Until the next decision, the record would not say what withholds the switch.
  return !wasPast && isAnyPast(contest, rule);
}

function isOfCanaryPace({ config, canaryEveryMs }: View, target: Target): boolean {
  return !isHeavy(target) && everyMs(paceOf(target, config)) <= canaryEveryMs;
}

/**
 * Requests a recheck of the head's canary if a step that fetches do not need begins to fail: the whole mirror may be
 * failing.
 */
function recordBesideFetch({ group }: View, sample: SettledSample): void {
  const { target } = sample.due;
  const { failing, peeks } = group.probing;
  const hasFailed = !isHeavy(target) && replyTo(sample, group.kind).tag === 'failed';
  const key = `${target.registry} ${target.step}`;
  const known = getOrMake(failing, key, () => new Set());
  const isNew = known.size === 0;
  if (!hasFailed) {
    known.delete(target.id);
    return;
  }
  known.add(target.id);
  const canary = headOf(group)?.name === target.registry ? canaryOf(group.probing, target.registry) : null;
  if (isNew && canary !== null) peeks.odd ??= { question: canary, hasFailed: true };
}

/** Records the response of a probe that already counted as late. */
export function recordLateResponse(group: Group, sample: SettledSample): void {
  const { due, outcome, rttMs } = sample;
  if (due.purpose === 'peek' && !isHeavy(due.target)) return;
  if (due.purpose === 'peek') recordPeekTurn(group, due.target);
  if (due.purpose === 'peek' && outcome.tag === 'failed') recordPeek(group, due.target, null);
  if (outcome.tag !== 'ok' || sample.cold || rttMs === null) return;
  if (due.purpose === 'peek') {
    if (due.target.registry === group.probing.peeks.head) recordPeekTime(group.probing.peeks, rttMs);
  } else if (due.purpose === 'scheduled')
    recordTime(recordOf(group.contest, due.target.registry).times[isHeavy(due.target) ? 'heavy' : 'light'], rttMs);
}

/** Requests a recheck of an artifact whose first bytes are late. */
export function recordLatePeek(group: Group, { target }: Due): void {
  group.probing.peeks.odd = { question: questionOf(target), hasFailed: false };
}

/** Requests rechecks of the artifact and the canary, if a real client failed to fetch the module from the head. */
export function recordClientFailure(group: Group, registry: string, module: string, version: string | null): void {
  if (headOf(group)?.name !== registry) return;
  const { probing } = group;
  const target = artifactsOf(group, registry).find((one) => one.module === module && one.version === version);
  if (target === undefined) return;
  if (probing.peeks.head !== registry) probing.peeks = new Peeks(registry);
  probing.peeks.odd = { question: questionOf(target), hasFailed: true };
}

/** Closes comparisons whose missing responses are overdue, and returns the probes to order. */
export function rechecksFor(view: View): readonly RecheckOrder[] {
  const { group, now } = view;
  const { contest } = group;
  if (contest.around === null) return [];
  const late = closeOverdue(contest, contest.around, now.monotonicMs);
  const outcomes = [...contest.outcomes.splice(0), ...late];
  const at = headOf(group);
  if (at === null || view.vantage.suspect === true) return [];
  const paced = [
    ...requestDownload(view, at),
    ...requestAfterAdvice(view, at),
    ...requestPeek(view, at),
    ...requestCanaries(view),
  ];
  const odd = [
    ...oddOf(contest, outcomes, now.monotonicMs),
    ...oddPeekOf(group, at.name),
    ...lightRecheckOf(group, at.name, outcomes),
  ];
  if (odd.length === 0) return paced;
  const rule = weighRuleOf(view, at);
  const candidates = listCandidates(view, at)
    .map(({ name }) => ({ name, cost: costOf(contest, name, rule) ?? Number.POSITIVE_INFINITY }))
    .toSorted((a, b) => a.cost - b.cost)
    .map(({ name }) => name);
  if (candidates.length === 0) return paced;
  const fallback = mirrorAt(group, contest.around().chains.get(at.name)?.members[1])?.name;
  const beside = besideHead(candidates, fallback);
  contest.odd.requested = beside;
  return [...odd.flatMap((one) => orderOf(view, at.name, one, beside)), ...paced];
}

/**
 * If advice is refused because too few canary probes of other mirrors succeeded, requests more at once. A mirror whose
 * canary has failed is left out: it may refuse frequent requests.
 */
function requestCanaries(view: View): readonly RecheckOrder[] {
  const refused = view.group.open?.advice;
  if (refused?.refusal !== 'nothing_measured') return [];
  const isGood = ({ canary }: Tally): boolean => canary.length > 0 && canary.every(({ tag }) => tag === 'ok');
  const names = refused.candidates.flatMap(({ registry, gate }) =>
    gate === 'unmeasured' && isGood(view.tallyOf(registry)) ? [registry] : [],
  );
  const [registry, ...registries] = names;
  const question = registry === undefined ? null : canaryOf(view.group.probing, registry);
  const target = registry === undefined || question === null ? undefined : targetOf(view.group, registry, question);
  if (registry === undefined || target === undefined) return [];
  const forMs = limits.measuredOk * limits.roundStepMs;
  return [{ registry, target, registries, forMs, stepMs: limits.roundStepMs, isUrgent: true, isPeek: false }];
}

/**
 * The probes to order for a recheck; empty: the head has no target for the request. A large artifact is downloaded
 * only once. While the head is in doubt, a small artifact is also downloaded only once.
 */
function orderOf(view: View, head: string, recheck: OddOutcome, beside: readonly string[]): readonly RecheckOrder[] {
  const { question, isUrgent } = recheck;
  const target = targetOf(view.group, head, question);
  if (target === undefined) return [];
  const registries = beside.filter((name) => name !== head);
  const inDoubt = view.standingOf(head)?.inDoubt === true;
  const isSmall = (view.group.probing.sizes.get(question) ?? Number.POSITIVE_INFINITY) <= smallBytes;
  const isOnce = recheck.forMs === 0 || (isHeavy(target) && (inDoubt || !isSmall));
  const forMs = isOnce ? 0 : recheck.forMs;
  const stepMs = !isOnce && isHeavy(target) ? smallStepMs : recheck.stepMs;
  return [{ registry: head, target, registries, forMs, stepMs, isUrgent, isPeek: false }];
}

/**
 * After a reload that does not change the declared chain: the group keeps its state and gets the new list of mirrors.
 */
export function keepGroup(group: Group, fresh: Group, names: ReadonlySet<string>, { modules }: Config): void {
  group.declared = fresh.declared;
  group.roster = fresh.roster;
  if (group.accepted === null) group.chain = fresh.declared;
  pruneRemoved(group, names, modules);
}

/**
 * After a reload: forgets mirrors that are not in `names`, and modules that are no longer configured.
 * @param names  mirrors that did not change
 */
export function pruneRemoved(group: Group, names: ReadonlySet<string>, modules: Config['modules']): void {
  const { contest, probing, late } = group;
  // The key without a version is included, because some steps request a module without its version.
  const targets = new Set(modules.flatMap(({ module, version }) => [`${module}@`, `${module}@${version ?? ''}`]));
  const isProbed = (question: string): boolean => targets.has(question.slice(question.indexOf(' ') + 1));
  late.asides.clear();
  for (const [id, { due }] of late.held) if (!names.has(due.target.registry)) late.held.delete(id);
  if (contest.head !== null && !names.has(contest.head)) dropEvidence(contest);
  if (!names.has(homeOf(group)?.name ?? '')) contest.health = 0;
  const { records, pairs, triedMs, artifactTimes } = contest;
  for (const byName of [records, pairs, triedMs, artifactTimes.mirrors])
    for (const name of byName.keys()) if (!names.has(name)) byName.delete(name);
  pruneProbing(group, names, isProbed);
  for (const record of contest.records.values()) {
    record.light = record.light.filter(({ question }) => probing.targets.has(question));
    for (const question of record.latest.keys()) if (!probing.targets.has(question)) record.latest.delete(question);
  }
  const { artifacts } = contest.artifactTimes;
  for (const question of artifacts.keys()) if (!probing.targets.has(question)) artifacts.delete(question);
  const isKnown = (registry: string, question: string): boolean => names.has(registry) && probing.targets.has(question);
  pruneResponses(contest.moments, isKnown);
}

/**
 * After a reload that changed the declared chain: keeps the audits, and what was measured of mirrors that did not
 * change. Evidence of comparisons starts anew.
 * @param names  mirrors that did not change
 */
export function keepMeasured(group: Group, fresh: Group, names: ReadonlySet<string>): void {
  const { contest } = fresh;
  fresh.audited = group.audited;
  contest.records = group.contest.records;
  contest.artifactTimes = group.contest.artifactTimes;
  fresh.probing.targets = group.probing.targets;
  pruneRemoved(fresh, names, fresh.roster.modules);
}

/** Updates the head of the comparison. `contest.around` is made anew from this view when it is next read. */
export function followSurroundings(view: View): void {
  const { contest } = view.group;
  const used = mirrorAt(view.group, view.group.chain?.members[0])?.name ?? null;
  moveTo(contest, headOf(view.group)?.name ?? null, homeOf(view.group)?.name ?? null, used);
  contest.around = once(() => surroundingsOf(view));
}

function surroundingsOf(view: View): Surroundings {
  const { group, config } = view;
  const dropped = listDroppedKeys(view);
  const head = headOf(group);
  const advised = advisedChainOf(group);
  const chains = new Map<string, Chain>();
  for (const mirror of view.mirrors) {
    chains.set(mirror.name, mirror === head && advised !== null ? advised : chainTo(view, mirror, dropped));
  }
  return {
    client: group.client,
    chains,
    nameOf: (member) => mirrorAt(group, member)?.name ?? null,
    isAway: (registry) => {
      const standing = view.standingOf(registry);
      const untilMs = standing?.throttledUntilMs ?? Number.NEGATIVE_INFINITY;
      return standing?.paused != null || standing?.inMaintenance === true || untilMs > view.now.wallMs;
    },
    paceMs: (question) => {
      const target = group.probing.targets.get(question)?.values().next().value;
      return everyMs(target === undefined ? config.schedule.pace : paceOf(target, config));
    },
    home: homeOf(group)?.name ?? null,
    ratio: view.worthRatio,
    isRecent: isRecent(view),
  };
}
