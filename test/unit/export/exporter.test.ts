import { describe, expect, test } from 'vitest';
import type { Step } from '../../../src/core/mirror.ts';
import { deliveryOutcomes } from '../../../src/core/notice.ts';
import type { SettledSample } from '../../../src/core/sample.ts';
import { createExporter } from '../../../src/export/exporter.ts';
import type { Snapshot } from '../../../src/export/snapshot.ts';
import { sampleTls } from '../../support/samples.ts';
import {
  advice,
  changes,
  config,
  finding,
  mirror,
  receiver,
  sample,
  snapshot,
  standing,
  target,
  targetsOf,
  textOf,
  turn,
  values,
} from './fixture.ts';

type Exporter = ReturnType<typeof createExporter>;

const mod = target('a', 'mod', 'golang.org/x/net', 'v0.25.0');
const zip = target('a', 'zip', 'golang.org/x/net', 'v0.25.0');
const list = target('a', 'list', 'golang.org/x/net', null);

function exporter(more: Parameters<typeof config>[0] = {}): Exporter {
  const targets = [...targetsOf('a'), ...targetsOf('b')];
  return createExporter({ config: config(more), targets, version: '0.1.0', node: 'v24.0.0', turn });
}

async function read(from: Exporter): Promise<ReadonlyMap<string, number>> {
  return values(await textOf(from.render(undefined)));
}

/** What an act changes on the page; buckets are left out: their sums and counts have it. */
async function moved(act: (exporter: Exporter) => void, from = exporter()): Promise<Record<string, number | null>> {
  const before = await read(from);
  act(from);
  const all = changes(before, await read(from));
  return Object.fromEntries(Object.entries(all).filter(([series]) => !series.includes('_bucket{')));
}

const ofMod = 'ecosystem="go",registry="a",module="golang.org/x/net",version="v0.25.0",step="mod"';
const ofZip = ofMod.replace('mod"', 'zip"');
const ofList = 'ecosystem="go",registry="a",module="golang.org/x/net",step="list"';
const stepOf = (step: Step) => `ecosystem="go",registry="a",step="${step}"`;

function okRows(labels: string, step: Step, connection = 'cold', trip = labels): Record<string, number> {
  const path = `${stepOf(step)},connection="${connection}"`;
  const phase = (name: string, seconds: number) => ({
    [`mirror_probe_phase_seconds_sum{${path},phase="${name}"}`]: seconds,
    [`mirror_probe_phase_seconds_count{${path},phase="${name}"}`]: 1,
  });
  return {
    [`mirror_probe_attempts_total{${labels}}`]: 1,
    [`mirror_probe_last_success_timestamp_seconds{${stepOf(step)}}`]: 1000.08,
    [`mirror_probe_rtt_seconds_sum{${trip},connection="${connection}"}`]: 0.08,
    [`mirror_probe_rtt_seconds_count{${trip},connection="${connection}"}`]: 1,
    [`mirror_probe_last_rtt_seconds{${trip},connection="${connection}"}`]: 0.08,
    ...phase('resolve', 0.003),
    ...phase('connect', 0.02),
    ...phase('tls', 0.03),
    ...phase('processing', 0.026),
    ...phase('transfer', 0.001),
    [`mirror_transfer_bytes_total{${stepOf(step)}}`]: 150,
    [`mirror_cache_answers_total{ecosystem="go",registry="a",cache="unknown"}`]: 1,
  };
}

/** What a failure of `mod` moves. */
function failedRows(reason: string, cache = 'unknown'): Record<string, number> {
  return {
    [`mirror_probe_attempts_total{${ofMod}}`]: 1,
    [`mirror_probe_target_failures_total{${ofMod}}`]: 1,
    [`mirror_probe_failures_total{${stepOf('mod')},reason="${reason}"}`]: 1,
    [`mirror_transfer_bytes_total{${stepOf('mod')}}`]: 150,
    [`mirror_cache_answers_total{ecosystem="go",registry="a",cache="${cache}"}`]: 1,
  };
}

