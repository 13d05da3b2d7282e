import { validate } from 'node-cron';

/** True for an expression of five or six fields (seconds first) that node-cron accepts. */
export function isCron(text: string): boolean {
  return [5, 6].includes(text.trim().split(/\s+/).length) && validate(text);
}

/** True for a zone that this machine's ICU knows, such as `Asia/Shanghai`. */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/**
 * The gaps between the times of an expression in an hour that has any: the shortest and the mean one. Hours, days and months
 * are ignored, because a budget is about the busiest hour.
 * @returns milliseconds, both > 0 and at most an hour
 */
export function cronGapsOf(expression: string): { readonly shortestMs: number; readonly meanMs: number } {
  const fields = expression.trim().split(/\s+/);
  const [seconds, minutes] = fields.length === 6 ? [fields[0] ?? '0', fields[1] ?? '*'] : ['0', fields[0] ?? '*'];
  const times = valuesOf(minutes).flatMap((minute) => valuesOf(seconds).map((second) => minute * 60 + second));
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const first = sorted[0] ?? 0;
  const gaps = sorted.map((at, index) => (sorted[index + 1] ?? first + 3600) - at);
  return { shortestMs: Math.min(3600, ...gaps) * 1000, meanMs: (3600 * 1000) / Math.max(1, sorted.length) };
}

/** The values from 0 to 59 that one field names: lists, ranges (also past the end), steps. */
function valuesOf(field: string): number[] {
  return field.split(',').flatMap((part) => {
    const [range = '*', step = '1'] = part.split('/');
    const [from, to] = range === '*' || range === '?' ? [0, 59] : range.split('-').map(Number);
    const start = from ?? 0;
    const last = to ?? start;
    const span = last >= start ? last - start : last + 60 - start;
    const by = Math.max(1, Number(step));
    return Array.from({ length: Math.floor(span / by) + 1 }, (_, at) => (start + at * by) % 60);
  });
}
