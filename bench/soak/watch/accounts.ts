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

/** One step of one mirror. */
interface Account {
  readonly targets: number;
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
      const all = accountsOf(page);
      if (base === null) {
        base = { fromMs, untilMs, all };
        return [];
      }
      const since = base;
      const said: string[] = [];
      for (const [key, { targets, told }] of all) {
        const [registry = '', step = ''] = key.split(' ');
        const everyMs = everyMsOf(step);
        const more = told - (since.all.get(key)?.told ?? 0);
        const least = targets * ((fromMs - pageAgeMs - since.untilMs) / everyMs - untoldMax);
        const most = targets * ((untilMs - since.fromMs + pageAgeMs) / everyMs + untoldMax);
        const isWrong = more < least || more > most;
        const times = isWrong ? (wrong.get(key) ?? 0) + 1 : 0;
        wrong.set(key, times);
        if (times === pagesMin)
          said.push(
            `${registry} ${step}: ${more} probes told of ${least.toFixed(1)} to ${most.toFixed(1)} due in ${((untilMs - since.fromMs) / 1_000).toFixed(1)} s (${targets} targets, each ${everyMs} ms)`,
          );
      }
      return said;
    },
  };
}

function accountsOf({ series }: Page): ReadonlyMap<string, Account> {
  const all = new Map<string, Account>();
  const add = (key: string, targets: number, told: number): void => {
    const before = all.get(key) ?? { targets: 0, told: 0 };
    all.set(key, { targets: before.targets + targets, told: before.told + told });
  };
  for (const [key, value] of series) {
    const [, name, text = ''] = /^(mirror_probe_attempts_total|mirror_probe_unknown_total)\{(.*)\}$/.exec(key) ?? [];
    if (name === undefined) continue;
    const label = (one: string): string => new RegExp(`(?:^|,)${one}="([^"]*)"`).exec(text)?.[1] ?? '';
    const account = `${label('registry')} ${label('step')}`;
    if (name === 'mirror_probe_attempts_total') add(account, 1, value);
    else add(account, 0, value);
  }
  return all;
}
