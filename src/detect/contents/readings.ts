import { everyMs, paceOf } from '../../core/config.ts';
import type { Target } from '../../core/mirror.ts';
import { type Freshness, type MirrorLag, worstLowerOf } from '../../core/standing.ts';
import { quantile } from '../../core/statistics.ts';
import type { Memory } from '../memory/memory.ts';
import { type MirrorMemory, roundKeyOf, stateOf } from '../memory/mirror-memory.ts';
import type { RuleView } from '../memory/rule.ts';
import { MirrorContents } from '../memory/subject.ts';

/** A response older than this many probe intervals, and older than `freshMsMin`, is outdated. */
const freshPaces = 3;
const freshMsMin = 60_000;

/** How long a response about a target is up to date, milliseconds. */
export function freshMsOf(memory: Pick<RuleView, 'config'>, target: Pick<Target, 'canary' | 'step'>): number {
  return Math.max(freshMsMin, freshPaces * everyMs(paceOf(target, memory.config)));
}

export function* lagsOf(memory: Memory): Iterable<MirrorLag> {
  for (const { module, step, shelves } of memory.subjects.values()) {
    for (const [registry, { reading, toMs }] of shelves) {
      const mirror = memory.mirrors.get(registry);
      const target = { canary: mirror?.canary?.step === step && mirror.canary.module === module, step };
      if (reading === null || mirror === undefined || memory.now.monotonicMs - toMs > freshMsOf(memory, target))
        continue;
      const { lowerMs, upperMs, records, missing } = reading;
      yield { registry, module, lowerMs, upperMs, records, missing: missing?.count ?? null };
    }
  }
}

export function freshnessOf(memory: Memory): ReadonlyMap<string, Freshness> {
  const byMirror = Map.groupBy(lagsOf(memory), ({ registry }) => registry);
  const known = (values: readonly (number | null)[]): readonly number[] => values.flatMap((one) => one ?? []);
  return new Map(
    [...memory.mirrors].map(([name, mirror]) => {
      const lags = byMirror.get(name) ?? [];
      const upper = known(lags.map(({ upperMs }) => upperMs));
      const modules = Map.groupBy(lags, ({ module }) => module).values();
      const missing = [...modules].flatMap((own) => {
        const counts = known(own.map((one) => one.missing));
        return counts.length === 0 ? [] : [Math.max(...counts)];
      });
      const sorted = contentsOf(mirror).propagations.toSorted((a, b) => a - b);
      const freshness: Freshness = {
        lowerMs: worstLowerOf(lags.map(({ lowerMs }) => lowerMs)),
        upperMs: upper.length === 0 || upper.length < lags.length ? null : Math.max(...upper),
        missing: missing.length === 0 ? null : missing.reduce((sum, one) => sum + one, 0),
        propagation: { releases: sorted.length, p50Ms: quantile(sorted, 0.5), p90Ms: quantile(sorted, 0.9) },
      };
      return [name, freshness] as const;
    }),
  );
}

export function originOf({ config }: RuleView, { mirror }: MirrorMemory): string | null {
  const key = roundKeyOf(mirror);
  return config.mirrors.find((other) => other.role === 'origin' && roundKeyOf(other) === key)?.name ?? null;
}

export function subjectsOf({ subjects }: RuleView, { mirror }: MirrorMemory) {
  const prefix = `${roundKeyOf(mirror)}|`;
  return subjects.values().filter(({ key }) => key.startsWith(prefix));
}

export function contentsOf(mirror: MirrorMemory): MirrorContents {
  return stateOf({ name: 'contents', none: () => new MirrorContents() }, mirror);
}
