import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assemble } from '../../src/daemon/assemble.ts';
import { Pipeline } from '../../src/daemon/pipeline.ts';
import { textOf } from '../unit/export/fixture.ts';
import { manualTime } from './manual-time.ts';
import { memoryStore } from './memory-store.ts';
import { type Behaviour, refuses, type Script, scriptedWire } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { type LogLine, portsOf, readConfig, settled } from './world.ts';

/** One thing that happens after so many seconds of peace. */
type Event =
  | {
      readonly kind: 'behave';
      readonly afterSeconds: number;
      readonly registry: string;
      readonly does: Behaviour | null;
    }
  | { readonly kind: 'leap' | 'wall'; readonly afterSeconds: number; readonly ms: number }
  | { readonly kind: 'pause'; readonly afterSeconds: number; readonly registry: string; readonly forMs: number }
  | { readonly kind: 'busy'; readonly afterSeconds: number; readonly delayMs: number }
  | { readonly kind: 'control'; readonly afterSeconds: number; readonly up: boolean };

const registry = fc.constantFrom('a', 'b', 'c');
const afterSeconds = fc.integer({ min: 0, max: 30 });
const behaviour = fc.constantFrom<Behaviour | null>(
  null,
  1500,
  3000,
  'hangs',
  refuses,
  { code: 'ECONNRESET', phase: 'processing' },
  { code: 'MW_PROXY_STATUS', phase: 'connect' },
  { code: 'ENOTFOUND', phase: 'resolve' },
  { code: 'A_CODE_NOBODY_KNOWS', phase: 'processing' },
  { status: 503 },
  { status: 429, headers: { 'retry-after': '20' } },
  { status: 403 },
  { status: 404, body: 'not found: bad upstream' },
  { status: 200, body: '<html>log in</html>' },
);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('behave' as const), afterSeconds, registry, does: behaviour }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('leap' as const), afterSeconds, ms: fc.integer({ min: 1, max: 60_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wall' as const),
      afterSeconds,
      ms: fc.integer({ min: -60_000, max: 4_000_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pause' as const),
      afterSeconds,
      registry,
      forMs: fc.constantFrom(0, 10_000, 100_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('busy' as const), afterSeconds, delayMs: fc.constantFrom(0, 30, 5_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('control' as const), afterSeconds, up: fc.boolean() }) },
);

/** What went into the plan and what came out of it, by mirror. */
async function play(
  events: readonly Event[],
  seed: number,
): Promise<{ went: Map<string, number>; came: Map<string, number>; twice: string[] }> {
  const time = manualTime();
  const does = new Map<string, Behaviour>();
  const script: Script = (asked) => does.get(asked.registry) ?? well(asked);
  const wire = scriptedWire(time, script);
  const config = readConfig(threeMirrors({ more: 'controls: [ "https://www.example.com/" ]', every: '6s' }));
  if (config.tag === 'error') throw new Error(JSON.stringify(config.error));
  const log: LogLine[] = [];
  const post = { send: () => Promise.resolve({ tag: 'delivered', status: 204 } as const) };
  let delayMs = 0;
  const ports = portsOf({ time, wire, store: memoryStore(), seed, log, post, loopDelayMsMax: () => delayMs });
  const stages = assemble(config.value, ports);
  const went = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, count: number) => to.set(key, (to.get(key) ?? 0) + count);
  const seen = new Set<string>();
  const twice: string[] = [];
  const pipeline = new Pipeline({
    ...stages,
    scheduler: {
      ...stages.scheduler,
      advance(now) {
        const turn = stages.scheduler.advance(now);
        for (const { target } of turn.start.filter(({ purpose }) => purpose === 'scheduled'))
          add(went, target.registry, 1);
        for (const { target, count } of turn.skipped) add(went, target.registry, count);
        return turn;
      },
    },
    exporter: {
      ...stages.exporter,
      sample(sample) {
        if (seen.has(sample.due.probeId)) twice.push(sample.due.probeId);
        seen.add(sample.due.probeId);
        stages.exporter.sample(sample);
      },
    },
  });
  pipeline.start();
  for (const one of events) {
    await time.pass(one.afterSeconds * 1000);
    if (one.kind === 'behave' && one.does === null) does.delete(one.registry);
    else if (one.kind === 'behave' && one.does !== null) does.set(one.registry, one.does);
    else if (one.kind === 'leap') await time.leap(one.ms);
    else if (one.kind === 'wall') time.shiftWall(one.ms);
    else if (one.kind === 'busy') delayMs = one.delayMs;
    else if (one.kind === 'control') wire.controls = () => one.up;
    else if (one.kind === 'pause')
      await settled(
        time,
        pipeline.command((now, absorb) => {
          const pause = one.forMs > 0 ? { untilMs: now.wallMs + one.forMs, reason: '' } : null;
          stages.scheduler.pause(one.registry, pause?.untilMs ?? null);
          absorb.detect(stages.detector.pause(one.registry, pause, now));
        }),
        5,
      );
  }
  await time.pass(30_000);
  await settled(time, pipeline.drain(), 50);
  await stages.workers.close();
  pipeline.end();
  expect(log.filter(({ message }) => message.startsWith('defect'))).toEqual([]);
  const rendered = await settled(time, textOf(stages.exporter.render(undefined)), 0);
  const came = new Map<string, number>();
  for (const line of rendered.split('\n')) {
    const found = /^mirror_probe_(?:attempts|unknown)_total\{.*registry="(\w)".*\} (\d+)$/.exec(line);
    if (found) add(came, found[1] ?? '', Number(found[2]));
  }
  return { went, came, twice };
}

const sorted = (counts: Map<string, number>) => [...counts].filter(([, count]) => count > 0).sort();

test('every slot of the plan ends as exactly one attempt or one unknown, whatever happens', async () => {
  let probes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 14 }), fc.integer(), async (events, seed) => {
      const { went, came, twice } = await play(events, seed);
      expect(twice).toEqual([]);
      expect(sorted(came)).toEqual(sorted(went));
      for (const [, count] of went) probes += count;
    }),
    { numRuns: 25, endOnFailure: true },
  );
  expect(probes).toBeGreaterThan(1_000);
});
