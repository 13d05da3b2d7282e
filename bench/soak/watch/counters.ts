import { isCounting, type Page } from './exposition.ts';

/** Whether counters ever go back. */
export interface Counters {
  /** @returns what went back since the page before of the same process */
  readonly take: (life: number, page: Page) => readonly string[];
}

/** A series that was left out of a page (its mirror is gone after a reload) may come back anew. */
export function createCounters(): Counters {
  let before: { readonly life: number; readonly series: ReadonlyMap<string, number> } | null = null;
  return {
    take(life, { types, series }) {
      const counting = new Map([...series].filter(([key]) => isCounting(key, types)));
      const last = before?.life === life ? before.series : new Map<string, number>();
      before = { life, series: counting };
      return [...counting].flatMap(([key, value]) => {
        const was = last.get(key) ?? 0;
        return value < was ? [`${key} went from ${was} to ${value}`] : [];
      });
    },
  };
}
