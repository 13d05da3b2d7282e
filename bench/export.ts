import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createExporter } from '../src/export/exporter.ts';
import { config, mirror, sample, snapshot, standing, target } from '../test/unit/export/fixture.ts';

// How long a scrape of 10 000 series holds up the main thread at a time: at most 50 ms.

const mirrorCount = 10;
const moduleCount = Number(process.argv[2] ?? 1_000);
const rounds = 5;

const mirrors = Array.from({ length: mirrorCount }, (_, index) => mirror(`mirror-${index}`));
const targets = mirrors.flatMap(({ name }) =>
  Array.from({ length: moduleCount }, (_, index) =>
    target(name, 'mod', `example.com/some/longer/module-${index}`, 'v1.25.0'),
  ),
);

let turnEndedAt = performance.now();
let worstTurnMs = 0;
/** Everything between two turns of the loop is one block. */
function endTurn(): void {
  worstTurnMs = Math.max(worstTurnMs, performance.now() - turnEndedAt);
}
async function turn(): Promise<void> {
  endTurn();
  await new Promise((resolve) => setImmediate(resolve));
  turnEndedAt = performance.now();
}

const startedAt = performance.now();
const exporter = createExporter({
  config: config({ mirrors, limits: { lines: 5_000_000 } }),
  targets,
  version: 'bench',
  node: process.version,
  turn,
});
exporter.snapshot(() =>
  snapshot({
    standings: mirrors.map(({ name }) => standing(name)),
    baselines: targets.map((of) => ({
      target: of,
      connection: 'cold',
      baselineMs: 80,
      thresholdMs: 800,
      streak: 0,
    })),
  }),
);
const createdMs = performance.now() - startedAt;
const sampledAt = performance.now();
for (const of of targets) exporter.sample(sample(of));
const perSampleUs = ((performance.now() - sampledAt) * 1000) / targets.length;

const delay = monitorEventLoopDelay({ resolution: 1 });
for (const [format, accept] of [
  ['OpenMetrics', 'application/openmetrics-text'],
  ['text 0.0.4', 'text/plain'],
] as const) {
  const worst: number[] = [];
  let bytes = 0;
  let lines = 0;
  let totalMs = 0;
  for (let round = 0; round < rounds; round++) {
    worstTurnMs = 0;
    const renderedAt = performance.now();
    turnEndedAt = renderedAt;
    delay.reset();
    delay.enable();
    const pieces: string[] = [];
    for await (const piece of exporter.render(accept).pieces) pieces.push(String(piece));
    endTurn();
    totalMs = performance.now() - renderedAt;
    await turn();
    delay.disable();
    worst.push(worstTurnMs);
    bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    lines = pieces.reduce((sum, piece) => sum + piece.split('\n').length - 1, 0);
  }
  const shown = worst.map((ms) => ms.toFixed(1)).join(' ');
  console.log(`${format}: ${lines} lines, ${(bytes / 2 ** 20).toFixed(1)} MiB, ${totalMs.toFixed(0)} ms in all`);
  console.log(`  worst turn by scrape: ${shown} ms; event-loop delay max ${(delay.max / 1e6).toFixed(1)} ms`);
}
console.log(`${targets.length} series created in ${createdMs.toFixed(0)} ms, ${perSampleUs.toFixed(1)} µs a sample`);
console.log(
  `RSS ${/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '?'} KiB, ${cpus().length} cores`,
);
