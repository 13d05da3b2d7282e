import type { Page } from './exposition.ts';

/** Probes that must have been due by now, beside those that a page tells of. */
export interface Accounts {
  /** A new start: after a start or a reload nothing before counts. */
  readonly restart: () => void;
  /**
   * @param fromMs   before the page was asked for, and
   * @param untilMs  after it was there, of one monotonic clock: its counters are of some moment between
   * @returns what is missing or too many for longer than it may be
   */
  readonly take: (page: Page, fromMs: number, untilMs: number) => readonly string[];
}

/** One mirror. */
interface Account {
  readonly targets: number;
  /** Probes that are due each millisecond, of all steps. */
  readonly perMs: number;
  /** Judged, failed or unknown, all together. */
  readonly told: number;
}

/**
 * A target may have as many slots untold: the one whose probe is under way, the one that is held until a confirming round
 * is judged, the one that is moved by its jitter.
 */
const untoldMax = 3;
/** A page is made anew at most so often, milliseconds. */
const pageAgeMs = 1_000;
/** So many pages in a row must say it: a turn of the daemon's loop may lie between a slot and its count. */
const pagesMin = 5;

/**
 * Holds slots by plan against slots by counters: each is an attempt or unknown, for whatever reason, none is silently
 * left out and none counted twice.
 * @param everyMsOf  the pace of a step now
 */
export function createAccounts(everyMsOf: (step: string) => number): Accounts {
  let base: { readonly fromMs: number; readonly untilMs: number; readonly all: ReadonlyMap<string, Account> } | null =
    null;
  const wrong = new Map<string, number>();
  return {
    restart() {
      base = null;
      wrong.clear();
    },
    take(page, fromMs, untilMs) {
      const all = accountsOf(page, everyMsOf);
      if (base === null) {
        base = { fromMs, untilMs, all };
        return [];
      }
      const since = base;
      const said: string[] = [];
      for (const [registry, { targets, perMs, told }] of all) {
        const more = told - (since.all.get(registry)?.told ?? 0);
        const least = perMs * (fromMs - pageAgeMs - since.untilMs) - untoldMax * targets;
        const most = perMs * (untilMs - since.fromMs + pageAgeMs) + untoldMax * targets;
        const isWrong = more < least || more > most;
        const times = isWrong ? (wrong.get(registry) ?? 0) + 1 : 0;
        wrong.set(registry, times);
        if (times === pagesMin)
          said.push(
            `${registry}: ${more} probes told of ${least.toFixed(1)} to ${most.toFixed(1)} due in ${((untilMs - since.fromMs) / 1_000).toFixed(1)} s (${targets} targets)`,
          );
      }
      return said;
    },
  };
}

function accountsOf({ series }: Page, everyMsOf: (step: string) => number): ReadonlyMap<string, Account> {
  const all = new Map<string, Account>();
  for (const [key, value] of series) {
    const [, name, text = ''] = /^(mirror_probe_attempts_total|mirror_probe_unknown_total)\{(.*)\}$/.exec(key) ?? [];
    if (name === undefined) continue;
    const label = (one: string): string => new RegExp(`(?:^|,)${one}="([^"]*)"`).exec(text)?.[1] ?? '';
    const before = all.get(label('registry')) ?? { targets: 0, perMs: 0, told: 0 };
    const isTarget = name === 'mirror_probe_attempts_total';
    all.set(label('registry'), {
      targets: before.targets + (isTarget ? 1 : 0),
      perMs: before.perMs + (isTarget ? 1 / everyMsOf(label('step')) : 0),
      told: before.told + value,
    });
  }
  return all;
}
