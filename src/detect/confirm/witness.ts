import { hasProxy } from '../../core/mirror.ts';
import { canBeProbed } from '../memory/absence.ts';
import { isLossy, isOneCut, lossOf } from '../memory/loss.ts';
import type { Memory } from '../memory/memory.ts';
import type { MirrorMemory } from '../memory/mirror-memory.ts';
import type { MomentOutcome, Round, RoundMoment } from '../memory/moments.ts';
import type { RuleView } from '../memory/rule.ts';
import { isCanaryOut } from '../outage/state.ts';
import { countPlaces, unitsOf } from './vantage.ts';

/**
 * The maximum number of mirrors of other upstreams that are probed together with the mirrors of a round. The limit
 * applies for each egress (a network path out of this host).
 */
const witnessesMax = 2;

/**
 * How certain it is that our own network works, if no concurrent probes are compared now. `ok`: a control is up, or two
 * independent mirrors can be compared; else `unverified`.
 */
export function vantageFor(memory: RuleView, mirror: MirrorMemory): 'ok' | 'unverified' {
  for (const control of memory.controls.values()) if (control.up === true) return 'ok';
  const others = [...memory.mirrors.values()].filter(
    (other) => other === mirror || (other.egress === mirror.egress && other.sight.hasOk && !isCanaryOut(other)),
  );
  return countPlaces(others.map(witnessPlaceOf)) >= 2 ? 'ok' : 'unverified';
}

export function witnessPlaceOf(mirror: MirrorMemory) {
  return {
    registry: mirror.mirror.name,
    url: mirror.mirror.url,
    address: mirror.mirror.access.proxy === null ? mirror.line.address : null,
  };
}

/**
 * True for a mirror without a proxy, if the egress is a proxy. We reach the proxy over our own line, so a response of
 * such a mirror shows that the line works: the proxy, or what is behind it, causes the failures.
 * @see docs/decisions/0215-a-failing-proxy-is-a-failure.md
 */
export function showsLineTo({ without }: Memory, egress: string, { mirror, sight }: MirrorMemory): boolean {
  return !without.has('proxy-line') && hasProxy(egress) && mirror.access.proxy === null && sight.hasOk;
}

function* othersOf(memory: Memory, round: Round, egress: string): Iterable<MirrorMemory> {
  for (const mirror of memory.mirrors.values()) {
    const isOfOthers = mirror.egress === egress && mirror.roundKey !== round.key;
    if (!isOfOthers && !showsLineTo(memory, egress, mirror)) continue;
    if (mirror.sight.hasOk && !isCanaryOut(mirror)) yield mirror;
  }
}

/**
 * The results of other upstreams' mirrors in a moment (concurrent probes). `answered`: one of their probes that started
 * after `witnessFromMs` got a response.
 */
export function witnessesOf(memory: Memory, round: Round, moment: RoundMoment, egress: string): MomentOutcome[] {
  const witnesses: MomentOutcome[] = [];
  for (const other of othersOf(memory, round, egress)) {
    const outcome = moment.outcomes.get(other.mirror.name);
    const hasResponded = other.line.respondedFromMs !== null && other.line.respondedFromMs > moment.witnessFromMs;
    if (hasResponded) witnesses.push('answered');
    else if (outcome !== undefined) witnesses.push(outcome);
  }
  return witnesses;
}

/**
 * The mirrors of other upstreams to probe in a moment (concurrent probes). The list is empty if one of these mirrors
 * has already responded to a probe that started after `fromMs`.
 */
export function witnessesFor(memory: Memory, round: Round, egress: string, fromMs: number): readonly MirrorMemory[] {
  const others = [...othersOf(memory, round, egress)];
  if (others.some(({ line: { respondedFromMs } }) => respondedFromMs !== null && respondedFromMs > fromMs)) return [];
  const free = others.filter(
    (other) =>
      other.roundKey !== round.key &&
      canBeProbed(memory, other) &&
      other.doubt === null &&
      !round.flights.has(other.mirror.name),
  );
  const byName = new Map(free.map((other) => [other.mirror.name, other]));
  return unitsOf(free.map(witnessPlaceOf))
    .slice(0, witnessesMax)
    .flatMap(([name = '']) => byName.get(name) ?? []);
}

/** True if our own network lost packets within the last `limits.vantageReviewMs`. */
export function isLineLossy(memory: RuleView, egress: string): boolean {
  const nowMs = memory.now.monotonicMs;
  const mirrors = new Map(
    [...memory.mirrors.values()]
      .filter((mirror) => mirror.egress === egress && mirror.sight.hasOk)
      .map((mirror) => [mirror.mirror.name, mirror]),
  );
  const units = unitsOf([...mirrors.values()].map(witnessPlaceOf)).map((registries) =>
    registries.map((registry) => mirrors.get(registry)?.line.marks ?? []),
  );
  const controls = [...memory.controls.values()].filter(({ known }) => known).map(({ marks }) => [marks]);
  const isLoss = isLossy(
    units.map((members) => lossOf(members, nowMs)),
    controls.map((members) => lossOf(members, nowMs)),
  );
  return isLoss && !isOneCut([...units, ...controls].flat(), nowMs);
}

/**
 * The units over one egress. A unit is a group of mirrors on one host or in one network; egress is a network path out of
 * this host. `troubled`: those in which each mirror has the same trouble.
 */
export interface Units {
  readonly troubled: number;
  readonly all: number;
}

/** Trouble of fewer other units may be chance, so it shows nothing about our own network. */
export const othersMin = 2;

/**
 * Counts the units over an egress.
 * @param troubleOf  whether a mirror has the trouble; `null`: not known, so the mirror is left out
 * @param except     a mirror whose whole unit is left out
 */
export function countUnits(
  view: RuleView,
  egress: string,
  troubleOf: (mirror: MirrorMemory) => boolean | null,
  except: MirrorMemory | null,
): Units {
  const known = new Map<string, boolean>();
  const members: MirrorMemory[] = [];
  for (const mirror of view.mirrors.values()) {
    const isTroubled = mirror.egress === egress && mirror !== except ? troubleOf(mirror) : null;
    if (isTroubled === null && mirror !== except) continue;
    members.push(mirror);
    if (isTroubled !== null) known.set(mirror.mirror.name, isTroubled);
  }
  // Grouping takes long, and most of the time no mirror has the trouble.
  if ([...known.values()].filter(Boolean).length < othersMin) return { troubled: 0, all: known.size };
  const units = unitsOf(members.map(witnessPlaceOf))
    .filter((names) => except === null || !names.includes(except.mirror.name))
    .map((names) => names.every((name) => known.get(name) === true));
  return { troubled: units.filter(Boolean).length, all: units.length };
}

/** True if at least two thirds of the other units, and at least `othersMin`, have a mirror's trouble too. */
export function isShared({ troubled, all }: Units): boolean {
  return troubled >= othersMin && 3 * troubled >= 2 * all;
}
