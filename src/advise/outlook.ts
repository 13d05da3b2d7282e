import { deviations95, wilsonOf } from '../core/statistics.ts';
import type { ChainOutlook, WhatIfAgainst, WhatIfMember } from '../core/what-if.ts';
import { type Chain, type ChainMember, type Client, showChain, type WalkEnd } from '../ecosystems/client.ts';
import { buildOf, type FetchRule, failureSharesOf, fetchCostOf, meanMsOf, type Shares } from './comparison/costs.ts';
import type { PastMoment } from './comparison/moments.ts';
import { compareRounds, round } from './comparison/rank.ts';
import { type HeadRecord, lateMax, newRecord, recordOutcome } from './comparison/record.ts';
import { type Alone, type Walker, walkAlone, walkChain } from './comparison/walk.ts';

/** Minimum of scheduled light samples of a mirror that counts as measured, and of moments with all such mirrors. */
const answersMin = 5;

export interface Measured {
  readonly client: Client;
  /** Light moments, then heavy ones; each oldest first. */
  readonly past: readonly PastMoment[];
  readonly nameOf: (member: ChainMember) => string | null;
  readonly by: FetchRule;
  /** The download time assumed for a build if the chain has no measured one, milliseconds; 0: no mirror has one. */
  readonly usualHeavyMs: number;
}

export interface Walked {
  readonly outlook: ChainOutlook;
  readonly ends: ReadonlyMap<PastMoment, WalkEnd>;
}

interface Parts {
  readonly light: Times;
  readonly heavy: Times;
  /** Shares of failed steps if each unmeasured walk succeeded, and if each failed. */
  readonly shares: { readonly least: Shares; readonly most: Shares };
}

/** Mean time of successful walks, with its confidence interval, milliseconds. */
interface Times {
  readonly ms: number | null;
  readonly lowMs: number | null;
  readonly highMs: number | null;
}

/** Forecasts a chain from the measurements of its members. */
export function outlookOf(over: Measured, chain: Chain): Walked {
  const answered = answeredBy(over.past);
  const members = chain.members.map((member) => memberOf(over, member, answered));
  const watched = [
    ...new Set(
      members.flatMap(({ registry, answers }) => (registry !== null && answers >= answersMin ? registry : [])),
    ),
  ];
  const walker: Walker = {
    client: over.client,
    nameOf: (member) => {
      const name = member.kind === 'url' ? over.nameOf(member) : null;
      return name !== null && watched.includes(name) ? name : null;
    },
    unwatched: 'unknown',
  };
  const shown = { chain: showChain(chain), members };
  if (watched.length === 0) return { outlook: { ...shown, ...unmeasured }, ends: new Map() };
  const paired = over.past.filter((moment) => watched.every((name) => moment.replyOf(name) !== null));
  if (paired.filter(isPaced).length < answersMin) {
    const answers = Math.min(...members.flatMap((one) => (watched.includes(one.registry ?? '') ? one.answers : [])));
    return { outlook: { ...shown, ...aloneOf(over, chain, watched, walker, answers) }, ends: new Map() };
  }
  const ends = new Map(paired.map((moment) => [moment, walkChain(walker, chain, moment.replyOf)]));
  return { outlook: { ...shown, ...pairedOf(over, chain, ends, walker) }, ends };
}

function isPaced({ isHeavy, isScheduled }: PastMoment): boolean {
  return !isHeavy && isScheduled;
}

function answeredBy(past: readonly PastMoment[]): (name: string) => { answers: number; good: number } {
  const paced = past.filter(isPaced);
  return (name) => {
    const replies = paced.flatMap((moment) => moment.replyOf(name) ?? []);
    return { answers: replies.length, good: replies.filter(({ tag }) => tag === 'ok').length };
  };
}

function memberOf(
  over: Measured,
  member: ChainMember,
  answered: (name: string) => { answers: number; good: number },
): WhatIfMember {
  const { shown } = member;
  if (member.kind !== 'url') return { shown, kind: member.kind, registry: null, answers: 0, good: 0 };
  const registry = over.nameOf(member);
  if (registry === null) return { shown, kind: 'unwatched', registry, answers: 0, good: 0 };
  return { shown, kind: 'mirror', registry, ...answered(registry) };
}

