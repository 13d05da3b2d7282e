import { join } from 'node:path';
import protobuf from 'protobufjs';
import type { Config } from '../src/core/config.ts';
import { isHeavy, type Target as Probed } from '../src/core/mirror.ts';
import type { MirrorLag } from '../src/core/standing.ts';
import { defaultSumdb, parseSumdb } from '../src/ecosystems/go/sumdb-setting.ts';
import { registry } from '../src/ecosystems/registry.ts';
import { makePlan } from '../src/export/boards.ts';
import { countLinesFor } from '../src/export/catalog.ts';
import { createExporter } from '../src/export/exporter.ts';
import { contentTypes } from '../src/export/negotiate.ts';
import { expandTargets } from '../src/schedule/targets.ts';
import { sampleConfig, sampleMirror } from '../test/support/sample-config.ts';
import { receiver, sample, snapshot, standing, textOf } from '../test/unit/export/fixture.ts';
import type { Progress } from './progress.ts';
import { tableOf } from './report.ts';
import { type Target, target } from './targets.ts';

// How many sample lines /metrics has once everything was measured, nothing failed, and every gauge is known.

/** Goals of the classic page. */
const shapes = [
  { mirrors: 3, modules: 1, linesMax: 1_200 },
  { mirrors: 3, modules: 10, linesMax: 2_900 },
  { mirrors: 10, modules: 200, linesMax: 140_000 },
] as const;
const nativeGoal = { mirrors: 10, seriesMax: 50_000, bytesMax: 6_000_000 };
const familiesShown = 8;
/** Of each target: 40 from 30 to 1 300 ms, each a tenth longer than the one before. */
const roundTripsMs = Array.from({ length: 40 }, (_, at) => Math.round(30 * 1.1 ** at));

export interface LinesRow {
  readonly mirrors: number;
  readonly modules: number;
  readonly linesMax: number;
  readonly targets: number;
  /** Series that Prometheus stores from the protobuf page with native histograms, and the bytes of that page. */
  readonly nativeSeries: number;
  readonly nativeBytes: number;
  /** Of the rendered page, without `#` lines. */
  readonly lines: number;
  /** If every reason has occurred too: what `limits.lines` counts. */
  readonly planned: number;
  /** Lines by metric, most first. */
  readonly families: Readonly<Record<string, number>>;
}

export interface LinesReport {
  readonly rows: readonly LinesRow[];
}

const sumdb = parseSumdb(defaultSumdb);

/** Go mirrors, the first one the origin, each module at one version, one receiver and one control. */
function configOf(mirrors: number, modules: number): Config {
  return sampleConfig({
    mirrors: Array.from({ length: mirrors }, (_, index) =>
      sampleMirror(`mirror-${index}`, { role: index === 0 ? 'origin' : 'mirror' }),
    ),
    modules: Array.from({ length: modules }, (_, index) => ({
      ecosystem: 'go',
      upstream: 'go',
      module: `example.com/module-${index}`,
      version: 'v1.25.0',
    })),
    settings: { go: { sumdb: sumdb.tag === 'ok' ? sumdb.value : null } },
    webhooks: [receiver('ops')],
    controls: [{ name: 'www.example.com:443', url: 'https://www.example.com/' }],
    listen: { host: '127.0.0.1', port: 0, token: null, tls: null, protobuf: { histograms: 'native', buckets: 160 } },
    limits: { lines: 10_000_000 },
  });
}

function lagsOf(config: Config): readonly MirrorLag[] {
  const modules = [...new Set(config.modules.map(({ module }) => module)), null];
  return config.mirrors.flatMap(({ name }) =>
    modules.map((module) => ({
      registry: name,
      module,
      lowerMs: 0,
      upperMs: 1_000,
      // The checksum database alone has a serial, lists of versions alone have versions.
      records: module === null ? 0 : null,
      missing: module === null ? null : 0,
    })),
  );
}

const handshake = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  issuer: 'CA',
  expiresAtMs: 1,
  spkiSha256: null,
  resumed: false,
  authorizationCode: null,
};

/** The metrics of a daemon that has measured everything. */
function measured(config: Config, targets: readonly Probed[]) {
  const turn = (): Promise<void> => Promise.resolve();
  const exporter = createExporter({ config, targets, version: 'bench', node: process.version, turn });
  // The first scrape, from which native buckets are kept.
  exporter.render(contentTypes.protobuf);
  for (const of of targets)
    for (const rttMs of roundTripsMs)
      exporter.sample(
        sample(of, {
          rttMs,
          tls: handshake,
          protocol: '2',
          ...(of.verifies === null
            ? {}
            : { facts: { verified: { algorithm: 'h1', digest: 'h1:', against: 'sumdb' } } }),
        }),
      );
  exporter.snapshot(() =>
    snapshot({
      standings: config.mirrors.map(({ name }) => standing(name)),
      since: () => 1,
      vantage: {
        suspect: false,
        sinceMs: null,
        controls: [{ name: 'www.example.com:443', up: true }] as never,
        contaminatedShare: 0,
      },
      baselines: targets
        .filter((one) => !isHeavy(one))
        .map((one) => ({ target: one, connection: 'cold', baselineMs: 80, thresholdMs: 800, streak: 0 })),
      lags: lagsOf(config),
      ranks: [
        {
          ecosystem: 'go',
          upstream: 'go',
          candidates: config.mirrors.map(({ name }) => ({ registry: name, gate: 'ok' })) as never,
        },
      ],
      queues: [{ receiver: 'ops', length: 0, oldestSeconds: 0 }],
      memory: { resident: 1, virtual: 1, heap: 1 },
      descriptors: { open: 1, max: 2 },
    }),
  );
  return exporter;
}

