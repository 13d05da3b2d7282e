import { isIntercepted, isSilent } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { closeDoubt } from '../confirm/doubt.ts';
import { countPlaces, isPatternClear, judgeMoment, reviewPattern, unitsOf } from '../confirm/vantage.ts';
import { isLineLossy, showsLineTo, witnessesOf, witnessPlaceOf } from '../confirm/witness.ts';
import { canBeProbed } from '../memory/absence.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, mirrorsOf, type Suspicion } from '../memory/mirror-memory.ts';
import {
  controlKeyOf,
  type MomentOutcome,
  type MomentVerdict,
  type Round,
  type RoundMoment,
} from '../memory/moments.ts';
import { isCanaryOut } from '../outage/state.ts';
import { decideCanary, judgeUs, startStreaksAnew } from './step.ts';

/**
 * The mirrors of an egress (a network path out of this host) whose failures count against our network: those not in
 * outage, and those in outage that served again before this trouble, so that their failure is in doubt. Any other
 * mirror in outage counts unless it has failed in this moment, because its response would show that our network works.
 * Once one mirror has succeeded, mirrors that never succeeded are left out.
 */
function judgedOf(memory: Memory, egress: string, moment: RoundMoment | null): readonly MirrorMemory[] {
  const all = [...memory.mirrors.values()].filter((mirror) => mirror.egress === egress && mirror.canary !== null);
  const hasAny = all.some((mirror) => mirror.sight.hasOk);
  const doubted = memory.confirm.suspicions.get(egress)?.doubted;
  const isJudged = (mirror: MirrorMemory): boolean => {
    const outcome = moment?.outcomes.get(mirror.mirror.name) ?? 'failed';
    return (
      outcome !== 'failed' || !isCanaryOut(mirror) || mirror.doubt !== null || doubted?.has(mirror.mirror.name) === true
    );
  };
  return all.filter((mirror) => isJudged(mirror) && (mirror.sight.hasOk || !hasAny));
}

interface At {
  readonly memory: Memory;
  readonly round: Round;
  readonly moment: RoundMoment;
  readonly egress: string;
}

export function verdictOf({ memory, round, moment, egress }: At): MomentVerdict {
  const judged = judgedOf(memory, egress, moment).filter(
    ({ mirror, roundKey }) => moment.outcomes.has(mirror.name) && roundKey === round.key,
  );
  const units = unitsOf(judged.map(witnessPlaceOf)).map((registries) =>
    registries.map((registry): MomentOutcome => moment.outcomes.get(registry) ?? 'missing'),
  );
  const silent = [...moment.samples.values()].filter(({ outcome }) => isSilent(outcome));
  const isByPortal = silent.length > 0 && silent.every(({ outcome }) => isIntercepted(outcome));
  const controls = [...memory.controls].flatMap(([name, { known }]) => {
    const responses = moment.outcomes.get(controlKeyOf(name));
    // Captive portals let bare TCP pass. So a TCP control proves nothing if a portal can cause all the failures.
    const proves = !isBareTcp(memory, name) || (silent.length > 0 && !isByPortal);
    return responses === undefined ? [] : [{ responses, known, proves }];
  });
  const witnesses = witnessesOf(memory, round, moment, egress);
  return judgeMoment({ units, controls, witnesses, isLossy: silent.length > 0 && isLineLossy(memory, egress) });
}

function isBareTcp(memory: Memory, name: string): boolean {
  return memory.config.controls.some((control) => control.name === name && control.url.startsWith('tcp:'));
}

export function applyVerdict(at: At, verdict: Exclude<MomentVerdict, 'waiting'>): void {
  const { memory, round, moment, egress } = at;
  const suspicion = memory.confirm.suspicions.get(egress);
  if (verdict === 'us') {
    if (suspicion === undefined) enter(at);
    else if (suspicion.roundKey === round.key) keepOn(at, suspicion);
    return;
  }
  if (suspicion === undefined || suspicion.roundKey !== round.key || moment.startedMs < suspicion.sinceMs) return;
  // On a network that loses packets, one set of good responses does not prove that the network works.
  if (isLineLossy(memory, egress)) return;
  // A response of a single mirror proves nothing, unless there is no second independent mirror to probe.
  if (verdict === 'unverified' && askable(memory, egress) >= 2) return;
  closeSuspicion(memory, round, egress);
  for (const mirror of mirrorsOf(memory, round.key)) {
    const sample = moment.samples.get(mirror.mirror.name);
    if (mirror.egress === egress && sample !== undefined)
      decideCanary(memory, mirror, { sample, vantage: 'ok', by: 'released' });
  }
}