const rows: readonly { name: string; sample: SettledSample; moves: Record<string, number> }[] = [
  { name: 'an ok probe of a light step', sample: sample(mod), moves: okRows(ofMod, 'mod') },
  {
    name: 'a light step that is not the canary has its round trips by mirror',
    sample: sample(list),
    moves: okRows(ofList, 'list', 'cold', stepOf('list')),
  },
  {
    name: 'a heavy step that was too small to tell a rate has none',
    sample: sample(zip),
    moves: okRows(ofZip, 'zip'),
  },
  {
    name: 'a light step has none, however much it moved',
    sample: sample(mod, { steady: { bytes: 300_000, ms: 1_000 } }),
    moves: okRows(ofMod, 'mod'),
  },
  {
    name: 'a heavy step has the throughput of what came after slow start',
    sample: sample(zip, { steady: { bytes: 300_000, ms: 3_000 } }),
    moves: {
      ...okRows(ofZip, 'zip'),
      [`mirror_throughput_bytes_per_second_sum{${stepOf('zip')}}`]: 100_000,
      [`mirror_throughput_bytes_per_second_count{${stepOf('zip')}}`]: 1,
    },
  },
  {
    name: 'a heavy step that our own event loop delayed was good, and has no time',
    sample: sample(zip, { steady: { bytes: 300_000, ms: 3_000 }, rttMs: 400, loopDelayMsMax: 50 }),
    moves: Object.fromEntries(Object.entries(okRows(ofZip, 'zip')).filter(([name]) => !/_rtt_|_phase_/.test(name))),
  },
  {
    name: 'a phase that did not happen is not observed',
    sample: sample(mod, { rttMs: 26, phases: { processing: 26 } }),
    moves: {
      [`mirror_probe_attempts_total{${ofMod}}`]: 1,
      [`mirror_probe_last_success_timestamp_seconds{${stepOf('mod')}}`]: 1000.08,
      [`mirror_probe_rtt_seconds_sum{${ofMod},connection="cold"}`]: 0.026,
      [`mirror_probe_rtt_seconds_count{${ofMod},connection="cold"}`]: 1,
      [`mirror_probe_last_rtt_seconds{${ofMod},connection="cold"}`]: 0.026,
      [`mirror_probe_phase_seconds_sum{${stepOf('mod')},connection="cold",phase="processing"}`]: 0.026,
      [`mirror_probe_phase_seconds_count{${stepOf('mod')},connection="cold",phase="processing"}`]: 1,
      [`mirror_transfer_bytes_total{${stepOf('mod')}}`]: 150,
      [`mirror_cache_answers_total{ecosystem="go",registry="a",cache="unknown"}`]: 1,
    },
  },
  {
    name: 'a cold fetch counts as ok and is timed by itself',
    sample: sample(mod, { cold: true, rttMs: 5000 }),
    moves: {
      [`mirror_probe_attempts_total{${ofMod}}`]: 1,
      [`mirror_probe_last_success_timestamp_seconds{${stepOf('mod')}}`]: 1000.08,
      [`mirror_cold_fetch_seconds_sum{${stepOf('mod')}}`]: 5,
      [`mirror_cold_fetch_seconds_count{${stepOf('mod')}}`]: 1,
      [`mirror_transfer_bytes_total{${stepOf('mod')}}`]: 150,
      [`mirror_cache_answers_total{ecosystem="go",registry="a",cache="miss"}`]: 1,
    },
  },
  {
    name: 'a failure counts twice, by target and by reason, and has no time',
    sample: sample(mod, { outcome: { tag: 'failed', failure: { kind: 'server', status: 502 } } }),
    moves: failedRows('server'),
  },
  {
    name: 'a cache that says so had the answer',
    sample: sample(mod, { outcome: { tag: 'failed', failure: { kind: 'server', status: 502 } }, cache: 'hit' }),
    moves: failedRows('server', 'hit'),
  },
  {
    name: 'silence is the answer of no cache',
    sample: sample(mod, {
      outcome: { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } },
      status: null,
      wireBytes: 0,
    }),
    moves: {
      [`mirror_probe_attempts_total{${ofMod}}`]: 1,
      [`mirror_probe_target_failures_total{${ofMod}}`]: 1,
      [`mirror_probe_failures_total{${stepOf('mod')},reason="refused"}`]: 1,
    },
  },
  {
    name: 'what is not there took as long as a chain waits for it',
    sample: sample(mod, { outcome: { tag: 'failed', failure: { kind: 'absent', status: 404 } }, status: 404 }),
    moves: {
      ...failedRows('absent'),
      'mirror_not_found_seconds_sum{ecosystem="go",registry="a"}': 0.08,
      'mirror_not_found_seconds_count{ecosystem="go",registry="a"}': 1,
    },
  },
  {
    name: 'unknown is neither an attempt nor a failure',
    sample: sample(mod, { outcome: { tag: 'unknown', because: 'contaminated' }, wireBytes: 0 }),
    moves: { [`mirror_probe_unknown_total{ecosystem="go",registry="a",because="contaminated"}`]: 1 },
  },
  { name: 'a confirming probe moves nothing', sample: sample(mod, { purpose: 'confirm' }), moves: {} },
  { name: 'a second look moves nothing', sample: sample(mod, { purpose: 'recheck' }), moves: {} },
  { name: 'a probe by hand moves nothing', sample: sample(mod, { purpose: 'once' }), moves: {} },
  {
    name: 'a probe of a target that is not configured moves nothing',
    sample: sample(target('gone', 'mod', 'golang.org/x/net', 'v0.25.0')),
    moves: {},
  },
  {
    name: 'an answer that an authority confirmed',
    sample: sample(mod, { facts: { verified: { algorithm: 'h1', digest: 'x', against: 'sumdb' } } }),
    moves: {
      ...okRows(ofMod, 'mod'),
      'mirror_integrity_verified_total{ecosystem="go",registry="a",module="golang.org/x/net",version="v0.25.0"}': 1,
    },
  },
  {
    name: 'an answer that was only compared verifies nothing',
    sample: sample(mod, { facts: { compared: { algorithm: 'h1', digest: 'x' } } }),
    moves: okRows(ofMod, 'mod'),
  },
];

