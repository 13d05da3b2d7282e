import type { Timers } from '../../core/ports.ts';
import { exchangeOnce } from '../../io/exchange.ts';

const everyMs = 1_000;
const requestMs = 5_000;
const reportEvery = 15;

/** The number of builds, and how many of them failed through the front door and at the mirror. */
interface BuildCounts {
  readonly count: number;
  readonly door: number;
  readonly mirror: number;
}

/**
 * Simulates builds: in a loop, fetches the files of a build through the front door and from a mirror.
 * @param bases   URLs without a trailing slash
 * @param paths   the paths that one build requests, below the base
 * @param over    ends the loop
 * @param report  called after every `reportEvery` builds, and when builds begin or stop to fail
 */
export function startBuilds(
  bases: { readonly door: string; readonly mirror: string },
  paths: readonly string[],
  timers: Timers,
  over: AbortSignal,
  report: (counts: BuildCounts) => void,
): void {
  let counts = { count: 0, door: 0, mirror: 0 };
  let was = '';

  async function countFailed(base: string): Promise<number> {
    for (const path of paths) {
      const request = { url: `${base}/${path}`, method: 'GET', headers: {}, body: null, limitMs: requestMs } as const;
      const { status } = await exchangeOnce(request).catch(() => ({ status: 0 }));
      if (status !== 200) return 1;
    }
    return 0;
  }
  async function build(): Promise<void> {
    const [door, mirror] = await Promise.all([countFailed(bases.door), countFailed(bases.mirror)]);
    if (over.aborted) return;
    counts = { count: counts.count + 1, door: counts.door + door, mirror: counts.mirror + mirror };
    const now = `${door} ${mirror}`;
    if (now !== was || counts.count % reportEvery === 0) report(counts);
    was = now;
    timers.after(everyMs, () => void build());
  }
  void build();
}
