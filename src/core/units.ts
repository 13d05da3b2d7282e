const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Matches a duration such as `30s` or `1.5h`: a number and one of `ms s m h d`. */
export const durationPattern = /^\d+(\.\d+)?(ms|s|m|h|d)$/;
/** Matches a size such as `50MiB`: a number and one of `KiB MiB GiB`. */
export const sizePattern = /^\d+(\.\d+)?(KiB|MiB|GiB)$/;
/** Matches a percentage from `0%` to `100%`. */
export const sharePattern = /^(100|\d{1,2}(\.\d+)?)%$/;

/** Returns the milliseconds, rounded, of a text that matches `durationPattern`. */
export function durationMs(text: string): number {
  return scaled(text, durationUnits);
}

/** Returns the bytes, rounded, of a text that matches `sizePattern`. */
export function sizeBytes(text: string): number {
  return scaled(text, sizeUnits);
}

/** Returns the fraction, 0 to 1, for a percentage that matches `sharePattern`. */
export function shareOf(text: string): number {
  return Number.parseFloat(text) / 100;
}

/** Formats milliseconds in the largest unit that divides them: 90000 is `90s`, 120000 is `2m`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = durationUnits[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

function scaled(text: string, units: Readonly<Record<string, number>>): number {
  const unit = text.replace(/^[\d.]+/, '');
  return Math.round(Number.parseFloat(text) * (units[unit] ?? Number.NaN));
}