describe('a sample moves these series and no others:', () => {
  test.each(rows)('$name', async ({ sample: one, moves }) => {
    expect(await moved((to) => to.sample(one))).toEqual(moves);
  });

  test('warm and cold stay apart', async () => {
    const both = exporter({ mirrors: [mirror('a', { connections: ['cold', 'warm'] }), mirror('b')] });
    expect(await moved((to) => to.sample(sample(mod, { connection: 'warm' })), both)).toEqual(
      okRows(ofMod, 'mod', 'warm'),
    );
  });

  test('one round trip falls into its bucket and all above', async () => {
    const page = exporter();
    page.sample(sample(mod, { rttMs: 800 }));
    const buckets = [...(await read(page))].filter(
      ([s]) => s.startsWith('mirror_probe_rtt_seconds_bucket') && s.includes(ofMod),
    );
    expect(buckets.filter(([, value]) => value === 1).map(([s]) => /le="([^"]+)"/.exec(s)?.[1])).toEqual([
      '0.8',
      '1.1',
      '1.6',
      '2.5',
      '5.5',
      '10.5',
      '30.5',
      '60.5',
      '120.5',
      '+Inf',
    ]);
  });
});

test('a regression and a release that arrived are counted at their mirror, and nowhere once it is gone', async () => {
  const act = (to: Exporter) => {
    to.regression('a');
    to.travel('mirror_propagation_seconds', 'a', 400);
    to.regression('gone');
    to.travel('mirror_propagation_seconds', 'gone', 400);
  };
  expect(await moved(act)).toEqual({
    'mirror_regressions_total{ecosystem="go",registry="a"}': 1,
    'mirror_propagation_seconds_sum{ecosystem="go",registry="a"}': 400,
    'mirror_propagation_seconds_count{ecosystem="go",registry="a"}': 1,
  });
});

describe('a skipped slot counts as unknown', () => {
  test.each([
    { because: 'paused', counted: 'paused' },
    { because: 'throttled', counted: 'paused' },
    { because: 'maintenance', counted: 'paused' },
    { because: 'over_budget', counted: 'over_budget' },
    { because: 'overrun', counted: 'local' },
    { because: 'local', counted: 'local' },
  ] as const)('$because as $counted', async ({ because, counted }) => {
    expect(await moved((to) => to.skipped({ target: mod, connection: 'cold', because, count: 3 }))).toEqual({
      [`mirror_probe_unknown_total{ecosystem="go",registry="a",because="${counted}"}`]: 3,
    });
  });
});

describe('before anything happened', () => {
  test('counters and histograms are 0, gauges absent', async () => {
    const page = await read(exporter());
    const nonzero = [...page].filter(([, value]) => value !== 0).map(([series]) => series);
    expect(nonzero).toEqual([
      'mirrorwatch_build_info{version="0.1.0",node="v24.0.0"}',
      expect.stringMatching(/^mirrorwatch_config_info\{hash="[0-9a-f]{8}"\}$/),
    ]);
    expect(page.get(`mirror_probe_rtt_seconds_count{${ofMod},connection="cold"}`)).toBe(0);
    expect([...page.keys()].filter((series) => /^mirror_(probe_failures|integrity_mismatches)_/.test(series))).toEqual(
      [],
    );
    expect(page.get(`mirror_probe_target_failures_total{${ofMod}}`)).toBe(0);
    expect(page.get(`mirror_probe_unknown_total{ecosystem="go",registry="a",because="shutdown"}`)).toBe(0);
    expect(page.get('mirrorwatch_worker_loop_delay_seconds_count{worker="0"}')).toBe(0);
    const gauges = [
      'mirror_up',
      'mirror_state',
      'mirror_vantage_suspect',
      'mirror_probe_last',
      'mirror_tls',
      'mirror_findings',
      'mirror_lag',
      'mirror_sync_lag',
      'mirror_missing',
    ];
    expect([...page.keys()].filter((series) => gauges.some((gauge) => series.startsWith(gauge)))).toEqual([]);
  });
});

const tls = { ...sampleTls, issuer: 'R3', expiresAtMs: 5_000_000 };
const expiry = 'mirror_tls_certificate_expiry_timestamp_seconds{registry="a"}';
const info = (issuer: string) =>
  `mirror_tls_info{registry="a",tls_version="TLSv1.3",cipher="TLS_AES_128_GCM_SHA256",issuer="${issuer}"}`;
const untrusted = { tag: 'failed', failure: { kind: 'tls_untrusted', code: 'X' } } as const;
const protocol = { tag: 'failed', failure: { kind: 'tls_protocol', code: 'X' } } as const;
const refused = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } } as const;

