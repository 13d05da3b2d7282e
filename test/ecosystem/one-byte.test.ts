import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../src/core/config.ts';
import type { DemoResponder, DemoResponse } from '../../src/core/demo.ts';
import type { Due, Purpose } from '../../src/core/due.ts';
import type { Mirror, Target } from '../../src/core/mirror.ts';
import type { Workers } from '../../src/core/ports.ts';
import type { Sample } from '../../src/core/sample.ts';
import { buildWorkerBook, nothingLearnt } from '../../src/daemon/book.ts';
import { createDetector } from '../../src/detect/detector.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { renderDemoFile } from '../../src/features/demo/file.ts';
import { type DemoMirror, startDemoMirror } from '../../src/features/demo/mirror.ts';
import { systemClock } from '../../src/io/clock.ts';
import { createRandom } from '../../src/io/random.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { createWire } from '../../src/wire/wire.ts';
import { readConfig } from '../daemon/world.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';

// One wrong byte in any artifact of the small mirrors, over sockets: the finding names module, version and side.

/** What is spoilt, which step tells, and what an authority knows of it where the mirror itself names nothing. */
interface Artifact {
  readonly id: string;
  readonly path: RegExp;
  readonly step: string;
  readonly pinned?: Readonly<Record<string, string>>;
  /** What the hash covers where it is not every byte: a zip's own times and flags are none of a module's. */
  readonly covers?: readonly string[];
}

const artifacts: readonly Artifact[] = [
  {
    id: 'go',
    path: /\.mod$/,
    step: 'mod',
    pinned: { 'example.com/hello@v1.0.0/go.mod': 'h1:NnGvEkTHyKKlgPcQSue0skqyqiS1EfBSAh+0WaWZYmE=' },
  },
  {
    id: 'go',
    path: /\.zip$/,
    step: 'zip',
    pinned: { 'example.com/hello@v1.0.0': 'h1:Ac7ftNtZ9HfOLk6AfE9yyjy6WWK8EvplOXZ9dtNNKH0=' },
    covers: ['MIT\n', 'module example.com/hello\n\ngo 1.21\n', 'package hello\n'],
  },
  { id: 'npm', path: /\.tgz$/, step: 'tarball' },
  { id: 'pypi', path: /\.whl$/, step: 'file' },
  { id: 'pypi', path: /\.metadata$/, step: 'wheelmeta' },
  { id: 'oci', path: /\/manifests\//, step: 'manifest' },
  { id: 'oci', path: /\/blobs\/sha256:7c4f/, step: 'blob' },
  { id: 'cargo', path: /\/download$/, step: 'crate' },
  { id: 'http', path: /\/Release$/, step: 'get' },
  { id: 'http', path: /\/Release$/, step: 'whole' },
];

interface Scene {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly workers: Workers;
  /** Spoils one byte of what the near mirror serves, or heals it. */
  spoil(byte: { readonly at: number; readonly by: number } | null): void;
  /** Bytes of the artifact. */
  readonly bytes: number;
  /** True where the hash covers this byte. */
  covers(at: number): boolean;
  close(): Promise<void>;
}

async function sceneOf({ id, path, pinned, covers }: Artifact): Promise<Scene> {
  const ecosystem = registry.of(id);
  if (ecosystem === null) throw new Error(id);
  const small = await ecosystem.demo();
  let spoilt: { readonly at: number; readonly by: number } | null = null;
  let good = Buffer.alloc(0);
  const change = (answer: DemoResponse): DemoResponse => {
    const body = Buffer.from(answer.body);
    good = Buffer.from(body);
    if (spoilt !== null) body.writeUInt8((body[spoilt.at] ?? 0) ^ spoilt.by, spoilt.at);
    return { ...answer, body };
  };
  const near: DemoResponder = (ask) => {
    const answer = small.respond(ask);
    return answer === null || !path.test(ask.path) ? answer : change(answer);
  };
  const mirrors: DemoMirror[] = [await startDemoMirror(near, 0), await startDemoMirror(small.respond, 0)];
  const [a, b] = mirrors.map(({ url }, i) => ({ name: i === 0 ? 'near' : 'far', url: `${url}${small.base}` }));
  if (a === undefined || b === undefined) throw new Error('no mirrors');
  const receiver = { url: 'http://127.0.0.1:9/', secret: `whsec_${Buffer.alloc(32).toString('base64')}` };
  const text = renderDemoFile([{ ecosystem, small, near: a, far: b }], {
    port: 10_120,
    folder: '/nowhere',
    receiver,
    door: null,
  });
  const read = readConfig(text, {}, {});
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error, null, 1));
  // The origin confirms what only a file states: one mirror against one would be disputed (0186).
  const known = read.value.mirrors.map((one): Mirror => (one.name === 'far' ? { ...one, role: 'origin' } : one));
  const config = { ...read.value, mirrors: known, ...(pinned === undefined ? {} : { pinned: { [id]: pinned } }) };
  const book = buildWorkerBook({ config, learnt: nothingLearnt, version: '0.0.0-test' });
  const wire = createWire({ clock: systemClock, timers: systemTimers, otherNames: [] });
  const workers = createInlineWorkers({ book, wire, clock: systemClock });
  return {
    config,
    targets: expandTargets(config, registry),
    workers,
    spoil: (byte) => {
      spoilt = byte;
    },
    get bytes() {
      return good.length;
    },
    covers: (at) =>
      covers === undefined ||
      covers.some((part) => {
        const from = good.indexOf(part);
        return from >= 0 && at >= from && at < from + part.length;
      }),
    async close() {
      await workers.close();
      await Promise.all(mirrors.map((mirror) => mirror.close()));
    },
  };
}

