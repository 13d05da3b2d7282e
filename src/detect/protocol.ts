import type { Sample } from '../core/sample.ts';
import { isHeavy } from '../core/target.ts';
import { vantageWord } from './confirm/witness.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory } from './mirror-memory.ts';
import { refreshOutage } from './outages.ts';
import { rowHasNews } from './rows.ts';
import { failedOverHttp, otherProtocol, type ProtocolFault, withFailure } from './rules/protocol.ts';

/** An answer over the other version stands for so long, milliseconds: a round need not ask again each second. */
const otherAnswerMs = 3_000;

/**
 * Takes note of the HTTP version that a sample came over or failed over. After a failure, the same target is probed over
 * the other version. Where an ecosystem's clients differ, every answer of the canary over the leading client's version
 * has the other version probed once.
 */
export function noteProtocol(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { due, protocol, outcome } = sample;
  const { speaks } = mirror.mirror;
  if (speaks === undefined || protocol === undefined || due.connection !== 'cold' || isHeavy(due.target)) return;
  const { fault } = mirror.protocol;
  const reason = failedOverHttp(sample);
  if (reason !== null) {
    mirror.protocol.fault = withFailure(fault, protocol, { reason, probeId: due.probeId });
    const { otherMs } = mirror.protocol.fault;
    if (otherMs === null || memory.now.monotonicMs - otherMs >= otherAnswerMs) probeOther(memory, sample);
    return;
  }
  if (outcome.tag !== 'ok') return;
  if (fault?.broken === protocol) end(memory, mirror);
  else if (fault !== null) mirror.protocol.fault = { ...fault, otherMs: memory.now.monotonicMs };
  if (speaks.length > 1 && due.target.canary && due.purpose === 'scheduled') probeOther(memory, sample);
}

/**
 * After a slow answer, the same target is probed over the other version: it may be slow over one alone. Forgets what that
 * took once the target is not slow.
 */
export function compareSpeed(memory: Memory, mirror: MirrorMemory, sample: Sample, isSlow: boolean): void {
  const { due, protocol } = sample;
  if (mirror.mirror.speaks === undefined || protocol === undefined || due.connection !== 'cold') return;
  const known = mirror.protocol.otherSpeed;
  if (!isSlow) {
    if (known?.targetId === due.target.id) mirror.protocol.otherSpeed = null;
    return;
  }
  if (known === null || memory.now.monotonicMs - known.atMs >= otherAnswerMs) probeOther(memory, sample);
}

/** Takes the response to a probe over the other version. */
export function noteOtherProtocol(memory: Memory, mirror: MirrorMemory, sample: Sample): void {
  const { due, protocol, outcome } = sample;
  if (due.protocol === undefined || mirror.mirror.speaks === undefined) return;
  const { fault } = mirror.protocol;
  const reason = failedOverHttp(sample);
  if (outcome.tag === 'ok' && sample.rttMs !== null) {
    const { target, protocol: asked } = due;
    mirror.protocol.otherSpeed = {
      targetId: target.id,
      protocol: asked,
      rttMs: sample.rttMs,
      atMs: memory.now.monotonicMs,
    };
  }
  if (outcome.tag === 'ok') {
    if (fault?.broken === due.protocol) end(memory, mirror);
    else if (fault !== null) set(memory, mirror, { ...fault, otherMs: memory.now.monotonicMs });
  } else if (fault !== null && fault.broken !== due.protocol) {
    mirror.protocol.fault = { ...fault, otherMs: null };
  } else if (reason !== null && protocol === due.protocol && mirror.sight.canaryServes) {
    const next = withFailure(fault, due.protocol, { reason, probeId: due.probeId });
    set(memory, mirror, { ...next, otherMs: memory.now.monotonicMs });
  }
}

function probeOther(memory: Memory, { due, protocol }: Sample): void {
  if (protocol === undefined) return;
  memory.turn.peeks.push({ target: due.target, family: null, protocol: otherProtocol(protocol) });
}

function end(memory: Memory, mirror: MirrorMemory): void {
  set(memory, mirror, null);
}

function set(memory: Memory, mirror: MirrorMemory, fault: ProtocolFault | null): void {
  mirror.protocol.fault = fault;
  rowHasNews(mirror);
  refreshOutage(memory, mirror, vantageWord(memory, mirror));
}