describe('the certificate on show', () => {
  test.each([
    { name: 'of an ok probe', samples: [sample(mod, { tls })], shows: { [expiry]: 5000, [info('R3')]: 1 } },
    {
      name: 'of a probe whose verification failed',
      samples: [sample(mod, { tls, outcome: untrusted })],
      shows: { [expiry]: 5000, [info('R3')]: 1 },
    },
    {
      name: 'is the last one seen, alone',
      samples: [sample(mod, { tls }), sample(mod, { tls: { ...tls, issuer: 'E1', expiresAtMs: 6_000_000 } })],
      shows: { [expiry]: 6000, [info('E1')]: 1 },
    },
    {
      name: 'stays when the port refuses',
      samples: [sample(mod, { tls }), sample(mod, { outcome: refused })],
      shows: { [expiry]: 5000, [info('R3')]: 1 },
    },
    {
      name: 'goes when the handshake breaks',
      samples: [sample(mod, { tls }), sample(mod, { outcome: protocol })],
      shows: {},
    },
    {
      name: 'has no end where it could not be read',
      samples: [sample(mod, { tls: { ...tls, expiresAtMs: null } })],
      shows: { [info('R3')]: 1 },
    },
  ])('$name', async ({ samples, shows }) => {
    const page = exporter();
    for (const one of samples) page.sample(one);
    expect(Object.fromEntries([...(await read(page))].filter(([series]) => series.startsWith('mirror_tls')))).toEqual(
      shows,
    );
  });
});

describe('the HTTP version on show', () => {
  const info = (protocol: string) => `mirror_protocol_info{ecosystem="go",registry="a",protocol="${protocol}"}`;
  const forced = (protocol: '1.1' | '2') => {
    const one = sample(mod, { protocol });
    return { ...one, due: { ...one.due, protocol } };
  };
  test.each([
    { name: 'before a connection was made: none', samples: [sample(mod, { outcome: refused })], shows: {} },
    { name: 'of the last probe', samples: [sample(mod, { protocol: '2' })], shows: { [info('2')]: 1 } },
    {
      name: 'alone, after it changed',
      samples: [sample(mod, { protocol: '2' }), sample(mod, { protocol: '1.1' })],
      shows: { [info('1.1')]: 1 },
    },
    {
      name: 'kept where a probe made no connection',
      samples: [sample(mod, { protocol: '2' }), sample(mod, { outcome: refused })],
      shows: { [info('2')]: 1 },
    },
    {
      name: 'not of a probe that could not choose',
      samples: [sample(mod, { protocol: '2' }), forced('1.1')],
      shows: { [info('2')]: 1 },
    },
  ])('$name', async ({ samples, shows }) => {
    const page = exporter();
    for (const one of samples) page.sample(one);
    const lines = [...(await read(page))].filter(([series]) => series.startsWith('mirror_protocol'));
    expect(Object.fromEntries(lines)).toEqual(shows);
  });
});

describe('the quota of a mirror', () => {
  const quota = 'mirror_quota_remaining_ratio{ecosystem="go",registry="a"}';
  test.each([
    { name: 'none stated', samples: [sample(mod)], shows: {} },
    {
      name: 'the last one',
      samples: [sample(mod, { quotaLeft: 0.5 }), sample(mod, { quotaLeft: 0.4 })],
      shows: { [quota]: 0.4 },
    },
    {
      name: 'kept after a response of a step that states none',
      samples: [sample(mod, { quotaLeft: 0.5 }), sample(zip)],
      shows: { [quota]: 0.5 },
    },
    {
      name: 'kept while nothing is requested, as after 429',
      samples: [sample(mod, { quotaLeft: 0 }), sample(mod, { outcome: { tag: 'unknown', because: 'paused' } })],
      shows: { [quota]: 0 },
    },
    {
      name: 'gone once the same step states none, or has no response',
      samples: [sample(mod, { quotaLeft: 0.5 }), sample(mod, { outcome: refused })],
      shows: {},
    },
  ])('$name', async ({ samples, shows }) => {
    const page = exporter();
    for (const one of samples) page.sample(one);
    const lines = [...(await read(page))].filter(([series]) => series.startsWith('mirror_quota'));
    expect(Object.fromEntries(lines)).toEqual(shows);
  });
});

const state = (registry: string, name: string) =>
  `mirror_state{ecosystem="go",upstream="go",registry="${registry}",state="${name}"}`;
const own = ['vantage', 'self'].map((kind) => [`mirror_findings_open{kind="${kind}"}`, 0] as const);
/** What every snapshot shows. */
const always = {
  ...Object.fromEntries(own),
  mirrorwatch_clock_timestamp_seconds: 1_772_611_260.25,
  process_start_time_seconds: 1_772_611_200,
  process_cpu_user_seconds_total: 1,
  process_cpu_system_seconds_total: 0.5,
  process_cpu_seconds_total: 1.5,
  mirrorwatch_config_last_reload_success_timestamp_seconds: 1_772_611_230.5,
  mirrorwatch_config_last_reload_successful: 1,
  mirrorwatch_probes_in_flight: 0,
  mirrorwatch_state_writable: 1,
};
const noFindings = Object.fromEntries(
  [
    'spike',
    'level_shift',
    'outage',
    'unreliable',
    'throughput',
    'refusal',
    'lag',
    'mismatch',
    'certificate',
    'capability',
  ].map((kind) => [`mirror_findings_open{ecosystem="go",registry="a",kind="${kind}"}`, 0]),
);
const states = (now: string) =>
  Object.fromEntries(['up', 'degraded', 'down', 'unknown'].map((name) => [state('a', name), name === now ? 1 : 0]));
