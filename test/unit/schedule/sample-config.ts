import type { Config, Pace } from '../../../src/core/config.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import type { Calendar, Now } from '../../../src/core/ports.ts';
import { type Step, steps } from '../../../src/core/target.ts';

/** A pace on an interval. */
export function every(everyMs: number, timeoutMs = 10_000): Pace {
  return { cadence: { kind: 'every', everyMs }, timeoutMs };
}

/** A Go mirror at `https://<name>.example.com`. */
export function mirror(name: string, over: Partial<Mirror> = {}): Mirror {
  return {
    name,
    ecosystem: 'go',
    upstream: 'go',
    url: `https://${name}.example.com`,
    role: 'mirror',
    weight: null,
    region: null,
    connections: ['cold'],
    access: {
      tls: { ca: [], client: null, pin: null },
      auth: null,
      proxy: null,
      resolve: { family: null, server: null },
      allowHosts: [],
    },
    maintenance: [],
    ...over,
  };
}

/** A configuration whose canaries go every 30 s, light steps every 5 min, heavy ones every hour. */
export function config(over: Partial<Config> = {}, paces: Partial<Record<Step, Pace>> = {}): Config {
  const light = Object.fromEntries(steps.map((step) => [step, every(300_000)])) as Record<Step, Pace>;
  const heavy = every(3_600_000, 120_000);
  return {
    path: null,
    vantage: 'test',
    listen: { host: '127.0.0.1', port: 0, token: null, tls: null },
    contact: null,
    schedule: { pace: every(30_000), perHost: 2, bytesPerHour: null },
    steps: { ...light, zip: heavy, tarball: heavy, file: heavy, blob: heavy, ...paces },
    mirrors: [mirror('a')],
    controls: [],
    clients: {},
    modules: [{ ecosystem: 'go', upstream: 'go', module: 'example.com/m', version: 'v1.0.0' }],
    private: {},
    go: { sumdb: null },
    detect: {
      spike: { consecutive: 3, factor: 2.5, floorMs: 800, clear: 3, window: 120, warmup: 20, relearnMs: 7_200_000 },
      outage: { open: 3, overMs: 4_000, close: 2, share: 0.5 },
      lagLimitMs: 3_600_000,
    },
    advise: { holdMs: 600_000, ttlMs: 86_400_000, minGain: 0.2 },
    webhooks: [],
    state: { path: '/nowhere/mirrorwatch.db', keepMs: 86_400_000 },
    limits: { lines: 500_000 },
    ...over,
  };
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