const familyType = protobuf
  .loadSync(join(import.meta.dirname, '../tools/metrics.proto'))
  .lookupType('io.prometheus.client.MetricFamily');

/** A native histogram is one series, a summary without quantiles two. */
async function nativeOf(exporter: ReturnType<typeof measured>): Promise<{ series: number; bytes: number }> {
  const chunks: Uint8Array[] = [];
  for await (const piece of exporter.render(contentTypes.protobuf).pieces)
    if (typeof piece !== 'string') chunks.push(piece);
  const reader = protobuf.Reader.create(Buffer.concat(chunks));
  let series = 0;
  while (reader.pos < reader.len) {
    const { type, metric } = familyType.toObject(familyType.decodeDelimited(reader), { enums: String });
    series += metric.length * (type === 'SUMMARY' ? 2 : 1);
  }
  return { series, bytes: reader.len };
}

async function rowOf(shape: (typeof shapes)[number]): Promise<LinesRow> {
  const config = configOf(shape.mirrors, shape.modules);
  const targets = expandTargets(config, registry);
  const families: Record<string, number> = {};
  let family = '';
  let lines = 0;
  const exporter = measured(config, targets);
  const native = await nativeOf(exporter);
  for (const line of (await textOf(exporter.render('text/plain'))).split('\n')) {
    if (line.startsWith('# TYPE ')) family = line.split(' ')[2] ?? '';
    if (line === '' || line.startsWith('#')) continue;
    families[family] = (families[family] ?? 0) + 1;
    lines += 1;
  }
  const plan = makePlan(config, targets);
  const planned =
    [...plan.entities.values()].reduce((sum, one) => sum + one.lines, 0) +
    plan.daemon.reduce((sum, { kind }) => sum + countLinesFor(kind), 0);
  const sorted = Object.fromEntries(Object.entries(families).sort(([, a], [, b]) => b - a));
  const ofNative = { nativeSeries: native.series, nativeBytes: native.bytes };
  return { ...shape, ...ofNative, targets: targets.length, lines, planned, families: sorted };
}

export async function lines(progress: Progress): Promise<LinesReport> {
  const rows: LinesRow[] = [];
  for (const shape of shapes) {
    progress.say(`lines: ${shape.mirrors} mirrors, ${shape.modules} modules`);
    rows.push(await rowOf(shape));
  }
  return { rows };
}

export function linesLines({ rows }: LinesReport): readonly string[] {
  return [
    'Lines of /metrics, Go mirrors, one of them the origin, one receiver, one control',
    ...tableOf([
      ['mirrors × modules', 'targets', 'lines', 'planned', 'native series', 'bytes'],
      ...rows.map(({ mirrors, modules, targets, lines: all, planned, nativeSeries, nativeBytes }) => [
        `${mirrors} × ${modules}`,
        ...[targets, all, planned, nativeSeries, nativeBytes].map(String),
      ]),
    ]),
    ...rows.map(({ mirrors, modules, families }) => {
      const most = Object.entries(families).slice(0, familiesShown);
      return `${mirrors} × ${modules}: ${most.map(([name, count]) => `${name} ${count}`).join(', ')}`;
    }),
  ];
}

export function linesTargets({ rows }: LinesReport): readonly Target[] {
  return rows.flatMap(({ mirrors, modules, lines: all, linesMax, nativeSeries, nativeBytes }) => [
    target(
      `lines of /metrics, ${mirrors} mirrors × ${modules} modules`,
      `≤ ${linesMax}`,
      String(all),
      all <= linesMax,
      true,
    ),
    ...(mirrors === nativeGoal.mirrors
      ? [
          nativeTarget('series', nativeSeries, nativeGoal.seriesMax),
          nativeTarget('bytes of the page', nativeBytes, nativeGoal.bytesMax),
        ]
      : []),
  ]);
}

function nativeTarget(what: string, value: number, most: number): Target {
  return target(
    `native histograms, 10 mirrors × 200 modules: ${what}`,
    `≤ ${most}`,
    String(value),
    value <= most,
    true,
  );
}