function askable(memory: Memory, egress: string): number {
  const direct = [...memory.mirrors.values()].filter((mirror) => showsLineTo(memory, egress, mirror));
  const mirrors = [...judgedOf(memory, egress, null), ...direct].filter((mirror) => canBeProbed(memory, mirror));
  return countPlaces(mirrors.map(witnessPlaceOf));
}

/**
 * Puts an egress (a network path out of this host) under suspicion. From now on, the probes of the round show when the
 * suspicion ends.
 */
function enter(at: At): void {
  const { memory, round, egress } = at;
  const { monotonicMs, wallMs } = memory.now;
  const members = [...memory.mirrors.values()].filter((mirror) => mirror.egress === egress);
  memory.confirm.suspicions.set(egress, {
    sinceMs: monotonicMs,
    sinceWallMs: wallMs,
    pattern: withPattern(new Map(), at),
    patternSinceMs: monotonicMs,
    isLoss: isLineLossy(memory, egress),
    roundKey: round.key,
    doubted: new Set(members.filter(({ doubt }) => doubt !== null).map(({ mirror }) => mirror.name)),
  });
  round.watching.add(egress);
  for (const mirror of members) {
    closeDoubt(memory, mirror);
    // The last failures may be ours. Else a good response during the suspicion would be the first after a failure.
    startStreaksAnew(memory, mirror);
  }
}

/**
 * Handles another verdict `us` (our own network fails) during a suspicion (that our network fails). If some mirrors
 * mostly fail while others mostly respond, and our network loses no packets, the suspicion ends.
 * @see docs/decisions/0009-mirror-or-own-network.md
 */
function keepOn(at: At, suspicion: Suspicion): void {
  const { memory, round, moment, egress } = at;
  suspicion.pattern = withPattern(suspicion.pattern, at);
  suspicion.isLoss = isLineLossy(memory, egress);
  const isDue = memory.now.monotonicMs - suspicion.patternSinceMs >= limits.vantageReviewMs;
  if (!isDue && !isPatternClear(suspicion.pattern)) return;
  const { dead, well } = reviewPattern(suspicion.pattern);
  if (dead.length === 0 || well.length === 0 || suspicion.isLoss) {
    if (isDue)
      Object.assign(suspicion, { pattern: withPattern(new Map(), at), patternSinceMs: memory.now.monotonicMs });
    return;
  }
  closeSuspicion(memory, round, egress);
  for (const registry of dead) {
    const mirror = memory.mirrors.get(registry);
    const sample = moment.samples.get(registry) ?? null;
    if (mirror !== undefined) decideCanary(memory, mirror, { sample, vantage: 'ok', by: 'dead' });
  }
}

function withPattern(pattern: Suspicion['pattern'], { memory, round, moment, egress }: At): Suspicion['pattern'] {
  const next = new Map(pattern);
  for (const { mirror, roundKey } of judgedOf(memory, egress, moment)) {
    const momentOutcome = moment.outcomes.get(mirror.name);
    if (roundKey !== round.key || (momentOutcome !== 'answered' && momentOutcome !== 'failed')) continue;
    const { responded, failed } = next.get(mirror.name) ?? { responded: 0, failed: 0 };
    const isResponse = momentOutcome === 'answered';
    next.set(mirror.name, { responded: responded + Number(isResponse), failed: failed + Number(!isResponse) });
  }
  return next;
}

/** Ends the suspicion against an egress (a network path out of this host). */
export function closeSuspicion(memory: Memory, round: Round | null, egress: string): void {
  memory.confirm.suspicions.delete(egress);
  round?.watching.delete(egress);
  judgeUs(memory, 'release', null);
}
