import type { ClientRun } from '../../src/core/client-run.ts';
import type { Config } from '../../src/core/config.ts';
import type { Due } from '../../src/core/due.ts';
import type { Outcome } from '../../src/core/failure.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { Connection, Target } from '../../src/core/mirror.ts';
import type { SettledSample } from '../../src/core/sample.ts';
import { createExporter, type Exporter } from '../../src/export/exporter.ts';
import type { Snapshot } from '../../src/export/snapshot.ts';
import { createDoorMetrics, type DoorMetrics } from '../../src/features/door/metrics.ts';
import { createRandom } from '../../src/io/random.ts';
import * as made from '../../test/unit/export/fixture.ts';

// A day of four mirrors, told through the real exporter: `near` spikes, `flaky` goes down and comes back, `calm` is
// well all day, `quiet` is paused and never asked. What comes out is what Prometheus would have scraped.

/** Midnight before the day, milliseconds; the day is fixed, so that pictures and expectations are. */
export const dayStartMs = Date.UTC(2026, 2, 2);
/** Prometheus looks five minutes back: a step of five minutes has no hole. */
export const stepMs = 5 * 60_000;
const paceMs = 30_000;

/** A time of the day. */
export function at(hour: number, minute = 0): number {
  return dayStartMs + (hour * 60 + minute) * 60_000;
}

/** What happened, by when it began and ended. */
export const story = {
  spike: [at(6), at(8)],
  advice: [at(6, 10), at(8, 30)],
  outage: [at(10), at(11, 30)],
  contaminated: [at(13), at(13, 20)],
  /** Nothing is wrong, and has not been for hours. */
  well: at(22),
  end: at(24),
} as const;

const within = (nowMs: number, [fromMs, toMs]: readonly [number, number]) => nowMs >= fromMs && nowMs < toMs;

export const modules = [
  { module: 'example.com/lib', version: 'v1.0.0' },
  { module: 'example.com/lib', version: 'v1.1.0+incompatible' },
  { module: 'example.com/Toml/v2', version: 'v2.0.1' },
] as const;
export const registries = ['calm', 'flaky', 'near', 'quiet'] as const;

const clientRuns = {
  everyMs: 3_600_000,
  pairs: ['near', 'calm', 'flaky'].map((registry) => ({ registry, client: 'go' })),
  leftOut: [],
  timeoutMs: 300_000,
  user: null,
};
const config: Config = made.config({
  clientRuns,
  vantage: 'shanghai',
  shard: { index: 0, count: 2 },
  labels: { group: 'cn-east', network: 'as4134', page: 'http://127.0.0.1:10120' },
  mirrors: registries.map((name) => made.mirror(name, { connections: name === 'near' ? ['cold', 'warm'] : ['cold'] })),
});

/** A module as it is asked for on that day. */
export interface Asked {
  readonly module: string;
  readonly version: string;
}

/** Twenty modules, as a grown configuration has them. */
export const manyModules: readonly Asked[] = [
  ...modules,
  ...Array.from({ length: 19 }, (_, index) => ({
    module: `example.com/team-${String(index + 1).padStart(2, '0')}/service`,
    version: index % 3 === 0 ? 'latest' : `v1.${index}.0`,
  })),
];

function targetsOf(asked: readonly Asked[]): readonly Target[] {
  return registries.flatMap((registry) => [
    ...asked.map(({ module, version }) => made.target(registry, 'mod', module, version)),
    made.target(registry, 'zip', modules[0].module, modules[0].version),
  ]);
}

const meanMs: Readonly<Record<string, number>> = { calm: 140, flaky: 90, near: 70, quiet: 100 };
const failing: Outcome = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };
const erring: Outcome = { tag: 'failed', failure: { kind: 'server', status: 503 } };

function outcomeAt(registry: string, nowMs: number): Outcome {
  if (registry === 'flaky' && within(nowMs, story.outage)) return nowMs < at(10, 30) ? failing : erring;
  if (registry === 'calm' && within(nowMs, story.contaminated)) return { tag: 'unknown', because: 'contaminated' };
  return made.okOutcome;
}

/** A spike is the mirror itself: it is in `processing` alone. */
function phasesOf(rttMs: number, slowMs: number, connection: Connection): SettledSample['phases'] {
  const usualMs = rttMs - slowMs;
  if (connection === 'warm') return { processing: usualMs * 0.9 + slowMs, transfer: usualMs * 0.1 };
  return {
    resolve: usualMs * 0.06,
    connect: usualMs * 0.2,
    tls: usualMs * 0.29,
    processing: usualMs * 0.4 + slowMs,
    transfer: usualMs * 0.05,
  };
}