const up = 'mirror_up{ecosystem="go",upstream="go",registry="a"}';
const item = (step: string) => ({ module: 'golang.org/x/net', version: 'v0.25.0', step });
const recovered = 'mirror_canary_recovered{ecosystem="go",upstream="go",registry="a"}';

const inState = (
  name: string,
  now: 'up' | 'degraded' | 'down' | 'unknown',
  shows: Record<string, number>,
  more: Parameters<typeof standing>[1] = {},
) => ({
  name,
  now: { standings: [standing('a', { state: now, ...more })] },
  shows: { ...states(now), ...shows, ...noFindings },
});

const snapshots: readonly { name: string; now: Partial<Snapshot>; shows: Record<string, number> }[] = [
  { name: 'nothing known', now: {}, shows: {} },
  inState('up', 'up', { [up]: 1 }),
  inState(
    'capabilities that are known',
    'up',
    {
      [up]: 1,
      'mirror_capability{ecosystem="go",registry="a",capability="time"}': 1,
      'mirror_capability{ecosystem="go",registry="a",capability="signatures"}': 0,
    },
    { capabilities: { time: true, signatures: false } },
  ),
  {
    name: 'since when, where that is known',
    now: { standings: [standing('a')], since: (registry, now) => (registry === 'a' && now === 'up' ? 2_500 : null) },
    shows: {
      ...states('up'),
      [up]: 1,
      ...noFindings,
      'mirror_state_since_timestamp_seconds{ecosystem="go",upstream="go",registry="a",state="up"}': 2.5,
    },
  },
  inState('degraded is up', 'degraded', { [up]: 1 }),
  inState('down', 'down', { [up]: 0 }),
  inState('down although the canary succeeds again', 'down', { [up]: 0, [recovered]: 1 }, { isBack: true }),
  inState('paused during such an outage', 'unknown', {}, { isBack: true }),
  inState('unknown is neither up nor down', 'unknown', {}),
  { name: 'a mirror that is not configured', now: { standings: [standing('gone')] }, shows: {} },
  {
    name: 'open findings, by kind; closed ones do not count',
    now: {
      standings: [standing('a')],
      findings: [
        finding(),
        finding({ id: 'f2' }),
        finding({ id: 'f3', state: 'closed' }),
        finding({ id: 'f4', kind: 'self', registry: null }),
        finding({ id: 'f5', kind: 'refusal', cause: 'policy', scope: [item('zip'), item('mod')] }),
      ],
    },
    shows: {
      ...states('up'),
      [up]: 1,
      ...noFindings,
      'mirror_findings_open{ecosystem="go",registry="a",kind="spike"}': 2,
      'mirror_findings_open{kind="self"}': 1,
      'mirror_withheld_items{ecosystem="go",registry="a"}': 2,
    },
  },
  {
    name: 'a mismatch nobody acknowledged, also without a sample since start',
    now: {
      findings: [
        finding({ kind: 'mismatch', scope: [{ module: 'golang.org/x/net', version: 'v0.25.0', step: 'zip' }] }),
      ],
    },
    shows: {
      'mirror_integrity_mismatch_active{ecosystem="go",registry="a",module="golang.org/x/net",version="v0.25.0",cause="authority"}': 1,
    },
  },
  {
    name: 'a vantage that was judged, and controls that were asked',
    now: {
      vantage: {
        suspect: false,
        sinceMs: null,
        controls: [
          { name: 'x:443', up: true },
          { name: 'y:443', up: false },
          { name: 'z:443', up: null },
        ],
        contaminatedShare: null,
      },
    },
    shows: {
      mirror_vantage_suspect: 0,
      'mirror_control_up{control="x:443"}': 1,
      'mirror_control_up{control="y:443"}': 0,
    },
  },
  {
    name: 'a suspect vantage',
    now: { vantage: { suspect: true, sinceMs: 0, controls: [], contaminatedShare: null } },
    shows: { mirror_vantage_suspect: 1 },
  },
  {
    name: 'the baseline of a canary, and the longest streak of a mirror; none while warming, none of a heavy step',
    now: {
      baselines: [
        { target: mod, connection: 'cold', baselineMs: 90, thresholdMs: 800, streak: 2 },
        { target: mod, connection: 'warm', baselineMs: null, thresholdMs: null, streak: 9 },
        { target: list, connection: 'cold', baselineMs: 70, thresholdMs: 800, streak: 3 },
        { target: zip, connection: 'cold', baselineMs: 90, thresholdMs: null, streak: 8 },
      ],
    },
    shows: {
      [`mirror_probe_rtt_baseline_seconds{${ofMod},connection="cold"}`]: 0.09,
      [`mirror_probe_rtt_threshold_seconds{${ofMod},connection="cold"}`]: 0.8,
      [`mirror_probe_rtt_spike_streak{ecosystem="go",registry="a"}`]: 3,
    },
  },
  {
    name: 'how far behind a module is by the worst of its answers, what is not known left out',
    now: {
      lags: [
        { registry: 'a', module: 'golang.org/x/net', lowerMs: 1_000, upperMs: 2_000, records: null, missing: 1 },
        { registry: 'a', module: 'golang.org/x/net', lowerMs: 500, upperMs: null, records: null, missing: null },
        { registry: 'a', module: null, lowerMs: 0, upperMs: 90_000, records: 7, missing: null },
        { registry: 'a', module: 'example.com/not/configured', lowerMs: 1, upperMs: 1, records: 1, missing: 1 },
      ],
    },
    shows: {
      'mirror_lag_seconds{ecosystem="go",registry="a",module="golang.org/x/net",bound="lower"}': 1,
      'mirror_missing_versions{ecosystem="go",registry="a",module="golang.org/x/net"}': 1,
      'mirror_sync_lag_seconds{ecosystem="go",registry="a",bound="lower"}': 0,
      'mirror_sync_lag_seconds{ecosystem="go",registry="a",bound="upper"}': 90,
      'mirror_sync_lag_records{ecosystem="go",registry="a"}': 7,
    },
  },
  {
    name: 'advice while it is proposed, and the first of its lines: others have private names',
    now: {
      advice: [
        advice({ issuedAtMs: 2_000, remedy: { env: "export GOPROXY='x'\nexport GOPRIVATE='y'" } }),
        advice({ id: 'ad2', state: 'accepted', to: 'c', issuedAtMs: 2_000, settledAtMs: 3_000 }),
        advice({ id: 'ad3', state: 'refused', to: 'd' }),
        advice({ id: 'ad4', state: 'dismissed', to: 'e' }),
        advice({ id: 'ad5', upstream: 'over', issuedAtMs: 2_000, phase: 'over', newClients: 'usual' }),
        advice({ id: 'ad6', upstream: 'over', state: 'accepted', to: 'c', settledAtMs: 3_000 }),
      ],
    },
    shows: {
      'mirror_advice_active{ecosystem="go",upstream="go",from="a",to="b",cause="outage"}': 1,
      'mirror_advice_line_info{ecosystem="go",upstream="go",line="export GOPROXY=\'x\'"}': 1,
      'mirror_advice_since_timestamp_seconds{ecosystem="go",upstream="go",from="a",to="b",cause="outage",state="proposed"}': 2,
      'mirror_advice_since_timestamp_seconds{ecosystem="go",upstream="go",from="a",to="c",cause="outage",state="accepted"}': 3,
      'mirror_advice_since_timestamp_seconds{ecosystem="go",upstream="over",from="a",to="b",cause="outage",state="over"}': 2,
      'mirror_advice_since_timestamp_seconds{ecosystem="go",upstream="over",from="a",to="c",cause="outage",state="accepted"}': 3,
    },
  },
  {
    name: 'the rank counts those that may be used',
    now: {
      standings: [],
      ranks: [
        {
          ecosystem: 'go',
          upstream: 'go',
          candidates: [
            { registry: 'gone', scoreSeconds: 0.1, gate: 'spike', sum: null, bound: null },
            { registry: 'b', scoreSeconds: 0.2, gate: 'ok', sum: null, bound: null },
            { registry: 'a', scoreSeconds: 0.3, gate: 'current', sum: null, bound: null },
          ],
        },
      ],
    },
    shows: {
      'mirror_advice_rank{ecosystem="go",upstream="go",registry="b"}': 1,
      'mirror_advice_rank{ecosystem="go",upstream="go",registry="a"}': 2,
    },
  },
  {
    name: 'queues, and the age of what waits',
    now: {
      queues: [
        { receiver: 'ops', length: 2, oldestSeconds: 7 },
        { receiver: 'chat', length: 0, oldestSeconds: null },
      ],
    },
    shows: {
      'mirrorwatch_webhook_queue_length{receiver="ops"}': 2,
      'mirrorwatch_webhook_oldest_seconds{receiver="ops"}': 7,
      'mirrorwatch_webhook_oldest_timestamp_seconds{receiver="ops"}': 1_772_611_260.25 - 7,
      'mirrorwatch_webhook_queue_length{receiver="chat"}': 0,
    },
  },
  {
    name: 'when it started, when its configuration was read, and files and rows set aside',
    now: { startedAtMs: 1_000, reloadedAtMs: 2_500, stateSetAside: 2, stateRowsAside: 3 },
    shows: {
      process_start_time_seconds: 1,
      mirrorwatch_config_last_reload_success_timestamp_seconds: 2.5,
      'mirrorwatch_state_set_aside_total{what="file"}': 2,
      'mirrorwatch_state_set_aside_total{what="row"}': 3,
    },
  },
  {
    name: 'a refused reload, a state file that takes no writes, probes under way',
    now: { reloadOk: false, stateWritable: false, inFlight: 4 },
    shows: {
      mirrorwatch_config_last_reload_successful: 0,
      mirrorwatch_state_writable: 0,
      mirrorwatch_probes_in_flight: 4,
    },
  },
];

