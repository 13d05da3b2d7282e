import type { WorldReason, WorldStep } from '../../world.ts';
import { join, uniformOf } from './hash.ts';

/** How a response fails. */
export interface Failing {
  readonly reason: WorldReason;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /**
   * When the failure is seen: as soon as a refused connection (`connect`), after the usual time (`answer`), in the
   * middle of the body (`body`), or never.
   */
  readonly seen: 'connect' | 'answer' | 'body' | 'never';
  /**
   * The address family that fails. The other family works, and clients lose 300 ms because they try both. `null`: both
   * fail.
   */
  readonly family: 4 | 6 | null;
  /** The part of the daemon's own environment that fails, if the daemon notices that; `null`: none. */
  readonly unknown: 'resolver' | null;
}

/** When an effect is on within its window. It is on for all clients at the same times. */
export type Gate =
  /** On for `onMs`, then off for `offMs`, repeated from the start of the window. */
  | { readonly kind: 'pulse'; readonly onMs: number; readonly offMs: number }
  /**
   * Time is divided into slots of `slotMs`. Each slot is on with the probability `share`; the seed determines which.
   */
  | { readonly kind: 'slots'; readonly slotMs: number; readonly share: number };

/** The strength of an effect over its window, from 0 to 1; with `drift` also above 1. `step`: always 1. */
export type Shape =
  | { readonly kind: 'step' }
  /** From 0 to 1 over `riseMs`, then 1. */
  | { readonly kind: 'ramp'; readonly riseMs: number }
  /** From 0 to 1 and back to 0 within each `periodMs`. */
  | { readonly kind: 'wave'; readonly periodMs: number }
  /** The number of hours since the start. With the factor 1.05, times grow by 5 % an hour, compounded. */
  | { readonly kind: 'drift' };

/** One fault or delay in a time window. */
export interface Effect {
  readonly fromMs: number;
  /** The end of the window, excluded. */
  readonly toMs: number;
  /** The affected steps; absent: all. */
  readonly steps?: readonly WorldStep[];
  /** The affected modules; requests without a module are then not affected. Absent: all requests. */
  readonly modules?: readonly string[];
  /** True: the canary (`mod` of the first module) is not affected. */
  readonly sparesCanary?: boolean;
  /** The share of affected responses, each at random; 1 / k simulates one bad backend of k. Absent: 1. */
  readonly share?: number;
  readonly gate?: Gate;
  readonly shape?: Shape;
  /** How affected responses fail; absent: they only take longer. The share is multiplied by the strength (`shape`). */
  readonly failing?: Failing;
  /** Milliseconds added to the response, multiplied by the strength (`shape`). */
  readonly addMs?: number;
  /** The factor on the time of the response, to the power of the strength (`shape`). */
  readonly factor?: number;
  /** The maximum rate of zips. */
  readonly bytesPerSecond?: number;
  /** For an effect on the daemon's own network: true if controls are not affected. */
  readonly sparesControls?: boolean;
}

/**
 * The fetches of a build are spread over this time, milliseconds. An effect that is on for a part of the time affects
 * that share of the fetches.
 */
export const buildSpanMs = 8000;

const hourMs = 3_600_000;

/** The strength of an effect at `atMs`, which must be inside its window. */
export function levelOf(effect: Effect, atMs: number): number {
  const shape = effect.shape;
  if (shape === undefined || shape.kind === 'step') return 1;
  const since = atMs - effect.fromMs;
  if (shape.kind === 'ramp') return Math.min(1, since / shape.riseMs);
  if (shape.kind === 'wave') return 0.5 - 0.5 * Math.cos((2 * Math.PI * since) / shape.periodMs);
  return since / hourMs;
}

/** True while the effect is on, `sinceMs` after the start of its window. `salt` determines which slots are on. */
export function isOpen(gate: Gate, sinceMs: number, salt: number): boolean {
  if (gate.kind === 'pulse') return sinceMs % (gate.onMs + gate.offMs) < gate.onMs;
  return uniformOf(join(salt, Math.floor(sinceMs / gate.slotMs)), 0) < gate.share;
}

/** The share of the `buildSpanMs` after `sinceMs` in which the effect is on. */
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