/** Twice an hour a mirror says of one module that it is not there. */
function isNotFound({ version, step }: Target, nowMs: number): boolean {
  return step === 'mod' && version === modules[0].version && nowMs % (30 * 60_000) === 0;
}

function sampleAt(target: Target, connection: Connection, nowMs: number, chance: () => number): SettledSample {
  const { registry, step, version } = target;
  const outcome = outcomeAt(registry, nowMs);
  const isSlow = registry === 'near' && within(nowMs, story.spike);
  const base = (meanMs[registry] ?? 100) * (step === 'zip' ? 12 : 1) * (version === modules[1].version ? 1.5 : 1);
  const slowMs = isSlow ? 1_000 + 500 * chance() : 0;
  const rttMs = base * (0.85 + 0.4 * chance()) * (connection === 'warm' ? 0.5 : 1) + slowMs;
  const due: Due = { ...made.sample(target).due, probeId: `p${nowMs}-${registry}`, connection };
  const isOk = outcome.tag === 'ok';
  const phases = phasesOf(rttMs, slowMs, connection);
  return {
    ...made.sample(target),
    due,
    startedAtMs: nowMs,
    startedMonotonicMs: 0,
    endedMonotonicMs: rttMs,
    outcome,
    rttMs: isOk ? rttMs : null,
    phases: isOk ? phases : {},
    bytes: step === 'zip' ? 2_000_000 : 900,
    ...(step === 'zip' && isOk ? { steady: { bytes: 2_000_000, ms: phases.transfer ?? 0 } } : {}),
    wireBytes: step === 'zip' ? 2_000_400 : 1_300,
    tls: {
      version: 'TLSv1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      issuer: 'Example CA',
      expiresAtMs: at(24 * 60),
      spkiSha256: null,
      resumed: false,
      authorizationCode: null,
    },
    facts: isOk ? ({ verified: { algorithm: 'h1', against: 'sumdb' } } as SettledSample['facts']) : {},
    cold: registry === 'flaky' && isOk && chance() < 0.01,
    cache: registry === 'near' ? 'hit' : null,
    status: isNotFound(target, nowMs) ? 404 : made.sample(target).status,
    // No version is seen where no connection stood.
    ...(outcome === failing ? {} : { protocol: registry === 'flaky' ? ('1.1' as const) : ('2' as const) }),
  };
}

function findingsAt(nowMs: number): readonly Finding[] {
  const open = (kind: Finding['kind'], registry: string) => made.finding({ id: `${kind}-${registry}`, kind, registry });
  return [
    ...(within(nowMs, [story.spike[0] + stepMs, story.spike[1] + stepMs]) ? [open('spike', 'near')] : []),
    ...(within(nowMs, [story.outage[0] + stepMs, story.outage[1] + stepMs]) ? [open('outage', 'flaky')] : []),
  ];
}

/** All that answer are compared: `calm` lacks a version from ten o'clock on, for two hours. */
function lagsAt(targets: readonly Target[], nowMs: number): Snapshot['lags'] {
  const held = [at(10), at(12)] as const;
  return registries
    .filter((registry) => registry !== 'quiet')
    .flatMap((registry) => {
      const isLate = registry === 'calm' && within(nowMs, held);
      const lowerMs = isLate ? Math.max(0, nowMs - held[0] - stepMs) : 0;
      const times = { registry, lowerMs, upperMs: isLate ? nowMs - held[0] + stepMs : stepMs };
      const own = new Set(targets.flatMap((target) => (target.registry === registry ? (target.module ?? []) : [])));
      return [
        { ...times, module: null, records: isLate ? 40 : 0, missing: null },
        ...[...own].map((module) => ({ ...times, module, records: null, missing: isLate ? 1 : 0 })),
      ];
    });
}

/** When the state of a mirror began. */
function sinceMsOf(registry: string, nowMs: number): number {
  const changes = (registry === 'near' ? story.spike : registry === 'flaky' ? story.outage : []).map(
    (ms) => ms + stepMs,
  );
  return Math.max(dayStartMs, ...changes.filter((ms) => ms <= nowMs));
}

/** The advised switch: `flaky` is the fastest mirror beside `near`. */
const move = {
  from: 'near',
  to: 'flaky',
  cause: 'spike',
  chain: {
    before: 'https://near.example.com,direct',
    after: 'https://flaky.example.com,https://near.example.com,direct',
  },
  remedy: { env: "export GOPROXY='https://flaky.example.com,https://near.example.com,direct'" },
} as const;