type Numbers = Omit<ChainOutlook, 'chain' | 'members'>;

const unmeasured: Numbers = {
  basis: 'none',
  windowSeconds: 0,
  moments: 0,
  unmeasured: 0,
  downloads: { moments: 0, failed: 0, unmeasured: 0 },
  availability: null,
  fetch: null,
  build: null,
};

type Unmeasured = 'nothing' | 'bad' | 'good';

/** The ends of the walks as the record of one mirror. */
function recordOf(
  chain: Chain,
  ends: ReadonlyMap<PastMoment, WalkEnd>,
  { nameOf }: Walker,
  unknownAs: Unmeasured,
): HeadRecord {
  const record = newRecord();
  for (const [moment, end] of ends) {
    if (end.tag === 'unknown' && unknownAs === 'nothing') continue;
    const bad = end.tag === 'failed' || (end.tag === 'unknown' && unknownAs === 'bad');
    const asked = chain.members.slice(0, end.at + 1).flatMap((member) => nameOf(member) ?? []);
    const isLate = end.tag === 'failed' && asked.some((name) => moment.isMerelyLate(name));
    const { atMs, isHeavy, isScheduled, question } = moment;
    const tookMs = end.tag === 'ok' ? end.tookMs : 0;
    recordOutcome(record, question, { atMs, tookMs, bad, isHeavy, late: isLate ? 1 : 0 }, isScheduled);
  }
  return record;
}

function pairedOf(over: Measured, chain: Chain, ends: ReadonlyMap<PastMoment, WalkEnd>, walker: Walker): Numbers {
  const { nowMs } = over.by;
  const known = recordOf(chain, ends, walker, 'nothing');
  const isOpen = [...ends.values()].some(({ tag }) => tag === 'unknown');
  const [worst, best] = isOpen
    ? [recordOf(chain, ends, walker, 'bad'), recordOf(chain, ends, walker, 'good')]
    : [known, known];
  const all = [...ends];
  const paced = all.filter(([moment]) => isPaced(moment));
  const heavy = all.filter(([moment]) => moment.isHeavy);
  const count = (of: typeof all, tag: WalkEnd['tag']): number => of.filter(([, end]) => end.tag === tag).length;
  return {
    basis: 'paired',
    windowSeconds: since(
      nowMs,
      paced.map(([moment]) => moment),
    ),
    moments: paced.length,
    unmeasured: count(paced, 'unknown'),
    downloads: { moments: heavy.length, failed: count(heavy, 'failed'), unmeasured: count(heavy, 'unknown') },
    availability: availabilityOf(
      1 - failureSharesOf(worst, nowMs).light,
      1 - failureSharesOf(best, nowMs).light,
      countedIn(best),
    ),
    ...costsOf(over, {
      light: timesOf(known, 'light', nowMs),
      heavy: timesOf(known, 'heavy', nowMs),
      shares: { least: failureSharesOf(best, nowMs), most: failureSharesOf(worst, nowMs) },
    }),
  };
}

function countedIn({ questions }: HeadRecord): number {
  return [...questions.values()].flat().filter(({ late }) => late <= lateMax).length;
}

function timesOf(record: HeadRecord, weight: 'light' | 'heavy', nowMs: number): Times {
  const [lowMs, highMs] = [
    meanMsOf(record, weight, nowMs, -deviations95),
    meanMsOf(record, weight, nowMs, deviations95),
  ];
  return { ms: meanMsOf(record, weight, nowMs, 0), lowMs: lowMs === null ? null : Math.max(0, lowMs), highMs };
}

