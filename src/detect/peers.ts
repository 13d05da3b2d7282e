import { type Finding, mismatchCauseOf, type ScopeItem, type Side } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Sample } from '../core/sample.ts';
import { seriesId, type Target, targetId } from '../core/target.ts';
import { isLeftAlone } from './absence.ts';
import { apply } from './engine/say.ts';
import { openFinding, roundKeyOf, writeSoon } from './lookups.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { type Mismatch, wrongDigest } from './rules/mismatch.ts';
import { comparePeers, hearSaid, type Odd, peersSays, sidesOf, type Voice } from './rules/peers.ts';

/** Holds the digest of one ok answer against what the mirror gave before, and what others of its upstream give. */
export function judgePeers(memory: Memory, mirror: MirrorMemory, series: SeriesMemory, sample: Sample): void {
  const { target, purpose } = sample.due;
  const before = mirror.said.get(target.id) ?? null;
  const said = hearSaid(before, sample, memory.now.wallMs);
  if (said === null) return;
  mirror.said.set(target.id, said);
  if (said.digest !== before?.digest || said.of !== before.of) memory.dirty.add(series);
  const voices = voicesOn(memory, mirror, target).filter((voice) => voice.said.of === said.of);
  const { odd, again } = comparePeers(voices);
  // At a start each is asked in its turn: two that differ are not judged before the third was asked.
  if (!isAllAsked(memory, mirror, target)) return;
  for (const one of odd) declare(memory, one, target, voices);
  // A second look that shows something else again is not followed by a third: two backends could go on for ever.
  if (purpose === 'recheck') return;
  for (const { registry } of again) askAgain(memory, registry, target);
}

/** What the mirrors of an upstream gave last for one target, whatever exactly it was. */
function voicesOn(memory: Memory, mirror: MirrorMemory, target: Target): readonly Voice[] {
  return siblings(memory, mirror).flatMap((other) => {
    const said = other.said.get(targetOf(other, target));
    if (said === undefined || isLeftAlone(other)) return [];
    return [{ registry: other.mirror.name, isOrigin: other.mirror.role === 'origin', said }];
  });
}

/** True once every mirror that has the target was asked for it, whatever came of that. */
function isAllAsked(memory: Memory, mirror: MirrorMemory, target: Target): boolean {
  return siblings(memory, mirror).every((other) => {
    const own = memory.targets.get(targetOf(other, target));
    return own === undefined || isLeftAlone(other) || connections.some((one) => other.series.has(seriesId(own, one)));
  });
}

const connections = ['cold', 'warm'] as const;

/** The mirrors of an upstream, this one among them. */
function siblings(memory: Memory, mirror: MirrorMemory): readonly MirrorMemory[] {
  const key = roundKeyOf(mirror.mirror);
  return [...memory.mirrors.values()].filter((other) => roundKeyOf(other.mirror) === key);
}

function targetOf({ mirror }: MirrorMemory, { module, version, step }: Target): string {
  return targetId(mirror.name, module, version, step);
}

/** Tells of a mirror's bytes once: nothing more of the same digest, acknowledged or not. */
function declare(memory: Memory, odd: Odd, question: Target, voices: readonly Voice[]): void {
  const { registry, said } = odd.voice;
  const mirror = memory.mirrors.get(registry);
  const target = mirror === undefined ? undefined : memory.targets.get(targetOf(mirror, question));
  if (mirror === undefined || target === undefined) return;
  const digest = `${said.of} ${said.digest}`;
  const news = odd.cause === 'origin' ? `origin ${digest}` : digest;
  const told = mirror.declaredOdd.get(target.id) ?? [];
  if (told.includes(news) || told.includes(`origin ${digest}`)) return;
  const known = openFinding(memory, 'mismatch', registry);
  const { module, version, step } = target;
  const item = known?.scope.find((one) => one.module === module && one.version === version && one.step === step);
  mirror.declaredOdd.set(target.id, [...told, news].slice(-limits.oddKept));
  writeSoon(mirror);
  // What mirrors only differed about, the origin settles.
  const isSettled = odd.cause === 'origin' && known !== null && item !== undefined && isOpenTo(known, item);
  if (item === undefined || isSettled) apply(memory, 'mismatch', mirror, peersSays(odd, target, voices, known));
}

/** True where no authority spoke against an artifact yet: mirrors differ about it. */
function isOpenTo(known: Finding, item: ScopeItem): boolean {
  const cause = mismatchCauseOf(known, item);
  return cause === 'peers' || cause === 'retag';
}

/** A second answer over a fresh connection, once for each digest: where there is no room for it, the next due one will do. */
function askAgain(memory: Memory, registry: string, question: Target): void {
  const mirror = memory.mirrors.get(registry);
  const target = mirror === undefined ? undefined : memory.targets.get(targetOf(mirror, question));
  const said = target === undefined ? undefined : mirror?.said.get(target.id);
  if (mirror === undefined || target === undefined || said === undefined) return;
  const key = `${said.of} ${said.digest}`;
  if (mirror.askedAgain.get(target.id) === key) return;
  mirror.askedAgain.set(target.id, key);
  memory.turn.rechecks.push(target);
}

/** Who serves what where one mirror's bytes are wrong by an authority: its side first, then what is right, then others. */
export function sidesOfWrong(memory: Memory, mirror: MirrorMemory, sample: Sample, failure: Mismatch): readonly Side[] {
  const { target } = sample.due;
  const { module, version, step } = target;
  const item = { module, version, step };
  const { algorithm, got, want } = failure;
  const sinceMs = sample.startedAtMs;
  const own = {
    item,
    registries: [mirror.mirror.name],
    algorithm,
    digest: got,
    sinceMs,
    seen: sample.facts.seen ?? null,
  };
  const voices = voicesOn(memory, mirror, target).filter(({ registry }) => registry !== mirror.mirror.name);
  const others = sidesOf(voices, item).filter((side) => side.algorithm === algorithm && side.digest !== got);
  const right = others.find(({ digest }) => digest === want);
  const named = right ?? { item, registries: [], algorithm, digest: want, sinceMs: null, seen: null };
  return [own, named, ...others.filter((side) => side !== right)];
}

/** True where the origin serves the same wrong bytes, or, of the origin itself, where another mirror does. */
export function isWrongAtOrigin(memory: Memory, mirror: MirrorMemory, target: Target, failure: Mismatch): boolean {
  return siblings(memory, mirror).some((other) => {
    if (other === mirror || (mirror.mirror.role !== 'origin' && other.mirror.role !== 'origin')) return false;
    const id = targetOf(other, target);
    const once = other.wrongOnce.get(id);
    const digest = wrongDigest(failure);
    return (
      other.declaredWrong.get(id)?.digest === digest || (once !== undefined && wrongDigest(once.failure) === digest)
    );
  });
}