const positionOf = (registry: string) => `mirror_position{ecosystem="go",upstream="go",registry="${registry}"}`;

describe('a snapshot shows', () => {
  test.each(snapshots)('$name', async ({ now, shows }) => {
    const from = exporter();
    const gauges = await moved((to) => to.snapshot(() => snapshot(now)), from);
    const shown = (now.standings ?? []).flatMap(({ registry }) => (registry === 'gone' ? [] : [positionOf(registry)]));
    expect(gauges).toEqual({ ...always, ...Object.fromEntries(shown.map((series) => [series, 1])), ...shows });
  });

  test('the position of a mirror among those of its upstream', async () => {
    const from = exporter();
    from.snapshot(() => snapshot({ standings: [standing('b'), standing('other', { upstream: 'x' }), standing('a')] }));
    const page = await read(from);
    expect(['a', 'b'].map((registry) => page.get(positionOf(registry)))).toEqual([2, 1]);
  });

  test('what is gone from the next one is gone from the page', async () => {
    const from = exporter();
    from.snapshot(() => snapshot({ standings: [standing('a')], advice: [advice()] }));
    await read(from);
    from.snapshot(() => snapshot({ standings: [standing('a', { state: 'unknown' })] }));
    const page = await read(from);
    expect([...page.keys()].filter((s) => s.startsWith('mirror_up') || s.startsWith('mirror_advice_active'))).toEqual(
      [],
    );
  });

  test('a snapshot without a list of findings takes those of the standings, and knows none of ours', async () => {
    const from = exporter();
    const { findings: _, ...without } = snapshot({ standings: [standing('a', { findings: [finding()] })] });
    from.snapshot(() => without);
    const page = await read(from);
    expect(page.get('mirror_findings_open{ecosystem="go",registry="a",kind="spike"}')).toBe(1);
    expect(page.has('mirror_findings_open{kind="self"}')).toBe(false);
  });

  test('an artifact that was verified shows that no mismatch is active', async () => {
    const from = exporter();
    from.sample(sample(mod, { facts: { verified: { algorithm: 'h1', digest: 'x', against: 'sumdb' } } }));
    from.snapshot(() => snapshot());
    const series =
      'mirror_integrity_mismatch_active{ecosystem="go",registry="a",module="golang.org/x/net",version="v0.25.0",cause="authority"}';
    expect((await read(from)).get(series)).toBe(0);
  });
});

