import { epochMs } from '../../bench/scenarios/daemon/sample.ts';
import type { World } from '../../bench/scenarios/world.ts';
import type { Due } from '../../src/core/due.ts';
import type { Target } from '../../src/core/mirror.ts';
import type { Sample } from '../../src/core/sample.ts';
import type { Facts } from '../../src/core/transcript.ts';
import { createDetector } from '../../src/detect/detector.ts';
import { type Tiny, tinyWorld } from '../unit/bench/scenarios/tiny-world.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from '../unit/detect/world.ts';
import { findingLine, type Line, record } from './golden-record.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Three mirrors and their origin, all well, the head of the chain the nearest. */
function well(minutes: number, over: Partial<Tiny> = {}): World {
  const course = (tookMs: number) => [{ fromMs: 0, tookMs }];
  const world = tinyWorld({
    courses: { a: course(100), b: course(140), c: course(160), o: course(400) },
    chain: 'https://a.example,https://b.example,direct',
    minutes,
    ...over,
  });
  const places = world.setup.mirrors.map((mirror, n) => ({
    ...mirror,
    address: `198.18.${n}.1`,
    role: mirror.name === 'o' ? ('origin' as const) : ('mirror' as const),
  }));
  return { ...world, setup: { ...world.setup, mirrors: places, chains: { go: 'a,b,direct' } } };
}

/** The same without some of its mirrors. */
function without(world: World, ...names: readonly string[]): World {
  const mirrors = world.setup.mirrors.filter(({ name }) => !names.includes(name));
  const first = mirrors.map(({ name }) => name).filter((name) => name !== 'o');
  return { ...world, setup: { ...world.setup, mirrors, chains: { go: [...first.slice(0, 2), 'direct'].join() } } };
}

/** The facts that a mirror shows in a step from a time on, over those of the sample. */
type Shows = (
  registry: string,
  step: string,
  atMs: number,
) => Partial<Pick<Sample, 'facts' | 'outcome' | 'heldMs' | 'loopDelayMsMax'>>;

const showing =
  (shows: Shows): ((sample: Sample) => Sample) =>
  (sample) => {
    const { registry, step } = sample.due.target;
    return { ...sample, ...shows(registry, step, sample.startedMonotonicMs) };
  };

const listing = (versions: (registry: string, atMs: number) => readonly string[]): ((sample: Sample) => Sample) =>
  showing((registry, step, atMs) => {
    if (step !== 'list') return {};
    const newest = versions(registry, atMs);
    return { facts: { contents: { versions: { count: newest.length, newest, pre: [] } } } };
  });

const serving = (digest: (registry: string, atMs: number) => string, more: Facts = {}): ((sample: Sample) => Sample) =>
  showing((registry, step, atMs) => {
    if (step !== 'zip') return {};
    const said = digest(registry, atMs);
    const seen = { bytes: said.length, firstHex: Buffer.from(said).toString('hex') };
    return { facts: { compared: { algorithm: 'h1', digest: said }, seen, ...more } };
  });

const [old, current] = [['v1.0.0'], ['v1.0.0', 'v1.1.0']];