function snapshotAt(targets: readonly Target[], nowMs: number): Snapshot {
  const findings = findingsAt(nowMs);
  const states = registries.map((registry) => {
    const own = findings.filter((one) => one.registry === registry);
    const kind = own[0]?.kind;
    const state = registry === 'quiet' ? 'unknown' : kind === 'outage' ? 'down' : kind === 'spike' ? 'degraded' : 'up';
    return made.standing(registry, { state, findings: own });
  });
  const isAdvised = within(nowMs, story.advice);
  const candidates = ['near', 'flaky', 'calm']
    .filter((registry) => !findings.some((one) => one.registry === registry))
    .map((registry) => ({
      registry,
      scoreSeconds: 0.1,
      gate: registry === 'near' ? ('current' as const) : ('ok' as const),
      sum: null,
      bound: null,
    }));
  return made.snapshot({
    standings: states,
    findings,
    vantage: {
      suspect: false,
      sinceMs: null,
      controls: [{ name: 'www.example.com:443', up: true }],
      contaminatedShare: 0,
    },
    baselines: targets
      .filter(({ registry, step }) => registry !== 'quiet' && step === 'mod')
      .map((target) => ({
        target,
        connection: 'cold' as const,
        baselineMs: meanMs[target.registry] ?? 100,
        thresholdMs: 800,
        streak: target.registry === 'near' && within(nowMs, story.spike) ? 4 : 0,
      })),
    lags: lagsAt(targets, nowMs),
    advice: isAdvised ? [made.advice(move)] : [],
    ranks: [{ ecosystem: 'go', upstream: 'go', candidates }],
    queues: [
      {
        receiver: 'ops',
        length: isAdvised && nowMs < at(6, 30) ? 2 : 0,
        oldestSeconds: isAdvised && nowMs < at(6, 30) ? 120 : null,
      },
    ],
    inFlight: 2,
    nowMs,
    since: (registry) => sinceMsOf(registry, nowMs),
    memory: { resident: 180 * 1024 * 1024 },
    descriptors: { open: 60, max: 1_024 },
  });
}

/** The real client, 25 minutes past each hour: it fails where we do. */
function runAt(registry: string, startedAtMs: number): ClientRun {
  const isOut = registry === 'flaky' && within(startedAtMs, story.outage);
  return {
    registry,
    ecosystem: 'go',
    upstream: 'go',
    client: 'go',
    module: 'example.com/lib',
    version: 'v1.0.0',
    startedAtMs,
    tookMs: registry === 'near' ? 1_800 : 4_000,
    outcome: isOut ? 'failed' : 'ok',
    reason: isOut ? 'refused' : null,
    exitCode: isOut ? 1 : 0,
    files: 4,
    bytes: 10_000,
    words: '',
    ours: null,
  };
}

/** Feeds the exporter what happened in the step before `nowMs`. */
function live(exporter: Exporter, targets: readonly Target[], nowMs: number, chance: () => number): void {
  for (let momentMs = nowMs - stepMs; momentMs < nowMs; momentMs += paceMs) {
    for (const target of targets) {
      const isDue = target.step === 'mod' || momentMs % (30 * 60_000) === 0;
      if (!isDue) continue;
      if (target.registry === 'quiet') {
        exporter.skipped({ target, because: 'paused', count: 1 } as Parameters<Exporter['skipped']>[0]);
        continue;
      }
      exporter.scheduleDelay(0.002 + 0.004 * chance());
      for (const connection of target.registry === 'near' ? (['cold', 'warm'] as const) : (['cold'] as const))
        exporter.sample(sampleAt(target, connection, momentMs, chance));
    }
    exporter.loopDelays(0, [1, 2 + 3 * chance()]);
  }
  if (nowMs % 3_600_000 === 25 * 60_000)
    for (const { registry } of clientRuns.pairs) exporter.clientRun(runAt(registry, nowMs));
  if (nowMs % 3_600_000 === 0)
    for (const registry of ['near', 'calm', 'flaky'])
      exporter.travel('mirror_propagation_seconds', registry, registry === 'calm' ? 7_000 : 200);
  if (within(nowMs, story.outage)) exporter.regression('flaky');
  if (nowMs === at(6, 10)) {
    exporter.finding({ change: 'opened', finding: made.finding({ registry: 'near' }) });
    exporter.advice({ change: 'proposed', advice: made.advice(move) });
  }
  // The move was accepted; looking back when it ends, `near` had been well for the most of it.
  if (nowMs === story.advice[1]) exporter.advice({ change: 'regretted', advice: made.advice(move) });
  if (nowMs === at(6, 30)) exporter.delivery('ops', 'delivered');
}