describe('events', () => {
  const artifact = 'ecosystem="go",registry="a",module="golang.org/x/net",version="v0.25.0"';
  const scope = [{ module: 'golang.org/x/net', version: 'v0.25.0', step: 'zip' }] as const;
  const mismatch = finding({ kind: 'mismatch', cause: 'mismatch', scope });

  test('a mismatch counts once, however often it changes', async () => {
    const events = ['opened', 'changed', 'changed', 'acknowledged'] as const;
    expect(
      await moved((to) =>
        events.forEach((change) => {
          to.finding({ change, finding: mismatch });
        }),
      ),
    ).toEqual({
      [`mirror_integrity_mismatches_total{${artifact},cause="authority"}`]: 1,
    });
  });

  test('a mismatch that was open before the restart is not counted again', async () => {
    expect(await moved((to) => to.finding({ change: 'changed', finding: mismatch }))).toEqual({});
  });

  test.each([
    { cause: 'origin', actionable: true, label: 'origin' },
    { cause: 'peers', actionable: false, label: 'peers' },
    { cause: 'retag', actionable: false, label: 'retag' },
    { cause: 'retag', actionable: true, label: 'authority' },
    { cause: 'fork', actionable: true, label: 'fork' },
  ] as const)('a mismatch by $cause (reason to leave: $actionable) is counted and active as $label', async (one) => {
    const wrong = finding({ kind: 'mismatch', cause: one.cause, actionable: one.actionable, scope });
    const series = `{${artifact},cause="${one.label}"}`;
    expect(await moved((to) => to.finding({ change: 'opened', finding: wrong }))).toEqual({
      [`mirror_integrity_mismatches_total${series}`]: 1,
    });
    const from = exporter();
    from.snapshot(() => snapshot({ findings: [wrong] }));
    expect((await read(from)).get(`mirror_integrity_mismatch_active${series}`)).toBe(1);
  });

  test('a difference that the origin settles is counted once under each cause, and active under the graver', async () => {
    const differs = finding({ kind: 'mismatch', cause: 'peers', actionable: false, scope });
    const settled = {
      ...differs,
      cause: 'origin',
      actionable: true,
      scope: [{ ...scope[0], cause: 'origin' }],
    } as const;
    const counts = await moved((to) => {
      to.finding({ change: 'opened', finding: differs });
      to.finding({ change: 'changed', finding: settled });
      to.finding({ change: 'changed', finding: settled });
    });
    expect(counts).toEqual({
      [`mirror_integrity_mismatches_total{${artifact},cause="peers"}`]: 1,
      [`mirror_integrity_mismatches_total{${artifact},cause="origin"}`]: 1,
    });
    const from = exporter();
    from.snapshot(() => snapshot({ findings: [settled] }));
    const active = [...(await read(from))].filter(([key]) => key.startsWith('mirror_integrity_mismatch_active'));
    expect(active).toEqual([[`mirror_integrity_mismatch_active{${artifact},cause="origin"}`, 1]]);
  });

  test('another kind of finding is no mismatch', async () => {
    expect(await moved((to) => to.finding({ change: 'opened', finding: finding({ scope }) }))).toEqual({});
  });

  test.each([
    { change: 'proposed', counts: { 'mirror_advice_issued_total{ecosystem="go",upstream="go",cause="outage"}': 1 } },
    { change: 'dismissed', counts: {} },
    { change: 'regretted', counts: { 'mirror_advice_regret_total{ecosystem="go",upstream="go"}': 1 } },
    { change: 'reminded', counts: {} },
    { change: 'accepted', counts: {} },
    { change: 'refused', counts: {} },
  ] as const)('advice that was $change', async ({ change, counts }) => {
    expect(await moved((to) => to.advice({ change, advice: advice() }))).toEqual(counts);
  });

  test.each(deliveryOutcomes)('a notice that was %s', async (outcome) => {
    expect(await moved((to) => to.delivery('ops', outcome))).toEqual({
      [`mirrorwatch_webhook_deliveries_total{receiver="ops",outcome="${outcome}"}`]: 1,
    });
  });

  test('a notice of a receiver that has left the configuration', async () => {
    expect(await moved((to) => to.delivery('gone', 'delivered'))).toEqual({});
  });

  test('delays of the schedule and of workers', async () => {
    expect(
      await moved((to) => {
        to.scheduleDelay(0.25);
        to.scheduleDelay(-1);
        to.loopDelays(1, [4, 6]);
      }),
    ).toEqual({
      mirrorwatch_schedule_delay_seconds_sum: 0.25,
      mirrorwatch_schedule_delay_seconds_count: 2,
      'mirrorwatch_worker_loop_delay_seconds_sum{worker="1"}': 0.01,
      'mirrorwatch_worker_loop_delay_seconds_count{worker="1"}': 2,
    });
  });
});

