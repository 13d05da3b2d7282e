import type { WorldReason } from '../../world.ts';
import type { Effect, Failing } from '../model/effect.ts';
import type { Draft, DraftMirror, Window } from './draft.ts';

/** An effect without its time window. */
export type Harm = Omit<Effect, 'fromMs' | 'toMs'>;

/** Makes a failure. Fields that are not given get the usual values. */
export function failing(reason: WorldReason, more: Partial<Failing> = {}): Failing {
  return { reason, status: null, retryAfterMs: null, seen: 'answer', family: null, unknown: null, ...more };
}

/** Failures by name. */
export const failings = {
  refused: failing('refused', { seen: 'connect' }),
  unreachable: failing('unreachable', { seen: 'connect' }),
  hanging: failing('cut', { seen: 'never' }),
  reset: failing('reset'),
  cut: failing('cut', { status: 200, seen: 'body' }),
  error500: failing('server', { status: 500 }),
  error502: failing('server', { status: 502 }),
  error503: failing('server', { status: 503 }),
  denied: failing('denied', { status: 403 }),
  masked: failing('masked_upstream', { status: 404 }),
  absent: failing('absent', { status: 404 }),
  malformed: failing('malformed', { status: 200 }),
  portal: failing('wrong_content', { status: 200 }),
  mismatch: failing('mismatch', { status: 200, seen: 'body' }),
} as const;

/** Server errors of any kind. */
export const serverErrors = [failings.error500, failings.error502, failings.error503] as const;

/** All ways in which a mirror can be dead. */
export const deadly = [
  failings.refused,
  failings.hanging,
  failings.reset,
  ...serverErrors,
  failings.masked,
  failings.unreachable,
] as const;

/**
 * The `index`-th mirror of the draft; 0 is the head of the first chain.
 * @throws RangeError if there is no such mirror
 */
export function mirrorAt(draft: Draft, index: number): DraftMirror {
  const mirror = draft.mirrors[index];
  if (mirror === undefined) throw new RangeError(`no mirror ${index}`);
  return mirror;
}

/** Adds an effect to a mirror during `window`. */
export function strike(mirror: DraftMirror, window: Window, harm: Harm): void {
  mirror.effects.push({ ...harm, fromMs: window.fromMs, toMs: window.toMs });
}

/** Records an incident: the head of `upstream` (absent: of the first upstream) has a fault during `window`. */
export function declare(draft: Draft, window: Window, what: string, upstream = draft.upstreams[0] ?? ''): void {
  draft.incidents.push({ upstream, fromMs: window.fromMs, toMs: window.toMs, whose: 'them', what });
}

/**
 * Adds an effect to the head of the first chain during `window`, and records the incident. Default of `window`: that of
 * the draft.
 */
export function strikeHead(draft: Draft, what: string, harm: Harm, window = draft.window): void {
  strike(mirrorAt(draft, 0), window, harm);
  declare(draft, window, what);
}

/**
 * Adds an effect to the daemon's own network during `window`, and records the incident for every upstream. Default of
 * `window`: that of the draft.
 */
export function strikeLine(draft: Draft, what: string, harm: Harm, window = draft.window): void {
  draft.line.push({ ...harm, fromMs: window.fromMs, toMs: window.toMs });
  declareOurs(draft, what, window);
}

/** Records, once for every upstream, an incident of the daemon's own network or process during `window`. */
export function declareOurs(draft: Draft, what: string, window = draft.window): void {
  for (const upstream of draft.upstreams) {
    const known = draft.incidents.some((one) => one.upstream === upstream && one.what === what && one.whose === 'us');
    if (!known) draft.incidents.push({ upstream, fromMs: window.fromMs, toMs: window.toMs, whose: 'us', what });
  }
}

/**
 * A window of `lengthMs` from `fromMs` on. If necessary, the world is extended, so that it lasts `restMs` after the
 * window.
 */
export function stretch(draft: Draft, fromMs: number, lengthMs: number, restMs: number): Window {
  draft.durationMs = Math.max(draft.durationMs, fromMs + lengthMs + restMs);
  return { fromMs, toMs: fromMs + lengthMs };
}

/** The whole duration of the world. */
export function allAlong(draft: Draft): Window {
  return { fromMs: 0, toMs: draft.durationMs };
}

/** Multiplies all times of a mirror by `factor`, permanently. */
export function slowDown(mirror: DraftMirror, factor: number): void {
  mirror.rttMs *= factor;
  mirror.bytesPerSecond /= factor;
  const { mod, info, list, latest, sumdb, zip } = mirror.processingMs;
  mirror.processingMs = {
    mod: mod * factor,
    info: info * factor,
    list: list * factor,
    latest: latest * factor,
    sumdb: sumdb * factor,
    zip: zip * factor,
  };
}
