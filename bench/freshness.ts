import { Shelves } from '../test/unit/detect/freshness-world.ts';
import { summaryOf } from './statistics.ts';

// `node bench/freshness.ts`: how long the detector takes to say how far behind each mirror is, which the daemon asks once a minute
// in one turn of the main thread. 15 000 targets of five steps, one of them a list: 3 000 lists over few mirrors or many; and what
// cannot be exceeded at 15 000 targets, all of them lists. The first call is the one that a cold compiler sees.

const shapes = [
  { mirrors: 10, modules: 300 },
  { mirrors: 500, modules: 6 },
  { mirrors: 500, modules: 30 },
] as const;
const times = 50;
const minuteMs = 60_000;

/** Each mirror lacks the newest releases by its number, so that each lag is another one. */
function world(mirrors: number, modules: number): Shelves {
  const names = Array.from({ length: mirrors }, (_, at) => `m${at}`);
  const paths = Array.from({ length: modules }, (_, at) => `example.com/m${at}`);
  const shelves = new Shelves({ mirrors: names, origin: 'm0', modules: paths });
  for (let look = 0; look < 4; look += 1) {
    for (const [at, registry] of names.entries()) {
      for (const module of paths) {
        const fromMs = look * 5 * minuteMs + at;
        const count = 20 + Math.max(0, look - (at % 4));
        const newest = Array.from({ length: count }, (__, n) => `v1.${n}.0`);
        shelves.see({ registry, module, fromMs, toMs: fromMs + 1, contents: { versions: { count, newest, pre: [] } } });
      }
    }
  }
  return shelves;
}

for (const { mirrors, modules } of shapes) {
  const { detector } = world(mirrors, modules);
  const tookMs = Array.from({ length: times }, () => {
    const begunMs = performance.now();
    const said = detector.freshness();
    if ([...said.values()].every(({ lowerMs }) => lowerMs === null))
      throw new Error('no mirror is behind: nothing was measured');
    return performance.now() - begunMs;
  });
  const { median, worst } = summaryOf(tookMs);
  console.log(
    `${mirrors} mirrors, ${modules} modules: first ${tookMs[0]?.toFixed(1)} ms, median ${median.toFixed(1)}, worst ${worst.toFixed(1)}`,
  );
}