describe('another configuration', () => {
  test('takes the series of a removed mirror away and keeps the counters of the rest', async () => {
    const page = exporter();
    const bMod = target('b', 'mod', 'golang.org/x/net', 'v0.25.0');
    for (const one of [mod, bMod]) page.sample(sample(one, { tls }));
    page.reconfigure(config({ mirrors: [mirror('a')] }), targetsOf('a'));
    const after = await read(page);
    expect([...after.keys()].filter((series) => series.includes('registry="b"'))).toEqual([]);
    expect(after.get(`mirror_probe_attempts_total{${ofMod}}`)).toBe(1);
    expect(after.get(expiry)).toBe(5000);
  });

  test('starts a removed mirror that comes back anew', async () => {
    const page = exporter();
    page.sample(sample(mod));
    page.reconfigure(config({ mirrors: [mirror('b')] }), targetsOf('b'));
    page.reconfigure(config(), [...targetsOf('a'), ...targetsOf('b')]);
    expect((await read(page)).get(`mirror_probe_attempts_total{${ofMod}}`)).toBe(0);
  });

  test('takes one connection away and keeps the other', async () => {
    const page = exporter({ mirrors: [mirror('a', { connections: ['cold', 'warm'] }), mirror('b')] });
    page.sample(sample(mod, { connection: 'warm' }));
    page.sample(sample(mod));
    page.reconfigure(config(), [...targetsOf('a'), ...targetsOf('b')]);
    const after = await read(page);
    expect([...after.keys()].filter((series) => series.includes('connection="warm"'))).toEqual([]);
    expect(after.get(`mirror_probe_rtt_seconds_count{${ofMod},connection="cold"}`)).toBe(1);
  });

  test('brings receivers, controls and upstreams and takes them away', async () => {
    const page = exporter();
    page.reconfigure(config({ webhooks: [receiver('chat')] }), [...targetsOf('a'), ...targetsOf('b')]);
    const after = [...(await read(page)).keys()].filter((series) => series.includes('receiver='));
    expect(after).toEqual(
      deliveryOutcomes.map((outcome) => `mirrorwatch_webhook_deliveries_total{receiver="chat",outcome="${outcome}"}`),
    );
  });
});
