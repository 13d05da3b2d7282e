import { isLoopback } from '../core/addresses.ts';
import { type Config, paceOf } from '../core/config.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { isHeavy, type Mirror, type Target } from '../core/mirror.ts';
import { hostKeyOf } from '../core/url.ts';
import type { ConfiguredStep, Ecosystem, UsualAside } from '../ecosystems/ecosystem.ts';
import { registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { cronGapsOf } from './cron.ts';
import type { Report } from './reading.ts';

/** The size in bytes of the last complete response of each target. Absent: unknown. */
export type Sizes = ReadonlyMap<Target['id'], number>;

/** The planned load of one host (scheme, name, port). */
export interface HostBudget {
  readonly host: string;
  /** The number of requests in the busiest hour, without redirects and unscheduled probes. */
  readonly requestsPerHour: number;
  readonly bytesPerHour: number;
  /**
   * The number of targets whose artifact has an unknown size. Each of their downloads counts as `usualBytes` of its
   * step.
   */
  readonly unknownSizes: number;
  /** The share of the host's `perHost` slots (concurrent probes) that is in use. Above 1, there are too few slots. */
  readonly slotShare: number;
  /**
   * `over`: `slotShare` exceeds `slotShareMax`, which is an error. `over_loopback`: the same on a loopback host, which
   * is only a warning.
   */
  readonly verdict: 'ok' | 'over' | 'over_loopback';
}

const slotShareMax = 0.8;
/** The assumed time of one run of a real client and of our own probes after it, seconds. */
const clientSeconds = 30;
const probeSeconds = { light: 1, heavy: 10 } as const;

/**
 * Computes the load on each host that has targets, in the busiest hour.
 * @param targets  all targets of the configuration
 * @see docs/configuration.md#what-is-checked-beyond-single-keys
 */
export function budgetOf(config: Config, targets: readonly Target[], sizes: Sizes = new Map()): readonly HostBudget[] {
  const mirrors = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  const expected = new Map(
    config.modules.map(({ ecosystem, upstream, module, expect }) => [entryKey(ecosystem, upstream, module), expect]),
  );
  const gaps = new Map<string, number>();
  const meanGapMs = (expression: string): number => getOrMake(gaps, expression, () => cronGapsOf(expression).meanMs);
  const sums = new Map<
    string,
    { requests: number; bytes: number; unknown: number; seconds: number; loopback: boolean }
  >();
  const add = ({ url }: Mirror, everyMs: number, { requests, bytes }: UsualAside, slotSeconds: number) => {
    const perHour = 3_600_000 / everyMs;
    const host = hostKeyOf(url);
    const loopback = isLoopback(new URL(url).hostname);
    const sum = getOrMake(sums, host, () => ({ requests: 0, bytes: 0, unknown: 0, seconds: 0, loopback }));
    sum.requests += perHour * requests;
    sum.bytes += perHour * bytes;
    sum.seconds += perHour * slotSeconds;
    return sum;
  };
  for (const target of targets) {
    const mirror = mirrors.get(target.registry);
    if (mirror === undefined) continue;
    const { cadence } = paceOf(target, config);
    const gapMs = cadence.kind === 'every' ? cadence.everyMs : meanGapMs(cadence.expression);
    const expect = expected.get(entryKey(target.ecosystem, target.upstream, target.module));
    const size = sizes.get(target.id) ?? null;
    const usual = usualOf(target, { mirror, expect }, size);
    const sum = add(
      mirror,
      gapMs / mirror.connections.length,
      usual,
      probeSeconds[isHeavy(target) ? 'heavy' : 'light'],
    );
    if (isHeavy(target) && size === null) sum.unknown += 1;
  }
  for (const { registry: name, client } of config.clientRuns?.pairs ?? []) {
    const mirror = mirrors.get(name);
    const kind = mirror === undefined ? null : registry.of(mirror.ecosystem);
    if (mirror === undefined || kind === null || !sums.has(hostKeyOf(mirror.url))) continue;
    add(mirror, config.clientRuns?.everyMs ?? Number.POSITIVE_INFINITY, usualRun(kind, client), clientSeconds);
  }
  return [...sums].map(([host, { requests, bytes, unknown, seconds, loopback }]) => {
    const slotShare = seconds / 3600 / config.schedule.perHost;
    const verdict = slotShare <= slotShareMax ? 'ok' : loopback ? 'over_loopback' : 'over';
    return { host, requestsPerHour: requests, bytesPerHour: bytes, unknownSizes: unknown, slotShare, verdict };
  });
}

/** Returns the share of the probe slots in percent, rounded up: a share above the limit never looks equal to it. */
export function slotPercentOf({ slotShare }: HostBudget): number {
  return Math.ceil(slotShare * 1000) / 10;
}

function entryKey(ecosystem: string, upstream: string, module: string | null): string {
  return `${ecosystem} ${upstream} ${module ?? ''}`;
}

function usualRun({ realClients, fetch, steps }: Ecosystem, id: string): UsualAside {
  const client = realClients.find((one) => one.id === id);
  const bytes = fetch.reduce((sum, step) => sum + (steps[step]?.usualBytes ?? 0), 0);
  return { requests: (client?.usualRequests ?? 0) + fetch.length, bytes: 2 * bytes };
}

function usualOf({ ecosystem, step, version }: Target, configured: ConfiguredStep, size: number | null): UsualAside {
  const declared = registry.of(ecosystem)?.steps[step];
  const aside = declared?.usualAside?.(version, configured);
  return { requests: 1 + (aside?.requests ?? 0), bytes: (size ?? declared?.usualBytes ?? 0) + (aside?.bytes ?? 0) };
}

/**
 * If the daemon requests more bytes per hour from a public registry, the registry may throttle or ban the daemon
 * (docs/protocols/npm.md#caching-and-limits).
 */
const politeBytesPerHour = 50 * 2 ** 20;

/**
 * The CPU time of one probe, with a proportional part of the CPU time of scrapes of /metrics, seconds on one core
 * (docs/operations.md).
 */
const probeCpuSeconds = 0.004;
/** The maximum share of a core for probes. Above it, our own delays may distort the measured times. */
const ownShareMax = 0.5;

/** Reports hosts whose planned load is too high, and a load on the daemon's own machine that is too high. */
export function checkBudget(config: Config, targets: readonly Target[], sizes: Sizes, report: Report): void {
  const budgets = budgetOf(config, targets, sizes);
  reportOwnLoad(budgets, report);
  for (const budget of budgets) {
    const share = phrase('load.seenSlots', { share: `${slotPercentOf(budget)}%`, host: budget.host });
    if (budget.verdict !== 'ok') {
      const issue = budget.verdict === 'over' ? report.error : report.warning;
      issue(['schedule'], phrase('expected.atMost', { most: '80%' }), {
        seen: share,
        needs: [['steps'], ['mirrors'], ['modules']],
      });
    }
    const { bytesPerHour } = config.schedule;
    const planned = phrase('load.seenBytes', {
      bytes: `${Math.ceil(budget.bytesPerHour / 2 ** 20)}MiB`,
      host: budget.host,
      unknown: budget.unknownSizes,
    });
    if (bytesPerHour === null) {
      if (budget.bytesPerHour > politeBytesPerHour && !isLoopback(new URL(budget.host).hostname))
        report.warning(
          ['schedule', 'bytesPerHour'],
          phrase('expected.perHourPublic', { most: `${politeBytesPerHour / 2 ** 20}MiB` }),
          { seen: planned, needs: [['steps'], ['modules']] },
        );
      continue;
    }
    if (budget.bytesPerHour <= bytesPerHour) continue;
    report.warning(['schedule', 'bytesPerHour'], phrase('expected.perHour'), {
      seen: planned,
    });
  }
}

function reportOwnLoad(budgets: readonly HostBudget[], report: Report): void {
  const perSecond = budgets.reduce((sum, { requestsPerHour }) => sum + requestsPerHour, 0) / 3600;
  const share = perSecond * probeCpuSeconds;
  if (share <= ownShareMax) return;
  const seen = phrase('load.seenOwn', { perSecond: Math.ceil(perSecond), share: `${Math.ceil(share * 100)}%` });
  const expected = phrase('expected.ownLoad', { most: `${ownShareMax * 100}%` });
  report.warning(['schedule'], expected, { seen, needs: [['steps'], ['mirrors'], ['modules']] });
}
