import type { Say } from './say.ts';

/** A share 0 to 1 as a percentage that never rounds up to 100 or down to 0. */
export function percent(share: number, say: Say): string {
  const value = share * 100;
  const shown = value > 99.9 && value < 100 ? 99.9 : value > 0 && value < 0.1 ? 0.1 : Number(value.toFixed(1));
  return say('unit.percent', { value: shown });
}
