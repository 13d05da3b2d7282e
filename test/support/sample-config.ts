import type { Config, Pace } from '../../src/core/config.ts';
import type { Mirror, Step } from '../../src/core/mirror.ts';
import { registry } from '../../src/ecosystems/registry.ts';

/** A pace on an interval. */
export function every(everyMs: number, timeoutMs = 10_000): Pace {
  return { cadence: { kind: 'every', everyMs }, timeoutMs };
}

/** A Go mirror at `https://<name>.example.com`, with nothing special about it. */
export function sampleMirror(name: string, over: Partial<Mirror> = {}): Mirror {
  return {
    name,
    ecosystem: 'go',
    upstream: 'go',
    url: `https://${name}.example.com`,
    role: 'mirror',
    weight: null,
    region: null,
    capacity: null,
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

/** One mirror `a`, every step each 30 s, the documented numbers of `detect` and `advise`, nothing else. */
export function sampleConfig(over: Partial<Config> = {}): Config {
  const pace = every(30_000);
  return {
    path: null,
    vantage: 'test',
    listen: { host: '127.0.0.1', port: 10120, token: null, tls: null },
    contact: null,
    schedule: { pace, perHost: 2, bytesPerHour: null },
    steps: Object.fromEntries(registry.steps.map((step) => [step, pace])) as Record<Step, Pace>,
    mirrors: [sampleMirror('a')],
    controls: [],
    clients: {},
    modules: [],
    private: {},
    settings: { go: { sumdb: null } },
    detect: {
      spike: { consecutive: 3, factor: 2.5, floorMs: 800, clear: 3, window: 120, warmup: 20, relearnMs: 7_200_000 },
      outage: { open: 3, overMs: 4_000, close: 2, share: 0.5 },
      lagLimitMs: 3_600_000,
    },
    advise: { holdMs: 600_000, ttlMs: 86_400_000, minGain: 0.2, failureCostMs: 300_000 },
    webhooks: [],
    state: { path: '/nowhere/mirrorwatch.db', keepMs: 86_400_000 },
    limits: { lines: 500_000 },
    ...over,
  };
}
