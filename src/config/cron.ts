import { parse, validate } from 'node-cron';
import { getOrElse } from '../core/get-or-else.ts';

/** True for an expression of five or six fields (seconds first) that node-cron accepts. */
export function isCron(text: string): boolean {
  return [5, 6].includes(text.trim().split(/\s+/).length) && validate(text);
}

/** True for a zone that the ICU of Node knows, such as `Asia/Shanghai`. */
export function isTimeZone(text: string): boolean {
  return getOrElse(() => new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '', false);
}

/**
 * Returns the shortest and the mean gap between the times of an expression, in milliseconds. Only its fields for
 * seconds and minutes count, as if the expression named every hour.
 * @throws Error on an expression that node-cron refuses
 */
export function cronGapsOf(expression: string): { readonly shortestMs: number; readonly meanMs: number } {
  const { minute, second } = parse(expression);
  const times = minute.flatMap((one) => second.map((other) => Number(one) * 60 + Number(other)));
  // Two parts of a field may name the same time. Then node-cron lists it twice.
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const gaps = sorted.map((at, index) => (sorted[index + 1] ?? (sorted[0] ?? 0) + 3600) - at);
  return { shortestMs: Math.min(...gaps) * 1000, meanMs: (3600 * 1000) / sorted.length };
}