/** The forecast if the failures of members were independent. */
function aloneOf(over: Measured, chain: Chain, watched: readonly string[], walker: Walker, answers: number): Numbers {
  const paced = over.past.filter(isPaced);
  const walk = (moments: readonly PastMoment[]): Alone | null => walkAlone(walker, chain, moments, watched);
  const light = walk(paced);
  if (light === null) return unmeasured;
  const heavy = walk(over.past.filter(({ isHeavy }) => isHeavy));
  const times = (one: Alone | null): Times => ({ ms: one?.meanMs ?? null, lowMs: null, highMs: null });
  return {
    ...unmeasured,
    basis: 'independent',
    windowSeconds: since(over.by.nowMs, paced),
    moments: answers,
    unmeasured: Math.round(light.unmeasured * answers),
    availability: availabilityOf(1 - light.failed - light.unmeasured, 1 - light.failed, answers),
    ...costsOf(over, {
      light: times(light),
      heavy: times(heavy),
      shares: {
        least: { light: light.failed, heavy: heavy?.failed ?? 0 },
        most: { light: light.failed + light.unmeasured, heavy: heavy === null ? 0 : heavy.failed + heavy.unmeasured },
      },
    }),
  };
}

function since(nowMs: number, moments: readonly PastMoment[]): number {
  return Math.round(Math.max(0, nowMs - Math.min(nowMs, ...moments.map(({ atMs }) => atMs))) / 1000);
}

function availabilityOf(atLeast: number, atMost: number, answers: number): ChainOutlook['availability'] {
  return {
    atLeast: round(Math.max(0, atLeast)),
    atMost: round(atMost),
    low: round(wilsonOf(Math.max(0, atLeast), answers).low),
    high: round(wilsonOf(atMost, answers).high),
  };
}

function costsOf(
  { by, usualHeavyMs }: Measured,
  { light, heavy, shares }: Parts,
): Pick<ChainOutlook, 'fetch' | 'build'> {
  if (light.ms === null) return { fetch: null, build: null };
  const { least, most } = shares;
  const cost = (lightMs: number, heavyMs: number | null, failing: Shares, failureCostMs: number): number =>
    round(fetchCostOf({ light: lightMs, heavy: heavyMs ?? lightMs, shares: failing }, { ...by, failureCostMs }) / 1000);
  const timeOf = (lightMs: number | null, heavyMs: number | null): number | null =>
    lightMs === null ? null : cost(lightMs, heavyMs, least, 0);
  const times = { lightMs: light.ms, heavyMs: heavy.ms ?? usualHeavyMs };
  const [fine, bad] = [
    buildOf({ ...times, shares: least, uncaught: 1 }),
    buildOf({ ...times, shares: most, uncaught: 1 }),
  ];
  const buildCost = ({ waitedMs, failed }: typeof fine): number => round((waitedMs + failed * by.failureCostMs) / 1000);
  return {
    fetch: {
      seconds: cost(light.ms, heavy.ms, least, 0),
      low: timeOf(light.lowMs, heavy.lowMs),
      high: timeOf(light.highMs, heavy.highMs),
      costSeconds: cost(light.ms, heavy.ms, least, by.failureCostMs),
      costSecondsMost: cost(light.ms, heavy.ms, most, by.failureCostMs),
    },
    build:
      times.heavyMs <= 0
        ? null
        : {
            seconds: round(fine.waitedMs / 1000),
            failedShare: round(fine.failed),
            failedShareMost: round(bad.failed),
            costSeconds: buildCost(fine),
            costSecondsMost: buildCost(bad),
          },
  };
}

/** Compares the edited chain with another one, over the moments in which both walks ended measured. */
export function compareOutlooks(edited: Walked, other: Walked, minGain: number): WhatIfAgainst {
  let [moments, rescued, broken] = [0, 0, 0];
  const times: (readonly [number, number])[] = [];
  for (const [moment, end] of edited.ends) {
    const before = other.ends.get(moment);
    if (before === undefined || before.tag === 'unknown' || end.tag === 'unknown') continue;
    moments += 1;
    if (before.tag === 'failed' && end.tag === 'ok') rescued += 1;
    if (before.tag === 'ok' && end.tag === 'failed') broken += 1;
    if (before.tag === 'ok' && end.tag === 'ok' && isPaced(moment)) times.push([before.tookMs, end.tookMs]);
  }
  return {
    outlook: other.outlook,
    time: times.length === 0 ? null : compareRounds(times, minGain),
    moments,
    rescued,
    broken,
  };
}