const scrapeLabels = 'job="mirrorwatch",instance="10.0.0.5:10120",vantage="shanghai"';
const doorLabels = scrapeLabels.replace('10120', '10121');

/** One line as Prometheus stores it: the labels of the scrape target, the time, no exemplar. */
function scraped(line: string, seconds: number, labels = scrapeLabels): string {
  const bare = line.replace(/ # \{.*$/, '');
  const cut = bare.lastIndexOf(' ');
  const series = bare.slice(0, cut);
  const labelled = series.endsWith('}') ? `${series.slice(0, -1)},${labels}}` : `${series}{${labels}}`;
  return `${labelled} ${bare.slice(cut + 1)} ${seconds}`;
}

/** The clients of a step at the front door: most are redirected, while `near` spikes some responses pass through. */
function serve({ counted, ordered }: DoorMetrics, nowMs: number, chance: () => number): void {
  const of = { ecosystem: 'go', registry: within(nowMs, story.advice) ? move.to : 'near' };
  const names = [of.registry, ...registries.filter((one) => one !== of.registry)];
  const mirrors = new Map(config.mirrors.map((one) => [one.name, one]));
  const route = { key: 'go go', ecosystem: 'go', upstream: 'go', mirrors };
  ordered([route], new Map([[route.key, { names }]]));
  for (let request = 0; request < 30; request += 1) counted({ ...of, outcome: 'redirected' }, 0.3 + chance());
  if (within(nowMs, story.spike)) counted({ ...of, outcome: 'passed' }, 80 + 40 * chance());
}

/** What Prometheus adds to each scrape. */
function beside(): readonly string[] {
  return ['up 1', 'scrape_duration_seconds 0.031', 'scrape_samples_scraped 1087'];
}

const linesIn = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** What Prometheus gets at one moment of the day. */
interface Scrape {
  readonly nowMs: number;
  /** The daemon's page, as asked. */
  readonly page: readonly (string | Uint8Array)[];
  /** Other lines with labels and time: of the front door, and what Prometheus adds. */
  readonly beside: readonly string[];
}

async function piecesOf(exporter: Exporter, accept: string): Promise<Scrape['page']> {
  const pieces: (string | Uint8Array)[] = [];
  for await (const piece of exporter.render(accept).pieces) pieces.push(piece);
  return pieces;
}

/** The day, scrape by scrape, of these modules. @param accept  the `Accept` header of the scrapes */
async function* scrapesOf(asked: readonly Asked[], accept: string): AsyncGenerator<Scrape> {
  const targets = targetsOf(asked);
  const random = createRandom(20_260_302);
  const chance = () => random.next();
  const listen = { ...config.listen, protobuf: { histograms: 'native', buckets: 160 } as const };
  const turn = () => Promise.resolve();
  const exporter = createExporter({ config: { ...config, listen }, targets, version: '1.x', node: 'v24', turn });
  let nowMs = dayStartMs;
  exporter.snapshot(() => snapshotAt(targets, nowMs));
  const door = createDoorMetrics();
  door.followed(true);
  // Of its own: the story of the mirrors stays the same.
  const clients = createRandom(20_260_303);
  for (; nowMs <= story.end; nowMs += stepMs) {
    if (nowMs > dayStartMs) live(exporter, targets, nowMs, chance);
    const page = await piecesOf(exporter, accept);
    serve(door, nowMs, () => clients.next());
    const ofDoor = linesIn(await door.text()).map((line) => scraped(line, nowMs / 1000, doorLabels));
    yield { nowMs, page, beside: [...beside().map((line) => scraped(line, nowMs / 1000)), ...ofDoor] };
  }
}

/** The day as OpenMetrics with times, ready for `promtool tsdb create-blocks-from openmetrics`; of these modules. */
export async function theDay(asked: readonly Asked[] = modules): Promise<string> {
  const out: string[] = [];
  for await (const { nowMs, page, beside: more } of scrapesOf(asked, 'application/openmetrics-text; version=1.0.0'))
    out.push(...linesIn(page.join('')).map((line) => scraped(line, nowMs / 1000)), ...more);
  return `${out.join('\n')}\n# EOF\n`;
}