/** What no world of the scenarios has: contents of lists, digests, clients that are run, what people do. */
export const made: Readonly<Record<string, () => readonly Line[]>> = {
  'made-behind': () =>
    record(well(6 * 60), {
      sampled: listing((name, atMs) => (atMs < 20 * minute || (name === 'a' && atMs < 5 * hour) ? old : current)),
    }),
  'made-stale': () => {
    const world = well(5 * 60);
    const modules = ['go.example/one', 'go.example/two'].map((module) => ({
      upstream: 'go',
      module,
      version: 'v1.0.0',
    }));
    return record(
      { ...world, setup: { ...world.setup, modules } },
      { sampled: listing((name, atMs) => (atMs < 20 * minute || name === 'a' ? old : current)) },
    );
  },
  'made-behind-most': () =>
    record(without(well(4 * 60), 'o'), {
      sampled: listing((name, atMs) => (atMs < 20 * minute || name === 'a' ? old : current)),
    }),
  'made-regression': () =>
    record(well(8 * 60), {
      sampled: listing((name, atMs) =>
        atMs < 20 * minute || (name === 'a' && atMs < 3 * hour && Math.floor(atMs / (6 * minute)) % 2 === 0)
          ? old
          : current,
      ),
    }),
  'made-vanished': () =>
    record(well(6 * 60), {
      sampled: listing((name, atMs) => (name === 'a' && atMs > 20 * minute && atMs < 4 * hour ? old : current)),
    }),
  'made-peers': () =>
    record(without(well(90), 'o'), {
      sampled: serving((name, atMs) => (name === 'b' && atMs > 20 * minute ? 'wrong' : 'right')),
    }),
  'made-not-the-origins': () =>
    record(well(90), { sampled: serving((name, atMs) => (name === 'a' && atMs > 20 * minute ? 'wrong' : 'right')) }),
  'made-retag': () =>
    record(without(well(90), 'a', 'c'), {
      sampled: serving((name, atMs) => (name === 'o' && atMs > 30 * minute ? 'new' : 'old')),
    }),
  'made-lock': () =>
    record(well(90), {
      sampled: showing((registry, step, atMs) => {
        if (step !== 'mod') return {};
        const isEdited = atMs > 20 * minute && atMs < 50 * minute;
        const got = registry === 'c' && atMs > 20 * minute ? 'wrong' : 'right';
        const want = isEdited ? 'wrong' : 'right';
        const facts: Facts = {
          compared: { algorithm: 'h1', digest: got },
          file: { want, says: got === want ? 'right' : 'wrong' },
        };
        if (got === want) return { facts };
        return { facts, outcome: { tag: 'failed', failure: { kind: 'mismatch', algorithm: 'h1', want, got } } };
      }),
    }),
  'made-fork': () =>
    record(well(60), {
      sampled: showing((registry, step, atMs) =>
        registry === 'a' && step === 'mod' && atMs > 20 * minute
          ? {
              outcome: {
                tag: 'failed',
                failure: { kind: 'mismatch', algorithm: 'tree', want: 'r5', got: `r${Math.floor(atMs)}` },
              },
              facts: { forked: { name: 'log.example.com', statements: ['head of 5\n', 'head of 7\n'] } },
            }
          : {},
      ),
    }),
  'made-holds-thread': () =>
    record(well(120), {
      sampled: showing((registry, step, atMs) =>
        registry === 'a' && step === 'mod' && atMs > 20 * minute && atMs < 25 * minute ? { heldMs: 700 } : {},
      ),
    }),
  'made-contaminated': () =>
    record(well(90), {
      sampled: showing((_registry, _step, atMs) =>
        atMs > 20 * minute && atMs < 50 * minute && atMs % 2 < 1.5 ? { loopDelayMsMax: 5_000 } : {},
      ),
    }),
  'made-many-requests': manyRequests,
  'made-unstored': unstored,
  'made-client-differs': () =>
    record(well(60), {
      acts: [20, 25, 40, 45].map((minutes) => ({
        atMs: minutes * minute,
        run: ({ detector }, now, absorb) =>
          absorb.detect(
            detector.clientRan(
              {
                registry: 'a',
                ecosystem: 'go',
                upstream: 'go',
                client: 'go',
                module: 'go.example/one',
                version: 'v1.0.0',
                startedAtMs: epochMs + minutes * minute,
                tookMs: 1_000,
                outcome: minutes < 40 ? 'failed' : 'ok',
                reason: minutes < 40 ? 'go said so' : null,
                exitCode: minutes < 40 ? 1 : 0,
                files: 1,
                bytes: 1,
                words: '',
                ours: { outcome: 'ok', step: 'zip', reason: null, probeIds: [`run-${minutes}`] },
              },
              now,
            ),
          ),
      })),
    }),
  'made-acknowledged-and-dismissed': () =>
    record(
      well(90, {
        courses: {
          a: [
            { fromMs: 0, tookMs: 100 },
            { fromMs: 20 * minute, tookMs: null },
          ],
          b: [{ fromMs: 0, tookMs: 140 }],
          c: [{ fromMs: 0, tookMs: 160 }],
        },
      }),
      {
        acts: [
          {
            atMs: 25 * minute,
            run({ detector }, now, absorb) {
              const turn = detector.acknowledge(detector.findings()[0]?.id ?? '', 'known', now);
              if (turn !== null) absorb.detect(turn);
            },
          },
          {
            atMs: 30 * minute,
            run({ advisor }, now, absorb) {
              const dismissed = advisor.dismiss(advisor.list()[0]?.id ?? '', hour, 'not today', now);
              if (dismissed.tag === 'ok') absorb.advise(dismissed.value);
            },
          },
        ],
      },
    ),
};

/** Builds over one HTTP/2 connection, of which some requests are reset; a detector alone, as no player speaks HTTP/2. */
function manyRequests(): readonly Line[] {
  const mirror = {
    ...aMirror('a'),
    speaks: [{ protocol: '2' as const, clients: ['go'], bypass: 'GODEBUG=http2client=0' }],
  };
  const modules = ['example.com/a', 'example.com/b', 'example.com/c', 'example.com/d', 'example.com/e'];
  const targets = modules.map((module) => aTarget('a', 'mod', module));
  const detector = createDetector({
    config: aConfig({ mirrors: [mirror] }),
    targets,
    restored: [],
    random: countingRandom(),
    now: at(0),
  });
  const lines: Line[] = [];
  const take = (over: Partial<Due>, target: Target, ms: number, more: Partial<Sample> = {}) => {
    const due = aDue(target, { probeId: `p${lines.length}-${ms}-${target.module}`, ...over });
    const sample = aSample(due, ms - 200, 200, { tag: 'ok' }, { protocol: '2', phases: { processing: 100 }, ...more });
    for (const one of detector.take(sample, at(ms)).findings) lines.push(findingLine(one, ms));
  };
  for (const target of targets) take({}, target, 1_000);
  for (let n = 2; n <= 6; n += 1)
    for (const [i, target] of targets.entries()) {
      const place = { build: { id: `build ${n}`, size: targets.length } };
      const resets = n < 4 && i > 2;
      const outcome = { tag: 'failed', failure: { kind: 'reset', code: 'MW_H2_RESET' } } as const;
      take(
        i === 0 ? place : { ...place, connection: 'warm', purpose: 'build' },
        target,
        1_000 * n,
        resets ? { outcome } : {},
      );
    }
  return lines;
}

/** A disk that is full for a minute; a detector alone, as no player has a disk. */
function unstored(): readonly Line[] {
  const detector = createDetector({
    config: aConfig({ mirrors: [aMirror('a')] }),
    targets: [],
    restored: [],
    random: countingRandom(),
    now: at(0),
  });
  const times = [0, 5, 10, 60, 65].map((seconds) => seconds * 1_000);
  return times.flatMap((atMs) =>
    detector.tick(at(atMs), atMs < minute ? 'full' : null).findings.map((change) => findingLine(change, atMs)),
  );
}
