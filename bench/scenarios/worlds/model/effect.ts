import type { WorldReason, WorldStep } from '../../world.ts';
import { join, uniformOf } from './hash.ts';

/** How an answer fails. */
export interface Failing {
  readonly reason: WorldReason;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** When the failure is seen: as soon as a refused connection, after a usual answer, in the middle of the body, or never. */
  readonly seen: 'connect' | 'answer' | 'body' | 'never';
  /** Only over this family: the other is well, and clients lose 300 ms by trying both. */
  readonly family: 4 | 6 | null;
  /** Ours and known to be ours by the asker. */
  readonly unknown: 'resolver' | 'proxy' | null;
}

/** On and off within the window of an effect, the same for all who ask at that time. */
export type Gate =
  /** On for `onMs`, off for `offMs`, and so on from the window's start. */
  | { readonly kind: 'pulse'; readonly onMs: number; readonly offMs: number }
  /** Time is cut in slots of `slotMs`; each is on with probability `share`, by the seed. */
  | { readonly kind: 'slots'; readonly slotMs: number; readonly share: number };

/** How strong an effect is over its window, from 0 to 1, or above for `drift`. `step`: 1 all along. */
export type Shape =
  | { readonly kind: 'step' }
  /** From 0 to 1 over `riseMs`, then 1. */
  | { readonly kind: 'ramp'; readonly riseMs: number }
  /** 0 to 1 and back within each `periodMs`. */
  | { readonly kind: 'wave'; readonly periodMs: number }
  /** The number of hours since the start: with factor 1.05, 5 % an hour, compounded. */
  | { readonly kind: 'drift' };

/** One thing that goes wrong. What is left out does nothing. */
export interface Effect {
  readonly fromMs: number;
  /** Excluded. */
  readonly toMs: number;
  /** Steps it is felt on; left out: all. */
  readonly steps?: readonly WorldStep[];
  /** Modules it is felt on (questions without a module are then spared); left out: all. */
  readonly modules?: readonly string[];
  /** True: the canary, `mod` of the first module, is spared. */
  readonly sparesCanary?: boolean;
  /** Share of answers hit, each by its own luck: 1 / k is one bad backend of k. Left out: 1. */
  readonly share?: number;
  readonly gate?: Gate;
  readonly shape?: Shape;
  /** Failing; its share is multiplied by the shape. */
  readonly failing?: Failing;
  /** Milliseconds on top, times the shape. */
  readonly addMs?: number;
  /** Times the whole answer, to the power of the shape. */
  readonly factor?: number;
  /** What zips are capped to. */
  readonly bytesPerSecond?: number;
  /** On our own line: controls do not feel it. */
  readonly sparesControls?: boolean;
}

/** A build's fetches are spread over this long: what flaps within it is met as a share. */
export const buildSpanMs = 8000;

const hourMs = 3_600_000;

/** The strength of the shape of `effect` at `atMs`, inside its window. */
export function levelOf(effect: Effect, atMs: number): number {
  const shape = effect.shape;
  if (shape === undefined || shape.kind === 'step') return 1;
  const since = atMs - effect.fromMs;
  if (shape.kind === 'ramp') return Math.min(1, since / shape.riseMs);
  if (shape.kind === 'wave') return 0.5 - 0.5 * Math.cos((2 * Math.PI * since) / shape.periodMs);
  return since / hourMs;
}

/** True while the gate stands open at `atMs`. `salt` sets the luck of slots. */
export function isOpen(gate: Gate, sinceMs: number, salt: number): boolean {
  if (gate.kind === 'pulse') return sinceMs % (gate.onMs + gate.offMs) < gate.onMs;
  return uniformOf(join(salt, Math.floor(sinceMs / gate.slotMs)), 0) < gate.share;
}

/** Share of the `buildSpanMs` from `sinceMs` on in which the gate stands open. */
export function openShare(gate: Gate, sinceMs: number, salt: number): number {
  const endMs = sinceMs + buildSpanMs;
  if (gate.kind === 'pulse') return (openUntil(gate, endMs) - openUntil(gate, sinceMs)) / buildSpanMs;
  let open = 0;
  for (let slot = Math.floor(sinceMs / gate.slotMs); slot * gate.slotMs < endMs; slot += 1) {
    if (uniformOf(join(salt, slot), 0) >= gate.share) continue;
    open += Math.min(endMs, (slot + 1) * gate.slotMs) - Math.max(sinceMs, slot * gate.slotMs);
  }
  return open / buildSpanMs;
}

function openUntil(gate: { readonly onMs: number; readonly offMs: number }, ms: number): number {
  const period = gate.onMs + gate.offMs;
  return Math.floor(ms / period) * gate.onMs + Math.min(gate.onMs, ms % period);
}