async function ask({ workers, targets }: Scene, registry: string, step: string, purpose: Purpose): Promise<Sample> {
  const target = targets.find((one) => one.registry === registry && one.step === step);
  if (target === undefined) throw new Error(`${registry} is not asked ${step}`);
  const due: Due = {
    probeId: `${registry}${step}`,
    target,
    connection: 'cold',
    purpose,
    timeoutMs: 60_000,
    plannedAtMs: systemClock.monotonicMs(),
    round: null,
  };
  return (await workers.probe(due)).sample;
}

describe.each(artifacts)('one wrong byte of what $id serves for $step', (artifact) => {
  const { step } = artifact;
  let scene: Scene;
  beforeAll(async () => {
    scene = await sceneOf(artifact);
    expect((await ask(scene, 'near', step, 'once')).outcome).toEqual({ tag: 'ok' });
  });
  afterAll(() => scene.close());

  test('is a wrong hash, wherever it is', async () => {
    const at = fc.oneof(
      { arbitrary: fc.integer({ min: 0, max: scene.bytes - 1 }), weight: 4 },
      // Where forms begin and end.
      { arbitrary: fc.integer({ min: 0, max: Math.min(8, scene.bytes - 1) }), weight: 1 },
      { arbitrary: fc.integer({ min: Math.max(0, scene.bytes - 22), max: scene.bytes - 1 }), weight: 1 },
    );
    await fc.assert(
      // One bit: no byte turns into the `<` of a page by it at the start of these.
      fc.asyncProperty(at, fc.integer({ min: 0, max: 7 }), async (byte, bit) => {
        scene.spoil({ at: byte, by: 2 ** bit });
        const { outcome, facts } = await ask(scene, 'near', step, 'once');
        if (outcome.tag === 'ok') expect([scene.covers(byte), facts.verified?.against]).toEqual([false, 'pinned']);
        else expect(outcome).toMatchObject({ tag: 'failed', failure: { kind: 'mismatch' } });
      }),
      { numRuns: 60 },
    );
    scene.spoil(null);
  });

  test('is reported with module, version and side', async () => {
    const now = systemClock.now();
    const { config, targets } = scene;
    const isByFile = artifact.pinned !== undefined || artifact.id === 'http';
    const detector = createDetector({ config, targets, restored: [], random: createRandom(1), now });
    const hear = async (registry: string, purpose: Purpose) => {
      const sample = await ask(scene, registry, step, purpose);
      const later = systemClock.now();
      return [...detector.take(sample, later).rechecks, ...detector.tick(later).rechecks];
    };
    await hear('far', 'scheduled');
    const place = Array.from({ length: scene.bytes }, (_, i) => i).findLast((i) => scene.covers(i)) ?? 0;
    scene.spoil({ at: place, by: 1 });
    const again = await hear('near', 'scheduled');
    // What only a file calls wrong is compared between all mirrors.
    expect(new Set(again.map(({ registry }) => registry))).toEqual(new Set(isByFile ? ['near', 'far'] : ['near']));
    expect(detector.findings()).toEqual([]);
    await hear('near', 'recheck');
    const target = targets.find((one) => one.registry === 'near' && one.step === step);
    const [finding, ...more] = detector.findings();
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      kind: 'mismatch',
      cause: 'mismatch',
      registry: 'near',
      scope: [{ module: target?.module, version: target?.version, step }],
    });
    const sides = finding?.evidence.sides ?? [];
    expect(sides.map(({ registries }) => registries)).toEqual([['near'], ['far']]);
    expect(new Set(sides.map(({ digest }) => digest)).size).toBe(2);
    for (const side of sides) expect(side.seen?.bytes ?? scene.bytes).toBe(scene.bytes);
    scene.spoil(null);
  });
});
