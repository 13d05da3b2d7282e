import type { Now } from '../core/ports.ts';
import type { Filled, Sentence } from '../core/result.ts';
import { phrase } from './tell.ts';

/** The time since `fromMs` (monotonic milliseconds) as text. */
export function sinceTextOf({ now }: { readonly now: Now }, fromMs: number): Sentence {
  return spanTextOf(now.monotonicMs - fromMs);
}

/** A period as text, in whole seconds, minutes or hours; at least 1 s. */
export function spanTextOf(ms: number): Sentence {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 120) return phrase('unit.s', { count: seconds });
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? phrase('unit.min', { count: minutes }) : phrase('unit.h', { count: Math.round(minutes / 60) });
}

/** A duration as text; from 200 s on as minutes in the reader's language. */
export function timeTextOf(ms: number): Filled {
  const value = ms / 1000;
  return value < 200 ? secondsText(value) : phrase('unit.min', { count: Math.round(value / 60) });
}

/**
 * A number of seconds as text: milliseconds below 1 s, two decimals below 10 s, one decimal below 100 s, minutes from
 * 200 s on.
 */
export function secondsText(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value >= 200) return `${Math.round(value / 60)} min`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}
