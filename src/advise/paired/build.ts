import { failureBounds, type HeadRecord, meanMs, type Shares } from './record.ts';

/** What one build asks: `light` and `heavy` fetches over `connections` at once. */
const build = { light: 10, heavy: 5, connections: 3 } as const;

/**
 * What a build through this head costs just now, seconds, as an upper bound: its time, and what a failed build costs a
 * person for the share that fails. `null` where no light step was answered well.
 * @param rescue  share of failures that the chain behind the head does not catch, 0 to 1
 * @param otherHeavyMs  stands in where no heavy step was measured
 * @param errors  standard errors on top of mean times
 */
export function buildCost(
  record: HeadRecord,
  nowMs: number,
  cost: {
    readonly failureCostMs: number;
    readonly rescue: number;
    readonly otherHeavyMs: number;
    readonly errors?: number;
  },
): number | null {
  const light = meanMs(record, 'light', nowMs, cost.errors);
  if (light === null) return null;
  const heavy = meanMs(record, 'heavy', nowMs, cost.errors) ?? cost.otherHeavyMs;
  return buildCostOf(record, nowMs, { ...cost, lightMs: light, heavyMs: heavy });
}

/** The same for steps that take so long, milliseconds. */
export function buildCostOf(
  record: HeadRecord,
  nowMs: number,
  cost: {
    readonly failureCostMs: number;
    readonly rescue: number;
    readonly lightMs: number;
    readonly heavyMs: number;
  },
): number {
  const { waitedMs, failed } = buildOf({ ...cost, shares: failureBounds(record, nowMs) });
  return (failed * cost.failureCostMs + waitedMs) / 1_000;
}

/** What one build waits whose steps take so long, milliseconds, and the share of builds that fail where its steps do by these. */
export function buildOf(of: {
  readonly lightMs: number;
  readonly heavyMs: number;
  readonly shares: Shares;
  readonly rescue: number;
}): { readonly waitedMs: number; readonly failed: number } {
  const { shares, rescue } = of;
  return {
    failed: 1 - (1 - shares.light * rescue) ** build.light * (1 - shares.heavy * rescue) ** build.heavy,
    waitedMs: (build.light * of.lightMs + build.heavy * of.heavyMs) / build.connections,
  };
}
