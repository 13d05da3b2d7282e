import type { Answer, Question, WorldReason } from '../../world.ts';
import { type Failing, isOpen, levelOf } from './effect.ts';
import { join, uniformOf } from './hash.ts';
import { dailyFactor, type MirrorModel, retransmits } from './mirror-model.ts';
import { normalQuantile } from './normal.ts';
import { type Felt, type Places, placeOf } from './places.ts';

/** A mirror, prepared for requests. */
export interface Asked {
  readonly mirror: MirrorModel;
  readonly salt: number;
  readonly felt: readonly Felt[];
}

/** The data that all mirrors of a world share. */
export interface Ground {
  readonly places: Places;
  readonly line: readonly Felt[];
  /** Sizes of response bodies in bytes, by the number of the question. */
  readonly bytes: Float64Array;
  readonly versions: ReadonlyMap<string, number>;
}

const dayMs = 86_400_000;

/** The random failures that also a mirror without a fault has. */
const byChance: readonly Failing[] = [
  chance('server', 502, 'answer'),
  chance('server', 503, 'answer'),
  chance('server', 500, 'answer'),
  chance('reset', null, 'answer'),
  chance('reset', null, 'never'),
];

function chance(reason: WorldReason, status: number | null, seen: Failing['seen']): Failing {
  return { reason, status, retryAfterMs: null, seen, family: null, unknown: null };
}

/** The response of a mirror to a request at `atMs`. It depends only on the arguments. */
export function answerOf(ground: Ground, asked: Asked, question: Question, atMs: number): Answer {
  const mirror = asked.mirror;
  const place = placeOf(ground.places, question);
  const version = question.version === null ? 0 : (ground.versions.get(question.version) ?? 0);
  const hash = join(join(asked.salt, place * 4096 + version), atMs);
  const family = familyOf(mirror, question);
  const isZip = question.step === 'zip';
  let factor = dailyFactor(mirror, atMs);
  let addMs = 0;
  let rate = mirror.bytesPerSecond;
  let failing: Failing | null = null;
  for (let list = 0; list < 2 && failing === null; list += 1) {
    const felt = list === 0 ? ground.line : asked.felt;
    for (let i = 0; i < felt.length; i += 1) {
      const one = felt[i];
      if (one === undefined || atMs < one.fromMs || atMs >= one.toMs || one.covers[place] === 0) continue;
      const effect = one.effect;
      if (effect.gate !== undefined && !isOpen(effect.gate, atMs - one.fromMs, one.salt)) continue;
      const level = levelOf(effect, atMs);
      const share = (effect.share ?? 1) * (effect.failing === undefined ? 1 : level);
      if (share < 1 && uniformOf(hash, 16 + list * 64 + i) >= share) continue;
      if (effect.failing !== undefined && (effect.failing.family ?? family) === family) {
        failing = effect.failing;
        break;
      }
      if (effect.factor !== undefined) factor *= level === 1 ? effect.factor : effect.factor ** level;
      if (effect.addMs !== undefined) addMs += effect.addMs * level;
      if (effect.bytesPerSecond !== undefined) rate = Math.min(rate, effect.bytesPerSecond);
    }
  }
  if (failing === null && mirror.failureShare > 0 && uniformOf(hash, 0) < mirror.failureShare) {
    failing = byChance[Math.floor(uniformOf(hash, 1) * byChance.length)] ?? null;
  }
  if (mirror.sigma > 0) factor *= Math.exp(mirror.sigma * normalQuantile(uniformOf(hash, 2)));
  if (failing !== null) return failure(mirror, failing, factor, addMs, family, atMs);
  const bytes = Math.min(ground.bytes[place] ?? 0, question.bytesMax ?? Number.POSITIVE_INFINITY);
  const isMiss = mirror.missShare > 0 && uniformOf(hash, 4) < mirror.missShare;
  const bodyMs = isZip ? (bytes / rate) * 1000 : 0;
  const tookMs =
    (3 * mirror.rttMs + mirror.processingMs[question.step] + bodyMs) * factor +
    addMs +
    (isMiss ? mirror.missMs : 0) +
    (uniformOf(hash, 5) < mirror.retransmitShare ? lostPacketMs(uniformOf(hash, 6)) : 0);
  return {
    tookMs,
    reason: null,
    status: 200,
    retryAfterMs: null,
    bytes,
    cache: isMiss ? 'miss' : 'hit',
    family,
    certificateDays: certificateDays(mirror, atMs),
    unknown: null,
  };
}

function familyOf(mirror: MirrorModel, question: Question): 4 | 6 {
  if (mirror.families === 'four') return 4;
  return mirror.families === 'six' ? 6 : (question.family ?? 6);
}

/** The usual time until a failure is seen, milliseconds; `Infinity`: never. */
export function failingMs(mirror: MirrorModel, failing: Failing): number {
  if (failing.seen === 'never') return Number.POSITIVE_INFINITY;
  if (failing.seen === 'connect') return mirror.rttMs;
  return 3 * mirror.rttMs + (failing.seen === 'body' ? 4 : 1) * mirror.processingMs.mod;
}

function failure(mirror: MirrorModel, failing: Failing, factor: number, addMs: number, family: 4 | 6, atMs: number) {
  const isShaken = failing.seen === 'answer' || failing.seen === 'body';
  return {
    tookMs: failingMs(mirror, failing) * factor + addMs,
    reason: failing.reason,
    status: failing.status,
    retryAfterMs: failing.retryAfterMs,
    bytes: 0,
    cache: null,
    family,
    certificateDays: isShaken || failing.reason === 'tls_expired' ? certificateDays(mirror, atMs) : null,
    unknown: failing.unknown,
  };
}

function certificateDays(mirror: MirrorModel, atMs: number): number | null {
  const certificate = mirror.certificate;
  if (certificate === null) return null;
  const endsAtMs = atMs < certificate.renewedAtMs ? certificate.endsAtMs : certificate.renewedAtMs + 90 * dayMs;
  return (endsAtMs - atMs) / dayMs;
}

function lostPacketMs(luck: number): number {
  if (luck < retransmits.shares[0]) return retransmits.addMs[0];
  return luck < retransmits.shares[0] + retransmits.shares[1] ? retransmits.addMs[1] : retransmits.addMs[2];
}
