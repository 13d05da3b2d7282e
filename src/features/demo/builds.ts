import type { Timers } from '../../core/ports.ts';
import { exchangeOnce } from '../../io/exchange.ts';
import type { DemoText } from './news.ts';

const everyMs = 1_000;
const requestMs = 5_000;
const reportEvery = 15;

/**
 * Simulates builds: in a loop, fetches the files of a build through the front door and from `bases.mirror`. Reports how
 * many builds failed.
 * @param bases  URLs without a trailing slash
 * @param paths  the paths that one build requests, below the base
 */
export function startBuilds(
  bases: { readonly door: string; readonly mirror: string },
  paths: readonly string[],
  timers: Timers,
  report: (text: DemoText) => void,
): { stop(): void } {
  let isOver = false;
  let [count, failedDoor, failedMirror] = [0, 0, 0];
  let was = '';
  let next = { cancel: (): void => undefined };

  async function isBuilt(base: string): Promise<boolean> {
    for (const path of paths) {
      const request = { url: `${base}/${path}`, method: 'GET', headers: {}, body: null, limitMs: requestMs } as const;
      const { status } = await exchangeOnce(request).catch(() => ({ status: 0 }));
      if (status !== 200) return false;
    }
    return true;
  }
  async function build(): Promise<void> {
    const [door, mirror] = await Promise.all([isBuilt(bases.door), isBuilt(bases.mirror)]);
    if (isOver) return;
    count += 1;
    failedDoor += door ? 0 : 1;
    failedMirror += mirror ? 0 : 1;
    const builds = { count, door: failedDoor, mirror: failedMirror };
    const now = `${door} ${mirror}`;
    if (now !== was || count % reportEvery === 0) report((say) => say('demo.builds', builds));
    was = now;
    next = timers.after(everyMs, () => void build());
  }
  void build();
  return {
    stop() {
      isOver = true;
      next.cancel();
    },
  };
}
