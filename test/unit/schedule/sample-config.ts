import type { Config, Pace } from '../../../src/core/config.ts';
import type { Step } from '../../../src/core/mirror.ts';
import type { Calendar, Now } from '../../../src/core/ports.ts';
import { every, sampleConfig } from '../../support/sample-config.ts';

export { every, sampleMirror as mirror } from '../../support/sample-config.ts';

import { registry } from '../../../src/ecosystems/registry.ts';

/** A configuration whose canaries go every 30 s, light steps every 5 min, heavy ones every hour. */
export function config(over: Partial<Config> = {}, paces: Partial<Record<Step, Pace>> = {}): Config {
  const light = Object.fromEntries(registry.steps.map((step) => [step, every(300_000)])) as Record<Step, Pace>;
  const heavy = every(3_600_000, 120_000);
  return sampleConfig({
    steps: { ...light, zip: heavy, tarball: heavy, file: heavy, blob: heavy, ...paces },
    modules: [{ ecosystem: 'go', upstream: 'go', module: 'example.com/m', version: 'v1.0.0' }],
    ...over,
  });
}

/** 2026-03-01T00:00:00Z. */
export const startWallMs = Date.UTC(2026, 2, 1);

/** An instant so long after the start, on both clocks; the monotonic one began at 1 000 000. */
export function at(afterMs: number): Now {
  return { wallMs: startWallMs + afterMs, monotonicMs: 1_000_000 + afterMs };
}

/** A calendar that knows `hourly` and `daily` (UTC) and `never`. */
export const plainCalendar: Calendar = {
  nextAfter(expression, _timeZone, wallMs) {
    if (expression === 'never') return Number.POSITIVE_INFINITY;
    const unit = expression === 'daily' ? 86_400_000 : 3_600_000;
    return (Math.floor(wallMs / unit) + 1) * unit;
  },
};

/** So many Go modules, each with a fixed version. */
export function someModules(count: number): Config['modules'] {
  return Array.from({ length: count }, (_, n) => ({
    ecosystem: 'go',
    upstream: 'go',
    module: `m/${n}`,
    version: 'v1.0.0',
  }));
}
